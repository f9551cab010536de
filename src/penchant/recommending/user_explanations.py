"""Explanations of a user's scores: the split of one part's score, and the terms of the ranker's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from penchant.data.vocabulary import UNKNOWN
from penchant.models.rows import Floats, Rows
from penchant.recommending.explanations import Contribution, Explanation, RankedExplanation, TermShare, split_score
from penchant.recommending.item_index import ItemIndex, PartName
from penchant.recommending.neighbours import dense_directions, directions_of
from penchant.recommending.options import By
from penchant.recommending.part_row import PartRow
from penchant.recommending.ranker import Ranker
from penchant.recommending.ranking_terms import p_choose, term, with_new_item
from penchant.recommending.results import Prediction
from penchant.recommending.row_lookup import resolve
from penchant.recommending.top_n import top_n
from penchant.recommending.user_lists import list_inputs

SIMILAR = 3
"""The number of similar liked items in an explanation."""


def explained_part(row: PartRow, name: PartName, user: Any, item: Any) -> Explanation:
    """The split of one part's score of an item id, known or not, for the user with this row."""
    items = row.trained.items
    number = items.vocabulary.numbers([item])
    said, found = row.predict(number), resolve(items, number)
    parts = split_score(row.trained, row.rows, row.posterior, found.rows)
    order = np.argsort(-np.abs(parts.pulls), kind="stable")
    rating = name == "rating"
    return Explanation(
        user=user,
        item=item,
        title=str(item) if number[0] == UNKNOWN else items.title(int(number[0])),
        by=name,
        predicted=float(said.mean[0]) if rating else None,
        std=float(said.std[0]) if rating else None,
        source=said.source[0],
        similar=_liked_and_similar(row, found.rows),
        **{**vars(parts), "pulls": [_pull(row, at, parts.pulls[at]) for at in order]},
    )


def explained_order(
    index: ItemIndex, rows: Mapping[PartName, PartRow], ranker: Ranker, by: By, user: Any, item: Any
) -> RankedExplanation:
    """The ranker's terms for an item id, for the user with these rows. An unknown item counts as a new one."""
    parts: dict[str, Explanation] = {name: explained_part(row, name, user, item) for name, row in rows.items()}
    number = index.items.numbers([item])
    said = {name: row.predict(number) for name, row in rows.items()}
    inputs = list_inputs(index, rows)
    if number[0] == UNKNOWN:
        inputs, number = with_new_item(inputs, lambda _: _moments(said["rating"])), np.array([len(index.items)])
    terms = [
        TermShare(name, weight, float(term(name, ranker, inputs, number)[0, 0]))
        for name, weight in ranker.used(by).items()
    ]
    rating, main = said.get("rating"), parts["choice" if by == "choice" else "rating"]
    liking = None if rating is None else index.liking
    return RankedExplanation(
        user=user,
        item=item,
        title=main.title,
        by=by,
        predicted=None if rating is None else float(rating.mean[0]),
        std=None if rating is None else float(rating.std[0]),
        source=main.source,
        score=sum(one.amount for one in terms),
        terms=sorted(terms, key=lambda one: -abs(one.amount)),
        p_choose=float(p_choose(ranker, inputs, number)[0, 0]),
        p_like=None if rating is None or liking is None else float(liking.probability(rating.mean, rating.std)[0]),
        parts=parts,
    )


def _moments(said: Prediction) -> tuple[Floats, Floats]:
    return said.mean[None], said.std[None]


def _pull(row: PartRow, at: int, amount: float) -> Contribution:
    items, number = row.trained.items, int(row.numbers[at])
    return Contribution(items.vocabulary.id_of(number), items.title(number), float(row.values[at]), float(amount))


def _liked_and_similar(row: PartRow, item: Rows) -> list[Contribution]:
    """The liked items with the most similar vectors."""
    if not len(row.numbers):
        return []
    liked = np.flatnonzero(row.values >= row.values.mean())
    cosines = directions_of(row.trained.items.rows(row.numbers[liked])) @ dense_directions(item)[0]
    return [_pull(row, liked[at], cosines[at]) for at in top_n(cosines, SIMILAR)]
