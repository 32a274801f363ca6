"""Code of users in the hands of libraries: decorators, classes made at run time, caches, names that are read."""

from __future__ import annotations

import collections
import functools
import sys
import types
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from nlpdata.cache.key import content_key
from nlpdata.errors import KeyingError

MODULE = "a_module_of_a_user"


@pytest.fixture
def key(tmp_path: Path) -> Callable[..., str]:
    """The key of ``name`` in a module with some source."""

    def make(source: str, name: str = "f") -> str:
        file = tmp_path / f"{MODULE}.py"
        file.write_text(source)
        module = types.ModuleType(MODULE)
        module.__file__ = str(file)
        sys.modules[MODULE] = module
        try:
            exec(compile(source, str(file), "exec"), vars(module))
            return content_key(getattr(module, name))
        finally:
            del sys.modules[MODULE]

    return make


WRAPPERS = {
    "torch.no_grad": "import torch\n@torch.no_grad()\n",
    "torch.inference_mode": "import torch\n@torch.inference_mode()\n",
    "torch.autocast": "import torch\n@torch.autocast('cpu')\n",
    "contextmanager": "import contextlib\n@contextlib.contextmanager\n",
    "errstate": "import numpy as np\n@np.errstate(all='ignore')\n",
    "wraps": "import functools\ndef deco(fn):\n  @functools.wraps(fn)\n  def inner(*a): return fn(*a)\n  return inner\n@deco\n",
    "cache": "import functools\n@functools.cache\n",
    "recursive_repr": "import reprlib\n@reprlib.recursive_repr()\n",
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_what_a_decorator_wraps_counts(name: str, key: Callable[..., str]) -> None:
    if name.startswith("torch"):
        pytest.importorskip("torch")
    one, other = (f"{WRAPPERS[name]}def f(r): return r + {number}\n" for number in (1, 2))
    assert key(one) == key(one) != key(other)
    helper = "\ndef g(r): return f(r)\n"
    assert key(one + helper, "g") == key(one + helper, "g") != key(other + helper, "g")


CLASSES = {
    "make_dataclass": "import dataclasses\nC = dataclasses.make_dataclass('C', [('n', int, {})])\ndef f(r): return C().n\n",
    "new_class": "import types\nC = types.new_class('C', (), {{}}, lambda ns: ns.update(n={}))\ndef f(r): return C.n\n",
    "cached __call__": (
        "import functools\nclass C:\n  @functools.lru_cache\n  def __call__(self, r): return r + {}\n"
        "c = C()\ndef f(r): return c(r)\n"
    ),
    "object as __call__": "class D:\n  n = {}\n  def __call__(self, r): return self.n\nclass C:\n  __call__ = D()\nf = C()\n",
    "special data": "class C:\n  __fields__ = ('a', {})\ndef f(r): return C.__fields__\n",
    "field metadata": (
        "import dataclasses\n@dataclasses.dataclass\nclass C:\n  n: int = dataclasses.field(default=0, metadata={{'k': {}}})\n"
        "def f(r): return dataclasses.fields(C)[0].metadata['k']\n"
    ),
    "enum hook": (
        "import enum\nclass C(enum.Enum):\n  A = 1\n  @classmethod\n  def _missing_(cls, v): return {}\ndef f(r): return C(r)\n"
    ),
}


@pytest.mark.parametrize("name", CLASSES)
def test_what_a_class_consists_of_counts(name: str, key: Callable[..., str]) -> None:
    one, other = (CLASSES[name].format(number) for number in (1, 2))
    assert key(one) == key(one) != key(other)


def test_models_of_pydantic(key: Callable[..., str]) -> None:
    pytest.importorskip("pydantic")
    source = "import pydantic\nclass C(pydantic.BaseModel):\n  n: int = {}\ndef f(r): return C().n\n"
    made = "import pydantic\nC = pydantic.create_model('C', n=(int, {}))\ndef f(r): return C().n\n"
    for text in (source, made):
        assert key(text.format(1)) == key(text.format(1)) != key(text.format(2))


def test_names_count_where_they_are_read(key: Callable[..., str]) -> None:
    source = "def {name}(r): return 1\nFEATURES = [{name}]\ndef f(r): return {{g.__name__: g(r) for g in FEATURES}}\n"
    assert key(source.format(name="a")) == key(source.format(name="a")) != key(source.format(name="b"))
    unread = "def {name}(r): return 1\nFEATURES = [{name}]\ndef f(r): return [g(r) for g in FEATURES]\n"
    assert key(unread.format(name="a")) == key(unread.format(name="b"))
    kind = "class {name}: pass\no = {name}()\ndef f(r): return type(o).__name__\n"
    assert key(kind.format(name="A")) != key(kind.format(name="B"))


def test_ordered_dicts_have_an_order() -> None:
    one, other = collections.OrderedDict(a=1, b=2), collections.OrderedDict(b=2, a=1)
    assert content_key(one) == content_key(collections.OrderedDict(one)) != content_key(other)
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1}) != content_key(one)


class Cached:
    def __init__(self) -> None:
        self.n = 1

    @functools.cached_property
    def table(self) -> list[int]:
        return [self.n]


def test_use_leaves_keys_alone() -> None:
    used = Cached()
    before = content_key(used)
    assert used.table == [1] and content_key(used) == before
    text = pytest.importorskip("sklearn.feature_extraction.text")
    fitted = [text.TfidfVectorizer(stop_words=list(("the", "a"))).fit(["the cat", "a dog"]) for _ in range(2)]
    assert content_key(fitted[0]) == content_key(fitted[1])


def test_a_name_that_leads_elsewhere_is_no_key() -> None:
    assert content_key(np.add) == content_key(np.add) != content_key(np.multiply)
    with pytest.raises(KeyingError, match="does not lead to it"):
        content_key(np.frompyfunc(lambda x: x + 1, 1, 1))
