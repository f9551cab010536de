"""ListOptions: the length, the order and the filters of a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from penchant.foundations.errors import CallerError
from penchant.foundations.rng import Seed, checked_seed
from penchant.recommending.argument_checks import many_ids

By = Literal["combined", "rating", "choice"]
"""The order of a list: the ranker, the expected rating, or the score of the choice model."""


@dataclass(frozen=True)
class ListOptions:
    """The options of a list.

    n: the number of items. by: see By; None for the ranker, or for the only part. exclude_seen: leave out rated items.
    exclude: other item ids to leave out. among: the only item ids allowed, or None for all. where: feature name ->
    value or values; an item must have one of them. For a numeric feature, a value or a pair (lowest, highest).
    diversity: 0 ranks by score alone; with higher values, an item similar to one before it gets a lower rank (maximal
    marginal relevance; Carbonell and Goldstein 1998). explore: a seed; the list is then ranked by one posterior sample
    of the user (Thompson 1933), so that uncertain items are sometimes listed. new_items: the share of the
    list that is reserved for items without interactions; they otherwise come after all others.
    Raises CallerError for values that no list can have.
    """

    n: int = 10
    by: By | None = None
    exclude_seen: bool = True
    exclude: Iterable[Any] = ()
    among: Iterable[Any] | None = None
    where: Mapping[str, Any] | None = None
    diversity: float = 0.0
    explore: Seed | None = None
    new_items: float = 0.0

    def __post_init__(self) -> None:
        check_count(self.n)
        if not _is_number(self.diversity) or not 0 <= self.diversity < 1:
            raise CallerError(
                f"{self.diversity!r} is not a number from 0 to below 1", where="diversity",
                remedy="Give 0 to rank by score alone, or more, such as 0.3",
            )  # fmt: skip
        if not _is_number(self.new_items) or not 0 <= self.new_items <= 1:
            raise CallerError(
                f"{self.new_items!r} is not a share from 0 to 1", where="new_items", remedy="Give 0.2 for a fifth"
            )
        if not isinstance(self.explore, np.random.Generator | None):
            checked_seed(self.explore, "explore")
        object.__setattr__(self, "exclude", many_ids(self.exclude, "exclude"))
        if self.among is not None:
            object.__setattr__(self, "among", many_ids(self.among, "among"))
        if self.where is not None and not isinstance(self.where, Mapping):
            raise CallerError(
                f"{self.where!r} is not a mapping", where="where", remedy='Write where={"genres": "Drama"}'
            )


def check_count(n: Any) -> None:
    """Raise CallerError for a length that is not a positive whole number."""
    if isinstance(n, bool) or not isinstance(n, int | np.integer):
        raise CallerError(f"{n!r} is not a number of items", where="n", remedy="Give a whole number")
    if n < 1:
        raise CallerError(f"a list of {n} items was asked for", where="n", remedy="Ask for at least one")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)
