"""Task templates, as scripts of ``datasets`` 1.7 to 2.21 pass them in ``DatasetInfo(task_templates=[...])``.

Knows: their names and fields, so that such scripts run. Does not know: what to do with them; a template is dropped by the
info it is handed to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from nlpdata.features import Features


@dataclass(frozen=True)
class TaskTemplate:
    """Which columns mean what, for one task. Fields end in ``_column`` and hold the dataset's own names."""

    task: ClassVar[str] = ""

    @property
    def column_mapping(self) -> dict[str, str]:
        """Column of the dataset -> what it means."""
        return {value: name.removesuffix("_column") for name, value in vars(self).items() if name.endswith("_column")}

    def align_with_features(self, features: Features) -> TaskTemplate:
        """The template as it is: nothing of it depends on the features."""
        del features
        return self

    @classmethod
    def from_dict(cls, template: Mapping[str, Any]) -> TaskTemplate:
        """A template of its fields; others are left out."""
        return cls(**{name: value for name, value in template.items() if name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class TextClassification(TaskTemplate):
    """A text and its class."""

    task: ClassVar[str] = "text-classification"
    text_column: str = "text"
    label_column: str = "labels"
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class QuestionAnsweringExtractive(TaskTemplate):
    """A question whose answers are spans of a context."""

    task: ClassVar[str] = "question-answering-extractive"
    question_column: str = "question"
    context_column: str = "context"
    answers_column: str = "answers"


@dataclass(frozen=True)
class Summarization(TaskTemplate):
    """A text and a summary of it."""

    task: ClassVar[str] = "summarization"
    text_column: str = "text"
    summary_column: str = "summary"


@dataclass(frozen=True)
class LanguageModeling(TaskTemplate):
    """Plain text."""

    task: ClassVar[str] = "language-modeling"
    text_column: str = "text"


@dataclass(frozen=True)
class AutomaticSpeechRecognition(TaskTemplate):
    """Speech and what is said."""

    task: ClassVar[str] = "automatic-speech-recognition"
    audio_column: str = "audio"
    transcription_column: str = "transcription"
    audio_file_path_column: str = "path"


@dataclass(frozen=True)
class AudioClassification(TaskTemplate):
    """A sound and its class."""

    task: ClassVar[str] = "audio-classification"
    audio_column: str = "audio"
    label_column: str = "labels"


@dataclass(frozen=True)
class ImageClassification(TaskTemplate):
    """A picture and its class."""

    task: ClassVar[str] = "image-classification"
    image_column: str = "image"
    label_column: str = "labels"
    label_schema: Mapping[str, Any] = field(default_factory=dict)
