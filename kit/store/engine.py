"""The engine that counts: DuckDB in memory, reached through Ibis; the only module that names it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from errno import EIO
from typing import TYPE_CHECKING, Any, Self

import duckdb
import ibis
from ibis.common.exceptions import IbisError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import pyarrow as pa

Expression = Any
"""An expression of Ibis, whose annotations know no method that depends on a column's type."""


@contextmanager
def _of_the_system() -> Iterator[None]:
    """Make an error of files what it is everywhere else, an OSError."""
    try:
        yield
    except duckdb.IOException as error:
        number = re.search(r'"errno":"(\d+)"', str(error))
        raise OSError(int(number[1]) if number else EIO, str(error)) from error


class Engine:
    """A session of its own; times are UTC whatever the machine's zone is.

    Attributes:
        failures: what it raises where a file or a query cannot be used.
    """

    failures = (duckdb.Error, IbisError)

    def __init__(self) -> None:
        self._backend = ibis.duckdb.connect()
        self._session = self._backend.con
        # Ibis 12 writes lambdas that DuckDB 2 reads only with the second setting.
        self.run("SET TimeZone = 'UTC'; SET lambda_syntax = 'ENABLE_SINGLE_ARROW'")

    def read_parquet(self, paths: Sequence[Path], *, name: str | None = None, by_name: bool = False) -> Expression:
        """Parquet files as one table.

        Args:
            paths: one file or more.
            name: of the table; None: any.
            by_name: whether columns are brought together by their names, since files lack some.
        """
        return self._backend.read_parquet([str(path) for path in paths], table_name=name, union_by_name=by_name)

    def to_parquet(self, table: Expression, path: Path) -> None:
        """Write a table as one Parquet file."""
        with _of_the_system():
            self._backend.to_parquet(table, path)

    def compile(self, table: Expression) -> str:
        """The SQL of a table."""
        return str(self._backend.compile(table))

    def run(self, query: str) -> None:
        """Run SQL that answers nothing."""
        with _of_the_system():
            self._session.execute(query)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows that SQL answers with."""
        return self._session.execute(query).fetchall()

    def column(self, query: str) -> np.ndarray[Any, Any]:
        """The only column that SQL answers with, without NULL."""
        (values,) = self.columns(query).values()
        return values

    def columns(self, query: str) -> dict[str, np.ndarray[Any, Any]]:
        """The columns that SQL answers with, by name, without NULL."""
        return self._session.execute(query).fetchnumpy()

    @contextmanager
    def registered(self, name: str, data: pa.Table | pa.RecordBatchReader) -> Iterator[None]:
        """With a table or stream of Arrow under a name of SQL."""
        self._session.register(name, data)
        try:
            yield
        finally:
            self._session.unregister(name)

    @contextmanager
    def one_thread(self) -> Iterator[None]:
        """For copying: several threads would run ahead of the one that writes in order, and fill the memory."""
        ((threads,),) = self.rows("SELECT current_setting('threads')")
        self.run("SET threads = 1")
        try:
            yield
        finally:
            self.run(f"SET threads = {threads}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._backend.disconnect()
