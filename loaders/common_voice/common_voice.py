"""Common Voice 6.1: sentences read aloud by volunteers in 60 languages, from one tar archive a language.

Knows: the tables of an archive, how their rows lead to clips, and where an archive got by hand is looked for.
Does not know: how a sound is decoded.
"""

from __future__ import annotations

import os

import nlpdata as datasets
from nlpdata.builder.shapes import text_lines
from nlpdata.errors import BuildError, FetchError

CORPUS = "cv-corpus-6.1-2020-12-11"
BASE = f"https://voice-prod-bundler-ee1969a6ce8178826482b88e843c335139bd3fb4.s3.amazonaws.com/{CORPUS}/"
TABLES = {"validation": "dev"}  # elsewhere a split is called as its table
SPLITS = ["train", "test", "validation", "other", "validated", "invalidated"]
COLUMNS = ["client_id", "path", "sentence", "up_votes", "down_votes", "age", "gender", "accent", "locale", "segment"]
LANGUAGES = """
ab Abkhaz; ar Arabic; as Assamese; br Breton; ca Catalan; cnh Hakha Chin; cs Czech; cv Chuvash; cy Welsh; de German;
dv Dhivehi; el Greek; en English; eo Esperanto; es Spanish; et Estonian; eu Basque; fa Persian; fi Finnish; fr French;
fy-NL Frisian; ga-IE Irish; hi Hindi; hsb Sorbian, Upper; hu Hungarian; ia InterLinguia; id Indonesian; it Italian;
ja Japanese; ka Georgian; kab Kabyle; ky Kyrgyz; lg Luganda; lt Lithuanian; lv Latvian; mn Mongolian; mt Maltese; nl Dutch;
or Odia; pa-IN Punjabi; pl Polish; pt Portuguese; rm-sursilv Romansh Sursilvan; rm-vallader Romansh Vallader; ro Romanian;
ru Russian; rw Kinyarwanda; sah Sakha; sl Slovenian; sv-SE Swedish; ta Tamil; th Thai; tr Turkish; tt Tatar; uk Ukrainian;
vi Vietnamese; vot Votic; zh-CN Chinese (China); zh-HK Chinese (Hong Kong); zh-TW Chinese (Taiwan)
"""

DESCRIPTION = "Sentences read aloud by volunteers and checked by others, with what readers chose to say of themselves."
BY_HAND = (
    "Mozilla gives the archives of Common Voice 6.1 to those who leave an e-mail address at "
    "https://commonvoice.mozilla.org/en/datasets. Save the one you need as {language}.tar.gz and pass data_dir=<its folder>."
)

CITATION = """@inproceedings{ardila2020common,
  title = {Common Voice: A Massively-Multilingual Speech Corpus},
  author = {Ardila, R. and Branson, M. and Davis, K. and Henretty, M. and Kohler, M. and Meyer, J. and Morais, R. and
            Saunders, L. and Tyers, F. M. and Weber, G.},
  booktitle = {Proceedings of the 12th Conference on Language Resources and Evaluation (LREC 2020)},
  pages = {4211--4215},
  year = {2020},
}"""


class CommonVoice(datasets.GeneratorBasedBuilder):
    """Builder of a configuration for each language."""

    BUILDER_CONFIGS = [
        datasets.BuilderConfig(name=code, version=datasets.Version("6.1.0"), description=f"{language}.")
        for code, _, language in (entry.strip().partition(" ") for entry in LANGUAGES.split(";"))
    ]

    def _info(self):
        columns = {name: datasets.Value("int64" if name.endswith("votes") else "string") for name in COLUMNS}
        first = {name: columns.pop(name) for name in ("client_id", "path")}
        return datasets.DatasetInfo(
            description=f"{DESCRIPTION}\n\n{self.config.description}",
            citation=CITATION,
            homepage="https://commonvoice.mozilla.org/en/datasets",
            license="cc0-1.0",
            features=datasets.Features({**first, "audio": datasets.Audio(sampling_rate=48_000), **columns}),
        )

    def _split_generators(self, dl_manager):
        language = self.config.name
        if dl_manager.manual_dir is not None:
            archive = dl_manager.download(os.path.join(dl_manager.manual_dir, f"{language}.tar.gz"))
        else:
            try:
                archive = dl_manager.download(f"{BASE}{language}.tar.gz")
            except FetchError as error:
                error.add_note(BY_HAND.format(language=language))
                raise
        members, folder = dl_manager.iter_archive(archive), f"{CORPUS}/{language}/"
        return [
            datasets.SplitGenerator(
                split, {"members": members, "table": f"{folder}{TABLES.get(split, split)}.tsv", "clips": f"{folder}clips/"}
            )
            for split in SPLITS
        ]

    def _generate_examples(self, members, table, clips):
        rows = dict(table_rows(members, table, clips))
        for path, file in members:
            if not rows:
                break
            if (row := rows.pop(path, None)) is not None:
                yield path, {**row, "path": path, "audio": {"path": path, "bytes": file.read()}}


def table_rows(members, table, clips):
    """(path of its clip, row) of each row of a table in the archive."""
    for path, file in members:
        if path == table:
            header, *lines = text_lines(file)
            if header.split("\t") != COLUMNS:
                raise BuildError(f"The table {table} has the columns {header.split()}, not {COLUMNS}.")
            for line in lines:
                # Without what it has at its end, a row is short; what it lacks has always been published as two quotes.
                values = line.strip().split("\t")
                row = dict(zip(COLUMNS, values + ["''"] * (len(COLUMNS) - len(values)), strict=True))
                yield clips + row["path"], row
            return
    raise BuildError(f"The archive holds no table {table}.")
