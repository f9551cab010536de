"""The routes of the pages, and of scripts and styles. Forms are answered by `actions`."""

from __future__ import annotations

import csv
import io
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import FileResponse, Response

from penchant.service.access import COOKIE
from penchant.service.page import composing
from penchant.service.page import contexts as c
from penchant.service.page.home_rows import NAMES, RowQuery, card_row, card_rows, filters_of
from penchant.service.page.html_responses import ASSETS, html
from penchant.service.page.item_contexts import item_page
from penchant.service.page.item_map import map_page, map_points
from penchant.service.page.taste import taste_page
from penchant.service.page.viewer import Viewer, viewer_of
from penchant.service.problems import not_found
from penchant.service.request_paths import path_of, root_of
from penchant.service.schema_types import ItemPath
from penchant.service.service import TheService, Who

Text = Annotated[str, Query(max_length=200)]


async def _search_text(search: Text = "") -> str:
    """The text in the search field, which every page's address may hold, so that Back brings it back."""
    return search


router = APIRouter(include_in_schema=False, dependencies=[Depends(_search_text)])
_MEDIA = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
YEAR = 31_536_000
"""Seconds for which a browser keeps the cookie; each page that is looked at begins them anew."""
_FIRST_RATED = 60
Short = Annotated[str, Query(max_length=60)]
Cards = Annotated[int, Query(ge=1, le=composing.MOST)]


def page(request: Request, viewer: Viewer, template: str, context: Any, active: str = "", search: str = "") -> Response:
    """A page for this viewer. Their cookie is renewed."""
    root = root_of(request.scope)
    address = root + quote(path_of(request.scope)) + (f"?{request.url.query}" if request.url.query else "")
    back = address if request.method == "GET" else ""
    shell = composing.shell_of(viewer.live)
    answer = html(template, context, active=active, shell=shell, back=back, search=search, root=root)
    if viewer.token is not None:
        keep_token(request, answer, viewer.token)
    return answer


def keep_token(request: Request, answer: Response, token: str) -> None:
    """Have the browser keep a visitor's token, out of the reach of scripts."""
    secure = request.url.scheme == "https"
    path = root_of(request.scope) or "/"  # so that other services of the same host do not get it
    answer.set_cookie(COOKIE, token, max_age=YEAR, path=path, httponly=True, samesite="lax", secure=secure)


@router.get("/")
def home(service: TheService, who: Who, request: Request, genre: Short = "", years: Short = "") -> Response:
    viewer, query = viewer_of(service, who), RowQuery(genre, years)
    known = (*viewer.marked("unseen"), *viewer.hidden)
    asked = service.people.questions(viewer.person, composing.QUESTIONS, known)
    context = c.Home(
        composing.asked_rows(viewer, asked), len(viewer.ratings), composing.still_needed(viewer),
        card_rows(viewer, query), filters_of(viewer, query),
    )  # fmt: skip
    return page(request, viewer, "home.html", context, "home")


@router.get("/rows/{name}")
def one_row(
    service: TheService, who: Who, request: Request, name: str,
    genre: Short = "", years: Short = "", n: Cards = composing.ON_A_PAGE,
) -> Response:  # fmt: skip
    viewer, query = viewer_of(service, who), RowQuery(genre, years, n)
    if name not in NAMES:
        raise not_found(f"there is no row {name!r}")
    found = card_row(viewer, name, query) or c.CardRow(name, "Nothing here", "Nothing fits these filters yet.", [])
    return page(request, viewer, "row.html", c.CardRowPage(found, filters_of(viewer, query)), "home")


@router.get("/search")
def search(
    service: TheService, who: Who, request: Request, search: Text = "", n: Cards = composing.ON_A_PAGE
) -> Response:
    viewer = viewer_of(service, who)
    return page(request, viewer, "search.html", composing.search_page(viewer, search, n), "search", search)


@router.get("/items/{item_id}")
def item(service: TheService, who: Who, request: Request, item_id: ItemPath) -> Response:
    known, viewer = service.people.item_id(item_id), viewer_of(service, who)
    links = viewer.live.outside_links(service.settings.links)
    return page(request, viewer, "item.html", item_page(viewer, viewer.live.catalogue.number(known), links))


@router.get("/watchlist")
def watchlist(service: TheService, who: Who, request: Request) -> Response:
    viewer = viewer_of(service, who)
    cards = composing.cards(viewer, viewer.marked("saved"))
    lead = "What you saved for later, latest first."
    return page(request, viewer, "watchlist.html", c.CardRow("watchlist", "Watchlist", lead, cards), "watchlist")


@router.get("/taste")
def taste(service: TheService, who: Who, request: Request) -> Response:
    viewer = viewer_of(service, who)
    return page(request, viewer, "taste.html", taste_page(viewer), "taste")


@router.get("/map")
def item_map(service: TheService, who: Who, request: Request) -> Response:
    viewer = viewer_of(service, who)
    return page(request, viewer, "map.html", map_page(viewer), "map")


@router.get("/map/points")
def item_map_points(service: TheService, who: Who) -> Response:
    return Response(map_points(viewer_of(service, who)), media_type="application/json")


@router.get("/ratings")
def ratings(service: TheService, who: Who, request: Request, n: Cards = _FIRST_RATED) -> Response:
    viewer = viewer_of(service, who)
    return page(request, viewer, "ratings.html", mine_page(viewer, n), "ratings")


def mine_page(viewer: Viewer, n: int = _FIRST_RATED, **said: Any) -> c.MinePage:
    """The page of the viewer's ratings, the n latest of them. said: further fields of MinePage."""
    newest = list(viewer.ratings)[::-1]
    more = f"/ratings?n={min(n + _FIRST_RATED, composing.MOST)}" if n < min(len(newest), composing.MOST) else None
    hidden = composing.cards(viewer, viewer.hidden)
    rows = composing.rows(viewer, newest[:n])
    return c.MinePage(rows, len(newest), more, viewer.user_id, hidden, **said)


@router.get("/ratings.csv")
def ratings_csv(service: TheService, who: Who) -> Response:
    viewer = viewer_of(service, who)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["item", "title", "rating"])
    for item_id, value in viewer.ratings.items():
        number = viewer.live.catalogue.number(item_id)
        title = viewer.live.catalogue.titles[number] if number >= 0 else item_id
        table.writerow([_plain(item_id), _plain(title), c.figure(value)])
    headers = {"Content-Disposition": 'attachment; filename="my-ratings.csv"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in "=+@-\t\r" and not text[1:].isdecimal() else text


@router.get("/model")
def model(service: TheService, who: Who, request: Request) -> Response:
    viewer = viewer_of(service, who)
    return page(request, viewer, "model.html", composing.report_page(viewer.live), "model")


@router.get("/favicon.ico")
async def favicon() -> Response:
    return FileResponse(ASSETS / "favicon.svg", media_type="image/svg+xml")


@router.get("/assets/{version}/{name}")
async def asset(version: str, name: str) -> Response:
    path = ASSETS / name
    if path.name not in _names() or path.suffix not in _MEDIA:
        raise not_found(f"there is no asset {name!r}")
    headers = {"Cache-Control": f"public, max-age={YEAR}, immutable"}
    return FileResponse(path, media_type=_MEDIA[path.suffix], headers=headers)


def _names() -> set[str]:
    return {path.name for path in ASSETS.iterdir()}
