"""Users: their ratings, their lists, what is stored of them. An unknown user is answered like any other."""

from __future__ import annotations

from fastapi import APIRouter, Response

from penchant.service import rendering, schemas
from penchant.service.access import unauthorized
from penchant.service.problems import DOCUMENTED, RefusalError
from penchant.service.schemas import Count, ItemPath, UserPath
from penchant.service.service import TheService, Who
from penchant.service.work_costs import questions_cost

router = APIRouter(prefix="/v1/users", tags=["users"], responses=DOCUMENTED)


@router.get("/{user_id}/recommendations", summary="The items a user is expected to rate highest")
def recommendations(
    service: TheService, who: Who, user_id: UserPath, n: Count = 10, exclude_seen: bool = True
) -> schemas.List:
    """Known users, users who only rated here, and unknown users. What they rated is not in the list.

    Without the right to read the user's ratings, the list rests on the model's training ratings alone.
    """
    reader = service.access.reader(who, user_id)
    if not exclude_seen and not reader.owns:
        raise unauthorized()  # the difference of the two lists is what the user has rated
    person = service.people.find_for(reader)
    answer = person.state.recommend(service.check_count(n), exclude_seen=exclude_seen)
    return rendering.as_list(person, answer)


@router.get("/{user_id}/explanations/{item_id}", summary="Why a user would rate an item so")
def explanation(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath) -> schemas.Explained:
    """The exact split of the score into averages and the pull of the user's own ratings."""
    person = service.people.find(service.access.owner(who, user_id, "read"))
    known = service.people.item_id(item_id)
    return rendering.as_explained(known, person.state.explain(known, by=person.state.index.one_part(None)))


@router.get("/{user_id}/questions", summary="What to ask a user next")
async def questions(service: TheService, who: Who, user_id: UserPath, n: Count = 5) -> schemas.Questions:
    """The items whose rating would say most about the user's taste."""

    def asked() -> schemas.Questions:
        person = service.people.find(service.access.owner(who, user_id, "read"))
        return rendering.as_questions(person, service.people.questions(person, n))

    return await service.in_turn(asked, cost=service.check_cost(questions_cost, service.check_count(n)))


@router.get("/{user_id}/ratings", summary="A user's ratings, newest first")
def ratings(service: TheService, who: Who, user_id: UserPath) -> schemas.RatingList:
    """Those kept here and, for a user the model was trained on, those of the training."""
    mine = service.access.owner(who, user_id, "read")
    return schemas.RatingList(user=mine, ratings=rendering.as_rating_lines(service.people.find(mine)))


@router.put("/{user_id}/ratings/{item_id}", summary="Rate an item")
def rate(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath, new: schemas.NewRating) -> schemas.Kept:
    """Idempotent; the last write wins. When the answer arrives the rating is on the disk."""
    mine = service.access.owner(who, user_id, "write")
    item = service.people.rate(mine, item_id, new.rating)
    return schemas.Kept(user=mine, item=item, rating=new.rating)


@router.delete("/{user_id}/ratings/{item_id}", summary="Take a rating back")
def unrate(service: TheService, who: Who, user_id: UserPath, item_id: ItemPath) -> schemas.Kept:
    """Idempotent; nothing happens when there is none."""
    mine = service.access.owner(who, user_id, "write")
    return schemas.Kept(user=mine, item=service.people.unrate(mine, item_id), rating=None)


@router.get("/{user_id}/export", summary="Everything that is kept of a user")
def export(service: TheService, who: Who, user_id: UserPath) -> schemas.Exported:
    """Stored ratings with their times, and the training ratings that the model remembers."""
    mine = service.access.owner(who, user_id, "read")
    stored, training = service.people.export(mine)
    return rendering.as_exported(service.live, mine, stored, training, service.marks.of(mine))


@router.delete("/{user_id}", status_code=204, summary="Forget a user")
def erase(service: TheService, who: Who, user_id: UserPath) -> Response:
    """Ratings and token are gone at once; training ratings are ignored from now on and left out of the next one."""
    service.ratings.erase(service.access.owner(who, user_id, "write"))
    return Response(status_code=204)


visitors = APIRouter(prefix="/v1/visitors", tags=["users"], responses=DOCUMENTED)


@visitors.post("", status_code=201, summary="Create a visitor")
def become(service: TheService, who: Who) -> schemas.VisitorMade:
    """A user id and the token that opens it, for a user without a key. The token is shown once."""
    service.access.catalogue(who)
    wait = service.new_visitors.wait(who.address)
    if wait:
        raise RefusalError(429, "too many new visitors from this address", headers={"Retry-After": str(int(wait) + 1)})
    made = service.visitors.create()
    return schemas.VisitorMade(user=made.user_id, token=made.token)
