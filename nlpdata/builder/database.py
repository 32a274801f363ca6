"""The builder of query results: rows of any database as a dataset.

Knows: what tells whether a database changed, for the cache. Does not know: how rows are read (``files.sql`` does).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, cast

from nlpdata.builder.packaged import FileBuilder, FileConfig
from nlpdata.errors import ArgumentError
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.base import parse_options
from nlpdata.files.sql import SqlOptions, sql_batches
from nlpdata.splits import Split, SplitGenerator

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """A connection or URL with a key that changes when the database is known to have changed.

    A sqlite file is known by its size and time, another URL by its text alone (pass
    ``download_mode="reuse_cache_if_exists"`` to read it again), a connection object by nothing: it is read every time.
    """

    con: Any
    nonce: str = field(default_factory=lambda: secrets.token_hex(8))

    def __nlpdata_key__(self) -> str:
        """What the result depends on."""
        path = self.con.removeprefix(_SQLITE) if isinstance(self.con, str) and self.con.startswith(_SQLITE) else None
        if path is not None and os.path.isfile(path):
            found = os.stat(path)
            return f"{os.path.abspath(path)} {found.st_size} {found.st_mtime_ns}"
        return self.con if isinstance(self.con, str) else self.nonce

    def __repr__(self) -> str:
        """The same text for the same key."""
        return self.__nlpdata_key__()


class Sql(FileBuilder):
    """The rows of a query: ``sql``, ``con``, and the options of :class:`nlpdata.files.sql.SqlOptions`."""

    FILE_TYPE = "sql"
    ANY_THREAD = False

    def __init__(self, *args: Any, con: Any = None, sql: Any = None, **arguments: Any) -> None:
        if con is None or sql is None:
            raise ArgumentError(
                'sql needs a query and a database. Example: load_dataset("sql", sql="SELECT * FROM t", con="sqlite:///data.db")'
            )
        super().__init__(*args, con=Database(con), sql=str(sql), **arguments)

    def _split_generators(self, dl_manager: DownloadManager) -> list[SplitGenerator]:
        del dl_manager
        return [SplitGenerator(Split.TRAIN, {})]

    def _generate_tables(self, files: list[str] | None = None, once: bool = False) -> Iterator[tuple[Any, Any]]:
        del files, once
        assert isinstance(self.config, FileConfig)
        options = dict(self.config.options)
        database, query = options.pop("con"), options.pop("sql")
        chosen = parse_options(SqlOptions, options, "sql")
        row = 0
        with closing(cast(Generator[Any, None, None], sql_batches(query, database.con, chosen))) as batches:
            for batch in batches:
                yield ("the query", row), batch
                row += batch.num_rows
