"""From the library's answers to the API's schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from penchant.recommending.explanations import Explanation, RankedExplanation
from penchant.recommending.popularity import PopularOrder
from penchant.recommending.results import Prediction, Ranking
from penchant.service import event_schemas, item_schemas, list_schemas, schemas
from penchant.service.catalogue import Catalogue, Item, shown
from penchant.service.item_service import Outcome
from penchant.service.model_slot import ModelSlot
from penchant.service.served_items import features_at
from penchant.service.served_model import ServedModel
from penchant.service.storage.events import RATING, StoredEvent
from penchant.service.storage.items import ItemEntry
from penchant.service.user_service import ServedUser

STRONGEST = 10
"""How many of the ratings behind a prediction are named."""


def as_list(person: ServedUser, answer: Ranking, list_id: str | None = None) -> list_schemas.List:
    lines = [
        list_schemas.Line(
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
    return list_schemas.List(
        user=person.user_id,
        list_id=list_id,
        source=answer.source,
        model_version=person.live.version,
        items=lines,
        unknown=[str(one) for one in answer.unknown],
    )


def as_summary(item: Item) -> item_schemas.ItemSummary:
    return item_schemas.ItemSummary(
        item=item.id, title=item.title, tags=list(item.tags), ratings=item.ratings, listed=item.listed
    )


def as_outcomes(outcomes: Sequence[Outcome]) -> item_schemas.RowOutcomes:
    refused = sum(one.status >= 400 for one in outcomes)
    lines = [item_schemas.RowOutcome(status=one.status, detail=one.detail) for one in outcomes]
    return item_schemas.RowOutcomes(done=len(lines) - refused, refused=refused, outcomes=lines)


def as_detail(live: ServedModel, number: int, neighbours: Ranking) -> item_schemas.ItemDetail:
    item = live.catalogue.item(number)
    entry = live.entries.get(item.id, ItemEntry(item.id))
    features = features_at(live.part.items, number)
    near = [
        item_schemas.Neighbour(
            item=str(line.id), title=shown(line.title), similarity=line.score, ratings=line.support or 0
        )
        for line in neighbours
    ]
    return item_schemas.ItemDetail(
        **as_summary(item).model_dump(),
        features={name: list(value) if isinstance(value, tuple) else value for name, value in features.items()},
        hidden=entry.hidden,
        available_until=moment(entry.available_until),
        bias=item.bias,
        source=neighbours.source,
        neighbours=near,
    )


def as_event(one: StoredEvent) -> event_schemas.EventLine:
    rated = one.kind == RATING
    return event_schemas.EventLine(
        user=one.user_id,
        item=one.item_id,
        kind=one.kind,
        rating=one.value if rated else None,
        count=None if rated else one.value,
        at=datetime.fromtimestamp(one.at / 1000, UTC),
        delete=one.delete,
    )


def moment(milliseconds: int | None) -> datetime | None:
    """A time in milliseconds since 1970, in UTC."""
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)


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


def as_explained(item_id: str, why: Explanation | RankedExplanation) -> schemas.Explained:
    ranked = why if isinstance(why, RankedExplanation) else None
    parts = {why.by: why} if isinstance(why, Explanation) else why.parts
    return schemas.Explained(
        item=item_id,
        title=shown(why.title),
        by=why.by,
        score=why.score,
        terms=[
            schemas.TermLine(name=term.name, weight=term.weight, value=term.value, amount=term.amount)
            for term in (ranked.terms if ranked else ())
        ],
        parts={name: _as_split(part) for name, part in parts.items()},
        predicted=why.predicted,
        std=why.std,
        p_like=None if ranked is None else ranked.p_like,
        p_choose=None if ranked is None else ranked.p_choose,
        source=why.source,
    )


def _as_split(part: Explanation) -> schemas.PartSplit:
    pulls = [
        schemas.Pull(item=str(p.item), title=shown(p.title), rating=p.rating, pull=p.amount)
        for p in part.pulls[:STRONGEST]
    ]
    return schemas.PartSplit(
        score=part.score,
        mean=part.mean,
        user_bias=part.user_bias,
        item_bias=part.item_bias,
        prior=part.prior,
        rest=part.rest + sum(p.amount for p in part.pulls[STRONGEST:]),
        because=pulls,
    )


def as_common_list(live: ServedModel, order: PopularOrder, found: Ranking) -> list_schemas.CommonList:
    lines = [list_schemas.CommonLine(item=str(one.id), title=shown(one.title), score=one.score) for one in found]
    return list_schemas.CommonList(order=order, model_version=live.version, items=lines)


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
    events: Mapping[tuple[str, str], float],
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
    counts = [schemas.EventCount(item=item, kind=kind, count=count) for (item, kind), count in events.items()]
    return schemas.Exported(user=user_id, stored=kept, events=counts, training=lines, marks=dict(marks))
