"""One task: read, format, call, write. The only code that calls the user's function.

Knows: how arguments are put together, and how an error inside the function is told.
Does not know: which tasks there are, or what becomes of what they write.
"""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from nlpdata.engine.batches import Batches, Shown, is_own, snapshot
from nlpdata.engine.behind import Behind
from nlpdata.engine.changes import RowChanges, TaskChanges, Writer, batch_changes
from nlpdata.engine.coroutines import Failed, awaited, is_async, together
from nlpdata.engine.executor import Report, spare_core, worker_number
from nlpdata.engine.plan import Filter, Map, Source, Step
from nlpdata.errors import ArgumentError, CacheWriteError, FeatureError
from nlpdata.formats import FormatSpec, Formatter, LazyBatch, get_formatter, lazy_batch, lazy_rows
from nlpdata.formats.lazy import undecoded

_CHUNK_ROWS = 4096
_FIRST_CHUNK_ROWS = 1  # the first chunks tell soon how long a row takes
_ASYNC_ROWS = 1000  # but calls that wait do so together
_WINDOW_BATCHES = 64  # batches of a coroutine function that are held at once
_WINDOW_BYTES = 64 * 2**20
_CHUNK_BYTES = 8 * 2**20
_SLOW_SECONDS = 0.01  # a call that takes longer has its result written beside the next one, where there is a core for that
_HOLD_BACK = 0.1  # of such a call passes before: a tokenizer is in its own code by then, and has given up the interpreter lock
_MOST_DELAY_SECONDS = 0.05


def run_map_range(source: Source, step: Map, rows: range, writer: Writer, report: Report) -> dict[str, Any]:
    """Map ``rows``, write the changed columns, and give the notes of the task (see ``changes``).

    It ends early, with whole batches, where ``report`` asks for it.
    """
    changes = TaskChanges(source, step, rows.start, writer)
    if step.batched:
        _map_batches(source, step, rows, changes, report)
    else:
        _map_rows(source, step, rows, changes, report)
    return changes.notes()


def _map_rows(source: Source, step: Map, rows: range, changes: TaskChanges, report: Report) -> None:
    call, formatter = _bind(step, source.numbers), _formatter(source)
    for start, table in _chunks(source, step, rows):
        found = RowChanges(table, formatter, step, source)
        returned = False
        rows_now, call_now = _begun(source, step, start, lazy_rows(table, formatter), call)
        for index, row in enumerate(rows_now, start):
            try:
                out = call_now(row, index)
                found.add(row, out)
            except Exception as error:
                if step.on_error == "raise":
                    _note(error, source, step, range(index, index + 1))
                    raise
                out = None
                found.add(row, None)
                changes.fail(index - start, 1, index, error)
            returned = returned or out is not None
        try:
            changes.add(start, table, found.finish(), returned=returned)
        except Exception as error:
            _note(error, source, step, range(start, start + table.num_rows))
            raise
        if report(table.num_rows) is True:
            return


def _map_batches(source: Source, step: Map, rows: range, changes: TaskChanges, report: Report) -> None:
    size = step.batch_size or max(source.view.num_rows, 1)
    batches = Batches(source, rows, size, _formatter(source), frozenset(step.remove_columns))
    calls = _calls_together if is_async(step.function) else _calls
    asked = False
    with Behind() as behind:
        for keep, spent, divisible in calls(source, step, batches, changes):
            stop, count = keep.span.stop, len(keep.span)
            if spent > _SLOW_SECONDS and spare_core.get() and is_own(keep.out):
                names = tuple(keep.batch.accessed) if isinstance(keep.batch, LazyBatch) else ()
                works = partial(_one_by_one, keep, partial(batches.read_ahead, stop + size, names))
                behind.hand_over(works, min(_HOLD_BACK * spent, _MOST_DELAY_SECONDS))
                del works
            else:
                behind.wait()
                keep()
            del keep  # the next batch takes its place in memory, and in the processor's cache
            asked = report(count) is True or asked
            if asked and divisible:
                return


def _one_by_one(*works: Callable[[], None]) -> None:
    for work in works:
        work()


def _calls(source: Source, step: Map, batches: Batches, changes: TaskChanges) -> Iterator[tuple[_Keep, float, bool]]:
    """What the function gives for each batch, the seconds it took, and that the task can be divided there."""
    call = _bind(step, source.numbers)
    pending = None
    for start, table, shown in batches:
        pending = pending or undecoded(table)
        batch, span = lazy_batch(table, shown, pending), range(start, start + table.num_rows)  # type: ignore[arg-type]
        begun = time.perf_counter()
        try:
            out = awaited(call(batch, list(span) if step.with_indices else None))
        except Exception as error:  # noqa: BLE001 - kept, or raised again
            out = _failed(source, step, span, error)
        keep = _Keep(source, step, span, table, shown, batch, snapshot(out), changes)
        spent = time.perf_counter() - begun
        del table, shown, batch, out
        yield keep, spent, True
        del keep


def _calls_together(source: Source, step: Map, batches: Batches, changes: TaskChanges) -> Iterator[tuple[_Keep, float, bool]]:
    """The same for a coroutine function, whose calls wait side by side; the task can be divided after the last of them."""
    call, window, held = _bind(step, source.numbers), list[tuple[Any, ...]](), 0

    def results() -> Iterator[tuple[_Keep, float, bool]]:
        spans = [range(start, start + table.num_rows) for start, table, _, _ in window]
        begun = time.perf_counter()
        calls = [
            partial(call, batch, list(span) if step.with_indices else None)
            for span, (_, _, _, batch) in zip(spans, window, strict=True)
        ]
        outs = together(calls, lambda number, error: _failed(source, step, spans[number], error))
        spent = (time.perf_counter() - begun) / max(1, len(window))
        for number, ((_, table, shown, batch), span, out) in enumerate(zip(window, spans, outs, strict=True), 1):
            yield _Keep(source, step, span, table, shown, batch, snapshot(out), changes), spent, number == len(window)

    for start, table, shown in batches:
        window.append((start, table, shown, lazy_batch(table, shown)))  # type: ignore[arg-type]
        held += table.nbytes
        if len(window) >= _WINDOW_BATCHES or held >= _WINDOW_BYTES:
            yield from results()
            window, held = [], 0
    if window:
        yield from results()


def _failed(source: Source, step: Step, span: range, error: Exception) -> Failed:
    """What stands for the result of a call that failed, if others go on; else raises the error."""
    if step.on_error == "raise":
        _note(error, source, step, span)
        raise error
    return Failed(error)


@dataclass(slots=True)
class _Keep:
    """Finds out what a call changed, and writes it."""

    source: Source
    step: Map
    span: range
    table: pa.Table
    shown: Shown
    batch: Any
    out: Any
    changes: TaskChanges

    def __call__(self) -> None:
        start, out = self.span.start, self.out
        try:
            if isinstance(out, Failed):
                raise out.error
            found = batch_changes(self.table, self.shown.untouched, self.step, self.batch, out)
            self.changes.add(start, self.table, found, returned=out is not None)
        except Exception as error:
            if self.step.on_error == "raise" or isinstance(error, CacheWriteError):
                _note(error, self.source, self.step, self.span)
                raise
            self.changes.fail(0, self.table.num_rows, start, error)
            self.changes.add(start, self.table, {}, returned=True)


def run_filter_range(source: Source, step: Filter, rows: range, writer: Writer, report: Report) -> None:
    """Write the numbers of those of ``rows`` for which the function is true; ends early where ``report`` asks for it."""
    call, formatter = _bind(step, source.numbers), _formatter(source)
    slices = (
        _slices(source, rows, step.batch_size or max(source.view.num_rows, 1)) if step.batched else _chunks(source, step, rows)
    )
    kept = [np.empty(0, np.int64)]  # 8 bytes a row of the task: less than one batch of most functions
    pending = None
    for start, table in slices:
        pending = pending or undecoded(table)
        span = range(start, start + table.num_rows)
        if step.batched:
            try:
                out = awaited(call(lazy_batch(table, formatter, pending), list(span) if step.with_indices else None))
                mask = _mask(out, table.num_rows, step)
            except Exception as error:
                if step.on_error == "raise":
                    _note(error, source, step, span)
                    raise
                mask = np.zeros(table.num_rows, np.bool_)
        else:
            mask = np.fromiter(_truths(source, step, start, lazy_rows(table, formatter), call), np.bool_, table.num_rows)
        kept.append(np.flatnonzero(mask) + start)
        if report(table.num_rows) is True:
            break
    writer.write_table(pa.table({"row": np.concatenate(kept)}))


def _truths(source: Source, step: Filter, start: int, rows: Iterator[Any], call: Callable[[Any, Any], Any]) -> Iterator[bool]:
    rows_now, call_now = _begun(source, step, start, rows, call)
    for index, row in enumerate(rows_now, start):
        try:
            truth = bool(call_now(row, index))
        except Exception as error:
            if step.on_error == "raise":
                _note(error, source, step, range(index, index + 1))
                raise
            truth = False
        yield truth


def _mask(out: Any, count: int, step: Filter) -> Any:
    """What a function of batches returned, as an array of truth values."""
    if isinstance(out, pa.Array | pa.ChunkedArray):
        out = out.to_pylist()
    if isinstance(out, str | bytes | dict) or not hasattr(out, "__len__"):
        raise FeatureError(f"{step.label} returned {type(out).__name__}. With batched=True it returns one truth value a row.")
    if len(out) != count:
        raise ArgumentError(f"{step.label} returned {len(out)} truth values for a batch of {count} rows. Return one a row.")
    if isinstance(out, np.ndarray) and out.dtype == np.bool_ and out.ndim == 1:
        return out
    if type(out) is list and out and type(out[0]) is bool:
        with suppress(TypeError, ValueError):  # not all of them are truth values or small numbers
            return np.frombuffer(bytes(out), np.uint8) != 0  # in a third of the time
    return np.fromiter(map(operator.truth, out), np.bool_, count)


def chunk_rows(source: Source) -> int:
    """How many rows are worked on together where the function takes single rows: bounded in bytes."""
    view = source.view
    return max(1, min(_CHUNK_ROWS, _CHUNK_BYTES // max(1, view.nbytes // max(1, view.num_rows))))


def _chunks(source: Source, step: Step, rows: range) -> Iterator[tuple[int, pa.Table]]:
    size, most, start = _ASYNC_ROWS if is_async(step.function) else _FIRST_CHUNK_ROWS, chunk_rows(source), rows.start
    while start < rows.stop:
        stop = min(start + min(size, most), rows.stop)
        yield start, source.view.slice(start, stop)
        start, size = stop, 4 * size


def _slices(source: Source, rows: range, size: int) -> Iterator[tuple[int, pa.Table]]:
    for start in range(rows.start, rows.stop, size):
        yield start, source.view.slice(start, min(start + size, rows.stop))


def _formatter(source: Source) -> Formatter:
    spec = source.format
    return get_formatter(FormatSpec(spec.type, None, False, spec.kwargs), source.features)


def _bind(step: Step, numbers: Sequence[int] | None) -> Callable[[Any, Any], Any]:
    """The function as ``call(row or batch, index or indices)``; ``numbers`` are what the function is told as indices."""
    function: Any = step.function
    columns, kwargs = step.input_columns, dict(step.fn_kwargs)
    if columns is None and not (step.with_indices or step.with_rank or kwargs):
        return lambda item, index: function(item)
    rank = (worker_number.get(),) if step.with_rank else ()

    def call(item: Any, index: Any) -> Any:
        if numbers is not None and index is not None:
            index = [numbers[i] for i in index] if step.batched else numbers[index]
        inputs = (item,) if columns is None else tuple(item[name] for name in columns)
        return function(*inputs, *((index,) if step.with_indices else ()), *rank, **kwargs)

    return call


def _begun(
    source: Source, step: Step, start: int, rows: Iterable[Any], call: Callable[[Any, Any], Any]
) -> tuple[Iterable[Any], Callable[[Any, Any], Any]]:
    """The same rows and function; a coroutine function has been run for all of the rows at once, and gives what came out."""
    if not is_async(step.function):
        return rows, call
    held = list(rows)
    calls = [partial(call, row, index) for index, row in enumerate(held, start)]
    outs = together(calls, lambda number, error: _failed(source, step, range(start + number, start + number + 1), error))

    def out(row: Any, index: int) -> Any:
        found = outs[index - start]
        if isinstance(found, Failed):
            raise found.error
        return found

    return held, out


def _note(error: Exception, source: Source, step: Step, rows: range) -> None:
    """Say where an error happened; the error itself stays what the function raised."""
    if source.numbers is not None:
        error.add_note(f"nlpdata: in {step.label}, rows {', '.join(str(source.numbers[i]) for i in rows[:10])} (lazy)")
        return
    where = f"row {rows.start:,}" if len(rows) == 1 else f"rows {rows.start:,}..{rows.stop:,}"
    split = f" of split {source.split!r}" if source.split else ""
    error.add_note(f"nlpdata: in {step.label}, {where} of {source.view.num_rows:,}{split}")
