"""What is wrong with the service just now, in memory: readiness is answered without waiting for anything."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

DATABASE = "database"


class Readiness:
    """Problems by name: reported when something fails, cleared when it works again. Safe to use from several threads.

    on_change: called with the name and whether there is a problem.
    """

    def __init__(self, on_change: Callable[[str, bool], None] = lambda name, bad: None) -> None:
        self._problems: dict[str, str] = {}
        self._lock = threading.Lock()
        self._on_change = on_change

    def failed(self, name: str, problem: str) -> None:
        """Something does not work."""
        with self._lock:
            self._problems[name] = problem
        self._on_change(name, True)

    def works(self, name: str) -> None:
        """It works again."""
        with self._lock:
            self._problems.pop(name, None)
        self._on_change(name, False)

    @property
    def problems(self) -> Mapping[str, str]:
        """What is wrong, by name."""
        with self._lock:
            return dict(self._problems)

    @property
    def can_serve(self) -> bool:
        """Whether requests can be answered: not without the database; an old model still serves."""
        return DATABASE not in self._problems

    @property
    def text(self) -> str:
        """Every problem in one line."""
        return "; ".join(f"{name}: {problem}" for name, problem in sorted(self.problems.items()))
