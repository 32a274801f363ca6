"""OpenWebText: the text of web pages that were linked on Reddit, from an archive of archives of text files.

Knows: the two layers, and which line ends are dropped. Does not know: how archives are opened or how rows are stored.
"""

from __future__ import annotations

import os
import re

import nlpdata as datasets
from nlpdata.fetch.archive import iter_archive

URL = "https://zenodo.org/record/3834942/files/openwebtext.tar.xz"

DESCRIPTION = "The text of eight million web pages that were linked on Reddit: an open copy of what GPT-2 was trained on."

CITATION = """@misc{gokaslan2019,
  title = {OpenWebText Corpus},
  author = {Aaron Gokaslan and Vanya Cohen and Ellie Pavlick and Stefanie Tellex},
  year = {2019},
}"""


class Openwebtext(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration; each inner archive is a shard."""

    SHARDED = True
    BUILDER_CONFIGS = [datasets.BuilderConfig(name="plain_text", version=datasets.Version("1.0.0"), description="Plain text.")]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://skylion007.github.io/OpenWebTextCorpus/",
            license="cc0-1.0",
            features=datasets.Features({"text": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "openwebtext")
        subsets = [os.path.join(folder, name) for name in sorted(os.listdir(folder)) if name.endswith("xz")]
        return [datasets.SplitGenerator("train", {"subsets": subsets})]

    def _generate_examples(self, subsets):
        for subset in subsets:
            pages = {name: file.read() for name, file in iter_archive(subset) if name.endswith("txt")}
            for name in sorted(pages):
                text = re.sub("\n\n\n+", "\n\n", pages[name].decode("utf-8"))
                yield (subset, name), {"text": text.strip()}
