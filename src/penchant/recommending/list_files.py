"""Writing lists of many users: to a file by its ending, or into a table of a database; completely or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penchant.foundations.errors import CallerError
from penchant.foundations.optional import require

if TYPE_CHECKING:
    import polars as pl

ENDINGS = (".parquet", ".csv", ".jsonl", ".ndjson")

Frames = Callable[[], "Iterator[pl.DataFrame]"]
"""A function that computes the table in parts."""


def write_file(path: Path, frames: Frames, schema: pl.Schema) -> Path:
    """Stream the parts into one file; it is written under a temporary name and then renamed."""
    from polars.io.plugins import register_io_source

    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise CallerError(
            f"lists are not written as {ending or 'a file without an ending'}",
            where=str(path),
            remedy="Name the file lists.parquet, lists.csv or lists.jsonl",
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.writing")

    def source(*_: Any) -> Iterator[pl.DataFrame]:
        return frames()

    try:
        table = register_io_source(source, schema=schema)
        if ending == ".csv":
            table.sink_csv(fresh, maintain_order=True)
        elif ending == ".parquet":
            table.sink_parquet(fresh, maintain_order=True)
        else:
            table.sink_ndjson(fresh, maintain_order=True)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    return path


def write_table(url: str, name: str, frames: Frames, schema: pl.Schema) -> str:
    """Write the parts into a table of a database in one transaction; a table of that name is replaced."""
    sql = require("sqlalchemy", extra="serve")
    kinds: dict[str, Any] = {"Int64": sql.BigInteger, "Int32": sql.Integer, "Float32": sql.Float, "String": sql.Text}
    table = sql.Table(name, sql.MetaData(), *(sql.Column(one, kinds[str(kind)]) for one, kind in schema.items()))
    try:
        engine = sql.create_engine(url)
        try:
            with engine.begin() as connection:
                table.drop(connection, checkfirst=True)
                table.create(connection)
                for frame in frames():
                    if len(frame):
                        connection.execute(table.insert(), frame.to_dicts())
        finally:
            engine.dispose()
    except (sql.exc.SQLAlchemyError, ImportError) as error:
        first, *_ = str(error).splitlines()
        raise CallerError(f"the lists cannot be written to the database: {first}", where=url) from error
    return url
