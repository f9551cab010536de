"""One model over several splits of the same ratings, its metrics pooled by user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer
from penchant.evaluation.scoring.evaluation_settings import (
    EvaluationSettings,
    Outcome,
    intervals_of,
    measure,
    measured_rows,
    rating_names,
    relevant_from,
)  # fmt: skip
from penchant.evaluation.scoring.list_metrics import served_users
from penchant.evaluation.scoring.metric_names import naming, ordered, spelled
from penchant.foundations.errors import CallerError
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.intervals import Interval, UserSums
from penchant.recommending.train_parts import train


@dataclass(frozen=True)
class CrossValidated:
    """metrics: pooled over splits, intervals over users. by_split: one mapping of values a split. names: the splits'.

    The splits share training rows, so the spread of by_split is not the error of the pooled figure; use the interval.
    """

    model: str
    metrics: Mapping[str, Interval]
    by_split: Sequence[Mapping[str, float]]
    names: Sequence[str]

    def __getitem__(self, name: str) -> Interval:
        """The pooled figure of that name."""
        return self.metrics[name]

    def __str__(self) -> str:
        heads = [self.model, "pooled", "lowest split", "highest split"]
        rows = [
            [naming(name).words, spelled(name, self.metrics[name]), *(f"{end:.4f}" for end in self._ends(name))]
            for name in ordered(self.metrics)
        ]
        return f"{len(self.names)} splits: {self.names[0]} … {self.names[-1]}\n\n{plain_table(heads, rows)}"

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        return {
            "model": self.model,
            "splits": list(self.names),
            "metrics": {n: {k: None if v != v else v for k, v in vars(i).items()} for n, i in self.metrics.items()},
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
    **measuring: Any,
) -> CrossValidated:
    """Train on each split and measure on its test.

    splits: of the same ratings, such as those of `k_fold` or `repeated`. settings: the model's. measuring: settings of
    EvaluationSettings. A user tested in several splits counts once, with all of their test rows.
    """
    if not splits:
        raise CallerError("there is no split to validate on", remedy="Give those of split.k_fold(ratings)")
    how, told = EvaluationSettings.from_json(measuring), progress or Silent()
    told.start(f"cross-validate {model}", len(splits))
    outcomes = []
    for split in splits:
        learnt = train(split.train, model, seed=seed, settings=settings)
        outcomes.append(measure(RecommenderScorer(learnt, split), split, how))
        told.step(_values(outcomes[-1]))
    pooled = {name: _pooled(name, splits, outcomes, how) for name in outcomes[0].metrics}
    whole = {name: float(np.mean([one.whole[name] for one in outcomes])) for name in outcomes[0].whole}
    by_split = [_values(one) | dict(one.whole) for one in outcomes]
    return CrossValidated(model, intervals_of(pooled, whole, how), by_split, [split.name for split in splits])


def _values(outcome: Outcome) -> dict[str, float]:
    return {name: sums.value for name, sums in outcome.metrics.items()}


def _pooled(name: str, splits: Sequence[Split], outcomes: Sequence[Outcome], how: EvaluationSettings) -> UserSums:
    """A figure's sums added up by user id over all splits."""
    owners = [_owners(name, split, how) for split in splits]
    ids = {one: number for number, one in enumerate(sorted({i for each in owners for i in each}, key=str))}
    parts, weights = np.zeros(len(ids)), np.zeros(len(ids))
    for mine, outcome in zip(owners, outcomes, strict=True):
        at = [ids[one] for one in mine]
        parts[at] += outcome.metrics[name].parts
        weights[at] += outcome.metrics[name].weights
    return UserSums(parts, weights, outcomes[0].metrics[name].link)


def _owners(name: str, split: Split, how: EvaluationSettings) -> list[Any]:
    """The ids of the users a figure's sums are over."""
    test = measured_rows(split, how)
    numbers = np.unique(test.user_numbers) if name in rating_names() else served_users(test, relevant_from(split, how))
    found: list[Any] = split.test.users.take(numbers).tolist()
    return found
