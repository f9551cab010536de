"""The part of a model that a Spark worker scores with: the item rows, and user rows as Arrow columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.models.rows import Floats, Rows, merged
from penchant.models.scorers import Scorer
from penchant.models.trained import TrainedModel

ID, SEEN = "id", "seen"
_SCORES = 2**22
"""The number of scores that a worker holds at a time."""


@dataclass(frozen=True)
class WorkerModel:
    """scorer: turns two rows into a score. items: I rows. low, high: the ends of the rating scale.

    stacked: (I, W) one vector for each item where a score is a dot product, else None. Scoring then needs NumPy only,
    so workers need nothing else.
    """

    scorer: Scorer
    items: Rows
    low: float
    high: float
    stacked: Floats | None

    @classmethod
    def of(cls, trained: TrainedModel, unknown: int = 0) -> WorkerModel:
        """The item rows of a model, followed by `unknown` rows with the prior's mean."""
        known, prior = trained.items.all_rows(), trained.items.prior.rows(None, unknown)
        rows = merged(known, replace(prior, covariance=None), np.arange(len(known) + unknown) < len(known))
        rating = trained.objective == "rating"
        ends = (trained.scale.low, trained.scale.high) if rating else (-np.inf, np.inf)
        return cls(trained.scorer, rows, *ends, trained.scorer.stacked(rows))

    @property
    def batch_size(self) -> int:
        """How many users to score at a time."""
        return batch_size(len(self.items))

    def scores(self, users: Rows) -> Floats:
        """The expected rating of every item for B user rows, (B, I), not clipped so that the order is kept."""
        if self.stacked is None:
            return self.scorer.all_items(users, self.items)
        return self.scorer.from_products(self.scorer.stacked_users(users) @ self.stacked.T)

    def clip(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Scores clipped to the rating scale; preferences are not clipped."""
        return np.clip(scores, self.low, self.high)


def batch_size(items: int) -> int:
    """How many users to score at a time for this many items."""
    return max(1, _SCORES // max(1, items))


def user_columns(trained: TrainedModel) -> pa.Table:
    """All users of a model as columns: id, their rows, and the numbers of the items they have seen."""
    seen = trained.interactions.by_item_number()
    columns = {ID: pa.array(trained.users.vocabulary.ids.tolist()), SEEN: lists_of(seen.numbers, seen.starts)}
    return pa.table(columns | row_columns(trained.users.all_rows()))


def row_columns(rows: Rows) -> dict[str, Any]:
    """Rows as Arrow columns of lists: bias (S), vectors (S·K) and cold_start (S)."""
    samples, count = rows.bias.shape
    flat = rows.vectors.transpose(1, 0, 2).reshape(-1)
    width = samples * rows.vectors.shape[2]
    cold_start = np.zeros_like(rows.bias) if rows.cold_start is None else rows.cold_start
    return {
        "bias": lists_of(rows.bias.T.reshape(-1), np.arange(count + 1) * samples),
        "vectors": lists_of(flat, np.arange(count + 1) * width),
        "cold_start": lists_of(cold_start.T.reshape(-1), np.arange(count + 1) * samples),
    }


def lists_of(values: NDArray[Any], starts: NDArray[Any]) -> Any:
    """N Arrow lists; list r holds values[starts[r]:starts[r + 1]]. starts: (N + 1,)."""
    return pa.LargeListArray.from_arrays(pa.array(starts, pa.int64()), pa.array(np.ascontiguousarray(values)))


def rows_of(batch: Any, samples: int, prefix: str = "") -> Rows:
    """The rows of an Arrow batch that has the columns of `row_columns`, named with this prefix, without nulls."""
    count = batch.num_rows
    bias = flat_values(batch, f"{prefix}bias").reshape(count, samples).T
    vectors = flat_values(batch, f"{prefix}vectors").reshape(count, samples, -1).transpose(1, 0, 2)
    cold_start = flat_values(batch, f"{prefix}cold_start").reshape(count, samples).T
    bias, vectors, cold_start = (np.ascontiguousarray(part) for part in (bias, vectors, cold_start))
    return Rows(bias, vectors, cold_start=cold_start)


def flat_values(batch: Any, column: str) -> NDArray[Any]:
    """The concatenated values of a list column."""
    return batch.column(column).flatten().to_numpy(zero_copy_only=False)


def starts_of(batch: Any, column: str) -> NDArray[np.int64]:
    """Where each row's values begin in `flat_values`, (B + 1,)."""
    lengths = batch.column(column).value_lengths().to_numpy(zero_copy_only=False)
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
