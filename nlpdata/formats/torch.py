"""Rows, columns and batches as torch tensors, by way of NumPy: single-threaded, one copy a batch, none per value.

Knows: torch. Does not know: other formats.

Integers become int64 and floats float32, unless ``dtype`` says otherwise; text stays str, in lists; ragged columns are
lists of tensors that share one piece of memory. No tensor shares memory with a stored file.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from nlpdata._optional import load
from nlpdata.errors import ArgumentError, did_you_mean
from nlpdata.formats.arrays import ArrayFormatter, Numbers
from nlpdata.formats.buffers import Ndarray
from nlpdata.formats.collation import Rows, Views, register

if TYPE_CHECKING:
    from nlpdata.features import Features


class TorchFormatter(ArrayFormatter):
    """Values as torch tensors.

    Args:
        features: what the columns hold.
        kwargs: ``dtype`` (a torch dtype, for all numbers and booleans), ``device``, ``requires_grad``, ``pin_memory``.
    """

    options = frozenset({"dtype", "device", "requires_grad", "pin_memory"})

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._torch = load("torch", "torch")
        self._asked: Any = self._dtype_of(self.dtype)
        # NumPy's part of the work: the same type where it has one, so that torch need not convert again.
        self.dtype = None
        self._move = {k: v for k, v in kwargs.items() if k == "device" and v is not None}
        self._pin, self._grad = bool(kwargs.get("pin_memory")), bool(kwargs.get("requires_grad"))
        self._plain = self._asked is None and not (self._move or self._pin or self._grad)
        register()

    def _dtype_of(self, asked: Any) -> Any:
        """A torch dtype from itself or its name."""
        found = getattr(self._torch, asked.removeprefix("torch."), None) if isinstance(asked, str) else asked
        if found is not None and not isinstance(found, self._torch.dtype):
            found = None
        if found is None and asked is not None:
            known = [name for name in dir(self._torch) if isinstance(getattr(self._torch, name), self._torch.dtype)]
            raise ArgumentError(f"dtype={asked!r} is no dtype of torch.{did_you_mean(str(asked), known)}")
        return found

    def target_with_nulls(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """float32 for all numbers with nulls; float64 on the way to a ``dtype`` that was asked for."""
        if self._asked is None or stored.kind not in "biuf":
            return np.dtype(np.float32) if stored.kind in "iuf" else super().target_with_nulls(stored)
        if not (self._asked.is_floating_point or self._asked.is_complex):
            raise self.cannot_hold_nulls(self._asked)
        return np.dtype(np.float64)

    def target(self, stored: np.dtype[Any]) -> np.dtype[Any]:
        """int64 and float32; float64 and uint64 as they are if a dtype was asked for, so that nothing is lost on the way."""
        return stored if self._asked is not None and (stored.kind == "f" or stored == np.uint64) else super().target(stored)

    def picture(self, image: Any) -> Ndarray:
        """A decoded image as (channels, height, width)."""
        found = np.asarray(image)
        return found[None] if found.ndim == 2 else found.transpose(2, 0, 1)

    def array(self, dense: Ndarray) -> Any:
        """A tensor with memory of its own."""
        self.no_moments(dense, "torch")
        if not dense.flags.writeable:
            dense = dense.copy()  # a view of a file: torch would warn, and a write would crash
        return self._finish(self._torch.from_numpy(dense))

    def _finish(self, tensor: Any) -> Any:
        if self._plain:
            return tensor
        tensor = tensor.to(dtype=self._asked, **self._move)
        if self._pin:
            tensor = tensor.pin_memory()
        return tensor.requires_grad_() if self._grad else tensor

    def scalar(self, value: Any) -> Any:
        """A tensor of rank 0."""
        return self._finish(self._torch.from_numpy(np.array(value)))

    def item(self, value: Any) -> Any:
        """The Python object: torch has no text, decimals or times."""
        return value

    def text(self, items: list[Any]) -> list[Any]:
        """The list of str."""
        return items

    def ragged(self, items: list[Any]) -> list[Any]:
        """The list of rows."""
        return items

    def split(self, dense: Ndarray, offsets: Ndarray) -> list[Any]:
        """A list of tensors over one copy of the values."""
        return list(self.list_rows(dense, offsets))

    def list_rows(self, dense: Ndarray, offsets: Ndarray) -> Sequence[Any]:
        """Tensors over one copy of the values."""
        if self._grad:
            return [self.array(dense[a:b]) for a, b in pairwise(offsets.tolist())]
        if len(offsets) < 2:
            return []
        whole, lengths = self.array(dense), offsets[1:] - offsets[:-1]
        if len(whole) and (lengths == lengths[0]).all():
            return Views(whole.view(len(lengths), -1))
        return list(self._torch.split_with_sizes(whole, lengths.tolist()))

    def block_rows(self, dense: Ndarray) -> Sequence[Any]:
        """Tensors over one copy of the values."""
        return super().block_rows(dense) if self._grad or not len(dense) else Views(self.array(dense))

    def scalars(self, piece: Numbers) -> Sequence[Any]:
        """Tensors of rank 0 over one copy of the values."""
        dense = self.dense(piece.values, None)
        assert dense is not None
        if self._grad:
            return self.with_missing([self.scalar(v) for v in dense], piece)
        rows = Views(self.array(dense))
        return rows if piece.valid is None else self.with_missing(list(rows), piece)

    def join(self, names: Sequence[str], columns: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
        """Rows that ``default_collate`` need not stack again."""
        return Rows.of(names, columns)
