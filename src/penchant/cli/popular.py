"""`penchant popular`: the items that are chosen most, lately or ever."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from penchant.cli.list_flags import Among, Count, Exclude, ModelFolder, Where, filters
from penchant.cli.output import AsJson, show_answer


def popular(
    folder: ModelFolder,
    n: Count = 10,
    order: Annotated[
        Literal["popular", "trending", "latest"],
        typer.Option(help="By how often an item is chosen, by how much that rises, or by its first interaction."),
    ] = "popular",
    window: Annotated[float | None, typer.Option(help="Count the interactions of the last so many days.")] = None,
    among: Among = None,
    exclude: Exclude = None,
    where: Where = None,
    as_json: AsJson = False,
) -> None:
    from penchant.recommending.recommender import load

    found = load(folder).popular(n, order=order, window=window, **filters(among, exclude, where))
    show_answer({"popular": "Most popular", "trending": "Trending", "latest": "Latest"}[order], found, as_json=as_json)


def register(app: typer.Typer) -> None:
    app.command("popular", help="The items that users choose most, lately or ever.")(popular)
