"""Several metrics as one: the same rows go to each, the scores come back in one dict.

Knows: names and prefixes of scores (those of ``evaluate.combine``), which argument is for which metric.
Does not know: any metric.
"""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nlpdata.errors import ArgumentError
from nlpdata.scoring.load import load_metric
from nlpdata.scoring.metric import Metric
from nlpdata.scoring.result import Result, Signature

_ROWS = frozenset({"prediction", "predictions", "reference", "references"})

__all__ = ["CombinedMetrics", "combine"]


def combine(evaluations: Sequence[Any] | Mapping[str, Any], force_prefix: bool = False) -> CombinedMetrics:
    """Several metrics that are filled and computed together.

    >>> both = combine(["accuracy", "f1"])
    >>> both.compute(predictions=[0, 1], references=[1, 1])
    {'accuracy': 0.5, 'f1': 0.6666666666666666}
    >>> both.compute(predictions=[0, 1, 2], references=[1, 1, 2], f1={"average": "micro"})
    {'accuracy': 0.6666666666666666, 'f1': 0.6666666666666666}
    >>> f1 = {"binary": "f1", "macro": ("f1", {"average": "macro"})}
    >>> combine(f1).compute(predictions=[0, 1], references=[1, 1])
    {'binary_f1': 0.6666666666666666, 'macro_f1': 0.3333333333333333}

    Args:
        evaluations: names, metrics, or pairs of a name and a dict of arguments for ``load_metric``; a list, or a dict whose
            keys name them. A key also says for which metric a dict of arguments is in ``compute``.
        force_prefix: put the name before every score; otherwise only before scores of which there are several. Where two of a
            list have the same name, the prefix is ``<name>_<number from 0>``.

    Raises:
        ArgumentError: there is none.
        UnknownMetricError: a name that is no metric.
    """
    return CombinedMetrics(evaluations, force_prefix)


class CombinedMetrics:
    """What :func:`combine` returns.

    Attributes:
        evaluation_modules: the metrics, in order.
        evaluation_module_names: their names.
    """

    def __init__(self, evaluations: Sequence[Any] | Mapping[str, Any], force_prefix: bool = False) -> None:
        chosen = list(evaluations.values()) if isinstance(evaluations, Mapping) else list(evaluations)
        if isinstance(evaluations, str) or not chosen:
            raise ArgumentError("Give the metrics to combine as a list or dict: combine(['accuracy', 'f1']).")
        self.evaluation_modules: list[Metric] = [_loaded(each) for each in chosen]
        names = evaluations if isinstance(evaluations, Mapping) else [metric.name for metric in self.evaluation_modules]
        self.evaluation_module_names: list[str] = list(names)
        self.force_prefix = force_prefix

    def add(self, *, prediction: Any = None, reference: Any = None, **kwargs: Any) -> None:
        """Add one row to each metric."""
        given = {"prediction": prediction, "reference": reference, **kwargs}
        self._all_or_none([(metric.add, arguments) for metric, arguments in self._shared(given, rows_only=True)])

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Add rows to each metric; a metric that refuses them leaves the others as they were too.

        Args:
            predictions: as in :meth:`Metric.add_batch`.
            references: as there.
            kwargs: other inputs and settings, each for the metrics that take it; ``<name>={...}`` for one metric alone.
        """
        given = {"predictions": predictions, "references": references, **kwargs}
        self._all_or_none([(metric.add_batch, arguments) for metric, arguments in self._shared(given, rows_only=True)])

    def compute(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> CombinedResult:
        """The scores of all metrics; after it they are empty again.

        Args:
            predictions: as in :meth:`Metric.compute`.
            references: as there.
            kwargs: inputs, settings and parameters, each for the metrics that take it; ``<name>={...}`` for one metric alone,
                as in ``f1={"average": "macro"}``.

        Raises:
            ArgumentError: an argument that none of them takes.
        """
        given = {"predictions": predictions, "references": references, **kwargs}
        calls = [(metric.compute, arguments) for metric, arguments in self._shared(given, rows_only=False)]
        return self._merged(self._all_or_none(calls))

    def merge(self, other: CombinedMetrics) -> CombinedMetrics:
        """Add the rows that others of the same kinds have seen; returns self."""
        for mine, theirs in zip(self.evaluation_modules, other.evaluation_modules, strict=True):
            mine.merge(theirs)
        return self

    def reset(self) -> None:
        """Forget all rows."""
        for metric in self.evaluation_modules:
            metric.reset()

    def __repr__(self) -> str:
        return "\n".join(["CombinedMetrics:", *(repr(metric) for metric in self.evaluation_modules)])

    def _all_or_none(self, calls: list[tuple[Any, dict[str, Any]]]) -> list[Any]:
        before = [metric.state for metric in self.evaluation_modules]
        try:
            return [call(**arguments) for call, arguments in calls]
        except BaseException:
            for metric, state in zip(self.evaluation_modules, before, strict=True):
                metric.reset()
                metric.merge(state) if state is not None else None
            raise

    def _shared(self, given: Mapping[str, Any], rows_only: bool) -> Iterator[tuple[Metric, dict[str, Any]]]:
        """Each metric and what of the arguments is for it."""
        own = {name: given[name] for name in self.evaluation_module_names if isinstance(given.get(name), Mapping)}
        common = {name: value for name, value in given.items() if name not in own and not (value is None and name in _ROWS)}
        taken = [metric.takes(rows_only) for metric in self.evaluation_modules]
        for name in common:
            if not any(names is None or name in names for names in taken):
                known = sorted({n for names in taken for n in names or ()})
                raise ArgumentError(f"None of the combined metrics takes {name!r}. Known: {', '.join(known)}.")
        for metric, key, names in zip(self.evaluation_modules, self.evaluation_module_names, taken, strict=True):
            mine = {name: value for name, value in common.items() if names is None or name in names}
            yield metric, {**mine, **own.get(key, {})}

    def _merged(self, results: list[Result]) -> CombinedResult:
        several = {name for name, many in Counter(name for result in results for name in result).items() if many > 1}
        repeated = {name for name, many in Counter(self.evaluation_module_names).items() if many > 1}
        numbers: Counter[str] = Counter()
        merged = CombinedResult()
        for module, result in zip(self.evaluation_module_names, results, strict=True):
            prefix = f"{module}_{numbers[module]}_" if module in repeated else f"{module}_"
            numbers[module] += 1
            for name, value in result.items():
                key = f"{prefix}{name}" if self.force_prefix or name in several else name
                merged[key] = value
                merged.signatures[key] = result.signature
                if name in result.intervals:
                    merged.intervals[key] = result.intervals[name]
                if name in result.per_example:
                    merged.per_example[key] = result.per_example[name]
        return merged


class CombinedResult(dict[str, Any]):
    """The scores of several metrics.

    Attributes:
        signatures: score name -> the signature of the metric it came from.
        intervals, per_example: as in :class:`~nlpdata.scoring.Result`.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.signatures: dict[str, Signature] = {}
        self.intervals: dict[str, Any] = {}
        self.per_example: dict[str, Any] = {}


def _loaded(each: Any) -> Metric:
    if isinstance(each, Metric):
        return each
    if inspect.isclass(each) and issubclass(each, Metric):
        return each()
    if isinstance(each, tuple) and len(each) == 2 and isinstance(each[1], Mapping):
        return load_metric(each[0], **each[1])
    return load_metric(each)
