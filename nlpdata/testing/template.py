"""A loader folder to begin with: it passes the suite as it is written, and is changed from there.

Knows: the text of the files. Does not know: any corpus.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from nlpdata.errors import ArgumentError

_SCRIPT = '''"""{title}: what it is, in a line.

Knows: the format of the files. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import csv

import nlpdata as datasets

BASE = "https://example.org/{name}/"
FILES = {{"train": BASE + "train.csv", "test": BASE + "test.csv"}}


class {title}(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description="What it holds, and how much of it.",
            homepage="https://example.org/{name}",
            license="what its makers allow",
            citation="@misc{{{name}, title = {{...}}}}",
            features=datasets.Features(
                {{"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["negative", "positive"])}}
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {{"path": path}}) for split, path in paths.items()]

    def _generate_examples(self, path):
        with open(path, encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.DictReader(lines)):
                yield number, {{"text": row["text"], "label": row["label"]}}
'''

_CARD = """# {name}

What it holds, in a line or two, and for which task.

```python
from nlpdata import load_dataset

train = load_dataset("{name}", split="train")
```

| column | type | content |
|---|---|---|
| `text` | string | what a person wrote |
| `label` | ClassLabel, 2 names | `negative`, `positive` |

**Source.** Where the files come from.

**Licence.** What its makers allow.

**Known quirks.** What surprised you.

**Citation.** Who made it, where it was published.

**Dummy data.** `dummy/` is made up, in the format of the source.
"""

_DUMMY = {
    "train.csv": 'text,label\nI liked it,positive\n"Too long, and too loud",negative\nFine by me,positive\n',
    "test.csv": "text,label\nNever again,negative\n",
}
_EXPECTED = {
    "default": {
        "train": {"num_examples": 3, "first": {"text": "I liked it", "label": 1}},
        "test": {"num_examples": 1, "first": {"text": "Never again", "label": 0}},
    }
}


def new_loader(name: str, place: str | os.PathLike[str] = ".") -> Path:
    """Write the folder ``<place>/<name>/`` of a loader that passes :func:`nlpdata.testing.check_loader` at once; its path.

    Args:
        name: a Python name in lower case, such as ``"my_corpus"``.
        place: the folder to put it in.

    Raises:
        ArgumentError: the name is none, or there is such a folder already.
    """
    if not name.isidentifier() or name != name.lower():
        raise ArgumentError(f"{name!r} cannot be the name of a loader. Use lower case, digits and underscores: my_corpus.")
    folder = Path(place) / name
    if folder.exists():
        raise ArgumentError(f"{str(folder)!r} is there already. Choose another name, or remove it.")
    title = "".join(part.capitalize() for part in name.split("_"))
    files = {f"{name}.py": _SCRIPT.format(name=name, title=title), "README.md": _CARD.format(name=name)}
    files["checksums.json"] = _json({"downloads": {}, "splits": {}})
    files |= {f"dummy/{file}": text for file, text in _DUMMY.items()}
    files["dummy/files.json"] = _json({f"https://example.org/{name}/{file}": file for file in _DUMMY})
    files["dummy/expected.json"] = _json(_EXPECTED)
    for file, text in files.items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text, encoding="utf-8")
    return folder


def _json(content: object) -> str:
    return json.dumps(content, indent=1) + "\n"
