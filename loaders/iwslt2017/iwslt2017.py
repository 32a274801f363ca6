"""IWSLT 2017: TED talks in pairs of languages, from a zip for each pair or for all pairs of one task.

Knows: the archive and the members of each pair, and which lines are sentences. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

REVISION = "ebd7c60d9800c2a1be010a227e5f0a2363730f7a"  # the last with the archives whose checksums are known
BASE = f"https://huggingface.co/datasets/iwslt2017/resolve/{REVISION}/data/"
LANGUAGES = ["en", "it", "nl", "ro"]
MULTILINGUAL = "2017-01-trnmted/texts/DeEnItNlRo/DeEnItNlRo/DeEnItNlRo-DeEnItNlRo.tgz"
MULTILINGUAL_PAIRS = [f"{source}-{target}" for source in LANGUAGES for target in LANGUAGES if source != target]
BILINGUAL_PAIRS = ["ar-en", "de-en", "en-ar", "en-de", "en-fr", "en-ja", "en-ko", "en-zh", "fr-en", "ja-en", "ko-en", "zh-en"]

DESCRIPTION = "TED talks with their translations, from the evaluation campaign IWSLT 2017."

CITATION = """@misc{cettolo2017,
  title = {Overview of the IWSLT 2017 Evaluation Campaign},
  author = {Cettolo, Mauro and Federico, Marcello and Bentivogli, Luisa and Niehues, Jan and Stüker, Sebastian and Sudoh,
    Katsuhito and Yoshino, Koichiro and Federmann, Christian},
  year = {2017},
  howpublished = {Proceedings of the 14th International Conference on Spoken Language Translation},
  url = {https://aclanthology.org/2017.iwslt-1.1},
}"""


class Iwslt2017Config(datasets.BuilderConfig):
    """A pair of languages: its archive, the folder in it, and the years of its test sets."""

    def __init__(self, pair, archive, folder, years, **kwargs):
        super().__init__(name=f"iwslt2017-{pair}", version=datasets.Version("1.0.0"), **kwargs)
        self.pair = pair
        self.archive = archive
        self.folder = folder
        self.years = years


def multilingual(pair):
    """A pair of the task of one system for all languages; one archive holds all pairs."""
    return Iwslt2017Config(pair, MULTILINGUAL, "DeEnItNlRo-DeEnItNlRo", [2010], description="Multilingual task.")


def bilingual(pair):
    """A pair with an archive of its own."""
    archive = f"2017-01-trnted/texts/{pair.replace('-', '/')}/{pair}.tgz"
    return Iwslt2017Config(pair, archive, pair, list(range(2010, 2016)), description="Bilingual task.")


class Iwslt2017(datasets.GeneratorBasedBuilder):
    """Builder of the 24 configurations."""

    BUILDER_CONFIG_CLASS = Iwslt2017Config
    BUILDER_CONFIGS = [*map(multilingual, MULTILINGUAL_PAIRS), *map(bilingual, BILINGUAL_PAIRS)]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://sites.google.com/site/iwsltevaluation2017/TED-tasks",
            license="cc-by-nc-nd-4.0",
            features=datasets.Features({"translation": datasets.Translation(languages=self.config.pair.split("-"))}),
        )

    def _split_generators(self, dl_manager):
        config = self.config
        folder = os.path.join(dl_manager.download_and_extract(BASE + config.archive), config.folder)
        files = {
            "train": ["train.tags.{pair}.{language}"],
            "test": [f"IWSLT17.TED.tst{year}.{{pair}}.{{language}}.xml" for year in config.years],
            "validation": ["IWSLT17.TED.dev2010.{pair}.{language}.xml"],
        }
        return [datasets.SplitGenerator(split, {"folder": folder, "files": names}) for split, names in files.items()]

    def _generate_examples(self, folder, files):
        languages = self.config.pair.split("-")
        for file in files:
            paths = [os.path.join(folder, file.format(pair=self.config.pair, language=language)) for language in languages]
            for number, lines in enumerate(zip(*map(text_lines, paths), strict=False)):
                source = lines[0].strip()
                if source.startswith("<seg") or not source.startswith("<"):
                    texts = [inner(line) if source.startswith("<seg") else line.strip() for line in lines]
                    yield (file, number), {"translation": dict(zip(languages, texts, strict=True))}


def inner(line):
    """The text in ``<seg id="1"> text </seg>``."""
    return line.split(">")[1].split("<")[0].strip()
