"""Showing things: rich on a terminal, plain aligned text when piped, JSON when asked."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

from penchant.foundations.progress import Bar, Progress, Silent


def progress(quiet: bool) -> Progress:
    """Bars on standard error, or nothing."""
    return Silent() if quiet else Bar()


def show_json(value: Any) -> None:
    """One JSON document on standard output."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table: numbers to the right, texts to the left."""
    texts = [[_text(value) for value in row] for row in rows]
    right = [all(isinstance(row[c], int | float) for row in rows) for c in range(len(columns))]
    if sys.stdout.isatty():
        _rich_table(title, columns, texts, right)
    else:
        _plain_table(title, columns, texts, right)


def _text(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _rich_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=escape(title), title_justify="left", box=box.SIMPLE_HEAD)
    for name, is_right in zip(columns, right, strict=True):
        table.add_column(name, justify="right" if is_right else "left", overflow="ellipsis")
    for row in rows:
        table.add_row(*map(escape, row))
    Console().print(table)


def _plain_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[bool]) -> None:
    widths = [max(len(line[c]) for line in [columns, *rows]) for c in range(len(columns))]
    print(title)
    for line in [columns, *rows]:
        cells = [text.rjust(w) if r else text.ljust(w) for text, w, r in zip(line, widths, right, strict=True)]
        print("  ".join(cells).rstrip())


SCORES = {"rating": "stars", "choice": "score", "combined": "score", "cosine": "cosine", "count": "ratings"}
"""What a list is ordered by, as the head of its column."""


def show_answer(title: str, answer: Any, *, as_json: bool = False) -> None:
    """A list with its scores, and a note on ids that the model does not know."""
    if as_json:
        show_json(answer.to_json())
        return
    for one in answer.unknown:
        sys.stderr.write(f"note: the model does not know {one!r}\n")
    heads, values = ["#", "id", "title", SCORES[answer.by]], [[line.score] for line in answer]
    if answer.predicted is not None:
        rating = [] if answer.by == "rating" else ["stars"]
        heads += [*rating, "±"]
        values = [
            [*own, *([line.predicted] if rating else []), line.std] for own, line in zip(values, answer, strict=True)
        ]
    lines = zip(values, answer, strict=True)
    rows = [[rank, one.id, one.title, *own, one.source] for rank, (own, one) in enumerate(lines, 1)]
    show_table(title, [*heads, "rests on"], rows)
