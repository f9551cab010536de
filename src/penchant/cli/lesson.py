"""`penchant lesson`: the spreadsheets and the gradient-descent lab."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.rendering import show_json
from penchant.cli.tables import (
    AsJson,
    ItemColumn,
    ItemsFile,
    RatingColumn,
    RatingsFile,
    Separator,
    UserColumn,
    read_ratings,
)
from penchant.lesson.crosstab import CrosstabSettings
from penchant.lesson.gradient_descent import Descent
from penchant.lesson.solver import SolverSettings

Out = Annotated[Path, typer.Option("--out", "-o", help="The workbook to write.")]
Size = Annotated[int, typer.Option("-k", help="How many of the busiest users and of the most-rated items.")]

lesson = typer.Typer(help="Lesson 5: the spreadsheets and the gradient-descent lab.", no_args_is_help=True)


@lesson.command("spreadsheet", help="A workbook that learns a corner of the ratings with live formulas.")
def spreadsheet(
    ratings: RatingsFile,
    out: Out = Path("collab_filter.xlsx"),
    k: Size = CrosstabSettings.users,
    factors: Annotated[int, typer.Option(help="How many numbers describe a user.")] = SolverSettings.factors,
    seed: Annotated[int, typer.Option(help="Where the random start comes from.")] = SolverSettings.seed,
    solved: Annotated[bool, typer.Option("--solved", help="Fill the cells with the solver's result.")] = False,
    user: UserColumn = None,
    item: ItemColumn = None,
    rating: RatingColumn = None,
    items: ItemsFile = None,
    separator: Separator = ",",
    as_json: AsJson = False,
) -> None:
    from penchant.lesson.crosstab import crosstab
    from penchant.lesson.solver import rmse
    from penchant.lesson.spreadsheet import write_spreadsheet

    read = read_ratings(ratings, items=items, separator=separator, user=user, item=item, rating=rating)
    table = crosstab(read, CrosstabSettings(users=k, items=k))
    written = write_spreadsheet(out, table, SolverSettings(factors=factors, seed=seed), solved=solved)
    plain, biased = (rmse(table, shown) for shown in written.shown)
    if as_json:
        show_json({"workbook": str(out), "cells": int(table.rated.sum()), "rmse": plain, "rmse_with_biases": biased})
        return
    print(table.to_text())
    state = "solved" if solved else "at its random start"
    print(f"{out}: {table.rated.sum()} ratings, {state}: RMSE {plain:.4f}, with biases {biased:.4f}")


@lesson.command("gradient-descent", help="A workbook of ten ways down one slope, every step a formula.")
def gradient_descent(
    out: Out = Path("graddesc.xlsx"),
    epochs: Annotated[int, typer.Option(help="How often all points are gone through.")] = Descent.epochs,
    plot: Annotated[bool, typer.Option("--plot", help="Also write the pictures, beside the workbook.")] = False,
    as_json: AsJson = False,
) -> None:
    from penchant.lesson.gradient_descent import walks
    from penchant.lesson.gradient_descent_workbook import write_gradient_descent

    traces = write_gradient_descent(out, ways=walks(Descent(epochs=epochs)))
    pictures = _write_pictures(out) if plot else None
    if as_json:
        ends = {name: {"a": t.after[-1, 0], "b": t.after[-1, 1], "rmse": t.rmse[-1]} for name, t in traces.items()}
        show_json({"workbook": str(out), "pictures": pictures, "walks": ends})
        return
    for name, trace in traces.items():
        a, b = trace.after[-1]
        print(f"{name:17} a {a:7.4f}  b {b:8.4f}  RMSE {trace.rmse[-1]:8.4f}")
    print(f"{out}: {len(traces)} sheets of {len(trace.x)} steps" + (f"; pictures in {pictures}" if pictures else ""))


def _write_pictures(out: Path) -> str:
    from penchant.lesson.pictures import write_gradient_descent_pictures

    return str(write_gradient_descent_pictures(out.with_suffix(".html")))


def register(app: typer.Typer) -> None:
    app.add_typer(lesson, name="lesson")
