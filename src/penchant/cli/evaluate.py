"""`penchant evaluate`: how good a model's recipe is on a table, beside baselines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.recommend import ModelFolder
from penchant.cli.rendering import progress, show_json
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
from penchant.data import splitting
from penchant.data.ratings import Ratings

HELP = """Measure a model on ratings it was not trained on.

Rows of the table that training did not see are the test. Where it saw them all, a twin with the same settings is
trained on the part that a split leaves and tested on the rest.
"""


def evaluate(
    folder: ModelFolder,
    ratings: RatingsFile,
    user: UserColumn = None,
    item: ItemColumn = None,
    rating: RatingColumn = None,
    timestamp: TimeColumn = None,
    items: ItemsFile = None,
    items_id: ItemsId = None,
    separator: Separator = ",",
    duplicates: Duplicates = "last",
    test: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of rows a twin is tested on.")] = 0.2,
    seed: Annotated[int, typer.Option(help="Which rows those are.")] = 42,
    html: Annotated[Path | None, typer.Option(help="Write the report as a page to this file.")] = None,
    times: Annotated[bool, typer.Option("--times", help="Tell the model when each test rating was made.")] = False,
    by_quadrant: Annotated[
        bool, typer.Option("--quadrants", help="Test a twin on known and new users by known and new items.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.evaluation.scoring.evaluate import evaluate as measure
    from penchant.evaluation.scoring.unseen_rows import unseen_rows
    from penchant.recommending.recommender import load

    model = load(folder)
    columns = {"user": user, "item": item, "rating": rating, "timestamp": timestamp, "duplicates": duplicates}
    table = read_ratings(ratings, items=items, items_id=items_id, separator=separator, **columns)
    if by_quadrant:
        _quadrants(model, table, seed, as_json, quiet)
        return
    split = unseen_rows(model, table)
    with progress(quiet or as_json) as bar:
        if split is None:
            sys.stderr.write(
                "The model was trained on every row of this table: testing a twin with the same settings.\n"
            )
            split = splitting.random(table, test=test, seed=seed)
            model = _twin(model, split.train, bar)
        report = measure(model, split, times=times)
    if html is not None:
        report.to_html(html)
    if as_json:
        show_json(report.to_json())
    else:
        print(report)


def _quadrants(model: Any, table: Ratings, seed: int, as_json: bool, quiet: bool) -> None:
    from penchant.evaluation.comparison.quadrant_table import quadrant_table
    from penchant.recommending.recommender import main_model

    trained = main_model(model)
    recipe = {"model": trained.kind, "label": trained.kind, **trained.settings}
    with progress(quiet or as_json) as bar:
        found = quadrant_table(table, [recipe], progress=bar, seed=0, split_seed=seed)
    if as_json:
        show_json(found.to_json())
    else:
        print(found)


def _twin(model: Any, ratings: Ratings, bar: Any) -> Any:
    from penchant.recommending.train_parts import train_again

    return train_again(model, ratings, progress=bar)


def register(app: typer.Typer) -> None:
    app.command("evaluate", help=HELP)(evaluate)
