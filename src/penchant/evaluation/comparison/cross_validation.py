"""One model on several splits of the same ratings, its metrics pooled by user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows, relevance_threshold
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, SeedlessOptions
from penchant.evaluation.scoring.list_metrics import ranked_users
from penchant.evaluation.scoring.metric_names import format_metric, metric_name, sorted_metrics
from penchant.evaluation.scoring.user_metrics import EvaluationResult, measure, metric_intervals, rating_metric_names
from penchant.foundations.errors import CallerError
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.intervals import Interval, UserSums
from penchant.recommending.train_parts import train


@dataclass(frozen=True)
class CrossValidationResult:
    """metrics: pooled over splits, intervals over users. by_split: the values of each split. names: the splits' names.

    The splits share training rows, so the spread over splits is not the error of the pooled metric; use the interval.
    """

    model: str
    metrics: Mapping[str, Interval]
    by_split: Sequence[Mapping[str, float]]
    names: Sequence[str]

    def __getitem__(self, name: str) -> Interval:
        """The pooled metric of that name."""
        return self.metrics[name]

    def __str__(self) -> str:
        heads = [self.model, "pooled", "lowest split", "highest split"]
        rows = [
            [
                metric_name(name).title,
                format_metric(name, self.metrics[name]),
                *(f"{end:.4f}" for end in self._ends(name)),
            ]
            for name in sorted_metrics(self.metrics)
        ]
        return f"{len(self.names)} splits: {self.names[0]} … {self.names[-1]}\n\n{plain_table(heads, rows)}"

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "model": self.model,
            "splits": list(self.names),
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "by_split": [dict(one) for one in self.by_split],
        }

    def _ends(self, name: str) -> tuple[float, float]:
        values = [one[name] for one in self.by_split if name in one]
        return min(values), max(values)


def cross_validate(
    splits: Sequence[Split],
    model: str,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    **options: Unpack[SeedlessOptions],
) -> CrossValidationResult:
    """Train on each split and evaluate on its test rows.

    splits: of the same ratings, such as those of `k_fold` or `repeated`. settings: the model's. options: the fields of
    EvaluationSettings. A user tested in several splits counts once, with all of their test rows.
    """
    if not splits:
        raise CallerError("there is no split to validate on", remedy="Give those of split.k_fold(ratings)")
    evaluation, bar = EvaluationSettings.from_json(options), progress or Silent()
    bar.start(f"cross-validate {model}", len(splits))
    results = []
    for split in splits:
        trained = train(split.train, model, seed=seed, settings=settings)
        results.append(measure(RecommenderScorer(trained, split), split, evaluation))
        bar.step(_values(results[-1]))
    pooled = {name: _pooled(name, splits, results, evaluation) for name in results[0].metrics}
    overall = {name: float(np.mean([one.overall[name] for one in results])) for name in results[0].overall}
    by_split = [_values(one) | dict(one.overall) for one in results]
    metrics = metric_intervals(pooled, overall, evaluation)
    return CrossValidationResult(model, metrics, by_split, [split.name for split in splits])


def _values(result: EvaluationResult) -> dict[str, float]:
    return {name: sums.value for name, sums in result.metrics.items()}


def _pooled(
    name: str, splits: Sequence[Split], results: Sequence[EvaluationResult], settings: EvaluationSettings
) -> UserSums:
    """A metric's sums, added up by user id over all splits."""
    owners = [_user_ids(name, split, settings) for split in splits]
    ids = {one: number for number, one in enumerate(sorted({i for each in owners for i in each}, key=str))}
    parts, weights = np.zeros(len(ids)), np.zeros(len(ids))
    for own, result in zip(owners, results, strict=True):
        at = [ids[one] for one in own]
        parts[at] += result.metrics[name].parts
        weights[at] += result.metrics[name].weights
    return UserSums(parts, weights, results[0].metrics[name].link)


def _user_ids(name: str, split: Split, settings: EvaluationSettings) -> list[Any]:
    """The ids of the users that a metric's sums are over."""
    test = evaluated_rows(split, settings)
    if name in rating_metric_names():
        numbers = np.unique(test.user_numbers)
    else:
        numbers = ranked_users(test, relevance_threshold(split, settings))
    found: list[Any] = split.test.users.take(numbers).tolist()
    return found
