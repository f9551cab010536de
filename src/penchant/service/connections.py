"""Connections: how many, how many of one address, and how long a client may take to send a head or to read."""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from penchant.service.problems import RefusalError, busy, of_exception
from penchant.service.request_paths import PROBES, path_of
from penchant.service.settings import ServiceSettings

_HARD = 4
"""Times the limit: connections beyond are closed at once, those between are answered 503."""


@dataclass
class ConnectionLimits:
    """The limits of one server and the connections it has. trusted: addresses of proxies, without a limit each."""

    most: int
    for_address: int
    head_seconds: float
    write_seconds: float
    trusted: tuple[str, ...]
    open: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(cls, settings: ServiceSettings) -> ConnectionLimits:
        trusted = tuple(one.strip() for one in settings.trusted_proxies.split(",") if one.strip())
        return cls(
            settings.max_connections,
            settings.address_connections,
            settings.header_seconds,
            settings.write_seconds,
            trusted,
        )

    def refusal(self, address: str) -> str:
        """Why a connection from there is refused just now, or an empty text."""
        if self.open.total() > self.most:
            return f"this server has {self.most} connections already"
        if self.open[address] > self.for_address and not self._is_trusted(address):
            return f"your address has {self.for_address} connections already"
        return ""

    def _is_trusted(self, address: str) -> bool:
        return any(one in ("*", address) or _in_network(address, one) for one in self.trusted)

    def closed(self, address: str) -> None:
        self.open[address] -= 1
        if not self.open[address]:
            del self.open[address]


class LimitedProtocol(HttpToolsProtocol):
    """HTTP with limits that uvicorn does not have: it would wait for ever for heads, and for clients that never read.

    limits: set by a subclass for each server.
    """

    limits: ConnectionLimits
    _late: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        self.limits.open[self._address] += 1
        if self.limits.open.total() > _HARD * self.limits.most:
            transport.abort()
            return
        if refusal := self.limits.refusal(self._address):
            self.app = _Refusing(self.app, refusal)
        self._late = self.loop.call_later(self.limits.head_seconds, transport.close)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._late = self._again(self._late, self.limits.head_seconds, self.transport.close)

    def on_headers_complete(self) -> None:
        self._late = self._again(self._late)
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._expect_reading()

    def resume_writing(self) -> None:
        self._unread = self._again(self._unread)
        super().resume_writing()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.get_write_buffer_size():
            self._expect_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._late, self._unread = self._again(self._late), self._again(self._unread)
        self.limits.closed(self._address)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """What is no HTTP is answered with a problem, like everything else."""
        answer = of_exception(RefusalError(400, "this is not a request that the server understands"))
        head = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in answer.raw_headers)
        self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}connection: close\r\n\r\n".encode() + answer.body)
        self.transport.close()

    def _expect_reading(self) -> None:
        self._unread = self._again(self._unread, self.limits.write_seconds, self._cut)

    def _cut(self) -> None:
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    def _again(
        self, timer: asyncio.TimerHandle | None, seconds: float = 0, do: Any = None
    ) -> asyncio.TimerHandle | None:
        """Cancel the timer, and start it anew where there is something to do."""
        if timer is not None:
            timer.cancel()
        return self.loop.call_later(seconds, do) if do else None


class _Refusing:
    """The application for a connection beyond a limit: health is answered, all else is 503."""

    def __init__(self, app: Any, why: str) -> None:
        self._app: ASGIApp = app
        self._why = why

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if path_of(scope) in PROBES:
            await self._app(scope, receive, send)
        else:
            await of_exception(busy(self._why, close=True))(scope, receive, send)


def _in_network(address: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    except ValueError:
        return False
