"""Tables in memory: pandas, polars, Arrow and DuckDB, read through narwhals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def column_names(frame: Any, source: str) -> list[str]:
    """The columns of a table; raises DataError for a value that is not a table."""
    return list(_opened(frame, source).collect_schema().names())


def to_polars(frame: Any, columns: list[str], source: str) -> pl.DataFrame:
    """The given columns as a polars frame; the table itself is not changed.

    UUIDs become texts. Raises DataError for a column of Python objects of several kinds.
    """
    import narwhals as nw
    import polars as pl

    chosen = _opened(frame, source).select(columns)
    eager = chosen.collect(backend="polars") if isinstance(chosen, nw.LazyFrame) else chosen
    out = {}
    for name in columns:
        column = eager[name]
        native = column.to_native()
        if str(getattr(native, "dtype", "")) == "object" or column.dtype == nw.Object:
            out[name] = pl.Series(name, _of_one_kind(column.to_list(), name, source))
        else:
            out[name] = column.to_polars()
    return pl.DataFrame(out)


def _opened(frame: Any, source: str) -> Any:
    import narwhals as nw

    try:
        return nw.from_native(frame)
    except TypeError as error:
        raise DataError(
            f"{type(frame).__name__} is not a table", where=source,
            remedy="Give a pandas or polars frame, an Arrow table or a DuckDB relation",
        ) from error  # fmt: skip


def _of_one_kind(values: list[Any], name: str, source: str) -> list[Any]:
    """A column of Python objects that are all whole numbers, all numbers or all texts; UUIDs count as texts."""
    known = [(row, _kind(value)) for row, value in enumerate(values) if value is not None and value == value]
    kinds = {kind for _, kind in known}
    if len(kinds) > 1 and kinds != {"a number", "a whole number"}:
        first = known[0][1]
        row, other = next(pair for pair in known if pair[1] != first)
        raise DataError(
            f"values of two kinds: {values[row]!r} is {other}, the first value {values[known[0][0]]!r} is {first}",
            where=f"{source}, row {row + 1}, column {name!r}", remedy="Convert the column to one kind",
        )  # fmt: skip
    text = kinds == {"a text"}
    return [None if value is None or value != value else str(value) if text else value for value in values]


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, float):
        return "a number"
    return "a whole number" if isinstance(value, int) else "a text"
