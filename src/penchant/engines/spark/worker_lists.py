"""Recommendation lists of one batch of users, computed on a Spark worker with NumPy, SciPy and pyarrow only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from penchant.data.columns import ITEM, USER
from penchant.data.interactions import Interactions
from penchant.data.vocabulary import Numbers, Vocabulary
from penchant.engines.spark.worker_model import (
    ID,
    SEEN,
    batch_size,
    flat_values,
    lists_of,
    row_columns,
    rows_of,
    starts_of,
)
from penchant.models.pair_predictions import score_table
from penchant.models.rating_moments import rating_moments
from penchant.models.rows import Floats, Rows, merged
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel
from penchant.recommending.item_index import ItemIndex, PartIndex, PartName
from penchant.recommending.list_scoring import ranked_list, user_inputs
from penchant.recommending.options import By
from penchant.recommending.ranking_terms import Moments, TermInputs, p_choose
from penchant.recommending.row_lookup import resolve
from penchant.recommending.top_n import top_n

RANK, SCORE, P_CHOOSE = "rank", "score", "p_choose"
NUMBER = "number"


@dataclass(frozen=True)
class UserLists:
    """Turns batches of users into lists.

    index: the recommender without its users. by: the order. allowed: (I,), the items that pass the filters.
    """

    index: ItemIndex
    by: By
    allowed: NDArray[np.bool_]
    n: int
    exclude_seen: bool

    def of(self, batch: Any) -> Iterator[Any]:
        """Arrow batches (user, rank, item, score, and with a choice model p_choose) for an Arrow batch of users."""
        height = batch_size(len(self.allowed))
        for start in range(0, batch.num_rows, height):
            part = batch.slice(start, height)
            yield self._to_arrow(part.column(ID), list(self._lists(part)))

    def _lists(self, part: Any) -> Iterator[tuple[Numbers, NDArray[Any], Floats | None]]:
        """The items of each user, their scores and P(choose)."""
        index, ranker = self.index, self.index.ranker_for(self.by)
        rows = {name: _rows(part, name, index.part(name).trained) for name in parts_of(index, self.by)}
        tables = {
            name: score_table(index.part(name).trained, rows[name], index.part(name).stacked)
            for name in rows
            if name == "choice" or ranker is None
        }
        starts, seen = starts_of(part, SEEN), flat_values(part, SEEN)
        for at, user in enumerate(part.column(NUMBER).to_pylist()):
            own = seen[starts[at] : starts[at + 1]]
            hidden = own if self.exclude_seen else own[:0]
            inputs = None
            if "choice" in tables:
                inputs = user_inputs(index, tables["choice"][at : at + 1], None, user=user, history=own)
                if "rating" in rows:
                    rating = rows["rating"].take(np.array([at]))
                    inputs = replace(inputs, moments=_moments(index.part("rating"), rating))
            if ranker is not None and inputs is not None:
                best, scores = ranked_list(ranker, self.by, self.n, self.allowed, inputs, hidden)
            else:
                best, scores = self._by_part(tables["choice" if self.by == "choice" else "rating"][at], hidden)
            yield best, scores, self._p_choose(inputs, best)

    def _by_part(self, scores: Floats, hidden: Numbers) -> tuple[Numbers, NDArray[Any]]:
        """A list by the scores (I,) of one part; items without interactions come after all others."""
        own = self.allowed.copy()
        own[hidden] = False
        best = top_n(scores, self.n, allowed=own & ~self.index.unrated)
        if len(best) < self.n:
            best = np.append(best, top_n(scores, self.n - len(best), allowed=own & self.index.unrated))
        trained = self.index.part("choice" if self.by == "choice" else "rating").trained
        return best, trained.clip(scores[best])

    def _p_choose(self, inputs: TermInputs | None, best: Numbers) -> Floats | None:
        ranker = self.index.choosing
        return None if ranker is None or inputs is None else p_choose(ranker, inputs, best)[0]

    def _to_arrow(self, users: Any, lists: list[tuple[Numbers, NDArray[Any], Floats | None]]) -> Any:
        best, scores, chosen = zip(*lists, strict=True)
        lengths = np.array([len(one) for one in best])
        owners = np.repeat(np.arange(len(best)), lengths)
        ranks = np.concatenate([np.arange(1, length + 1) for length in lengths]).astype(np.int32)
        items = self.index.items
        columns = {
            USER: users.take(pa.array(owners)),
            RANK: pa.array(ranks),
            ITEM: pa.array(items.take(np.concatenate(best)).tolist(), pa.string() if items.of_text else pa.int64()),
            SCORE: pa.array(np.concatenate(scores).astype(np.float32)),
        }
        if self.index.choosing is not None:
            columns[P_CHOOSE] = pa.array(np.concatenate(chosen).astype(np.float32))
        return pa.RecordBatch.from_pydict(columns)


def parts_of(index: ItemIndex, by: By) -> list[PartName]:
    """The parts that lists by `by` need; every list of a recommender with a ranker has P(choose)."""
    return [
        name for name in index.parts if by in ("combined", name) or (name == "choice" and index.choosing is not None)
    ]


def users_table(index: ItemIndex, by: By) -> pa.Table:
    """All users as columns: id, number, the items that they have seen, and their rows in the parts of the lists."""
    columns: dict[str, Any] = {
        ID: pa.array(index.users.ids.tolist()),
        NUMBER: pa.array(np.arange(len(index.users), dtype=np.int32)),
        SEEN: lists_of(index.seen.numbers, index.seen.starts),
    }
    for name in parts_of(index, by):
        users = index.part(name).trained.users
        if users.histories is None:
            rows = _settled(users)
            variance = np.zeros(len(users)) if rows.variance is None else rows.variance
            found = row_columns(rows) | {"variance": pa.array(variance, pa.float32())}
        else:
            starts = users.histories.starts
            found = {key: lists_of(getattr(users.histories, key), starts) for key in ("numbers", "values")}
        columns |= {f"{name}_{key}": column for key, column in found.items()}
    return pa.table(columns)


def _settled(users: Side) -> Rows:
    """The rows of all users, without covariance: trained rows, and of users without ratings those of a new user."""
    rated = users.counts > 0
    if rated.all():
        return users.all_rows()
    new = resolve(users, np.flatnonzero(~rated).astype(np.int32)).rows
    return merged(users.rows(np.flatnonzero(rated)), replace(new, covariance=None), rated)


def _rows(part: Any, name: PartName, trained: TrainedModel) -> Rows:
    """The rows of a batch of users in one part; in an item-item model, a user without a history has the prior's row."""
    prefix, template = f"{name}_", trained.users.histories
    if template is None:
        variance = part.column(f"{prefix}variance").to_numpy(zero_copy_only=False)
        return replace(rows_of(part, trained.samples, prefix), variance=variance)
    starts = starts_of(part, f"{prefix}numbers")
    numbers, values = (flat_values(part, f"{prefix}{key}") for key in ("numbers", "values"))
    histories = replace(template, starts=starts, numbers=numbers, values=values)
    known = np.flatnonzero(np.diff(starts)).astype(np.int32)
    own = histories.take(known)
    rows = Rows(np.zeros((1, len(known)), np.float32), own.summed_by_row()[None], history=own)
    if len(known) == len(histories):
        return rows
    new = replace(trained.users.prior.rows(None, len(histories) - len(known)), covariance=None)
    return merged(rows, new, np.diff(starts) > 0)


def _moments(part: PartIndex, user: Rows) -> Moments:
    """The moments of a user's ratings, without the kernel of `moments_of`: workers need no Numba."""
    trained = part.trained

    def moments(at: Numbers | None) -> tuple[Floats, Floats]:
        items = trained.items.all_rows()
        return rating_moments(trained, user, items if at is None else items.take(at), part.spread)

    return moments


def without_users(index: ItemIndex) -> ItemIndex:
    """What workers need of a recommender beside their users: the item rows, the ranker, and what all users share."""
    light = ItemIndex({name: PartIndex(_items_of(part.trained)) for name, part in index.parts.items()}, index.ranker)
    near = index.neighbours
    shared: Mapping[str, Any] = {
        "static_terms": index.static_terms,
        "neighbours": None if near is None else replace(near, histories=Interactions.none(0)),
    }
    vars(light).update(shared)
    return light


def _items_of(trained: TrainedModel) -> TrainedModel:
    """The model without users, features and records."""
    users, none = trained.users, np.zeros(0, np.int32)
    empty = replace(
        users,
        vocabulary=Vocabulary(users.vocabulary.ids[:0]),
        bias=users.bias[:, :0],
        vectors=users.vectors[:, :0],
        counts=users.counts[:0],
        features=None,
        variance=None,
        histories=None if users.histories is None else users.histories.take(none),
        unformed=None,
        cold_start=None if users.cold_start is None else users.cold_start[:, :0],
    )
    return replace(
        trained,
        users=empty,
        items=replace(trained.items, features=None),
        interactions=Interactions.none(0),
        history=(),
        facts={},
    )
