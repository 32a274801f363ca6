"""A user's function as a format: called on a batch of Python objects whenever rows are read (``with_transform``).

Knows: how a row is asked of a function of batches. Does not know: what the function does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from nlpdata.errors import ArgumentError, UnknownColumnError, unknown
from nlpdata.formats.base import Formatter
from nlpdata.formats.python import PythonFormatter

if TYPE_CHECKING:
    from nlpdata.features import Features


class CustomFormatter(Formatter):
    """What ``transform`` makes of a batch: a dict of lists in, a dict of sequences out.

    Args:
        features: what the columns hold.
        kwargs: ``transform``, the function.

    >>> import pyarrow as pa
    >>> upper = CustomFormatter(transform=lambda batch: {"t": [t.upper() for t in batch["t"]]})
    >>> upper.row(pa.table({"t": ["a", "b"]}), 1)
    {'t': 'B'}
    """

    options = frozenset({"transform"})

    def __init__(self, features: Features | None = None, **kwargs: Any) -> None:
        super().__init__(features, **kwargs)
        transform = kwargs.get("transform")
        if not callable(transform):
            raise ArgumentError(f"The format 'custom' needs transform=<function of a batch>, but got {transform!r}.")
        self._transform: Callable[[dict[str, Any]], Any] = transform
        self._python = PythonFormatter(features)

    def row(self, table: Any, i: int = 0) -> dict[str, Any]:
        """The function's answer to a batch of row ``i`` alone, its one row taken out.

        Raises:
            ArgumentError: the function did not give a dict of sequences.
        """
        result = self.batch(table.slice(self.position(table, i), 1))
        if isinstance(result, Mapping):
            try:
                return {name: values[0] for name, values in result.items()}
            except (TypeError, LookupError):
                pass
        raise ArgumentError(
            "To pick a row, the transform must return a dict of sequences, one value a row of the batch; "
            f"for a batch of one row it returned {result!r}."
        )

    def column(self, table: Any, name: str) -> Any:
        """One column of the function's answer.

        Raises:
            UnknownColumnError: the answer has no such column.
        """
        result = self.batch(table)
        if not isinstance(result, Mapping) or name not in result:
            known = list(result) if isinstance(result, Mapping) else []
            raise unknown(UnknownColumnError, "column", name, known, "These are the columns that the transform returned.")
        return result[name]

    def batch(self, table: Any) -> Any:
        """The function's answer, as it is."""
        return self._transform(self._python.batch(table))

    def rows(self, table: Any) -> Iterator[dict[str, Any]]:
        """Every row; the function is called for each alone, as :meth:`row` does."""
        for i in range(table.num_rows):
            yield self.row(table, i)
