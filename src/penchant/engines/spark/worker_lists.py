"""Recommendation lists of one batch of users, computed on a Spark worker with NumPy and pyarrow only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.data.columns import ITEM, USER
from penchant.data.vocabulary import Ids
from penchant.engines.spark.worker_model import ID, SEEN, WorkerModel, flat_values, rows_of, starts_of
from penchant.models.rows import Rows
from penchant.recommending.top_n import top_n

RANK, SCORE = "rank", "score"


@dataclass(frozen=True)
class UserLists:
    """Turns batches of users into lists. allowed: (I,) the items that pass the filters. ids: (I,) their ids."""

    model: WorkerModel
    allowed: NDArray[np.bool_]
    ids: Ids
    n: int
    exclude_seen: bool

    def of(self, batch: Any) -> Iterator[Any]:
        """Arrow batches (user, rank, item, score) for an Arrow batch of users."""
        samples = self.model.scorer.samples
        for start in range(0, batch.num_rows, self.model.batch_size):
            part = batch.slice(start, self.model.batch_size)
            best, scores = self._best(rows_of(part, samples), starts_of(part, SEEN), flat_values(part, SEEN))
            yield self._to_arrow(part.column(ID), best, scores)

    def _best(self, users: Rows, starts: NDArray[Any], seen: NDArray[Any]) -> tuple[list[Any], list[Any]]:
        best, scores = [], []
        for row, item_scores in enumerate(self.model.scores(users)):
            allowed = self.allowed
            if self.exclude_seen:
                allowed = allowed.copy()
                allowed[seen[starts[row] : starts[row + 1]]] = False
            best.append(top_n(item_scores, self.n, allowed=allowed))
            scores.append(item_scores[best[-1]])
        return best, scores

    def _to_arrow(self, users: Any, best: list[Any], scores: list[Any]) -> Any:
        lengths = np.array([len(one) for one in best])
        owners = np.repeat(np.arange(len(best)), lengths)
        ranks = np.concatenate([np.arange(1, length + 1) for length in lengths]).astype(np.int32)
        items = self.ids[np.concatenate(best)].tolist()
        columns = {
            USER: users.take(pa.array(owners)),
            RANK: pa.array(ranks),
            ITEM: pa.array(items, _id_type(self.ids)),
            SCORE: pa.array(self.model.clip(np.concatenate(scores)).astype(np.float32)),
        }
        return pa.RecordBatch.from_pydict(columns)


def _id_type(ids: Ids) -> Any:
    return pa.string() if ids.dtype == object else pa.int64()
