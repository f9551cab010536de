"""What was made lately, kept for whoever asks for the same again, in bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """The things asked for last, by what they were made from, whose sizes are up to `most` together.

    size_of: of a thing; without it each counts 1. Safe to use from several threads.
    """

    def __init__(self, most: int, size_of: Callable[[Value], int] = lambda _: 1) -> None:
        self.most, self._size_of = most, size_of
        self.size = 0
        self._kept: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, what: Hashable) -> bool:
        return what in self._kept

    def without(self, unwanted: Callable[[Value], bool]) -> LRUCache[Value]:
        """Another cache with all that is kept here but the unwanted."""
        with self._lock:
            everything = list(self._kept.items())  # looking at each takes long, and no request waits for it
        fresh = LRUCache(self.most, self._size_of)
        fresh._kept.update((what, kept) for what, kept in everything if not unwanted(kept[0]))
        fresh.size = sum(size for _, size in fresh._kept.values())
        return fresh

    def forget(self, what: Hashable) -> None:
        """Drop one thing, if it is kept."""
        with self._lock:
            self._drop(what)

    def get(self, what: Hashable, make: Callable[[], Value]) -> Value:
        """The thing made from `what`, made now if it is not kept. Two threads may both make it; either will do."""
        with self._lock:
            if what in self._kept:
                self._kept.move_to_end(what)
                return self._kept[what][0]
        made = make()
        size = self._size_of(made)
        with self._lock:
            self._drop(what)
            self._kept[what] = made, size
            self.size += size
            while self.size > self.most:
                self._drop(next(iter(self._kept)))
        return made

    def _drop(self, what: Hashable) -> None:
        if what in self._kept:
            self.size -= self._kept.pop(what)[1]
