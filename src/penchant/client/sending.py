"""Requests on their way to the service, and again where it is busy."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from penchant.foundations.errors import PenchantError

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers by lower-case name, and body."""
Transport = Callable[[str, str, Mapping[str, str], bytes | None], Answer]
"""Method, path with query, headers, body -> an answer."""

_AGAIN = (429, 503)
_IDLE = 3.0
"""Seconds after which a connection is not used again; servers close one after five."""


class ServiceError(PenchantError):
    """The service refused a request or could not do it. status: of HTTP; 0 where it did not answer at all."""

    code = "P340"

    def __init__(self, status: int, detail: str, errors: Sequence[Mapping[str, str]] = ()) -> None:
        super().__init__(detail, where=f"status {status}" if status else "")
        self.status, self.detail, self.errors = status, detail, errors


class Sender:
    """Sends requests, and again where the service is busy or does not answer; raises ServiceError for a refusal."""

    def __init__(self, send: Transport, key: str | None, tries: int) -> None:
        self._send, self._key, self._tries = send, key, tries

    def answer(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None, *, again: bool) -> Answer:
        own = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        for left in reversed(range(self._tries if again else 1)):
            try:
                status, found, content = self._send(method, path, {**own, **headers}, body)
            except (OSError, http.client.HTTPException) as failed:
                if not left:
                    raise ServiceError(0, f"the service does not answer ({failed})") from failed
                time.sleep(0.2)
                continue
            if status not in _AGAIN or not left:
                break
            time.sleep(min(float(found.get("retry-after", "1")), 30.0))
        if status >= 400:
            raise _error(status, content)
        return status, found, content


class Http:
    """Sends by http.client, over one connection for each thread."""

    def __init__(self, address: str, timeout: float) -> None:
        parts = urlsplit(address if "://" in address else f"http://{address}")
        safe = parts.scheme == "https"
        kind = http.client.HTTPSConnection if safe else http.client.HTTPConnection
        self._prefix = parts.path.rstrip("/")
        self._connect: Callable[[], http.client.HTTPConnection] = lambda: kind(
            parts.hostname or "127.0.0.1", parts.port, timeout=timeout
        )
        self._own = threading.local()
        self._all: set[http.client.HTTPConnection] = set()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        connection: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if connection is not None and time.monotonic() - self._own.used_at > _IDLE:
            self._drop(connection)  # the server is about to close it, or has
            connection = None
        if connection is None:
            connection = self._own.connection = self._connect()
            self._all.add(connection)
        try:
            connection.request(method, self._prefix + path, body, dict(headers))
            answer = connection.getresponse()
            self._own.used_at = time.monotonic()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        except BaseException:
            self._drop(connection)
            raise

    def _drop(self, connection: http.client.HTTPConnection) -> None:
        connection.close()
        self._all.discard(connection)
        self._own.connection = None

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in list(self._all):
            connection.close()
        self._all.clear()


def _error(status: int, content: bytes) -> ServiceError:
    try:
        problem = json.loads(content)
        return ServiceError(status, str(problem["detail"]), problem.get("errors", ()))
    except (ValueError, KeyError, TypeError):
        return ServiceError(status, content[:200].decode("utf-8", "replace") or "no detail was given")
