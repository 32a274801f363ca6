"""Sentence pairs of WMT: each kind of file, what does not fit, and which corpora a pair takes."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from nlpdata.builder.wmt import CORPORA, Pairs, WmtBuilder, pair_configs, read_pairs
from nlpdata.errors import ArgumentError, BuildError, UnknownConfigError
from nlpdata.fetch.manager import DownloadManager


class Years(WmtBuilder):
    """A task with two languages."""

    BUILDER_CONFIGS = pair_configs("de-en ro-en")
    SUBSETS = {"train": "commoncrawl setimes_2", "test": "newstest2016"}


def written(folder: Path, label: str, *texts: str) -> Pairs:
    """Files of German, or of both languages, and English."""
    paths = []
    for number, text in enumerate(texts):
        path = folder / f"{number}-{Path(label).name}"
        data = text.encode()
        path.write_bytes(gzip.compress(data) if label.endswith(".gz") else data)
        paths.append(str(path))
    return Pairs("made-up", label, ("de", "en"), tuple(paths))


def read(pairs: Pairs) -> list[tuple[str, str]]:
    return [(pair["de"], pair["en"]) for pair in read_pairs(pairs)]


@pytest.mark.parametrize("label", ["news.de", "news.de.gz"])
def test_lines_stay_in_step_over_a_lone_carriage_return(tmp_path: Path, label: str) -> None:
    pairs = written(tmp_path, label, "eins\rund  \nzwei\r\n", "one\ntwo\n")
    assert read(pairs) == [("eins\rund", "one"), ("zwei", "two")]


def test_segments_keep_their_spaces_and_references(tmp_path: Path) -> None:
    source = '<srcset>\n<doc>\n<seg id="1"> A &amp; B </seg>\n  <seg id="2">zwei</seg>\n</doc>\n'
    pairs = written(tmp_path, "dev/test-deen-src.de.sgm", source, '<seg id="1">a</seg>\n<seg id="2">two</seg>\n')
    assert read(pairs) == [(" A &amp; B ", "a"), ("zwei", "two")]


@pytest.mark.parametrize(
    ("label", "line"), [("news.de-en.tsv.gz", "{}\t{}\n"), ("news.de-en.tsv", "{}\t{}\n"), ("wiki.de-en", "{} ||| {}\n")]
)
def test_tables_of_two_columns(tmp_path: Path, label: str, line: str) -> None:
    text = line.format("eins", "one") + "ein Feld\n" + line.format("zu", line.format("viele", "fields").strip())
    assert read(written(tmp_path, label, text)) == [("eins", "one")]


def test_translation_units(tmp_path: Path) -> None:
    unit = '<tu><tuv xml:lang="EN"><seg>one</seg></tuv><tuv xml:lang="{}"><seg>eins</seg></tuv></tu>'
    known = written(tmp_path, "en-de.tmx.gz", f"<tmx><body>{unit.format('de')}</body></tmx>")
    assert read(known) == [("eins", "one")]
    other = written(tmp_path, "en-de.tmx.gz", f"<tmx><body>{unit.format('fr')}</body></tmx>")
    with pytest.raises(BuildError, match=r"should have de and en; its languages: en, fr"):
        read(other)


@pytest.mark.parametrize(("label", "line"), [("news.de", "x\n"), ("src.de.sgm", '<seg id="1">x</seg>\n')])
def test_sides_of_different_length_are_refused(tmp_path: Path, label: str, line: str) -> None:
    with pytest.raises(BuildError, match=r"has 2 lines, but .* has more"):
        read(written(tmp_path, label, line * 2, line * 3))


def test_a_pair_takes_the_corpora_that_have_it() -> None:
    chosen = {config: Years(config_name=config)._chosen() for config in ("de-en", "ro-en")}
    assert chosen["de-en"] == {"train": ["commoncrawl"], "test": ["newstest2016"]}
    assert chosen["ro-en"] == {"train": ["setimes_2"], "test": ["newstest2016"]}
    assert CORPORA["newscommentary_v14"].named(("zh", "en"))[1][0][0].endswith("v14.en-zh.tsv.gz")


def test_what_the_user_chooses_is_checked() -> None:
    given = Years(language_pair=("fr", "en"), subsets={"validation": ["newstest2013"]})
    assert given._chosen() == {"validation": ["newstest2013"]} and list(given.info.features["translation"].languages) == [
        "fr",
        "en",
    ]
    with pytest.raises(UnknownConfigError, match="newstest2013"):
        Years(language_pair=("fr", "en"), subsets={"validation": ["newtest2013"]})._split_generators(DownloadManager())
    with pytest.raises(BuildError, match="No corpus has the languages gu and en"):
        Years(language_pair=("gu", "en"))._split_generators(DownloadManager())
    with pytest.raises(ArgumentError, match="two languages"):
        Years(language_pair=("de",))
