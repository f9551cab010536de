"""Tables that a database computes: DuckDB, SQLAlchemy, or a connection of Python's database API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penchant.data.tables.table_file import TypedTable
from penchant.foundations.errors import DataError
from penchant.foundations.optional import require

if TYPE_CHECKING:
    import polars as pl


def is_database(name: object) -> bool:
    """Whether a text is the URL of a database, such as sqlite:///shop.db."""
    return isinstance(name, str) and "://" in name


def open_query(query: str, connection: Any) -> TypedTable:
    """The result of a query.

    connection: a DuckDB or SQLAlchemy connection or engine, one of Python's database API, or the URL of a database,
    such as "sqlite:///shop.db". Raises DataError for a query that fails.
    """
    if not isinstance(query, str) or not query.strip():
        raise DataError(f"{query!r} is no query", remedy='Write "select user, item, rating from ratings"')
    if not is_database(connection):
        return _result(query, connection)
    sqlalchemy = require("sqlalchemy", extra="serve")
    try:
        engine = sqlalchemy.create_engine(connection)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise DataError(f"the database cannot be used: {_first(error)}", where=connection) from error
    try:
        return _result(query, engine)
    finally:
        engine.dispose()


def _result(query: str, connection: Any) -> TypedTable:
    import polars as pl

    try:
        frame: pl.DataFrame = pl.read_database(query, connection, infer_schema_length=None)
    except Exception as error:  # every database has errors of its own
        raise DataError(
            f"the query cannot be read: {_first(error)}", where="query",
            remedy="Check the query, and give a DuckDB or SQLAlchemy connection or a URL such as sqlite:///shop.db",
        ) from error  # fmt: skip
    return TypedTable("query", frame.lazy(), "the result of a query")


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
