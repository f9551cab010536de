"""Answers that a client already holds are not sent again: weak ETags of JSON, and 304."""

from __future__ import annotations

import hashlib
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penchant.service.request_paths import path_of

_TAGGED = re.compile("/v1/(items(/.*)?|popular|users/[^/]+/(recommendations|similar/.*))", re.DOTALL)


class EntityTags:
    """Gives items and lists their ETag; one that the request names in If-None-Match is 304 without a body.

    Other answers, such as a user's ratings, are not to be stored by browsers at all.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET" or not _TAGGED.fullmatch(path_of(scope)):
            await self._app(scope, receive, send)
            return
        held = Headers(scope=scope).get("if-none-match", "")
        await self._app(scope, receive, _Answer(send, held).send)


class _Answer:
    def __init__(self, send: Send, held: str) -> None:
        self._send = send
        self._held = {one.strip().removeprefix("W/") for one in held.split(",") if one.strip()}
        self._start: Message | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _has_tag(message):
            self._start = message
            return
        if self._start is not None:
            start, self._start = self._start, None
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                message = self._tagged(start, message)
            await self._send(start)
        await self._send(message)

    def _tagged(self, start: Message, body: Message) -> Message:
        """Put the tag on; the body to send."""
        headers = MutableHeaders(scope=start)
        tag = f'"{hashlib.blake2b(body.get("body", b""), digest_size=12).hexdigest()}"'
        headers["ETag"] = f"W/{tag}"
        headers["Cache-Control"] = "private, no-cache"
        headers.add_vary_header("Authorization")
        if not self._held & {tag, "*"}:
            return body
        start["status"] = 304
        del headers["content-length"], headers["content-type"]
        return {**body, "body": b""}


def _has_tag(start: Message) -> bool:
    return start["status"] == 200 and Headers(raw=start["headers"]).get("content-type", "").startswith(
        "application/json"
    )
