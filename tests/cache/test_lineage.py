"""Two keys compared ingredient by ingredient, and the lineage that keys of results follow."""

from __future__ import annotations

import pickle
import threading
from typing import Any

import numpy as np
import pytest

from nlpdata.cache.explain import explain, ingredients
from nlpdata.cache.key import Lineage
from nlpdata.errors import ArgumentError, KeyingError


def compiled(source: str) -> Any:
    """The function ``f`` that ``source`` defines."""
    namespace: dict[str, Any] = {"__name__": "made"}
    exec(source, namespace)
    return namespace["f"]


class Named:
    def __init__(self, n: int) -> None:
        self.n = n


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (
            "MAX_LEN = 128\ndef f(x): return x[:MAX_LEN]",
            "MAX_LEN = 256\ndef f(x): return x[:MAX_LEN]",
            "global 'MAX_LEN': 128 → 256",
        ),
        ("def f(x, n=1): return n", "def f(x, n=2): return n", "default 'n': 1 → 2"),
        (
            "N = 1\ndef g(x): return N\ndef f(x): return g(x)",
            "N = 2\ndef g(x): return N\ndef f(x): return g(x)",
            "global 'g' → global 'N': 1 → 2",
        ),
        ("def f(x): return x + 1", "def f(x): return x - 1", "code: changed"),
        ("def f(x): return x + 1000", "def f(x): return x + 2000", "constants: [1000] → [2000]"),
        ("D = {'a': 1}\ndef f(x): return D", "D = {'a': 2}\ndef f(x): return D", "global 'D' → key 'a': 1 → 2"),
    ],
)
def test_two_keys_are_compared(a: str, b: str, expected: str) -> None:
    assert explain(compiled(a), compiled(b)) == [expected]
    assert explain(compiled(a), compiled(a)) == []


def test_a_new_global_is_told_alone() -> None:
    a = "def g(x): return 1\ndef f(x): return g(x)"
    b = "def a(x): return 2\ndef g(x): return 1\ndef f(x): return g(x) + a(x)"
    told = explain(compiled(a), compiled(b))
    assert "code: changed" in told
    assert "global 'a': new (function a)" in told
    assert not any(line.startswith("global 'g'") for line in told)


def test_recorded_ingredients_can_be_compared_later() -> None:
    before = ingredients(compiled("N = 1\ndef f(x): return N"))
    assert explain(before, compiled("N = 2\ndef f(x): return N")) == ["global 'N': 1 → 2"]
    assert explain(1, 2) == ["value: 1 → 2"]
    assert explain([Named(n=1), Named(n=2)], [Named(n=3), Named(n=2)]) != []
    inner = "def f(x): return (lambda y: y + 1000)(x), (lambda y: y + 5000)(x)"
    told = explain(compiled(inner), compiled(inner.replace("1000", "2000")))
    assert len(told) == 1 and told[0].startswith("inner '<lambda>'") and "1000" in told[0] and "2000" in told[0]
    assert any("package 'numpy'" in path for path in ingredients(lambda x: np.mean(x)).parts)


# --- lineage -----------------------------------------------------------------------------------------------------------


def test_a_lineage_is_computed_late_and_once() -> None:
    calls = []

    def compute() -> str:
        calls.append(1)
        return "start"

    lineage = Lineage.of(compute)
    chain = lineage
    for i in range(5000):
        chain = chain.then("rename", i)
    assert not calls
    assert chain.key() == chain.key()
    assert calls == [1]
    assert chain.key() != lineage.then("rename", 0).key()


def test_a_lineage_pickles_by_its_key() -> None:
    lineage = Lineage.named("a").then("map", "x")
    assert pickle.loads(pickle.dumps(lineage)).key() == lineage.key()
    nameless = Lineage.named("a").then("map", threading.Lock())
    with pytest.raises(KeyingError):
        nameless.key()
    assert pickle.loads(pickle.dumps(nameless)).key() != pickle.loads(pickle.dumps(nameless)).key()
    with pytest.raises(ArgumentError):
        Lineage.named("")
