"""Running the application: uvicorn on a socket, in one process or several, which ends in order on a signal."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn

from penchant.foundations.errors import CallerError
from penchant.foundations.threads import limit_blas
from penchant.service.app import build_app
from penchant.service.beside_requests import few_heaps
from penchant.service.connections import ConnectionLimits, LimitedProtocol
from penchant.service.service import Service, build_service
from penchant.service.settings import ServiceSettings
from penchant.service.workers import Channel, Workers

TURN = 0.0002
"""Seconds for which a thread keeps Python's lock while another one waits for it.

The five milliseconds that Python has are long for requests, which wait for a turn many times.
"""


def serve(folder: str | Path, settings: ServiceSettings, *, on_ready: Callable[[str], None]) -> None:
    """Serve the model until SIGTERM or SIGINT; SIGHUP, where it exists, checks for a new version at once.

    on_ready: called with the address once requests are answered. Raises CallerError for a public address without a key.
    """
    listening = _socket(settings)
    address = f"http://{_shown(settings.host)}:{listening.getsockname()[1]}"
    try:
        if settings.workers == 1:
            _serve(folder, settings, listening, lambda: on_ready(address))
            return

        def work(channel: Channel, says: bool) -> None:
            _serve(folder, settings, channel, (lambda: on_ready(address)) if says else lambda: None)

        Workers(settings.workers, listening, work).run()
    finally:
        listening.close()


def _serve(
    folder: str | Path, settings: ServiceSettings, source: socket.socket | Channel, on_ready: Callable[[], None]
) -> None:
    """Serve in this process. source: of the connections, a bound socket or what brings accepted ones."""
    few_heaps()
    service = build_service(folder, settings)
    try:
        _check_public(service)
    except BaseException:
        service.close()
        raise
    server = _Server(_configuration(service), on_ready, source if isinstance(source, Channel) else None)
    if hasattr(signal, "SIGHUP"):  # Windows has no SIGHUP; its watcher finds new versions by itself
        signal.signal(signal.SIGHUP, lambda *_: service.watcher.look_now())
    for stop in (signal.SIGTERM, signal.SIGINT):
        # uvicorn drains, then raises the signal again, which changes nothing then: an orderly end exits 0
        signal.signal(stop, lambda *_: setattr(server, "should_exit", True))
    if settings.access_log:
        _log_requests()
    sys.setswitchinterval(TURN)
    with limit_blas(1):  # requests run beside each other; each uses one core
        server.run(sockets=[] if isinstance(source, Channel) else [source])


def _log_requests() -> None:
    """Each request is a line of JSON on the standard error, and nothing else on that line."""
    access = logging.getLogger("penchant.access")
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False


def _check_public(service: Service) -> None:
    if service.settings.is_public and not len(service.keys):
        raise CallerError(
            f"{service.settings.host} can be reached from other machines, and there is no key yet",
            remedy="Make one first: penchant keys add NAME --scope write",
        )


def _socket(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    if sys.platform != "win32":  # on Windows this option would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as taken:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        raise CallerError(
            f"cannot listen there ({taken.strerror})", where=where, remedy="Choose another with --port"
        ) from taken
    return listening


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _configuration(service: Service) -> uvicorn.Config:
    settings = service.settings

    class Protocol(LimitedProtocol):
        limits = ConnectionLimits.of(settings)

    return uvicorn.Config(
        build_app(service),
        http=Protocol,
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies or None,
        timeout_graceful_shutdown=settings.drain_seconds,
        h11_max_incomplete_event_size=16_384,
    )


class _Server(uvicorn.Server):
    """Says when it has started. channel: brings the connections, where another process accepts them."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None], channel: Channel | None) -> None:
        super().__init__(config)
        self._on_ready, self._channel = on_ready, channel
        self._joining: set[asyncio.Task[Any]] = set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.started:
            return
        gc.collect()
        gc.freeze()  # what is there now stays: no collection of cycles looks at it again while requests wait
        if self._channel is not None:
            asyncio.get_running_loop().add_reader(self._channel.fileno(), self._take, self._channel)
            self._channel.answers()
        self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._channel is not None:
            asyncio.get_running_loop().remove_reader(self._channel.fileno())
            self._channel.close()
        await super().shutdown(sockets=sockets)

    def _take(self, channel: Channel) -> None:
        """Serve the connections that have come; without the process that accepts them, end."""
        loop = asyncio.get_running_loop()
        try:
            while (connection := channel.connection()) is not None:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.setblocking(False)
                joining = loop.create_task(loop.connect_accepted_socket(self._protocol, connection))
                self._joining.add(joining)
                joining.add_done_callback(self._joining.discard)
        except EOFError:
            loop.remove_reader(channel.fileno())
            self.should_exit = True

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return made
