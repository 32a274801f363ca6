"""FrugalScore: a small model that learned the scores of a large one."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Rows, texts

CITATION = """\
@inproceedings{eddine2022frugalscore,
  title={{F}rugal{S}core: Learning Cheaper, Lighter and Faster Evaluation Metrics for Automatic Text Generation},
  author={Kamal Eddine, Moussa and Shang, Guokan and Tixier, Antoine and Vazirgiannis, Michalis},
  booktitle={Proceedings of ACL},
  year={2022}
}"""

DEFAULT_MODEL = "moussaKam/frugalscore_tiny_bert-base_bert-score"


class Frugalscore(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("transformers",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description="For each row, the score that a distilled model gives to the pair of prediction and reference.",
            citation=CITATION,
            inputs_description=(
                "config_name: name or folder of the model, by default moussaKam/frugalscore_tiny_bert-base_bert-score.\n"
                "predictions, references: texts.\n"
                "All settings go with the rows: batch_size (32), max_length (128 tokens of both texts), device."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/moussaKam/FrugalScore",
            license="Apache-2.0",
            codebase_urls=["https://github.com/moussaKam/FrugalScore"],
            reference_urls=["https://arxiv.org/abs/2110.08559"],
        )

    @property
    def additive(self) -> bool:
        """False: the result is a score per row."""
        return False

    def stats(
        self, predictions: Any, references: Any, batch_size: int = 32, max_length: int = 128, device: str | None = None
    ) -> Rows:
        pairs = list(zip(texts(predictions, "predictions"), texts(references, "references"), strict=True))
        torch, library = _optional.load("torch", extra="torch"), _optional.load("transformers", extra="transformers")
        if device is None or device == "gpu":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        model, tokenizer = _pretrained(library, self.config or DEFAULT_MODEL)
        model = model.to(device).eval()
        scores: list[float] = []
        for start in range(0, len(pairs), batch_size):
            own, others = zip(*pairs[start : start + batch_size], strict=True)
            size = {"padding": True, "truncation": True, "max_length": max_length, "return_tensors": "pt"}
            with torch.no_grad():
                logits = model(**tokenizer(list(own), list(others), **size).to(device)).logits
            scores += logits.reshape(-1).float().tolist()
        return Rows.of_numbers(scores=scores)

    def score(self, total: Rows) -> dict[str, Any]:
        return {"scores": list(total.column("scores"))}


def _pretrained(library: Any, name: str) -> tuple[Any, Any]:
    """Model and tokenizer.

    Raises:
        ArgumentError: they are neither here nor can they be fetched, or the model gives more than one number.
    """
    try:
        model = library.AutoModelForSequenceClassification.from_pretrained(name)
        tokenizer = library.AutoTokenizer.from_pretrained(name)
    except OSError as error:
        raise ArgumentError(
            f"The model {name!r} is neither a folder nor in the cache of transformers, and cannot be fetched: {error}\n"
            f"Where there is a network, run: hf download {name}"
        ) from error
    if model.config.num_labels != 1:
        raise ArgumentError(f"The model {name!r} gives {model.config.num_labels} numbers for a pair; a score is one.")
    return model, tokenizer
