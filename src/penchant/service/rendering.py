"""From the library's answers to the API's schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from penchant.recommending.explanations import Explanation
from penchant.recommending.results import Prediction, Ranking
from penchant.service import schemas
from penchant.service.catalogue import Catalogue, Item, shown
from penchant.service.model_slot import ModelSlot, ServedModel
from penchant.service.user_service import ServedUser

STRONGEST = 10
"""How many of the ratings behind a prediction are named."""


def as_list(person: ServedUser, answer: Ranking) -> schemas.List:
    lines = [
        schemas.Line(
            item=str(line.id),
            title=shown(line.title),
            score=line.score,
            predicted=line.predicted,
            std=line.std,
            p_like=line.p_like,
            p_choose=line.p_choose,
            source=line.source,
        )
        for line in answer
    ]
    return schemas.List(
        user=person.user_id,
        source=answer.source,
        model_version=person.live.version,
        items=lines,
        unknown=[str(one) for one in answer.unknown],
    )


def as_summary(item: Item) -> schemas.ItemSummary:
    return schemas.ItemSummary(item=item.id, title=item.title, tags=list(item.tags), ratings=item.ratings)


def as_detail(live: ServedModel, number: int, neighbours: Ranking) -> schemas.ItemDetail:
    item = live.catalogue.item(number)
    near = [
        schemas.Neighbour(item=str(line.id), title=shown(line.title), similarity=line.score, ratings=line.support or 0)
        for line in neighbours
    ]
    return schemas.ItemDetail(
        **as_summary(item).model_dump(), bias=item.bias, source=neighbours.source, neighbours=near
    )


def as_rating_lines(person: ServedUser) -> list[schemas.RatingLine]:
    titles = person.live.catalogue
    return [
        schemas.RatingLine(item=item, title=_title(titles, item), rating=value)
        for item, value in reversed(list(person.ratings.items()))
    ]


def _title(catalogue: Catalogue, item_id: str) -> str:
    number = catalogue.number(item_id)
    return item_id if number < 0 else catalogue.titles[number]


def as_predictions(live: ServedModel, items: Sequence[str], said: Prediction) -> schemas.Predictions:
    lines = zip(items, said.mean.tolist(), said.std.tolist(), said.source.tolist(), strict=True)
    return schemas.Predictions(
        model_version=live.version,
        predictions=[schemas.Predicted(item=i, mean=m, std=s, source=source) for i, m, s, source in lines],
    )


def as_explained(item_id: str, why: Explanation) -> schemas.Explained:
    pulls = [
        schemas.Pull(item=str(p.item), title=shown(p.title), rating=p.rating, pull=p.amount)
        for p in why.pulls[:STRONGEST]
    ]
    return schemas.Explained(
        item=item_id,
        title=shown(why.title),
        predicted=why.score if why.predicted is None else why.predicted,
        std=why.std,
        source=why.source,
        mean=why.mean,
        user_bias=why.user_bias,
        item_bias=why.item_bias,
        prior=why.prior,
        because=pulls,
    )


def as_facts(live: ServedModel, holder: ModelSlot) -> schemas.ModelFacts:
    trained = live.part
    return schemas.ModelFacts(
        version=live.version,
        kind=trained.kind,
        users=len(trained.users),
        items=len(trained.items),
        factors=trained.users.factors,
        samples=trained.samples,
        added_items=len(live.added),
        saved_at=live.saved_at,
        versions=holder.shelf.names(),
        refused=holder.refused,
        lowest=trained.scale.low,
        highest=trained.scale.high,
        step=trained.scale.step,
    )


def as_questions(person: ServedUser, numbers: Sequence[int]) -> schemas.Questions:
    catalogue = person.live.catalogue
    return schemas.Questions(items=[as_summary(catalogue.item(number)) for number in numbers])


def as_exported(
    live: ServedModel,
    user_id: str,
    stored: Sequence[Mapping[str, Any]],
    training: Mapping[str, float],
    marks: Mapping[str, str],
) -> schemas.Exported:
    lines = [
        schemas.RatingLine(item=item, title=_title(live.catalogue, item), rating=value)
        for item, value in training.items()
    ]
    kept = [
        schemas.StoredLine(
            item=row["item_id"],
            title=_title(live.catalogue, row["item_id"]),
            rating=row["value"],
            rated_at=row["rated_at"],
        )
        for row in stored
    ]
    return schemas.Exported(user=user_id, stored=kept, training=lines, marks=dict(marks))
