"""`penchant evaluate`: evaluate a model on ratings it was not trained on, with baselines."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.list_flags import ModelFolder
from penchant.cli.output import AsJson, Quiet, progress, show_json
from penchant.cli.table_options import TableOptions, reading_of, with_table_options
from penchant.data import splitting
from penchant.data.ratings import Ratings

HELP = """Evaluate a model on ratings it was not trained on.

The test rows are the rows of the table that the model was not trained on. If it was trained on every row, a new model
with the same settings is trained on a random part of the table and tested on the rest.
"""


def evaluate(
    folder: ModelFolder,
    table: TableOptions,
    test: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of test rows for a new model.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The seed that selects these test rows.")] = 42,
    html: Annotated[Path | None, typer.Option(help="Also write the report as a page to this file.")] = None,
    times: Annotated[bool, typer.Option("--times", help="Predict each test rating at the time it was made.")] = False,
    by_quadrant: Annotated[
        bool, typer.Option("--quadrants", help="Test a new model on known and new users by known and new items.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.evaluation.report.evaluate import evaluate as measure
    from penchant.evaluation.scoring.unseen_rows import unseen_rows
    from penchant.recommending.recommender import load

    model = load(folder)
    ratings = table.read_and_say(quiet or as_json)
    if by_quadrant:
        _quadrants(model, ratings, seed, as_json, quiet)
        return
    split = unseen_rows(model, ratings)
    with progress(quiet or as_json) as bar:
        if split is None:
            sys.stderr.write(
                "The model was trained on every row of this table; a new model with the same settings is tested.\n"
            )
            split = splitting.random(ratings, test=test, seed=seed)
            model = _retrained(model, split.train, bar)
        report = measure(model, split, times=times)
    if html is not None:
        report.to_html(html)
    if as_json:
        show_json(report.to_json() | reading_of(ratings))
    else:
        print(report)


def _quadrants(model: Any, ratings: Ratings, seed: int, as_json: bool, quiet: bool) -> None:
    from penchant.evaluation.comparison.quadrant_table import quadrant_table
    from penchant.recommending.recommender import main_model

    trained = main_model(model)
    spec = {"model": trained.kind, "label": trained.kind, **trained.settings}
    with progress(quiet or as_json) as bar:
        found = quadrant_table(ratings, [spec], progress=bar, seed=0, split_seed=seed)
    if as_json:
        show_json(found.to_json())
    else:
        print(found)


def _retrained(model: Any, ratings: Ratings, bar: Any) -> Any:
    from penchant.recommending.train_parts import train_again

    return train_again(model, ratings, progress=bar)


def register(app: typer.Typer) -> None:
    app.command("evaluate", help=HELP)(with_table_options(evaluate))
