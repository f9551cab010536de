"""What was made lately, kept for whoever asks for the same again, in bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class LRUCache(Generic[Value]):
    """The `most` things asked for last, by what they were made from. Safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, what: Hashable) -> bool:
        return what in self._kept

    def without(self, unwanted: Callable[[Value], bool]) -> LRUCache[Value]:
        """Another cache with all that is kept here but the unwanted."""
        fresh: LRUCache[Value] = LRUCache(self.most)
        with self._lock:
            fresh._kept.update((what, made) for what, made in self._kept.items() if not unwanted(made))
        return fresh

    def forget(self, what: Hashable) -> None:
        """Drop one thing, if it is kept."""
        with self._lock:
            self._kept.pop(what, None)

    def get(self, what: Hashable, make: Callable[[], Value]) -> Value:
        """The thing made from `what`, made now if it is not kept. Two threads may both make it; either will do."""
        with self._lock:
            if what in self._kept:
                self._kept.move_to_end(what)
                return self._kept[what]
        made = make()
        with self._lock:
            self._kept[what] = made
            if len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return made
