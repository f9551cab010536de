"""`penchant recommend`: a list for one user, for each of several, or for several together."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from penchant.cli.list_flags import (
    Among,
    Count,
    Diversity,
    Exclude,
    Explore,
    ModelFolder,
    NewItems,
    Order,
    Seen,
    UsersFrom,
    Where,
    filters,
)
from penchant.cli.output import AsJson, show_answer, show_json
from penchant.foundations.errors import CallerError


def recommend(
    folder: ModelFolder,
    user: Annotated[list[str] | None, typer.Option(help="A user's id, known or not. Repeatable.")] = None,
    users_from: UsersFrom = None,
    users_together: Annotated[
        bool,
        typer.Option(
            "--users-together",
            help="One list for all users: by the mean of 1 / (60 + rank) over their own lists, without items that any "
            "of them has rated.",
        ),
    ] = False,
    n: Count = 10,
    by: Order = None,
    seen: Seen = False,
    among: Among = None,
    exclude: Exclude = None,
    where: Where = None,
    diversity: Diversity = 0.0,
    explore: Explore = None,
    new_items: NewItems = 0.0,
    as_json: AsJson = False,
) -> None:
    from penchant.data.id_lists import ids_in_file
    from penchant.recommending.group_lists import recommend_together
    from penchant.recommending.options import ListOptions
    from penchant.recommending.recommender import load

    users = [*(user or ()), *(ids_in_file(users_from, "user") if users_from is not None else ())]
    if not users:
        raise CallerError("no user was given", remedy="Give --user ID, or --users-from FILE")
    options: dict[str, Any] = {
        "by": by, "exclude_seen": not seen, "diversity": diversity, "explore": explore, "new_items": new_items,
        **filters(among, exclude, where),
    }  # fmt: skip
    model = load(folder)
    if users_together:
        together = recommend_together(model, users, ListOptions(n, **options))
        show_answer(f"For {', '.join(map(str, users))} together", together, as_json=as_json)
        return
    answers = [model.recommend(one, n, **options) for one in users]
    if as_json and len(answers) > 1:
        show_json([answer.to_json() for answer in answers])
        return
    for place, (one, answer) in enumerate(zip(users, answers, strict=True)):
        if place:
            print()
        show_answer(f"For {one} ({_words(answer.source)})", answer, as_json=as_json)


def _words(source: str) -> str:
    return {
        "known": "known from training",
        "folded_in": "from the given ratings",
        "features": "unknown: from features only",
        "prior": "unknown: what users like on average",
    }[source]


def register(app: typer.Typer) -> None:
    app.command("recommend", help="The items for a user: those they are most likely to choose and like.")(recommend)
