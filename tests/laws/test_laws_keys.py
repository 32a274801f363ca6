"""Laws of keys: whatever way a function reaches a value, the key follows the value, and nothing that is only written beside."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nlpdata.cache.explain import explain, ingredients
from nlpdata.cache.key import content_key

# Each link defines g{n} by means of g{n-1}, with room for a docstring.
LINKS = {
    "function": "def g{n}(x):\n  {doc}\n  return g{m}(x)",
    "method": "class C{n}:\n  {doc}\n  def m(self, x):\n    {doc}\n    return g{m}(x)\ndef g{n}(x): return C{n}().m(x)",
    "bound method": "class C{n}:\n  def m(self, x): return g{m}(x)\ng{n} = C{n}().m",
    "class attribute": "class C{n}:\n  {doc}\n  a = staticmethod(g{m})\ndef g{n}(x): return C{n}.a(x)",
    "class method": "class C{n}:\n  @classmethod\n  def m(cls, x): return g{m}(x)\ng{n} = C{n}.m",
    "base class": "class B{n}:\n  def m(self, x): return g{m}(x)\nclass C{n}(B{n}): pass\ndef g{n}(x): return C{n}().m(x)",
    "callable": "class C{n}:\n  def __init__(self, f): self.f = f\n  def __call__(self, x): return self.f(x)\n"
    "g{n} = C{n}(g{m})",
    "partial": "import functools\ndef p{n}(f, x):\n  {doc}\n  return f(x)\ng{n} = functools.partial(p{n}, g{m})",
    "lambda default": "g{n} = lambda x, f=g{m}: f(x)",
    "closure": "def o{n}(f):\n  def i(x):\n    {doc}\n    return f(x)\n  return i\ng{n} = o{n}(g{m})",
    "decorator": "import functools\ndef d{n}(f):\n  @functools.wraps(f)\n  def i(*a): return f(*a)\n  return i\n"
    "@d{n}\ndef g{n}(x):\n  {doc}\n  return g{m}(x)",
    "dataclass": "import dataclasses, typing\n@dataclasses.dataclass\nclass C{n}:\n  f: typing.Any = g{m}\n"
    "def g{n}(x): return C{n}().f(x)",
    "property": "class C{n}:\n  @property\n  def p(self): return g{m}\ndef g{n}(x): return C{n}().p(x)",
    "list": "T{n} = [g{m}]\ndef g{n}(x): return T{n}[0](x)",
    "dict": "T{n} = {{'k': g{m}, 'l': len}}\ndef g{n}(x): return T{n}['k'](x)",
    "set": "T{n} = {{g{m}}}\ndef g{n}(x): return [f(x) for f in T{n}]",
    "cache": "import functools\n@functools.lru_cache\ndef g{n}(x): return g{m}(x)",
    "generator": "def g{n}(x): yield from (g{m}(y) for y in x)",
}
STARTS = ["V = {value!r}\ndef g0(x): return V", "def g0(x, v={value!r}): return v", "def g0(x):\n  {doc}\n  return {value!r}"]

values = st.integers() | st.text() | st.floats() | st.binary() | st.booleans() | st.none() | st.tuples(st.integers(), st.text())


def program(start: str, links: list[str], value: Any, doc: str = "'Text.'", gap: str = "") -> Any:
    """The last function of a chain that ends at ``value``."""
    parts = [start.format(value=value, doc=doc)]
    parts += [LINKS[name].format(n=at + 1, m=at, doc=doc) for at, name in enumerate(links)]
    space: dict[str, Any] = {"__name__": "made", "nan": float("nan"), "inf": float("inf")}
    exec(compile(gap.join(f"{part}\n" for part in parts), f"<{doc}{gap}>", "exec", dont_inherit=True), space)
    return space[f"g{len(links)}"]


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(sorted(LINKS)), max_size=5), values, values)
def test_a_key_follows_the_value_through_any_chain(start: str, links: list[str], a: Any, b: Any) -> None:
    key = content_key(program(start, links, a))
    assert content_key(program(start, links, a)) == key
    assert (content_key(program(start, links, b)) == key) == (repr(a) == repr(b))


@given(st.sampled_from(STARTS), st.lists(st.sampled_from(sorted(LINKS)), max_size=5), st.text(), st.text(alphabet="#ab \n"))
def test_what_is_written_beside_the_code_leaves_no_trace(start: str, links: list[str], doc: str, text: str) -> None:
    gap = "".join(f"# {line}\n" for line in text.splitlines())
    key = content_key(program(start, links, 1))
    assert content_key(program(start, links, 1, repr(doc), gap)) == key


@given(st.sampled_from(STARTS[:2]), st.lists(st.sampled_from(sorted({*LINKS} - {"set"})), max_size=4), st.integers())
def test_an_explanation_shows_both_values(start: str, links: list[str], value: int) -> None:
    before, after = program(start, links, value), program(start, links, value + 1)
    assert explain(before, before) == []
    told = explain(before, after)
    assert any(line.endswith(f": {value} → {value + 1}") for line in told), told


@given(values)
def test_ingredients_end_in_the_key(value: Any) -> None:
    assert ingredients([value]).parts["value"][0] == content_key([value])
