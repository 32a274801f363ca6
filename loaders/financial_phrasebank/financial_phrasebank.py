"""Financial PhraseBank: sentences of financial news, negative, neutral or positive, from text files in one zip.

Knows: the file of each configuration, its encoding and its line format. Does not know: how rows are stored.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines

URL = "https://huggingface.co/datasets/financial_phrasebank/resolve/main/data/FinancialPhraseBank-v1.0.zip"
# Share of annotators that agree on the label, as configurations and files spell it.
SHARES = {"allagree": "AllAgree", "75agree": "75Agree", "66agree": "66Agree", "50agree": "50Agree"}

DESCRIPTION = """Sentences of financial news in English with a sentiment, as an investor would see it; 5 to 8 people labelled
each."""

CITATION = """@misc{malo2014,
  title = {Good debt or bad debt: Detecting semantic orientations in economic texts},
  author = {P. Malo and A. Sinha and P. Korhonen and J. Wallenius and P. Takala},
  year = {2014},
  howpublished = {Journal of the Association for Information Science and Technology},
}"""


class FinancialPhrasebank(datasets.GeneratorBasedBuilder):
    """Builder of the four configurations, by how many annotators agree."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(
            name=f"sentences_{share}",
            version=datasets.Version("1.0.0"),
            description=f"Agreement of annotators: {share.removesuffix('agree')}{'%' if share[0].isdigit() else ''}, or more.",
        )
        for share in SHARES
    ]

    def _info(self):
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION} {self.config.description}",
            citation=CITATION,
            homepage="https://www.kaggle.com/ankurzing/sentiment-analysis-for-financial-news",
            license="cc-by-nc-sa-3.0",
            features=datasets.Features(
                {
                    "sentence": datasets.Value("string"),
                    "label": datasets.ClassLabel(names=["negative", "neutral", "positive"]),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        file = f"Sentences_{SHARES[self.config.name.removeprefix('sentences_')]}.txt"
        path = os.path.join(dl_manager.download_and_extract(URL), "FinancialPhraseBank-v1.0", file)
        return [datasets.SplitGenerator("train", {"path": path})]

    def _generate_examples(self, path):
        for number, line in enumerate(text_lines(path, encoding="iso-8859-1")):
            sentence, _, label = line.rpartition("@")
            yield number, {"sentence": sentence, "label": label}
