"""MLQA: extractive questions in seven languages, from archives of files in the layout of SQuAD.

Knows: the archive, the members and the splits of each configuration. Does not know: the layout of SQuAD.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import squad_questions

BASE = "https://dl.fbaipublicfiles.com/MLQA/"
LANGUAGES = ["ar", "de", "vi", "zh", "en", "es", "hi"]
TRANSLATED = ["ar", "de", "vi", "zh", "es", "hi"]

DESCRIPTION = """Questions and answers in seven languages about paragraphs of Wikipedia that say the same; questions and
paragraphs may be of different languages."""

CITATION = """@misc{lewis2019,
  title = {MLQA: Evaluating Cross-lingual Extractive Question Answering},
  author = {Lewis, Patrick and Oguz, Barlas and Rinott, Ruty and Riedel, Sebastian and Schwenk, Holger},
  year = {2019},
  howpublished = {arXiv preprint arXiv:1910.07475},
}"""


class MlqaConfig(datasets.BuilderConfig):
    """Where the files of a configuration lie: the archive, and the member of each split."""

    def __init__(self, name, archive, files, **kwargs):
        super().__init__(name=name, version=datasets.Version("1.0.0"), **kwargs)
        self.archive = archive
        self.files = files


def train_config(language):
    """SQuAD translated by machine into a language."""
    files = {
        split: f"mlqa-translate-train/{language}_squad-translate-train-{part}-v1.1.json"
        for split, part in (("train", "train"), ("validation", "dev"))
    }
    about = f"SQuAD, translated by machine from English into {language}, to train."
    return MlqaConfig(f"mlqa-translate-train.{language}", "mlqa-translate-train.tar.gz", files, description=about)


def test_config(language):
    """The test set of a language, translated by machine into English."""
    files = {"test": f"mlqa-translate-test/translate-test-context-{language}-question-{language}.json"}
    about = f"The test set of {language}, translated by machine into English."
    return MlqaConfig(f"mlqa-translate-test.{language}", "mlqa-translate-test.tar.gz", files, description=about)


def pair_config(context, question):
    """Paragraphs in one language, questions in another or the same."""
    files = {
        split: f"MLQA_V1/{part}/{part}-context-{context}-question-{question}.json"
        for split, part in (("test", "test"), ("validation", "dev"))
    }
    about = f"Paragraphs in {context}, questions in {question}."
    return MlqaConfig(f"mlqa.{context}.{question}", "MLQA_V1.zip", files, description=about)


class Mlqa(datasets.GeneratorBasedBuilder):
    """Builder of the 61 configurations."""

    BUILDER_CONFIG_CLASS = MlqaConfig
    BUILDER_CONFIGS = [
        *(train_config(language) for language in TRANSLATED),
        *(test_config(language) for language in TRANSLATED),
        *(pair_config(context, question) for context in LANGUAGES for question in LANGUAGES),
    ]

    def _info(self):
        text = datasets.Value("string")
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://github.com/facebookresearch/MLQA",
            license="cc-by-sa-3.0",
            features=datasets.Features(
                {
                    "context": text,
                    "question": text,
                    "answers": datasets.Sequence({"answer_start": datasets.Value("int32"), "text": text}),
                    "id": text,
                }
            ),
        )

    def _split_generators(self, dl_manager):
        root = dl_manager.download_and_extract(BASE + self.config.archive)
        return [datasets.SplitGenerator(split, {"path": os.path.join(root, file)}) for split, file in self.config.files.items()]

    def _generate_examples(self, path):
        for key, row in squad_questions(path):
            yield key, {name: row[name] for name in self.info.features}
