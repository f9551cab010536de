"""Lists for everybody, made by Spark's workers and written as Parquet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.data.columns import ITEM, USER
from penchant.data.vocabulary import Ids
from penchant.engines.spark.catalogue import ID, SEEN, Catalogue, flat_values, rows_of, starts_of, user_columns
from penchant.engines.spark.failures import explained
from penchant.engines.spark.keeping import from_arrow
from penchant.engines.spark.sessions import spark_session
from penchant.engines.spark.watching import watched
from penchant.foundations.progress import Progress, Silent
from penchant.models.sides import Rows
from penchant.recommending.candidates import allowed_items
from penchant.recommending.model import Model
from penchant.recommending.request import Request
from penchant.recommending.top_n import top_n

RANK, SCORE = "rank", "score"


@dataclass(frozen=True)
class _Lists:
    """How one batch of users becomes lists: the items, which of them are allowed (I,), and their ids (I,)."""

    catalogue: Catalogue
    allowed: NDArray[np.bool_]
    ids: Ids
    n: int
    exclude_seen: bool

    def of(self, batch: Any) -> Iterator[Any]:
        """Arrow batches (user, rank, item, score) for an Arrow batch of users."""
        draws = self.catalogue.head.draws
        for start in range(0, batch.num_rows, self.catalogue.height):
            part = batch.slice(start, self.catalogue.height)
            best, scores = self._best(rows_of(part, draws), starts_of(part, SEEN), flat_values(part, SEEN))
            yield self._written(part.column(ID), best, scores)

    def _best(self, users: Rows, starts: NDArray[Any], seen: NDArray[Any]) -> tuple[list[Any], list[Any]]:
        best, scores = [], []
        for row, table_row in enumerate(self.catalogue.table(users)):
            allowed = self.allowed
            if self.exclude_seen:
                allowed = allowed.copy()
                allowed[seen[starts[row] : starts[row + 1]]] = False
            best.append(top_n(table_row, self.n, allowed=allowed))
            scores.append(table_row[best[-1]])
        return best, scores

    def _written(self, users: Any, best: list[Any], scores: list[Any]) -> Any:
        lengths = np.array([len(one) for one in best])
        owners = np.repeat(np.arange(len(best)), lengths)
        places = np.concatenate([np.arange(1, length + 1) for length in lengths]).astype(np.int32)
        items = self.ids[np.concatenate(best)].tolist()
        columns = {
            USER: users.take(pa.array(owners)),
            RANK: pa.array(places),
            ITEM: pa.array(items, _id_type(self.ids)),
            SCORE: pa.array(self.catalogue.clip(np.concatenate(scores)).astype(np.float32)),
        }
        return pa.RecordBatch.from_pydict(columns)


def recommend_all(
    model: Model,
    out: str,
    n: int = 10,
    *,
    exclude_seen: bool = True,
    exclude: Iterable[Any] = (),
    among: Iterable[Any] | None = None,
    overwrite: bool = False,
    master: str | None = None,
    config: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> str:
    """Write the n best items of every user the model knows to a Parquet folder, and return its path.

    out: a path or URL that the workers can write. Its columns: user, rank (from 1), item, score; order within a user
    and ties are those of a single list, and so are the filters. master, config: as for training.
    Raises EngineError for what Spark fails at, and where `out` exists and is not to be overwritten.
    """
    trained = model.trained
    request = Request(n=n, exclude_seen=exclude_seen, exclude=exclude, among=among)
    allowed, _ = allowed_items(trained.items, request)
    lists = _Lists(Catalogue.of(trained), allowed, trained.items.vocabulary.ids, n, exclude_seen)
    schema = ", ".join(
        f"{name} {kind}"
        for name, kind in (
            (USER, _sql_type(trained.users.vocabulary.ids)),
            (RANK, "int"),
            (ITEM, _sql_type(lists.ids)),
            (SCORE, "float"),
        )
    )
    with spark_session(master, config) as session, explained(session):
        sent = session.sparkContext.broadcast(lists)

        def answer(batches: Iterator[Any]) -> Iterator[Any]:
            for batch in batches:
                yield from sent.value.of(batch)

        with watched(session, progress or Silent(), "lists"):
            users = from_arrow(session, user_columns(trained))
            made = users.mapInArrow(answer, schema)
            made.write.mode("overwrite" if overwrite else "errorifexists").parquet(out)
        sent.destroy()
    return out


def _id_type(ids: Ids) -> Any:
    return pa.string() if ids.dtype == object else pa.int64()


def _sql_type(ids: Ids) -> str:
    return "string" if ids.dtype == object else "bigint"
