"""What is checked before any work: host name, key, rate, and the size and speed of the body."""

from __future__ import annotations

import asyncio
import math
import re
from dataclasses import replace
from urllib.parse import quote, unquote

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penchant.service.access import Credentials, KeyRing, credentials, unauthorized
from penchant.service.problems import RefusalError, of_exception
from penchant.service.rate_limiter import RateLimiter
from penchant.service.request_paths import PROBES, path_of
from penchant.service.schema_types import SLASH
from penchant.service.settings import ServiceSettings
from penchant.service.storage.database import StorageUnavailableError
from penchant.service.storage.visitors import VisitorStore

BULK = frozenset({"/v1/events", "/v1/item-changes", "/v1/lists"})
"""The routes whose bodies may be larger, for callers with a key."""
IMPORT_PATH = "/ratings/import"
"""Where the page sends a file of ratings, which may be larger than other bodies."""


class RequestLimits:
    """Refuses before any work is done. Puts the Credentials it found into the request's state, as `who`."""

    def __init__(self, app: ASGIApp, settings: ServiceSettings, ring: KeyRing, visitors: VisitorStore) -> None:
        self._app, self._settings, self._ring, self._visitors = app, settings, ring, visitors
        self._addresses = RateLimiter(settings.address_rate, settings.address_burst)
        self._keys = RateLimiter(settings.key_rate, settings.key_burst)
        self._hosts = frozenset(settings.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) in PROBES:
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._settings.max_body_bytes, self._settings.body_seconds)
        scope.setdefault("state", {})

        async def unless_refused(message: Message) -> None:
            if body.refusal is None:  # else the application answers what it could read, which is not the question
                await send(message)

        try:
            body.most = self._check(scope)
            await self._check_token(scope)
            await self._app(scope, body.receive, unless_refused)
        except RefusalError as refusal:
            body.refusal = refusal
        if body.refusal is not None:
            await of_exception(body.refusal)(scope, receive, send)

    def _check(self, scope: Scope) -> int:
        """Refuse the request, or give the most bytes that its body may have."""
        keep_slashes(scope)
        request = Request(scope)
        host = request.headers.get("host", "")
        is_probe = path_of(scope) == "/metrics"  # asked for by address; it needs a key
        if "*" not in self._hosts and not is_probe and _name(host) not in self._hosts:
            raise RefusalError(421, "this server does not answer to that host name")
        who = credentials(request, self._ring)
        scope["state"]["who"] = who
        self._check_rate(who)
        if who.wrong:
            raise unauthorized(sent=True)
        most = self._most_bytes(scope, who)
        if _declared_length(request) > most:
            raise _too_large(most)
        return most

    async def _check_token(self, scope: Scope) -> None:
        """Refuse a visitor's token that is not in use, before anything else that is wrong with the request."""
        who: Credentials = scope["state"]["who"]
        if who.token is None or not who.bearer:  # a cookie that is out of date is no fault of a request
            return
        try:
            visitor = await run_in_threadpool(self._visitors.user_id, who.token)
        except StorageUnavailableError:
            return  # what needs the token looks it up again, and says that the database is away
        if visitor is None:
            raise unauthorized(sent=True)
        scope["state"]["who"] = replace(who, visitor=visitor)

    def _most_bytes(self, scope: Scope, who: Credentials) -> int:
        """The largest body at the request's path."""
        if path_of(scope) == IMPORT_PATH:
            return self._settings.max_import_bytes
        in_bulk = who.key is not None and path_of(scope) in BULK
        return self._settings.max_bulk_bytes if in_bulk else self._settings.max_body_bytes

    def _check_rate(self, who: Credentials) -> None:
        wait = self._keys.wait(who.key.key_id) if who.key else self._addresses.wait(who.address)
        if wait:
            raise RefusalError(429, "too many requests", headers={"Retry-After": str(math.ceil(wait))})


class _Body:
    """The request's body on its way in: counted, and given only so much time."""

    def __init__(self, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self.most, self._seconds = receive, most, seconds
        self._bytes, self._complete = 0, False
        self._deadline: float | None = None
        self.refusal: RefusalError | None = None

    async def receive(self) -> Message:
        if self._complete:
            return await self._receive()
        try:
            return self._counted(await self._in_time())
        except RefusalError as refusal:
            self.refusal = refusal
            raise

    def _counted(self, message: Message) -> Message:
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            self._complete = not message.get("more_body", False)
            if self._bytes > self.most:
                raise _too_large(self.most)
        return message

    async def _in_time(self) -> Message:
        now = asyncio.get_running_loop().time()
        if self._deadline is None:
            self._deadline = now + self._seconds
        try:
            async with asyncio.timeout_at(self._deadline):
                return await self._receive()
        except TimeoutError:
            raise RefusalError(
                408, "the request's body did not arrive in time", headers={"Connection": "close"}
            ) from None


def keep_slashes(scope: Scope) -> None:
    """An id may hold a slash, sent as %2F; it must not be taken for the end of the id. `schemas` turns it back."""
    raw: bytes = scope.get("raw_path") or b""
    if b"%2f" in raw.lower():
        text = re.sub("%2f", quote(SLASH), raw.decode("latin-1"), flags=re.IGNORECASE)
        scope["path"] = unquote(text.partition("?")[0])


def _declared_length(request: Request) -> int:
    declared = request.headers.get("content-length", "0")
    return int(declared) if declared.isdecimal() and len(declared) < 19 else 0


def _too_large(most: int) -> RefusalError:
    return RefusalError(413, f"the body is larger than {most} bytes", headers={"Connection": "close"})


def _name(host: str) -> str:
    """The host's name without its port."""
    return host.rpartition(":")[0] if ":" in host and not host.endswith("]") else host
