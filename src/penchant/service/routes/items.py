"""Items: searched, looked at, added, changed, deleted."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Response

from penchant.service import item_schemas, rendering
from penchant.service.item_service import ItemChange
from penchant.service.problems import DOCUMENTED
from penchant.service.schema_types import Count, ItemPath
from penchant.service.service import Service, TheService, Who

router = APIRouter(prefix="/v1/items", tags=["items"], responses=DOCUMENTED)


@router.get("", operation_id="search_items", summary="Search items by title")
def search(
    service: TheService,
    who: Who,
    search: Annotated[str, Query(max_length=200, examples=["toy story"])] = "",
    limit: Count = 20,
    offset: Annotated[int, Query(ge=0, le=1_000_000_000)] = 0,
) -> item_schemas.ItemList:
    """Every word must occur in the title; case and accents do not count. The more often rated come first."""
    service.access.catalogue(who)
    found, total = service.live.catalogue.search(search, limit=service.check_count(limit), offset=offset)
    return item_schemas.ItemList(items=[rendering.as_summary(item) for item in found], total=total, offset=offset)


@router.get("/{item_id}", operation_id="get_item", summary="An item, its bias and its neighbours")
def item(service: TheService, who: Who, item_id: ItemPath, n: Count = 10) -> item_schemas.ItemDetail:
    """Neighbours are the items whose vectors point most nearly the same way."""
    service.access.catalogue(who)
    known, live = service.people.item_id(item_id), service.live
    neighbours = live.model.similar_items(known, service.check_count(n))
    return rendering.as_detail(live, live.catalogue.number(known), neighbours)


@router.post("", operation_id="add_item", status_code=201, summary="Add an item")
def add(service: TheService, who: Who, new: item_schemas.NewItem, response: Response) -> item_schemas.ItemSummary:
    """The item can be rated and recommended at once, by what the model expects of an item with such features.

    The next retraining makes it a part of the model. Needs a key with scope write.
    """
    service.access.key(who, "write")
    known, _ = service.items.change(ItemChange("add", new.item, new.fields()))
    response.headers["Location"] = f"{service.settings.root_path}/v1/items/{quote(known, safe='')}"
    return _summary(service, known)


@router.put("/{item_id}", operation_id="put_item", summary="Add an item, or put it in place of the one there is",
            responses={201: {"model": item_schemas.ItemSummary, "description": "The item is new."}})  # fmt: skip
def put(
    service: TheService, who: Who, item_id: ItemPath, whole: item_schemas.WholeItem, response: Response
) -> item_schemas.ItemSummary:
    """Idempotent. What is not sent is empty. An item with training ratings keeps what the model learned of it.

    Needs a key with scope write.
    """
    service.access.key(who, "write")
    known, response.status_code = service.items.change(ItemChange("put", item_id, whole.fields()))
    return _summary(service, known)


@router.patch("/{item_id}", operation_id="patch_item", summary="Change some fields of an item")
def patch(service: TheService, who: Who, item_id: ItemPath, some: item_schemas.ItemPatch) -> item_schemas.ItemSummary:
    """Its title, features, whether it is hidden, and when it ends. Needs a key with scope write."""
    service.access.key(who, "write")
    known, _ = service.items.change(ItemChange("patch", item_id, some.fields()))
    return _summary(service, known)


@router.delete("/{item_id}", operation_id="delete_item", status_code=204, summary="Delete an item")
def delete(service: TheService, who: Who, item_id: ItemPath) -> Response:
    """No list, search or route knows it any more, until it is put again. Ratings of it stay, as they say something of
    their users. Needs a key with scope write."""
    service.access.key(who, "write")
    service.items.change(ItemChange("delete", item_id, {}))
    return Response(status_code=204)


changes = APIRouter(prefix="/v1/item-changes", tags=["items"], responses=DOCUMENTED)


@changes.post("", operation_id="change_items", summary="Change many items")
def change_many(service: TheService, who: Who, many: item_schemas.ItemChanges) -> item_schemas.RowOutcomes:
    """Put, patch and delete, in the order of the rows and in one transaction. A row that is refused leaves the others.

    Needs a key with scope write.
    """
    service.access.key(who, "write")
    wanted = [ItemChange(one.change, one.item, one.fields()) for one in many.changes]
    return rendering.as_outcomes(service.items.change_many(wanted))


def _summary(service: Service, item_id: str) -> item_schemas.ItemSummary:
    catalogue = service.live.catalogue
    return rendering.as_summary(catalogue.item(catalogue.number(item_id)))
