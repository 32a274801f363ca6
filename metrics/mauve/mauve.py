"""MAUVE: how far the distribution of generated text is from that of human text."""

from __future__ import annotations

from typing import Any

import numpy as np

import nlpdata
from nlpdata import _optional
from nlpdata.scoring import Rows, texts

CITATION = """\
@inproceedings{pillutla2021mauve,
  title={{MAUVE}: Measuring the Gap Between Neural Text and Human Text using Divergence Frontiers},
  author={Pillutla, Krishna and Swayamdipta, Swabha and Zellers, Rowan and Thickstun, John and Welleck, Sean and others},
  booktitle={NeurIPS},
  year={2021}
}"""

NAMES = ("mauve", "frontier_integral", "divergence_curve", "p_hist", "q_hist")


class Mauve(nlpdata.Metric):
    VERSION = "1.0.0"
    LIBRARIES = ("mauve-text",)

    def _info(self) -> nlpdata.MetricInfo:
        text = nlpdata.Value("string")
        return nlpdata.MetricInfo(
            description=(
                "The area under the frontier of divergences between generated and human text, from 0 to 1 (alike), over "
                "clusters of their embeddings. A statement about two sets of texts, of which some thousands are needed."
            ),
            citation=CITATION,
            inputs_description=(
                "predictions: generated texts; references: human texts, not of the same prompts.\n"
                "p_features, q_features: embeddings of the predictions and of the references, in place of the model.\n"
                "featurize_model_name, num_buckets, seed, mauve_scaling_factor and the other parameters: as in mauve-text."
            ),
            features=nlpdata.Features({"predictions": text, "references": text}),
            homepage="https://github.com/krishnap25/mauve",
            license="GPL-3.0",
            codebase_urls=["https://github.com/krishnap25/mauve"],
            reference_urls=["https://arxiv.org/abs/2102.01454"],
        )

    @property
    def additive(self) -> bool:
        """False: clusters are those of all rows."""
        return False

    def stats(self, predictions: Any, references: Any) -> Rows:
        columns = {"predictions": texts(predictions, "predictions"), "references": texts(references, "references")}
        return Rows.of(columns, self.info.features)

    def score(
        self,
        total: Rows,
        p_features: Any = None,
        q_features: Any = None,
        p_tokens: Any = None,
        q_tokens: Any = None,
        num_buckets: int | str = "auto",
        pca_max_data: int = -1,
        kmeans_explained_var: float = 0.9,
        kmeans_num_redo: int = 5,
        kmeans_max_iter: int = 500,
        featurize_model_name: str = "gpt2-large",
        device_id: int = -1,
        max_text_length: int = 1024,
        divergence_curve_discretization_size: int = 25,
        mauve_scaling_factor: float = 5,
        verbose: bool = False,
        seed: int = 25,
    ) -> dict[str, Any]:
        found = _optional.load("mauve", extra="mauve").compute_mauve(
            p_features=None if p_features is None else np.asarray(p_features),
            q_features=None if q_features is None else np.asarray(q_features),
            p_tokens=p_tokens,
            q_tokens=q_tokens,
            p_text=list(total.column("predictions")),
            q_text=list(total.column("references")),
            num_buckets=num_buckets,
            pca_max_data=pca_max_data,
            kmeans_explained_var=kmeans_explained_var,
            kmeans_num_redo=kmeans_num_redo,
            kmeans_max_iter=kmeans_max_iter,
            featurize_model_name=featurize_model_name,
            device_id=device_id,
            max_text_length=max_text_length,
            divergence_curve_discretization_size=divergence_curve_discretization_size,
            mauve_scaling_factor=mauve_scaling_factor,
            verbose=verbose,
            seed=seed,
        )
        return {name: getattr(found, name) for name in NAMES}
