"""Tables in memory: pandas, polars, Arrow and DuckDB, read through narwhals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from penchant.data.vocabulary import plain_id
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl

_INT64 = 2**63


@dataclass(frozen=True)
class FrameTable:
    """A table in memory as a `tables.table_file.TableFile`; the table itself is not changed."""

    source: str
    frame: Any
    names: list[str]
    form: str
    headed: bool = True
    typed: bool = True

    def read(
        self, columns: Sequence[str], types: Mapping[str, Any], *, infer_from: int | None = 100
    ) -> tuple[pl.DataFrame, str]:
        """The given columns, and the kind of table. UUIDs become texts, and so do columns whose type is to be String.

        Raises DataError for a column of Python objects of several kinds.
        """
        import narwhals as nw
        import polars as pl

        chosen = self.frame.select(list(columns))
        eager = chosen.collect(backend="polars") if isinstance(chosen, nw.LazyFrame) else chosen
        out = {name: self._column(eager[name], name, as_text=types.get(name) == pl.String) for name in columns}
        return pl.DataFrame(out), self.form

    def _column(self, column: Any, name: str, *, as_text: bool) -> pl.Series:
        import narwhals as nw
        import polars as pl

        native = column.to_native()
        dtype = str(getattr(native, "dtype", ""))
        if dtype.startswith("period"):
            native = native.dt.to_timestamp()
            column = nw.from_native(native, series_only=True)
        try:
            if dtype == "object" or column.dtype == nw.Object:
                return plain_column(column.to_list(), name, self.source, as_text=as_text)
            return column.to_polars()
        except DataError:
            raise
        except (TypeError, ValueError, NotImplementedError, pl.exceptions.PolarsError) as error:
            raise DataError(
                f"a column of type {dtype or column.dtype} cannot be read", where=f"{self.source}, column {name!r}",
                remedy="Convert it to numbers, texts or times",
            ) from error  # fmt: skip


def open_frame(frame: Any, source: str) -> FrameTable:
    """A pandas or polars frame, an Arrow table or a DuckDB relation. source: its name in messages.

    A named index of a pandas frame becomes columns, and names of columns become texts. Raises DataError for a value
    that is not a table.
    """
    import narwhals as nw

    kind = f"{type(frame).__module__.partition('.')[0]} {type(frame).__name__}"
    if hasattr(frame, "reset_index") and hasattr(frame, "columns"):
        frame = _plain_pandas(frame, source)
    try:
        opened = nw.from_native(frame)
        names = list(opened.collect_schema().names())
    except TypeError as error:
        raise DataError(
            f"{type(frame).__name__} is not a table", where=source,
            remedy="Give a pandas or polars frame, an Arrow table or a DuckDB relation",
        ) from error  # fmt: skip
    except (ValueError, nw.exceptions.NarwhalsError) as error:
        raise DataError(f"the table cannot be read: {str(error).splitlines()[0]}", where=source) from error
    return FrameTable(source, opened, names, kind)


def _plain_pandas(frame: Any, source: str) -> Any:
    """A pandas frame whose columns have texts as names, each once; a named index becomes columns."""
    if any(name is not None and name not in frame.columns for name in frame.index.names):
        frame = frame.reset_index()
    if not all(isinstance(name, str) for name in frame.columns):
        frame = frame.set_axis([_name(name) for name in frame.columns], axis=1)
    if not frame.columns.is_unique:
        twice = frame.columns[frame.columns.duplicated()][0]
        raise DataError(f"two columns are named {twice!r}", where=source, remedy="Rename one of them")
    return frame


def _name(name: Any) -> str:
    return " ".join(map(str, name)).strip() if isinstance(name, tuple) else str(plain_id(name))


def plain_column(values: Sequence[Any], name: str, source: str, *, as_text: bool = False) -> pl.Series:
    """Python objects as a column: all whole numbers, all numbers, all texts or all lists; UUIDs count as texts.

    as_text: values of every kind become texts. Raises DataError for values of several kinds.
    """
    import polars as pl

    known = [(row, _kind(value)) for row, value in enumerate(values) if not is_missing(value)]
    kinds = {kind for _, kind in known}
    if len(kinds) > 1 and kinds != {"a number", "a whole number"} and not as_text:
        first = known[0][1]
        row, other = next(pair for pair in known if pair[1] != first)
        raise DataError(
            f"values of two kinds: {values[row]!r} is {other}, the first value {values[known[0][0]]!r} is {first}",
            where=f"{source}, row {row + 1}, column {name!r}",
            remedy="Convert the column to one kind, or pass ids='text' if they are ids",
        )  # fmt: skip
    large = "a whole number" in kinds and any(
        type(values[row]) is int and abs(values[row]) >= _INT64 for row, _ in known
    )
    if kinds == {"a list"}:
        rows = [None if is_missing(row) else [None if is_missing(one) else str(one) for one in row] for row in values]
        return pl.Series(name, rows, dtype=pl.List(pl.String))
    if kinds == {"bytes"}:
        return pl.Series(name, values, dtype=pl.Binary)
    text = as_text or large or kinds == {"a text"}
    found = [None if is_missing(value) else str(plain_id(value)) if text else value for value in values]
    if kinds == {"a time"} and not text:
        return pl.Series(name, found, strict=False)
    return pl.Series(name, found, dtype=pl.String if text else None, strict=not kinds <= {"a number", "a whole number"})


def is_missing(value: Any) -> bool:
    """Whether a Python value stands for no value: None, a NaN, or one of pandas."""
    return (
        value is None or (isinstance(value, float) and value != value) or type(value).__name__ in ("NAType", "NaTType")
    )


def _kind(value: Any) -> str:
    import datetime
    import numbers

    if isinstance(value, bool):
        return "a truth value"
    if isinstance(value, numbers.Integral):
        return "a whole number"
    if isinstance(value, numbers.Real):
        return "a number"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, list | tuple | set | dict):
        return "a list"
    return "a time" if isinstance(value, datetime.date) else "a text"
