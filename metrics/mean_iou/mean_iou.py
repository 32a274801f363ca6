"""Mean intersection over union of segmented images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, RowError
from nlpdata.scoring import Confusion

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

CITATION = """\
@misc{mmseg2020,
  title={{MMSegmentation}: OpenMMLab Semantic Segmentation Toolbox and Benchmark},
  author={{MMSegmentation Contributors}},
  url={https://github.com/open-mmlab/mmsegmentation},
  year={2020}
}"""

EXAMPLE = [[0, 1], [2, 2]]
OUTSIDE_AFTER_REDUCTION = 255


class MeanIou(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        image = nlpdata.Sequence(nlpdata.Sequence(nlpdata.Value("uint16")))
        return nlpdata.MetricInfo(
            description=(
                "Of each category, pixels both predicted and true over pixels predicted or true (IoU), and over true pixels "
                "(accuracy); their means; and the share of pixels that are right. From 0 to 1."
            ),
            citation=CITATION,
            inputs_description=(
                f"predictions, references: a map of categories per image, such as {EXAMPLE}.\n"
                "num_labels: the number of categories.\n"
                "ignore_index: pixels with this reference are left out.\n"
                "nan_to_num: what replaces NaN, the score of categories that do not occur.\n"
                "label_map: {category in the references: category scored}.\n"
                "reduce_labels: the references count from 1 and 0 is background, which is left out (as 255)."
            ),
            features=nlpdata.Features({"predictions": image, "references": image}),
            streamable=True,
        )

    def stats(self, predictions: Any, references: Any) -> Confusion:
        pairs = list(zip(images(predictions, "predictions"), images(references, "references"), strict=True))
        for row, (guess, truth) in enumerate(pairs):
            if guess.shape != truth.shape:
                message = (
                    f"Row {row} of predictions has the shape {guess.shape}, its reference has {truth.shape}; give the same."
                )
                raise RowError(message, row=row, column="predictions", value=guess.shape)
        sides = [np.concatenate([np.empty(0, np.int64), *(pair[side].reshape(-1) for pair in pairs)]) for side in (0, 1)]
        return Confusion.of(*sides)

    def score(
        self,
        total: Confusion,
        num_labels: int | None = None,
        ignore_index: int | None = None,
        nan_to_num: float | None = None,
        label_map: Mapping[int, int] | None = None,
        reduce_labels: bool = False,
    ) -> dict[str, Any]:
        if num_labels is None or num_labels < 1:
            raise ArgumentError(
                f"num_labels={num_labels}: give the number of categories, such as compute(..., num_labels=150)."
            )
        actual = scored_labels(total.labels, label_map, reduce_labels)
        table = folded(total, actual, num_labels, ignore_index)
        both, predicted, true = table.diagonal(), table.sum(axis=0), table.sum(axis=1)
        iou, accuracy = ratio(both, predicted + true - both), ratio(both, true)
        result: dict[str, Any] = {
            "mean_iou": mean(iou),
            "mean_accuracy": mean(accuracy),
            "overall_accuracy": float(ratio(both.sum(), true.sum())),
            "per_category_iou": iou,
            "per_category_accuracy": accuracy,
        }
        if nan_to_num is None:
            return result
        filled = {name: np.where(np.isnan(value), nan_to_num, value) for name, value in result.items()}
        return {name: value if value.ndim else float(value) for name, value in filled.items()}


def images(values: Any, name: str) -> list[Array]:
    """The maps as integer arrays.

    Raises:
        RowError: a row that is no map of whole numbers.
    """
    result = []
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    for row, value in enumerate(values.to_pylist() if hasattr(values, "to_pylist") else values):
        try:
            array = np.asarray(value.detach().cpu() if hasattr(value, "detach") else value)
        except ValueError:  # ragged
            array = np.empty((), dtype=object)
        if array.ndim == 0 or array.dtype.kind not in "biuf" or not whole(array):
            shown = repr(value)[:200]
            raise RowError(
                f"Row {row} of {name} must be a map like {EXAMPLE}; it is {shown}.", row=row, column=name, value=value
            )
        result.append(array.astype(np.int64))
    return result


def whole(array: Array) -> bool:
    """Whether all values are whole numbers."""
    return array.dtype.kind != "f" or bool((np.isfinite(array) & (np.rint(array) == array)).all())


def scored_labels(labels: Array, label_map: Mapping[int, int] | None, reduce_labels: bool) -> Array:
    """What each category of the references counts as."""
    result = np.array([int((label_map or {}).get(label, label)) for label in labels.tolist()], np.int64)
    if reduce_labels:
        result = np.where(np.isin(result, (0, OUTSIDE_AFTER_REDUCTION)), OUTSIDE_AFTER_REDUCTION, result - 1)
    return result


def folded(total: Confusion, actual: Array, num_labels: int, ignore_index: int | None) -> Array:
    """The table [true, predicted] of the categories 0 .. num_labels - 1.

    Raises:
        ArgumentError: a category outside, where it is not ignored.
    """
    kept = actual != ignore_index if ignore_index is not None else np.ones(len(actual), dtype=bool)
    pixels = total.matrix[kept]
    for name, labels, counts in (
        ("references", actual[kept], pixels.sum(axis=1)),
        ("predictions", total.labels, pixels.sum(axis=0)),
    ):
        outside = (counts > 0) & ((labels < 0) | (labels >= num_labels))
        if outside.any():
            raise ArgumentError(
                f"{name} have the category {labels[outside][0]}, and num_labels={num_labels} allows 0 to {num_labels - 1}. "
                "Give another num_labels, or ignore_index= for references that do not count."
            )
    table = np.zeros((num_labels, num_labels), np.int64)
    rows, columns = np.nonzero(pixels)
    np.add.at(table, (actual[kept][rows], total.labels[columns].astype(np.int64)), pixels[rows, columns])
    return table


def ratio(part: Any, whole: Any) -> Array:
    """The quotient; NaN where there is nothing to divide by."""
    result = np.full(np.shape(whole), np.nan)
    return np.divide(part, whole, out=result, where=np.asarray(whole) != 0)


def mean(values: Array) -> float:
    """The mean of what is not NaN."""
    kept = values[~np.isnan(values)]
    return float(kept.mean()) if len(kept) else float("nan")
