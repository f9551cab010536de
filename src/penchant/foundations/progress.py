"""Progress of long jobs, reported to an object that shows it or ignores it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Protocol, Self


class Progress(Protocol):
    """Receives the progress of a long job; a context manager around the job."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def start(self, task: str, total: int | None = None) -> None:
        """A task starts. total: its number of steps, if known."""

    def step(self, metrics: Mapping[str, float] | None = None, advance: int = 1) -> None:
        """`advance` steps are done. metrics: named numbers to show, such as a validation RMSE."""

    def note(self, text: str) -> None:
        """A message for the user."""


class Silent:
    """Progress that shows nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def start(self, task: str, total: int | None = None) -> None:
        return None

    def step(self, metrics: Mapping[str, float] | None = None, advance: int = 1) -> None:
        return None

    def note(self, text: str) -> None:
        return None


class ProgressBar(Silent):
    """A progress bar on standard error; if that is not a terminal, one plain line for each finished task."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        self._console = Console(stderr=True)
        self._bars = RichProgress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[metrics]}"),
            console=self._console, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task: Any = None
        self._name, self._metrics = "", ""

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()
        self._bars.stop()

    def start(self, task: str, total: int | None = None) -> None:
        self._finish()
        self._name, self._metrics = task, ""
        self._task = self._bars.add_task(task, total=total, metrics="")

    def step(self, metrics: Mapping[str, float] | None = None, advance: int = 1) -> None:
        if metrics:
            self._metrics = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        self._bars.update(self._task, advance=advance, metrics=self._metrics)

    def note(self, text: str) -> None:
        self._console.print(text)

    def _finish(self) -> None:
        """Without a terminal, print one line for the finished task."""
        if self._name and self._bars.disable:
            sys.stderr.write(f"{self._name}: {self._metrics or 'done'}\n")
        self._name = ""
