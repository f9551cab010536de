"""Popularity of items: the number of interactions, of all time or recent, the trend, and the first interaction."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.foundations.errors import CallerError

PopularOrder = Literal["popular", "trending", "latest"]
"""The order of a list that is the same for all users."""

DAY = 86_400
"""Seconds in a day."""

SHORT, LONG = 7.0, 60.0
"""A trend compares the last `SHORT` days with the `LONG` days before them."""

PRIOR_INTERACTIONS = 5.0
"""The number of expected interactions that the prior of a trend counts for."""


class Popularity:
    """The interactions of all users, sorted by time.

    now: the time at which windows end, in seconds since 1970; None without times.
    """

    def __init__(self, interactions: Interactions, n_items: int, *, now: int | None = None) -> None:
        """n_items: I, how many items there are. now: left out, the time of the latest interaction."""
        times = interactions.timestamps
        self.n_items = n_items
        if times is None or not len(times):
            self._items, self._times, self.now = interactions.items, None, None
            return
        order = np.argsort(times, kind="stable")
        self._items, self._times = interactions.items[order], times[order]
        self.now = int(self._times[-1]) if now is None else now

    def grown(self, n_items: int) -> Popularity:
        """The same for more items, I of them, where the new ones have no interaction."""
        fresh = copy(self)
        fresh.n_items = n_items
        vars(fresh).pop("_first", None)
        return fresh

    def counts(self, window: float | None = None) -> NDArray[np.float64]:
        """The number of interactions of each item in the last `window` days, (I,).

        With `window` None, or without times, it is the number of all interactions.
        """
        return self._counted(0 if window is None else self._start(window))

    def trending(self, short: float = SHORT, long: float = SHORT + LONG) -> NDArray[np.float64]:
        """The trend of each item: its recent rate over its earlier rate, (I,); 1 for no change.

        It is the count in the last `short` days over the count expected from the item's share in the rest of the last
        `long` days. A constant is added to both, so that a few interactions do not make a trend; this is the posterior
        mean of the rate with a gamma prior. Raises CallerError without times, and if `short` is not below `long`.
        """
        self.check_times()
        if not 0 < short < long:
            raise CallerError(
                f"{short:g} days are compared with {long:g} days", where="popularity", remedy="Give a rising pair"
            )
        recent = self._counted(self._start(short))
        before = self._counted(self._start(long)) - recent
        expected = before * (recent.sum() / max(before.sum(), 1))
        return (recent + PRIOR_INTERACTIONS) / (expected + PRIOR_INTERACTIONS)

    def latest(self) -> NDArray[np.float64]:
        """The time of each item's first interaction in seconds since 1970, (I,); -inf for an item without one.

        Raises CallerError without times.
        """
        self.check_times()
        return self._first

    def ordered(self, order: PopularOrder, window: float | None) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Scores of an order, (I,), and which items have an interaction in the last `window` days, (I,).

        The score of "latest" is minus the number of days before now. Raises CallerError for an unknown order, a window
        that is not above 0, and an order that needs times if there are none.
        """
        if order not in get_args(PopularOrder):
            names = ", ".join(get_args(PopularOrder))
            raise CallerError(f"there is no order {order!r}", where="order", remedy=f"Choose one of: {names}")
        if window is not None:
            _check_window(window)
            self.check_times()
        if order == "trending":
            window = SHORT if window is None else window
            return self.trending(window, window + LONG), self.counts(window) > 0
        counts = self.counts(window)
        if order == "popular":
            return counts, counts > 0
        return (self.latest() - (self.now or 0)) / DAY, counts > 0

    def check_times(self) -> None:
        """Raise CallerError without times."""
        if self._times is None:
            raise CallerError(
                "the training rows have no timestamps",
                where="popularity",
                remedy="Name their column with timestamp=… when reading, or ask for the counts of all time",
            )

    @cached_property
    def _first(self) -> NDArray[np.float64]:
        first = np.full(self.n_items, -np.inf)
        if self._times is not None:
            items, rows = np.unique(self._items, return_index=True)  # the first row of each item, in time order
            first[items] = self._times[rows]
        return first

    def _counted(self, start: int) -> NDArray[np.float64]:
        """The counts of the rows from `start` on."""
        return np.bincount(self._items[start:], minlength=self.n_items).astype(np.float64)

    def _start(self, window: float) -> int:
        """The first row of the last `window` days."""
        if self._times is None or self.now is None:
            return 0
        return int(np.searchsorted(self._times, self.now - window * DAY))


def _check_window(window: float) -> None:
    """Raise CallerError for a window that is not a number of days above 0."""
    if isinstance(window, bool) or not isinstance(window, int | float | np.number) or not window > 0:
        raise CallerError(
            f"a window of {window!r} days is not possible", where="window", remedy="Give a number above 0"
        )
