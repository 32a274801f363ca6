"""Why a result was not found: keys compared with each other and with what is stored; which results nobody needs."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nlpdata import Dataset, explain_key
from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.provenance import PROVENANCE_NAME, Provenance, folders_of, stored, unused_results
from nlpdata.errors import KeyingError


def rows() -> Any:
    yield from [{"text": "a b"}, {"text": "c"}] * 5


def tokenize(limit: int, body: str = "len(row['text'][:MAX_LEN])") -> Callable[[Any], Any]:
    """A function that reads a global ``MAX_LEN``."""
    space: dict[str, Any] = {"__name__": "made", "MAX_LEN": limit}
    exec(f"def tokenize(row): return {{'n': {body}}}", space)
    made: Callable[[Any], Any] = space["tokenize"]
    return made


@pytest.fixture
def data() -> Dataset:
    return Dataset.from_generator(rows)


def in_use(dataset: Dataset) -> list[str]:
    state, directory = dataset._state, CacheDirectory()
    return [*state.lineage.results, *folders_of(directory, state.view.files)]


def test_two_functions() -> None:
    found = explain_key(tokenize(128), tokenize(256))
    assert list(found) == ["global 'MAX_LEN': 128 → 256"] and len(found) == 1
    assert repr(found) == "The keys differ:\n  global 'MAX_LEN': 128 → 256"
    assert not explain_key(tokenize(1), tokenize(1))
    assert repr(explain_key(tokenize(1), tokenize(1))) == "The keys are equal."


def test_why_a_function_was_not_found(data: Dataset) -> None:
    assert "No other result of tokenize is stored" in repr(explain_key(tokenize(128)))
    data.map(tokenize(128))
    data.map(tokenize(128, "0"))
    found = explain_key(tokenize(256))
    assert list(found) == ["global 'MAX_LEN': 128 → 256"]
    assert "nearest stored result of map(tokenize)" in repr(found) and "one of 2 stored" in repr(found)
    found = explain_key(tokenize(128))
    assert not found and "found again for equal input and options" in repr(found)


def test_why_a_dataset_was_made_anew(data: Dataset) -> None:
    a, b = data.map(tokenize(128)), data.map(tokenize(256))
    assert list(explain_key(a, b)) == ["global 'MAX_LEN': 128 → 256"] == list(explain_key(b))
    assert list(explain_key(data.map(tokenize(256), batched=False, input_columns=None), b)) == []
    c = data.map(tokenize(256), on_error="skip")
    assert any("option 'on_error'" in line for line in explain_key(b, c))


def test_the_difference_may_lie_in_an_earlier_step(data: Dataset) -> None:
    first, second = (data.map(tokenize(n)).map(lambda row: {"m": row["n"]}) for n in (1, 2))
    assert list(explain_key(second)) == ["input, map(tokenize) → global 'MAX_LEN': 1 → 2"] == list(explain_key(first, second))
    third = data.map(tokenize(1)).select(range(3)).map(lambda row: {"m": row["n"]})
    (line,) = explain_key(first, third)
    assert line.startswith("input: ")


def test_what_has_no_key_says_so() -> None:
    lock = threading.Lock()
    with pytest.raises(KeyingError, match="closure 'lock'"):
        explain_key(lambda x: lock)


def test_a_result_named_by_hand_tells_too(data: Dataset) -> None:
    lock = threading.Lock()
    made = data.map(lambda row: {"n": 1 if lock else 2}, new_fingerprint="by-hand")
    assert made._fingerprint == "by-hand"
    (found,) = [p for name, p in stored(CacheDirectory()) if name == "results/by-hand"]
    assert found.code == {} and found.step == "map(<lambda>)"


@pytest.mark.parametrize("damage", ["{", "[]", '{"code": 1, "options": {}}', '{"step": "a"}', ""])
def test_damaged_provenance_is_none(data: Dataset, damage: str) -> None:
    made = data.map(tokenize(1))
    (folder,) = [CacheDirectory().path(name) for name, _ in stored(CacheDirectory())]
    (folder / PROVENANCE_NAME).write_text(damage)
    assert Provenance.read(folder) is None
    assert "No other result" in repr(explain_key(tokenize(1)))
    assert data.map(tokenize(1))._fingerprint == made._fingerprint


def test_a_result_that_is_found_is_not_recorded_again(data: Dataset) -> None:
    data.map(tokenize(1))
    ((_, before),) = stored(CacheDirectory())
    data.map(tokenize(1))
    ((_, after),) = stored(CacheDirectory())
    assert before == after


def test_ingredients_of_another_process_can_be_compared(tmp_path: Path) -> None:
    program = """
from nlpdata import Dataset
from nlpdata.settings import settings
settings.set(cache={cache!r})
MAX_LEN = {limit}
class Cleaner:
    "Text."
    def __call__(self, text): return text[:MAX_LEN]
clean = Cleaner()
def rows(): yield {{"text": "a"}}
def tokenize(row): return {{"n": clean(row["text"])}}
Dataset.from_generator(rows).map(tokenize)
from nlpdata import explain_key
print(explain_key(Dataset.from_generator(rows).map(tokenize)))
"""
    outputs = []
    for limit in (128, 256):
        text = program.format(cache=str(tmp_path / "cache"), limit=limit)
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout)
    assert "No other result" in outputs[0]
    assert "global 'MAX_LEN': 128 → 256" in outputs[1]


# --- results that nobody needs -----------------------------------------------------------------------------------------


def test_other_results_of_the_same_data_are_unused(data: Dataset) -> None:
    kept = data.map(tokenize(9)).filter(lambda row: row["n"] > 1).rename_column("n", "k").map(lambda row: {"z": 1})
    spare = data.map(tokenize(2)).map(lambda row: {"m": 1})
    other = Dataset.from_generator(lambda: iter([{"text": "other"}])).map(tokenize(3))
    directory = CacheDirectory()
    names = unused_results(directory, in_use(kept))
    assert set(names) == set(spare._state.lineage.results)
    assert names[0] == spare._state.lineage.results[-1], "what depends on others comes first"
    for name in names:
        directory.remove(name)
    assert unused_results(directory, in_use(kept)) == []
    assert kept[0]["z"] == 1 and other[0]["n"] == 3


def test_a_dataset_needs_what_its_columns_lie_in(data: Dataset) -> None:
    first = data.map(tokenize(1))
    second = first.map(lambda row: {"m": 1})
    assert unused_results(CacheDirectory(), in_use(second)) == []
    assert unused_results(CacheDirectory(), in_use(first)) == [f"results/{second._fingerprint}"]


def test_nothing_is_kept_of_data_that_was_only_loaded(data: Dataset) -> None:
    made = data.map(tokenize(1))
    assert unused_results(CacheDirectory(), [], data._state.lineage.root()) == [f"results/{made._fingerprint}"]
    assert unused_results(CacheDirectory(), []) == []


def test_parts_that_are_put_together_are_all_needed(data: Dataset) -> None:
    from nlpdata import concatenate_datasets

    a, b = data.map(tokenize(1)), data.map(tokenize(2))
    both = concatenate_datasets([a, b]).map(lambda row: {"m": 1})
    assert unused_results(CacheDirectory(), in_use(both)) == []


def test_a_result_that_is_being_made_anew_is_left_alone(data: Dataset) -> None:
    first = data.map(tokenize(1))
    second = data.map(tokenize(2))
    directory = CacheDirectory()
    name = f"results/{second._fingerprint}"
    assert unused_results(directory, in_use(first)) == [name]
    with directory.claim(name, replace=True):
        assert unused_results(directory, in_use(first)) == []
