"""OPUS-100: aligned sentences of English with 99 languages and of pairs without English, from an archive for each.

Knows: the pairs, the names of the members, and that not every pair has every split.
Does not know: how archives arrive or how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import aligned, text_lines

BASE = "https://object.pouta.csc.fi/OPUS-100/v1.0/"
SUPERVISED = """
af-en am-en an-en ar-en as-en az-en be-en bg-en bn-en br-en bs-en ca-en cs-en cy-en da-en de-en dz-en el-en en-eo en-es en-et
en-eu en-fa en-fi en-fr en-fy en-ga en-gd en-gl en-gu en-ha en-he en-hi en-hr en-hu en-hy en-id en-ig en-is en-it en-ja en-ka
en-kk en-km en-ko en-kn en-ku en-ky en-li en-lt en-lv en-mg en-mk en-ml en-mn en-mr en-ms en-mt en-my en-nb en-ne en-nl en-nn
en-no en-oc en-or en-pa en-pl en-ps en-pt en-ro en-ru en-rw en-se en-sh en-si en-sk en-sl en-sq en-sr en-sv en-ta en-te en-tg
en-th en-tk en-tr en-tt en-ug en-uk en-ur en-uz en-vi en-wa en-xh en-yi en-yo en-zh en-zu
"""
ZERO_SHOT = [
    "ar-de",
    "ar-fr",
    "ar-nl",
    "ar-ru",
    "ar-zh",
    "de-fr",
    "de-nl",
    "de-ru",
    "de-zh",
    "fr-nl",
    "fr-ru",
    "fr-zh",
    "nl-ru",
    "nl-zh",
    "ru-zh",
]

DESCRIPTION = """Sentences in English and in one of 99 languages, sampled from OPUS, and test data for pairs without
English."""

CITATION = """@misc{zhang2020,
  title = {Improving Massively Multilingual Neural Machine Translation and Zero-Shot Translation},
  author = {Biao Zhang and Philip Williams and Ivan Titov and Rico Sennrich},
  year = {2020},
  howpublished = {arXiv},
  url = {https://arxiv.org/abs/2004.11867},
}"""


class Opus100(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each pair of languages."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=pair, description=f"Languages {pair}.") for pair in [*SUPERVISED.split(), *ZERO_SHOT]
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://opus.nlpl.eu/opus-100.php",
            license="unknown",
            features=datasets.Features({"translation": datasets.Translation(self.config.name.split("-"))}),
            supervised_keys=tuple(self.config.name.split("-")),
        )

    def _split_generators(self, dl_manager):
        pair = self.config.name
        kind, part = ("zero-shot", "zeroshot") if pair in ZERO_SHOT else ("supervised", pair)
        root = dl_manager.download_and_extract(f"{BASE}opus-100-corpus-{part}-v1.0.tar.gz")
        stem = os.path.join(root, "opus-100-corpus", "v1.0", kind, pair, f"opus.{pair}-")
        splits = []
        for split, name in (("test", "test"), ("train", "train"), ("validation", "dev")):
            paths = {language: f"{stem}{name}.{language}" for language in pair.split("-")}
            if all(os.path.exists(path) for path in paths.values()):
                splits.append(datasets.SplitGenerator(split, {"paths": paths}))
        return splits

    def _generate_examples(self, paths):
        readers = {language: ended_lines(path) for language, path in paths.items()}
        for number, translation in enumerate(aligned(paths, readers)):
            yield number, {"translation": translation}


def ended_lines(path):
    """The lines of a file that have an end, without it."""
    return (line[:-1] for line in text_lines(path, keep_ends=True) if line.endswith("\n"))
