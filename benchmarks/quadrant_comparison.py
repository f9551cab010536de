"""The quadrants of `cold_start.py`: known or new users by known or new items, with external models for comparison.

All models are evaluated on the same pairs: those that predict ratings by RMSE, and all by the share of a user's pairs
of test items in the right order (FCP). The pairs of several splits are pooled by user, so that the intervals, which are
over users, do not depend on one choice of new users.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import penchant as pt
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split, quadrants
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.external_models import ExternalModel
from penchant.metrics.concordance import concordant_pairs
from penchant.metrics.intervals import UserSums, bootstrap, paired_difference

GIVEN = (0, 5, 20)
BARE = "biases without features"
BASELINES = ("the mean", BARE, "baseline")
"""The global mean, damped biases, and damped biases with a feature map (our "baseline")."""
LEADER = "bayes"
REPLICATES = 1000

Fit = Callable[[Split], Sequence[ExternalModel]]


@dataclass
class Cell:
    """One model in one quadrant: sums by user over all splits."""

    error: UserSums | None = None
    concordance: UserSums | None = None
    rows: int = 0

    def add(self, scores: Any, test: Ratings, owners: Any, users: int, *, rates: bool) -> None:
        scores = np.asarray(scores, np.float64)
        self.rows += len(test)
        self.concordance = _sum(self.concordance, concordant_pairs(test.values, scores, owners, users))
        if rates:
            squares = np.square(test.scale.clip(scores) - test.values)
            self.error = _sum(self.error, UserSums.pooled(squares, owners, users, link="root"))


def compare_quadrants(
    ratings: Ratings, models: Sequence[str], seeds: Sequence[int], reserve: int, fit: Fit
) -> Iterator[Any]:
    """A row for each quadrant, number of given ratings and model.

    fit: fits the external models of a split whose given ratings are among the training rows.
    """
    cells: dict[tuple[int, str], dict[str, Cell]] = defaultdict(dict)
    for seed in seeds:
        splits = {given: quadrants(ratings, given=given, reserve=reserve, seed=seed) for given in GIVEN}
        known = _trained(splits[GIVEN[0]].train, models)
        for given, four in splits.items():
            external = fit(with_given(four.split("known")))
            for quadrant, split in four.splits().items():
                if quadrant == "known" and given:
                    continue
                owners = ratings.users.numbers(split.test.users.ids)[split.test.user_numbers]
                for name, rates, predict in _models(known, external, split):
                    cell = cells[given, quadrant].setdefault(name, Cell())
                    scores = predict(split.test.user_numbers, split.test.item_numbers)
                    cell.add(scores, split.test, owners, ratings.n_users, rates=rates)
    for (given, quadrant), named in cells.items():
        yield from _rows(given, quadrant, named)


def _trained(train: Ratings, models: Sequence[str]) -> dict[str, pt.Recommender]:
    bare = replace(train, item_features=None, user_features=None)
    found = {name: pt.train(train, name) for name in dict.fromkeys([*models, "baseline"])}
    return found | {BARE: pt.train(bare, "baseline")}


def _models(
    known: dict[str, pt.Recommender], external: Sequence[ExternalModel], split: Split
) -> Iterator[tuple[str, bool, Any]]:
    mean = split.train.mean
    yield "the mean", True, lambda users, items: np.full(len(users), mean)
    for name, model in known.items():
        one = RecommenderScorer(model, split)
        yield name, True, lambda users, items, one=one: one.predict(users, items).mean
    for one in external:
        yield one.label, one.predicts_ratings, one.predict


def _rows(given: int, quadrant: str, named: dict[str, Cell]) -> Iterator[dict[str, Any]]:
    errors = {name: cell.error for name, cell in named.items() if cell.error is not None}
    best = min((name for name in BASELINES if name in errors), key=lambda name: errors[name].value)
    for name, cell in named.items():
        row: dict[str, Any] = {"quadrant": quadrant, "given": given, "model": name, "test rows": cell.rows}
        if cell.error is not None:
            row |= {
                "rmse": _ends(cell.error),
                "best baseline": best,
                "less best baseline": _gap(cell.error, errors[best]),
                f"{LEADER} less this": _gap(errors[LEADER], cell.error),
            }
        assert cell.concordance is not None
        leading = named[LEADER].concordance
        assert leading is not None
        yield row | {"fcp": _ends(cell.concordance), f"{LEADER} fcp less this": _gap(leading, cell.concordance)}


def with_given(split: Split) -> Split:
    """The split with its given ratings among the training rows."""
    train, given = split.train, split.given
    if given is None:
        return split
    joined = replace(
        split.test,
        user_numbers=np.concatenate([train.user_numbers, given.user_numbers]),
        item_numbers=np.concatenate([train.item_numbers, given.item_numbers]),
        values=np.concatenate([train.values, given.values]),
        timestamps=None,
        scale=train.scale,
    )
    return Split(joined, split.test, split.question, f"{split.name}, given ratings in training")


def _sum(before: UserSums | None, more: UserSums) -> UserSums:
    return more if before is None else UserSums(before.parts + more.parts, before.weights + more.weights, more.link)


def _ends(metric: UserSums) -> list[float]:
    found = bootstrap(metric, rng=np.random.default_rng(42), replicates=REPLICATES, level=0.95)
    return [found.value, found.low, found.high]


def _gap(first: UserSums, second: UserSums) -> list[float]:
    rng = np.random.default_rng(42)
    found = paired_difference(first, second, rng=rng, replicates=REPLICATES, level=0.95)
    return [found.value, found.low, found.high]
