"""The options of lists, shared by every command that makes some."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from penchant.cli.option_values import features_wanted

ModelFolder = Annotated[Path, typer.Argument(help="A folder that `penchant train` saved.")]
Count = Annotated[int, typer.Option("-n", min=1, max=10_000, help="How many items.")]
Order = Annotated[
    Literal["combined", "choice", "rating"] | None,
    typer.Option("--by", help="What orders the list: both parts, or one; left out, both where there are both."),
]
Seen = Annotated[bool, typer.Option("--seen", help="Include items that the user has already rated.")]
Among = Annotated[list[str] | None, typer.Option(help="An item that may be listed; then no others. Repeatable.")]
Exclude = Annotated[list[str] | None, typer.Option(help="An item that is left out. Repeatable.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FEATURE=VALUE",
        help="Only items with this feature: `genres=Drama`, `genres=Drama|Comedy`, `year=1990:1999`. Repeatable.",
    ),
]
Diversity = Annotated[float, typer.Option(min=0, max=0.99, help="From 0; higher values list fewer similar items.")]
Explore = Annotated[int | None, typer.Option(help="A seed; the list is then ranked by one posterior sample.")]
NewItems = Annotated[float, typer.Option(min=0, max=1, help="The share of the list for items without ratings.")]
UsersFrom = Annotated[
    Path | None, typer.Option(help="A file of user ids: one id a line, or a table with a column of users.")
]


def filters(among: list[str] | None, exclude: list[str] | None, where: list[str] | None) -> dict[str, Any]:
    """The options as arguments of a method that makes lists."""
    return {"among": among or None, "exclude": exclude or (), "where": features_wanted(where)}
