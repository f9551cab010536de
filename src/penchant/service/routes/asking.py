"""Questions from somebody who brings their ratings along; nothing is kept."""

from __future__ import annotations

from fastapi import APIRouter

from penchant.service import rendering, schemas
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who

router = APIRouter(prefix="/v1", tags=["with ratings in the body"], responses=DOCUMENTED)


@router.post("/recommendations", summary="A list for somebody who is only described")
async def recommendations(service: TheService, who: Who, ask: schemas.ListRequest) -> schemas.List:
    """From ratings, features, both, or neither. Ids the model does not hold are named in `unknown`."""

    def listed() -> schemas.List:
        service.access.catalogue(who)
        person = service.people.describe(service.check_ratings(ask.ratings), ask.features)
        answer = person.visitor.recommend(service.check_count(ask.n), exclude=ask.exclude, among=ask.among)
        return rendering.as_list(person, answer)

    return await service.soon(listed, ratings=len(ask.ratings))


@router.post("/predictions", summary="Expected ratings, how sure, and what they rest on")
def predictions(service: TheService, who: Who, ask: schemas.PredictionRequest) -> schemas.Predictions:
    """For a user by id, or for somebody described by ratings and features. Unknown items are answered and flagged."""
    if ask.user is not None:
        person = service.people.find(service.access.reader(who, ask.user))
    else:
        service.access.catalogue(who)
        person = service.people.describe(service.check_ratings(ask.ratings), ask.features)
    return rendering.as_predictions(person.live, ask.items, person.visitor.predict(ask.items))


@router.post("/explanations", summary="Why somebody with these ratings would rate an item so")
def explanations(service: TheService, who: Who, ask: schemas.ExplanationRequest) -> schemas.Explained:
    """The exact split of the score into averages and the pull of each rating."""
    service.access.catalogue(who)
    known = service.people.item_id(ask.item)
    person = service.people.describe(service.check_ratings(ask.ratings))
    return rendering.as_explained(known, person.visitor.explain(known))


@router.post("/questions", summary="What to ask somebody next")
def questions(service: TheService, who: Who, ask: schemas.QuestionRequest) -> schemas.Questions:
    """The items whose rating would tell most about their taste."""
    service.access.catalogue(who)
    person = service.people.describe(service.check_ratings(ask.ratings))
    return rendering.as_questions(person, service.people.questions(person, service.check_count(ask.n), ask.skip))
