"""Splits whose test rows are random single ratings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import check_share, ranks_within
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.arguments import checked_arguments
from penchant.foundations.errors import DataError
from penchant.foundations.rng import checked_seed, generator

_QUESTION = "How well are random held-out ratings predicted?"


def get_cv_idxs(n: int, cv_idx: int = 0, val_pct: float = 0.2, seed: int = 42) -> NDArray[np.int64]:
    """The lesson's validation rows: block `cv_idx` of a permutation of n rows by NumPy's legacy generator."""
    counts = all(isinstance(one, int | np.integer) and one >= 0 for one in (n, cv_idx))
    if not counts or not isinstance(val_pct, int | float | np.number) or not 0 <= val_pct <= 1:
        wrong = f"block {cv_idx!r} with a share of {val_pct!r} of {n!r} rows is not possible"
        raise DataError(wrong, where="get_cv_idxs", remedy="Give a number of rows, and a share between 0 and 1")
    if checked_seed(seed) >= 2**32:
        raise DataError(f"the seed {seed} is above {2**32 - 1}", where="seed", remedy="Give a smaller seed")
    state = np.random.RandomState(seed)  # the lesson's rows are defined by the legacy generator
    size = int(val_pct * n)
    start = cv_idx * size
    return state.permutation(n)[start : start + size]


@checked_arguments
def random(ratings: Ratings, *, test: float = 0.2, seed: int = 42) -> Split:
    """How well are random held-out ratings predicted?

    Most test users and test items also have training ratings. The split measures neither new users and items nor
    future ratings. The test rows are the lesson's `get_cv_idxs` rows.
    """
    name = f"random(test={test}, seed={seed})"
    check_share(test, name)
    return split_rows(ratings, get_cv_idxs(len(ratings), val_pct=test, seed=seed), question=_QUESTION, name=name)


@checked_arguments
def per_user(ratings: Ratings, *, test: float = 0.2, seed: int = 42) -> Split:
    """How well are held-out ratings of every user predicted?

    The same random share of every user's ratings is the test, and at least one rating of each user is in training. All
    test users are known, and nearly all users have a list to evaluate; users with too few ratings are not tested. The
    split measures neither new users nor future ratings.
    """
    name = f"per_user(test={test}, seed={seed})"
    check_share(test, name)
    users = ratings.user_numbers
    ranks = ranks_within(users, generator(seed).permutation(len(users)))
    counts = np.bincount(users)
    sizes = np.minimum(np.floor(counts * test + 0.5), counts - 1)
    question = "How well are held-out ratings of every user predicted?"
    return split_rows(ratings, np.flatnonzero(ranks < sizes[users]), question=question, name=name)


@checked_arguments
def k_fold(ratings: Ratings, *, folds: int = 5, seed: int = 42) -> list[Split]:
    """How well are held-out ratings predicted, with every rating tested once?

    The rows are divided at random into `folds` parts; each part is the test of one split. The folds share training
    rows, so the spread of their metrics is not the standard error of the mean.
    """
    if not 2 <= folds <= len(ratings):
        raise DataError(f"{folds} folds of {len(ratings)} ratings", where="k_fold", remedy="Give two or more")
    parts = np.array_split(generator(seed).permutation(len(ratings)), folds)
    return [
        split_rows(ratings, rows, question=_QUESTION, name=f"k_fold({number} of {folds}, seed={seed})")
        for number, rows in enumerate(parts, start=1)
    ]


@checked_arguments
def repeated(ratings: Ratings, *, times: int = 5, test: float = 0.2, seed: int = 42) -> list[Split]:
    """How much do the metrics of `random` depend on the sampled test rows?

    The split `random` with the seeds seed, seed + 1, …. The tests overlap, so the results are not independent.
    """
    return [random(ratings, test=test, seed=seed + time) for time in range(times)]
