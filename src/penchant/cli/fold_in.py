"""`penchant fold-in`: a list for a new user, from a few ratings."""

from __future__ import annotations

from typing import Annotated

import typer

from penchant.cli.output import AsJson, show_answer
from penchant.cli.recommend import Count, ModelFolder
from penchant.foundations.errors import CallerError


def fold_in(
    folder: ModelFolder,
    rate: Annotated[
        list[str], typer.Option(help="A rating such as `1=5.0`: item id, equals sign, rating. Repeatable.")
    ],
    n: Count = 10,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.recommender import load

    user = load(folder).fold_in(ratings=dict(map(_pair, rate)))
    show_answer(f"For a new user with {len(rate)} ratings", user.recommend(n), as_json=as_json)


def _pair(text: str) -> tuple[str, float]:
    item, _, rating = text.rpartition("=")
    try:
        return item, float(rating)
    except ValueError:
        raise CallerError(
            f"{text!r} is not a rating", where="--rate", remedy="Write it as item=rating: 1=4.5"
        ) from None


def register(app: typer.Typer) -> None:
    app.command("fold-in", help="Recommend to a new user with a few ratings; the model is not changed.")(fold_in)
