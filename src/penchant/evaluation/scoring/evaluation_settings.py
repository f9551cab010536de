"""One contestant on one split: every figure as sums over users, so that intervals and differences follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import Answers, EvaluationScorer
from penchant.evaluation.scoring.list_metrics import list_metrics
from penchant.foundations.settings import Settings, setting
from penchant.metrics import rating_error
from penchant.metrics.intervals import Interval, UserSums, bootstrap_all

_NARROW, _WIDE = 0.5, 0.9
"""The two interval levels whose coverage is reported."""


@dataclass(frozen=True)
class EvaluationSettings(Settings):
    """How a contestant is measured."""

    at: tuple[int, ...] = setting((10,), "the places k that list metrics look at")
    ranking: bool = setting(True, "whether the full ranking of all items is measured too")
    relevant_from: float | None = setting(None, "the lowest test rating that counts as liked; None: three quarters up")
    unseen: str = setting("score", "test rows of unmet users or items", choices=("score", "drop"))
    times: bool = setting(False, "whether models are told when each test rating was made")
    level: float = setting(0.95, "the confidence of intervals", above=0, high=0.999)
    replicates: int = setting(1000, "how often users are drawn anew", low=10)
    seed: int = setting(0, "which samples those are")


@dataclass(frozen=True)
class Outcome:
    """What measuring found.

    answers: for each tested row. metrics: by name, sums over users. whole: metrics of all lists together, which have
    no share for each user.
    """

    label: str
    answers: Answers
    metrics: Mapping[str, UserSums]
    whole: Mapping[str, float]

    def intervals(self, measuring: EvaluationSettings) -> dict[str, Interval]:
        """Every figure with its interval."""
        return intervals_of(self.metrics, self.whole, measuring)


def intervals_of(
    metrics: Mapping[str, UserSums], whole: Mapping[str, float], measuring: EvaluationSettings
) -> dict[str, Interval]:
    """Metrics with intervals; those over the same users share their samples, those of whole lists have none."""
    found: dict[str, Interval] = {}
    for names in _by_population(metrics).values():
        rng = np.random.default_rng(measuring.seed)
        sums = [metrics[name] for name in names]
        drawn = bootstrap_all(sums, rng=rng, replicates=measuring.replicates, level=measuring.level)
        found |= dict(zip(names, drawn, strict=True))
    nan = float("nan")
    return found | {name: Interval(value, nan, nan) for name, value in whole.items()}


def measured_rows(split: Split, measuring: EvaluationSettings) -> Ratings:
    """The test ratings that are measured: all of them, or those whose user and item training has met."""
    if measuring.unseen == "score":
        return split.test
    return split.test.take(known_pairs(split, split.test))


def known_pairs(split: Split, rows: Ratings) -> NDArray[np.bool_]:
    """Which rows (n,) are of a user and an item that both have a training rating."""
    known: NDArray[np.bool_] = met(split, "user")[rows.user_numbers] & met(split, "item")[rows.item_numbers]
    return known


def met(split: Split, side: str) -> NDArray[np.bool_]:
    """For each number of the test's users or items: whether training has a rating of it."""
    numbers, vocabulary = getattr(split.train, f"{side}_numbers"), getattr(split.test, f"{side}s")
    rated: NDArray[np.bool_] = np.bincount(numbers, minlength=len(vocabulary)) > 0
    return rated


def measure(contestant: EvaluationScorer, split: Split, measuring: EvaluationSettings) -> Outcome:
    """All metrics of one contestant on the test rows of a split."""
    test = measured_rows(split, measuring)
    answers = contestant.predict(test.user_numbers, test.item_numbers, test.timestamps if measuring.times else None)
    metrics = rating_metrics(test, answers) if contestant.predicts_ratings else {}
    whole: dict[str, float] = {}
    if measuring.ranking and contestant.ranks:
        lists, whole = list_metrics(
            contestant.score_rows, split, test, at=measuring.at, relevant_from=relevant_from(split, measuring)
        )
        metrics |= lists
    return Outcome(contestant.label, answers, metrics, whole)


def relevant_from(split: Split, measuring: EvaluationSettings) -> float:
    """The lowest rating that counts as liked: as set, or the first step at or above three quarters of the scale."""
    scale = split.train.scale
    if measuring.relevant_from is not None:
        return measuring.relevant_from
    up = 0.75 * scale.width
    return scale.low + (float(np.ceil(up / scale.step - 1e-6)) * scale.step if scale.step else up)


def rating_names() -> set[str]:
    """The names of the metrics that predicted ratings have; all others are of lists."""
    return {"rmse", "mae", "log_likelihood", *(f"within_{level:.0%}" for level in (_NARROW, _WIDE))}


def rating_metrics(test: Ratings, answers: Answers) -> dict[str, UserSums]:
    """RMSE and MAE, and where there is a spread the log-likelihood and how many truths its intervals hold."""
    truth, users = test.values, test.user_numbers
    present, owners = np.unique(users, return_inverse=True)

    def pooled(terms: NDArray[Any], link: str = "same") -> UserSums:
        return UserSums.pooled(terms, owners, len(present), link=link)

    metrics = {
        "rmse": pooled(rating_error.squared_errors(truth, answers.mean), "root"),
        "mae": pooled(rating_error.absolute_errors(truth, answers.mean)),
    }
    if answers.std is not None:
        metrics["log_likelihood"] = pooled(rating_error.log_densities(truth, answers.mean, answers.std))
        for level in (_NARROW, _WIDE):
            inside = rating_error.covered(truth, answers.mean, answers.std, level=level)
            metrics[f"within_{level:.0%}"] = pooled(inside.astype(np.float64))
    return metrics


def _by_population(metrics: Mapping[str, UserSums]) -> dict[int, list[str]]:
    """Names of metrics by how many users they are over: rating metrics and list metrics have different ones."""
    groups: dict[int, list[str]] = {}
    for name, sums in metrics.items():
        groups.setdefault(len(sums.parts), []).append(name)
    return groups
