"""Splits at several moments, each tested on what came next."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np

from penchant.data.ratings import Ratings
from penchant.data.splitting.split import Split, split_rows
from penchant.data.splitting.temporal import times_of
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import DataError

_DAY = 86_400


@checked_arguments
def rolling(
    ratings: Ratings, *, cuts: int = 6, horizon: float = 7.0, step: float | None = None, new_users: bool = False
) -> list[Split]:
    """What do users choose next?

    There is one split for each cut, the earliest first. Training is all interactions before the cut. The test is the
    interactions of the `horizon` days after the cut, with any rating. The last horizon ends with the latest
    interaction. step: days from one cut to the next; left out, a horizon. new_users: also test users without training
    interactions. Several cuts are needed because a single release can decide the result of one cut.
    """
    name = f"rolling(cuts={cuts}, horizon={horizon:g} days)"
    times = times_of(ratings, name)
    step = horizon if step is None else step
    if cuts < 1 or not horizon > 0 or not step > 0:
        raise DataError("cuts, horizon and step have to be above 0", where=name)
    end = int(times.max()) + 1
    width, apart = round(horizon * _DAY), round(step * _DAY)
    starts = [end - width - apart * back for back in range(cuts)][::-1]
    if starts[0] <= times.min():
        raise DataError(
            f"no rating is earlier than the first of {cuts} cuts", where=name, remedy="Ask for fewer or closer cuts"
        )
    return [
        _split_at(ratings, start, start + width, new_users, f"cut {number} of {name}")
        for number, start in enumerate(starts, start=1)
    ]


def _split_at(ratings: Ratings, start: int, end: int, new_users: bool, name: str) -> Split:
    times = times_of(ratings, name)
    earlier = times < start
    tested = ~earlier & (times < end)
    if not new_users:
        tested &= (np.bincount(ratings.user_numbers[earlier], minlength=ratings.n_users) > 0)[ratings.user_numbers]
    when = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d %H:%M} UTC"
    return split_rows(
        ratings,
        np.flatnonzero(tested),
        question="What do users choose next?",
        name=f"{name}, {when}",
        unused_rows=np.flatnonzero(~earlier & ~tested),
        cut=start,
        any_rating=True,
    )
