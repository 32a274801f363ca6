"""Memory with real numbers: what is anonymous, what is files, and what advice to the kernel does."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from nlpdata.settings import settings
from nlpdata.store.group import ShardGroup, TableGroup
from nlpdata.store.residency import machine_bytes, process_memory, resident_bytes
from nlpdata.store.selection import Rows
from nlpdata.store.view import View
from nlpdata.store.writer import ShardWriter

ROWS, WIDTH = 8192, 1024  # 64 MiB of float64
linux = pytest.mark.skipif(not Path("/proc/self/smaps").exists(), reason="needs Linux's accounts of a process")


def expected(row: int) -> float:
    return float(row * WIDTH)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 MiB in 4 shards of batches of about 2 MiB; row i begins with i * WIDTH."""
    made = tmp_path_factory.mktemp("residency")
    with ShardWriter(made, batch_bytes=2 * 2**20, shard_bytes=16 * 2**20) as writer:
        for start in range(0, ROWS, 256):
            values = pa.array(np.arange(start * WIDTH, (start + 256) * WIDTH, dtype=np.float64))
            writer.write_table(pa.table({"x": pa.FixedSizeListArray.from_arrays(values, WIDTH)}))
        manifest = writer.finish()
    from nlpdata.store.manifest import write_manifest

    write_manifest(made, manifest)
    return made


MEASURE = """
import json, sys
import numpy as np
from nlpdata.settings import settings
from nlpdata.store.group import ShardGroup
from nlpdata.store.residency import process_memory
from nlpdata.store.view import View
folder, drop = sys.argv[1], sys.argv[2] == "drop"
View.of(ShardGroup.open(folder)).slice(0, 1).column("x").chunk(0).values.to_numpy()  # loads the code, pandas too
start = process_memory()
view = View.of(ShardGroup.open(folder))
opened = process_memory()
total = 0.0
with settings.override(drop_behind=drop):
    for table in view.natural_batches(2**20):
        for chunk in table.column("x").chunks:
            values = chunk.values.to_numpy()[1024 * chunk.offset : 1024 * (chunk.offset + len(chunk))]  # flatten() copies
            total += float(values.sum())
passed, memory = process_memory(), view.memory()
grown = lambda now: [a - b for a, b in zip(now, start)]
print(json.dumps({"opened": grown(opened), "passed": grown(passed), "total": total,
                  "memory": [memory.anonymous_bytes, memory.file_bytes, memory.resident_bytes]}))
"""


def measured(folder: Path, how: str) -> dict[str, list[int]]:
    run = subprocess.run([sys.executable, "-c", MEASURE, str(folder), how], capture_output=True, text=True, check=True)
    found: dict[str, list[int]] = json.loads(run.stdout)
    assert found["total"] == float(sum(range(ROWS * WIDTH)))
    return found


@linux
def test_a_pass_is_file_memory_and_no_anonymous_memory(folder: Path) -> None:
    found = measured(folder, "keep")
    size = ROWS * WIDTH * 8
    assert max(found["opened"]) < 2**20
    assert found["passed"][0] < 8 * 2**20  # anonymous
    assert found["passed"][1] > 0.9 * size  # pages of the files
    anonymous, file_bytes, resident = found["memory"]
    assert anonymous == 0 and size <= file_bytes < 1.01 * size and 0.9 * size < resident <= 1.01 * size


@linux
def test_a_pass_can_drop_what_is_behind_it(folder: Path) -> None:
    found = measured(folder, "drop")
    assert found["passed"][1] < 12 * 2**20 and found["memory"][2] < 12 * 2**20


def test_released_rows_are_read_again(folder: Path) -> None:
    view = View.of(ShardGroup.open(folder))
    table = view.slice(100, 4000)
    first = table.column("x")[0].as_py()
    view.release(0, ROWS)
    assert table.column("x")[0].as_py() == first and view.take([ROWS - 1]).column("x")[0][0].as_py() == expected(ROWS - 1)
    stacked = View.stack([view, view])
    stacked.release(10, ROWS + 5000)
    assert stacked.take([ROWS + 7]).column("x")[0][0].as_py() == expected(7)


@linux
def test_memory_tells_tables_row_lists_and_files_apart(folder: Path) -> None:
    view = View.of(ShardGroup.open(folder))
    assert view.memory().resident_bytes == 0  # nothing is mapped yet
    assert view.memory().anonymous_bytes == 0
    picked = view.select(Rows(np.arange(ROWS, dtype=np.int64)[::-1].copy()))
    assert picked.memory().anonymous_bytes == 8 * ROWS
    beside = picked.with_columns(TableGroup(pa.table({"y": np.zeros(ROWS, np.int32)})))
    assert beside.memory().anonymous_bytes == 12 * ROWS
    view.slice(0, 64).column("x").chunk(0).flatten().to_numpy().sum()
    assert 64 * WIDTH * 8 <= (resident_bytes(view.files) or 0) < 16 * 2**20
    assert resident_bytes([]) == 0


@linux
def test_anonymous_memory_is_told(tmp_path: Path) -> None:
    before = process_memory()[0]
    held = np.ones(8 * 2**20)
    assert process_memory()[0] - before > 60 * 2**20
    del held
    assert machine_bytes() > 2**28


COLD = """
import json, sys
import nlpdata
from nlpdata.store.group import ShardGroup
from nlpdata.store.view import View
from nlpdata import Dataset, Features
group = ShardGroup.open(sys.argv[1])
ds = Dataset._from_view(View.of(group), Features.from_arrow_schema(group.schema))
read = lambda: next(int(line.split()[1]) for line in open("/proc/self/io") if line.startswith("read_bytes"))
rows = [(i * 2654435761) % len(ds) for i in range(3, 103)]
if sys.argv[2] == "list":
    ds[[7, len(ds) - 1, 5000, 3000]]  # opens some batches
else:
    ds[rows[0]], ds[len(ds) - 1], ds[5000], ds[3000]
before = read()
if sys.argv[2] == "list":
    found = [x[0] for x in ds[rows]["x"]]
else:
    found = [ds[i]["x"][0] for i in rows]
assert found == [float(i * 1024) for i in rows]
print((read() - before) / len(rows))
"""


@linux
@pytest.mark.parametrize("how", ["list", "one by one"])
def test_cold_random_reads_leave_the_neighbourhood_alone(folder: Path, how: str) -> None:
    for path in folder.glob("*.arrow"):
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    run = subprocess.run([sys.executable, "-c", COLD, str(folder), how], capture_output=True, text=True, check=True)
    assert float(run.stdout) <= 64 * 1024  # a row is 8 KiB; without advice it is some 500 KiB


def test_after_many_scattered_rows_the_neighbourhood_is_welcome(folder: Path) -> None:
    group = ShardGroup.open(folder)
    assert group.expect(1)  # page by page
    assert not group.expect(10_000)  # has cost as much as a pass by now, and all of it fits in memory
    assert not group.expect(0) and group.expect(1)  # a pass in order begins anew
    with settings.override(drop_behind=True):
        assert sum(t.num_rows for _, t in View.of(group).iter_slices(1000)) == ROWS


def test_pickles_stay_small_whatever_was_read(folder: Path) -> None:
    view = View.of(ShardGroup.open(folder))
    fresh = len(pickle.dumps(view))
    view.take(np.arange(0, ROWS, 7))
    assert len(pickle.dumps(view)) == fresh < 2000
    again = pickle.loads(pickle.dumps(view))
    assert again.take([ROWS // 2]).column("x")[0][0].as_py() == expected(ROWS // 2)
