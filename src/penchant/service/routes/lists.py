"""Lists for many users in one request, and lists that are the same for everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from penchant.recommending.popularity import PopularOrder
from penchant.service import list_schemas, rendering
from penchant.service.deadline import check_time
from penchant.service.list_options import InQuery, list_cost, options_of
from penchant.service.problems import DOCUMENTED
from penchant.service.service import TheService, Who

router = APIRouter(prefix="/v1", tags=["lists"], responses=DOCUMENTED)


@router.post("/lists", operation_id="recommend_to_many", summary="Lists for many users")
async def many(service: TheService, who: Who, wanted: list_schemas.ManyListsRequest) -> list_schemas.ManyLists:
    """One list for each user, in their order, with the same filters; from all their ratings. Needs a key."""
    service.access.key(who, "read")
    options = options_of(service, wanted, exclude_seen=wanted.exclude_seen)

    def listed() -> list_schemas.ManyLists:
        found = []
        for user in wanted.users:
            check_time()
            mine = service.access.owner(who, user, "read")
            arm = service.recorder.arm(mine, options)
            person = service.people.find(mine, arm.version)
            found.append(rendering.as_list(person, *service.recorder.listed(person, options, arm)))
        return list_schemas.ManyLists(lists=found)

    cost = service.check_cost(lambda trained, users: list_cost(trained, wanted, users), len(wanted.users))
    return await service.in_turn(listed, cost=cost)


@router.get("/popular", operation_id="list_popular", summary="What is popular, trending or new")
def popular(
    service: TheService,
    who: Who,
    wanted: InQuery,
    order: PopularOrder = "popular",
    window: Annotated[float | None, Query(gt=0, le=36_500, description="Only the last so many days count.")] = None,
) -> list_schemas.CommonList:
    """By the interactions that the model was trained on. Trends and windows need their times."""
    service.access.catalogue(who)
    options, live = options_of(service, wanted), service.live
    found = live.model.popular(
        options.n, order=order, window=window, where=options.where, among=options.among, exclude=options.exclude
    )
    return rendering.as_common_list(live, order, found)
