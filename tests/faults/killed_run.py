"""A program that maps, filters and materializes in a cache, and kills itself where it is told to.

Run by test_kill.py: ``python killed_run.py <cache> <log> <where>``, where the last is ``row:<n>``, ``filter:<n>``,
``at:<number>:<checkpoint>``, ``slow`` or ``-``.
Prints what came out as JSON; each call of the function adds a line to the log.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

import pyarrow as pa

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import Lineage
from nlpdata.engine.plan import Filter, Map, Source
from nlpdata.engine.run import Options, run_filter, run_map
from nlpdata.features import Features
from nlpdata.formats import FormatSpec
from nlpdata.store import TableGroup, View

ROWS = 60
TASK_ROWS = 10


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Work:
    """The function: its key does not depend on where it is to die."""

    def __init__(self, log: str, where: str) -> None:
        self.log, self.where = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT), where

    def __nlpdata_key__(self) -> str:
        return "work"

    def __call__(self, row: Any, index: int) -> Any:
        if self.where == f"row:{index}":
            die()
        if self.where == "slow":
            time.sleep(0.005)
        os.write(self.log, f"{index}\n".encode())
        # Types differ between tasks, and one column is changed in the last one only: shards have to be brought together.
        return {"n": index if index < 30 else index + 0.5, **({"text": "last"} if index >= 55 else {})}


class Keep:
    def __init__(self, where: str) -> None:
        self.where = where

    def __nlpdata_key__(self) -> str:
        return "keep"

    def __call__(self, row: Any, index: int) -> bool:
        if self.where == f"filter:{index}":
            die()
        return index % 3 == 0


def main(cache: str, log: str, where: str) -> None:
    names: list[str] = []

    def checkpoint(name: str) -> None:
        names.append(name)
        if where == f"at:{len(names) - 1}:{name}":
            die()

    view = View.of(TableGroup(pa.table({"text": [f"text {i}" for i in range(ROWS)]})))
    source = Source(view, Features.from_arrow_schema(view.schema), FormatSpec(), Lineage.named("rows"))
    options = Options(CacheDirectory(cache), task_rows=TASK_ROWS, checkpoint=checkpoint)
    mapped = run_map(source, Map(Work(log, where), with_indices=True), options)
    after = Source(mapped.view, mapped.features, FormatSpec(), mapped.lineage)
    kept = run_filter(after, Filter(Keep(where), with_indices=True), options)
    print(json.dumps([mapped.view.table().to_pydict(), kept.view.table().to_pydict(), names]))


if __name__ == "__main__":
    main(*sys.argv[1:])
