"""What a metric says about itself, in the names of HF ``datasets`` and ``evaluate``, and in a few words.

Knows: the fields of MetricInfo. Does not know: how anything is computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from nlpdata._info_field import InfoField
from nlpdata.scoring.info import MetricInfo


class Described(ABC):
    """The fields of ``info`` as properties."""

    config_name: str
    experiment_id: str
    _name: str

    @abstractmethod
    def _info(self) -> MetricInfo:
        """Description, citation and input schema."""

    @cached_property
    def info(self) -> MetricInfo:
        """What the metric says about itself."""
        info = self._info()
        info.metric_name = info.metric_name or self._name
        info.config_name, info.experiment_id = self.config_name, self.experiment_id
        return info

    description = InfoField[str]("What it measures.")
    citation = InfoField[str]("How to cite it.")
    features = InfoField[Any]("Inputs and their types.")
    inputs_description = InfoField[str]("Parameters and an example.")
    homepage = InfoField[str]("Where it comes from.")
    license = InfoField[str]("License of the metric.")
    codebase_urls = InfoField[list[str]]("Implementations.")
    reference_urls = InfoField[list[str]]("Papers and explanations.")
    format = InfoField[str | None]("Format that ``_compute`` gets its columns in.")


def first_sentence(text: str) -> str:
    """The first sentence of a description, in one line."""
    first = " ".join(text.split()).partition(". ")[0].rstrip(".")
    return f"{first[:200]}." if first else "(no description)"


def schema(features: Any, names: tuple[str, ...]) -> str:
    """Inputs and their types, for instance ``predictions: int64``; several choices are set apart by "or"."""
    choices = features if isinstance(features, list) else [features or {}]
    return " or ".join(", ".join(f"{n}: {_short(c[n])}" if n in c else n for n in names) for c in choices)


def _short(feature: Any) -> str:
    if isinstance(feature, Mapping):
        return "{" + ", ".join(f"{name}: {_short(part)}" for name, part in feature.items()) + "}"
    inner = getattr(feature, "feature", None)
    if inner is not None:
        return f"[{_short(inner)}]"
    return str(getattr(feature, "dtype", None) or feature)
