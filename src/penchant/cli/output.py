"""Output of commands: a rich table on a terminal, plain aligned text in a pipe, JSON with `--json`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from penchant.foundations.plain_table import plain_table
from penchant.foundations.progress import Progress, ProgressBar, Silent

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress.")]


def progress(quiet: bool) -> Progress:
    """Progress bars on standard error, or none."""
    return Silent() if quiet else ProgressBar()


def show_json(value: Any) -> None:
    """Print one JSON document."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table, with numbers aligned to the right and texts to the left."""
    texts = [[_text(value) for value in row] for row in rows]
    right = [all(isinstance(row[c], int | float) for row in rows) for c in range(len(columns))]
    if sys.stdout.isatty():
        _rich_table(title, columns, texts, right)
    else:
        print(f"{title}\n{plain_table(columns, texts, right=right)}")


def _text(value: Any) -> str:
    return f"{round(value, 3) + 0.0:.3f}" if isinstance(value, float) else str(value)  # + 0.0: no "-0.000"


def _score(score: float, by: str) -> float:
    return int(score) if by == "count" and score.is_integer() else score


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


def note(text: str) -> None:
    """Write a note beside the answer."""
    sys.stderr.write(f"note: {text}\n")


def note_unknown(ids: Sequence[Any]) -> None:
    """Write a note for each id of the question that the model does not know."""
    for one in ids:
        note(f"{one!r} is not known to the model")


SCORES = {"rating": "stars", "cosine": "cosine", "count": "ratings", "trending": "rise", "latest": "days"}
"""What the scores of a list are called, if not "score"."""


def show_answer(title: str, answer: Any, *, as_json: bool = False) -> None:
    """Print a list of items with their scores, and a note for each unknown id of the question."""
    if as_json:
        show_json(answer.to_json())
        return
    note_unknown(answer.unknown)
    heads = ["#", "id", "title", SCORES.get(answer.by, "score")]
    values: list[list[Any]] = [[_score(line.score, answer.by)] for line in answer]
    if answer.predicted is not None:
        rating = [] if answer.by == "rating" else ["stars"]
        heads += [*rating, "±"]
        values = [
            [*own, *([line.predicted] if rating else []), line.std] for own, line in zip(values, answer, strict=True)
        ]
    for name, column in (("P(like)", answer.p_like), ("P(choose)", answer.p_choose)):
        if column is not None:
            heads.append(name)
            values = [[*own, f"{one:.1%}"] for own, one in zip(values, column.tolist(), strict=True)]
    if answer.support is not None:
        heads.append("ratings")
        values = [[*own, line.support] for own, line in zip(values, answer, strict=True)]
    lines = zip(values, answer, strict=True)
    rows = [[rank, one.id, one.title, *own, one.source] for rank, (own, one) in enumerate(lines, 1)]
    show_table(title, [*heads, "based on"], rows)
