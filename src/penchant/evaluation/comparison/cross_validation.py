"""One model and the baselines on several splits of the same ratings, their metrics pooled by user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Unpack

import numpy as np

from penchant.data.splitting import Split
from penchant.evaluation.scoring.baselines import baselines
from penchant.evaluation.scoring.evaluated_rows import evaluated_rows, relevance_threshold
from penchant.evaluation.scoring.evaluation_scorers import RecommenderScorer, check_split
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, SeedlessOptions
from penchant.evaluation.scoring.list_metrics import ranked_users
from penchant.evaluation.scoring.metric_names import format_metric, metric_name, sorted_metrics
from penchant.evaluation.scoring.part_orders import part_orders
from penchant.evaluation.scoring.user_metrics import EvaluationResult, measure, rating_metric_names
from penchant.foundations.errors import CallerError
from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, Silent
from penchant.metrics.intervals import Interval
from penchant.metrics.split_sums import SplitSums, interval_of
from penchant.recommending.train_parts import train

_HEADLINES = ("rmse", "recall", "ndcg")
"""The metrics by which the model is shown beside the baselines."""


@dataclass(frozen=True)
class PooledScores:
    """One scorer on all splits. sums: by metric. overall: by metric, the values of metrics without users, (C,)."""

    label: str
    sums: Mapping[str, SplitSums]
    overall: Mapping[str, Sequence[float]]

    def intervals(self, settings: EvaluationSettings, *, splits: bool) -> dict[str, Interval]:
        """Every metric with its interval; splits: whether splits are resampled as well as users."""
        found = {
            name: interval_of(
                one.pooled.value,
                one.samples(seed=settings.seed, replicates=settings.replicates, splits=splits),
                settings.level,
            )
            for name, one in self.sums.items()
        }
        nan = float("nan")
        return found | {name: Interval(float(np.mean(values)), nan, nan) for name, values in self.overall.items()}

    @property
    def by_split(self) -> list[dict[str, float]]:
        """Every metric's value on each split, C mappings."""
        columns = {name: one.by_split.tolist() for name, one in self.sums.items()} | dict(self.overall)
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@dataclass(frozen=True)
class CrossValidationResult:
    """scores: of the model, then of the baselines, pooled over splits. names: of the splits.

    Random splits share training rows, so the spread over them is not the error of the pooled metric: its interval is
    over users. Rolling cuts are moments in time that could have been others: its interval is over users and cuts.
    """

    scores: Sequence[PooledScores]
    names: Sequence[str]
    settings: EvaluationSettings
    rolling: bool = False

    @property
    def model(self) -> str:
        """The model's label."""
        return self.scores[0].label

    @cached_property
    def metrics(self) -> dict[str, Interval]:
        """The model's metrics."""
        return self.scores[0].intervals(self.settings, splits=self.rolling)

    @cached_property
    def baselines(self) -> dict[str, dict[str, Interval]]:
        """The metrics of the baselines, by label."""
        return {one.label: one.intervals(self.settings, splits=self.rolling) for one in self.scores[1:]}

    @property
    def by_split(self) -> list[dict[str, float]]:
        """The model's metrics on each split."""
        return self.scores[0].by_split

    def __getitem__(self, name: str) -> Interval:
        """The model's pooled metric of that name."""
        return self.metrics[name]

    def score_of(self, label: str) -> PooledScores:
        """The scores of the model or of a baseline; CallerError for a label that there is not."""
        found = next((one for one in self.scores if one.label == label), None)
        if found is None:
            there = ", ".join(one.label for one in self.scores)
            raise CallerError(f"nothing is called {label!r}", remedy=f"There are: {there}")
        return found

    def difference(self, label: str, name: str) -> Interval:
        """The model's metric minus that of a baseline, paired by user and split."""
        first, second = self.scores[0].sums[name], self.score_of(label).sums[name]
        ours, theirs = (
            one.samples(seed=self.settings.seed, replicates=self.settings.replicates, splits=self.rolling)
            for one in (first, second)
        )
        return interval_of(first.pooled.value - second.pooled.value, ours - theirs, self.settings.level)

    def __str__(self) -> str:
        heads = [self.model, "pooled", "lowest split", "highest split"]
        rows = [
            [metric_name(name).title, format_metric(name, self.metrics[name]), *map("{:.4f}".format, self._ends(name))]
            for name in sorted_metrics(self.metrics)
        ]
        over = "users and cuts" if self.rolling else "users"
        note = f"In brackets: {self.settings.level:.0%} intervals over {over}."
        title = f"{len(self.names)} splits: {self.names[0]} … {self.names[-1]}"
        parts = [title, plain_table(heads, rows), *self._comparison(), note]
        return "\n\n".join(parts)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON values."""
        everyone = {self.model: self.metrics} | self.baselines
        return {
            "model": self.model,
            "splits": list(self.names),
            "metrics": {name: interval.to_json() for name, interval in self.metrics.items()},
            "by_split": self.by_split,
            "models": {
                label: {name: interval.to_json() for name, interval in metrics.items()}
                for label, metrics in everyone.items()
            },
        }

    def _ends(self, name: str) -> tuple[float, float]:
        values = [one[name] for one in self.by_split]
        return min(values), max(values)

    def _comparison(self) -> list[str]:
        """A table of the baselines and of the model's distance from them; none where there is no baseline."""
        shown = [name for name in sorted_metrics(self.metrics) if name.partition("@")[0] in _HEADLINES]
        if not self.baselines:
            return []
        heads = ["", *(head for name in shown for head in (metric_name(name).title, f"{self.model} minus it"))]
        rows = []
        for label, metrics in self.baselines.items():
            row = [label]
            for name in shown:
                there = name in metrics
                row += [format_metric(name, metrics[name], ends=False) if there else ""]
                row += [format_metric(name, self.difference(label, name)) if there else ""]
            rows.append(row)
        return [plain_table(heads, rows)]


def cross_validate(
    splits: Sequence[Split],
    model: str | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    with_baselines: bool = True,
    progress: Progress | None = None,
    **options: Unpack[SeedlessOptions],
) -> CrossValidationResult:
    """Train on each split and evaluate on its test rows.

    splits: of the same ratings, such as those of `k_fold`, `repeated` or `rolling`. model: a name, or None for the
    parts that the ratings support, whose lists are also measured by each part alone. settings: the model's.
    with_baselines: whether to evaluate the baselines too.
    options: the fields of EvaluationSettings. A user tested in several splits counts once, with all of their test rows.
    """
    if isinstance(splits, Split) or not splits:
        raise CallerError("there are no splits to validate on", remedy="Give those of split.k_fold(ratings)")
    evaluation, bar = EvaluationSettings.from_json(options), progress or Silent()
    bar.start(f"cross-validate {model or 'the default'}", len(splits))
    results = []
    for split in splits:
        check_split(split, "evaluated")
        trained = RecommenderScorer(train(split.train, model, seed=seed, settings=settings), split, model)
        others = [*part_orders(trained), *(baselines(split, besides=(trained.label,)) if with_baselines else ())]
        results.append([measure(one, split, evaluation) for one in (trained, *others)])
        bar.step({name: sums.value for name, sums in results[-1][0].metrics.items()})
    scores = [_pooled(splits, each, evaluation) for each in zip(*results, strict=True)]
    rolling = all(split.cut is not None for split in splits)
    return CrossValidationResult(scores, [split.name for split in splits], evaluation, rolling)


def _pooled(splits: Sequence[Split], results: Sequence[EvaluationResult], settings: EvaluationSettings) -> PooledScores:
    """One scorer's results on all splits; a metric that a split lacks is left out."""
    names = [name for name in results[0].metrics if all(name in one.metrics for one in results)]
    sums = {name: _split_sums(name, splits, results, settings) for name in names}
    overall = [name for name in results[0].overall if all(name in one.overall for one in results)]
    return PooledScores(results[0].label, sums, {name: [one.overall[name] for one in results] for name in overall})


def _split_sums(
    name: str, splits: Sequence[Split], results: Sequence[EvaluationResult], settings: EvaluationSettings
) -> SplitSums:
    """A metric's sums by user id and split."""
    owners = [_user_ids(name, split, settings) for split in splits]
    ids = {one: number for number, one in enumerate(sorted({i for each in owners for i in each}, key=str))}
    parts, weights = np.zeros((2, len(ids), len(splits)))
    for column, (own, result) in enumerate(zip(owners, results, strict=True)):
        at = [ids[one] for one in own]
        parts[at, column] = result.metrics[name].parts
        weights[at, column] = result.metrics[name].weights
    return SplitSums(parts, weights, results[0].metrics[name].link)


def _user_ids(name: str, split: Split, settings: EvaluationSettings) -> list[Any]:
    """The ids of the users that a metric's sums are over."""
    test = evaluated_rows(split, settings)
    if name in rating_metric_names():
        numbers = np.unique(test.user_numbers)
    else:
        numbers = ranked_users(test, relevance_threshold(split, settings))
    found: list[Any] = split.test.users.take(numbers).tolist()
    return found
