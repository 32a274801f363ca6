"""The suite for a metric folder: golden values, the laws of merging, and inputs that cannot be scored.

Knows: what every metric promises, whoever wrote it. Does not know: any metric.
"""

from __future__ import annotations

import json
import math
import os
import pickle
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from nlpdata import _optional
from nlpdata.errors import ArgumentError, MissingPackageError, NlpdataError
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.load import load_metric
from nlpdata.scoring.metric import Metric
from nlpdata.scoring.result import Result
from nlpdata.scoring.state import State
from nlpdata.testing.base import Check, NotApplicable, Report, run_checks
from nlpdata.testing.golden import Case, Golden, differences, read_golden

_PARTITIONS = 4
_ODD_ROWS: Mapping[str, Any] = {
    "None": None,
    "NaN": math.nan,
    "infinity": math.inf,
    "another type": {"no such field": object},
}
_ROUNDING = 1e-9


def check_metric(folder: str | os.PathLike[str]) -> Report:
    """Run the whole suite on a folder ``<name>/`` with ``<name>.py``, ``README.md`` and ``golden.json``.

    Args:
        folder: of a metric of your own or of a shipped one.

    Raises:
        SuiteError: an AssertionError that lists everything that does not hold.
    """
    return run_checks(f"the metric in {os.fspath(folder)!r}", metric_checks(folder))


def metric_checks(folder: str | os.PathLike[str]) -> list[Check]:
    """The checks of :func:`check_metric` one by one, for a test framework to run each as a test of its own.

    Checks whose name is a key of ``exempt`` in ``golden.json`` are left out; the rest of its form says
    :mod:`nlpdata.testing.golden`.
    """
    path = Path(folder).resolve()
    complete = Check("complete", partial(_complete, path))
    try:
        golden = read_golden(path / "golden.json")
    except AssertionError:
        return [complete]
    checks = [complete]
    for case in golden.cases:
        checks += [Check(f"{law}: {case.name}", partial(check, _Subject(path, golden, case))) for law, check in _EACH.items()]
    for case in _first_per_config(golden):
        checks += [Check(f"{law}: {case.name}", partial(check, _Subject(path, golden, case))) for law, check in _FIRST.items()]
    return [check for check in checks if check.name.partition(":")[0] not in golden.exempt]


@dataclass(frozen=True, slots=True)
class _Subject:
    """A metric folder and one case of it."""

    folder: Path
    golden: Golden
    case: Case

    def metric(self) -> Metric:
        """A fresh metric with the parameters of the case."""
        for package in self.golden.requires:
            if not _optional.is_available(package):
                raise NotApplicable(f"the package {package!r} is not installed")
        with _packages_may_be_missing():
            return load_metric(self.folder / f"{self.folder.name}.py", self.case.config, **self.case.parameters)

    def rows(self) -> tuple[dict[str, list[Any]], dict[str, Any]]:
        """The inputs that hold one value per row, and the others."""
        metric = self.metric()
        per_row = {*metric.input_names, *metric.ROW_SETTINGS}
        inputs = self.case.inputs
        return {n: v for n, v in inputs.items() if n in per_row}, {n: v for n, v in inputs.items() if n not in per_row}

    def count(self) -> int:
        """Number of rows."""
        return len(next(iter(self.rows()[0].values())))

    def scored(self, metric: Metric, **inputs: Any) -> Any:
        """What it computes; of a tuple that begins with the scores (as ``code_eval`` returns it), the scores."""
        with _packages_may_be_missing():
            found = metric.compute(**inputs)
        return found[0] if isinstance(found, tuple) else found

    def filled(self, *parts: list[int]) -> Metric:
        """A metric to which the given rows were added, a batch per list."""
        metric = self.metric()
        rows, others = self.rows()
        with _packages_may_be_missing():
            for part in parts:
                metric.add_batch(**_part(rows, part), **others)
        return metric

    def agrees(self, found: Mapping[str, Any], tolerance: float = 0.0) -> None:
        """Raise AssertionError where the scores are not those of the case."""
        expected = self.case.values
        if self.case.partial:
            found = {name: found[name] for name in expected if name in found}
        wrong = differences(found, expected, max(self.case.tolerance, tolerance))
        assert not wrong, "; ".join(wrong)


@contextmanager
def _packages_may_be_missing() -> Iterator[None]:
    try:
        yield
    except MissingPackageError as error:
        raise NotApplicable(str(error)) from error


def _part(inputs: Mapping[str, list[Any]], rows: list[int]) -> dict[str, list[Any]]:
    return {name: [values[row] for row in rows] for name, values in inputs.items()}


def _first_per_config(golden: Golden) -> list[Case]:
    firsts: dict[str | None, Case] = {}
    for case in golden.cases:
        firsts.setdefault(case.config, case)
    return list(firsts.values())


def _complete(folder: Path) -> None:
    """Script, card and golden values are there, and each value has a source."""
    name = folder.name
    assert (folder / f"{name}.py").is_file(), f"there is no {name}.py in {folder}"
    card = folder / "README.md"
    assert card.is_file(), f"there is no README.md in {folder}"
    text = card.read_text(encoding="utf-8")
    assert text.startswith(f"# {name}\n"), f"the card {card} does not begin with '# {name}'"
    assert "load_metric(" in text, f"the card {card} shows no example with load_metric("
    golden = read_golden(folder / "golden.json")
    assert golden.cases or golden.requires, f"{folder / 'golden.json'} has no cases"
    without = [case.name for case in golden.cases if not case.source]
    assert not without, f"no source is given for the values of {', '.join(without)}"
    assert len({case.name for case in golden.cases}) == len(golden.cases), "two cases have the same name"


def _values(subject: _Subject) -> None:
    """The scores are those of the case, as plain numbers where they are numbers."""
    found = subject.scored(subject.metric(), **subject.case.inputs)
    subject.agrees(found)
    odd = [name for name, value in found.items() if isinstance(value, np.generic)]
    assert not odd, f"{', '.join(odd)}: a NumPy scalar, where a Python number is promised"


def _partition(subject: _Subject, shuffled: bool) -> None:
    draw, count = random.Random(7), subject.count()
    whole = subject.scored(subject.filled(list(range(count))))
    for _ in range(_PARTITIONS):
        rows = draw.sample(range(count), count) if shuffled else list(range(count))
        cuts = sorted(draw.choices(range(count + 1), k=3))
        parts = [rows[start:stop] for start, stop in zip([0, *cuts], [*cuts, count], strict=True)]
        first, second = subject.filled(*parts[:2]), subject.filled(*parts[2:])
        found = subject.scored(first.merge(second) if first.state is not None else second)
        wrong = differences(found, dict(whole), _ROUNDING)
        assert not wrong, f"in batches of {[len(part) for part in parts]} rows: {'; '.join(wrong)}"
        if isinstance(found, Result) and isinstance(whole, Result):
            assert found.signature == whole.signature, f"signatures differ: {found.signature.difference(whole.signature)}"


def _unordered(subject: _Subject) -> None:
    """Any partition of the rows in any order, merged from two metrics, gives the same scores."""
    if not subject.metric().additive:
        raise NotApplicable("it keeps all rows, whose order it may look at")
    _partition(subject, shuffled=True)


def _row_by_row(subject: _Subject) -> None:
    """Rows added one by one give the same scores."""
    subject.agrees(subject.scored(subject.filled(*([row] for row in range(subject.count())))), _ROUNDING)


def _empty_batches(subject: _Subject) -> None:
    """Batches without rows change nothing."""
    subject.agrees(subject.scored(subject.filled([], list(range(subject.count())), [])), _ROUNDING)


def _no_rows(subject: _Subject) -> None:
    """No rows at all are an ArgumentError, whether nothing or an empty batch was given."""
    for fill in (subject.metric, partial(subject.filled, [])):
        metric = fill()
        try:
            found = subject.scored(metric)
        except ArgumentError:
            continue
        raise AssertionError(f"without rows it computes {found!r}; an ArgumentError is needed")


def _one_row(subject: _Subject) -> None:
    """One row has a score, or is an error of nlpdata that says why not."""
    _error_or_scores(lambda: subject.scored(subject.filled([0])), "one row")


def _lengths(subject: _Subject) -> None:
    """Inputs of different lengths are an ArgumentError."""
    rows, others = subject.rows()
    if len(rows) < 2:
        raise NotApplicable("it has one input")
    for name in rows:
        shorter = {**rows, name: rows[name][:-1]}
        try:
            subject.metric().add_batch(**shorter, **others)
        except ArgumentError:
            continue
        raise AssertionError(f"{name} with a row less than the others is accepted; an ArgumentError is needed")


def _odd_values(subject: _Subject) -> None:
    """None, NaN, infinity or another type in place of a row is an error of nlpdata; the rows before stay as they were."""
    rows, others = subject.rows()
    last = subject.count() - 1
    for name in subject.metric().input_names:
        for what, odd in _ODD_ROWS.items():
            if name not in rows:
                continue
            metric = subject.filled(list(range(last + 1)))
            changed = {**rows, name: [*rows[name][:-1], odd]}
            if _accepted(metric, {**changed, **others}):
                raise AssertionError(f"{what} in {name} is accepted; an error that names the row is needed")
            subject.agrees(subject.scored(metric), _ROUNDING)


def _accepted(metric: Metric, batch: Mapping[str, Any]) -> bool:
    """Whether a copy of the metric scores a batch; the metric itself gets the batch and must refuse it or keep it out."""
    before = metric.state
    try:
        metric.emptied().compute(**batch)
    except NlpdataError:
        try:
            metric.add_batch(**batch)
        except NlpdataError:
            assert metric.state is before, "a refused batch changed the rows that were added before"
        else:  # a metric that keeps rows may refuse them in compute only
            metric.reset()
            metric.merge(before)  # type: ignore[arg-type]
        return False
    return True


def _unknown_labels(subject: _Subject) -> None:
    """A label that no other row has is scored, or is an error of nlpdata."""
    rows, others = subject.rows()
    for name in subject.metric().input_names:
        last = rows.get(name, [None])[-1]
        if isinstance(last, bool) or not isinstance(last, int | str):
            continue
        unknown = "a label that nobody has" if isinstance(last, str) else 987_654_321
        changed = {**rows, name: [*rows[name][:-1], unknown]}
        _error_or_scores(partial(subject.scored, subject.metric(), **changed, **others), f"an unknown label in {name}")


def _error_or_scores(call: Callable[[], Any], what: str) -> None:
    try:
        found = call()
    except NlpdataError as error:
        assert str(error), f"{what}: an error without a message"
    else:
        assert isinstance(found, dict), f"{what}: {found!r} is not a dict of scores"


def _states_travel(subject: _Subject) -> None:
    """The state survives pickle, and its form as bytes where it has one, exactly."""
    metric = subject.filled(list(range(subject.count())))
    state = metric.state
    assert state is not None
    expected = subject.scored(metric.emptied().merge(state))
    forms = {"pickle": pickle.loads(pickle.dumps(state))}
    forms["bytes"] = State.from_bytes(state.to_bytes())
    for how, form in forms.items():
        assert form.signature == state.signature and form.rows == state.rows, f"{how}: another signature or number of rows"
        wrong = differences(subject.scored(metric.emptied().merge(form)), dict(expected), 0.0)
        assert not wrong, f"{how}: {'; '.join(wrong)}"


def _rows_add_up(subject: _Subject) -> None:
    """The statistics of single rows, which intervals and paired tests draw from, sum to those of all rows."""
    with _packages_may_be_missing():
        state, parameters = subject.metric().measured(**subject.case.inputs)
        sample = state.rows_kept()
        often = np.ones(sample.size, np.int64) if sample.cells is None else np.bincount(sample.cells, minlength=sample.size)
        found = subject.metric().score(sample.totals(often[None, :])[0], **parameters)
    subject.agrees(dict(found), _ROUNDING)


def _about_itself(subject: _Subject) -> None:
    """Description, inputs and signature are there, and the description survives JSON."""
    metric = subject.metric()
    info = MetricInfo.from_dict(json.loads(json.dumps(metric.info.to_dict())))
    assert info == metric.info, "its MetricInfo does not survive to_dict and from_dict"
    assert info.metric_name == subject.folder.name, f"it is called {info.metric_name!r}"
    assert info.description, "it has no description"
    assert info.inputs_description, "it has no description of its inputs"
    assert str(metric.signature).startswith(subject.folder.name), "its signature does not begin with its name"
    assert metric.VERSION, "it has no VERSION"
    assert subject.folder.name in repr(metric), "its repr does not show its name"


_EACH: dict[str, Callable[[_Subject], None]] = {
    "values": _values,
    "partition": partial(_partition, shuffled=False),
    "unordered": _unordered,
    "row by row": _row_by_row,
    "rows add up": _rows_add_up,
    "states travel": _states_travel,
}
_FIRST: dict[str, Callable[[_Subject], None]] = {
    "about itself": _about_itself,
    "empty batches": _empty_batches,
    "no rows": _no_rows,
    "one row": _one_row,
    "lengths": _lengths,
    "odd values": _odd_values,
    "unknown labels": _unknown_labels,
}
