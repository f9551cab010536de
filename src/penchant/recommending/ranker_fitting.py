"""Fitting the ranker: its weights and the calibration of P(like), on interactions held back from the training rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import Numbers
from penchant.models.pair_predictions import score_table
from penchant.models.rating_moments import ItemSpread
from penchant.models.trained import TrainedModel
from penchant.recommending.popularity import DAY, Popularity
from penchant.recommending.predictions import predict_numbers
from penchant.recommending.ranker import (
    LOG_CHOICE,
    LOG_LIKE,
    LOG_NEIGHBOURS,
    POPULARITY,
    Liking,
    Ranker,
    floor_of,
    log_count,
)
from penchant.recommending.ranking_candidates import Candidates, candidates, joined, of_terms
from penchant.recommending.ranking_cuts import HORIZONS, Cut
from penchant.recommending.ranking_terms import TermInputs, moments_of
from penchant.recommending.ranking_weights import fitted
from penchant.recommending.recent_neighbours import RecentNeighbours
from penchant.recommending.row_lookup import resolve

Array = NDArray[np.float64]

USERS = 2000
"""The highest number of users whose held-back interactions are ranked, in each cut."""

WINDOWS = (3, 7, 30, 90)
"""The windows of recent popularity in days; each is a term if the cuts are in time."""

TABLE = 2**23
"""The number of pairs of users and items whose terms are in memory together."""

RATINGS = 50_000
"""The highest number of held-back ratings on which P(like) is calibrated."""

FEWEST_RATINGS = 100
"""With fewer held-back ratings, P(like) is not calibrated."""


def fit_ranker(
    cuts: Sequence[Cut],
    train_choice: Callable[[Ratings], TrainedModel],
    train_rating: Callable[[Ratings], TrainedModel] | None,
    *,
    seed: int = 0,
) -> Ranker:
    """The ranker fitted on these cuts.

    train_choice: trains a choice model, on the training rows of each cut: what users choose next depends on the latest
    choices. train_rating: trains a rating model, once, on the training rows of the first cut; None without ratings.
    """
    started = time.perf_counter()
    rating = None if train_rating is None else train_rating(cuts[0].train)
    choices = [train_choice(cut.train) for cut in cuts]
    trained_in = time.perf_counter() - started
    liking = None if rating is None else _calibrated(rating, cuts[0])
    names = _term_names(rating is not None, cuts[0].at is not None)
    draft = Ranker(dict.fromkeys(names, 1.0), {LOG_CHOICE: 1.0}, liking, _cold_share(cuts))
    rng = np.random.default_rng(seed)
    gathered: list[Candidates] = []
    for cut, choice in zip(cuts, choices, strict=True):
        users = _judged_users(cut, rng)
        if len(users):
            scores = score_table(choice, resolve(choice.users, users).rows)
            draft = replace(draft, floor=floor_of(scores)) if not gathered else draft
            inputs_of, height = _inputs(rating, cut, users, scores), max(1, TABLE // cut.train.n_items)
            for at in (slice(start, start + height) for start in range(0, len(users), height)):
                gathered.append(candidates(names, draft, cut, users[at], inputs_of(at)))
    if not gathered:
        return replace(draft, weights=_start(names), facts={"cut": "too few users to fit weights on"})
    table = joined(gathered)
    weights, combined = fitted(names, table, "liked" if rating is not None else "chosen")
    own = [name for name in names if name != LOG_LIKE]
    choice_weights, by_choice = fitted(own, of_terms(table, names, own), "chosen")
    facts = {
        "cut": _words(cuts),
        "in_time": cuts[0].at is not None,
        "users": len(table.starts) - 1,
        "combined": combined,
        "choice": by_choice,
        "seconds": {"parts": trained_in, "weights": time.perf_counter() - started - trained_in},
    }
    return replace(draft, weights=weights if rating is not None else {}, choice_weights=choice_weights, facts=facts)


def _inputs(
    rating: TrainedModel | None, cut: Cut, users: Numbers, scores: NDArray[np.float32]
) -> Callable[[slice], TermInputs]:
    """A function from places of users (B,) to the inputs of their terms at a cut. scores: (B, I), of the choice."""
    n_items = cut.train.n_items
    spread = None if rating is None else ItemSpread.of(rating)
    unrated = np.bincount(cut.train.item_numbers, minlength=n_items) == 0
    static, recent = {}, None
    if cut.at is not None:
        interactions = Interactions.of(cut.train)
        seen, recent = (
            Popularity(interactions, n_items, now=cut.at),
            RecentNeighbours.of(interactions, n_items, now=cut.at),
        )
        static = {f"{POPULARITY}{days}": log_count(seen.counts(float(days))) for days in WINDOWS}

    def of(at: slice) -> TermInputs:
        moments = near = None
        if rating is not None and spread is not None:
            own = resolve(rating.users, users[at]).rows
            moments = moments_of(rating, own, rating.items.all_rows(), spread)
        if recent is not None:
            near = partial(recent.table, users[at])
        return TermInputs(unrated, scores[at], moments, static, near)

    return of


def _term_names(rates: bool, timed: bool) -> list[str]:
    names = [LOG_CHOICE, *([LOG_LIKE] if rates else [])]
    return names + [f"{POPULARITY}{days}" for days in WINDOWS] + [LOG_NEIGHBOURS] if timed else names


def _start(names: Sequence[str]) -> dict[str, float]:
    """The weights of the product of the two probabilities."""
    return {name: 1.0 if name in (LOG_CHOICE, LOG_LIKE) else 0.0 for name in names}


def _words(cuts: Sequence[Cut]) -> str:
    if cuts[0].at is None:
        return f"{len(cuts[0].test):,} random rows"
    days = HORIZONS[0] if len(cuts) < 2 else (cuts[1].at or 0) // DAY - cuts[0].at // DAY
    return f"the {days} days after each of {len(cuts)} cuts in time"


def _cold_share(cuts: Sequence[Cut]) -> float:
    """The share of held-back interactions with items without training interactions; never 0 or 1."""
    new, total = 0, 0
    for cut in cuts:
        rated = np.bincount(cut.train.item_numbers, minlength=cut.train.n_items) > 0
        new, total = new + int((~rated[cut.test.item_numbers]).sum()), total + len(cut.test)
    return (new + 1) / (total + 100)


def _judged_users(cut: Cut, rng: np.random.Generator) -> Numbers:
    """Known users with a held-back interaction with a known item; a sample if there are many."""
    users = np.unique(cut.test.user_numbers[cut.known])
    return users if len(users) <= USERS else np.sort(rng.choice(users, USERS, replace=False))


def _calibrated(rating: TrainedModel, cut: Cut) -> Liking:
    """P(like) calibrated on the held-back ratings of known users and items: a probit regression on z."""
    from scipy.optimize import minimize
    from scipy.special import log_ndtr

    liking = Liking.of(cut.train.values, cut.train.scale)
    rows = np.flatnonzero(cut.known)[:RATINGS]
    said = predict_numbers(rating, cut.test.user_numbers[rows], cut.test.item_numbers[rows])
    z, liked = liking.z(said.mean, said.std).astype(np.float64), cut.test.values[rows] >= liking.liked
    if len(rows) < FEWEST_RATINGS or liked.all() or not liked.any():
        return liking
    sign = np.where(liked, 1.0, -1.0)

    def loss(w: Array) -> float:
        return float(-log_ndtr(sign * (w[0] + w[1] * z)).mean() + 1e-4 * (w[1] - 1) ** 2)

    found = minimize(loss, [0.0, 1.0]).x
    return replace(liking, intercept=float(found[0]), slope=float(max(found[1], 0.05)))
