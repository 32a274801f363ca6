"""The rows of many threads, processes or ranks as those of one metric.

Knows: ranks of ``torch.distributed``, executors, ranks that share a folder. Does not know: metrics; how statistics add up.

States add up exactly and in any order, so each way gives the score that one process would have given for all rows.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from pathlib import Path
from typing import Any

from nlpdata import _optional
from nlpdata.errors import ArgumentError, CorruptFileError
from nlpdata.scoring.metric import Metric, State

__all__ = ["gather", "gather_files", "measure_batches"]

_POLL_SECONDS = 0.02


def gather(metric: Metric, group: Any = None) -> Metric:
    """A metric with the rows of all ranks, the same on every rank; ``metric`` itself keeps its own rows only.

    Every rank of the group calls it, also one that has no rows. Ends when the slowest has come. What is sent is one state
    per rank: small for metrics that keep a sum, all rows for the others.

    Args:
        metric: of the same kind and settings on every rank.
        group: a ``torch.distributed`` process group; None is all ranks. Without an initialised group there is one rank.

    Raises:
        ArgumentError: the metrics or their settings differ between ranks.
        MissingPackageError: torch is not installed.
    """
    distributed = _optional.load("torch.distributed", extra="torch")
    if not (distributed.is_available() and distributed.is_initialized()):
        return _whole(metric, [metric.state])
    states: list[State | None] = [None] * distributed.get_world_size(group)
    distributed.all_gather_object(states, metric.state, group=group)
    return _whole(metric, states)


def gather_files(
    metric: Metric, folder: str | os.PathLike[str], rank: int, world_size: int, timeout_seconds: float = 600.0
) -> Metric:
    """A metric with the rows of all ranks, through files in a folder that all of them see; no locks.

    Each rank writes one file, aside and renamed, and waits for those of the others. The folder is new for every evaluation: a
    rank that finds its own file there refuses, for it could not tell old files of the others from new ones.

    Args:
        metric: of the same kind and settings on every rank.
        folder: made if it does not exist; on any file system whose renames are atomic (NFS too). It is left as it is.
        rank: which of the ranks this is, from 0.
        world_size: how many there are.
        timeout_seconds: how long to wait for the others.

    Raises:
        ArgumentError: the folder was used before; a rank out of range; metrics that differ between ranks.
        TimeoutError: ranks that did not write in time; says which.
    """
    if not 0 <= rank < world_size:
        raise ArgumentError(f"rank is {rank} of {world_size} ranks; ranks are 0 to {world_size - 1}.")
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    state = metric.state
    _publish(place / _file_name(metric, rank, world_size), b"" if state is None else state.to_bytes())
    waiting = {other: place / _file_name(metric, other, world_size) for other in range(world_size)}
    states: dict[int, State | None] = {}
    deadline = time.monotonic() + timeout_seconds
    while True:
        for other in [r for r, path in waiting.items() if path.exists()]:
            states[other] = _read(waiting.pop(other))
        if not waiting:
            return _whole(metric, [states[other] for other in range(world_size)])
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"After {timeout_seconds:g} s there is no file of rank {', '.join(map(str, waiting))} in {str(place)!r}."
            )
        time.sleep(_POLL_SECONDS)


def measure_batches(
    metric: Metric, batches: Iterable[Mapping[str, Any]], executor: Executor, max_pending: int | None = None
) -> Metric:
    """Adds batches to a metric with the workers of an executor; returns the metric.

    Any executor of the ``concurrent.futures`` kind serves: threads, processes, MPI, ``dask.distributed.Client.get_executor()``.
    If a batch is refused, its error is raised and no batch is added.

    Args:
        metric: one from ``load_metric``, or of a class that can be pickled.
        batches: the arguments of ``add_batch``, a dict each; read as workers become free.
        executor: runs one call per batch; it is not shut down.
        max_pending: how many batches may be under way; by default 4 per processor.

    Raises:
        ArgumentError, FeatureError: a batch that the metric refuses.
    """
    pending: set[Future[State | None]] = set()
    most = max_pending or 4 * (os.cpu_count() or 1)
    whole = _whole(metric, [])
    empty = _whole(metric, [])
    try:
        for batch in batches:
            if len(pending) >= most:
                pending = _collected(whole, pending)
            pending.add(executor.submit(_measured, empty, dict(batch)))
        while pending:
            pending = _collected(whole, pending)
    finally:
        for future in pending:
            future.cancel()
    return metric.merge(whole)


def _measured(metric: Metric, batch: dict[str, Any]) -> State | None:
    """The state of one batch; runs in a worker, on a metric of its own."""
    own = _whole(metric, [])
    own.add_batch(**batch)
    return own.state


def _collected(whole: Metric, pending: set[Future[State | None]]) -> set[Future[State | None]]:
    """Adds what is done; returns what is not."""
    done, rest = wait(pending, return_when=FIRST_COMPLETED)
    for future in done:
        if (state := future.result()) is not None:
            whole.merge(state)
    return rest


def _whole(metric: Metric, states: Iterable[State | None]) -> Metric:
    """A metric of the same kind with the rows of the states."""
    whole = metric.emptied()
    for state in states:
        if state is not None:
            whole.merge(state)
    return whole


def _file_name(metric: Metric, rank: int, world_size: int) -> str:
    name = re.sub(r"\W+", "-", "-".join(filter(None, [metric.name, metric.config, metric.experiment_id])))
    return f"{name}-{rank:05d}-of-{world_size:05d}.json"


def _publish(path: Path, data: bytes) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_bytes(data)
    try:
        os.link(aside, path)  # a rename would replace a file that is there
    except FileExistsError:
        raise ArgumentError(
            f"There is a file {path.name} in {str(path.parent)!r} already. Use a new folder each time."
        ) from None
    except OSError:  # a file system without hard links
        if path.exists():
            raise ArgumentError(f"There is a file {path.name} in {str(path.parent)!r} already. Use a new folder.") from None
        os.rename(aside, path)
        return
    finally:
        aside.unlink(missing_ok=True)


def _read(path: Path) -> State | None:
    data = path.read_bytes()
    if not data:
        return None
    try:
        return State.from_bytes(data)
    except CorruptFileError as error:
        raise CorruptFileError(f"{path}: {error}") from error
