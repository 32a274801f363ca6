"""The training example of the README runs as it stands, on the made-up GLUE files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nlpdata.scripts import shipped_folder

README = Path(__file__).resolve().parents[2] / "README.md"


def test_glue_is_prepared_for_training_in_20_lines(stage) -> None:
    pytest.importorskip("tokenizers")
    torch = pytest.importorskip("torch")
    (block,) = [b for b in re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.S | re.M) if '"glue"' in b]
    assert len([line for line in block.splitlines() if line.strip()]) <= 20

    glue = shipped_folder("loader") / "glue"
    recorded = json.loads((glue / "checksums.json").read_text("utf-8"))["downloads"]
    sizes = json.loads((glue / "dummy" / "expected.json").read_text("utf-8"))["sst2"]
    files = {url: glue / "dummy" / url.rpartition("/")[2] for url in recorded}
    folder = stage("glue", files, {"sst2": {split: found["num_examples"] for split, found in sizes.items()}})

    names: dict = {}
    exec(compile(block.replace('"glue"', repr(str(folder))), "README.md", "exec"), names)
    rows = sizes["train"]["num_examples"]
    assert names["input_ids"].shape == (rows % 32 or 32, 64)
    assert names["input_ids"].dtype == names["label"].dtype == torch.int64
