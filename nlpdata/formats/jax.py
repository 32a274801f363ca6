"""Rows, columns and batches as JAX arrays, by way of NumPy: one transfer a stacked column, or one a row where rows differ.

Knows: JAX. Does not know: other formats.

JAX holds 32-bit numbers unless ``jax_enable_x64`` is set; integers that do not fit are refused.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from nlpdata._optional import load
from nlpdata.errors import ArgumentError
from nlpdata.formats.arrays import ArrayFormatter
from nlpdata.formats.buffers import Ndarray

if TYPE_CHECKING:
    from nlpdata.features import Features

_INT32: Final = np.iinfo(np.int32)


class JaxFormatter(ArrayFormatter):
    """Values as JAX arrays.

    Args:
        features: what the columns hold.
        kwargs: ``dtype`` for all numbers and booleans; ``device``, a JAX device or its name: ``"cpu"``, ``"cuda:0"``.

    Raises:
        ArgumentError: there is no such device.
    """

    options = frozenset({"dtype", "device"})

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        self._jax = load("jax", "jax")
        self._device = self._find(kwargs.get("device"))

    def _find(self, device: Any) -> Any:
        if not isinstance(device, str):
            return device
        known = self._jax.devices()
        for found in known:
            if device in (str(found), found.platform, f"{found.platform}:{found.id}"):
                return found
        raise ArgumentError(f"JAX has no device {device!r}. Devices: {', '.join(map(str, known))}.")

    def array(self, dense: Ndarray) -> Any:
        """A JAX array.

        Raises:
            ArgumentError: an integer does not fit into 32 bits, and 64-bit numbers are switched off in JAX.
        """
        self.no_moments(dense, "JAX")
        if dense.dtype == np.int64 and dense.size and not self._jax.config.jax_enable_x64:
            if dense.min() < _INT32.min or dense.max() > _INT32.max:
                raise ArgumentError(
                    "A column holds integers beyond 32 bits, which JAX cuts off by default. "
                    'Set jax.config.update("jax_enable_x64", True), or format other columns only.'
                )
            dense = dense.astype(np.int32)
        # Always a copy: on the CPU JAX would otherwise use a view of the stored file.
        made = self._jax.numpy.array(dense)
        return made if self._device is None else self._jax.device_put(made, self._device)

    def scalar(self, value: Any) -> Any:
        """An array of rank 0."""
        return self.array(np.asarray(value))

    def item(self, value: Any) -> Any:
        """The Python object: JAX has no text, decimals or times."""
        return value

    def text(self, items: list[Any]) -> list[Any]:
        """The list of str."""
        return items

    def ragged(self, items: list[Any]) -> list[Any]:
        """The list of rows."""
        return items

    def split(self, dense: Ndarray, offsets: Ndarray) -> list[Any]:
        """A list of arrays."""
        return [self.array(dense[a:b]) for a, b in pairwise(offsets.tolist())]
