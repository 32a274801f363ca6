"""WikiSplit: the three scores that split and rephrase is reported with."""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

import nlpdata
from nlpdata.scoring import Mean, texts
from nlpdata.scoring.inputs import reference_lists
from nlpdata.scoring.load import part

CITATION = """\
@article{rothe2020leveraging,
  title={Leveraging Pre-trained Checkpoints for Sequence Generation Tasks},
  author={Rothe, Sascha and Narayan, Shashi and Severyn, Aliaksei},
  journal={Transactions of the Association for Computational Linguistics},
  volume={8},
  year={2020}
}"""

PUNCTUATION = str.maketrans("", "", string.punctuation)
ARTICLES = re.compile(r"\b(a|an|the)\b", re.UNICODE)


def normalized(text: str) -> str:
    """Lower-cased, without punctuation, articles and blanks that do not count, as SQuAD compares answers."""
    return " ".join(ARTICLES.sub(" ", text.lower().translate(PUNCTUATION)).split())


class WikiSplit(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("sacrebleu",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="SARI, sacreBLEU and exact match of sentences that were split or rephrased, each from 0 to 100.",
            citation=CITATION,
            inputs_description=(
                "sources: the texts before.\n"
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text; equally many in every row."
            ),
            features=nlpdata.Features({"sources": text, "predictions": text, "references": nlpdata.List(text)}),
            reference_urls=["https://arxiv.org/abs/1907.12461"],
            streamable=True,
        )

    def stats(self, sources: Any, predictions: Any, references: Any) -> np.ndarray[Any, np.dtype[np.object_]]:
        """The sums of the metrics sari and exact match, then those of sacrebleu."""
        own, lists = texts(predictions, "predictions"), reference_lists(references)
        bleu = part("sacrebleu").stats(own, lists)
        sari = part("sari").stats(sources, own, lists)
        exact = [any(normalized(text) == normalized(other) for other in row) for text, row in zip(own, lists, strict=True)]
        return np.array([sari, Mean.of(np.array(exact, bool)), *bleu.tolist()], dtype=object)

    def score(self, total: np.ndarray[Any, Any]) -> dict[str, float]:
        sari, exact, *bleu = total
        return {
            "sari": part("sari").score(sari)["sari"],
            "sacrebleu": part("sacrebleu").score(np.array(bleu, np.int64))["score"],
            "exact": 100 * exact.value(),
        }
