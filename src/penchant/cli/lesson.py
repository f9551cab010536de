"""`penchant lesson`: the spreadsheets and the gradient-descent lab."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from penchant.cli.output import AsJson, show_json, show_table
from penchant.cli.table_options import TableOptions, with_table_options
from penchant.foundations.errors import CallerError
from penchant.lesson.crosstab import CrosstabSettings
from penchant.lesson.gradient_descent import DescentSettings, LinePoints, Trace
from penchant.lesson.solver import SolverSettings

Out = Annotated[Path, typer.Option("--out", "-o", help="The workbook to write.")]
Size = Annotated[int, typer.Option("-k", help="How many users and items, those with the most ratings.")]

lesson = typer.Typer(help="Lesson 5: the spreadsheets and the gradient-descent lab.", no_args_is_help=True)


@lesson.command("spreadsheet", help="A workbook that fits a small table of ratings with formulas.")
@with_table_options
def spreadsheet(
    table: TableOptions,
    out: Out = Path("collab_filter.xlsx"),
    k: Size = CrosstabSettings.users,
    factors: Annotated[int, typer.Option(help="How many factors a user and an item have.")] = SolverSettings.factors,
    seed: Annotated[int, typer.Option(help="Seed of the random initial values.")] = SolverSettings.seed,
    solved: Annotated[bool, typer.Option("--solved", help="Fill the cells with the solver's result.")] = False,
    as_json: AsJson = False,
) -> None:
    from penchant.lesson.crosstab import crosstab
    from penchant.lesson.solver import rmse
    from penchant.lesson.spreadsheet import write_spreadsheet

    cells = crosstab(table.read(), CrosstabSettings(users=k, items=k))
    written = write_spreadsheet(out, cells, SolverSettings(factors=factors, seed=seed), solved=solved)
    plain, biased = (rmse(cells, shown) for shown in written.shown)
    if as_json:
        show_json({"workbook": str(out), "cells": int(cells.rated.sum()), "rmse": plain, "rmse_with_biases": biased})
        return
    print(cells.to_text())
    state = "solved" if solved else "random initial values"
    print(f"{out}: {cells.rated.sum()} ratings, {state}: RMSE {plain:.4f}, with biases {biased:.4f}")


@lesson.command("gradient-descent", help="A workbook that compares optimisers, every step a formula.")
def gradient_descent(
    out: Out = Path("graddesc.xlsx"),
    epochs: Annotated[int, typer.Option(help="How many times all points are used.")] = DescentSettings.epochs,
    plot: Annotated[bool, typer.Option("--plot", help="Also write a page of pictures next to the workbook.")] = False,
    as_json: AsJson = False,
) -> None:
    from penchant.lesson.gradient_descent import all_experiments, points
    from penchant.lesson.gradient_descent_workbook import write_gradient_descent

    line = points()
    traces = write_gradient_descent(out, line=line, experiments=all_experiments(DescentSettings(epochs=epochs)))
    pictures = _write_pictures(out, traces, line) if plot else None
    if as_json:
        ends = {name: {"a": t.after[-1, 0], "b": t.after[-1, 1], "rmse": t.rmse[-1]} for name, t in traces.items()}
        show_json({"workbook": str(out), "pictures": pictures, "runs": ends})
        return
    for name, trace in traces.items():
        a, b = trace.after[-1]
        print(f"{name:17} a {a:7.4f}  b {b:8.4f}  RMSE {trace.rmse[-1]:8.4f}")
    print(f"{out}: {len(traces)} sheets of {len(trace.x)} steps" + (f"; pictures in {pictures}" if pictures else ""))


@lesson.command("check-gradients", help="Compare autograd's slopes of a torch model with central differences.")
def check_gradients(
    model: Annotated[str, typer.Argument(help="dot, dot_bias, net, or your own module as path.py:ClassName.")],
    as_json: AsJson = False,
) -> None:
    from penchant.lesson.check_gradients import check_gradients as check
    from penchant.lesson.checked_models import module_of

    checks = check(module_of(model))
    if as_json:
        show_json([dataclasses.asdict(one) for one in checks])
    else:
        words = {True: "good", False: "WRONG"}
        rows = [(c.name, "×".join(map(str, c.shape)), c.moved, f"{c.largest:.3g}", f"{c.error:.1e}",
                 "unused by the loss" if c.stuck and c.good else words[c.good]) for c in checks]  # fmt: skip
        show_table(model, ("parameter", "shape", "entries moved", "largest slope", "relative error", ""), rows)
    if not all(one.good for one in checks):
        raise CallerError("autograd's slope of a parameter differs from the slope of the loss", where=model)


def _write_pictures(out: Path, traces: Mapping[str, Trace], line: LinePoints) -> str:
    from penchant.lesson.lab_page import write_lab_page

    return str(write_lab_page(out.with_suffix(".html"), traces, line))


def register(app: typer.Typer) -> None:
    app.add_typer(lesson, name="lesson")
