"""Wrong arguments as users write them: the message says what was asked, what was found, and what is possible, on one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from nlpdata import Array2D, ClassLabel, Dataset, DatasetDict, Features, Image, Value, concatenate_datasets, load_from_disk

DS = Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, 0], "emb": [[1.0], [2.0], [3.0]]})
DD = DatasetDict(train=DS, test=DS)
MEANT = "Did you mean 'text'.*Known: text, label, emb"

CALLS: dict[str, tuple[type[Exception], str, Callable[[], Any]]] = {
    # rows
    "ds[5]": (IndexError, "Index 5 .*3 rows", lambda: DS[5]),
    "ds[-4]": (IndexError, "Index -4 .*3 rows", lambda: DS[-4]),
    "ds[1.0]": (TypeError, "integer, a slice or a list.*not by float", lambda: DS[1.0]),
    "ds[None]": (TypeError, "not by NoneType", lambda: DS[None]),
    "ds[True]": (TypeError, "not by True", lambda: DS[True]),
    "ds[mask]": (TypeError, "np.flatnonzero", lambda: DS[[True, False, True]]),
    "ds[array mask]": (TypeError, "np.flatnonzero", lambda: DS[np.array([True, False, True])]),
    "ds[[0, 9]]": (IndexError, "Index 9 .*3 rows", lambda: DS[[0, 9]]),
    "ds[[0.5]]": (TypeError, "float64", lambda: DS[[0.5]]),
    "ds[::0]": (ValueError, r"slice\(None, None, 0\).*cannot be zero", lambda: DS[::0]),
    "ds['a':'b']": (TypeError, r"slice\('a', 'b', None\)", lambda: DS["a":"b"]),  # type: ignore[misc]
    "ds[{}]": (TypeError, "not by a dict", lambda: DS[{}]),
    "ds[{1}]": (TypeError, "not by a set", lambda: DS[{1}]),
    "ds[['text']]": (TypeError, r"select_columns\(\['text'\]\)", lambda: DS[["text"]]),
    "select(int)": (TypeError, "not by int", lambda: DS.select(3)),  # type: ignore[arg-type]
    "select(range)": (IndexError, "Index 9 .*3 rows", lambda: DS.select(range(10))),
    "take(str)": (ValueError, "n is 'a'", lambda: DS.take("a")),  # type: ignore[arg-type]
    "skip(float)": (ValueError, "n is 1.5", lambda: DS.skip(1.5)),  # type: ignore[arg-type]
    "repeat(None)": (ValueError, "num_times is None", lambda: DS.repeat(None)),  # type: ignore[arg-type]
    "shard(2, 2)": (ValueError, "no shard 2 of 2", lambda: DS.shard(2, 2)),
    "shard('a', 0)": (ValueError, "num_shards is 'a'", lambda: DS.shard("a", 0)),  # type: ignore[arg-type]
    "shuffle('a')": (ValueError, "seed is 'a'", lambda: DS.shuffle("a")),  # type: ignore[arg-type]
    "shuffle(-1)": (ValueError, "seed is -1", lambda: DS.shuffle(-1)),
    "iter('x')": (ValueError, "batch_size is 'x'", lambda: list(DS.iter("x"))),  # type: ignore[arg-type]
    "iter(0)": (ValueError, "batch_size is 0", lambda: list(DS.iter(0))),
    # columns
    "ds['txt']": (KeyError, MEANT, lambda: DS["txt"]),
    "column[9]": (IndexError, "Index 9 .*3 rows", lambda: DS["text"][9]),
    "column['x']": (KeyError, "'x'", lambda: DS["text"]["x"]),
    "sort": (KeyError, MEANT, lambda: DS.sort("txt")),
    "sort(3)": (ValueError, "not by 3", lambda: DS.sort(3)),  # type: ignore[arg-type]
    "sort lists": (ValueError, "emb: list<item: double>", lambda: DS.sort("emb")),
    "remove": (KeyError, "Did you mean 'label'", lambda: DS.remove_columns("labels")),
    "remove(3)": (ValueError, "not by 3", lambda: DS.remove_columns(3)),  # type: ignore[arg-type]
    "select twice": (ValueError, "named twice", lambda: DS.select_columns(["text", "text"])),
    "rename": (KeyError, MEANT, lambda: DS.rename_column("txt", "t")),
    "rename to taken": (ValueError, "'text' cannot be renamed to 'label'", lambda: DS.rename_column("text", "label")),
    "rename list": (ValueError, "old name: new name", lambda: DS.rename_columns(["a"])),  # type: ignore[arg-type]
    "add taken": (ValueError, "'text' already", lambda: DS.add_column("text", [1, 2, 3])),
    "add length": (ValueError, "1 values, but the dataset has 3 rows", lambda: DS.add_column("x", [1])),
    "add name": (ValueError, "name of a column is text, not 3", lambda: DS.add_column(3, [1, 2, 3])),  # type: ignore[arg-type]
    "add item": (ValueError, "not a list", lambda: DS.add_item([1])),  # type: ignore[arg-type]
    "add item type": (ValueError, "Row 3 of column 'text': 1 .int. does not fit string", lambda: DS.add_item({"text": 1})),
    "unique": (KeyError, MEANT, lambda: DS.unique("txt")),
    "flatten": (ValueError, "max_depth is 'x'", lambda: DS.flatten(max_depth="x")),  # type: ignore[arg-type]
    # types
    "cast": (ValueError, "lacking: .'emb', 'label'.", lambda: DS.cast(Features({"text": Value("string")}))),
    "cast value": (ValueError, "Row 0 of column 'text': 'a'", lambda: DS.cast_column("text", Value("int64"))),
    "cast name": (ValueError, r"Write Value\('int64'\)", lambda: DS.cast_column("text", "int64")),
    "cast class": (ValueError, "Row 1 of column 'label': 1", lambda: DS.cast_column("label", ClassLabel(num_classes=1))),
    "type": (ValueError, "'strin' is not a type. Did you mean 'string'", lambda: Value("strin")),
    "class": (ValueError, "'ps'. Did you mean 'pos'.*neg, pos", lambda: ClassLabel(names=["neg", "pos"]).str2int("ps")),
    "class number": (ValueError, "no class 2.*neg, pos", lambda: ClassLabel(names=["neg", "pos"]).int2str(2)),
    "shape": (ValueError, r"2 lengths.*\(1, 2, 3\)", lambda: Array2D((1, 2, 3), "int8")),
    "features": (ValueError, r"dict of column name to feature, not \[1\]", lambda: Features([1])),
    "image": (ValueError, "float is not a path, bytes", lambda: Image().encode_example(3.5)),
    # formats
    "format": (ValueError, "'nump'. Did you mean 'numpy'.*polars", lambda: DS.with_format("nump")),
    "format column": (KeyError, MEANT, lambda: DS.with_format("numpy", columns=["txt"])),
    "format columns": (ValueError, "not by 3", lambda: DS.with_format("numpy", columns=3)),  # type: ignore[arg-type]
    "transform": (ValueError, "transform=<function of a batch>, but got 3", lambda: DS.with_transform(3)),  # type: ignore[arg-type]
    # making
    "from_dict": (ValueError, "Rows go to from_list", lambda: Dataset.from_dict([1])),  # type: ignore[arg-type]
    "from_dict lengths": (ValueError, "'a': 1, 'b': 2", lambda: Dataset.from_dict({"a": [1], "b": [1, 2]})),
    "from_dict name": (ValueError, "text, not 1", lambda: Dataset.from_dict({1: [1]})),  # type: ignore[dict-item]
    "from_list": (ValueError, "Columns go to from_dict", lambda: Dataset.from_list({"a": 1})),  # type: ignore[arg-type]
    "from_list rows": (ValueError, "row 0 is a int", lambda: Dataset.from_list([1])),  # type: ignore[list-item]
    "from_pandas": (ValueError, "pandas DataFrame, not a dict", lambda: Dataset.from_pandas({"a": [1]})),
    "from_polars": (ValueError, "polars DataFrame.*not a dict", lambda: Dataset.from_polars({"a": [1]})),
    "from_file": (FileNotFoundError, "/nope.arrow", lambda: Dataset.from_file("/nope.arrow")),
    "from_csv": (OSError, "/nope.csv", lambda: Dataset.from_csv("/nope.csv")),
    "from_csv(3)": (ValueError, "not by 3", lambda: Dataset.from_csv(3)),  # type: ignore[arg-type]
    "from_csv splits": (ValueError, "DatasetDict", lambda: Dataset.from_csv({"train": "a.csv"})),  # type: ignore[arg-type]
    "from_generator": (ValueError, "without calling it", lambda: Dataset.from_generator([1])),  # type: ignore[arg-type]
    "from_generator name": (ValueError, "'gen_kwargs'", lambda: Dataset.from_generator(lambda: [], gen_kwarg={})),
    "table": (ValueError, "not of a list", lambda: Dataset([1])),
    # going out, coming in
    "to_csv(3)": (ValueError, "not to a int", lambda: DS.to_csv(3)),  # type: ignore[arg-type]
    "save(None)": (ValueError, "not by None", lambda: DS.save_to_disk(None)),  # type: ignore[arg-type]
    "save shards": (ValueError, "num_shards is 'two'", lambda: DS.save_to_disk("x", num_shards="two")),  # type: ignore[arg-type]
    "save size": (ValueError, "'1XB' is not a size", lambda: DS.save_to_disk("x", max_shard_size="1XB")),
    "load(3)": (ValueError, "not by 3", lambda: load_from_disk(3)),  # type: ignore[arg-type]
    "concatenate": (ValueError, "Pick a split", lambda: concatenate_datasets([DD])),  # type: ignore[list-item]
    "split": (KeyError, "'trian'. Did you mean 'train'", lambda: DD["trian"]),
    "split row": (KeyError, r"ds\['train'\]\[0\]", lambda: DD[0]),  # type: ignore[index]
    # names
    "ds.mapp": (AttributeError, "Did you mean 'map'", lambda: DS.mapp),
    "dd.select": (AttributeError, r"Choose a split first: ds\['train'\].select", lambda: DD.select),
    "dd.shufle": (AttributeError, "Did you mean 'shuffle'", lambda: DD.shufle),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CALLS))
def test_what_cannot_be_meant(name: str) -> None:
    kind, message, call = CALLS[name]
    with pytest.raises(kind, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_torch_dtypes() -> None:
    torch = pytest.importorskip("torch")
    assert DS.with_format("torch", dtype="float16")[0]["emb"].dtype == torch.float16
    with pytest.raises(ValueError, match=r"dtype='floaty' is no dtype of torch. Did you mean 'float"):
        DS.with_format("torch", dtype="floaty")
