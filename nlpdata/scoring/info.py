"""What a metric says about itself.

Knows: the fields of MetricInfo and its JSON file. Does not know: how anything is computed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlpdata.errors import CorruptFileError

if TYPE_CHECKING:
    from nlpdata.features import Features

FILE_NAME = "metric_info.json"


@dataclass
class MetricInfo:
    """Description, citation and input schema of a metric.

    Attributes:
        description: what it measures.
        citation: how to cite it, usually BibTeX.
        features: the inputs and their types, one column per input; a list of Features where there are several choices.
        inputs_description: its parameters and an example.
        homepage, license: where it comes from.
        codebase_urls, reference_urls: implementations and papers.
        streamable: whether it can be computed without all rows at once.
        format: the format ``_compute`` gets its columns in: None (Python lists), ``"numpy"``, ...
        metric_name, config_name, experiment_id: filled in by the metric.
        module_type: what ``evaluate`` calls it: ``"metric"``, ``"comparison"`` or ``"measurement"``.
    """

    description: str = ""
    citation: str = ""
    features: Features | list[Features] | None = None
    inputs_description: str = ""
    homepage: str = ""
    license: str = ""
    codebase_urls: list[str] = field(default_factory=list)
    reference_urls: list[str] = field(default_factory=list)
    streamable: bool = False
    format: str | None = None
    metric_name: str | None = None
    config_name: str | None = None
    experiment_id: str | None = None
    module_type: str = "metric"

    def to_dict(self) -> dict[str, Any]:
        """The fields as JSON values."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        if isinstance(self.features, list):
            values["features"] = [choice.to_dict() for choice in self.features]
        elif self.features is not None:
            values["features"] = self.features.to_dict()
        return values

    @classmethod
    def from_dict(cls, metric_info_dict: Mapping[str, Any]) -> MetricInfo:
        """A MetricInfo from :meth:`to_dict`; keys it does not know are left out."""
        from nlpdata.features import Features

        known = {f.name for f in fields(cls)}
        values = {key: value for key, value in metric_info_dict.items() if key in known}
        found = values.get("features")
        if isinstance(found, list):
            values["features"] = [Features.from_dict(choice) for choice in found]
        elif found is not None:
            values["features"] = Features.from_dict(found)
        return cls(**values)

    def write_to_directory(self, metric_info_dir: str | os.PathLike[str], pretty_print: bool = False) -> None:
        """Write ``metric_info.json`` into an existing folder."""
        text = json.dumps(self.to_dict(), indent=4 if pretty_print else None)
        Path(metric_info_dir, FILE_NAME).write_text(text, encoding="utf-8")

    @classmethod
    def from_directory(cls, metric_info_dir: str | os.PathLike[str]) -> MetricInfo:
        """Read ``metric_info.json`` of a folder.

        Raises:
            FileNotFoundError: there is no such file.
            CorruptFileError: it is not what :meth:`write_to_directory` writes.
        """
        path = Path(metric_info_dir, FILE_NAME)
        try:
            return cls.from_dict(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError, AttributeError) as error:
            raise CorruptFileError(f"{path} is not the description of a metric: {error}") from error
