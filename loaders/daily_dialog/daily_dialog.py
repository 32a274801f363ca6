"""DailyDialog: dialogues of everyday life with acts and emotions, from a zip with a zip of three aligned files for each split.

Knows: the members, the end mark of an utterance and the class orders. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import parallel_lines
from nlpdata.errors import BuildError

URL = "http://yanran.li/files/ijcnlp_dailydialog.zip"
FILES = {"dialog": "dialogues_{}.txt", "act": "dialogues_act_{}.txt", "emotion": "dialogues_emotion_{}.txt"}
END = "__eou__"

DESCRIPTION = "Dialogues of everyday life in English; each utterance has one of four acts and one of seven emotions."

CITATION = """@misc{li2017,
  title = {DailyDialog: A Manually Labelled Multi-turn Dialogue Dataset},
  author = {Li, Yanran and Su, Hui and Shen, Xiaoyu and Li, Wenjie and Cao, Ziqiang and Niu, Shuzi},
  year = {2017},
  howpublished = {Proceedings of The 8th International Joint Conference on Natural Language Processing (IJCNLP 2017)},
}"""

ACTS = ["__dummy__", "inform", "question", "directive", "commissive"]
EMOTIONS = ["no emotion", "anger", "disgust", "fear", "happiness", "sadness", "surprise"]


class DailyDialog(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    VERSION = datasets.Version("1.0.0")

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="http://yanran.li/dailydialog",
            license="cc-by-nc-sa-4.0",
            features=datasets.Features(
                {
                    "dialog": datasets.Sequence(datasets.Value("string")),
                    "act": datasets.Sequence(datasets.ClassLabel(names=ACTS)),
                    "emotion": datasets.Sequence(datasets.ClassLabel(names=EMOTIONS)),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        folder = os.path.join(dl_manager.download_and_extract(URL), "ijcnlp_dailydialog")
        names = ("train", "validation", "test")
        roots = dl_manager.extract({split: os.path.join(folder, f"{split}.zip") for split in names})
        return [
            datasets.SplitGenerator(
                split, {"paths": {name: os.path.join(root, split, file.format(split)) for name, file in FILES.items()}}
            )
            for split, root in roots.items()
        ]

    def _generate_examples(self, paths):
        for number, line in enumerate(parallel_lines(paths)):
            if not line["dialog"].strip():
                return
            example = {
                "dialog": line["dialog"].split(END)[:-1],
                "act": [int(act) for act in line["act"].split()],
                "emotion": [int(emotion) for emotion in line["emotion"].split()],
            }
            if len({len(values) for values in example.values()}) > 1:
                counts = ", ".join(f"{len(values)} of {name}" for name, values in example.items())
                raise BuildError(f"{paths['dialog']}, line {number + 1}: there are {counts}; they belong together.")
            yield number, example
