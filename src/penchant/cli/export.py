"""`penchant export`: recommendation lists of many users, as a table for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.list_flags import Among, Count, Exclude, ModelFolder, Order, Seen, UsersFrom, Where, filters
from penchant.cli.option_values import table_place
from penchant.cli.output import AsJson, Quiet, progress, show_json

HELP = """Write the lists of all users, or of some, to a file or into a table of a database.

The columns are user, rank, item, score, p_choose (with a choice model and a ranker) and source.
"""


def export(
    folder: ModelFolder,
    out: Annotated[
        Any,
        typer.Option(
            parser=table_place, metavar="FILE|URL",
            help="A file ending in .parquet, .csv or .jsonl, or the URL of a database, such as sqlite:///lists.db.",
        ),
    ],
    table: Annotated[str, typer.Option(help="The table of the database; one of that name is replaced.")] = "lists",
    n: Count = 10,
    by: Order = None,
    seen: Seen = False,
    users_from: UsersFrom = None,
    among: Among = None,
    exclude: Exclude = None,
    where: Where = None,
    exclude_pairs: Annotated[
        Path | None, typer.Option(help="A table of users and items; each item is left out for that user.")
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    from penchant.data.id_lists import ids_in_file
    from penchant.recommending.recommender import load, main_model

    model = load(folder)
    users = None if users_from is None else ids_in_file(users_from, "user")
    with progress(quiet or as_json) as bar:
        model.recommend_many(
            users, n, by=by, exclude_seen=not seen, exclude_pairs=exclude_pairs, to=out, table=table, progress=bar,
            **filters(among, exclude, where),
        )  # fmt: skip
    count = len(main_model(model).users) if users is None else len(users)
    if as_json:
        show_json({"file": str(out), "users": count, "n": n})
    else:
        print(f"Wrote lists of up to {n} items for {count:,} users to {out}")


def register(app: typer.Typer) -> None:
    app.command("export", help=HELP)(export)
