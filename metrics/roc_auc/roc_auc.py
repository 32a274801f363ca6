"""Area under the ROC curve, of two classes, several classes, or several labels per row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

import nlpdata
from nlpdata.errors import ArgumentError, FeatureError, RowError, UnknownConfigError, unknown
from nlpdata.scoring import Rows, chosen_labels, labels, numbers, weights

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"

CITATION = """\
@article{fawcett2006introduction,
  title={An introduction to {ROC} analysis},
  author={Fawcett, Tom},
  journal={Pattern Recognition Letters},
  volume={27}, number={8}, pages={861--874},
  year={2006}
}
@article{hand2001simple,
  title={A Simple Generalisation of the Area Under the {ROC} Curve for Multiple Class Classification Problems},
  author={Hand, David J. and Till, Robert J.},
  journal={Machine Learning},
  volume={45}, number={2}, pages={171--186},
  year={2001}
}"""

KINDS = ("binary", "multiclass", "multilabel")
AVERAGES = {"multiclass": ("macro", "weighted", "micro", None), "multilabel": ("macro", "weighted", "micro", "samples", None)}


class RocAuc(nlpdata.Metric):
    VERSION = "1.0.0"

    def _info(self) -> nlpdata.MetricInfo:
        number, label = nlpdata.Value("float64"), nlpdata.Value("int64")
        many = nlpdata.Sequence
        return nlpdata.MetricInfo(
            description=(
                "Area under the ROC curve: the chance that a row of the class has a higher score than one that is not of it; "
                "0.5 is chance, 1 is best."
            ),
            citation=CITATION,
            inputs_description=(
                "prediction_scores, references: by default the score of the greater of two labels, and the "
                "label; configuration "
                "'multiclass': a probability per class, and the label; 'multilabel': a score per label, and 0 or 1 per label.\n"
                "sample_weight (with the rows): a weight per row.\n"
                "average: 'macro' (default), 'weighted', 'micro', for multilabel 'samples', or None (one score per class).\n"
                "max_fpr: the area up to this false positive rate, standardised so that 0.5 is chance (two classes only).\n"
                "multi_class: 'ovr' (one class against the others) or 'ovo' (pairs of classes); must be chosen "
                "for multiclass.\n"
                "labels: the classes in the order of the columns; by default those that occur, sorted."
            ),
            features=nlpdata.Features(
                {
                    "prediction_scores": number if self.kind == "binary" else many(number),
                    "references": many(label) if self.kind == "multilabel" else label,
                }
            ),
        )

    @property
    def kind(self) -> str:
        """The configuration: binary (the default), multiclass or multilabel."""
        chosen = self.config or "binary"
        if chosen not in KINDS:
            raise unknown(UnknownConfigError, "configuration of the metric 'roc_auc' named", chosen, KINDS)
        return chosen

    @property
    def additive(self) -> bool:
        """False: scores are ranked over all rows."""
        return False

    def stats(self, prediction_scores: Any, references: Any, sample_weight: Any = None) -> Rows:
        number, many = nlpdata.Value("float64"), self.kind != "binary"
        scores = matrix(prediction_scores, "prediction_scores") if many else numbers(prediction_scores, "prediction_scores")
        truth = indicators(references, scores) if self.kind == "multilabel" else labels(references, "references")
        text = not isinstance(truth, np.ndarray)
        label = nlpdata.Value("string" if text else "int64")
        columns = {"scores": scores, "references": truth if text else truth.astype(np.int64)}
        schema = {
            "scores": nlpdata.List(number) if many else number,
            "references": nlpdata.List(label) if self.kind == "multilabel" else label,
        }
        if sample_weight is not None:
            columns["weights"], schema["weights"] = weights(sample_weight), number
        return Rows.of(columns, nlpdata.Features(schema))

    def score(
        self,
        total: Rows,
        average: str | None = "macro",
        max_fpr: float | None = None,
        multi_class: str = "raise",
        labels: Any = None,
    ) -> dict[str, Any]:
        scores, truth = held(total, "scores"), held(total, "references")
        weight = held(total, "weights") if "weights" in total.tables[0].column_names else None
        if self.kind == "binary":
            return {"roc_auc": Curve(of_greater(truth), scores, weight).area(max_fpr)}
        if max_fpr not in (None, 1):
            raise ArgumentError(f"max_fpr={max_fpr} is for two classes; leave it out for {self.kind}.")
        if average not in AVERAGES[self.kind]:
            raise ArgumentError(f"There is no average={average!r} for {self.kind}. Known: {AVERAGES[self.kind]}.")
        if self.kind == "multilabel":
            return {"roc_auc": averaged(truth > 0, scores, weight, average)}
        classes = checked_classes(truth, scores, labels)
        if multi_class == "ovo":
            return {"roc_auc": of_pairs(classes, scores, weight, average)}
        if multi_class != "ovr":
            raise ArgumentError(f"multi_class={multi_class!r}: choose 'ovr' (one class against the others) or 'ovo' (pairs).")
        return {"roc_auc": averaged(classes[:, None] == np.arange(scores.shape[1]), scores, weight, average)}


def held(total: Rows, name: str) -> Array:
    """A column of all rows: one or two dimensions, without an object per number."""
    column = total.column(name, "arrow")
    if hasattr(column, "combine_chunks"):
        column = column.combine_chunks()
    if hasattr(column, "flatten") and str(column.type).startswith(("list", "large_list")):
        return np.asarray(column.flatten()).reshape(len(column), -1)
    return np.asarray(column)


@dataclass(frozen=True, slots=True)
class Curve:
    """A ROC curve of two classes; counts are integers without weights, so that the order of the rows changes nothing."""

    positive: Array
    scores: Array
    weights: Array | None = None

    def steps(self) -> tuple[Array, Array]:
        """Positive and negative rows at each distinct score, from the highest."""
        values, place = np.unique(self.scores, return_inverse=True)
        kinds = (self.positive, ~self.positive)
        if self.weights is None:
            counts = [np.bincount(place[kind], minlength=len(values)) for kind in kinds]
        else:
            counts = [np.bincount(place[kind], self.weights[kind], minlength=len(values)) for kind in kinds]
        return counts[0][::-1], counts[1][::-1]

    def area(self, max_fpr: float | None = None) -> float:
        """The area; NaN where all rows are of one class.

        Raises:
            ArgumentError: ``max_fpr`` is not above 0 and at most 1.
        """
        if max_fpr is not None and not 0 < max_fpr <= 1:
            raise ArgumentError(f"max_fpr={max_fpr} must be above 0 and at most 1.")
        hits, misses = self.steps()
        positives, negatives = hits.sum(), misses.sum()
        if not positives or not negatives:
            return float("nan")
        if max_fpr not in (None, 1):
            return partial(np.cumsum(misses) / negatives, np.cumsum(hits) / positives, float(max_fpr or 1))
        above = np.cumsum(hits)
        twice = (misses * (2 * above - hits)).sum()  # ties count half
        return float(twice) / (2 * float(positives) * float(negatives))


def partial(false_rates: Array, true_rates: Array, limit: float) -> float:
    """The area up to a false positive rate, standardised as by McClish (1989)."""
    x, y = np.r_[0.0, false_rates], np.r_[0.0, true_rates]
    inside = x <= limit
    x, y = np.r_[x[inside], limit], np.r_[y[inside], np.interp(limit, x, y)]
    area = float(((x[1:] - x[:-1]) * (y[1:] + y[:-1])).sum() / 2)
    least = limit * limit / 2
    return 0.5 * (1 + (area - least) / (limit - least))


def averaged(positive: Array, scores: Array, weight: Array | None, average: str | None) -> Any:
    """The mean over columns (classes), or over rows ("samples"), or all cells as one curve ("micro")."""
    rows, columns = positive.shape
    if average == "micro":
        cells = None if weight is None else np.repeat(weight, columns)
        return Curve(positive.ravel(), scores.ravel(), cells).area()
    if average == "samples":
        areas = np.array([Curve(positive[row], scores[row]).area() for row in range(rows)])
        return float(np.average(areas, weights=weight))
    areas = np.array([Curve(positive[:, column], scores[:, column], weight).area() for column in range(columns)])
    if average is None:
        return areas
    if average == "macro":
        return float(areas.mean())
    share = (positive if weight is None else positive * weight[:, None]).sum(axis=0)
    return float(np.average(areas, weights=share)) if share.sum() else 0.0


def of_pairs(classes: Array, scores: Array, weight: Array | None, average: str | None) -> float:
    """The mean over pairs of classes (Hand and Till, 2001), each pair seen from both sides."""
    if weight is not None:
        raise ArgumentError("multi_class='ovo' takes no sample_weight; 'ovr' does.")
    if average not in ("macro", "weighted"):
        raise ArgumentError(f"multi_class='ovo' has no average={average!r}. Known: 'macro', 'weighted'.")
    pairs = list(pair_areas(classes, scores))
    areas, share = (np.array(column) for column in zip(*pairs, strict=True))
    return float(areas.mean() if average == "macro" else np.average(areas, weights=share))


def pair_areas(classes: Array, scores: Array) -> Iterator[tuple[float, float]]:
    """Area and share of the rows of each pair of classes."""
    for first in range(scores.shape[1]):
        for second in range(first + 1, scores.shape[1]):
            rows = (classes == first) | (classes == second)
            mine = classes[rows] == first
            both = Curve(mine, scores[rows, first]).area() + Curve(~mine, scores[rows, second]).area()
            yield both / 2, float(rows.mean())


def of_greater(references: Array) -> Array:
    """Which rows have the greater of the two labels.

    Raises:
        FeatureError: more than two labels.
    """
    found = np.unique(references)
    if len(found) > 2:
        raise FeatureError(
            f"references have the labels {', '.join(map(repr, found[:10].tolist()))}; two are needed. For more, "
            f"give a probability "
            "per class to load_metric('roc_auc', 'multiclass')."
        )
    if len(found) == 1 and found[0] == 0:
        return np.zeros(len(references), dtype=bool)
    return np.asarray(references == found[-1])


def checked_classes(references: Array, scores: Array, wanted: Any) -> Array:
    """The column of each row's label.

    Raises:
        ArgumentError: the labels do not fit the columns of the scores.
        RowError: a label outside, or probabilities that do not sum to one.
    """
    known = np.unique(references) if wanted is None else chosen_labels(wanted)
    if len(known) != scores.shape[1]:
        raise ArgumentError(
            f"prediction_scores have {scores.shape[1]} columns and there are {len(known)} labels: {known[:10].tolist()}. Give "
            "labels= with all classes in the order of the columns."
        )
    place = {label: column for column, label in enumerate(known.tolist())}
    if outside := [row for row, label in enumerate(references.tolist()) if label not in place]:
        label = references[outside[0]]
        message = f"Row {outside[0]} of references is {label!r}, which is not among labels={known[:10].tolist()}."
        raise RowError(message, row=outside[0], column="references", value=label)
    sums = scores.sum(axis=1)
    wrong = ~np.isclose(sums, 1.0, rtol=1e-5, atol=1e-8)
    if wrong.any():
        row = int(wrong.argmax())
        message = f"Row {row} of prediction_scores sums to {sums[row]:g}; probabilities of all classes sum to 1 (softmax)."
        raise RowError(message, row=row, column="prediction_scores", value=scores[row].tolist())
    return np.array([place[label] for label in references.tolist()], np.int64)


def matrix(values: Any, name: str) -> Array:
    """One list of finite numbers per row, all of one length.

    Raises:
        RowError: a row that is none.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    rows = values if isinstance(values, np.ndarray) else values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    try:
        array = np.asarray(rows)
    except ValueError:  # ragged
        array = np.empty(0, dtype=object)
    if not len(rows):
        return np.empty((0, 0))
    if array.ndim == 2 and array.dtype.kind in "biuf" and np.isfinite(array).all():
        return array.astype(np.float64)
    width = np.shape(rows[0])[:1] if isinstance(rows[0], list | tuple | np.ndarray) else ()
    for row, value in enumerate(rows):
        one = np.array(value, dtype=object)
        if (
            one.ndim != 1
            or one.shape != width
            or not all(isinstance(x, int | float | np.number) and np.isfinite(x) for x in value)
        ):
            length = f" {width[0]}" if width else ""
            message = f"Row {row} of {name} must be a list of{length} finite numbers, one per class; it is {repr(value)[:200]}."
            raise RowError(message, row=row, column=name, value=value)
    raise FeatureError(
        f"{name} must be a list of finite numbers per row; they have the shape {array.shape} and type {array.dtype}."
    )


def indicators(references: Any, scores: Array) -> Array:
    """0 or 1 for each label of each row.

    Raises:
        RowError: other values.
        FeatureError: another number of labels than scores.
    """
    array = matrix(references, "references")
    odd = (array != 0) & (array != 1)
    if odd.any():
        row = int(odd.any(axis=1).argmax())
        message = f"Row {row} of references must be 0 or 1 per label; it is {array[row].tolist()}."
        raise RowError(message, row=row, column="references", value=array[row].tolist())
    if array.shape != scores.shape:
        raise FeatureError(f"references have {array.shape[1]} labels per row, prediction_scores have {scores.shape[1]}.")
    return array
