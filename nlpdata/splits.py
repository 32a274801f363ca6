"""Splits: their names, their sizes, and the language that slices them.

Knows: ``"train[:10%]+test"`` and what rows it means, given the sizes of the splits.
Does not know: datasets, files or Arrow; imports nothing outside the standard library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from nlpdata.errors import ArgumentError, UnknownSplitError, unknown

_NAME = r"\w+(?:\.\w+)*"
_BOUND = r"-?\d[\d_]*%?"
_PART = re.compile(rf"({_NAME})(?:\[\s*({_BOUND})?\s*:\s*({_BOUND})?\s*\])?(?:\((\w+)\))?")
_ROUNDINGS = ("closest", "pct1_dropremainder")


@dataclass(frozen=True, slots=True)
class SplitSlice:
    """Rows ``start`` to ``stop`` (excluded) of one split, both within it."""

    split: str
    start: int
    stop: int

    @property
    def splitname(self) -> str:
        """The same as ``split``."""
        return self.split

    @property
    def from_(self) -> int:
        """The same as ``start``."""
        return self.start

    @property
    def to(self) -> int:
        """The same as ``stop``."""
        return self.stop


@dataclass(frozen=True, slots=True)
class _Part:
    """One summand of a :class:`ReadInstruction`, its bounds as they were written."""

    split: str
    start: int | None = None
    stop: int | None = None
    unit: str | None = None
    rounding: str | None = None

    def __post_init__(self) -> None:
        if not re.fullmatch(_NAME, self.split):
            raise ArgumentError(
                f"{self.split!r} is not the name of a split: letters, digits and _ make one, with dots between. "
                "ReadInstruction.from_spec reads 'train[:10%]'."
            )
        if self.unit not in ("%", "abs", None):
            raise ArgumentError(f"The unit of a slice is '%' or 'abs', not {self.unit!r}.")
        if self.rounding is not None and self.unit != "%":
            raise ArgumentError(f"Rounding {self.rounding!r} has a meaning for slices in percent only.")
        if self.rounding not in (*_ROUNDINGS, None):
            raise ArgumentError(f"Rounding is {' or '.join(map(repr, _ROUNDINGS))}, not {self.rounding!r}.")
        beyond = [b for b in (self.start, self.stop) if b is not None and abs(b) > 100]
        if self.unit == "%" and beyond:
            raise ArgumentError(f"{beyond[0]}% is not within -100% and 100%, in {self.spec()!r}.")

    def spec(self) -> str:
        """The part as text."""
        if self.start is None and self.stop is None:
            return self.split
        mark = "%" if self.unit == "%" else ""
        start, stop = ("" if bound is None else f"{bound}{mark}" for bound in (self.start, self.stop))
        rounding = f"({self.rounding})" if self.rounding not in (None, "closest") else ""
        return f"{self.split}[{start}:{stop}]{rounding}"

    def resolve(self, size: int) -> SplitSlice:
        """The rows that are meant in a split of ``size`` rows."""
        start, stop = self.start, self.stop
        if self.unit == "%":
            start, stop = (None if bound is None else self._rows(bound, size) for bound in (start, stop))
        first, last, _ = slice(start, stop).indices(size)
        return SplitSlice(self.split, first, max(first, last))

    def _rows(self, percent: int, size: int) -> int:
        if self.rounding != "pct1_dropremainder":
            return round(percent * size / 100.0)
        if size < 100:
            raise ArgumentError(
                f"Split {self.split!r} has {size} rows: 'pct1_dropremainder' gives none of a split of fewer than 100. "
                "Use 'closest'."
            )
        return percent * (size // 100)


class ReadInstruction:
    """Which rows of which splits: ``"train[10%:20%]+test"`` as a value; ``+`` joins two.

    Args:
        split_name: one split.
        rounding: ``"closest"`` row (the default) or ``"pct1_dropremainder"``, where each percent has equally many rows;
            for ``unit="%"`` only.
        from_: first row or percent; negative counts from the end; None is the start.
        to: the row or percent after the last; None is the end.
        unit: ``"%"`` or ``"abs"`` (rows, the default).

    Raises:
        ArgumentError: (a ``ValueError``) the arguments contradict each other.

    >>> ReadInstruction("train", from_=10, to=20, unit="%") + ReadInstruction("test")
    ReadInstruction('train[10%:20%]+test')
    """

    __slots__ = ("_parts",)

    def __init__(
        self,
        split_name: str,
        rounding: str | None = None,
        from_: int | None = None,
        to: int | None = None,
        unit: str | None = None,
    ) -> None:
        if rounding is None and unit == "%":
            rounding = "closest"
        self._parts: tuple[_Part, ...] = (_Part(str(split_name), from_, to, unit, rounding),)

    @classmethod
    def _of(cls, parts: Iterable[_Part]) -> ReadInstruction:
        made = cls.__new__(cls)
        made._parts = tuple(parts)
        return made

    @classmethod
    def from_spec(cls, spec: str) -> ReadInstruction:
        """The instruction that a text such as ``"train[10%:20%](closest)+test[:100]"`` writes.

        Raises:
            ArgumentError: (a ``ValueError``) the text is not in this language.
        """
        return cls._of(_parse_part(part.strip(), spec) for part in str(spec).split("+"))

    def to_spec(self) -> str:
        """The text that :meth:`from_spec` reads back; the default rounding is left out."""
        return "+".join(part.spec() for part in self._parts)

    def to_absolute(self, name2len: Mapping[str, int]) -> list[SplitSlice]:
        """The rows from and to of each part, given the number of rows of each split; bounds are cut to the split.

        Raises:
            UnknownSplitError: (a ``ValueError``) a split is not among ``name2len``.
        """
        return parse_split(self, name2len)

    def __add__(self, other: object) -> ReadInstruction:
        if isinstance(other, str):
            other = ReadInstruction.from_spec(other)
        if not isinstance(other, ReadInstruction):
            return NotImplemented
        return ReadInstruction._of((*self._parts, *other._parts))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReadInstruction) and self._parts == other._parts

    def __hash__(self) -> int:
        return hash(self._parts)

    def __str__(self) -> str:
        return self.to_spec()

    def __repr__(self) -> str:
        return f"ReadInstruction({self.to_spec()!r})"


def _parse_part(text: str, spec: str) -> _Part:
    match = _PART.fullmatch(text)
    if match is None:
        where = f" in {str(spec)!r}" if text != spec else ""
        raise ArgumentError(
            f"{text!r}{where} does not name rows of a split. "
            "Write 'train', 'train[:100]', 'train[10%:20%]' or a sum: 'train+test'."
        )
    name, start, stop, rounding = match.groups()
    if start is None and stop is None:
        return _Part(name, rounding=rounding, unit="%" if rounding else None)
    percent = any(bound is not None and bound.endswith("%") for bound in (start, stop))
    bounds = [None if bound is None else int(bound.rstrip("%")) for bound in (start, stop)]
    if percent and rounding is None:
        rounding = "closest"
    return _Part(name, bounds[0], bounds[1], "%" if percent else "abs", rounding)


def parse_split(spec: str | ReadInstruction | NamedSplit, sizes: Mapping[str, int]) -> list[SplitSlice]:
    """The slices of splits that a specification means, in its order.

    Args:
        spec: ``"train"``, ``"train[:10%]+test[-5:]"``, ``"all"`` (every split in order), or a :class:`ReadInstruction`.
        sizes: split name -> number of rows.

    Raises:
        UnknownSplitError: there is no such split.
        ArgumentError: the text is not in the language.

    >>> parse_split("train[:50%]", {"train": 10, "test": 4})
    [SplitSlice(split='train', start=0, stop=5)]
    """
    instruction = spec if isinstance(spec, ReadInstruction) else ReadInstruction.from_spec(spec)
    found = []
    for part in instruction._parts:
        if part.split in sizes:
            found.append(part.resolve(sizes[part.split]))
        elif part == _Part("all"):
            found += [SplitSlice(name, 0, size) for name, size in sizes.items()]
        elif part.split == "all":
            raise ArgumentError(f"{part.spec()!r}: 'all' takes no slice, because splits differ in size. Slice each split.")
        else:
            raise unknown(UnknownSplitError, "split", part.split, sizes)
    return found


# --- names ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PercentSlice:
    """What ``percent[10:20]`` makes."""

    start: int | None
    stop: int | None


class _Percent:
    """``percent[:50]``: the first half, for ``Split.TRAIN.subsplit`` and ``Split.TRAIN[...]``."""

    def __getitem__(self, bounds: slice) -> PercentSlice:
        if not isinstance(bounds, slice) or bounds.step is not None:
            raise ArgumentError("percent takes a slice such as percent[:50] or percent[10:20].")
        return PercentSlice(bounds.start, bounds.stop)

    def __repr__(self) -> str:
        return "percent"


percent = _Percent()


class SplitBase:
    """What the descriptors of splits have in common: none but being one."""

    __slots__ = ()


class NamedSplit(str, SplitBase):
    """The name of a split; equal to the plain text. ``+`` with another split joins, ``[...]`` slices rows.

    >>> NamedSplit("train") == "train", NamedSplit("train")[:100]
    (True, ReadInstruction('train[:100]'))

    Raises:
        ArgumentError: (a ``ValueError``) the text is no name, and no specification of splits either.
    """

    __slots__ = ()

    def __new__(cls, name: str) -> NamedSplit:  # noqa: D102
        text = str(name)
        if not re.fullmatch(_NAME, text):
            ReadInstruction.from_spec(text)  # "train[:10%]+test" names what a slice was taken from
        return super().__new__(cls, text)

    def __repr__(self) -> str:
        return f"NamedSplit({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)

    def __add__(self, other: Any) -> Any:
        if isinstance(other, NamedSplit | ReadInstruction):
            return ReadInstruction.from_spec(self) + other
        return str.__add__(self, other)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, PercentSlice):
            return self.subsplit(key)
        if not isinstance(key, slice):
            return str.__getitem__(self, key)
        if key.step not in (None, 1):
            raise ArgumentError(f"A split is sliced in steps of 1, not {key.step}.")
        return ReadInstruction(str(self), from_=key.start, to=key.stop, unit="abs")

    def subsplit(self, arg: Any = None, k: int | None = None, percent: Any = None, weighted: Any = None) -> Any:
        """Parts of the split in percent.

        Args:
            arg: one of the others, told apart by its type.
            k: this many parts of the same size.
            percent: ``percent[10:20]``: that part only.
            weighted: a list of weights: a part for each.

        Returns:
            A :class:`ReadInstruction`, or a list of them for ``k`` and ``weighted``.
        """
        if sum(given is not None for given in (arg, k, percent, weighted)) != 1:
            raise ArgumentError("subsplit takes exactly one of a number of parts, a slice in percent, and weights.")
        chosen = next(given for given in (arg, k, percent, weighted) if given is not None)
        if isinstance(chosen, PercentSlice | slice):
            return ReadInstruction(str(self), from_=chosen.start, to=chosen.stop, unit="%")
        weights = [1] * chosen if isinstance(chosen, int) else list(chosen)
        if not 0 < len(weights) <= 100 or sum(weights) <= 0:
            raise ArgumentError(f"subsplit makes 1 to 100 parts, not {len(weights)}.")
        bounds = [sum(weights[:i]) * 100 // sum(weights) for i in range(len(weights) + 1)]
        return [ReadInstruction(str(self), from_=start, to=stop, unit="%") for start, stop in pairwise(bounds)]

    __hash__ = str.__hash__


class NamedSplitAll(NamedSplit):
    """The name of all splits together."""

    __slots__ = ()

    def __new__(cls) -> NamedSplitAll:  # noqa: D102
        return str.__new__(cls, "all")

    def __reduce__(self) -> tuple[Any, ...]:
        return NamedSplitAll, ()

    def __repr__(self) -> str:
        return "NamedSplitAll()"


class Split:
    """The usual names; ``Split("other")`` makes a further one.

    >>> Split.TRAIN
    NamedSplit('train')
    """

    TRAIN = NamedSplit("train")
    TEST = NamedSplit("test")
    VALIDATION = NamedSplit("validation")
    ALL = NamedSplitAll()

    def __new__(cls, name: str) -> Any:  # noqa: D102
        return NamedSplitAll() if name == "all" else NamedSplit(name)


# --- sizes ------------------------------------------------------------------------------------------------------------


@dataclass(repr=False)
class SplitInfo:
    """Name and size of a prepared split.

    Args:
        name: of the split.
        num_bytes: size in memory.
        num_examples: number of rows.
        shard_lengths: rows of each shard, if there are several.
        original_shard_lengths: rows of each shard of the source.
        dataset_name: the dataset it belongs to.
    """

    name: str = ""
    num_bytes: int = 0
    num_examples: int = 0
    shard_lengths: list[int] | None = None
    original_shard_lengths: list[int] | None = None
    dataset_name: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able data; shard lengths only where they are known."""
        data = asdict(self) | {"name": str(self.name)}
        return {key: value for key, value in data.items() if value is not None or key == "dataset_name"}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> SplitInfo:
        """The inverse of :meth:`to_dict`; unknown keys are passed over."""
        return cls(**{key: value for key, value in data.items() if key in cls.__dataclass_fields__})

    def __repr__(self) -> str:
        defaults = SplitInfo()
        shown = [f"{key}={value!r}" for key, value in asdict(self).items() if key == "name" or value != getattr(defaults, key)]
        return f"SplitInfo({', '.join(shown)})"


@dataclass(frozen=True)
class SubSplitInfo:
    """Size and files of a part of a split, such as ``train[75%:]``.

    Args:
        instructions: what says how many rows the part has and where they lie: has ``num_examples`` and
            ``file_instructions``.
    """

    instructions: Any

    @property
    def num_examples(self) -> int:
        """Number of rows of the part."""
        return int(self.instructions.num_examples)

    @property
    def file_instructions(self) -> Any:
        """The files that hold the rows, and which rows of each."""
        return self.instructions.file_instructions


class SplitDict(dict[str, SplitInfo]):
    """Split name -> :class:`SplitInfo`, in order.

    Raises:
        UnknownSplitError: (a ``KeyError``) a split is asked for that is not there.
    """

    def __init__(self, *args: Any, dataset_name: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.dataset_name = dataset_name

    def __missing__(self, key: str) -> SplitInfo:
        raise unknown(UnknownSplitError, "split", key, self)

    def __setitem__(self, key: str, value: SplitInfo) -> None:
        if key != value.name:
            raise ArgumentError(f"Split {value.name!r} cannot be filed under the name {key!r}.")
        super().__setitem__(str(key), value)

    def __reduce__(self) -> tuple[Any, ...]:
        return _split_dict, (dict(self), self.dataset_name)

    def add(self, split_info: SplitInfo) -> None:
        """Add a split.

        Raises:
            ArgumentError: (a ``ValueError``) there is one of this name.
        """
        if split_info.name in self:
            raise ArgumentError(f"There is a split {str(split_info.name)!r} already.")
        split_info.dataset_name = self.dataset_name
        self[split_info.name] = split_info

    @property
    def total_num_examples(self) -> int:
        """Rows of all splits together."""
        return sum(info.num_examples for info in self.values())

    @property
    def total_num_bytes(self) -> int:
        """Bytes of all splits together."""
        return sum(info.num_bytes for info in self.values())

    @classmethod
    def from_split_dict(cls, split_infos: Any, dataset_name: str | None = None) -> SplitDict:
        """A SplitDict from a list or a dict of infos or of their JSON."""
        items = list(split_infos.values() if isinstance(split_infos, Mapping) else split_infos)
        infos = [item if isinstance(item, SplitInfo) else SplitInfo.from_dict(item) for item in items]
        if dataset_name is None and infos:
            dataset_name = infos[0].dataset_name
        return cls({str(info.name): info for info in infos}, dataset_name=dataset_name)

    def to_split_dict(self) -> list[SplitInfo]:
        """The infos as a list, each with the name of the dataset."""
        for info in self.values():
            info.dataset_name = self.dataset_name if self.dataset_name is not None else info.dataset_name
        return list(self.values())

    def copy(self) -> SplitDict:
        """A copy with infos of its own."""
        infos = {name: SplitInfo(**asdict(info)) for name, info in self.items()}
        return SplitDict(infos, dataset_name=self.dataset_name)


def _split_dict(infos: dict[str, SplitInfo], dataset_name: str | None) -> SplitDict:
    return SplitDict(infos, dataset_name=dataset_name)


@dataclass
class SplitGenerator:
    """A split that a builder makes: its name and the arguments of the builder's generator.

    Args:
        name: of the split, a ``Split`` or text.
        gen_kwargs: keyword arguments for ``_generate_examples`` or ``_generate_tables``; lists in them are shards.
    """

    name: str
    gen_kwargs: dict[str, Any] = field(default_factory=dict)
    split_info: SplitInfo = field(init=False)

    def __post_init__(self) -> None:
        self.name = str(NamedSplit(self.name))
        self.split_info = SplitInfo(name=self.name)
