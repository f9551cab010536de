"""Interactions: what every user rated or chose, in time order, with the times."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Grouped, Ratings
from penchant.data.scale import Scale
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.foundations.errors import DataError


@dataclass(frozen=True)
class Interactions:
    """Ratings in compressed rows by user: those of user u are at starts[u]:starts[u + 1], oldest first.

    starts: (U + 1,) int64. items: (n,) int32 item numbers. values: (n,) float32. timestamps: (n,) int64 seconds since
    1970, or None where times are not known; a user's items are then in rising order. Ratings of the same time keep the
    order of the table they came from.
    """

    starts: NDArray[np.int64]
    items: Numbers
    values: NDArray[np.float32]
    timestamps: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        n = len(self.items)
        if not len(self.starts) or self.starts[0] != 0 or self.starts[-1] != n or (np.diff(self.starts) < 0).any():
            raise DataError(f"the rows do not divide {n} interactions", where="interactions")
        for name in ("values", "timestamps"):
            column = getattr(self, name)
            if column is not None and column.shape != (n,):
                raise DataError(f"{len(column)} {name} for {n} interactions", where="interactions")

    @classmethod
    def of(cls, ratings: Ratings) -> Interactions:
        """The interactions of all users of some ratings."""
        grouped, times = ratings.by_user(), ratings.timestamps
        if times is None:
            return cls(grouped.starts, grouped.numbers, grouped.values)
        order = np.lexsort((times, ratings.user_numbers))
        return cls(grouped.starts, ratings.item_numbers[order], ratings.values[order], times[order])

    @classmethod
    def none(cls, users: int) -> Interactions:
        """No interaction of any of the users."""
        return cls(np.zeros(users + 1, np.int64), np.empty(0, np.int32), np.empty(0, np.float32))

    def __len__(self) -> int:
        return len(self.items)

    @property
    def n_users(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many interactions each user has, shape (U,)."""
        return np.diff(self.starts)

    @property
    def users(self) -> Numbers:
        """The user number of each interaction, shape (n,)."""
        return np.repeat(np.arange(self.n_users, dtype=np.int32), self.counts)

    def row(self, user: int) -> tuple[Numbers, NDArray[np.float32]]:
        """The item numbers and the values of one user, oldest first."""
        span = slice(self.starts[user], self.starts[user + 1])
        return self.items[span], self.values[span]

    def times_of_user(self, user: int, items: Numbers, values: NDArray[Any]) -> NDArray[np.int64] | None:
        """When a user made ratings (m,) of these items: as on record where it is there unchanged, else the latest time.

        None where times are not known. user: any number; one without interactions has none on record.
        """
        if self.timestamps is None:
            return None
        times = np.full(len(items), self._latest)
        own, rated = self.row(user) if 0 <= user < self.n_users else (items[:0], values[:0])
        if len(own):
            order = np.argsort(own)
            places = order[np.minimum(np.searchsorted(own[order], items), len(own) - 1)]
            same = (own[places] == items) & (rated[places] == values)
            times[same] = self.timestamps[self.starts[user] + places[same]]
        return times

    @cached_property
    def _latest(self) -> int:
        """The time of the last interaction, 0 without one."""
        return 0 if self.timestamps is None else int(self.timestamps.max(initial=0))

    @cached_property
    def _by_item_number(self) -> Grouped:
        return Grouped.build(self.users, self.items, self.values, self.n_users)

    def by_item_number(self) -> Grouped:
        """The same rows with rising item numbers, built once."""
        return self._by_item_number

    def to_ratings(
        self,
        users: Vocabulary,
        items: Vocabulary,
        scale: Scale,
        *,
        user_features: FeatureTable | None = None,
        item_features: FeatureTable | None = None,
    ) -> Ratings:
        """The interactions as Ratings over the vocabularies they are numbered by, for training again."""
        return Ratings(
            self.users, self.items, self.values, users, items, scale, self.timestamps, user_features, item_features
        )

    def with_user(self, user: int, items: Numbers, values: NDArray[np.float32]) -> Interactions:
        """The same with these interactions (m,) for the user, in place of any there; the user may be one past the last.

        An item that the user had rated with the same value keeps its time; the others get the latest time there is.
        """
        owners = np.full(len(items), user, np.int32)
        return self._replaced(self.users != user, owners, items, values, max(self.n_users, user + 1))

    def with_item(self, item: int, users: Numbers, values: NDArray[np.float32]) -> Interactions:
        """The same with these interactions (m,) with the item, in place of any there; times as in `with_user`."""
        return self._replaced(self.items != item, users, np.full(len(users), item, np.int32), values, self.n_users)

    def _replaced(
        self, kept: NDArray[np.bool_], users: Numbers, items: Numbers, values: NDArray[np.float32], size: int
    ) -> Interactions:
        owners = np.concatenate([self.users[kept], users])
        numbers = np.concatenate([self.items[kept], items]).astype(np.int32)
        rated = np.concatenate([self.values[kept], values]).astype(np.float32)
        times = None
        if self.timestamps is not None:
            times = np.concatenate([self.timestamps[kept], self._times_of(users, items, values)])
        order = np.lexsort((numbers if times is None else times, owners))
        starts = np.concatenate([[0], np.cumsum(np.bincount(owners, minlength=size))]).astype(np.int64)
        return Interactions(starts, numbers[order], rated[order], None if times is None else times[order])

    def _times_of(self, users: Numbers, items: Numbers, values: NDArray[Any]) -> NDArray[np.int64]:
        """When each of m ratings was made: as on record where it is there unchanged, else the latest time of all."""
        if self.timestamps is None:
            return np.empty(0, np.int64)
        at = np.isin(self.users, users)
        on_record = zip(*(column[at].tolist() for column in (self.users, self.items, self.values)), strict=True)
        known = dict(zip(on_record, self.timestamps[at].tolist(), strict=True))
        new = zip(users.tolist(), items.tolist(), np.asarray(values, np.float32).tolist(), strict=True)
        return np.array([known.get(key, self._latest) for key in new], np.int64)
