"""The error of part of the test rows at a time: by how active the user is, how popular the item, and by label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import Answers
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings, rating_metrics
from penchant.evaluation.scoring.labels import label_matrix
from penchant.metrics.intervals import Interval, bootstrap

_EDGES = (0, 1, 5, 20, 50, 100, 200, 500, 1000)
_FEWEST = 30
"""Rows a label needs to be worth a line."""


@dataclass(frozen=True)
class Slice:
    """Some test rows: what they are cut by, which part, how many rows and users, and their RMSE."""

    by: str
    part: str
    rows: int
    users: int
    rmse: Interval

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "rmse": vars(self.rmse)}


def slices(split: Split, test: Ratings, answers: Answers, measuring: EvaluationSettings) -> list[Slice]:
    """The slices of one contestant's answers; intervals are drawn over the users of each slice."""
    masks = [
        *_by_count("user activity", split.train.user_numbers, test.user_numbers),
        *_by_count("item popularity", split.train.item_numbers, test.item_numbers),
        *_by_source(answers),
        *_by_label("item", test.item_features, test.item_numbers),
        *_by_label("user", test.user_features, test.user_numbers),
    ]
    return [_slice(by, part, mask, test, answers, measuring) for by, part, mask in masks]


Mask = tuple[str, str, NDArray[np.bool_]]


def _by_count(by: str, trained: NDArray[Any], tested: NDArray[Any]) -> Iterator[Mask]:
    """Rows by how many training ratings their user (or item) has."""
    counts = np.bincount(trained, minlength=int(tested.max()) + 1)[tested]
    for low, after in zip(_EDGES, (*_EDGES[1:], np.inf), strict=True):
        mask = (counts >= low) & (counts < after)
        if mask.any():
            yield by, _range(low, after), mask


def _range(low: int, after: float) -> str:
    if after == np.inf:
        return f"{low:,} or more"
    return str(low) if after == low + 1 else f"{low}–{int(after) - 1}"


def _by_source(answers: Answers) -> Iterator[Mask]:
    if answers.sources is not None:
        for source in sorted(set(answers.sources.tolist())):
            yield "what answers rest on", source, answers.sources == source


def _by_label(side: str, table: FeatureTable | None, numbers: NDArray[Any]) -> Iterator[Mask]:
    labels = label_matrix(table)
    if labels is None:
        return
    carried = labels.matrix[numbers]
    for column, name in enumerate(labels.names):
        if carried[:, column].sum() >= _FEWEST:
            by, _, label = name.partition("=")
            yield f"{side} {by}", label, carried[:, column]


def _slice(
    by: str, part: str, mask: NDArray[np.bool_], test: Ratings, answers: Answers, measuring: EvaluationSettings
) -> Slice:
    rows = test.take(mask)
    sums = rating_metrics(rows, Answers(answers.mean[mask]))["rmse"]
    rng = np.random.default_rng(measuring.seed)
    interval = bootstrap(sums, rng=rng, replicates=min(measuring.replicates, 300), level=measuring.level)
    return Slice(by, part, len(rows), len(sums.parts), interval)
