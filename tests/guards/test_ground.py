"""Errors, settings and the registry: what every room stands on."""

from __future__ import annotations

import inspect as python_inspect

import pytest

from nlpdata import _optional, _report, errors
from nlpdata.settings import TABLE, parse_bytes, settings


def all_errors() -> list[type[errors.NlpdataError]]:
    return [c for _, c in python_inspect.getmembers(errors, python_inspect.isclass) if issubclass(c, errors.NlpdataError)]


def test_the_tree_in_the_docstring_is_the_tree_in_the_code() -> None:
    drawn = errors.__doc__ or ""
    assert not [c.__name__ for c in all_errors() if c.__name__ not in drawn]
    for line in drawn.splitlines():
        name = line.strip("│ ├└─").partition(" ")[0]
        if name.endswith("Error") and "(" in line:
            builtins_named = line.partition("(")[2].partition(")")[0].split(", ")
            kind = getattr(errors, name)
            assert all(b in [c.__name__ for c in kind.__mro__] for b in builtins_named), line


@pytest.mark.parametrize("kind", all_errors(), ids=lambda c: c.__name__)
def test_every_error_prints_its_message_as_it_is(kind: type[errors.NlpdataError]) -> None:
    assert str(kind("asked x, found y, do z")) == "asked x, found y, do z"


def test_unknown_names_the_closest() -> None:
    error = errors.unknown(errors.UnknownSplitError, "split", "trian", ["train", "test"])
    assert isinstance(error, KeyError)
    assert "Did you mean 'train'?" in str(error)


def test_settings_are_read_from_the_environment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = type(settings)()
    monkeypatch.setenv("NLPDATA_BATCH_BYTES", "2MiB")
    assert fresh.batch_bytes == 2 * 2**20
    monkeypatch.setenv("NLPDATA_BATCH_BYTES", "4MiB")
    assert fresh.batch_bytes == 2 * 2**20


def test_a_wrong_setting_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NLPDATA_SHARD_BYTES", "many")
    with pytest.raises(errors.ArgumentError, match="NLPDATA_SHARD_BYTES"):
        type(settings)().shard_bytes


def test_override_puts_values_back_and_refuses_unknown_names() -> None:
    before = settings.max_retries
    with settings.override(max_retries=before + 1):
        assert settings.max_retries == before + 1
    assert settings.max_retries == before
    with pytest.raises(errors.ArgumentError, match="max_retries"):
        settings.set(max_retry=1)


def test_the_table_is_sorted_and_named_after_its_variables() -> None:
    assert [row.name for row in TABLE] == sorted(row.name for row in TABLE)
    assert all(row.variable == f"NLPDATA_{row.name.upper()}" for row in TABLE)


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("1.5GB", 1_500_000_000), ("32 MiB", 2**25), ("10B", 10)])
def test_sizes(text: str, size: int) -> None:
    assert parse_bytes(text) == size


def test_registry_finds_aliases_and_suggests() -> None:
    registry = _optional.Registry("format", errors.UnknownFormatError)
    registry.register("numpy", "json:dumps", aliases=("np",))
    assert registry.canonical("np") == "numpy"
    assert registry.load("np")([1]) == "[1]"
    with pytest.raises(errors.UnknownFormatError, match="Did you mean 'numpy'"):
        registry.load("nunpy")


def test_a_missing_package_says_the_command() -> None:
    with pytest.raises(errors.MissingPackageError, match=r"pip install 'nlpdata\[torch\]'"):
        _optional.load("a_package_that_is_not_there", extra="torch")


def test_warn_once_warns_once() -> None:
    with pytest.warns(UserWarning, match="only this once"):
        _report.warn_once("only this once")
    _report.warn_once("only this once")
