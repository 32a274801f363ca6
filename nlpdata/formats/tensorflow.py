"""Rows, columns and batches as TensorFlow tensors, by way of NumPy: one copy a batch.

Knows: TensorFlow. Does not know: other formats.

Ragged columns of numbers are ``tf.RaggedTensor``, text is ``tf.string``, which gives bytes in UTF-8.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nlpdata._optional import load
from nlpdata.formats.arrays import ArrayFormatter
from nlpdata.formats.buffers import Ndarray

if TYPE_CHECKING:
    from nlpdata.features import Features


class TensorflowFormatter(ArrayFormatter):
    """Values as TensorFlow tensors.

    Args:
        features: what the columns hold.
        kwargs: ``dtype`` (a TensorFlow dtype, for all numbers and booleans).
    """

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._tf = load("tensorflow", "tensorflow")
        self._asked: Any = self.dtype
        self.dtype = None

    def target_with_nulls(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """float32 for all numbers with nulls; float64 on the way to a ``dtype`` that was asked for."""
        if self._asked is None or stored.kind not in "biuf":
            return np.dtype(np.float32) if stored.kind in "iuf" else super().target_with_nulls(stored)
        if not self._tf.as_dtype(self._asked).is_floating:
            raise self.cannot_hold_nulls(self._asked)
        return np.dtype(np.float64)

    def target(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """int64 and float32; float64 as it is if a dtype was asked for, so that nothing is lost on the way."""
        return stored if self._asked is not None and stored.kind == "f" else super().target(stored)

    def array(self, dense: Ndarray) -> Any:
        """A tensor with memory of its own."""
        self.no_moments(dense, "TensorFlow")
        tensor = self._tf.constant(dense)
        return tensor if self._asked is None else self._tf.cast(tensor, self._asked)

    def scalar(self, value: Any) -> Any:
        """A tensor of rank 0."""
        return self.array(np.asarray(value))

    def item(self, value: Any) -> Any:
        """A tensor of rank 0 for text; other Python objects as they are."""
        return self._tf.constant(value) if isinstance(value, str | bytes) else value

    def text(self, items: list[Any]) -> Any:
        """A tensor of strings; a list where there are nulls."""
        if None in items:
            return [None if v is None else self.item(v) for v in items]
        return self._tf.constant(items, dtype=self._tf.string)

    def ragged(self, items: list[Any]) -> Any:
        """Tensors of one shape and type stacked; else the list of rows."""
        tensors = [v for v in items if isinstance(v, self._tf.Tensor)]
        if tensors and len(tensors) == len(items) and len({(v.dtype, tuple(v.shape)) for v in tensors}) == 1:
            return self._tf.stack(tensors)
        return items

    def split(self, dense: Ndarray, offsets: Ndarray) -> Any:
        """A ragged tensor over one copy of the values."""
        return self._tf.RaggedTensor.from_row_splits(self.array(dense), offsets.astype(np.int64), validate=False)
