"""Answers for a user whose ratings are in the request; nothing is kept."""

from __future__ import annotations

from fastapi import APIRouter

from penchant.service import list_schemas, rendering, schemas
from penchant.service.list_options import list_cost, options_of
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who
from penchant.service.work_costs import questions_cost

router = APIRouter(prefix="/v1", tags=["with ratings in the body"], responses=DOCUMENTED)


@router.post("/recommendations", operation_id="recommend", summary="A list for a user who is only described")
async def recommendations(service: TheService, who: Who, ask: list_schemas.ListRequest) -> list_schemas.List:
    """From ratings, features, both, or neither. Ids the model does not hold are named in `unknown`."""

    def listed() -> list_schemas.List:
        service.access.catalogue(who)
        person = service.people.describe(service.check_ratings(ask.ratings), ask.features)
        return rendering.as_list(person, person.state.ranking(options_of(service, ask)))

    cost = list_cost(service.live.part, ask)
    return await service.soon(listed, who, ratings=len(ask.ratings), cost=cost)


@router.post("/predictions", operation_id="predict", summary="Expected ratings, how sure, and what they rest on")
def predictions(service: TheService, who: Who, ask: schemas.PredictionRequest) -> schemas.Predictions:
    """For a user described by ratings and features, or by id, which needs the right to read that user's ratings.

    Unknown items are answered and flagged.
    """
    if ask.user is not None:
        person = service.people.find(service.access.owner(who, ask.user, "read"))
    else:
        service.access.catalogue(who)
        person = service.people.describe(service.check_ratings(ask.ratings), ask.features)
    return rendering.as_predictions(person.live, ask.items, person.state.predict(ask.items))


@router.post("/explanations", operation_id="explain", summary="Why a user with these ratings would rate an item so")
def explanations(service: TheService, who: Who, ask: schemas.ExplanationRequest) -> schemas.Explained:
    """The exact split of the score that orders a list, and of each model's part in it."""
    service.access.catalogue(who)
    known = service.people.item_id(ask.item)
    person = service.people.describe(service.check_ratings(ask.ratings))
    return rendering.as_explained(known, person.state.explain(known, by=ask.by))


@router.post("/questions", operation_id="ask", summary="What to ask a user next")
async def questions(service: TheService, who: Who, ask: schemas.QuestionRequest) -> schemas.Questions:
    """The items whose rating would say most about their taste."""

    def asked() -> schemas.Questions:
        service.access.catalogue(who)
        person = service.people.describe(service.check_ratings(ask.ratings))
        return rendering.as_questions(person, service.people.questions(person, ask.n, ask.skip))

    return await service.in_turn(asked, cost=service.check_cost(questions_cost, service.check_count(ask.n)))
