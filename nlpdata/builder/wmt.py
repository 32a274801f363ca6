"""Sentence pairs of the WMT news translation tasks: a table of corpora, a reader for each kind of file, a builder.

Knows: where each corpus lies, which languages it has and how its files are read.
Does not know: which corpora the task of a year takes; its loader says so.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, ClassVar, cast

from nlpdata.builder.base import GeneratorBasedBuilder
from nlpdata.builder.config import BuilderConfig
from nlpdata.builder.shapes import aligned, parallel_lines, text_lines, xml_elements
from nlpdata.errors import ArgumentError, BuildError, UnknownConfigError, unknown
from nlpdata.features import Features, Translation
from nlpdata.fetch.manager import DownloadManager
from nlpdata.info import DatasetInfo, SupervisedKeysData
from nlpdata.splits import SplitGenerator

__all__ = ["CORPORA", "Corpus", "Pairs", "WmtBuilder", "WmtConfig", "pair_configs", "read_pairs"]

_HUB = "https://huggingface.co/datasets/wmt/"
_DEV = _HUB + "wmt19/resolve/main-zip/translation-task/dev.zip"
_FRDE = _HUB + "wmt19/resolve/main/translation-task/fr-de/bitexts/"
_COMMENTARY = "http://data.statmt.org/news-commentary/v14/training/news-commentary-v14."
_PARACRAWL = "https://s3.amazonaws.com/web-language-models/paracrawl/"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_SEGMENT = re.compile(r'\s*<seg id="\d+">(.*)</seg>')
_PAIR_IN_NAME = re.compile(r"([a-z]{2})-([a-z]{2})(?:\.tsv)?(?:\.gz)?$")


@dataclass(frozen=True, slots=True)
class Corpus:
    """Parallel texts of one origin.

    Attributes:
        sources: languages that it pairs with ``target``, separated by blanks.
        files: the source side and the target side, or one file with both: ``URL`` or ``URL!member of the archive there``,
            where ``{src}`` stands for the source language, and ``{first}-{second}`` for both in alphabetical order. A member
            may be a pattern of several files.
        target: the language that all pairs have.
    """

    sources: str
    files: tuple[str, ...]
    target: str = "en"

    def covers(self, pair: Iterable[str]) -> bool:
        """Whether it has these two languages."""
        others = set(pair) - {self.target}
        return len(others) == 1 and self.target in pair and others <= set(self.sources.split())

    def named(self, pair: Iterable[str]) -> tuple[str, list[tuple[str, str]]]:
        """For a pair that it covers: the source language, and (URL, member) of each file; a member may be empty."""
        (source,) = set(pair) - {self.target}
        first, second = sorted((source, self.target))
        spelt = [file.format(src=source, first=first, second=second).partition("!") for file in self.files]
        return source, [(url, member) for url, _, member in spelt]


def _lines(sources: str, url: str, member: str) -> Corpus:
    """Two files of lines; ``{lang}`` in ``member`` is the language of each."""
    return Corpus(sources, tuple(f"{_HUB}{url}!{member.replace('{lang}', side)}" for side in ("{src}", "en")))


def _news(sources: str, name: str) -> Corpus:
    """A development or test set: two SGML files."""
    return Corpus(sources, (f"{_DEV}!dev/{name}-{{src}}en-src.{{src}}.sgm", f"{_DEV}!dev/{name}-{{src}}en-ref.en.sgm"))


def _chinese(name: str) -> Corpus:
    """A corpus of the Chinese workshop: any number of pairs of files."""
    url = f"{_HUB}wmt18/resolve/main/cwmt-wmt/{name}.zip"
    return Corpus("zh", (f"{url}!{name}/*_c[hn].txt", f"{url}!{name}/*_en.txt"))


def _german(french: str, german: str) -> Corpus:
    return Corpus("fr", (_FRDE + french, _FRDE + german), target="de")


_ZIP = "resolve/main-zip/"
_TASK = "resolve/main-zip/translation-task/"

CORPORA: Mapping[str, Corpus] = {
    "casia2015": _chinese("casia2015"),
    "casict2011": _chinese("casict2011"),
    "casict2015": _chinese("casict2015"),
    "commoncrawl": _lines("cs de es fr ru", f"wmt13/{_ZIP}training-parallel-commoncrawl.zip", "commoncrawl.{src}-en.{lang}"),
    "commoncrawl_frde": _german("commoncrawl.fr.gz", "commoncrawl.de.gz"),
    "datum2015": _chinese("datum2015"),
    "datum2017": _chinese("datum2017"),
    "euelections_dev2019": Corpus(
        "fr", (f"{_DEV}!dev/euelections_dev2019.fr-de.src.fr", f"{_DEV}!dev/euelections_dev2019.fr-de.tgt.de"), target="de"
    ),
    "europarl_v7": _lines(
        "cs de es fr", f"wmt13/{_ZIP}training-parallel-europarl-v7.zip", "training/europarl-v7.{src}-en.{lang}"
    ),
    "europarl_v7_frde": _german("europarl-v7.fr.gz", "europarl-v7.de.gz"),
    "europarl_v8_16": _lines(
        "fi ro", f"wmt16/{_TASK}training-parallel-ep-v8.zip", "training-parallel-ep-v8/europarl-v8.{src}-en.{lang}"
    ),
    "europarl_v9": Corpus("cs de fi lt", (f"{_HUB}europarl/resolve/main/v9/training/europarl-v9.{{src}}-en.tsv.gz",)),
    "gigafren": _lines("fr", f"wmt10/{_ZIP}training-giga-fren.zip", "giga-fren.release2.fixed.{lang}.gz"),
    "multiun": _lines("es fr", f"wmt13/{_ZIP}training-parallel-un.zip", "un/undoc.2000.{src}-en.{lang}"),
    "neu2017": _chinese("neu2017"),
    "newscommentary_v9": _lines(
        "cs de fr ru", f"wmt14/{_ZIP}training-parallel-nc-v9.zip", "training/news-commentary-v9.{src}-en.{lang}"
    ),
    "newscommentary_v11": _lines(
        "cs de ru",
        f"wmt16/{_TASK}training-parallel-nc-v11.zip",
        "training-parallel-nc-v11/news-commentary-v11.{src}-en.{lang}",
    ),
    "newscommentary_v14": Corpus("cs de kk ru zh", (_COMMENTARY + "{first}-{second}.tsv.gz",)),
    "newscommentary_v14_frde": Corpus("fr", (_COMMENTARY + "de-fr.tsv.gz",), target="de"),
    "newsdev2014": _lines("hi", f"wmt19/{_TASK}dev.zip", "dev/newsdev2014.{lang}"),
    "newsdev2016": _news("ro tr", "newsdev2016"),
    "newsdev2019": _news("gu kk lt", "newsdev2019"),
    "newstest2013": _lines("cs de es fr ru", f"wmt19/{_TASK}dev.zip", "dev/newstest2013.{lang}"),
    "newstest2014": _news("cs de es fr hi ru", "newstest2014"),
    "newstest2015": _news("cs de fi ru", "newstest2015"),
    "newstest2016": _news("cs de fi ro ru tr", "newstest2016"),
    "newstest2018": _news("cs de et fi ru tr zh", "newstest2018"),
    "newstestB2016": Corpus(
        "fi", (f"{_DEV}!dev/newstestB2016-enfi-ref.{{src}}.sgm", f"{_DEV}!dev/newstestB2016-enfi-src.en.sgm")
    ),
    "paracrawl_v1_ru": Corpus(
        "ru",
        tuple(
            f"{_PARACRAWL}release1/{{0}}.tgz!{{0}}.{side}".replace("{0}", "paracrawl-release1.en-ru.zipporah0-dedup-clean")
            for side in ("ru", "en")
        ),
    ),
    "paracrawl_v3": Corpus("cs de fi lt", (_PARACRAWL + "release3/en-{src}.bicleaner07.tmx.gz",)),
    "paracrawl_v3_frde": _german("de-fr.bicleaner07.fr.gz", "de-fr.bicleaner07.de.gz"),
    "rapid_2016_ltfi": Corpus(
        "fi lt", ("https://tilde-model.s3-eu-west-1.amazonaws.com/rapid2016.en-{src}.tmx.zip!rapid2016.en-{src}.tmx",)
    ),
    "rapid_2019": Corpus(
        "de",
        tuple(
            f"https://s3-eu-west-1.amazonaws.com/tilde-model/rapid2019.de-en.zip!rapid2019.de-en.{side}"
            for side in ("de", "en")
        ),
    ),
    "setimes_2": Corpus("ro tr", ("https://opus.nlpl.eu/download.php?f=SETIMES/v2/tmx/en-{src}.tmx.gz",)),
    "uncorpus_v1": _lines("ru zh", f"uncorpus/{_ZIP}UNv1.0.en-{{src}}.zip", "en-{src}/UNv1.0.en-{src}.{lang}"),
    "wikiheadlines_fi": Corpus("fi", (f"{_HUB}wmt15/{_ZIP}wiki-titles.zip!wiki/fi-en/titles.fi-en",)),
    "wikiheadlines_hi": Corpus("hi", (f"{_HUB}wmt14/{_ZIP}wiki-titles.zip!wiki/hi-en/wiki-titles.hi-en",)),
    "wikiheadlines_ru": Corpus("ru", (f"{_HUB}wmt15/{_ZIP}wiki-titles.zip!wiki/ru-en/wiki.ru-en",)),
    "wikititles_v1": Corpus("cs de fi gu kk lt ru zh", (f"{_HUB}wikititles/resolve/main/v1/wikititles-v1.{{src}}-en.tsv.gz",)),
}


@dataclass(frozen=True, slots=True)
class Pairs:
    """Files of a corpus that are here.

    Attributes:
        name: of the corpus, with a number where there are several.
        label: name of the file at its source, which tells its kind.
        languages: of each path, or of the columns of the only one.
        paths: one or two.
    """

    name: str
    label: str
    languages: tuple[str, str]
    paths: tuple[str, ...]


def read_pairs(pairs: Pairs) -> Iterator[dict[str, str]]:
    """Each sentence in both languages, as the file has it; a side may be empty.

    Raises:
        BuildError: two files have different numbers of sentences, or one does not have its shape.
    """
    if len(pairs.paths) == 1:
        return _of_one_file(pairs)
    sides = dict(zip(pairs.languages, pairs.paths, strict=True))
    if pairs.label.endswith(".sgm"):
        return aligned(sides, {language: _segments(path) for language, path in sides.items()})
    lines = parallel_lines(sides, newline="\n")  # texts of the web have a lone carriage return here and there
    return ({language: line.rstrip() for language, line in both.items()} for both in lines)


def _of_one_file(pairs: Pairs) -> Iterator[dict[str, str]]:
    if re.search(r"\.tmx(\.gz)?$", pairs.label):
        return _translation_units(pairs)
    separator = "\t" if ".tsv" in pairs.label else "|||"
    rows = (line.split(separator) for line in text_lines(pairs.paths[0], newline="\n"))
    return (dict(zip(pairs.languages, map(str.strip, row), strict=True)) for row in rows if len(row) == len(pairs.languages))


def _segments(path: str) -> Iterator[str]:
    """The texts of an SGML file, spaces and references to characters left as they are."""
    return (found[1] for line in text_lines(path, newline="\n") if (found := _SEGMENT.match(line)))


def _translation_units(pairs: Pairs) -> Iterator[dict[str, str]]:
    for unit in xml_elements(pairs.paths[0], "tu"):
        texts = {variant.get(_LANGUAGE, "").lower(): variant.findtext("seg") or "" for variant in unit.iter("tuv")}
        if not texts.keys() >= set(pairs.languages):
            wanted, found = " and ".join(pairs.languages), ", ".join(texts) or "none"
            raise BuildError(f"{pairs.paths[0]}: a translation unit should have {wanted}; its languages: {found}.")
        yield {language: texts[language] for language in pairs.languages}


@dataclass
class WmtConfig(BuilderConfig):
    """A pair of languages.

    Attributes:
        language_pair: source and target, in the order of the column.
        subsets: split -> names of corpora, from :data:`CORPORA`; None takes those of the task.
    """

    language_pair: tuple[str, str] | None = None
    subsets: Mapping[str, list[str]] | None = None


def pair_configs(pairs: str, version: str = "1.0.0") -> list[WmtConfig]:
    """A configuration for each pair, such as ``"cs-en de-en"``."""
    described = ((pair, pair.split("-")) for pair in pairs.split())
    return [
        WmtConfig(name=pair, version=version, language_pair=(source, target), description=f"Languages {pair}.")
        for pair, (source, target) in described
    ]


class WmtBuilder(GeneratorBasedBuilder):
    """Builder of sentence pairs; a loader derives from it and says what its year has.

    Attributes:
        SUBSETS: split -> names of corpora; those that do not have a pair's languages are left out for it.
        ABOUT: description, citation, homepage and licence.
    """

    BUILDER_CONFIG_CLASS = WmtConfig
    SUBSETS: ClassVar[Mapping[str, str]] = {}
    ABOUT: ClassVar[Mapping[str, Any]] = {}

    def _info(self) -> DatasetInfo:
        pair = self._pair
        return DatasetInfo(
            features=Features(translation=Translation(list(pair))), supervised_keys=SupervisedKeysData(*pair), **self.ABOUT
        )

    @property
    def _pair(self) -> tuple[str, str]:
        pair = tuple(cast(WmtConfig, self.config).language_pair or ())
        if len(pair) != 2:
            raise ArgumentError(f"A pair is two languages, such as language_pair=('de', 'en'); not {pair!r}.")
        return pair

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        chosen = self._chosen()
        files = [file for names in chosen.values() for name in names for file in CORPORA[name].named(self._pair)[1]]
        urls = list(dict.fromkeys(url for url, _ in files))
        fetched = dict(zip(urls, dl_manager.download(urls), strict=True))
        fetched |= {url: dl_manager.extract(fetched[url]) for url, member in dict(files).items() if member}
        here = partial(_here, fetched=fetched, pair=self._pair)
        return [
            SplitGenerator(split, {"parts": [part for name in names for part in here(name)]}) for split, names in chosen.items()
        ]

    def _chosen(self) -> dict[str, list[str]]:
        """Split -> the corpora that have the pair."""
        subsets = cast(WmtConfig, self.config).subsets or {split: names.split() for split, names in self.SUBSETS.items()}
        for name in chain.from_iterable(subsets.values()):
            if name not in CORPORA:
                raise unknown(UnknownConfigError, "corpus of WMT", name, list(CORPORA))
        chosen = {split: [name for name in names if CORPORA[name].covers(self._pair)] for split, names in subsets.items()}
        if not any(chosen.values()):
            asked = ", ".join(chain.from_iterable(subsets.values()))
            raise BuildError(
                f"No corpus has the languages {' and '.join(self._pair)}; asked were: {asked}. Give subsets={{...}}."
            )
        return {split: names for split, names in chosen.items() if names}

    def _generate_examples(self, parts: list[Pairs]) -> Iterator[tuple[str, dict[str, Any]]]:
        for part in parts:
            for number, pair in enumerate(read_pairs(part)):
                if all(pair.values()):
                    yield f"{part.name}/{number}", {"translation": pair}


def _here(name: str, fetched: Mapping[str, str], pair: tuple[str, str]) -> list[Pairs]:
    """The files of a corpus, opened where they are in an archive."""
    source, files = CORPORA[name].named(pair)
    label = files[0][1] or files[0][0]
    languages = (source, CORPORA[name].target)
    if len(files) == 1 and (named := _PAIR_IN_NAME.search(label)):
        languages = (named[1], named[2])
    places = [_places(fetched[url], member) for url, member in files]
    together = list(zip(*places, strict=True))
    names = [name] if len(together) == 1 else [f"{name}/{number}" for number in range(len(together))]
    return [Pairs(part, label, languages, paths) for part, paths in zip(names, together, strict=True)]


def _places(root: str, member: str) -> list[str]:
    """The paths of a member, which may be a pattern; or what was downloaded itself."""
    path = os.path.join(root, member) if member else root
    if "*" not in member:
        return [path]
    if not (found := sorted(glob.glob(os.path.join(glob.escape(root), member)))):
        raise BuildError(f"The archive has no file {member}; it was opened at {root}.")
    return found
