"""A limit on how long a request is worked on: after it, the client is answered 503 and can try again."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from penchant.service.problems import busy

_LATE: ContextVar[list[bool]] = ContextVar("penchant_late")


def check_time() -> None:
    """Raises RefusalError, 503, where the request that is being worked on was answered so already.

    Work that is made of pieces calls it between them, so that it does not go on without a reader.
    """
    if any(_LATE.get([])):
        raise busy("there was no answer in time")


class Deadline:
    """Ends requests whose answer has not begun in time. Raises RefusalError; what the work still gives is dropped.

    A thread cannot be stopped, so a piece of work goes on to its end; the next one sees that it is late (`check_time`),
    and costs are limited where work begins. Time in which the
    request's body is awaited does not count, and has a limit of its own.
    """

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds
        self._abandoned: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Messages(receive, send)
        late: list[bool] = []
        _LATE.set(late)
        task = asyncio.create_task(self._work(scope, exchange))
        try:
            await self._ended(task, exchange, late)
        except asyncio.CancelledError:
            task.cancel()
            raise

    async def _work(self, scope: Scope, exchange: _Messages) -> None:
        await self._app(scope, exchange.receive, exchange.send)

    async def _ended(self, task: asyncio.Task[None], exchange: _Messages, late: list[bool]) -> None:
        while not (await asyncio.wait({task}, timeout=self._seconds))[0]:
            if exchange.began:
                break
            if not exchange.receiving:
                exchange.dropped = True
                late.append(True)
                self._abandon(task)
                raise busy(f"there was no answer within {self._seconds:g} seconds")
        await task

    def _abandon(self, task: asyncio.Task[None]) -> None:
        self._abandoned.add(task)
        task.add_done_callback(self._forget)
        task.cancel()

    def _forget(self, task: asyncio.Task[None]) -> None:
        self._abandoned.discard(task)
        if not task.cancelled():
            task.exception()  # its failure is no longer anyone's answer


class _Messages:
    """What goes in and out. receiving: whether the application waits for the client. began: the answer has begun."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive, self._send = receive, send
        self.receiving = self.began = self.dropped = False

    async def receive(self) -> Message:
        self.receiving = True
        try:
            return await self._receive()
        finally:
            self.receiving = False

    async def send(self, message: Message) -> None:
        if not self.dropped:
            self.began = True
            await self._send(message)
