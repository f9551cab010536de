"""Ratings: parallel arrays, two vocabularies and a scale; checked at construction and immutable."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import numpy as np
from numpy.typing import NDArray

from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER, WEIGHT
from penchant.data.feature_join import JoinOptions, Unrated, joined_features
from penchant.data.features import FeatureTable
from penchant.data.reading import read_file, read_frame, read_table
from penchant.data.reading_report import ReadingReport
from penchant.data.reading_rules import ReadingKeywords, rules_and_file
from penchant.data.scale import Kind, Scale
from penchant.data.table_conversion import RatingColumns
from penchant.data.tables.file_options import FileKeywords, FileOptions
from penchant.data.tables.sql_queries import open_query
from penchant.data.tables.table_file import open_parquet
from penchant.data.updating import updated
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Grouped:
    """Ratings in compressed rows: the entries of row r are at starts[r]:starts[r + 1].

    starts: (N + 1,) int64. numbers: (n,) int32, the other side's numbers, ascending within a row. values: (n,) float32.
    rows: (n,) int64, the row of each entry in the Ratings it came from.
    """

    starts: NDArray[np.int64]
    numbers: Numbers
    values: NDArray[np.float32]
    rows: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of entries of each row, shape (N,)."""
        return np.diff(self.starts)

    def row(self, number: int) -> tuple[Numbers, NDArray[np.float32]]:
        """The other side's numbers and the values of one row."""
        span = slice(self.starts[number], self.starts[number + 1])
        return self.numbers[span], self.values[span]

    @classmethod
    def build(cls, keys: Numbers, numbers: Numbers, values: NDArray[np.float32], size: int) -> Grouped:
        """Group n entries by their key, 0 <= key < size."""
        from scipy.sparse import coo_array

        n = len(keys)
        width = int(numbers.max()) + 1 if n else 1
        grouped = coo_array((np.arange(n), (keys, numbers)), shape=(size, width)).tocsr()
        grouped.sort_indices()
        order = grouped.data.astype(np.int64)
        return cls(grouped.indptr.astype(np.int64), numbers[order], values[order], order)


@dataclass(frozen=True, repr=False)
class Ratings:
    """Ratings of items by users, or choices, with their ids, scale, times and features.

    user_numbers, item_numbers: (n,) int32, positions in the two vocabularies. values: (n,) float32, the ratings, or
    the weights of choices (see `kind`).
    timestamps: (n,) int64 seconds since 1970, or None. scale: the ends of the rating scale.
    user_features, item_features: one row for each id of the vocabulary, or None.
    report: what was found when the table was read, or None for ratings made in memory.
    A (user, item) pair occurs once. The vocabularies may hold ids without ratings, such as unrated catalogue items.
    """

    user_numbers: Numbers
    item_numbers: Numbers
    values: NDArray[np.float32]
    users: Vocabulary
    items: Vocabulary
    scale: Scale
    timestamps: NDArray[np.int64] | None = None
    user_features: FeatureTable | None = None
    item_features: FeatureTable | None = None
    report: ReadingReport | None = None

    def __post_init__(self) -> None:
        n = len(self.values)
        sides = (("user", self.user_numbers, len(self.users)), ("item", self.item_numbers, len(self.items)))
        for name, numbers, size in sides:
            if numbers.shape != (n,):
                raise DataError(f"{len(numbers)} {name} numbers do not fit {n} ratings")
            if n and (int(numbers.min()) < 0 or int(numbers.max()) >= size):
                raise DataError(f"a number in {name}_numbers is outside 0..{size - 1}")
        if n and not np.isfinite(self.values).all():
            raise DataError("a rating is not a finite number", where=f"row {int(np.argmin(np.isfinite(self.values)))}")
        if self.timestamps is not None and self.timestamps.shape != (n,):
            raise DataError(f"{len(self.timestamps)} timestamps do not fit {n} ratings")
        for name, features, size in (
            ("user", self.user_features, len(self.users)),
            ("item", self.item_features, len(self.items)),
        ):
            if features is not None and len(features) != size:
                raise DataError(f"{len(features)} rows of {name} features do not fit {size} {name}s")
        for name in ("user_numbers", "item_numbers", "values", "timestamps"):
            if (array := getattr(self, name)) is not None:
                view = array.view()  # the caller's own array stays writable
                view.flags.writeable = False
                object.__setattr__(self, name, view)

    def __repr__(self) -> str:
        what = "choices" if self.kind == "choices" else f"ratings from {self.scale.low:g} to {self.scale.high:g}"
        timed = "" if self.timestamps is None else ", with times"
        return f"<Ratings: {len(self):,} {what}, {self.n_users:,} users, {self.n_items:,} items{timed}>"

    # --- reading -------------------------------------------------------------------------------------------------

    @classmethod
    @checked_arguments
    def from_file(cls, path: str | Path, **options: Unpack[ReadingKeywords]) -> Ratings:
        """Ratings from a file of any form, or a folder of Parquet parts; the form is found by the content.

        Text may be separated by commas, semicolons, tabs, |, :: or blanks. Other forms are JSON lines, Parquet,
        Arrow or Feather, and Excel. A file may be packed as gzip, bzip2, xz or a zip with one table. options: the
        fields of `Rules` and `FileOptions`. Raises DataError, with file, row, column and remedy, for a file or row that
        cannot be used.
        """
        rules, file = rules_and_file(options)
        return cls._of(read_file(path, rules, file))

    @classmethod
    @checked_arguments
    def from_csv(cls, path: str | Path, **options: Unpack[ReadingKeywords]) -> Ratings:
        """The same as `from_file`, under the name that is looked for."""
        rules, file = rules_and_file(options)
        return cls._of(read_file(path, rules, file))

    @classmethod
    @checked_arguments
    def from_parquet(cls, path: str | Path, **options: Unpack[ReadingKeywords]) -> Ratings:
        """Ratings from a Parquet file or a folder of parts; options and errors as for `from_file`."""
        rules, _ = rules_and_file(options)
        return cls._of(read_table(open_parquet(path), rules))

    @classmethod
    @checked_arguments
    def from_frame(cls, frame: Any, *, source: str = "frame", **options: Unpack[ReadingKeywords]) -> Ratings:
        """Ratings from a pandas or polars frame, an Arrow table or a DuckDB relation; the frame is not changed.

        Options and errors as for `from_file`. source: the table's name in messages.
        """
        rules, _ = rules_and_file(options)
        return cls._of(read_frame(frame, rules, source=source))

    @classmethod
    @checked_arguments
    def from_sql(cls, query: str, connection: Any, **options: Unpack[ReadingKeywords]) -> Ratings:
        """Ratings from the result of a query; options and errors as for `from_file`.

        connection: a DuckDB or SQLAlchemy connection or engine, one of Python's database API, or a URL such as
        "sqlite:///shop.db".
        """
        rules, _ = rules_and_file(options)
        return cls._of(read_table(open_query(query, connection), rules))

    @classmethod
    def _of(cls, columns: RatingColumns) -> Ratings:
        return cls(**vars(columns))

    @checked_arguments
    def with_features(
        self,
        *,
        items: Any = None,
        users: Any = None,
        columns: Mapping[str, str] | None = None,
        id_column: str | None = None,
        unrated: Unrated = "keep",
        **file: Unpack[FileKeywords],
    ) -> Ratings:
        """These ratings with features of items, users or both, joined by id.

        items, users: a table (see `from_frame`) or the path of a file of any form (see `from_file`), with one row for
        each id. file: the fields of `FileOptions`. The others are those of `feature_join.JoinOptions`. Raises DataError
        if no id of a table has a rating.
        """
        options, opening, found = JoinOptions(columns, id_column, unrated), FileOptions(**file), self
        for side, table in ((ITEM, items), (USER, users)):
            if table is not None:
                joined = joined_features(
                    side, getattr(found, f"{side}s"), getattr(found, f"{side}_features"), table, options, opening
                )
                new: dict[str, Any] = {f"{side}s": joined.vocabulary, f"{side}_features": joined.features}
                new["report"] = found.report.with_notes(*joined.notes) if found.report else None
                found = dataclasses.replace(found, **new)
        return found

    @checked_arguments
    def updated(self, more: Ratings, *, deleted: Any = None) -> Ratings:
        """These ratings with later ones: new users, new items, new and changed rows, without deleted rows.

        more: read in the same way. Of two rows about a user and an item the newer by timestamp stays, and without
        timestamps that of `more`; so the same rows twice change nothing. Its features are added, and replace those of
        the same id. deleted: a table of users and items, a frame or a path. Raises DataError for rows that do not fit.
        """
        return updated(self, more, deleted)

    # --- sizes and groups ----------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

    @property
    def kind(self) -> Kind:
        """What a row says: how a user rated an item, or that they chose it (its value is then a weight above 0)."""
        return self.scale.kind

    @property
    def mean(self) -> float:
        """The mean rating."""
        return float(self.values.mean(dtype=np.float64))

    @cached_property
    def _by_user(self) -> Grouped:
        return Grouped.build(self.user_numbers, self.item_numbers, self.values, self.n_users)

    @cached_property
    def _by_item(self) -> Grouped:
        return Grouped.build(self.item_numbers, self.user_numbers, self.values, self.n_items)

    def by_user(self) -> Grouped:
        """The ratings grouped by user; built once and kept."""
        return self._by_user

    def by_item(self) -> Grouped:
        """The ratings grouped by item; built once and kept."""
        return self._by_item

    # --- derived ratings -----------------------------------------------------------------------------------------

    def take(self, rows: NDArray[Any]) -> Ratings:
        """The ratings in the given rows (numbers or a mask), with the same vocabularies and scale."""
        return dataclasses.replace(
            self,
            user_numbers=self.user_numbers[rows],
            item_numbers=self.item_numbers[rows],
            values=self.values[rows],
            timestamps=None if self.timestamps is None else self.timestamps[rows],
        )

    def to_frame(self) -> Any:
        """The ratings as a polars frame of ids, in their present order; choices have a weight instead of a rating."""
        import polars as pl

        frame = pl.DataFrame(
            {
                USER: pl.Series(self.users.ids.tolist()).gather(self.user_numbers),
                ITEM: pl.Series(self.items.ids.tolist()).gather(self.item_numbers),
                WEIGHT if self.kind == "choices" else RATING: self.values,
            }
        )
        return frame if self.timestamps is None else frame.with_columns(pl.Series(TIMESTAMP, self.timestamps))
