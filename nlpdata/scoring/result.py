"""A score and what it depends on.

Knows: how the parameters of a metric are written into one line. Does not know: metrics.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xxhash

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Signature:
    """Everything that changes the number: two scores can be compared if their signatures are equal.

    Attributes:
        metric: name of the metric.
        config: its configuration, or None.
        version: version of the metric; for a script without one, the start of its hash.
        parameters: (name, value as text), sorted by name.

    >>> str(Signature("f1", None, "1.0.0", (("average", "macro"),)))
    'f1|average:macro|version:1.0.0'
    """

    metric: str
    config: str | None
    version: str
    parameters: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        config = [f"config:{self.config}"] if self.config else []
        return "|".join([self.metric, *config, *(f"{n}:{v}" for n, v in self.parameters), f"version:{self.version}"])

    def difference(self, other: Signature) -> list[str]:
        """What differs, one line each; empty if the two scores can be compared.

        >>> a = Signature("f1", None, "1.0.0", (("average", "macro"),))
        >>> a.difference(Signature("f1", None, "1.0.0", (("average", "micro"),)))
        ['average: macro, micro']
        """
        here, there = (
            {**dict(s.parameters), "metric": s.metric, "config": s.config, "version": s.version} for s in (self, other)
        )
        names = dict.fromkeys([*here, *there])
        return [f"{n}: {here.get(n)}, {there.get(n)}" for n in names if here.get(n) != there.get(n)]


class Result(dict[str, Any]):
    """A dict of scores that also carries what they depend on.

    Attributes:
        signature: everything that changes the numbers.
        intervals: score name -> :class:`~nlpdata.scoring.bootstrap.Interval`, where ``confidence=`` was given; else empty.
        per_example: score name -> array with the score of each row, where ``per_example=True`` was given; else empty.

    >>> Result({"accuracy": 0.5}, Signature("accuracy", None, "1.0.0"))
    {'accuracy': 0.5}
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        signature: Signature,
        intervals: Mapping[str, Any] | None = None,
        per_example: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(values)
        self.signature = signature
        self.intervals = dict(intervals or {})
        self.per_example = dict(per_example or {})

    def compare(self, other: Result) -> dict[str, Any]:
        """These scores minus those of another result, for the numbers that both have; warns if they cannot be compared.

        >>> here, there = Signature("f1", None, "1.0.0"), Signature("f1", None, "1.0.0")
        >>> Result({"f1": 0.75}, here).compare(Result({"f1": 0.5}, there))
        {'f1': 0.25}

        A difference alone does not say whether it is chance; :func:`nlpdata.scoring.paired_test` does.
        """
        if differences := self.signature.difference(other.signature):
            warnings.warn(
                f"These results cannot be compared, for they differ in {'; '.join(differences)}.", UserWarning, stacklevel=2
            )
        numbers = (int, float, np.ndarray)
        both = [name for name in self if isinstance(self[name], numbers) and isinstance(other.get(name), numbers)]
        return {name: self[name] - other[name] for name in both if np.shape(self[name]) == np.shape(other[name])}

    def __str__(self) -> str:
        """The scores, and their intervals where there are some."""
        shown = [f"{name}: {self[name]:.6g} {interval}" for name, interval in self.intervals.items()]
        return f"{super().__repr__()} ({', '.join(shown)})" if shown else super().__repr__()

    def __reduce__(self) -> tuple[type[Result], tuple[Any, ...]]:
        return type(self), (dict(self), self.signature, self.intervals, self.per_example)


def described(value: Any) -> str:
    """A parameter as short text that differs where the value differs; long lists are hashed.

    >>> described(np.array([0, 1])), described("macro")
    ('[0, 1]', 'macro')
    """
    if isinstance(value, str):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    # A function by its name: its address differs from process to process, and states of several processes are merged.
    text = f"{getattr(value, '__module__', '')}.{value.__qualname__}" if hasattr(value, "__qualname__") else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:24]}...#{xxhash.xxh3_64_hexdigest(text.encode())}"


def plain(value: Any) -> Any:
    """NumPy scalars as Python numbers; everything else as it is."""
    return value.item() if isinstance(value, np.generic) else value


class Rate(float, Mapping[str, float]):
    """An error rate: the number itself, as HF ``evaluate`` gives it, which also answers as ``{name: number}``."""

    name: str
    signature: Any
    intervals: Any
    per_example: Any

    @classmethod
    def of(cls, result: Any) -> Rate:
        """The single value of a result, with what the result carries besides."""
        ((name, value),) = result.items()
        rate = cls(value)
        rate.name, rate.signature = name, result.signature
        rate.intervals, rate.per_example = result.intervals, result.per_example
        return rate

    def __getitem__(self, name: str) -> float:
        return {self.name: float(self)}[name]

    def __iter__(self) -> Iterator[str]:
        return iter((self.name,))

    def __len__(self) -> int:
        return 1
