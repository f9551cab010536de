"""Metrics of one batch of users and their test ratings, computed on a Spark worker."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.engines.spark.worker_model import SEEN, WorkerModel, flat_values, rows_of, starts_of
from penchant.metrics.full_ranking import ItemSets, rank_items
from penchant.metrics.ranking import AT_K


@dataclass(frozen=True)
class UserMetrics:
    """Turns batches of users into metrics. relevant_from: the lowest rating that counts as relevant."""

    model: WorkerModel
    relevant_from: float
    k: int

    @property
    def names(self) -> list[str]:
        """The columns: sums over a user's test ratings, then ranking metrics (null without relevant items)."""
        return ["ratings", "squared", "absolute", *AT_K]

    def of(self, batch: Any) -> Iterator[Any]:
        """An Arrow batch with a row of metrics for each user of an Arrow batch of users."""
        for start in range(0, batch.num_rows, self.model.batch_size):
            part = batch.slice(start, self.model.batch_size)
            scores = self.model.scores(rows_of(part, self.model.scorer.samples))
            yield pa.RecordBatch.from_pydict({**self._errors(part, scores), **self._ranking(part, scores)})

    def _errors(self, part: Any, scores: NDArray[Any]) -> dict[str, Any]:
        starts, items = starts_of(part, "items"), flat_values(part, "items")
        owners = np.repeat(np.arange(len(scores)), np.diff(starts))
        errors = flat_values(part, "ratings").astype(np.float64) - self.model.clip(scores[owners, items])
        sums = {"ratings": None, "squared": errors**2, "absolute": np.abs(errors)}
        return {name: pa.array(np.bincount(owners, w, len(scores)).astype(float)) for name, w in sums.items()}

    def _ranking(self, part: Any, scores: NDArray[Any]) -> dict[str, Any]:
        """Metrics of the full rankings of users with relevant test items, null for the others."""
        items, is_relevant = flat_values(part, "items"), flat_values(part, "ratings") >= self.relevant_from
        owners = np.repeat(np.arange(len(scores)), np.diff(starts_of(part, "items")))
        users = np.unique(owners[is_relevant])
        metrics = {name: np.full(len(scores), np.nan) for name in AT_K}
        if len(users):
            relevant, _ = ItemSets.build(np.searchsorted(users, owners[is_relevant]), items[is_relevant], len(users))
            seen, starts = flat_values(part, SEEN), starts_of(part, SEEN)
            seen_by = np.repeat(np.arange(len(scores)), np.diff(starts))
            kept = np.isin(seen_by, users)
            excluded, _ = ItemSets.build(np.searchsorted(users, seen_by[kept]), seen[kept], len(users))
            ranks = rank_items(
                lambda at: scores[users[at]], np.arange(len(users)), relevant=relevant, excluded=excluded, depth=self.k
            )
            for name, metric in AT_K.items():
                metrics[name][users] = metric(ranks, self.k)
        return {name: pa.array(values, from_pandas=True) for name, values in metrics.items()}
