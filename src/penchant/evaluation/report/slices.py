"""The error on parts of the test rows: by user activity, item popularity, source of the prediction, and label."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.ratings import Ratings
from penchant.data.splitting import Split
from penchant.evaluation.scoring.evaluation_scorers import ScorerOutput
from penchant.evaluation.scoring.evaluation_settings import EvaluationSettings
from penchant.evaluation.scoring.labels import label_matrix
from penchant.evaluation.scoring.user_metrics import rating_metrics
from penchant.metrics.intervals import Interval, bootstrap

_EDGES = (0, 1, 5, 20, 50, 100, 200, 500, 1000)
_FEWEST = 30
"""Rows that a label needs to have a slice."""


@dataclass(frozen=True)
class Slice:
    """Some test rows: the criterion, the part, the numbers of rows and users, and the RMSE."""

    by: str
    part: str
    rows: int
    users: int
    rmse: Interval

    def to_json(self) -> dict[str, Any]:
        return {**vars(self), "rmse": self.rmse.to_json()}


def slices(split: Split, test: Ratings, output: ScorerOutput, settings: EvaluationSettings) -> list[Slice]:
    """The slices of one scorer's predictions; intervals are over the users of each slice."""
    masks = [
        *_by_count("user activity", split.train.user_numbers, test.user_numbers),
        *_by_count("item popularity", split.train.item_numbers, test.item_numbers),
        *_by_source(output),
        *_by_label("item", test.item_features, test.item_numbers),
        *_by_label("user", test.user_features, test.user_numbers),
    ]
    return [_slice(by, part, mask, test, output, settings) for by, part, mask in masks]


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


def _by_source(output: ScorerOutput) -> Iterator[Mask]:
    if output.sources is not None:
        for source in sorted(set(output.sources.tolist())):
            yield "source", source, output.sources == source


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
    by: str, part: str, mask: NDArray[np.bool_], test: Ratings, output: ScorerOutput, settings: EvaluationSettings
) -> Slice:
    rows = test.take(mask)
    sums = rating_metrics(rows, ScorerOutput(output.mean[mask]))["rmse"]
    rng = np.random.default_rng(settings.seed)
    interval = bootstrap(sums, rng=rng, replicates=min(settings.replicates, 300), level=settings.level)
    return Slice(by, part, len(rows), len(sums.parts), interval)
