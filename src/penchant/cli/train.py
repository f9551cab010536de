"""`penchant train`: ratings in, a model folder out."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.rendering import progress, show_json
from penchant.cli.settings_flags import settings_from_flags
from penchant.cli.tables import (
    AsJson,
    Duplicates,
    ItemColumn,
    ItemsFile,
    ItemsId,
    Quiet,
    RatingColumn,
    RatingsFile,
    Separator,
    TimeColumn,
    UserColumn,
    read_ratings,
)

HELP = """Learn a model from a table of ratings and save it in a folder.

Any setting of the chosen model can be given as a flag of its own, such as `--factors 32`; `penchant models NAME`
lists them.
"""


def train(
    context: typer.Context,
    ratings: RatingsFile,
    out: Annotated[Path, typer.Option(help="The folder to save the model in.")],
    model: Annotated[str, typer.Option(help="Which model; `penchant models` lists them.")] = "bayes",
    user: UserColumn = None,
    item: ItemColumn = None,
    rating: RatingColumn = None,
    timestamp: TimeColumn = None,
    items: ItemsFile = None,
    items_id: ItemsId = None,
    separator: Separator = ",",
    duplicates: Duplicates = "last",
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
    hold_out: Annotated[float, typer.Option(min=0, max=0.9, help="Share of ratings kept out, for evaluating.")] = 0.0,
    engine: Annotated[str, typer.Option(help="`local`, or `spark` for ratings past one machine.")] = "local",
    master: Annotated[str | None, typer.Option(help="Spark's master: spark://host:port, local[*] or the like.")] = None,
    conf: Annotated[list[str] | None, typer.Option(help="A property of Spark, NAME=VALUE; may be repeated.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.engines.engine_choice import train as learn

    settings = settings_from_flags(model, context.args, engine)
    columns = {"user": user, "item": item, "rating": rating, "timestamp": timestamp, "duplicates": duplicates}
    if engine == "spark":
        settings |= {"master": master, "config": dict(one.split("=", 1) for one in conf or ())}
    table: Any = ratings
    if engine == "spark" and not (hold_out or items) and str(ratings) != "movielens":
        settings |= {"separator": separator} | {name: value for name, value in columns.items() if value is not None}
    else:
        table = _read(ratings, hold_out, quiet, items=items, items_id=items_id, separator=separator, **columns)
    started = time.perf_counter()
    with progress(quiet or as_json) as bar:
        learnt = learn(table, model, engine=engine, seed=seed, progress=bar, **settings)
    learnt.save(out)
    _tell(out, learnt, time.perf_counter() - started, as_json)


def _read(path: Path, hold_out: float, quiet: bool, **how: Any) -> Any:
    """The ratings to learn from, read here rather than by an engine."""
    from penchant.data import splitting

    table = read_ratings(path, **how)
    if table.report is not None and not quiet:
        sys.stderr.write(f"{table.report}\n")
    return splitting.random(table, test=hold_out).train if hold_out else table


def _tell(out: Path, learnt: Any, seconds: float, as_json: bool) -> None:
    from penchant.recommending.recommender import main_model

    trained = main_model(learnt)
    n = int(trained.users.counts.sum())
    facts = {
        "folder": str(out),
        "model": trained.kind,
        "ratings": n,
        "users": len(trained.users),
        "items": len(trained.items),
        "seconds": round(seconds, 2),
    }
    if as_json:
        show_json(facts)
        return
    print(f"FitResult {trained.kind} from {n:,} ratings in {seconds:.1f} s; saved in {out}")
    some_id = trained.users.vocabulary.ids[0]
    print(f"Next: penchant recommend {out} --user {some_id}")


def register(app: typer.Typer) -> None:
    flags = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("train", help=HELP, context_settings=flags)(train)
