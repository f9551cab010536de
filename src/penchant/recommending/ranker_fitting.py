"""Fitting the ranker: its weights and the calibration of P(like), on interactions held back from the training rows.

The cut follows the question. Where times say what comes next, the latest weeks are held back, in several cuts; else
random rows. The loss looks at the top of a list: the likelihood of the held-back items among the candidates that some
term ranks high, and then the NDCG of the short list itself, weight by weight. Plain likelihood over all items cares for
the long tail and gives worse short lists over time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.liked import liked_from
from penchant.data.ratings import Ratings
from penchant.data.vocabulary import Numbers
from penchant.models.pair_predictions import score_table
from penchant.models.rating_moments import ItemSpread
from penchant.models.rows import Floats
from penchant.models.trained import TrainedModel
from penchant.recommending.fold_in import infer
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
from penchant.recommending.ranking_terms import TermInputs, moments_of, term
from penchant.recommending.recent_neighbours import RecentNeighbours
from penchant.recommending.row_lookup import resolve

Array = NDArray[np.float64]

SHARE = 0.15
"""The share of rows that a random cut holds back."""

USERS = 1500
"""Users whose held-back interactions are ranked, at most, in each cut."""

CANDIDATES = 100
"""Items of a user that each term contributes to the candidates."""

PLACES = 10
"""The length of the list whose NDCG the weights are chosen for."""

FACTORS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
"""What each weight is multiplied by in turn, to see whether the short list improves."""

CERTAIN = 2.0
"""How many standard errors a paired gain must exceed before a weight is changed for it."""

WINDOWS = (3, 7, 30, 90)
"""Days of recent popularity that become terms where times say what comes next."""

HORIZONS = (7, 28)
"""Days that a cut in time holds back; the first for which enough known users act."""

CUTS = 3
"""Cuts in time, one horizon apart."""

RATINGS = 50_000
"""Held-back ratings that P(like) is calibrated on, at most."""

FEWEST_RATINGS = 100
"""Held-back ratings below which P(like) stays as it is."""

FEWEST_USERS = 150
"""Known users who must act within a horizon."""

FEWEST_KNOWN = 0.3
"""The share of a horizon's interactions that must come from known users."""

BETTER = 1.05
"""How much better recent popularity must foresee the next horizon than popularity of all time."""


@dataclass(frozen=True)
class Cut:
    """Training rows and the rows held back after them, over one numbering. at: the time of the cut; None if random."""

    train: Ratings
    test: Ratings
    at: int | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which held-back rows (n,) are of a user and an item with training rows."""
        users = np.bincount(self.train.user_numbers, minlength=self.train.n_users) > 0
        items = np.bincount(self.train.item_numbers, minlength=self.train.n_items) > 0
        found: NDArray[np.bool_] = users[self.test.user_numbers] & items[self.test.item_numbers]
        return found


@dataclass
class Candidates:
    """The candidates of many users, side by side.

    terms: (n, T). chosen: (n,), 1 for what was held back. liked: (n,), 1 for what was also liked. starts: (G + 1,),
    where each user's candidates begin. wanted: by target, (G,), how many items each user has to find.
    """

    terms: Array
    liked: Array
    chosen: Array
    starts: NDArray[np.int64]
    wanted: dict[str, Array] = field(default_factory=dict)


def choose_cuts(ratings: Ratings, *, seed: int, how: str = "auto") -> list[Cut]:
    """The cuts to fit on. how: "latest", "random", or "auto" to let the table decide."""
    if how != "random" and ratings.timestamps is not None:
        for days in HORIZONS:
            cuts = _time_cuts(ratings, days)
            if cuts and (how == "latest" or _recent_is_better(cuts, days)):
                return cuts
    held = np.zeros(len(ratings), bool)
    held[np.random.default_rng(seed).permutation(len(ratings))[: max(1, int(SHARE * len(ratings)))]] = True
    return [Cut(ratings.take(~held), ratings.take(held))]


def _time_cuts(ratings: Ratings, days: int) -> list[Cut]:
    """Cuts one horizon apart before the end, oldest first; none where too few known users act."""
    times = ratings.timestamps
    assert times is not None
    end, cuts = int(times.max()) + 1, []
    for back in range(CUTS, 0, -1):
        at = end - back * days * DAY
        before, after = times < at, (times >= at) & (times < at + days * DAY)
        known = np.zeros(ratings.n_users, bool)
        known[ratings.user_numbers[before]] = True
        acting = ratings.user_numbers[after]
        own = acting[known[acting]]
        if len(np.unique(own)) < FEWEST_USERS or len(own) < FEWEST_KNOWN * len(acting):
            return []
        cuts.append(Cut(ratings.take(before), ratings.take(after), at))
    return cuts


def _recent_is_better(cuts: Sequence[Cut], days: int) -> bool:
    """Whether recent popularity finds more of what came next than popularity of all time."""
    found = np.zeros(2)
    for cut in cuts:
        times = cut.train.timestamps
        assert times is not None and cut.at is not None
        recent = cut.train.item_numbers[times >= cut.at - days * DAY]
        for at, items in enumerate((recent, cut.train.item_numbers)):
            counts = np.bincount(items, minlength=cut.train.n_items)
            top = np.argsort(-counts, kind="stable")[:PLACES]
            found[at] += np.isin(cut.test.item_numbers[cut.known], top).sum()
    return bool(found[0] > BETTER * found[1])


def fit_ranker(
    cuts: Sequence[Cut], parts: Callable[[Ratings], tuple[TrainedModel | None, TrainedModel]], *, seed: int = 0
) -> Ranker:
    """The ranker that these cuts give.

    parts: trains a rating model (or None) and a choice model. The training rows of the first cut train them for all
    cuts; histories and popularity move on with each.
    """
    started = time.perf_counter()
    rating, choice = parts(cuts[0].train)
    trained_in = time.perf_counter() - started
    liking = None if rating is None else _calibrated(rating, cuts[0])
    names = _term_names(rating is not None, cuts[0].at is not None)
    draft = Ranker(dict.fromkeys(names, 1.0), {LOG_CHOICE: 1.0}, liking, _cold_share(cuts))
    rng = np.random.default_rng(seed)
    gathered: list[Candidates] = []
    for cut in cuts:
        users = _judged_users(cut, rng)
        if len(users):
            inputs = _inputs(rating, choice, cut, cuts[0], users)
            draft = replace(draft, floor=floor_of(inputs.choice)) if not gathered else draft
            gathered.append(_candidates(names, draft, cut, users, inputs))
    if not gathered:
        return replace(draft, weights=_start(names), facts={"cut": "too few users to fit weights on"})
    table = _joined(gathered)
    weights, combined = _fitted(names, table, "liked" if rating is not None else "chosen")
    own = [name for name in names if name != LOG_LIKE]
    choice_weights, by_choice = _fitted(own, _without(table, names, own), "chosen")
    facts = {
        "cut": _words(cuts),
        "users": len(table.starts) - 1,
        "combined": combined,
        "choice": by_choice,
        "seconds": {"parts": trained_in, "weights": time.perf_counter() - started - trained_in},
    }
    return replace(draft, weights=weights if rating is not None else {}, choice_weights=choice_weights, facts=facts)


def _inputs(rating: TrainedModel | None, choice: TrainedModel, cut: Cut, first: Cut, users: Numbers) -> TermInputs:
    """What the terms of some users (B,) are computed from at a cut."""
    n_items = cut.train.n_items
    scores = _choice_scores(choice, cut, first, users)
    moments = None
    if rating is not None:
        own = resolve(rating.users, users).rows
        moments = moments_of(rating, replace(own, covariance=None), rating.items.all_rows(), ItemSpread.of(rating))
    unrated = np.bincount(cut.train.item_numbers, minlength=n_items) == 0
    static, near = {}, None
    if cut.at is not None:
        interactions = Interactions.of(cut.train)
        seen, recent = (
            Popularity(interactions, n_items, now=cut.at),
            RecentNeighbours.of(interactions, n_items, now=cut.at),
        )
        static = {f"{POPULARITY}{days}": log_count(seen.counts(float(days))) for days in WINDOWS}
        near = None if recent is None else lambda: recent.table(users)
    return TermInputs(unrated, scores, moments, static, near)


def _choice_scores(choice: TrainedModel, cut: Cut, first: Cut, users: Numbers) -> Floats:
    """The choice model's scores (B, I); users whose history went on since training are folded in."""
    table = score_table(choice, resolve(choice.users, users).rows)
    if cut is first:
        return table
    now, then = cut.train.by_user(), first.train.by_user()
    for at in np.flatnonzero(now.counts[users] > then.counts[users]):
        table[at] = score_table(choice, infer(choice, "users", *now.row(int(users[at]))).rows)[0]
    return table


def _term_names(rates: bool, timed: bool) -> list[str]:
    names = [LOG_CHOICE, *([LOG_LIKE] if rates else [])]
    return names + [f"{POPULARITY}{days}" for days in WINDOWS] + [LOG_NEIGHBOURS] if timed else names


def _start(names: Sequence[str]) -> dict[str, float]:
    """The product of the two probabilities, and nothing else."""
    return {name: 1.0 if name in (LOG_CHOICE, LOG_LIKE) else 0.0 for name in names}


def _words(cuts: Sequence[Cut]) -> str:
    if cuts[0].at is None:
        return f"{len(cuts[0].test):,} random rows"
    days = HORIZONS[0] if len(cuts) < 2 else (cuts[1].at or 0) // DAY - cuts[0].at // DAY
    return f"the {days} days after each of {len(cuts)} cuts in time"


def _cold_share(cuts: Sequence[Cut]) -> float:
    """The share of held-back interactions of items without a training interaction, kept off the ends."""
    new, total = 0, 0
    for cut in cuts:
        rated = np.bincount(cut.train.item_numbers, minlength=cut.train.n_items) > 0
        new, total = new + int((~rated[cut.test.item_numbers]).sum()), total + len(cut.test)
    return (new + 1) / (total + 100)


def _judged_users(cut: Cut, rng: np.random.Generator) -> Numbers:
    """Known users with a held-back interaction of a known item, a sample of them where there are many."""
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


def _candidates(names: Sequence[str], ranker: Ranker, cut: Cut, users: Numbers, inputs: TermInputs) -> Candidates:
    """The terms of each user's candidates: what a term, or the product, ranks high and the user has not seen."""
    train, test = cut.train, cut.test
    place = np.full(train.n_users, -1)
    place[users] = np.arange(len(users))
    tables = {name: term(name, ranker, inputs) for name in names}
    free = np.repeat(~inputs.unrated[None], len(users), axis=0)
    own = place[train.user_numbers] >= 0
    free[place[train.user_numbers[own]], train.item_numbers[own]] = False
    picked = np.zeros_like(free)
    product = sum((tables[name] for name in (LOG_CHOICE, LOG_LIKE) if name in tables), start=np.zeros((1, 1)))
    for scores in (*tables.values(), product):
        _mark_top(picked, np.where(free, scores, -np.inf))
    picked &= free
    held = place[test.user_numbers] >= 0
    chosen, liked = np.zeros_like(free), np.zeros_like(free)
    at = place[test.user_numbers[held]], test.item_numbers[held]
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


def _joined(parts: Sequence[Candidates]) -> Candidates:
    starts = [np.zeros(1, np.int64)]
    for part in parts:
        starts.append(part.starts[1:] + starts[-1][-1])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ("terms", "liked", "chosen")}
    wanted = {name: np.concatenate([part.wanted[name] for part in parts]) for name in parts[0].wanted}
    return Candidates(**columns, starts=np.concatenate(starts), wanted=wanted)


def _without(table: Candidates, names: Sequence[str], kept: Sequence[str]) -> Candidates:
    at = [list(names).index(name) for name in kept]
    return Candidates(table.terms[:, at], table.liked, table.chosen, table.starts, table.wanted)


def _fitted(names: Sequence[str], table: Candidates, target: str) -> tuple[dict[str, float], dict[str, Any]]:
    """Weights by likelihood among the candidates, then by the NDCG of the short list; and what each part is worth."""
    weights = _likeliest(table, target)
    weights = _sharpened(table, target, weights)
    found = {name: float(weight) for name, weight in zip(names, weights, strict=True)}
    alone = {}
    for at, name in enumerate(names):
        one = np.zeros(len(names))
        one[at] = 1.0
        without = weights.copy()
        without[at] = 0.0
        alone[name] = {"alone": _short_list(table, target, one), "without": _short_list(table, target, without)}
    told = {
        "weights": found,
        "log_likelihood": -_loss(table, target, weights)[0],
        f"ndcg@{PLACES}": _short_list(table, target, weights),
        "terms": alone,
    }
    return found, told


def _likeliest(table: Candidates, target: str) -> Array:
    """The weights, none below zero, under which the held-back candidates are likeliest."""
    from scipy.optimize import minimize

    width = table.terms.shape[1]
    start = np.full(width, 1.0 / width)
    bounds = [(0.0, 10.0)] * width
    found: Array = minimize(lambda w: _loss(table, target, w), start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return found


def _loss(table: Candidates, target: str, weights: Array) -> tuple[float, Array]:
    """Minus the mean log likelihood of a user's held-back candidates under a softmax, and its gradient."""
    gains, first = getattr(table, target), table.starts[:-1]
    sizes = np.diff(table.starts)
    held = np.add.reduceat(gains, first)
    share = np.divide(1.0, held, out=np.zeros(len(held)), where=held > 0)
    counted = max(int((held > 0).sum()), 1)
    scores = table.terms @ weights
    scores = scores - np.repeat(np.maximum.reduceat(scores, first), sizes)
    odds = np.exp(scores)
    total = np.add.reduceat(odds, first)
    log_p = scores - np.repeat(np.log(total), sizes)
    pull = gains * np.repeat(share, sizes) - odds / np.repeat(total, sizes) * np.repeat(held > 0, sizes)
    loss = -float((gains * np.repeat(share, sizes) * log_p).sum()) / counted + 1e-3 * float(weights @ weights)
    return loss, -(table.terms.T @ pull) / counted + 2e-3 * weights


def _sharpened(table: Candidates, target: str, weights: Array) -> Array:
    """Each weight in turn made smaller or larger, as long as the short list becomes better."""
    best, values = weights.copy(), _short_lists(table, target, weights)
    for _ in range(2):
        before = values
        for at in range(len(best)):
            for factor in FACTORS:
                tried = best.copy()
                tried[at] = best[at] * factor if best[at] > 0 else 0.1 * factor
                found = _short_lists(table, target, tried)
                if _surely_better(found - values):
                    best, values = tried, found
        if values is before:
            break
    return best


def _surely_better(gains: Array) -> bool:
    """Whether a paired gain (G,) is larger than chance explains."""
    error = gains.std() / np.sqrt(max(len(gains), 1))
    return bool(gains.mean() > CERTAIN * error and gains.mean() > 0)


def _short_list(table: Candidates, target: str, weights: Array) -> float:
    """The mean NDCG of the first places over users with a held-back item."""
    found = _short_lists(table, target, weights)
    return float(found.mean()) if len(found) else 0.0


def _short_lists(table: Candidates, target: str, weights: Array) -> Array:
    """The NDCG of the first places of each user with a held-back item."""
    gains, starts = getattr(table, target), table.starts
    scores, sizes = table.terms @ weights, np.diff(starts)
    owner = np.repeat(np.arange(len(sizes)), sizes)
    order = np.lexsort((-scores, owner))
    rank = np.arange(len(order)) - np.repeat(starts[:-1], sizes)
    discount = np.where(rank < PLACES, 1 / np.log2(rank + 2), 0.0)
    found = np.bincount(owner, gains[order] * discount, minlength=len(sizes))
    wanted = table.wanted[target]
    ideal = np.append(0, np.cumsum(1 / np.log2(np.arange(PLACES) + 2)))[np.minimum(wanted, PLACES).astype(int)]
    judged = wanted > 0
    ratio: Array = found[judged] / ideal[judged]
    return ratio
