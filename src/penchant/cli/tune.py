"""`penchant tune`: choose settings on training rows, and evaluate them once on test rows."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.output import AsJson, Quiet, progress, show_json
from penchant.cli.table_options import TableOptions, reading_of, with_table_options
from penchant.foundations.errors import SettingsError

HELP = """Search for a model's best settings.

The test rows are set aside first. Trials are trained and validated on parts of the training rows; the best settings and
the model's default settings are then evaluated once on the test rows.
"""


def tune(
    table: TableOptions,
    model: Annotated[str, typer.Option(help="Which model; `penchant models` lists them.")],
    trials: Annotated[int, typer.Option(min=1, help="How many combinations of settings to try.")] = 30,
    search: Annotated[
        list[str] | None,
        typer.Option(help='What to search: `factors=[4,64,"log"]` or `link=["a","b","c"]`. Repeatable.'),
    ] = None,
    metric: Annotated[str, typer.Option(help="The metric to optimize, such as rmse or ndcg@10.")] = "rmse",
    test: Annotated[float, typer.Option(min=0.01, max=0.9, help="Share of rows set aside as the test.")] = 0.2,
    seed: Annotated[int, typer.Option(help="The seed that selects the trials.")] = 0,
    folder: Annotated[Path | None, typer.Option(help="Keep trials here; an interrupted search continues.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.data import splitting
    from penchant.evaluation.comparison.compare import compare
    from penchant.evaluation.comparison.tuning import tune as run

    space = dict(map(_part, search)) if search else None
    ratings = table.read_and_say(quiet or as_json)
    split = splitting.random(ratings, test=test)
    with progress(quiet or as_json) as bar:
        found = run(
            split.train, model, space=space, trials=trials, metric=metric, seed=seed, folder=folder, progress=bar
        )
        tuned = {"model": model, "label": f"{model}, tuned", **found.settings}
        compared = compare([model, tuned], split, seeds=[seed], by=metric, progress=bar)
    if as_json:
        show_json({"tuned": found.to_json(), "on_test": compared.to_json()} | reading_of(ratings))
        return
    flags = " ".join(f"--{name.replace('_', '-')} {shlex.quote(str(v))}" for name, v in found.settings.items())
    print(f"{found}\n\n{compared}\n\nNext: penchant train {table.ratings} --model {model} {flags} --out my-model")


def _part(text: str) -> tuple[str, Any]:
    """`name=[low, high]`, `name=[low, high, "log"]` or `name=[a, b, c]` as a part of the search space."""
    name, _, value = text.partition("=")
    try:
        parts = json.loads(value)
    except ValueError:
        parts = None
    if not isinstance(parts, list) or not parts:
        raise SettingsError(f"{value!r} is not a list", where=f"--search {name}", remedy="Write factors=[4,64]")
    is_range = len(parts) == 2 or (len(parts) == 3 and parts[2] == "log")
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in parts[:2])
    return name, tuple(parts) if is_range and numbers else parts


def register(app: typer.Typer) -> None:
    app.command("tune", help=HELP)(with_table_options(tune))
