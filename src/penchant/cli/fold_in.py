"""`penchant fold-in`: a list for a new user, from a few ratings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

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
    Where,
    filters,
)
from penchant.cli.output import AsJson, show_answer
from penchant.foundations.errors import CallerError


def fold_in(
    folder: ModelFolder,
    rate: Annotated[
        list[str], typer.Option(help="A rating such as `1=5.0`: item id, equals sign, rating. Repeatable.")
    ],
    n: Count = 10,
    by: Order = None,
    among: Among = None,
    exclude: Exclude = None,
    where: Where = None,
    diversity: Diversity = 0.0,
    explore: Explore = None,
    new_items: NewItems = 0.0,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.recommender import load

    user = load(folder).fold_in(rated(rate))
    answer = user.recommend(
        n, by=by, diversity=diversity, explore=explore, new_items=new_items, **filters(among, exclude, where)
    )
    given = "1 rating" if len(rate) == 1 else f"{len(rate)} ratings"
    show_answer(f"For a new user with {given}", answer, as_json=as_json)


def rated(texts: Iterable[str]) -> dict[str, float]:
    """The ratings that flags such as `1=5.0` give, by item id. Refuses other texts and a second rating."""
    found: dict[str, float] = {}
    for item, rating in map(_pair, texts):
        if item in found:
            raise CallerError(f"the item {item!r} is rated twice", where="--rate", remedy="Give one rating for an item")
        found[item] = rating
    return found


def _pair(text: str) -> tuple[str, float]:
    item, _, rating = text.rpartition("=")
    try:
        if item:
            return item, float(rating)
    except ValueError:
        pass
    raise CallerError(f"{text!r} is not a rating", where="--rate", remedy="Write it as item=rating: 1=4.5")


def register(app: typer.Typer) -> None:
    app.command("fold-in", help="Recommend to a new user with a few ratings; the model is not changed.")(fold_in)
