"""Items: searched, looked at, added."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from penchant.service import rendering, schemas
from penchant.service.problems import DOCUMENTED
from penchant.service.schemas import Count, ItemPath
from penchant.service.service import TheService, Who
from penchant.service.storage.items import AddedItem, ItemExistsError

router = APIRouter(prefix="/v1/items", tags=["items"], responses=DOCUMENTED)


@router.get("", summary="Search items by title")
def search(
    service: TheService,
    who: Who,
    search: Annotated[str, Query(max_length=200, examples=["toy story"])] = "",
    limit: Count = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> schemas.ItemList:
    """Every word must occur in the title; case and accents do not count. The more often rated come first."""
    service.access.catalogue(who)
    found, total = service.live.catalogue.search(search, limit=service.check_count(limit), offset=offset)
    return schemas.ItemList(items=[rendering.as_summary(item) for item in found], total=total, offset=offset)


@router.get("/{item_id}", summary="An item, its bias and its neighbours")
def item(service: TheService, who: Who, item_id: ItemPath, n: Count = 10) -> schemas.ItemDetail:
    """Neighbours are the items whose vectors point most nearly the same way."""
    service.access.catalogue(who)
    known, live = service.people.item_id(item_id), service.live
    neighbours = live.model.similar_items(known, service.check_count(n))
    return rendering.as_detail(live, live.catalogue.number(known), neighbours)


@router.post("", status_code=201, summary="Add an item")
def add(service: TheService, who: Who, new: schemas.NewItem, response: Response) -> schemas.ItemSummary:
    """The item can be rated and recommended at once, by what the model expects of an item with such features.

    The next retraining makes it a part of the model. Needs a key with scope write.
    """
    service.access.key(who, "write")
    if service.live.catalogue.known_id(new.item) is not None:
        raise ItemExistsError(f"there is already an item {new.item!r}")
    service.check_room_for_item()
    service.items.add(AddedItem(new.item, new.title, new.features))
    service.holder.follow_items()
    response.headers["Location"] = f"/v1/items/{quote(new.item, safe='')}"
    catalogue = service.live.catalogue
    return rendering.as_summary(catalogue.item(catalogue.number(new.item)))
