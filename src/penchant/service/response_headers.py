"""The outermost layer: every answer gets its headers, its line in the metrics and, if all else fails, a problem."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from datetime import UTC, datetime
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penchant.service.metrics import Metrics
from penchant.service.problems import of_exception
from penchant.service.settings import ServiceSettings

_log = logging.getLogger("penchant.service")
_access = logging.getLogger("penchant.access")
_PLAIN_ID = re.compile(r"[A-Za-z0-9._:-]{1,100}")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
"""Sent with every answer: nothing from elsewhere, nothing inline, nothing framed."""


class ResponseHeaders:
    """Wraps the application; pure ASGI, since it is on every request's way."""

    def __init__(self, app: ASGIApp, metrics: Metrics, settings: ServiceSettings) -> None:
        self._app, self._metrics, self._settings = app, metrics, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._settings.root_path:
            root = self._settings.root_path
            path = f"{root}/" if scope["path"] == root else scope["path"]  # without the slash it is the home page too
            scope = {**scope, "root_path": root, "path": path}
        head = scope["method"] == "HEAD"
        exchange = _Exchange(send, _request_id(scope), drop_body=head)
        if head:
            scope = {**scope, "method": "GET"}  # answered like GET, without the body
        started = time.perf_counter()
        self._metrics.in_progress.inc()
        try:
            await self._app(scope, receive, exchange.send)
        except Exception as error:
            _log.exception("request %s failed", exchange.id)
            if exchange.status:
                raise  # too late for another answer; the server closes the connection
            await of_exception(error)(scope, receive, exchange.send)
        finally:
            self._metrics.in_progress.dec()
            seconds = time.perf_counter() - started
            method, status = "HEAD" if head else scope["method"], exchange.status or 499
            self._metrics.request(method, _route(scope), status, seconds)
            if self._settings.access_log:
                _access.info("%s", _line(scope, exchange, method, status, seconds))


class _Exchange:
    """One request and its answer on the way out."""

    def __init__(self, send: Send, request_id: str, *, drop_body: bool) -> None:
        self._send, self._drop_body = send, drop_body
        self.id, self.status, self.bytes = request_id, 0, 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers["X-Request-ID"] = self.id
            headers.setdefault("Cache-Control", "no-store")
        elif message["type"] == "http.response.body":
            if self._drop_body:
                message = {**message, "body": b""}
            self.bytes += len(message.get("body", b""))
        await self._send(message)


def _line(scope: Scope, exchange: _Exchange, method: str, status: int, seconds: float) -> str:
    """A request as JSON, without the ids of users and items in its path."""
    who = scope.get("state", {}).get("who")
    key = None if who is None or who.key is None else who.key.key_id
    facts = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "request_id": exchange.id,
        "address": (scope.get("client") or ("",))[0],
        "key": key,
        "method": method,
        "route": _route(scope),
        "status": status,
        "milliseconds": round(seconds * 1000, 2),
        "bytes": exchange.bytes,
    }
    return json.dumps(facts)


def _request_id(scope: Scope) -> str:
    """The id that a proxy or client gave the request, where it is a plain one; else a new one."""
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _PLAIN_ID.fullmatch(given) else secrets.token_hex(8)


def _route(scope: Scope) -> str:
    """The route's template rather than the path, so that the metrics stay few."""
    route: Any = scope.get("route")
    return getattr(route, "path_format", None) or getattr(route, "path", None) or "none"
