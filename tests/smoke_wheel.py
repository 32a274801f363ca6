"""What a user of the bare wheel does: load the shipped corpus, map, filter, save, score. Run from outside the repository.

Argument: the repository, which must not be where the package comes from.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nlpdata
from nlpdata import Dataset, load_dataset, load_from_disk, load_metric

assert not Path(nlpdata.__file__).is_relative_to(Path(sys.argv[1]).resolve()), nlpdata.__file__

corpus = load_dataset("udhr")
assert set(corpus) == {"train", "validation", "test"}, corpus
rows = sum(split.num_rows for split in corpus.values())
assert rows > 30_000, rows

lengths = corpus["test"].map(lambda batch: {"length": [len(t) for t in batch["text"]]}, batched=True)
long = lengths.filter(lambda row: row["length"] > 200)
assert 0 < long.num_rows < lengths.num_rows
assert all(len(row["text"]) == row["length"] for row in long.select(range(50)))

with tempfile.TemporaryDirectory() as folder:
    long.save_to_disk(folder + "/saved")
    assert load_from_disk(folder + "/saved")[0] == long[0]

assert load_metric("accuracy").compute(predictions=[0, 1, 1, 0], references=[0, 1, 0, 0])["accuracy"] == 0.75
assert load_metric("f1").compute(predictions=[0, 1, 1, 0], references=[0, 1, 0, 0])["f1"] == 2 / 3
assert load_metric("glue", "sst2").compute(predictions=[1, 0], references=[1, 1])["accuracy"] == 0.5

batch = Dataset.from_dict({"x": [[1, 2], [3, 4]]}).with_format("numpy")[:]
assert batch["x"].shape == (2, 2)
loaded = {name.partition(".")[0] for name in sys.modules}
assert not loaded & {"torch", "pandas", "tensorflow", "jax", "polars", "sklearn"}, loaded
print(f"wheel: {rows:,} rows of udhr loaded, mapped, filtered, saved and scored, no extras installed")
