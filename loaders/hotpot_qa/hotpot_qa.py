"""HotpotQA: questions that take several paragraphs, with the sentences that support the answer, from JSON files.

Knows: the files of each configuration, and what the test set lacks. Does not know: how JSON is parsed.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import json_items

BASE = "http://curtis.ml.cmu.edu/datasets/hotpot/"
TRAIN = BASE + "hotpot_train_v1.1.json"
FILES = {
    "distractor": {"train": TRAIN, "validation": BASE + "hotpot_dev_distractor_v1.json"},
    "fullwiki": {
        "train": TRAIN,
        "validation": BASE + "hotpot_dev_fullwiki_v1.json",
        "test": BASE + "hotpot_test_fullwiki_v1.json",
    },
}

DESCRIPTION = """Questions in English that can only be answered from several articles of Wikipedia, with the sentences that
support the answer."""
ABOUT = {
    "distractor": "The context is the two paragraphs needed and eight others.",
    "fullwiki": "The context of validation and test is what a search engine found in all of Wikipedia.",
}

CITATION = """@misc{yang2018,
  title = {HotpotQA: A Dataset for Diverse, Explainable Multi-hop Question Answering},
  author = {Yang, Zhilin and Qi, Peng and Zhang, Saizheng and Bengio, Yoshua and Cohen, William W. and Salakhutdinov, Ruslan
    and Manning, Christopher D.},
  year = {2018},
  howpublished = {Conference on Empirical Methods in Natural Language Processing (EMNLP)},
}"""


class HotpotQa(datasets.GeneratorBasedBuilder):
    """Builder of the two configurations."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=name, version=datasets.Version("1.0.0"), description=about) for name, about in ABOUT.items()
    ]

    def _info(self):
        text = datasets.Value("string")
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://hotpotqa.github.io/",
            license="cc-by-sa-4.0",
            features=datasets.Features(
                {
                    "id": text,
                    "question": text,
                    "answer": text,
                    "type": text,
                    "level": text,
                    "supporting_facts": datasets.Sequence({"title": text, "sent_id": datasets.Value("int32")}),
                    "context": datasets.Sequence({"title": text, "sentences": datasets.Sequence(text)}),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES[self.config.name])
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        for number, row in enumerate(json_items(path)):
            facts = row.get("supporting_facts", [])
            example = {
                "id": row["_id"],
                "question": row["question"],
                "answer": row.get("answer"),
                "type": row.get("type"),
                "level": row.get("level"),
                "supporting_facts": {"title": [title for title, _ in facts], "sent_id": [place for _, place in facts]},
                "context": {
                    "title": [title for title, _ in row["context"]],
                    "sentences": [sentences for _, sentences in row["context"]],
                },
            }
            yield number, example
