"""graddesc.xlsx: the points, a sheet for each optimiser with every number as a formula, and a comparison."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penchant.lesson.gradient_descent import Experiment, LinePoints, Trace, all_experiments, points
from penchant.lesson.gradient_descent_data import write_data, write_introduction
from penchant.lesson.gradient_descent_formulas import step_columns
from penchant.lesson.gradient_descent_texts import COMPARE, HOW, TEXTS
from penchant.lesson.sheets import Book, area, cell, write_columns

HEAD = 4  # row of all headings; above it the title and the explanation
STEPS = 7  # first column of the table of steps; left of it the settings and the epochs
FIRST = HEAD + 2  # row of the first step


def write_gradient_descent(
    path: str | Path, *, line: LinePoints | None = None, experiments: Mapping[str, Experiment] | None = None
) -> dict[str, Trace]:
    """Write the workbook and return the traces whose numbers it holds, by sheet name."""
    line, experiments = line or points(), experiments or all_experiments()
    traces = {name: experiment.run(line) for name, experiment in experiments.items()}
    with Book(path) as book:
        write_introduction(book, line, traces)
        write_data(book, line)
        compare = book.sheet("Compare", "The optimisers compared", COMPARE, width=max(len(traces) + 1, 6))
        rows = {name: _write_experiment(book, name, experiments[name], line, trace) for name, trace in traces.items()}
        _write_comparison(book, compare, traces, rows)
    return traces


def _write_experiment(book: Book, name: str, experiment: Experiment, line: LinePoints, trace: Trace) -> list[str]:
    """One sheet; returns the addresses of its RMSE cells, before the first and after each epoch."""
    sheet = book.sheet(name, name, [TEXTS[name], HOW] if name in TEXTS else [HOW], width=STEPS + 14, height=34)
    sheet.set_row(HEAD, 46)
    sheet.freeze_panes(HEAD + 1, 0)
    below = _write_settings(book, sheet, experiment)
    annealed = experiment.settings.annealing > 1
    epochs = range(1, experiment.settings.epochs + 1)
    rates = [cell(below + 1 + epoch, 4, pin="both") for epoch in epochs] if annealed else []
    columns = step_columns(experiment, line, trace, rates)
    write_columns(book, sheet, columns, row=HEAD, column=STEPS)
    places = {column.heading: STEPS + offset for offset, column in enumerate(columns)}
    _write_epochs(book, sheet, experiment, line, trace, places, below)
    _error_chart(book, sheet, below + 1, below + 1 + experiment.settings.epochs)
    return [cell(below + 1 + epoch, 1) for epoch in (0, *epochs)]


def _write_settings(book: Book, sheet: Any, experiment: Experiment) -> int:
    """Every setting as a named cell with its meaning; returns the first free row."""
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 4, 14)
    sheet.set_column(5, 6, 3)
    for column, text in enumerate(("setting", "value", "meaning", "", "")):
        sheet.write_string(HEAD, column, text, book.look("left heading"))
    for row, (name, value, meaning) in enumerate(_named_settings(experiment), start=HEAD + 1):
        sheet.write_string(row, 0, name, book.look("side"))
        sheet.write_number(row, 1, value, book.look("given"))
        sheet.write_string(row, 2, meaning, book.look("note"))
        book.name(sheet, name, cell(row, 1, pin="both"))
    return HEAD + 2 + len(_named_settings(experiment))


def _named_settings(experiment: Experiment) -> list[tuple[str, float, str]]:
    """(name on the sheet, value, meaning): the problem's, the descent's and the optimiser's numbers."""
    own = [f for f in dataclasses.fields(experiment.optimizer) if f.type != "bool"]
    known = [(f.name, float(getattr(experiment.optimizer, f.name)), f.metadata["meaning"]) for f in own]
    run = {"start_a": "start_a", "start_b": "start_b", "epsilon": "nudge"}
    run |= {"annealing": "annealing"} if experiment.settings.annealing > 1 else {}
    fields = [f for f in dataclasses.fields(experiment.settings) if f.name in run]
    known += [(run[f.name], float(getattr(experiment.settings, f.name)), f.metadata["meaning"]) for f in fields]
    return known


def _write_epochs(
    book: Book, sheet: Any, experiment: Experiment, line: LinePoints, trace: Trace, places: Mapping[str, int], row: int
) -> None:
    """The table of epochs: the error over all points, the mean squared slope and, where it is annealed, the rate."""
    headings = ["after epoch", "RMSE", "mean slope²"]
    headings += ["lowest so far", "rate"] if experiment.settings.annealing > 1 else []
    for column, text in enumerate(headings):
        sheet.write_string(row, column, text, book.look("heading"))
    for epoch in range(experiment.settings.epochs + 1):
        at, last = row + 1 + epoch, HEAD + 1 + epoch * len(line.x)
        a, b = (cell(last, places[f"new {p}"]) for p in "ab")
        rmse = f"=SQRT(SUMPRODUCT(({a}*points_x+{b}-points_y)^2)/COUNT(points_x))"
        sheet.write_number(at, 0, epoch, book.look("0"))
        book.formula(sheet, at, 1, rmse, float(trace.rmse[epoch]), "0.000000")
        if epoch:
            _write_mean_square_slope(book, sheet, experiment, trace, epoch, at, _slope_areas(line, places, epoch))


def _slope_areas(line: LinePoints, places: Mapping[str, int], epoch: int) -> list[str]:
    first = FIRST + (epoch - 1) * len(line.x)
    return [area(first, places[f"slope {p}"], first + len(line.x) - 1, places[f"slope {p}"]) for p in "ab"]


def _write_mean_square_slope(
    book: Book, sheet: Any, experiment: Experiment, trace: Trace, epoch: int, row: int, slopes: list[str]
) -> None:
    a, b = slopes
    mean = f"=(SUMSQ({a})+SUMSQ({b}))/COUNT({a})"
    book.formula(sheet, row, 2, mean, float(trace.mean_square_slope[epoch - 1]), "#,##0")
    if experiment.settings.annealing <= 1:
        return
    first = row - epoch + 1
    book.formula(sheet, row, 3, f"=MIN({area(first, 2, row, 2)})", float(trace.lowest_so_far[epoch - 1]), "#,##0")
    not_lower = f"{cell(row - 1, 2)}>={cell(row - 2, 3)}"
    chained = f"=IF({not_lower},{cell(row - 1, 4)}/annealing,{cell(row - 1, 4)})"
    formula = "=learning_rate" if epoch == 1 else f"={cell(row - 1, 4)}" if epoch == 2 else chained
    rates = trace.learning_rate.reshape(experiment.settings.epochs, -1)[:, 0]
    book.formula(sheet, row, 4, formula, float(rates[epoch - 1]), "0.00000")


def _write_comparison(book: Book, sheet: Any, traces: Mapping[str, Trace], rows: Mapping[str, list[str]]) -> None:
    """RMSE after each epoch, an optimiser a column, read from their own sheets."""
    sheet.freeze_panes(HEAD + 1, 1)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, len(traces), 16)
    sheet.write_string(HEAD, 0, "after epoch", book.look("heading"))
    for column, (name, trace) in enumerate(traces.items(), start=1):
        sheet.write_url(HEAD, column, f"internal:'{name}'!A1", book.look("heading"), name)
        for epoch, value in enumerate(trace.rmse):
            sheet.write_number(HEAD + 1 + epoch, 0, epoch, book.look("0"))
            book.formula(sheet, HEAD + 1 + epoch, column, f"='{name}'!{rows[name][epoch]}", float(value), "0.000")
    last = HEAD + max(len(trace.rmse) for trace in traces.values())
    sheet.conditional_format(HEAD + 1, 1, last, len(traces), {
        "type": "3_color_scale", "min_color": "#9AD1A8", "mid_color": "#FFFFFF", "max_color": "#F2B8A0",
    })  # fmt: skip
    series = [(name, "Compare", column) for column, name in enumerate(traces, start=1)]
    _comparison_chart(book, sheet, series, last)


def _comparison_chart(book: Book, sheet: Any, series: list[tuple[str, str, int]], last: int) -> None:
    chart = _line_chart(book, series, HEAD + 1, last)
    chart.set_title({"name": "Error over all points after each epoch"})
    chart.set_y_axis({"name": "RMSE", "log_base": 10, "min": 1, "num_format": "0"})
    chart.set_x_axis({"name": "epoch"})
    chart.set_size({"width": 1100, "height": 420})
    sheet.insert_chart(last + 2, 0, chart)


def _error_chart(book: Book, sheet: Any, first: int, last: int) -> None:
    chart = _line_chart(book, [(sheet.name, sheet.name, 1)], first, last)
    chart.set_title({"name": "RMSE after each epoch", "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": 0, "num_format": "0"})
    chart.set_size({"width": 440, "height": 260})
    sheet.insert_chart(last + 2, 0, chart)


def _line_chart(book: Book, series: list[tuple[str, str, int]], first: int, last: int) -> Any:
    """A line for each (name, sheet, column) over the rows first..last; the epochs are in column A."""
    chart = book.file.add_chart({"type": "line"})
    for name, tab, column in series:
        places = {"categories": [tab, first, 0, last, 0], "values": [tab, first, column, last, column]}
        chart.add_series({"name": name, **places})
    return chart
