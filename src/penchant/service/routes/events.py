"""Events in bulk: taken, and given page by page."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic_core import from_json, to_json

from penchant.service import event_schemas, item_schemas, rendering
from penchant.service.problems import DOCUMENTED, RefusalError
from penchant.service.service import TheService, Who

router = APIRouter(prefix="/v1/events", tags=["events"], responses=DOCUMENTED)
Key = Annotated[str | None, Header(min_length=1, max_length=200, pattern="^[!-~]+$", examples=["import-2026-11-26-1"])]


@router.post(
    "",
    operation_id="take_events",
    summary="Take many events",
    response_model=item_schemas.RowOutcomes,
    openapi_extra={"requestBody": event_schemas.request_body()},
)
async def take(service: TheService, who: Who, request: Request, idempotency_key: Key = None) -> Response:
    """Ratings and other events of any users, as JSON or as one line of JSON each. Every row has an outcome; a refused
    one leaves the others. What is acknowledged is on the disk.

    With an Idempotency-Key, a request that is sent again within a week is answered as it was, and nothing is done
    twice. Kinds of events besides ratings, and what each weighs, are settings of the server. Needs a key with scope
    write.
    """
    service.access.key(who, "write")
    body = await request.body()
    assert who.key is not None
    receipt = None if idempotency_key is None else (who.key.key_id, idempotency_key)

    def taken() -> Response:
        rows = _rows(body, request.headers.get("content-type", ""))
        found = service.events.take(rows, lambda user: service.access.owner(who, user, "write"), receipt)
        return Response(to_json(found), media_type="application/json")

    # Rows and outcomes too are read and written there: thousands would hold up other requests.
    return await run_in_threadpool(taken)


@router.get("", operation_id="list_events", summary="Everything that is stored, page by page")
def page(
    service: TheService,
    who: Who,
    after: Annotated[str, Query(max_length=2000, description="`next` of the page before.")] = "",
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1000,
) -> event_schemas.EventPage:
    """Stored ratings, then other events, each in the order of their ids. Needs a key with scope admin."""
    service.access.key(who, "admin")
    found = service.events.page(_cursor(after), limit)
    last = found[-1] if len(found) == limit else None
    following = None if last is None else json.dumps([last.user_id, last.item_id, last.kind])
    return event_schemas.EventPage(
        events=[rendering.as_event(one) for one in found],
        next=None if following is None else urlsafe_b64encode(following.encode()).decode(),
    )


def _cursor(after: str) -> Sequence[str]:
    if not after:
        return ()
    try:
        found = from_json(urlsafe_b64decode(after.encode()))  # unlike json, it refuses half a surrogate
    except (ValueError, Base64Error):
        found = None
    if (
        not isinstance(found, list)
        or len(found) != 3
        or not all(isinstance(one, str) and "\0" not in one for one in found)
    ):
        raise RefusalError(422, "`after` is not the `next` of a page")
    return found


def _rows(body: bytes, content_type: str) -> list[Any]:
    """The rows of a request; a line that is no JSON is a row that is refused."""
    if content_type.partition(";")[0].strip().lower() == "application/x-ndjson":
        return [_line(line) for line in body.splitlines() if line.strip()]
    try:
        found = from_json(body)
    except ValueError as broken:
        raise RefusalError(422, f"the body is not JSON ({str(broken)[:100]})") from None
    if (
        not isinstance(found, dict)
        or list(found) != ["events"]
        or not isinstance(found["events"], list)
        or not found["events"]
    ):
        raise RefusalError(422, 'the body has the form {"events": [...]}, or lines of JSON as application/x-ndjson')
    return found["events"]


def _line(line: bytes) -> Any:
    try:
        return from_json(line)
    except ValueError:
        return line.decode("utf-8", "replace")
