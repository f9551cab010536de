"""Users: their ratings, their lists, what is stored of them. An unknown user is answered like any other."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from penchant.recommending.reranking import POOL
from penchant.service import list_schemas, rendering, schemas
from penchant.service.access import Credentials, unauthorized
from penchant.service.list_options import InQuery, list_cost, options_of
from penchant.service.problems import DOCUMENTED, RefusalError
from penchant.service.schema_types import Count, ItemPath, UserPath
from penchant.service.service import Service, TheService, Who
from penchant.service.work_costs import questions_cost

router = APIRouter(prefix="/v1/users", tags=["users"], responses=DOCUMENTED)


@router.get(
    "/{user_id}/recommendations",
    operation_id="recommend_to_user",
    summary="The items a user is expected to choose and like most",
)
async def recommendations(service: TheService, who: Who, user_id: UserPath, wanted: InQuery) -> list_schemas.List:
    """Known users, users who only rated here, and unknown users. What they rated is not in the list.

    Without the right to read the user's ratings, the list rests on the model's training ratings alone.
    """
    return await _list(service, who, user_id, wanted)


@router.post(
    "/{user_id}/recommendations",
    operation_id="recommend_to_user_filtered",
    summary="A user's list, with long filters in the body",
)
async def filtered(
    service: TheService, who: Who, user_id: UserPath, wanted: list_schemas.UserListRequest
) -> list_schemas.List:
    """As with GET, for filters that are too long for an address."""
    return await _list(service, who, user_id, wanted)


async def _list(
    service: Service, who: Credentials, user_id: str, wanted: list_schemas.UserListRequest
) -> list_schemas.List:
    def listed() -> list_schemas.List:
        reader = service.access.reader(who, user_id)
        if not wanted.exclude_seen and not reader.owns:
            raise unauthorized()  # the difference of the two lists is what the user has rated
        options = options_of(service, wanted, exclude_seen=wanted.exclude_seen)
        if not reader.owns:  # who may not read the ratings may not take part for the user either
            person = service.people.find_for(reader)
            return rendering.as_list(person, person.state.ranking(options))
        arm = service.recorder.arm(reader.user_id, options)
        person = service.people.find(reader.user_id, arm.version)
        return rendering.as_list(person, *service.recorder.listed(person, options, arm))

    return await service.in_turn(listed, cost=list_cost(service.live.part, wanted))


@router.get("/{user_id}/similar/{item_id}", operation_id="similar_for_user", summary="More like an item, for a user")
def similar(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath, n: Count = 10) -> list_schemas.List:
    """Of the items most similar to this one, those that the user is expected to choose and like most."""
    person = service.people.find_for(service.access.reader(who, user_id))
    known, count = service.people.item_id(item_id), service.check_count(n)
    near = person.live.model.similar_items(known, POOL * count)
    return rendering.as_list(person, person.state.recommend(count, among=near.ids))


@router.get("/{user_id}/explanations/{item_id}", operation_id="explain_to_user", summary="Why an item is on the list")
def explanation(
    service: TheService, who: Who, user_id: UserPath, item_id: ItemPath, by: list_schemas.By | None = None
) -> schemas.Explained:
    """The exact split of the score that orders the user's list, and of each model's part in it."""
    person = service.people.find(service.access.owner(who, user_id, "read"))
    known = service.people.item_id(item_id)
    return rendering.as_explained(known, person.state.explain(known, by=by))


@router.get("/{user_id}/questions", operation_id="ask_user", summary="What to ask a user next")
async def questions(service: TheService, who: Who, user_id: UserPath, n: Count = 5) -> schemas.Questions:
    """The items whose rating would say most about the user's taste."""

    def asked() -> schemas.Questions:
        person = service.people.find(service.access.owner(who, user_id, "read"))
        return rendering.as_questions(person, service.people.questions(person, n))

    return await service.in_turn(asked, cost=service.check_cost(questions_cost, service.check_count(n)))


@router.get("/{user_id}/ratings", operation_id="list_ratings", summary="A user's ratings, newest first")
def ratings(
    service: TheService,
    who: Who,
    user_id: UserPath,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> schemas.RatingList:
    """Those kept here and, for a user the model was trained on, those of the training."""
    mine = service.access.owner(who, user_id, "read")
    lines = rendering.as_rating_lines(service.people.find(mine))
    return schemas.RatingList(user=mine, ratings=lines[offset : offset + limit], total=len(lines))


@router.put("/{user_id}/ratings/{item_id}", operation_id="rate", summary="Rate an item")
def rate(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath, new: schemas.NewRating) -> schemas.Kept:
    """Idempotent; the last write wins. When the answer arrives the rating is on the disk."""
    mine = service.access.owner(who, user_id, "write")
    item = service.people.rate(mine, item_id, new.rating)
    return schemas.Kept(user=mine, item=item, rating=new.rating)


@router.delete("/{user_id}/ratings/{item_id}", operation_id="unrate", summary="Take a rating back")
def unrate(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath) -> schemas.Kept:
    """Idempotent; nothing happens when there is none."""
    mine = service.access.owner(who, user_id, "write")
    return schemas.Kept(user=mine, item=service.people.unrate(mine, item_id), rating=None)


@router.get("/{user_id}/export", operation_id="export_user", summary="Everything that is kept of a user")
def export(service: TheService, who: Who, user_id: UserPath) -> schemas.Exported:
    """Stored ratings with their times, and the training ratings that the model remembers."""
    mine = service.access.owner(who, user_id, "read")
    stored, training = service.people.export(mine)
    events, marks = service.people.events(mine), service.marks.of(mine)
    return rendering.as_exported(service.live, mine, stored, training, events, marks)


@router.delete("/{user_id}", operation_id="erase_user", status_code=204, summary="Forget a user")
def erase(service: TheService, who: Who, user_id: UserPath) -> Response:
    """Ratings and token are gone at once; training ratings are ignored from now on and left out of the next one."""
    service.ratings.erase(service.access.owner(who, user_id, "write"))
    return Response(status_code=204)


visitors = APIRouter(prefix="/v1/visitors", tags=["users"], responses=DOCUMENTED)


@visitors.post("", operation_id="create_visitor", status_code=201, summary="Create a visitor")
def become(service: TheService, who: Who) -> schemas.VisitorMade:
    """A user id and the token that opens it, for a user without a key. The token is shown once."""
    service.access.catalogue(who)
    wait = service.new_visitors.wait(who.address)
    if wait:
        raise RefusalError(429, "too many new visitors from this address", headers={"Retry-After": str(int(wait) + 1)})
    made = service.visitors.create()
    return schemas.VisitorMade(user=made.user_id, token=made.token)
