"""SCAN: commands of a small language and the actions they mean, from two text files for each split of the commands.

Knows: the folder of each configuration and the line format. Does not know: how files arrive or how rows are stored.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

BASE = "https://raw.githubusercontent.com/brendenlake/SCAN/master/"
FOLDERS = {
    "simple": "simple",
    "addprim_jump": "add_prim",
    "addprim_turn_left": "add_prim",
    "filler_num0": "filler",
    "filler_num1": "filler",
    "filler_num2": "filler",
    "filler_num3": "filler",
    "length": "length",
    "template_around_right": "template",
    "template_jump_around_right": "template",
    "template_opposite_right": "template",
    "template_right": "template",
}

DESCRIPTION = """Commands such as 'jump twice' and the sequences of actions they mean, divided into train and test so that
the test needs composition."""

CITATION = """@misc{lake2018,
  title = {Generalization without Systematicity: On the Compositional Skills of Sequence-to-Sequence Recurrent Networks},
  author = {Brenden M. Lake and Marco Baroni},
  year = {2018},
  howpublished = {ICML},
  url = {https://arxiv.org/pdf/1711.00350.pdf},
}"""


class Scan(datasets.GeneratorBasedBuilder):
    """Builder of the twelve ways to divide the commands."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=f"Divided by {name}.")
        for name in FOLDERS
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/brendenlake/SCAN",
            license="bsd",
            features=datasets.Features({"commands": datasets.Value("string"), "actions": datasets.Value("string")}),
        )

    def _split_generators(self, dl_manager):
        name = self.config.name
        urls = {split: f"{BASE}{FOLDERS[name]}_split/tasks_{split}_{name}.txt" for split in ("train", "test")}
        paths = dl_manager.download(urls)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path)):
            commands, _, actions = line.removeprefix("IN:").partition("OUT:")
            yield number, {"commands": commands.strip(), "actions": actions.strip()}
