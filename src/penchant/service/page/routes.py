"""The routes of the pages, of the parts that scripts fetch, and of scripts and styles."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from penchant.service.access import COOKIE, Credentials, from_our_pages
from penchant.service.page import composing
from penchant.service.page import contexts as c
from penchant.service.page.html_responses import ASSETS, html
from penchant.service.problems import RefusalError, not_found
from penchant.service.schema_types import ItemPath
from penchant.service.service import Service, TheService, Who
from penchant.service.storage.schema import ID_LENGTH
from penchant.service.user_service import ServedUser

router = APIRouter(include_in_schema=False)
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR = 31_536_000
Text = Annotated[str, Query(max_length=200)]
Skipped = Annotated[list[Annotated[str, Query(max_length=ID_LENGTH)]], Query(max_length=500)]


def _person(service: Service, who: Credentials) -> ServedUser:
    """The visitor whose cookie it is; a user without ratings when there is none or it is out of date."""
    service.access.catalogue(who)
    mine = service.access.user_state_of(who)
    return service.people.describe({}) if mine is None else service.people.find(mine)


@router.get("/")
def home(service: TheService, who: Who, search: Text = "") -> Response:
    person = _person(service, who)
    live = person.live
    page = c.Home(
        composing.search_part(live, search, person.ratings),
        composing.list_part(person),
        composing.ask_part(person, service.people.questions(person, composing.QUESTIONS)),
        composing.ratings_part(person, most=8),
        len(live.catalogue),
        c.figure(live.part.scale.high),
    )
    return html("home.html", page, active="home")


@router.get("/parts/list")
def list_part(service: TheService, who: Who) -> Response:
    return html("list.html", composing.list_part(_person(service, who)))


@router.get("/parts/search")
def search_part(service: TheService, who: Who, search: Text = "") -> Response:
    person = _person(service, who)
    return html("search.html", composing.search_part(person.live, search, person.ratings))


@router.get("/parts/ask")
def ask_part(service: TheService, who: Who, skip: Skipped = []) -> Response:  # noqa: B006 - FastAPI copies it
    person = _person(service, who)
    asked = service.people.questions(person, composing.QUESTIONS, skip)
    return html("ask.html", composing.ask_part(person, asked))


@router.get("/parts/mine")
def mine_part(service: TheService, who: Who) -> Response:
    return html("mine.html", composing.ratings_part(_person(service, who), most=8))


@router.get("/parts/why/{item_id}")
def why_part(service: TheService, who: Who, item_id: ItemPath) -> Response:
    return html("why.html", composing.why_part(_person(service, who), service.people.item_id(item_id)))


@router.get("/items/{item_id}")
def item(service: TheService, who: Who, item_id: ItemPath) -> Response:
    known, person = service.people.item_id(item_id), _person(service, who)
    return html("item.html", composing.item_page(person, person.live.catalogue.number(known)))


@router.get("/map")
def item_map(service: TheService, who: Who) -> Response:
    service.access.catalogue(who)
    return html("map.html", composing.map_page(service.live), active="map")


@router.get("/map/points")
def item_map_points(service: TheService, who: Who) -> Response:
    person = _person(service, who)
    points = {**composing.map_points(person.live), "mine": person.ratings}
    return Response(json.dumps(points, ensure_ascii=False), media_type="application/json")


@router.get("/ratings")
def ratings(service: TheService, who: Who) -> Response:
    person = _person(service, who)
    return html("ratings.html", c.MinePage(composing.ratings_part(person), person.user_id), active="ratings")


@router.get("/model")
def model(service: TheService, who: Who) -> Response:
    service.access.catalogue(who)
    return html("model.html", composing.report_page(service.live), active="model")


@router.post("/visitor")
def become(service: TheService, who: Who, request: Request) -> Response:
    """A cookie for a user who is about to rate; looking at pages makes no visitor."""
    _check_ours(request)
    if service.access.user_state_of(who) is not None:
        return Response(status_code=204)
    service.access.catalogue(who)
    wait = service.new_visitors.wait(who.address)
    if wait:
        raise RefusalError(429, "too many new visitors from this address", headers={"Retry-After": str(int(wait) + 1)})
    answer = Response(status_code=204)
    answer.set_cookie(
        COOKIE, service.visitors.create().token, max_age=_YEAR, httponly=True, samesite="lax",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.post("/forget-me")
def forget(service: TheService, who: Who, request: Request) -> Response:
    """Erase the visitor's data, and delete the cookie."""
    _check_ours(request)
    mine = service.access.user_state_of(who)
    if mine is not None:
        service.ratings.erase(mine)
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return answer


def _check_ours(request: Request) -> None:
    if not from_our_pages(request):
        raise RefusalError(403, "only the service's own pages may send this request")


@router.get("/favicon.ico")
async def favicon() -> Response:
    return FileResponse(ASSETS / "favicon.svg", media_type="image/svg+xml")


@router.get("/assets/{version}/{name}")
async def asset(version: str, name: str) -> Response:
    path = ASSETS / name
    if path.name not in _names() or path.suffix not in _MEDIA:
        raise not_found(f"there is no asset {name!r}")
    headers = {"Cache-Control": f"public, max-age={_YEAR}, immutable"}
    return FileResponse(path, media_type=_MEDIA[path.suffix], headers=headers)


def _names() -> set[str]:
    return {path.name for path in ASSETS.iterdir()}
