"""`penchant explain`: why an item has its score for a user."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from penchant.cli.fold_in import rated
from penchant.cli.list_flags import ModelFolder, Order
from penchant.cli.output import AsJson, note_unknown, show_json, show_table

STRONGEST = 10
"""How many of the user's ratings are shown."""

SMALL = 0.0005
"""A term below this is shown as zero."""


def explain(
    folder: ModelFolder,
    item: Annotated[str, typer.Option(help="The item's id.")],
    user: Annotated[str | None, typer.Option(help="The user's id, known or not; left out for a new user.")] = None,
    rate: Annotated[
        list[str] | None, typer.Option(help="A rating of this user, such as `1=5.0`: item id, equals sign, rating.")
    ] = None,
    by: Order = None,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.explanations import RankedExplanation
    from penchant.recommending.recommender import load

    state = load(folder).fold_in(rated(rate or ()), user=user)
    why = state.explain(item, by=by)
    unknown = [*state.unknown, *([] if item in state.index.items else [item])]
    if as_json:
        show_json({**why.to_json(), "unknown": unknown})
        return
    note_unknown(unknown)
    whom = "a new user" if user is None else f"user {user}"
    if not isinstance(why, RankedExplanation):
        _show_part(f"{why.title} for {whom}: the score of the {why.by} model", why)
        return
    rows: list[list[Any]] = [[term.name, term.weight, term.value, term.amount] for term in why.terms]
    rows.append(["score", "", "", why.score])
    show_table(f"{why.title} for {whom}: the {why.by} score", ["term", "weight", "value", "adds"], rows)
    print(_probabilities(why))
    for name, part in why.parts.items():
        print()
        _show_part(f"The score of the {name} model", part)


def _show_part(title: str, why: Any) -> None:
    """The terms of one part's score; those that show as zero are left out."""
    named = {"mean": why.mean, "user": why.user_bias, "item": why.item_bias, "prior": why.prior, "rest": why.rest}
    rows: list[list[Any]] = [[name, "", amount] for name, amount in named.items() if abs(amount) >= SMALL]
    shown = [pull for pull in why.pulls[:STRONGEST] if abs(pull.amount) >= SMALL]  # pulls are strongest first
    rows += [[pull.title, pull.rating, pull.amount] for pull in shown]
    others = [pull.amount for pull in why.pulls[len(shown) :]]
    if abs(sum(others)) >= SMALL:
        rows.append([f"{len(others)} more ratings", "", sum(others)])
    show_table(title, ["term", "rating", "adds"], [*rows, ["score", "", why.score]])


def _probabilities(why: Any) -> str:
    said = f"P(choose) {why.p_choose:.2%}"
    if why.p_like is not None:
        said += f", P(like) {why.p_like:.0%}"
    if why.predicted is not None:
        said += f", expected rating {why.predicted:.2f} ± {why.std:.2f}"
    return said


def register(app: typer.Typer) -> None:
    app.command("explain", help="Split the score of an item for a user into its terms.")(explain)
