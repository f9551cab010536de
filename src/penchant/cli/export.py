"""`penchant export`: recommendation lists of all users, as a table for other systems."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.output import AsJson, Quiet, progress, show_json
from penchant.cli.recommend import Count, ModelFolder


def export(
    folder: ModelFolder,
    out: Annotated[Path, typer.Option(help="The Parquet file to write: user, rank, item, score, source.")],
    n: Count = 10,
    seen: Annotated[bool, typer.Option("--seen", help="Include items that a user has already rated.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.recommending.recommender import load, main_model

    model = load(folder)
    with progress(quiet or as_json) as bar:
        model.recommend_many(n=n, to=out, exclude_seen=not seen, progress=bar)
    users = len(main_model(model).users)
    if as_json:
        show_json({"file": str(out), "users": users, "n": n})
    else:
        print(f"Wrote lists of up to {n} items for {users:,} users to {out}")


def register(app: typer.Typer) -> None:
    app.command("export", help="Write the lists of all users to a Parquet file.")(export)
