"""`penchant similar`: the most similar items or users."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli.list_flags import Count, ModelFolder
from penchant.cli.output import AsJson, show_answer
from penchant.foundations.errors import CallerError


def similar(
    folder: ModelFolder,
    item: Annotated[str | None, typer.Option(help="An item's id.")] = None,
    user: Annotated[str | None, typer.Option(help="A user's id.")] = None,
    n: Count = 10,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.recommender import load

    if (item is None) == (user is None):
        raise CallerError("`similar` takes one item or one user", remedy="Give either --item ID or --user ID")
    model = load(folder)
    answer = model.similar_items(item, n) if item is not None else model.similar_users(user, n)
    show_answer(f"Closest to {item if item is not None else user}", answer, as_json=as_json)


def register(app: typer.Typer) -> None:
    app.command("similar", help="List the items or users with the most similar vectors.")(similar)
