"""All metrics of one scorer on one split, as sums by user: intervals and differences follow from these sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows, relevance_threshold
from penchant.evaluation.scoring.evaluation_scorers import EvaluationScorer, ScorerOutput
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.list_metrics import list_metrics
from penchant.metrics import rating_error
from penchant.metrics.intervals import Interval, UserSums, bootstrap_all
from penchant.metrics.probability import Reliability, reliability

_COVERAGE_LEVELS = (0.5, 0.9)
"""The levels of prediction intervals whose coverage is a metric."""


@dataclass(frozen=True)
class EvaluationResult:
    """The metrics of one scorer.

    output: predictions for the evaluated rows (n,), or None for a scorer that only orders items. metrics: sums by user,
    by metric name. overall: metrics of all rows or lists together, which no single user has.
    """

    label: str
    output: ScorerOutput | None
    metrics: Mapping[str, UserSums]
    overall: Mapping[str, float]

    def intervals(self, settings: EvaluationSettings) -> dict[str, Interval]:
        """Every metric with its interval."""
        return metric_intervals(self.metrics, self.overall, settings)


def metric_intervals(
    metrics: Mapping[str, UserSums], overall: Mapping[str, float], settings: EvaluationSettings
) -> dict[str, Interval]:
    """Metrics with intervals. Metrics over the same users share bootstrap samples; overall metrics have no interval."""
    found: dict[str, Interval] = {}
    for names in _by_population(metrics).values():
        rng = np.random.default_rng(settings.seed)
        sums = [metrics[name] for name in names]
        intervals = bootstrap_all(sums, rng=rng, replicates=settings.replicates, level=settings.level)
        found |= dict(zip(names, intervals, strict=True))
    nan = float("nan")
    return found | {name: Interval(value, nan, nan) for name, value in overall.items()}


def measure(scorer: EvaluationScorer, split: Split, settings: EvaluationSettings) -> EvaluationResult:
    """All metrics of one scorer on the test rows of a split."""
    test, output = evaluated_rows(split, settings), None
    metrics: dict[str, UserSums] = {}
    overall: dict[str, float] = {}
    if scorer.predicts_ratings:
        output = scorer.predict(test.user_numbers, test.item_numbers, test.timestamps if settings.times else None)
        metrics, overall = rating_metrics(test, output), like_metrics(test, output)
    if settings.ranking and scorer.ranks:
        threshold = relevance_threshold(split, settings)
        by_user, of_lists = list_metrics(scorer.score_rows, split, test, at=settings.at, relevant_from=threshold)
        metrics |= by_user
        overall |= of_lists
    return EvaluationResult(scorer.label, output, metrics, overall)


def like_metrics(test: Ratings, output: ScorerOutput) -> dict[str, float]:
    """How far the predicted probabilities of liking are from the observed shares; empty without them."""
    curve = like_reliability(test, output)
    return {} if curve is None else {"like_gap": curve.gap}


def like_reliability(test: Ratings, output: ScorerOutput) -> Reliability | None:
    """The reliability curve of P(like) on test rows (n,), or None without predicted probabilities."""
    if output.p_like is None:
        return None
    return reliability(test.values >= output.liked_from, output.p_like)


def rating_metric_names() -> set[str]:
    """The names of the metrics of predicted ratings; all others are metrics of lists."""
    return {"rmse", "mae", "log_likelihood", *(f"within_{level:.0%}" for level in _COVERAGE_LEVELS)}


def rating_metrics(test: Ratings, output: ScorerOutput) -> dict[str, UserSums]:
    """RMSE and MAE; with standard deviations also the log-likelihood and the coverage of prediction intervals."""
    truth, users = test.values, test.user_numbers
    present, owners = np.unique(users, return_inverse=True)

    def pooled(terms: NDArray[Any], link: str = "same") -> UserSums:
        return UserSums.pooled(terms, owners, len(present), link=link)

    metrics = {
        "rmse": pooled(rating_error.squared_errors(truth, output.mean), "root"),
        "mae": pooled(rating_error.absolute_errors(truth, output.mean)),
    }
    if output.std is not None:
        metrics["log_likelihood"] = pooled(rating_error.log_densities(truth, output.mean, output.std))
        for level in _COVERAGE_LEVELS:
            inside = rating_error.covered(truth, output.mean, output.std, level=level)
            metrics[f"within_{level:.0%}"] = pooled(inside.astype(np.float64))
    return metrics


def _by_population(metrics: Mapping[str, UserSums]) -> dict[int, list[str]]:
    """Names of metrics by number of users: rating metrics and list metrics are over different users."""
    groups: dict[int, list[str]] = {}
    for name, sums in metrics.items():
        groups.setdefault(len(sums.parts), []).append(name)
    return groups
