"""What a worker does with a batch of users and their test ratings to measure a model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.engines.spark.catalogue import SEEN, Catalogue, flat_values, rows_of, starts_of
from penchant.metrics.full_ranking import ItemSets, rank_items
from penchant.metrics.ranking import AT_K


@dataclass(frozen=True)
class Metrics:
    """How users with their test ratings become metrics; relevant_from: the lowest rating that counts as liked."""

    catalogue: Catalogue
    relevant_from: float
    k: int

    @property
    def names(self) -> list[str]:
        """The columns of metrics: sums over a user's test ratings, then what their list found (null where nothing)."""
        return ["ratings", "squared", "absolute", *AT_K]

    def of(self, batch: Any) -> Iterator[Any]:
        """An Arrow batch with a row of metrics for each user of an Arrow batch of users."""
        for start in range(0, batch.num_rows, self.catalogue.height):
            part = batch.slice(start, self.catalogue.height)
            table = self.catalogue.table(rows_of(part, self.catalogue.scorer.samples))
            yield pa.RecordBatch.from_pydict({**self._errors(part, table), **self._lists(part, table)})

    def _errors(self, part: Any, table: NDArray[Any]) -> dict[str, Any]:
        starts, items = starts_of(part, "items"), flat_values(part, "items")
        owners = np.repeat(np.arange(len(table)), np.diff(starts))
        left = flat_values(part, "ratings").astype(np.float64) - self.catalogue.clip(table[owners, items])
        sums = {"ratings": None, "squared": left**2, "absolute": np.abs(left)}
        return {name: pa.array(np.bincount(owners, w, len(table)).astype(float)) for name, w in sums.items()}

    def _lists(self, part: Any, table: NDArray[Any]) -> dict[str, Any]:
        """The metrics of the full rankings of those who liked something, null for the others."""
        items, liked = flat_values(part, "items"), flat_values(part, "ratings") >= self.relevant_from
        owners = np.repeat(np.arange(len(table)), np.diff(starts_of(part, "items")))
        users = np.unique(owners[liked])
        metrics = {name: np.full(len(table), np.nan) for name in AT_K}
        if len(users):
            found, _ = ItemSets.build(np.searchsorted(users, owners[liked]), items[liked], len(users))
            seen, starts = flat_values(part, SEEN), starts_of(part, SEEN)
            mine = np.isin(holders := np.repeat(np.arange(len(table)), np.diff(starts)), users)
            barred, _ = ItemSets.build(np.searchsorted(users, holders[mine]), seen[mine], len(users))
            ranks = rank_items(
                lambda at: table[users[at]], np.arange(len(users)), relevant=found, excluded=barred, depth=self.k
            )
            for name, metric in AT_K.items():
                metrics[name][users] = metric(ranks, self.k)
        return {name: pa.array(values, from_pandas=True) for name, values in metrics.items()}
