"""Fields of an object's ``info``, as attributes of the object itself.

Knows: that there is an ``info``. Does not know: what is in it.
"""

from __future__ import annotations

from typing import Any, Generic, Never, Self, TypeVar, overload

T = TypeVar("T")


class InfoField(Generic[T]):
    """A field of ``info`` that is read on the object whose info it is.

    >>> from types import SimpleNamespace
    >>> class Corpus:
    ...     info = SimpleNamespace(citation="(Zipf, 1935)")
    ...     citation = InfoField[str]("How to cite it.")
    >>> Corpus().citation
    '(Zipf, 1935)'
    """

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: Any, owner: type) -> T: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else getattr(instance.info, self._name)

    def __set__(self, instance: Any, value: Never) -> None:
        raise AttributeError(f"{self._name!r} is a field of {type(instance).__name__}.info; set it there.")
