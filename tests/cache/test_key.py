"""Keys: equal for equal content, different as soon as anything that matters changes, refused where there is none."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import operator
import pathlib
import re
import sys
import threading
import types
from collections import Counter, OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlpdata.cache.key import Lineage, content_key, register_key
from nlpdata.errors import KeyingError
from nlpdata.features import ClassLabel, Features, Value


def compiled(source: str, name: str = "f", filename: str = "<made>", **names: Any) -> Any:
    """What ``source`` defines under ``name``."""
    namespace: dict[str, Any] = {"__name__": "made", **names}
    exec(compile(source, filename, "exec", dont_inherit=True), namespace)
    return namespace[name]


SAME = {
    "comment and blank lines": (
        "def f(x):\n    return x + 1\n",
        "\n\n# a comment\ndef f(x):\n    # another\n\n    return x + 1\n",
    ),
    "name of the function": ("def f(x): return x + 1", "def g(x): return x + 1\nf = g"),
    "docstring": (
        "def f(x):\n    'One.'\n    return x + 1\n",
        "def f(x):\n    'Another.'\n    return x + 1\n",
    ),
    "no docstring": ("def f(x):\n  if x: return None\n  return 'a'", "def f(x):\n  'Text.'\n  if x: return None\n  return 'a'"),
    "docstring of an inner function": (
        "def f(x):\n  def g(y): return y\n  return g(x)",
        "def f(x):\n  def g(y):\n    'Text.'\n    return y\n  return g(x)",
    ),
    "docstring of an inner class": (
        "def f(x):\n  class A:\n    n = 1\n  return A.n",
        "def f(x):\n  class A:\n    'Text.'\n    n = 1\n  return A.n",
    ),
    "docstrings of a class": (
        "class A:\n  'One.'\n  def m(self):\n    'One.'\n    return 1\ndef f(x): return A().m()",
        "class A:\n  'Two.'\n  def m(self): return 1\ndef f(x): return A().m()",
    ),
    "docstring of a helper": (
        "def g(x):\n  'One.'\n  return x\ndef f(x): return g(x)",
        "def g(x):\n  'Two.'\n  return x\ndef f(x): return g(x)",
    ),
    "names of local variables": (
        "def f(x):\n  total = len(x)\n  for word in x: total += len(word)\n  return total",
        "def f(x):\n  n = len(x)\n  for w in x: n += len(w)\n  return n",
    ),
    "annotations of a function": ("def f(x: int) -> int: return x", "def f(x): return x"),
    "unused global": ("A = 1\ndef f(x): return x", "A = 2\ndef f(x): return x"),
    "order of a dict": ("D = {'a': 1, 'b': 2}\ndef f(x): return D[x]", "D = {'b': 2, 'a': 1}\ndef f(x): return D[x]"),
    "order of a set": ("D = {'a', 'b', 'c'}\ndef f(x): return x in D", "D = {'c', 'a', 'b'}\ndef f(x): return x in D"),
    "sharing": ("v = (1.5,)\nD = [v, v]\ndef f(x): return D", "D = [(1.5,), (1.5,)]\ndef f(x): return D"),
    "sharing of instances": (
        "import decimal\nv = decimal.Decimal(1)\nD = [v, v]\ndef f(x): return D",
        "import decimal\nD = [decimal.Decimal(1), decimal.Decimal(1)]\ndef f(x): return D",
    ),
    "attribute with the name of a global": ("strip = 1\ndef f(x): return x.strip()", "strip = 2\ndef f(x): return x.strip()"),
    "a logger": (
        "import logging\nlog = logging.getLogger('a')\ndef f(x): log.info('x'); return x",
        "import logging\nlog = logging.getLogger('b')\ndef f(x): log.info('x'); return x",
    ),
}

DIFFERENT = {
    "docstring that is read": (
        "def f(x):\n    'One.'\n    return f.__doc__",
        "def f(x):\n    'Two.'\n    return f.__doc__",
    ),
    "docstring of a helper that is read by name": (
        "def g(x):\n  'One.'\ndef f(x): return getattr(g, '__doc__')",
        "def g(x):\n  'Two.'\ndef f(x): return getattr(g, '__doc__')",
    ),
    "docstring of a class that is read": (
        "class A:\n  'One.'\n  def m(self): return type(self).__doc__\ndef f(x): return A().m()",
        "class A:\n  'Two.'\n  def m(self): return type(self).__doc__\ndef f(x): return A().m()",
    ),
    "docstring of a module that is read": ("'One.'\ndef f(x): return __doc__", "'Two.'\ndef f(x): return __doc__"),
    "a constant like the docstring": (
        "def f(x):\n  'One.'\n  return 'One.'",
        "def f(x):\n  'One.'\n  return 'Two.'",
    ),
    "text first, but no docstring": ("f = lambda x: 'a'", "f = lambda x: 'b'"),
    "text first in a comprehension": ("def f(x): return ['a' for _ in x]", "def f(x): return ['b' for _ in x]"),
    "names of local variables that are read": (
        "def f(x):\n  total = len(x)\n  return locals()",
        "def f(x):\n  n = len(x)\n  return locals()",
    ),
    "names of arguments": ("def f(x, first=1): return first", "def f(x, second=1): return second"),
    "order of names": ("def f(x): return a(b)", "def f(x): return b(a)"),
    "order of constants": ("def f(x): return 1000 - x * 2000", "def f(x): return 2000 - x * 1000"),
    "annotations of a class": (
        "class A:\n  n: int\ndef f(x): return A",
        "class A:\n  n: float\ndef f(x): return A",
    ),
    "a special method switched off": (
        "class A:\n  pass\ndef f(x): return A",
        "class A:\n  __hash__ = None\ndef f(x): return A",
    ),
    "a table of many entries": (
        "D = {str(i): i for i in range(99)}\ndef f(x): return D",
        "D = {str(i): i + (i == 50) for i in range(99)}\ndef f(x): return D",
    ),
    "type of an entry among many": (
        "D = {str(i): i for i in range(99)}\ndef f(x): return D",
        "D = {str(i): i if i != 1 else True for i in range(99)}\ndef f(x): return D",
    ),
    "instruction": ("def f(x): return x + 1", "def f(x): return x - 1"),
    "constant": ("def f(x): return x + 1", "def f(x): return x + 2"),
    "type of a constant": ("def f(x): return x + 1", "def f(x): return x + 1.0"),
    "constant True": ("def f(x): return x == 1", "def f(x): return x == True"),
    "sign of zero": ("def f(x): return 0.0", "def f(x): return -0.0"),
    "attribute": ("def f(x): return x.lower()", "def f(x): return x.upper()"),
    "default": ("def f(x, n=1): return n", "def f(x, n=2): return n"),
    "keyword default": ("def f(x, *, n=1): return n", "def f(x, *, n=2): return n"),
    "global": ("N = 1\ndef f(x): return N", "N = 2\ndef f(x): return N"),
    "global in a lambda": (
        "N = 1\ndef f(x): return [(lambda: N)() for _ in x]",
        "N = 2\ndef f(x): return [(lambda: N)() for _ in x]",
    ),
    "global of a function": (
        "N = 1\ndef g(x): return N\ndef f(x): return g(x)",
        "N = 2\ndef g(x): return N\ndef f(x): return g(x)",
    ),
    "missing global": ("def f(x): return N", "N = 1\ndef f(x): return N"),
    "nested code": ("def f(x): return [y + 1 for y in x]", "def f(x): return [y + 2 for y in x]"),
    "exception handler": (
        "def f(x):\n  try: return x[0]\n  except KeyError: return 0",
        "def f(x):\n  try: return x[0]\n  except IndexError: return 0",
    ),
    "closure": ("def m(n):\n  return lambda x: n\nf = m(1)", "def m(n):\n  return lambda x: n\nf = m(2)"),
    "decorator": (
        "def d(g): return lambda x: g(x) + 1\n@d\ndef f(x): return x",
        "def d(g): return lambda x: g(x) + 2\n@d\ndef f(x): return x",
    ),
    "wrapped function": (
        "import functools\ndef d(g):\n  @functools.wraps(g)\n  def w(x): return g(x)\n  return w\n@d\ndef f(x): return 1",
        "import functools\ndef d(g):\n  @functools.wraps(g)\n  def w(x): return g(x)\n  return w\n@d\ndef f(x): return 2",
    ),
    "lru_cache": (
        "import functools\n@functools.lru_cache\ndef f(x): return 1",
        "import functools\n@functools.lru_cache\ndef f(x): return 2",
    ),
    "context manager": (
        "import contextlib\n@contextlib.contextmanager\ndef c(): yield 1\ndef f(x):\n  with c() as y: return y",
        "import contextlib\n@contextlib.contextmanager\ndef c(): yield 2\ndef f(x):\n  with c() as y: return y",
    ),
    "single dispatch": (
        "import functools\n@functools.singledispatch\ndef f(x): return 1\n@f.register\ndef _(x: int): return 2",
        "import functools\n@functools.singledispatch\ndef f(x): return 1\n@f.register\ndef _(x: int): return 3",
    ),
    "partial": (
        "import functools\ndef g(n, x): return x\nf = functools.partial(g, 1)",
        "import functools\ndef g(n, x): return x\nf = functools.partial(g, 2)",
    ),
    "keyword of a partial": (
        "import functools\ndef g(x, n=0): return x\nf = functools.partial(g, n=1)",
        "import functools\ndef g(x, n=0): return x\nf = functools.partial(g, n=2)",
    ),
    "recursion": (
        "def f(x): return 1 if x < 1 else f(x - 1)",
        "def f(x): return 2 if x < 1 else f(x - 1)",
    ),
    "mutual recursion": (
        "def g(x): return f(x - 1)\ndef f(x): return 1 if x < 1 else g(x)",
        "def g(x): return f(x - 2)\ndef f(x): return 1 if x < 1 else g(x)",
    ),
    "method": (
        "class A:\n  def m(self): return 1\ndef f(x): return A().m()",
        "class A:\n  def m(self): return 2\ndef f(x): return A().m()",
    ),
    "attribute of a class": (
        "class A:\n  n = 1\ndef f(x): return A.n",
        "class A:\n  n = 2\ndef f(x): return A.n",
    ),
    "inherited method": (
        "class B:\n  def m(self): return 1\nclass A(B):\n  def n(self): return super().m()\ndef f(x): return A().n()",
        "class B:\n  def m(self): return 2\nclass A(B):\n  def n(self): return super().m()\ndef f(x): return A().n()",
    ),
    "property": (
        "class A:\n  @property\n  def p(self): return 1\na = A()\ndef f(x): return a.p",
        "class A:\n  @property\n  def p(self): return 2\na = A()\ndef f(x): return a.p",
    ),
    "static method": (
        "class A:\n  @staticmethod\n  def p(): return 1\ndef f(x): return A.p()",
        "class A:\n  @staticmethod\n  def p(): return 2\ndef f(x): return A.p()",
    ),
    "class method": (
        "class A:\n  @classmethod\n  def p(cls): return 1\ndef f(x): return A.p()",
        "class A:\n  @classmethod\n  def p(cls): return 2\ndef f(x): return A.p()",
    ),
    "state of an instance": (
        "class A:\n  def __init__(self, n): self.n = n\n  def __call__(self, x): return self.n\nf = A(1)",
        "class A:\n  def __init__(self, n): self.n = n\n  def __call__(self, x): return self.n\nf = A(2)",
    ),
    "slots": (
        "class A:\n  __slots__ = ('n',)\n  def __init__(self, n): self.n = n\na = A(1)\ndef f(x): return a.n",
        "class A:\n  __slots__ = ('n',)\n  def __init__(self, n): self.n = n\na = A(2)\ndef f(x): return a.n",
    ),
    "bound method": (
        "class A:\n  def __init__(self, n): self.n = n\n  def m(self, x): return self.n\nf = A(1).m",
        "class A:\n  def __init__(self, n): self.n = n\n  def m(self, x): return self.n\nf = A(2).m",
    ),
    "dataclass": (
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n  n: int = 1\na = A()\ndef f(x): return a.n",
        "import dataclasses\n@dataclasses.dataclass\nclass A:\n  n: int = 2\na = A()\ndef f(x): return a.n",
    ),
    "enum": (
        "import enum\nclass E(enum.Enum):\n  A = 1\ndef f(x): return E.A",
        "import enum\nclass E(enum.Enum):\n  A = 2\ndef f(x): return E.A",
    ),
    "builtin": ("def f(x): return min(x)", "def f(x): return max(x)"),
    "shadowed builtin": ("def f(x): return min(x)", "min = 1\ndef f(x): return min(x)"),
    "attribute of a function": (
        "def g(x): return x\ng.n = 1\ndef f(x): return g.n",
        "def g(x): return x\ng.n = 2\ndef f(x): return g.n",
    ),
    "pattern": (
        "import re\nP = re.compile('a')\ndef f(x): return P.match(x)",
        "import re\nP = re.compile('a', re.I)\ndef f(x): return P.match(x)",
    ),
    "keyword name": ("def f(x): return dict(a=x)", "def f(x): return dict(b=x)"),
    "generator": ("def f(x):\n  yield x", "def f(x):\n  return x"),
    "imported function": (
        "def f(x):\n  from math import sin as g\n  return g(x)",
        "def f(x):\n  from math import cos as g\n  return g(x)",
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_what_does_not_matter(name: str) -> None:
    a, b = SAME[name]
    assert content_key(compiled(a)) == content_key(compiled(b, filename="/elsewhere/other.py"))


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_matters(name: str) -> None:
    a, b = DIFFERENT[name]
    assert content_key(compiled(a)) == content_key(compiled(a, filename="/elsewhere/other.py"))
    assert content_key(compiled(a)) != content_key(compiled(b))


class Plain:
    def __init__(self, **values: Any) -> None:
        self.__dict__.update(values)

    def method(self, x: Any) -> Any:
        return x


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0


Pair = namedtuple("Pair", "a b")

VALUES: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "true": lambda: True,
    "one": lambda: 1,
    "one float": lambda: 1.0,
    "complex": lambda: 1j,
    "text": lambda: "1",
    "bytes": lambda: b"1",
    "bytearray": lambda: bytearray(b"1"),
    "ellipsis": lambda: ...,
    "big": lambda: 10**40,
    "nan": lambda: float("nan"),
    "surrogate": lambda: "\ud800",
    "empty text": lambda: "",
    "list": lambda: [1],
    "tuple": lambda: (1,),
    "set": lambda: {1},
    "frozenset": lambda: frozenset({1}),
    "dict": lambda: {1: 1},
    "nested": lambda: [[1]],
    "two": lambda: [1, 1],
    "list of text": lambda: ["1"],
    "empty list": list,
    "empty dict": dict,
    "range": lambda: range(3),
    "slice": lambda: slice(3),
    "ordered": lambda: OrderedDict(a=1),
    "counter": lambda: Counter("aab"),
    "date": lambda: datetime.date(2020, 1, 2),
    "time": lambda: datetime.datetime(2020, 1, 2),
    "decimal": lambda: decimal.Decimal("1"),
    "path": lambda: pathlib.PurePosixPath("a"),
    "pattern": lambda: re.compile("a"),
    "enum": lambda: Colour.RED,
    "other member": lambda: Colour.BLUE,
    "flag": lambda: Rights.READ | Rights.WRITE,
    "flag 1": lambda: Rights.READ,
    "point": lambda: Point(1),
    "other point": lambda: Point(1, 2),
    "pair": lambda: Pair(1, 2),
    "class": lambda: Plain,
    "instance": Plain,
    "instance a": lambda: Plain(a=1),
    "instance b": lambda: Plain(b=1),
    "instance a list": lambda: Plain(a=[1]),
    "itemgetter": lambda: operator.itemgetter("a"),
    "itemgetter b": lambda: operator.itemgetter("b"),
    "len": lambda: len,
    "join": lambda: ",".join,
    "join 2": lambda: ";".join,
    "str.join": lambda: str.join,
    "partial": lambda: functools.partial(int, base=2),
    "method": lambda: Plain(a=1).method,
    "type": lambda: int,
    "generic": lambda: list[int],
    "union": lambda: int | str,
    "mapping proxy": lambda: types.MappingProxyType({"a": 1}),
    "random": lambda: np.random.default_rng(1).bit_generator.state,
    "generator": lambda: np.random.default_rng(1),
    "generator 2": lambda: np.random.default_rng(2),
    "array": lambda: np.arange(3),
    "array 32": lambda: np.arange(3, dtype=np.int32),
    "array 2d": lambda: np.arange(3)[None],
    "empty array": lambda: np.arange(0),
    "scalar": lambda: np.int64(1),
    "scalar 32": lambda: np.int32(1),
    "text array": lambda: np.array(["a"]),
    "object array": lambda: np.array(["a", None], dtype=object),
    "dtype": lambda: np.dtype("i4"),
    "times": lambda: np.array(["2020"], "M8[s]"),
    "fields": lambda: np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
    "masked": lambda: np.ma.masked_array([1, 2], [0, 1]),
    "not masked": lambda: np.ma.masked_array([1, 2], [0, 0]),
    "ufunc": lambda: np.add,
    "function": lambda: np.mean,
    "arrow": lambda: pa.array([1, 2]),
    "arrow table": lambda: pa.table({"a": [1]}),
    "arrow table b": lambda: pa.table({"b": [1]}),
    "arrow type": pa.int32,
    "schema": lambda: pa.schema({"a": pa.int32()}),
    "schema meta": lambda: pa.schema({"a": pa.int32()}, {"k": "v"}),
    "field": lambda: pa.field("a", pa.int32()),
    "arrow scalar": lambda: pa.scalar(1),
    "chunks": lambda: pa.chunked_array([[1], [2]]),
    "features": lambda: Features({"a": Value("int32"), "b": Value("string")}),
    "features order": lambda: Features({"b": Value("string"), "a": Value("int32")}),
    "labels": lambda: Features({"a": ClassLabel(names=["x"])}),
    "labels y": lambda: Features({"a": ClassLabel(names=["y"])}),
    "lineage": lambda: Lineage.named("a"),
    "builtin module": lambda: sys,
    "numpy": lambda: np,
}


def test_values_are_told_apart() -> None:
    keys = {name: content_key(make()) for name, make in VALUES.items()}
    again = {name: content_key(make()) for name, make in VALUES.items()}
    assert keys == again
    seen: dict[str, str] = {}
    for name, key in keys.items():
        assert key not in seen, f"{name} and {seen[key]} have the same key"
        seen[key] = name


def test_layout_of_an_array_does_not_matter() -> None:
    for array in (np.arange(24.0).reshape(4, 6), np.arange(12).astype("M8[s]").reshape(3, 4), np.arange(6).reshape(2, 3) > 2):
        expected = content_key(array)
        assert content_key(np.asfortranarray(array)) == expected
        assert content_key(np.repeat(array, 2, axis=1)[:, ::2]) == expected
        assert content_key(array[::-1]) != expected


def test_chunks_and_slices_of_arrow_do_not_matter() -> None:
    whole = pa.chunked_array([[1, 2, 3]])
    assert content_key(whole) == content_key(pa.chunked_array([[1], [2, 3]]))
    assert content_key(pa.array([9, 1, 2])[1:]) == content_key(pa.array([1, 2]))


def test_arrays_are_not_copied() -> None:
    import tracemalloc

    array = np.zeros(8 * 2**20, np.uint8)
    columns = np.asfortranarray(np.zeros((2048, 2048)))

    def f(x: Any) -> Any:
        return array[x], columns[x]

    content_key(f)
    tracemalloc.start()
    content_key(f)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * 2**20


def test_torch() -> None:
    torch = pytest.importorskip("torch")
    a = torch.arange(6).reshape(2, 3)
    keys = [
        content_key(t)
        for t in (a, a.float(), a.reshape(3, 2), a.to(torch.bfloat16), torch.zeros(0), torch.nn.Parameter(a.float()))
    ]
    assert len(set(keys)) == 5
    assert keys[5] == keys[1]
    assert content_key(a.T.contiguous().T) == keys[0]
    torch.manual_seed(0)
    layer = torch.nn.Linear(2, 2)
    before = content_key(layer)
    assert content_key(layer) == before
    with torch.no_grad():
        layer.weight += 1
    assert content_key(layer) != before
    guarded = torch.no_grad()(lambda x: x + 1)
    assert content_key(guarded) == content_key(torch.no_grad()(lambda x: x + 1)) != content_key(torch.no_grad()(lambda x: x))


def test_pandas_and_polars() -> None:
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    assert (
        content_key(pd.DataFrame({"a": [1]})) == content_key(pd.DataFrame({"a": [1]})) != content_key(pd.DataFrame({"a": [2]}))
    )
    assert (
        content_key(pl.DataFrame({"a": [1]})) == content_key(pl.DataFrame({"a": [1]})) != content_key(pl.DataFrame({"a": [2]}))
    )


def test_a_tokenizer_is_what_it_does() -> None:
    tokenizers = pytest.importorskip("tokenizers")

    def made(words: int) -> Any:
        model = tokenizers.models.WordLevel({f"w{i}": i for i in range(words)}, unk_token="w0")
        made = tokenizers.Tokenizer(model)
        made.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
        return made

    tokenizer = made(5)
    key = content_key(tokenizer)
    assert content_key(made(5)) == key != content_key(made(6))
    tokenizer.enable_padding(pad_id=0, pad_token="w0")
    tokenizer.enable_truncation(2)
    tokenizer.encode_batch(["w1 w2", "w3"])
    assert content_key(tokenizer) == key
    assert content_key(lambda x: tokenizer.encode(x)) == content_key(lambda x: tokenizer.encode(x))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner) | st.lists(inner).map(tuple),
        max_leaves=8,
    )
)
def test_equal_values_have_equal_keys(value: Any) -> None:
    import copy

    assert content_key(copy.deepcopy(value)) == content_key(value)
    assert content_key([value]) != content_key(value)


def test_cycles_end() -> None:
    a: list[Any] = [1]
    a.append(a)
    b: list[Any] = [1]
    b.append(b)
    assert content_key(a) == content_key(b)
    one, two = Plain(), Plain()
    one.other, two.other = two, one  # type: ignore[attr-defined]
    assert content_key(one) == content_key(two)
    table: dict[str, Any] = {}
    table["self"] = table
    assert content_key(table) != content_key({"self": {}})


def test_nothing_is_too_deep_to_be_refused() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(KeyingError, match="too deeply"):
        content_key(deep)
    while deep:  # freed step by step
        deep = deep[0]


def lock_in_closure() -> Callable[[Any], Any]:
    tok = Plain(lock=threading.Lock())

    def fn(x: Any) -> Any:
        return tok.method(x)

    return fn


def test_what_has_no_key_is_refused_with_the_path() -> None:
    with pytest.raises(KeyingError) as caught:
        content_key(lock_in_closure())
    assert caught.value.path == "fn → closure 'tok' → attribute 'lock' (_thread.lock)"
    assert "__nlpdata_key__" in str(caught.value)
    assert isinstance(caught.value, TypeError)
    reader = compiled("def g(x): return lock\ndef f(x): return g(x)", lock=threading.RLock())
    with pytest.raises(KeyingError) as caught:
        content_key(reader)
    assert caught.value.path == "f → global 'g' → global 'lock' (_thread.RLock)"
    for value in (open(__file__), (i for i in ()), threading.current_thread()):  # noqa: SIM115
        with pytest.raises(KeyingError):
            content_key([value])
        if hasattr(value, "close"):
            value.close()


class Named:
    def __init__(self, name: str) -> None:
        self.name, self.lock = name, threading.Lock()

    def __nlpdata_key__(self) -> str:
        return self.name


class Registered:
    def __init__(self, name: str) -> None:
        self.name, self.lock = name, threading.Lock()


class Inherited(Registered):
    pass


def test_a_class_may_say_what_it_is() -> None:
    assert content_key(Named("a")) == content_key(Named("a")) != content_key(Named("b"))
    with pytest.raises(KeyingError):
        content_key(Registered("a"))
    register_key(Registered, lambda r: r.name)
    assert content_key(Registered("a")) == content_key(Registered("a")) != content_key(Registered("b"))
    assert content_key(Inherited("a")) == content_key(Inherited("a")) != content_key(Registered("a"))


def test_an_iterator_is_what_is_left_of_it() -> None:
    def after(steps: int) -> Iterator[int]:
        values = iter([1, 2, 3])
        for _ in range(steps):
            next(values)
        return values

    assert content_key(after(1)) == content_key(after(1)) != content_key(after(2))
