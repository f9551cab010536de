"""`penchant recommend`: a list for one user."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from penchant.cli.output import AsJson, show_answer

ModelFolder = Annotated[Path, typer.Argument(help="A folder that `penchant train` saved.")]
Count = Annotated[int, typer.Option("-n", min=1, max=10_000, help="How many items.")]

Order = Annotated[
    Literal["combined", "choice", "rating"] | None,
    typer.Option("--by", help="What orders the list: both parts, or one; left out, both where there are both."),
]


def recommend(
    folder: ModelFolder,
    user: Annotated[str, typer.Option(help="The user's id, known or not.")],
    n: Count = 10,
    by: Order = None,
    seen: Annotated[bool, typer.Option("--seen", help="Include items that the user has already rated.")] = False,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.recommender import load

    answer = load(folder).recommend(user, n, by=by, exclude_seen=not seen)
    show_answer(f"For {user} ({_words(answer.source)})", answer, as_json=as_json)


def _words(source: str) -> str:
    return {
        "known": "known from training",
        "folded_in": "from the given ratings",
        "features": "unknown: from features only",
        "prior": "unknown: what users like on average",
    }[source]


def register(app: typer.Typer) -> None:
    app.command("recommend", help="The items for a user: those they are most likely to choose and like.")(recommend)
