"""SQuAD 2.0: questions on paragraphs of Wikipedia with the spans that answer them, from two JSON files.

Knows: which file is which split. Does not know: the layout of the files, which other corpora share.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import squad_questions

BASE = "https://rajpurkar.github.io/SQuAD-explorer/dataset/"
FILES = {"train": BASE + "train-v2.0.json", "validation": BASE + "dev-v2.0.json"}

DESCRIPTION = """Stanford Question Answering Dataset: questions on paragraphs of Wikipedia, in English.
Some have no answer in their paragraph, though they look as if they had."""

CITATION = """@misc{rajpurkar2016,
  title = {SQuAD: 100,000+ Questions for Machine Comprehension of Text},
  author = {Rajpurkar, Pranav and Zhang, Jian and Lopyrev, Konstantin and Liang, Percy},
  year = {2016},
  howpublished = {arXiv e-prints},
  url = {https://arxiv.org/abs/1606.05250},
}"""


class SquadV2(datasets.GeneratorBasedBuilder):
    """Builder of the one configuration."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name="squad_v2", version=datasets.Version("2.0.0"), description="Paragraphs as plain text.")
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://rajpurkar.github.io/SQuAD-explorer/",
            license="cc-by-sa-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "title": datasets.Value("string"),
                    "context": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "answers": datasets.Sequence({"text": datasets.Value("string"), "answer_start": datasets.Value("int32")}),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        paths = dl_manager.download(FILES)
        return [datasets.SplitGenerator(split, {"path": path}) for split, path in paths.items()]

    def _generate_examples(self, path):
        yield from squad_questions(path)
