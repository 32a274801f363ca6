"""The contract of a metric: rows go in batch by batch, a score comes out.

Knows: how inputs, settings and parameters are told apart, what is kept between batches, how states merge, the signature.
Does not know: any metric; where scripts lie; processes and ranks.

A metric is a sum. A subclass gives ``_info()`` and either

* ``stats(predictions, references, *, setting=default)`` -> anything with ``+`` (a NumPy array, LabelCounts, Mean, ...) and
  ``score(total, *, parameter=default)`` -> ``{name: value}``. Only the sum is kept: memory does not grow with the rows, and any
  partition and order of the rows gives the same score. Required arguments of ``stats`` are the inputs, the others settings.
* or ``_compute(predictions, references, *, parameter=default)`` -> ``{name: value}``, which gets all rows at once, as scripts
  for HF ``datasets`` and ``evaluate`` are written. Its inputs are the columns of ``_info().features``.

Where an interval or the score of each row is asked for, the statistics of each row are kept beside their sum
(:mod:`nlpdata.scoring.samples`).
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import Any, ClassVar, TypeAlias

from nlpdata.errors import ArgumentError, ScriptError, UnknownConfigError, did_you_mean, unknown
from nlpdata.scoring.bootstrap import Asked, intervals, per_example
from nlpdata.scoring.described import Described, first_sentence, schema
from nlpdata.scoring.info import MetricInfo
from nlpdata.scoring.inputs import check_lengths
from nlpdata.scoring.result import Result, Signature, described, plain
from nlpdata.scoring.rows import Rows
from nlpdata.scoring.samples import sample_of
from nlpdata.scoring.state import State

__all__ = ["Metric", "MetricInfo", "State"]

NO_CONFIG = "default"
Pairs: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Arguments:
    """Names that a function takes: required ones, those with a default, and whether it takes any other."""

    required: tuple[str, ...]
    defaults: Mapping[str, Any]
    open: bool


@lru_cache(maxsize=256)
def _arguments(function: Any) -> _Arguments:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    named = [p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
    return _Arguments(
        tuple(p.name for p in named if p.default is p.empty),
        {p.name: p.default for p in named if p.default is not p.empty},
        any(p.kind is p.VAR_KEYWORD for p in parameters),
    )


class Metric(Described):
    """Base class of metrics; see the module for what a subclass gives.

    Args:
        config_name: configuration, for metrics that have some.
        num_process, process_id: accepted for one process; states of several processes are joined with :meth:`merge`.
        experiment_id: a name of your own, carried along.
        keep_in_memory, cache_dir, seed: accepted for scripts of HF ``datasets``; nothing is written, nothing is drawn.
        options: settings and parameters that differ from the defaults in every ``compute``; ``confidence``, ``per_example``,
            ``resamples`` and ``resample_seed`` as in :meth:`compute`, which make it keep the statistics of every row added.

    Raises:
        UnknownConfigError: the metric has no such configuration, or needs one.
        ArgumentError: an option the metric does not have.
    """

    VERSION: ClassVar[str] = ""
    """Changes when the same inputs give another number."""

    CONFIGS: ClassVar[tuple[str, ...]] = ()
    """Names of the configurations, one of which must be chosen; empty: anything goes."""

    LIBRARIES: ClassVar[tuple[str, ...]] = ()
    """Distributions that compute the score; ``("sacrebleu",)`` adds ``sacrebleu_version`` to the signature."""

    ROW_SETTINGS: ClassVar[frozenset[str]] = frozenset({"sample_weight"})
    """Settings of ``stats`` that hold one value per row."""

    def __init__(
        self,
        config_name: str | None = None,
        keep_in_memory: bool = False,
        cache_dir: str | None = None,
        num_process: int = 1,
        process_id: int = 0,
        seed: int | None = None,
        experiment_id: str | None = None,
        **options: Any,
    ) -> None:
        self.config_name = config_name or NO_CONFIG
        self.experiment_id = experiment_id or "default_experiment"
        self._name = _snake_case(type(self).__name__)
        self._version = self.VERSION
        self._state: State | None = None
        self._source: str | None = None
        self._given = options
        self._options = options
        _check_processes(num_process)
        self._check_config()
        self._asked, self._options = self._ask(options)
        if not self.additive:
            self.info  # noqa: B018 - scripts check their configuration here
        if rows := self._split(self._options)[0]:
            raise ArgumentError(f"{', '.join(rows)} is about rows: give it to compute or add_batch.")

    # What a subclass gives, besides ``_info``.

    def stats(self, *args: Any, **columns: Any) -> Any:
        """The statistics of one batch; those of two batches are joined with ``+``. Unless overridden: the rows themselves."""
        return Rows.of(columns, self.info.features)

    def score(self, total: Any, *args: Any, **parameters: Any) -> Mapping[str, Any]:
        """The scores that follow from the sum of all statistics. Unless overridden: ``_compute`` of the rows."""
        columns = {name: total.column(name, self.info.format) for name in self._inputs}
        return self._compute(**columns, **parameters)

    def _compute(self, *args: Any, **arguments: Any) -> Mapping[str, Any]:
        """The scores of all rows at once, for metrics that do not add up."""
        raise ScriptError(f"The metric {self.name!r} has neither stats and score nor _compute; it needs one of them.")

    def _download_and_prepare(self, dl_manager: Any) -> None:
        """Fetch what the metric needs (models, word lists). Unless overridden: nothing."""

    # What a user calls.

    def compute(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> Result:
        """The scores of all rows added so far and of those given here; after it the metric is empty again.

        If it fails, the rows added before stay and those given here are not added.

        Args:
            predictions: rows to score, as in :meth:`add_batch`; may be left out after :meth:`add_batch`.
            references: what they should have been.
            kwargs: other inputs; settings (with the rows they are about); parameters of the score, such as ``average=``. And
                for every metric: ``confidence=0.95`` fills ``result.intervals`` (bootstrap over rows); ``resamples=1000`` and
                ``resample_seed=`` say how; ``per_example=True`` fills ``result.per_example``, the score of each row.

        Raises:
            ArgumentError: no rows at all, columns of different lengths, an unknown parameter; an interval over rows that were
                added before it was asked for.
            FeatureError: values that are no labels, numbers or texts; says the row.
        """
        asked, kwargs = self._ask(kwargs)
        columns, settings, parameters = self._split({"predictions": predictions, "references": references, **kwargs})
        state = self._state
        if columns:
            batch = self._measure(columns, settings, keep=asked.rows)
            state = batch if state is None else state + batch
        elif late := [name for name, value in settings.items() if value is not None]:
            raise ArgumentError(f"{', '.join(late)} is about rows: give it to add_batch together with them.")
        if state is None or state.rows == 0:
            raise ArgumentError(f"There are no rows to score. Give {' and '.join(self._inputs)}, or call add_batch before.")
        result = self.scored(state, parameters, asked)
        self.reset()
        return result

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Add rows. An additive metric keeps only the sum of their statistics, the others keep the rows.

        Args:
            predictions: one value per row: a list, NumPy, Arrow, torch, pandas, polars, a dataset column.
            references: what they should have been, in the same order.
            kwargs: other inputs, and settings such as ``sample_weight=``.

        Raises:
            ArgumentError: a missing input, columns of different lengths, an unknown setting.
            FeatureError: values that do not fit; says the row of this batch. Nothing of the batch is added.
        """
        columns, settings, parameters = self._split({"predictions": predictions, "references": references, **kwargs})
        if late := [name for name in parameters if name in kwargs]:
            raise ArgumentError(f"{', '.join(late)} is about the score: give it to compute.")
        batch = self._measure(columns, settings, keep=self._asked.rows)
        self._state = batch if self._state is None else self._state + batch

    def add(self, *, prediction: Any = None, reference: Any = None, **kwargs: Any) -> None:
        """Add one row. ``add_batch`` is much faster where there are several."""
        rows = {"predictions": prediction, "references": reference, **kwargs}
        per_row = {*self._inputs, *self.ROW_SETTINGS}
        self.add_batch(**{name: [value] if name in per_row else value for name, value in rows.items() if value is not None})

    def merge(self, other: Metric | State) -> Metric:
        """Add the rows that another metric of the same kind has seen (in another thread, process or rank); returns self.

        Args:
            other: the metric, which stays as it is, or its :attr:`state`.

        Raises:
            ArgumentError: it is another metric, configuration or version, or was filled with other settings.
        """
        state = other.state if isinstance(other, Metric) else other
        if state is None:
            return self
        if self._state is not None:
            self._state = self._state + state
        elif difference := self._signature(state.signature.parameters).difference(state.signature):
            raise ArgumentError(f"These rows are of another metric; it differs in {'; '.join(difference)}.")
        else:
            self._state = state
        return self

    def emptied(self) -> Metric:
        """A metric of the same kind, configuration and options, without rows."""
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__, _state=None)
        return other

    def takes(self, rows_only: bool = False) -> frozenset[str] | None:
        """Names that ``compute`` takes (or, with ``rows_only``, ``add`` and ``add_batch``); None: any."""
        singular = {name.removesuffix("s") for name in self._inputs if name in ("predictions", "references")}
        rows = {*self._inputs, *self._setting_defaults, *(singular if rows_only else ())}
        if rows_only:
            return frozenset(rows)
        own = self._parameters
        asked = {f.name for f in fields(Asked)}
        return None if own.open else frozenset({*rows, *asked, *own.defaults, *own.required[self._has_stats :]})

    def measured(self, **given: Any) -> tuple[State, dict[str, Any]]:
        """The state of these rows, with the statistics of each, and the parameters among the arguments.

        The metric stays as it is; ``scored`` makes a result of both.
        """
        columns, settings, parameters = self._split(given)
        return self._measure(columns, settings, keep=True), parameters

    def scored(self, state: State, parameters: Mapping[str, Any] | None = None, asked: Asked | None = None) -> Result:
        """The scores of a state; the metric stays as it is.

        Args:
            state: of this metric.
            parameters: those of the score; the metric's options are not looked up.
            asked: intervals or scores per row, if wanted.
        """
        parameters = parameters or {}
        values = self.score(state.total, **parameters)
        if not isinstance(values, Mapping):
            raise ScriptError(f"The metric {self.name!r} computed a {type(values).__name__}; a dict of scores is needed.")
        signature = self._signature(self._described_parameters(parameters), state.signature.parameters)
        result = Result({name: plain(value) for name, value in values.items()}, signature)
        if asked is not None and asked.rows:
            sample, score = state.rows_kept(), partial(self.score, **parameters)
            if asked.confidence is not None:
                result.intervals = intervals(sample, score, result, asked)
            if asked.per_example:
                result.per_example = per_example(sample, score, result)
        return result

    def identify(self, name: str, sha256: str, source: str | None = None) -> None:
        """Take the name of the script it was loaded from; without a VERSION, the start of the script's hash is the version.

        Args:
            name: of the script.
            sha256: of the script.
            source: what ``load_metric`` finds the script by, in this process or another.
        """
        self._name = name
        self._source = source
        self._version = self.VERSION or f"sha256:{sha256[:12]}"
        if "info" in self.__dict__:
            self.info.metric_name = name

    def reset(self) -> None:
        """Forget all rows."""
        self._state = None

    def download_and_prepare(self, download_config: Any = None, dl_manager: Any = None) -> None:
        """Fetch what the metric needs; most need nothing."""
        if type(self)._download_and_prepare is Metric._download_and_prepare:
            return
        if dl_manager is None:
            from nlpdata.fetch.manager import DownloadManager

            dl_manager = DownloadManager(dataset_name=self.name, download_config=download_config)
        self._download_and_prepare(dl_manager)

    # What it says about itself.

    @property
    def state(self) -> State | None:
        """What was added since the last ``compute``; None if nothing was. Small for additive metrics, and picklable."""
        return self._state

    @property
    def signature(self) -> Signature:
        """Name, version, configuration and parameters that change the number, as ``compute()`` would use them now."""
        settings = self._state.signature.parameters if self._state else self._described_settings({})
        return self._signature(self._described_parameters(self._split({})[2]), settings)

    @property
    def additive(self) -> bool:
        """Whether only a sum is kept between batches, so that memory does not grow with the rows."""
        return self._has_stats

    @property
    def config(self) -> str | None:
        """The configuration that was chosen; None if none was. (Scripts of HF libraries see ``config_name`` "default" then.)"""
        return None if self.config_name == NO_CONFIG else self.config_name

    @property
    def name(self) -> str:
        """Name of the metric."""
        return self._name

    @property
    def streamable(self) -> bool:
        """Whether rows can go in without being kept."""
        return self.additive or self.info.streamable

    def __repr__(self) -> str:
        own = {**self._parameters.defaults, **self._setting_defaults, **self._options}
        config = f", config_name={self.config!r}" if self.config else ""
        rows = self._state.rows if self._state else 0
        lines = [
            f"Metric(name={self.name!r}{config}, version={self._version!r}, rows={rows})",
            f"  measures: {first_sentence(self.description)}",
            f"  inputs: {schema(self.features, self._inputs)}",
            f"  parameters: {', '.join(f'{n}={v!r}' for n, v in own.items()) or 'none'}",
            f"  keeps: {'a sum of statistics' if self.additive and not self._asked.rows else 'all rows'}",
            *(f"  {line}" for line in self.inputs_description.strip().splitlines()),
        ]
        return "\n".join(lines)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """A loaded metric pickles as what it was loaded from, for its class lives in a script."""
        if self._source is None:
            return super().__reduce_ex__(protocol)
        from nlpdata.scoring.load import revived

        return revived, (self._source, self.config, self.experiment_id, self._given, self._state)

    # Inside.

    @property
    def _has_stats(self) -> bool:
        return type(self).stats is not Metric.stats

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the inputs, which hold one value per row."""
        return self._inputs

    @property
    def _inputs(self) -> tuple[str, ...]:
        if self._has_stats:
            return _arguments(type(self).stats).required
        features = self.info.features
        columns = features[0] if isinstance(features, list) else features
        return tuple(columns) if columns else ("predictions", "references")

    @property
    def _setting_defaults(self) -> Mapping[str, Any]:
        return _arguments(type(self).stats).defaults if self._has_stats else {}

    @property
    def _parameters(self) -> _Arguments:
        """What the function that makes the score takes."""
        kind = type(self)
        return _arguments(kind.score if kind.score is not Metric.score else kind._compute)

    def _check_config(self) -> None:
        if self.CONFIGS and self.config is None:
            known = ", ".join(self.CONFIGS)
            call = f"load_metric({self._name!r}, {self.CONFIGS[0]!r})"
            raise UnknownConfigError(f"The metric {self._name!r} needs a configuration. Known: {known}. For example: {call}.")
        if self.CONFIGS and self.config_name not in self.CONFIGS:
            raise unknown(
                UnknownConfigError, f"configuration of the metric {self._name!r} named", str(self.config_name), self.CONFIGS
            )

    def _ask(self, given: Mapping[str, Any]) -> tuple[Asked, dict[str, Any]]:
        """What is asked for besides the score, and the rest of what was given. Names that the metric takes are its own."""
        own = {*self._inputs, *self._setting_defaults, *self._parameters.defaults, *self._parameters.required}
        names = {f.name for f in fields(Asked)} - own
        found = {name: value for name, value in given.items() if name in names}
        if not found and given is not self._given:
            return self._asked, dict(given)
        before = {name: value for name, value in self._given.items() if name in names}
        return Asked(**{**before, **found}), {name: value for name, value in given.items() if name not in names}

    def _split(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """What was given as inputs, settings and parameters, the latter with this metric's options below them.

        Raises:
            ArgumentError: a name that is none of these.
        """
        inputs, settings, scoring = self._inputs, self._setting_defaults, self._parameters
        parameters = {n: v for n, v in self._options.items() if n not in settings}
        columns, chosen = {}, {}
        for name, value in given.items():
            if value is None and (name in inputs or name in ("predictions", "references")):
                continue
            if name in inputs:
                columns[name] = value
            elif name in settings:
                chosen[name] = value
            elif name in scoring.defaults or name in scoring.required[self._has_stats :] or scoring.open:
                parameters[name] = value
            else:
                known = [*inputs, *settings, *scoring.defaults]
                hint = did_you_mean(name, known)
                raise ArgumentError(f"The metric {self.name!r} takes no {name!r}.{hint} Known: {', '.join(known)}.")
        return columns, chosen, parameters

    def _measure(self, columns: Mapping[str, Any], settings: Mapping[str, Any], keep: bool) -> State:
        """The statistics of one batch; with those of each row if they are to be kept."""
        missing = [name for name in self._inputs if name not in columns]
        if missing:
            raise ArgumentError(
                f"The metric {self.name!r} needs {' and '.join(self._inputs)}; {' and '.join(missing)} is missing."
            )
        columns = {name: _materialized(values) for name, values in columns.items()}
        settings = {**{n: v for n, v in self._options.items() if n in self._setting_defaults}, **settings}
        per_row = {n: _materialized(v) for n, v in settings.items() if n in self.ROW_SETTINGS and v is not None}
        rows = check_lengths({**columns, **per_row})
        signature = self._signature(self._described_settings(settings))
        for_all = {name: value for name, value in settings.items() if name not in per_row}
        if keep:
            return State(signature, rows, *sample_of(partial(self.stats, **for_all), {**columns, **per_row}, rows))
        return State(signature, rows, self.stats(**columns, **per_row, **for_all))

    def _signature(self, *pairs: Pairs) -> Signature:
        together = {name: text for some in (*pairs, _versions(self.LIBRARIES)) for name, text in some}
        return Signature(self.name, self.config, self._version, tuple(sorted(together.items())))

    def _described_settings(self, chosen: Mapping[str, Any]) -> Pairs:
        """Settings of ``stats`` as text; of those with one value per row, only whether they were given."""
        own = {name: value for name, value in self._options.items() if name in self._setting_defaults}
        values = {**self._setting_defaults, **own, **chosen}
        given = {name: "given" for name in self.ROW_SETTINGS & values.keys() if values[name] is not None}
        return tuple((name, described(value)) for name, value in {**values, **given}.items())

    def _described_parameters(self, chosen: Mapping[str, Any]) -> Pairs:
        """Parameters of the score as text."""
        values = {**self._parameters.defaults, **chosen}
        return tuple((name, described(value)) for name, value in values.items() if name not in self._inputs)


def _check_processes(num_process: int) -> None:
    if num_process != 1:
        raise ArgumentError(
            f"num_process={num_process}: each process has a metric of its own here. nlpdata.scoring.gather(metric) joins them; "
            "or send metric.state to one process, merge it there (metric.merge(state)) and compute."
        )


def _materialized(values: Any) -> Any:
    """A generator or other one-pass iterable as a list; everything else as it is."""
    return list(values) if hasattr(values, "__next__") else values


def _snake_case(name: str) -> str:
    """``BrierScore`` as ``brier_score``; without ``re``, whose first pattern would take a third of a first load."""
    result = name[:1]
    for before, here, after in zip(name, name[1:], [*name[2:], ""], strict=False):
        begins = here.isupper() and (before.islower() or before.isdigit() or (before.isupper() and after.islower()))
        result += f"_{here}" if begins else here
    return result.lower()


@lru_cache(maxsize=64)
def _versions(distributions: tuple[str, ...]) -> Pairs:
    """(name, installed version) of each; ``None`` where it is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    def found(name: str) -> str:
        try:
            return version(name)
        except PackageNotFoundError:
            return "None"

    return tuple((f"{name.replace('-', '_')}_version", found(name)) for name in distributions)
