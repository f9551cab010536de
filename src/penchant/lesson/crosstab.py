"""The crosstab: a small table of the users and items with the most ratings, blank where there is no rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.foundations.errors import DataError
from penchant.foundations.settings import Settings, setting
from penchant.lesson.display import Summarized, Table


@dataclass(frozen=True)
class CrosstabSettings(Settings):
    """The size of the crosstab."""

    users: int = setting(15, "how many users, those with the most ratings", low=1)
    items: int = setting(15, "how many items, those with the most ratings", low=1)


@dataclass(frozen=True, repr=False)
class Crosstab(Summarized):
    """The ratings of the users and items with the most ratings.

    user_ids: (U,), item_ids: (I,), most ratings first. titles: I display names, or ids. values: (U, I) float64, NaN
    where there is no rating.
    """

    user_ids: NDArray[Any]
    item_ids: NDArray[Any]
    titles: tuple[str, ...]
    values: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.user_ids), len(self.item_ids)) or len(self.titles) != len(self.item_ids):
            raise DataError(
                f"a table of shape {self.values.shape} does not fit {len(self.user_ids)} users, {len(self.item_ids)}"
                f" items and {len(self.titles)} titles"
            )
        if not self.rated.any():
            raise DataError("no cell of the crosstab has a rating", remedy="Show more users or more items")

    @property
    def rated(self) -> NDArray[np.bool_]:
        """Which cells have a rating, (U, I)."""
        return ~np.isnan(self.values)

    @property
    def empty_users(self) -> list[Any]:
        """The ids of users without a rating of these items."""
        return list(self.user_ids[~np.any(self.rated, axis=1)].tolist())

    @property
    def empty_items(self) -> list[Any]:
        """The ids of items without a rating by these users."""
        return list(self.item_ids[~np.any(self.rated, axis=0)].tolist())

    def to_text(self) -> str:
        """The table in plain text, a dot for a blank."""
        heads = [str(one) for one in self.item_ids.tolist()]
        width = max(5, *(len(head) for head in heads))
        side = max(len(str(one)) for one in self.user_ids.tolist())
        cells = [[f"{value:g}" if value == value else "·" for value in row] for row in self.values.tolist()]
        lines = [" " * side + "".join(f"{head:>{width + 1}}" for head in heads)]
        for one, row in zip(self.user_ids.tolist(), cells, strict=True):
            lines.append(f"{one!s:>{side}}" + "".join(f"{text:>{width + 1}}" for text in row))
        return "\n".join(lines)

    def summary(self) -> str:
        return f"{len(self.user_ids)} users, {len(self.item_ids)} items, {int(self.rated.sum())} ratings"

    def table(self) -> Table:
        cells = [["" if value != value else f"{value:g}" for value in row] for row in self.values.tolist()]
        rows = [(one, *row) for one, row in zip(self.user_ids.tolist(), cells, strict=True)]
        return ("user", *self.titles), rows


def crosstab(ratings: Ratings, settings: CrosstabSettings | None = None) -> Crosstab:
    """The crosstab of the users and items with the most ratings; ties go to the lower number.

    Raises DataError when fewer users or items than requested have a rating.
    """
    settings = settings or CrosstabSettings()
    users = _most_rated(ratings.by_user().counts, settings.users, "users")
    items = _most_rated(ratings.by_item().counts, settings.items, "items")
    row, column = np.full(ratings.n_users, -1), np.full(ratings.n_items, -1)
    row[users], column[items] = np.arange(len(users)), np.arange(len(items))
    at_row, at_column = row[ratings.user_numbers], column[ratings.item_numbers]
    shown = (at_row >= 0) & (at_column >= 0)
    values = np.full((len(users), len(items)), np.nan)
    # 3.7 in float32 is 3.7000000477 in float64
    values[at_row[shown], at_column[shown]] = np.round(ratings.values[shown].astype(np.float64), 6)
    ids = ratings.items.take(items)
    return Crosstab(ratings.users.take(users), ids, _titles(ratings, items, ids), values)


def _most_rated(counts: NDArray[Any], wanted: int, what: str) -> NDArray[np.int64]:
    have = int((counts > 0).sum())
    if have < wanted:
        raise DataError(
            f"{wanted} {what} were requested, and only {have} have a rating", remedy=f"Request {have} {what} or fewer"
        )
    return np.argsort(-counts, kind="stable")[:wanted]


def _titles(ratings: Ratings, items: NDArray[np.int64], ids: NDArray[Any]) -> tuple[str, ...]:
    known = ratings.item_features.titles if ratings.item_features is not None else None
    titles = [known[number] for number in items] if known is not None else [None] * len(items)
    return tuple(title or str(one) for title, one in zip(titles, ids.tolist(), strict=True))
