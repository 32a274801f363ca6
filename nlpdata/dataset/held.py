"""The state that a dataset object holds: set, copied, keyed, pickled, let go.

Knows: one state. Does not know: any operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from nlpdata.dataset.indexing import Reader
from nlpdata.dataset.state import State
from nlpdata.errors import did_you_mean

if TYPE_CHECKING:
    from nlpdata.cache.key import Lineage
    from nlpdata.features import Features
    from nlpdata.formats.base import FormatSpec
    from nlpdata.info import DatasetInfo
    from nlpdata.store.view import View


class Held:
    """A name for a :class:`State`. Setting a format puts another state in its place; everything else makes a new object."""

    _state: State
    _cached_reader: Reader | None

    @classmethod
    def _from_state(cls, state: State) -> Self:
        held = cls.__new__(cls)
        held._set(state)
        return held

    @classmethod
    def _from_view(
        cls,
        view: View,
        features: Features,
        info: DatasetInfo | None = None,
        split: str | None = None,
        format: FormatSpec | None = None,
        lineage: Lineage | None = None,
    ) -> Self:
        """A dataset over a view; what loaders use."""
        return cls._from_state(State.of(view, features, info, split, format, lineage))

    def _set(self, state: State) -> None:
        self._state = state
        self._cached_reader = None

    @property
    def _reader(self) -> Reader:
        if self._cached_reader is None:
            self._cached_reader = Reader(self._state)
        return self._cached_reader

    @property
    def _fingerprint(self) -> str:
        return self._state.key()

    def __nlpdata_key__(self) -> tuple[Any, ...]:
        return self._fingerprint, self._state.features, self._state.format

    def __getstate__(self) -> State:
        return self._state

    def __setstate__(self, state: State) -> None:
        self._set(state)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        del self._state
        self._cached_reader = None

    def __getattr__(self, name: str) -> Any:
        if "_state" not in self.__dict__:
            raise AttributeError("This dataset was closed when its with block ended. Use it inside the block.")
        hint = did_you_mean(name, [known for known in dir(type(self)) if not known.startswith("_")])
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.{hint}")
