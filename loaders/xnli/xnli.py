"""XNLI: natural language inference in fifteen languages, from two zips of TSV files.

Knows: the members, how languages are told apart, and that training calls one class otherwise.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import delimited_rows

TRAIN_URL = "https://dl.fbaipublicfiles.com/XNLI/XNLI-MT-1.0.zip"
URL = "https://dl.fbaipublicfiles.com/XNLI/XNLI-1.0.zip"
LANGUAGES = ["ar", "bg", "de", "el", "en", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"]
ALL = "all_languages"

DESCRIPTION = """Pairs of sentences in fifteen languages: does the first entail the second, contradict it, or neither? Test
and validation were translated by people, the training data by machine."""

CITATION = """@misc{conneau2018,
  title = {XNLI: Evaluating Cross-lingual Sentence Representations},
  author = {Conneau, Alexis and Rinott, Ruty and Lample, Guillaume and Williams, Adina and Bowman, Samuel R. and Schwenk,
    Holger and Stoyanov, Veselin},
  year = {2018},
  howpublished = {Proceedings of the 2018 Conference on Empirical Methods in Natural Language Processing},
}"""


class Xnli(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each language, and of one that aligns all."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.1.0"), description=f"Language: {name}.")
        for name in [*LANGUAGES, ALL]
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://www.nyu.edu/projects/bowman/xnli/",
            license="not stated",
            features=datasets.Features(
                {
                    "premise": datasets.Translation(LANGUAGES) if self.config.name == ALL else datasets.Value("string"),
                    "hypothesis": datasets.TranslationVariableLanguages(LANGUAGES)
                    if self.config.name == ALL
                    else datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["entailment", "neutral", "contradiction"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        roots = dl_manager.download_and_extract({"train": TRAIN_URL, "rest": URL})
        languages = LANGUAGES if self.config.name == ALL else [self.config.name]
        folder = os.path.join(roots["train"], "XNLI-MT-1.0", "multinli")
        train = {language: os.path.join(folder, f"multinli.train.{language}.tsv") for language in languages}
        splits = [datasets.SplitGenerator("train", {"examples": translated, "source": train})]
        for split, part in (("test", "test"), ("validation", "dev")):
            path = os.path.join(roots["rest"], "XNLI-1.0", f"xnli.{part}.tsv")
            splits.append(datasets.SplitGenerator(split, {"examples": original, "source": path}))
        return splits

    def _generate_examples(self, examples, source):
        for number, pairs in enumerate(examples(source, self.config.name)):
            label = next(iter(pairs.values()))["label"].replace("contradictory", "contradiction")
            if self.config.name == ALL:
                premise = {language: pair["premise"] for language, pair in pairs.items()}
                hypothesis = {language: pair["hypothesis"] for language, pair in pairs.items()}
            else:
                ((premise, hypothesis, _),) = (pair.values() for pair in pairs.values())
            yield number, {"premise": premise, "hypothesis": hypothesis, "label": label}


def translated(paths, _config):
    """Each pair of the training files by language; the lines of all files belong together."""
    names = ["premise", "hypothesis", "label"]
    readers = [delimited_rows(path, names=names, skip_rows=1) for path in paths.values()]
    for rows in zip(*readers, strict=True):
        yield dict(zip(paths, rows, strict=True))


def original(path, config):
    """Each pair of a file that holds all languages, for one of them or aligned by its number."""
    aligned = {}
    for row in delimited_rows(path):
        pair = {"premise": row["sentence1"], "hypothesis": row["sentence2"], "label": row["gold_label"]}
        if config == row["language"]:
            yield {config: pair}
        elif config == ALL:
            aligned.setdefault(row["pairID"], {})[row["language"]] = pair
    yield from aligned.values()
