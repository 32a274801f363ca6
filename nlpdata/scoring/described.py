"""What a metric says about itself, in the names of HF ``datasets`` and ``evaluate``, and in a few words.

Knows: the fields of MetricInfo. Does not know: how anything is computed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import Any

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

    @property
    def description(self) -> str:
        """What it measures."""
        return self.info.description

    @property
    def citation(self) -> str:
        """How to cite it."""
        return self.info.citation

    @property
    def features(self) -> Any:
        """Inputs and their types."""
        return self.info.features

    @property
    def inputs_description(self) -> str:
        """Parameters and an example."""
        return self.info.inputs_description

    @property
    def homepage(self) -> str:
        """Where it comes from."""
        return self.info.homepage

    @property
    def license(self) -> str:
        """License of the metric."""
        return self.info.license

    @property
    def codebase_urls(self) -> list[str]:
        """Implementations."""
        return self.info.codebase_urls

    @property
    def reference_urls(self) -> list[str]:
        """Papers and explanations."""
        return self.info.reference_urls

    @property
    def format(self) -> str | None:
        """Format that ``_compute`` gets its columns in."""
        return self.info.format


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
