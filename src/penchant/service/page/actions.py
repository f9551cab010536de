"""What the page's forms do: rate, save, hide, import, erase, and take ratings to another device.

Every form works without scripts: it is answered with a page or a redirect. A script that asks for JSON gets JSON.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from penchant.foundations.errors import CallerError
from penchant.service.access import COOKIE, Credentials, from_our_pages
from penchant.service.page.routes import keep_token, mine_page, page
from penchant.service.page.viewer import Viewer, viewer_of
from penchant.service.problems import RefusalError
from penchant.service.rating_import import NAMED, ImportedRatings, read_ratings
from penchant.service.request_paths import root_of
from penchant.service.schema_types import Id
from penchant.service.service import Service, TheService, Who
from penchant.service.storage.device_codes import VALID_MINUTES
from penchant.service.storage.marks import Mark

router = APIRouter(include_in_schema=False)
Deed = Literal["rate", "unrate", "save", "hide", "unseen", "unmark"]
_MARKS: dict[str, Mark] = {"save": "saved", "hide": "hidden", "unseen": "unseen"}
Back = Annotated[str, Form(max_length=2000)]


@router.post("/act")
def act(
    service: TheService, who: Who, request: Request,
    item: Annotated[Id, Form()], do: Annotated[Deed, Form()],
    rating: Annotated[float | None, Form(allow_inf_nan=False)] = None, back: Back = "",
) -> Response:  # fmt: skip
    """Rate or mark an item. The first deed makes the browser a visitor."""
    _check_ours(request)
    known = service.people.item_id(item)
    if do == "rate" and rating is None:
        raise RefusalError(422, "no rating was chosen")
    mine, token = _visitor(service, who)
    if do == "rate" and rating is not None:
        service.people.rate(mine, known, rating)
        if service.marks.of(mine).get(known) == "unseen":
            service.marks.remove(mine, known)
    elif do == "unrate":
        service.people.unrate(mine, known)
    elif do == "unmark":
        service.marks.remove(mine, known)
    else:
        service.marks.put(mine, known, _MARKS[do])
    state = {"item": known, "rating": rating if do == "rate" else None, "do": do}
    answer = _answered(request, state, back)
    if token is not None:
        keep_token(request, answer, token)
    return answer


@router.post("/visitor")
def become(service: TheService, who: Who, request: Request) -> Response:
    """A cookie for a user who is about to rate; looking at pages makes no visitor."""
    _check_ours(request)
    _, token = _visitor(service, who)
    answer = Response(status_code=204)
    if token is not None:
        keep_token(request, answer, token)
    return answer


@router.post("/forget-me")
def forget(service: TheService, who: Who, request: Request) -> Response:
    """Erase the visitor's data, and delete the cookie."""
    _check_ours(request)
    mine = service.access.user_state_of(who)
    if mine is not None:
        service.ratings.erase(mine)
    answer = _to_ratings(request) if _wants_page(request) else Response(status_code=204)
    answer.delete_cookie(COOKIE, path=root_of(request.scope) or "/", httponly=True, samesite="lax")
    return answer


@router.post("/ratings/import")
def take_in(service: TheService, who: Who, request: Request, file: Annotated[UploadFile, File()]) -> Response:
    """Ratings from a file; all that are found are stored, or none."""
    _check_ours(request)
    live = service.live
    links = live.outside_links(service.settings.links)
    try:
        found = read_ratings(file.file.read(), live.catalogue, links, live.part.scale)
        if not found.ratings:
            why = "is on its scale" if found.refused and not found.unmatched else "is of a title that is known here"
            raise CallerError(f"no rating in this file {why}")
        mine, token = _visitor(service, who)
        service.ratings.put(mine, found.ratings)
    except CallerError as wrong:
        problem = f"{wrong.message[:1].upper()}{wrong.message[1:]}."
        return page(request, viewer := viewer_of(service, who), "ratings.html", mine_page(viewer, problem=problem))
    said = [f"{len(found.ratings):,} of {found.rows:,} ratings from {found.source} are here now.", *_notes(found)]
    viewer = Viewer(service.people.find(mine), service.marks.of(mine), token or who.token)
    context = mine_page(viewer, said=said, unmatched=found.unmatched[:NAMED])
    return page(request, viewer, "ratings.html", context, "ratings")


def _notes(found: ImportedRatings) -> list[str]:
    """What was left out or changed of an import, in sentences."""
    notes = []
    if found.refused:
        few = ", ".join(found.refused[:NAMED])
        notes.append(f"Left out, as the rating is not on the scale of the file: {len(found.refused):,} ({few}).")
    if found.rounded:
        notes.append(f"Brought to the nearest step of the scale: {found.rounded:,}.")
    return notes


@router.post("/device/code")
def new_code(service: TheService, who: Who, request: Request) -> Response:
    """A code that opens these ratings in another browser, once."""
    _check_ours(request)
    viewer = viewer_of(service, who)
    if viewer.user_id is None:
        return page(request, viewer, "ratings.html", mine_page(viewer, problem="Rate something first."), "ratings")
    code = service.devices.new_code(viewer.user_id)
    return page(request, viewer, "ratings.html", mine_page(viewer, code=code, minutes=VALID_MINUTES), "ratings")


@router.post("/device")
def enter_code(service: TheService, who: Who, request: Request, code: Annotated[str, Form(max_length=40)]) -> Response:
    """Open the ratings of another browser here. Ratings that were given here are added to them."""
    _check_ours(request)
    _check_rate(service, who)
    before, found = service.access.user_state_of(who), service.devices.redeem(code)
    if found is None:
        viewer = viewer_of(service, who)
        problem = "This code is not valid. A code works once, and for ten minutes. Ask the other device for a new one."
        return page(request, viewer, "ratings.html", mine_page(viewer, problem=problem), "ratings")
    mine, token = found
    if before is not None and before != mine:
        _join(service, before, mine)
    answer = _to_ratings(request)
    keep_token(request, answer, token)
    return answer


def _join(service: Service, before: str, mine: str) -> None:
    """Add the ratings and marks of one visitor to another's, which prevail; the first visitor is erased."""
    held, given = service.people.find(mine).ratings, service.people.find(before).ratings
    fresh = {item: value for item, value in given.items() if item not in held}
    if fresh:
        service.ratings.put(mine, fresh)
    marks = service.marks.of(mine)
    for item, mark in service.marks.of(before).items():
        if item not in marks:
            service.marks.put(mine, item, mark)
    service.ratings.erase(before)


def _visitor(service: Service, who: Credentials) -> tuple[str, str | None]:
    """The visitor's id; with a token if they are a visitor only now."""
    mine = service.access.user_state_of(who)
    if mine is not None:
        return mine, None
    service.access.catalogue(who)
    _check_rate(service, who)
    made = service.visitors.create()
    return made.user_id, made.token


def _check_rate(service: Service, who: Credentials) -> None:
    wait = service.new_visitors.wait(who.address)
    if wait:
        raise RefusalError(429, "too many new visitors from this address", headers={"Retry-After": str(int(wait) + 1)})


def _answered(request: Request, state: dict[str, Any], back: str) -> Response:
    if not _wants_page(request):
        return JSONResponse(state)
    home = f"{root_of(request.scope)}/"
    own = back.startswith(home) and not back.startswith(("//", "/\\"))  # an address elsewhere is not followed
    return RedirectResponse(back if own else home, status_code=303)


def _to_ratings(request: Request) -> Response:
    return RedirectResponse(f"{root_of(request.scope)}/ratings", status_code=303)


def _wants_page(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")


def _check_ours(request: Request) -> None:
    if not from_our_pages(request):
        raise RefusalError(403, "only the service's own pages may send this request")
