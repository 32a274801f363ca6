"""BERTScore: tokens of both sides matched by their contextual embeddings."""

from __future__ import annotations

from typing import Any

import nlpdata
from nlpdata import _optional
from nlpdata.errors import ArgumentError
from nlpdata.scoring import Rows, texts
from nlpdata.scoring.inputs import reference_lists

CITATION = """\
@inproceedings{zhang2020bertscore,
  title={{BERTS}core: Evaluating Text Generation with {BERT}},
  author={Zhang, Tianyi and Kishore, Varsha and Wu, Felix and Weinberger, Kilian Q. and Artzi, Yoav},
  booktitle={International Conference on Learning Representations},
  year={2020}
}"""


class Bertscore(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("bert-score",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "For each row, how well the tokens of prediction and reference match by their embeddings: precision, recall "
                "and F1; the best reference of a row. Needs a model."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: texts.\n"
                "references: for each row a list of texts, or one text.\n"
                "lang or model_type: the language, or the model (name or folder of transformers; then num_layers too if it is "
                "unknown to bert-score).\n"
                "idf, rescale_with_baseline, baseline_path, all_layers, num_layers, batch_size, nthreads, device, verbose, "
                "use_fast_tokenizer: as in bert-score."
            ),
            features=nlpdata.Features({"predictions": text, "references": nlpdata.List(text)}),
            homepage="https://github.com/Tiiiger/bert_score",
            license="MIT",
            codebase_urls=["https://github.com/Tiiiger/bert_score"],
            reference_urls=["https://arxiv.org/abs/1904.09675"],
        )

    @property
    def additive(self) -> bool:
        """False: the result is a score per row, and idf needs all references."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        columns = {"predictions": texts(predictions, "predictions"), "references": reference_lists(references)}
        return Rows.of(columns, self.info.features)

    def score(
        self,
        total: Rows,
        lang: str | None = None,
        model_type: str | None = None,
        num_layers: int | None = None,
        verbose: bool = False,
        idf: bool = False,
        device: str | None = None,
        batch_size: int = 64,
        nthreads: int = 4,
        all_layers: bool = False,
        rescale_with_baseline: bool = False,
        baseline_path: str | None = None,
        use_fast_tokenizer: bool = False,
    ) -> dict[str, Any]:
        if lang is None and model_type is None:
            raise ArgumentError("BERTScore needs lang= (such as 'en', which chooses the model) or model_type=.")
        own, others = list(total.column("predictions")), [list(row) for row in total.column("references")]
        scorer = _optional.load("bert_score", extra="bertscore").BERTScorer(
            model_type=model_type,
            num_layers=num_layers,
            batch_size=batch_size,
            nthreads=nthreads,
            all_layers=all_layers,
            idf=idf,
            idf_sents=[text for row in others for text in row] if idf else None,
            device=device,
            lang=lang,
            rescale_with_baseline=rescale_with_baseline,
            baseline_path=baseline_path,
            use_fast_tokenizer=use_fast_tokenizer,
        )
        sides = scorer.score(cands=own, refs=others, verbose=verbose, batch_size=batch_size)
        values = {name: side.tolist() for name, side in zip(("precision", "recall", "f1"), sides, strict=True)}
        return {**values, "hashcode": scorer.hash}
