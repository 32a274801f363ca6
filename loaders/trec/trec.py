"""TREC question classification: questions with a coarse and a fine class, from two text files.

Knows: the line format, the class names and the one stray byte. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets

BASE = "https://cogcomp.seas.upenn.edu/Data/QA/QC/"
FILES = {"train": BASE + "train_5500.label", "test": BASE + "TREC_10.label"}

DESCRIPTION = "Questions in English with one of 6 coarse and 50 fine classes of the answer: 5,452 to train, 500 to test."

CITATION = """@inproceedings{li-roth-2002-learning,
  title = {Learning Question Classifiers},
  author = {Li, Xin and Roth, Dan},
  booktitle = {COLING 2002: The 19th International Conference on Computational Linguistics},
  year = {2002},
  url = {https://www.aclweb.org/anthology/C02-1150},
}
@inproceedings{hovy-etal-2001-toward,
  title = {Toward Semantics-Based Answer Pinpointing},
  author = {Hovy, Eduard and Gerber, Laurie and Hermjakob, Ulf and Lin, Chin-Yew and Ravichandran, Deepak},
  booktitle = {Proceedings of the First International Conference on Human Language Technology Research},
  year = {2001},
  url = {https://www.aclweb.org/anthology/H01-1069},
}"""

COARSE = ["ABBR", "ENTY", "DESC", "HUM", "LOC", "NUM"]
FINE_LIST = """
ABBR:abb ABBR:exp ENTY:animal ENTY:body ENTY:color ENTY:cremat ENTY:currency ENTY:dismed ENTY:event ENTY:food ENTY:instru
ENTY:lang ENTY:letter ENTY:other ENTY:plant ENTY:product ENTY:religion ENTY:sport ENTY:substance ENTY:symbol ENTY:techmeth
ENTY:termeq ENTY:veh ENTY:word DESC:def DESC:desc DESC:manner DESC:reason HUM:gr HUM:ind HUM:title HUM:desc LOC:city
LOC:country LOC:mount LOC:other LOC:state NUM:code NUM:count NUM:date NUM:dist NUM:money NUM:ord NUM:other NUM:period NUM:perc
NUM:speed NUM:temp NUM:volsize NUM:weight
"""
FINE = FINE_LIST.split()


class Trec(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("2.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://cogcomp.seas.upenn.edu/Data/QA/QC/",
            features=datasets.Features(
                {
                    "text": datasets.Value("string"),
                    "coarse_label": datasets.ClassLabel(names=COARSE),
                    "fine_label": datasets.ClassLabel(names=FINE),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        with open(path, "rb") as lines:
            for number, line in enumerate(lines):
                # One line of the training file holds the stray byte 0xF0 between two words.
                fine, _, text = line.replace(b"\xf0", b" ").strip().decode("utf-8").partition(" ")
                yield number, {"text": text, "coarse_label": fine.partition(":")[0], "fine_label": fine}
