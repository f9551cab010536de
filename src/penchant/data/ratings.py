"""Ratings: the central structure. Parallel arrays, two vocabularies and a scale; checked once, never changed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError

if TYPE_CHECKING:
    from penchant.data.reading_report import ReadingReport


@dataclass(frozen=True)
class Scale:
    """The lowest and the highest rating, and the step between neighbouring ratings (0 where there is none).

    declared: stated by the caller rather than read off the ratings.
    """

    low: float
    high: float
    step: float = 0.0
    declared: bool = False

    @property
    def width(self) -> float:
        return self.high - self.low

    def clip(self, values: NDArray[Any]) -> NDArray[Any]:
        """The values, moved to the nearest end where they leave the scale."""
        clipped: NDArray[Any] = np.clip(values, self.low, self.high)
        return clipped

    @classmethod
    def of(cls, values: NDArray[Any], ends: tuple[float, float] | None = None) -> Scale:
        """The scale that observed ratings span, with the step that divides them where they are few and even.

        ends: (lowest, highest) as the caller declares them, whatever was observed.
        """
        levels = np.unique(values)
        gaps = np.diff(levels.astype(np.float64))
        even = 0 < len(gaps) <= 100 and np.allclose(gaps / gaps.min(), np.round(gaps / gaps.min()), atol=1e-3)
        low, high = (levels[0], levels[-1]) if ends is None else ends
        return cls(float(low), float(high), float(gaps.min()) if even else 0.0, declared=ends is not None)


@dataclass(frozen=True)
class Grouped:
    """Ratings in compressed rows: the entries of row r are at starts[r]:starts[r + 1].

    starts: (N + 1,) int64. numbers: (n,) int32, the other side's numbers, rising within a row. values: (n,) float32.
    rows: (n,) int64, where each entry stands in the Ratings it came from.
    """

    starts: NDArray[np.int64]
    numbers: Numbers
    values: NDArray[np.float32]
    rows: NDArray[np.int64]

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many entries each row has, shape (N,)."""
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


@dataclass(frozen=True)
class Ratings:
    """Who rated what, and how.

    user_numbers, item_numbers: (n,) int32, rows of the two vocabularies. values: (n,) float32.
    timestamps: (n,) int64 seconds since 1970, or None. scale: the ends of the rating scale.
    user_features, item_features: side columns, one row for each id of the vocabulary, or None.
    report: what reading the table found, or None for ratings made in memory.
    A (user, item) pair occurs once. The vocabularies may hold ids without a rating (a catalogue's unrated items).
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
        for name, numbers, size in (
            ("user", self.user_numbers, len(self.users)),
            ("item", self.item_numbers, len(self.items)),
        ):
            if numbers.shape != (n,):
                raise DataError(f"{len(numbers)} {name} numbers stand beside {n} ratings")
            if n and (int(numbers.min()) < 0 or int(numbers.max()) >= size):
                raise DataError(f"a {name} number lies outside 0..{size - 1}")
        if n and not np.isfinite(self.values).all():
            raise DataError("a rating is not a finite number", where=f"row {int(np.argmin(np.isfinite(self.values)))}")
        if self.timestamps is not None and self.timestamps.shape != (n,):
            raise DataError(f"{len(self.timestamps)} timestamps stand beside {n} ratings")
        for name, features, size in (
            ("user", self.user_features, len(self.users)),
            ("item", self.item_features, len(self.items)),
        ):
            if features is not None and len(features) != size:
                raise DataError(f"{len(features)} rows of {name} features stand beside {size} {name}s")
        for name in ("user_numbers", "item_numbers", "values", "timestamps"):
            if (array := getattr(self, name)) is not None:
                view = array.view()  # the caller's own array stays writeable
                view.flags.writeable = False
                object.__setattr__(self, name, view)

    # --- ways in -------------------------------------------------------------------------------------------------

    @classmethod
    def from_csv(cls, path: str | Path, **columns: Any) -> Ratings:
        """Ratings from a CSV file; `columns` as for `reading.read_csv`, which says what is refused and how."""
        from penchant.data.reading import read_csv

        return read_csv(path, **columns)

    @classmethod
    def from_parquet(cls, path: str | Path, **columns: Any) -> Ratings:
        """Ratings from a Parquet file; `columns` as for `reading.read_parquet`."""
        from penchant.data.reading import read_parquet

        return read_parquet(path, **columns)

    @classmethod
    def from_frame(cls, frame: Any, **columns: Any) -> Ratings:
        """Ratings from a pandas or polars frame, an Arrow table or a DuckDB relation; the frame is not changed."""
        from penchant.data.reading import read_frame

        return read_frame(frame, **columns)

    def with_features(self, *, items: Any = None, users: Any = None, **how: Any) -> Ratings:
        """These ratings with side columns for items or users, matched by id; see `attaching.attach_features`."""
        from penchant.data.feature_join import attach_features

        return attach_features(self, items=items, users=users, **how)

    # --- shapes --------------------------------------------------------------------------------------------------

    def __len__(self) -> int:
        return len(self.values)

    @property
    def n_users(self) -> int:
        return len(self.users)

    @property
    def n_items(self) -> int:
        return len(self.items)

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
        """The ratings grouped by user, built once."""
        return self._by_user

    def by_item(self) -> Grouped:
        """The ratings grouped by item, built once."""
        return self._by_item

    # --- derived ratings -----------------------------------------------------------------------------------------

    def take(self, rows: NDArray[Any]) -> Ratings:
        """The ratings at the given rows (numbers or a mask), over the same vocabularies and scale."""
        times = None if self.timestamps is None else self.timestamps[rows]
        return dataclasses.replace(
            self,
            user_numbers=self.user_numbers[rows],
            item_numbers=self.item_numbers[rows],
            values=self.values[rows],
            timestamps=times,
        )

    def to_frame(self) -> Any:
        """The ratings as a polars frame of ids, in the order they are held."""
        import polars as pl

        from penchant.data.columns import ITEM, RATING, TIMESTAMP, USER

        frame = pl.DataFrame(
            {
                USER: pl.Series(self.users.ids.tolist()).gather(self.user_numbers),
                ITEM: pl.Series(self.items.ids.tolist()).gather(self.item_numbers),
                RATING: self.values,
            }
        )
        return frame if self.timestamps is None else frame.with_columns(pl.Series(TIMESTAMP, self.timestamps))
