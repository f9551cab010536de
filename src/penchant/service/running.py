"""Running the application: uvicorn on a socket, in one process or several, which ends in order on a signal."""

from __future__ import annotations

import gc
import logging
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import uvicorn

from penchant.foundations.errors import CallerError
from penchant.foundations.threads import limit_blas
from penchant.service.app import build_app
from penchant.service.beside_requests import few_heaps
from penchant.service.connections import ConnectionLimits, LimitedProtocol
from penchant.service.service import Service, build_service
from penchant.service.settings import ServiceSettings
from penchant.service.workers import Workers

SPREADS = sys.platform == "linux"
"""Whether sockets of several processes at one address get equal shares of the connections."""


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
        Workers(
            settings.workers,
            lambda says: _serve(
                folder, settings, _own(listening), (lambda: on_ready(address)) if says else lambda: None
            ),
        ).run()
    finally:
        listening.close()


def _serve(
    folder: str | Path, settings: ServiceSettings, listening: socket.socket, on_ready: Callable[[], None]
) -> None:
    """Serve in this process."""
    few_heaps()
    service = build_service(folder, settings)
    try:
        _check_public(service)
    except BaseException:
        service.close()
        raise
    server = _Server(_configuration(service), on_ready)
    if hasattr(signal, "SIGHUP"):  # Windows has no SIGHUP; its watcher finds new versions by itself
        signal.signal(signal.SIGHUP, lambda *_: service.watcher.look_now())
    for stop in (signal.SIGTERM, signal.SIGINT):
        # uvicorn drains, then raises the signal again, which changes nothing then: an orderly end exits 0
        signal.signal(stop, lambda *_: setattr(server, "should_exit", True))
    if settings.access_log:
        _log_requests()
    sys.setswitchinterval(TURN)
    with limit_blas(1):  # requests run beside each other; each uses one core
        server.run(sockets=[listening])


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


def _own(shared: socket.socket) -> socket.socket:
    """A worker's socket at the address of the shared one.

    Linux divides new connections evenly among such sockets. Of one socket, the first worker that wakes would accept
    every connection that waits.
    """
    if not SPREADS:
        return shared
    own = socket.socket(shared.family)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    own.bind(shared.getsockname())
    return own


def _socket(settings: ServiceSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    if sys.platform != "win32":  # on Windows this option would let two servers share the port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if SPREADS and settings.workers > 1:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
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
    """Says when it has started."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            gc.collect()
            gc.freeze()  # what is there now stays: no collection of cycles looks at it again while requests wait
            self._on_ready()
