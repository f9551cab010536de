"""Splits that hide single ratings scattered over the table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting.row_selection import check_share, ranks_within
from penchant.data.splitting.split import Split, split_rows
from penchant.foundations.errors import DataError
from penchant.foundations.rng import generator

_CELLS = "How well are hidden single ratings filled in?"


def get_cv_idxs(n: int, cv_idx: int = 0, val_pct: float = 0.2, seed: int = 42) -> NDArray[np.int64]:
    """The lesson's validation rows: the cv_idx-th block of a legacy-seeded permutation of n rows."""
    state = np.random.RandomState(seed)  # the lesson's rows are defined by the legacy generator
    size = int(val_pct * n)
    start = cv_idx * size
    return state.permutation(n)[start : start + size]


def random(ratings: Ratings, *, test: float = 0.2, seed: int = 42) -> Split:
    """How well can the blank cells of the table be filled in?

    Single ratings are hidden at random, so a user's tastes are known from the ratings that stay. It says nothing about
    people or items the system has not met, nor about tomorrow's ratings. The rows are the lesson's `get_cv_idxs` rows.
    """
    name = f"random(test={test}, seed={seed})"
    check_share(test, name)
    return split_rows(ratings, get_cv_idxs(len(ratings), val_pct=test, seed=seed), question=_CELLS, name=name)


def per_user(ratings: Ratings, *, test: float = 0.2, seed: int = 42) -> Split:
    """How well is each person's blank row filled in?

    The same share of every user's ratings is hidden at random, and at least one stays, so nobody is unknown and
    lists of recommendations can be judged for nearly everybody; users of too few ratings are not tested. It says
    nothing about newcomers, nor about tomorrow.
    """
    name = f"per_user(test={test}, seed={seed})"
    check_share(test, name)
    users = ratings.user_numbers
    ranks = ranks_within(users, generator(seed).permutation(len(users)))
    counts = np.bincount(users)
    sizes = np.minimum(np.floor(counts * test + 0.5), counts - 1)
    question = "How well are hidden ratings of each user filled in?"
    return split_rows(ratings, np.flatnonzero(ranks < sizes[users]), question=question, name=name)


def k_fold(ratings: Ratings, *, folds: int = 5, seed: int = 42) -> list[Split]:
    """How well are blank cells filled in, with every rating tested once?

    The rows are dealt at random into as many parts as there are folds; each is the test of one split. The folds'
    scores share training rows: their spread is not the error of their mean.
    """
    if not 2 <= folds <= len(ratings):
        raise DataError(f"{folds} folds of {len(ratings)} ratings", where="k_fold", remedy="Give two or more")
    parts = np.array_split(generator(seed).permutation(len(ratings)), folds)
    return [
        split_rows(ratings, rows, question=_CELLS, name=f"k_fold({number} of {folds}, seed={seed})")
        for number, rows in enumerate(parts, start=1)
    ]


def repeated(ratings: Ratings, *, times: int = 5, test: float = 0.2, seed: int = 42) -> list[Split]:
    """How much does the answer of `random` hang on which rows happened to be hidden?

    The same split with the seeds seed, seed + 1, …. The tests overlap, so the results are not independent.
    """
    return [random(ratings, test=test, seed=seed + time) for time in range(times)]
