"""Candidates: the items of a user that some term ranks high, and which of them the user chose later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from penchant.data.liked import liked_from
from penchant.data.vocabulary import Numbers
from penchant.recommending.ranker import LOG_CHOICE, LOG_LIKE, Ranker
from penchant.recommending.ranking_cuts import Cut
from penchant.recommending.ranking_terms import TermInputs, term

Array = NDArray[np.float64]

CANDIDATES = 100
"""Items of a user that each term contributes to the candidates."""


@dataclass
class Candidates:
    """The candidates of many users, concatenated.

    terms: (n, T). chosen: (n,), 1 for a held-back item. liked: (n,), 1 for a held-back item that was liked. starts:
    (G + 1,), the first candidate of each user. wanted: by target, (G,), the number of relevant items of each user.
    """

    terms: Array
    liked: Array
    chosen: Array
    starts: NDArray[np.int64]
    wanted: dict[str, Array] = field(default_factory=dict)


def candidates(names: Sequence[str], ranker: Ranker, cut: Cut, users: Numbers, inputs: TermInputs) -> Candidates:
    """The candidates of each user: unseen items that a term, or the product, ranks high."""
    train, test = cut.train, cut.test
    rated = np.flatnonzero(~inputs.unrated).astype(np.int32)
    row, column = np.full(train.n_users, -1), np.full(train.n_items, -1)
    row[users], column[rated] = np.arange(len(users)), np.arange(len(rated))
    tables = {name: term(name, ranker, inputs, rated) for name in names}
    free = np.ones((len(users), len(rated)), bool)
    own = row[train.user_numbers] >= 0
    free[row[train.user_numbers[own]], column[train.item_numbers[own]]] = False
    picked = np.zeros_like(free)
    product = sum((tables[name] for name in (LOG_CHOICE, LOG_LIKE) if name in tables), start=np.zeros((1, 1)))
    for scores in (*tables.values(), product):
        _mark_top(picked, np.where(free, scores, -np.inf))
    picked &= free
    held = (row[test.user_numbers] >= 0) & (column[test.item_numbers] >= 0)
    chosen, liked = np.zeros_like(free), np.zeros_like(free)
    at = row[test.user_numbers[held]], column[test.item_numbers[held]]
    chosen[at] = True
    liked[at] = test.values[held] >= liked_from(train.values)
    chosen, liked = chosen & free, liked & free
    rows, columns = np.nonzero(picked)
    terms = np.stack([np.broadcast_to(tables[name], free.shape)[rows, columns] for name in names], axis=1)
    starts = np.append(0, np.cumsum(picked.sum(axis=1)))
    wanted = {"chosen": chosen.sum(axis=1).astype(float), "liked": liked.sum(axis=1).astype(float)}
    return Candidates(terms, liked[rows, columns].astype(float), chosen[rows, columns].astype(float), starts, wanted)


def _mark_top(picked: NDArray[np.bool_], scores: Array) -> None:
    k = min(CANDIDATES, scores.shape[1])
    top = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    np.put_along_axis(picked, top, True, axis=1)


def joined(parts: Sequence[Candidates]) -> Candidates:
    starts = [np.zeros(1, np.int64)]
    for part in parts:
        starts.append(part.starts[1:] + starts[-1][-1])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("terms", "liked", "chosen")}
    wanted = {name: np.concatenate([part.wanted[name] for part in parts]) for name in parts[0].wanted}
    return Candidates(**columns, starts=np.concatenate(starts), wanted=wanted)


def of_terms(table: Candidates, names: Sequence[str], kept: Sequence[str]) -> Candidates:
    """The same candidates with some of their terms. names: all terms of the table. kept: those to keep, in order."""
    at = [list(names).index(name) for name in kept]
    return Candidates(table.terms[:, at], table.liked, table.chosen, table.starts, table.wanted)
