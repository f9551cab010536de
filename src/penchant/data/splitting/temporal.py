"""Splits whose test ratings are the latest ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import check_share, ranks_within
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import DataError


@checked_arguments
def temporal(ratings: Ratings, *, test: float = 0.2, at: int | None = None) -> Split:
    """How well are future ratings predicted?

    The latest share of all ratings is the test, or, with `at` (seconds since 1970), the ratings from that time on.
    Every training rating is older than every test rating. Many test users and items are new, as in a live system. The
    task is harder than that of a random split, so do not compare the metrics of both.
    """
    name = f"temporal(test={test})" if at is None else f"temporal(at={at})"
    times = times_of(ratings, name)
    if at is None:
        check_share(test, name)
        at = int(np.sort(times)[-max(1, int(test * len(times)))])
        if at == times.min():  # so many ratings have the oldest time that none would be left for training
            at += 1
    rows = np.flatnonzero(times >= at)
    question = "How well are ratings predicted that came after training?"
    return split_rows(ratings, rows, question=question, name=name, cut=at)


@checked_arguments
def leave_last(ratings: Ratings, *, last: int = 1) -> Split:
    """What does each user choose next?

    The test is each user's `last` latest ratings; of ratings with the same time, the last rows. Users with no more
    ratings than that are in training only. Training contains later ratings of other users, which a live system would
    not have had; use `temporal` to avoid that.
    """
    name = f"leave_last(last={last})"
    if last < 1:
        raise DataError("at least one rating of each user must be in the test", where=name)
    times, users = times_of(ratings, name), ratings.user_numbers
    latest_first = np.argsort(times, kind="stable")[::-1]
    counts = np.bincount(users)
    rows = np.flatnonzero((ranks_within(users, latest_first) < last) & (counts[users] > last))
    return split_rows(ratings, rows, question="How well are each user's last ratings predicted?", name=name)


def times_of(ratings: Ratings, name: str) -> NDArray[np.int64]:
    """The time of every rating, (n,); DataError where times are not known. name: of the split, for the message."""
    if ratings.timestamps is None:
        raise DataError(
            "the ratings have no timestamps", where=name, remedy="Name their column with timestamp=… when reading"
        )
    return ratings.timestamps
