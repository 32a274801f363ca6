"""The builder of query results: rows of any database as a dataset.

Knows: the arguments of such a dataset. Does not know: how rows are read (``files.sql`` does).
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, cast

from nlpdata.builder.packaged import FileBuilder, FileConfig
from nlpdata.errors import ArgumentError
from nlpdata.fetch.manager import DownloadManager
from nlpdata.files.base import parse_options
from nlpdata.files.sql import Database, SqlOptions, sql_batches
from nlpdata.splits import Split, SplitGenerator


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
        options = self._options()
        database, query = options.pop("con"), options.pop("sql")
        chosen = parse_options(SqlOptions, options, "sql")
        row = 0
        with closing(cast(Generator[Any, None, None], sql_batches(query, database.con, chosen))) as batches:
            for batch in batches:
                yield ("the query", row), batch
                row += batch.num_rows
