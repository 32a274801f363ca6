"""What a metric knows after some rows, as a value.

Knows: how states add up, and their form as bytes. Does not know: how statistics are made or scored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nlpdata.errors import ArgumentError
from nlpdata.scoring.result import Signature
from nlpdata.scoring.samples import Sample, joined
from nlpdata.scoring.wire import from_bytes, to_bytes


@dataclass(frozen=True, slots=True)
class State:
    """What a metric knows after some rows; plain data, to be pickled and merged elsewhere.

    Attributes:
        signature: the metric and the settings its statistics were made with.
        rows: how many rows went in.
        total: the sum of their statistics.
        sample: the statistics of each row, where they were kept (``confidence=``, ``per_example=``).
    """

    signature: Signature
    rows: int
    total: Any
    sample: Any = field(default=None, compare=False, repr=False)

    def __add__(self, other: State) -> State:
        if difference := self.signature.difference(other.signature):
            raise ArgumentError(f"These statistics cannot be added, for they differ in {'; '.join(difference)}.")
        if not self.rows or not other.rows:  # a batch without rows changes nothing, not even whether rows were kept
            kept = self.sample if self.rows else other.sample
        else:
            kept = joined(self.sample, other.sample) if self.sample is not None and other.sample is not None else None
        return State(self.signature, self.rows + other.rows, self.total + other.total, kept)

    def rows_kept(self) -> Sample:
        """The statistics of each row.

        Raises:
            ArgumentError: only their sum was kept.
        """
        if self.sample is None and not callable(getattr(self.total, "sample", None)):
            name = self.signature.metric
            raise ArgumentError(
                "The rows added before are kept as a sum only. For an interval or scores per row, say so before the first one: "
                f"load_metric({name!r}, confidence=0.95) or load_metric({name!r}, per_example=True)."
            )
        kept: Sample = self.sample if self.sample is not None else self.total.sample()
        return kept

    def to_bytes(self) -> bytes:
        """The state as JSON, exact, without the statistics of single rows; :meth:`from_bytes` reads it.

        Raises:
            ArgumentError: the statistics are of a type that has no such form.
        """
        return to_bytes(State(self.signature, self.rows, self.total))

    @classmethod
    def from_bytes(cls, data: bytes) -> State:
        """The state that :meth:`to_bytes` wrote, on any machine; runs no code from the bytes.

        Raises:
            CorruptFileError: the bytes are something else.
            ArgumentError: the metric, being a script, is not loaded here.
        """
        state = from_bytes(data, "The state of a metric")
        if not isinstance(state, cls):
            raise ArgumentError(f"These bytes hold a {type(state).__name__}, not the state of a metric.")
        return state
