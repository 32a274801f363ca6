"""XQuAD: questions of SQuAD in twelve languages, from one JSON file for each.

Knows: the languages, and that texts are stripped. Does not know: the layout of the files, which other corpora share.
"""

from __future__ import annotations

import nlpdata as datasets
from nlpdata.builder.shapes import squad_questions

URL = "https://github.com/deepmind/xquad/raw/master/{}.json"
LANGUAGES = ["ar", "de", "zh", "vi", "en", "es", "hi", "el", "th", "tr", "ru", "ro"]

DESCRIPTION = """240 paragraphs and 1,190 questions of SQuAD 1.1, translated by professionals into eleven languages, to test
how well question answering carries over."""

CITATION = """@misc{artetxe2019,
  title = {On the cross-lingual transferability of monolingual representations},
  author = {Mikel Artetxe and Sebastian Ruder and Dani Yogatama},
  year = {2019},
  howpublished = {CoRR},
  url = {https://arxiv.org/abs/1910.11856},
}"""


class Xquad(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each language."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=f"xquad.{language}", version=datasets.Version("1.0.0"), description=f"Language {language}.")
        for language in LANGUAGES
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=DESCRIPTION,
            citation=CITATION,
            homepage="https://github.com/deepmind/xquad",
            license="cc-by-sa-4.0",
            features=datasets.Features(
                {
                    "id": datasets.Value("string"),
                    "context": datasets.Value("string"),
                    "question": datasets.Value("string"),
                    "answers": datasets.Sequence({"text": datasets.Value("string"), "answer_start": datasets.Value("int32")}),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        path = dl_manager.download(URL.format(self.config.name))
        return [datasets.SplitGenerator("validation", {"path": path})]

    def _generate_examples(self, path):
        for key, question in squad_questions(path):
            answers = question["answers"]
            example = {
                "id": key,
                "context": question["context"].strip(),
                "question": question["question"].strip(),
                "answers": {**answers, "text": [text.strip() for text in answers["text"]]},
            }
            yield key, example
