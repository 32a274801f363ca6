"""Restricted pickles: data is read as pickle reads it; anything that wants to import is refused before it runs."""

from __future__ import annotations

import collections
import contextlib
import io
import os
import pickle
import pickletools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.errors import ArchiveError, TruncatedArchiveError, UnsafePickleError
from nlpdata.fetch.pickles import read_pickle

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
CODES = ["?", "i1", "u1", "<i2", ">i4", "<u8", "<f4", ">f8", "<c16", "S3", "<U2"]

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers() | st.binary(), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(plain, st.sampled_from(PROTOCOLS))
def test_plain_values_come_back(value: Any, protocol: int) -> None:
    assert read_pickle(io.BytesIO(pickle.dumps(value, protocol))) == value


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("code", CODES)
def test_arrays_come_back(code: str, protocol: int) -> None:
    array = np.arange(6).reshape(2, 3).astype(code)
    value = {"c": array, "fortran": np.asfortranarray(array), "part": [array[:, 1], array[1, 2]], "none": array[:0]}
    found = read_pickle(io.BytesIO(pickle.dumps(value, protocol)))
    pairs = [(found[key], value[key]) for key in ("c", "fortran", "none")] + list(
        zip(found["part"], value["part"], strict=True)
    )
    for one, other in pairs:
        assert one.dtype == other.dtype and type(one) is type(other) and np.array_equal(one, other)
    found["c"][0, 0] = array[1, 1]


def test_what_python_2_wrote(tmp_path: Path) -> None:
    # cPickle.dumps({'data': numpy.array([[1, 2]], 'u1'), 'labels': [3]}, 2), as CIFAR was written.
    written = (
        b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04K\x00\x85U\x01b\x87Rq\x05"
        b"(K\x01K\x01K\x02\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
        b"\x89U\x02\x01\x02tbU\x06labelsq\x08]q\tK\x03au."
    )
    path = tmp_path / "batch"
    path.write_bytes(written)
    found = read_pickle(path, encoding="bytes")
    assert found[b"data"].tolist() == [[1, 2]] and found[b"data"].dtype == np.uint8 and found[b"labels"] == [3]
    assert read_pickle(path, encoding="latin1")["data"].tolist() == [[1, 2]]


def test_values_that_hold_themselves_and_shared_ones() -> None:
    shared = [np.ones(2)]
    value: list[Any] = [shared, shared]
    value.append(value)
    found = read_pickle(io.BytesIO(pickle.dumps(value)))
    assert found[0] is found[1] and found[2] is found and found[0][0].tolist() == [1, 1]


def test_a_small_pickle_of_many_shared_tuples_is_read_at_once() -> None:
    value: Any = (np.ones(1),)
    for _ in range(200):  # 2**200 leaves, if each were visited
        value = (value, value)
    found = read_pickle(io.BytesIO(pickle.dumps(value)))
    for _ in range(200):
        assert found[0] is found[1]
        found = found[0]
    assert found[0].tolist() == [1]


@given(st.binary(max_size=12), st.integers(0), st.sampled_from(PROTOCOLS))
def test_whatever_bytes_are_changed_it_is_a_value_or_an_error_of_ours(change: bytes, place: int, protocol: int) -> None:
    whole = pickle.dumps({"data": np.arange(5, dtype="<i2"), "labels": [1, (2.5, "x")], b"k": np.float32(1)}, protocol)
    start = place % len(whole)
    with contextlib.suppress(ArchiveError):
        read_pickle(io.BytesIO(whole[:start] + change + whole[start + len(change) :]), encoding="bytes")


class Runs:
    """A value whose pickle calls a function."""

    def __init__(self, function: Any, *args: Any) -> None:
        self.call = function, args

    def __reduce__(self) -> Any:
        return self.call


def hostile(marker: Path) -> dict[str, bytes]:
    """Pickles that would write a file, each with the name it wants to import first."""
    touch = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    return {
        f"{os.system.__module__}.system": pickle.dumps(Runs(os.system, f"touch {marker}")),
        "builtins.exec": pickle.dumps([np.zeros(3), {"labels": Runs(exec, touch)}]),
        "builtins.eval": pickle.dumps(Runs(eval, touch), 4),
        "__builtin__.eval": pickle.dumps(Runs(eval, touch), 0),
        "builtins.getattr": pickle.dumps(Runs(getattr, "", "join"), 5),
        "numpy.load": b"cnumpy\nload\n(Vx\ntR.",
        "numpy.core.multiarray.fromfile": b"cnumpy.core.multiarray\nfromfile\n(Vx\ntR.",
        "subprocess.Popen": b"(S'touch'\nisubprocess\nPopen\n.",
        "collections.OrderedDict": pickle.dumps(collections.OrderedDict(a=1)),
        "builtins.set": pickle.dumps({1}, 3),
    }


@pytest.mark.parametrize("wanted", hostile(Path("marker")))
def test_a_hostile_pickle_is_refused_by_name_and_does_nothing(wanted: str, tmp_path: Path) -> None:
    marker, path = tmp_path / "ran", tmp_path / "batch_1"
    path.write_bytes(hostile(marker)[wanted])
    with pytest.raises(UnsafePickleError, match=rf"batch_1 is a pickle that wants to import {wanted.replace('.', '[.]')};"):
        read_pickle(path)
    assert not marker.exists()
    if wanted == "builtins.eval":  # it is no dud
        pickle.loads(path.read_bytes())
        assert marker.exists()


ODD = {
    "a set": (pickle.dumps({1}, 4), "holds a set"),
    "a reference": (b"Pname\n.", "refers to an object outside"),
    "changed functions": (b"cnumpy\ndtype\n(dS'__name__'\nS'x'\nsb.", "wants to change what it imports"),
    "changed slots": (b"\x80\x02cnumpy\ndtype\nN}U\x08functionNs\x86b.", "wants to change what it imports"),
    "an array of objects": (pickle.dumps(np.array([None, "x"])), "type 'O8'"),
    "an array of structs": (pickle.dumps(np.zeros(2, [("a", "i4")])), "type 'V4'"),
    "an array of a subclass": (b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(I0\ntS'b'\ntR.", "a class of its own"),
    "an array by itself": (b"cnumpy\nndarray\n((I9\ntS'u1'\ntR.", "makes an array by itself"),
    "a place far away": (b"Nr\xff\xff\xff\x7f0N.", "would take gigabytes"),
    "another encoding": (b"c_codecs\nencode\n(Vx\nVrot13\ntR.", "encoding 'rot13'"),
    "a function itself": (b"cnumpy\ndtype\n.", "holds a _Name"),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_pickles_are_refused(what: str) -> None:
    data, message = ODD[what]
    pickletools.dis(data, io.StringIO())
    with pytest.raises(UnsafePickleError, match=message):
        read_pickle(io.BytesIO(data))


def test_a_structured_type_by_its_state() -> None:
    # The type says numbers, its state says a struct that holds an object: with NumPy's own type, a pointer of one's choice.
    state = b"(I3\nS'|'\nN(S'a'\nt(dS'a'\n(g0\nI0\ntsI8\nI1\nI0\nt"
    data = b"cnumpy\ndtype\n(S'u8'\nI0\nI1\ntRp0\n" + state + b"b."
    with pytest.raises(UnsafePickleError, match="structured values"):
        read_pickle(io.BytesIO(data))


def test_damage_is_told(tmp_path: Path) -> None:
    whole = pickle.dumps({"data": np.arange(100), "labels": list(range(50))})
    for size in range(len(whole)):
        with pytest.raises(ArchiveError):
            read_pickle(io.BytesIO(whole[:size]))
    with pytest.raises(TruncatedArchiveError, match=r"Delete it|not a pickle that can be read"):
        read_pickle(io.BytesIO(whole[:-400]))
    deep = b"]" * 200_000 + b"a" * 199_999 + b"."
    with pytest.raises(ArchiveError):
        read_pickle(io.BytesIO(deep))
    lying = pickle.dumps(np.arange(4, dtype="i4"), 2).replace(b"K\x04\x85", b"K\x09\x85")
    with pytest.raises(ArchiveError, match="ValueError"):
        read_pickle(io.BytesIO(lying))
