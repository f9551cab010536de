"""The id column of a feature table, and its ids in the vocabulary's kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from penchant.data.columns import RECOGNIZED, Wanted, find_column, plain_name
from penchant.data.id_encoding import WHOLE, plain_ids
from penchant.data.row_validation import RowValidation
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    import polars as pl


def id_column_of(
    frame: pl.DataFrame, side: str, wanted: Wanted, vocabulary: Vocabulary, source: str
) -> tuple[str, list[str]]:
    """The column of ids, as named or recognized; of several, the one with the most ids of the vocabulary, and a note.

    Tables often have several numberings; a book table's book_id is not always the ratings' book_id.
    """
    named = {plain_name(name): name for name in reversed(frame.columns)}
    likely = [named[name] for name in (*RECOGNIZED[side], "id") if name in named]
    if wanted is not None or not likely:
        found = find_column(side, wanted, frame.columns, source=source)
        return str(found), []
    known = {name: _known(frame[name], vocabulary) for name in likely}
    best = max(likely, key=known.__getitem__)
    others = ", ".join(f"{name!r} {count:,}" for name, count in known.items() if count and name != best)
    note = f"Column {best!r} of {source} is used as the {side} ids: it has {known[best]:,} rated ids, {others}"
    return best, [note] if others else []


def _known(column: pl.Series, vocabulary: Vocabulary) -> int:
    """How many ids of the vocabulary a column contains."""
    numbers = vocabulary.numbers(column.unique().to_list())
    return int((numbers >= 0).sum())


def ids_in(column: pl.Series, vocabulary: Vocabulary, source: str) -> list[Any]:
    """The table's ids in the vocabulary's kind; raises DataError for an id that occurs twice."""
    import polars as pl

    column = plain_ids(column, RowValidation(source, {column.name: column.name}))
    twice = column.is_duplicated()
    if twice.any():
        row = column.is_first_distinct().not_().arg_max() or 0
        raise DataError(
            f"the id {column[row]!r} occurs twice", where=f"{source}, row {row + 1}, column {column.name!r}",
            remedy="Keep one row for each id",
        )  # fmt: skip
    if vocabulary.of_text or column.dtype != pl.String:
        return (column.cast(pl.String).str.strip_chars() if vocabulary.of_text else column).to_list()
    column = column.str.strip_chars()
    return (column.cast(pl.Int64) if column.str.contains(WHOLE).all() else column).to_list()
