"""Splits that hide what came later."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import check_share, ranks_within
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.errors import DataError


def temporal(ratings: Ratings, *, test: float = 0.2, at: int | None = None) -> Split:
    """What would have happened next, had the system gone live at one moment?

    The latest share of all ratings is the test, or, with `at` (seconds since 1970), those from that moment on; every
    training rating is older than every test rating. Many test users and items are new then, as they are in life. Use
    it for promises about tomorrow, not to compare with metrics measured on random cells: it is a harder question.
    """
    name = f"temporal(test={test})" if at is None else f"temporal(at={at})"
    times = _times(ratings, name)
    if at is None:
        check_share(test, name)
        at = int(np.sort(times)[-max(1, int(test * len(times)))])
        if at == times.min():  # so many of the oldest moment that it alone would be the cut
            at += 1
    rows = np.flatnonzero(times >= at)
    return split_rows(ratings, rows, question="How well are ratings foretold that came after training?", name=name)


def leave_last(ratings: Ratings, *, last: int = 1) -> Split:
    """What does each person choose next?

    Each user's last ratings by time (by row among equal times) are the test; users with no more than those stay in
    training whole. Training holds other people's later ratings, so it is not what a system knew at the time: use
    `temporal` for that.
    """
    name = f"leave_last(last={last})"
    if last < 1:
        raise DataError("at least one rating must be left out", where=name)
    times, users = _times(ratings, name), ratings.user_numbers
    latest_first = np.argsort(times, kind="stable")[::-1]
    counts = np.bincount(users)
    rows = np.flatnonzero((ranks_within(users, latest_first) < last) & (counts[users] > last))
    return split_rows(ratings, rows, question="How well are each user's last ratings foretold?", name=name)


def _times(ratings: Ratings, name: str) -> NDArray[np.int64]:
    if ratings.timestamps is None:
        raise DataError(
            "the ratings have no timestamps", where=name, remedy="Name their column with timestamp=… when reading"
        )
    return ratings.timestamps
