"""Why a result was not found: two keys compared ingredient by ingredient.

Knows: what goes into a key, from an object at hand or from what is stored beside a result.
Does not know: how objects are taken apart (``walk``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import xxhash

from nlpdata.cache.directory import CacheDirectory
from nlpdata.cache.key import root_name
from nlpdata.cache.provenance import RESULTS, Parts, Provenance, stored
from nlpdata.cache.walk import Walker, summary

_WHOLE = "value"
_MOST_ENTRIES = 200


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What went into a key: path -> (digest, a few words). Small, JSON-able through ``dict(x.parts)``."""

    parts: Parts


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two keys compared. Prints as sentences; iterates over ``differences``.

    Attributes:
        title: what was compared.
        differences: one sentence for each ingredient that differs.
    """

    title: str
    differences: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.differences)])

    def __iter__(self) -> Iterator[str]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)


class _Recorder(Walker):
    """A walk that also notes what it wrote for each named part. Nothing is visited twice, no large buffer hashed twice."""

    def __init__(self, root: str = "") -> None:
        super().__init__(root)
        self.parts: dict[str, tuple[str, str]] = {}
        self.open: list[Any] = []
        self.write = self._write

    def _write(self, data: bytes) -> None:
        self.hash.update(data)
        for hasher in self.open:
            hasher.update(data)

    def _note(self, label: str, digest: str, words: str) -> None:
        self.parts[" → ".join([*self.path, label][1:])] = (digest, words)

    def put_origin(self, label: str) -> None:
        super().put_origin(label)
        name, _, version = label.rpartition(" ")
        self.parts[f"package {name!r}"] = (label, version)

    def named(self, label: str, obj: Any) -> None:
        hasher = xxhash.xxh3_64()
        self.open.append(hasher)
        super().named(label, obj)
        self.open.pop()
        self._note(label, hasher.hexdigest(), summary(obj))

    def part(self, label: str, data: bytes) -> None:
        super().part(label, data)
        self._note(label, xxhash.xxh3_64_hexdigest(data), "")

    def number(self, entity: Any) -> None:
        # What a function consists of is noted under its own path; its number would differ with what came before.
        opened, self.open = self.open, []
        super().number(entity)
        self.open = opened
        for hasher in opened:
            hasher.update(summary(entity).encode())

    def _plain_mapping(self, obj: Mapping[Any, Any], label: str) -> None:
        super()._plain_mapping(obj, label)
        for key, value in obj.items() if len(obj) <= _MOST_ENTRIES else ():
            self._note(f"{label} {key!r}", xxhash.xxh3_64_hexdigest(repr(value).encode()), summary(value))


def ingredients(obj: Any) -> Ingredients:
    """What goes into the key of ``obj``, one entry for each named part.

    Raises:
        KeyingError: as :func:`nlpdata.cache.key.content_key`.
    """
    recorder = _Recorder(root_name(obj))
    digest = recorder.key(obj)
    return Ingredients({**recorder.parts, _WHOLE: (digest, summary(obj))})


def explain(a: Any, b: Any) -> list[str]:
    """Why two keys differ, one sentence for each ingredient; empty if they are equal.

    Args:
        a: an object, or :class:`Ingredients` recorded before.
        b: likewise.

    >>> explain({"size": 128}, {"size": 256})
    ["key 'size': 128 → 256"]
    """
    before = (a if isinstance(a, Ingredients) else ingredients(a)).parts
    after = (b if isinstance(b, Ingredients) else ingredients(b)).parts
    if _WHOLE in before and before.get(_WHOLE, ("",))[0] == after.get(_WHOLE, ("",))[0]:
        return []
    changed = [path for path in sorted(before.keys() | after.keys()) if before.get(path) != after.get(path)]
    if len(changed) > 1:
        changed = [path for path in changed if path != _WHOLE]
    # A container differs because of what is in it: only the innermost difference is told. Of what is new, only the outermost.
    lone = {path for path in changed if path not in before or path not in after}
    told = []
    for path in changed:
        inside = lone if path in lone else ()
        hidden = any(path.startswith(f"{other} → ") for other in inside)
        if not hidden and (path in lone or not any(other.startswith(f"{path} → ") for other in changed)):
            told.append(_difference(path, before.get(path), after.get(path)))
    return told


def _difference(path: str, before: tuple[str, str] | None, after: tuple[str, str] | None) -> str:
    if before is None or after is None:
        found = before or after or ("", "")
        return f"{path}: {'new' if before is None else 'gone'}{f' ({found[1]})' if found[1] else ''}"
    if before[1] == after[1]:
        return f"{path}: changed{f' ({after[1]})' if after[1] else ''}"
    return f"{path}: {before[1]} → {after[1]}"


def explain_key(obj: Any, other: Any = None, *, cache_dir: str | os.PathLike[str] | None = None) -> Explanation:
    """Why two keys differ; of one object, why its result was not found in the cache.

    Args:
        obj: a function, any other object that has a key, or a dataset that ``map`` or ``filter`` made.
        other: compared with ``obj``. None takes, of the stored results of a function of the same name, the one with the
            fewest differences.
        cache_dir: the cache; None is the setting ``cache``.

    Returns:
        What was compared, and a sentence for each ingredient that differs: ``global 'MAX_LEN': 128 → 256``, which reads
        ``obj → other``, or, without ``other``, ``stored → obj``.

    Raises:
        KeyingError: ``obj`` has no key; says what has none.

    >>> explain_key({"size": 128}, {"size": 256})
    The keys differ:
      key 'size': 128 → 256
    """
    directory = CacheDirectory(cache_dir)
    if other is not None:
        first, second = _recorded(obj, directory), _recorded(other, directory)
        if first is not None and second is not None:
            told = _between(first, second, directory)
        else:
            told = explain(obj, other)
        return Explanation("The keys differ:" if told else "The keys are equal.", tuple(told))
    found = _recorded(obj, directory)
    name = getattr(obj, "_fingerprint", None) if found is not None else None
    return _against_stored(obj, found, f"{RESULTS}/{name}", directory)


def _recorded(obj: Any, directory: CacheDirectory) -> Provenance | None:
    """How a dataset was made, if it is one and its result tells."""
    key = getattr(obj, "_fingerprint", None)
    return Provenance.read(directory.root / RESULTS / key) if isinstance(key, str) and key else None


def _against_stored(obj: Any, found: Provenance | None, own: str, directory: CacheDirectory) -> Explanation:
    wanted = function_name(obj) if found is None else found.function
    now = ingredients(obj) if found is None else None
    candidates = [(name, made) for name, made in stored(directory) if made.function == wanted and name != own]
    if not candidates:
        return Explanation(f"No other result of {wanted} is stored in {directory.root}.")
    if found is None:
        told = {name: explain(Ingredients(made.code), now) for name, made in candidates}
    else:
        told = {name: _between(made, found, directory) for name, made in candidates}
    name, made = min(candidates, key=lambda pair: (len(told[pair[0]]), -pair[1].made))
    place = f"{name}, one of {len(candidates)} stored" if len(candidates) > 1 else name
    if told[name]:
        return Explanation(f"{wanted} differs from the nearest stored result of {made.step} ({place}):", tuple(told[name]))
    if found is None:
        return Explanation(f"{wanted} is as it was for {made.step} ({place}): found again for equal input and options.")
    return Explanation(f"{wanted} was done to the same input with the same options before ({place}).")


def function_name(function: Any) -> str:
    """A function's own name, or that of a callable's class."""
    inner = getattr(function, "func", function)  # a partial
    return str(getattr(inner, "__name__", None) or type(inner).__qualname__)


def _between(before: Provenance, after: Provenance, directory: CacheDirectory) -> list[str]:
    told = explain(Ingredients(before.code), Ingredients(after.code))
    told += explain(Ingredients(before.options), Ingredients(after.options))
    if before.input == after.input:
        return told
    first, second = (Provenance.read(directory.root / RESULTS / made.input) for made in (before, after))
    if first is not None and second is not None and first.function == second.function:
        return told + [f"input, {second.step} → {line}" for line in _between(first, second, directory)]
    return [*told, f"input: {before.input} → {after.input}"]
