"""Results of the lesson print as one line, and as a table in a notebook."""

import numpy as np
import pytest

from lesson.tables import ratings_of
from penchant.lesson import CollabFilterDataset
from penchant.lesson.crosstab import CrosstabSettings, crosstab
from penchant.lesson.densities import PredictionDensity
from penchant.lesson.derivatives import DotBiasTable
from penchant.lesson.display import TrainingHistory
from penchant.lesson.gradient_descent import all_experiments, points
from penchant.lesson.initial_scores import initial_score_grid
from penchant.lesson.solver import solve
from penchant.lesson.weight_decay import SweepSettings, sweep

RATINGS = ratings_of([[1.0, 2.0], [3.0, np.nan]], titles=["A & B", "C"])


def results():
    table = crosstab(RATINGS, CrosstabSettings(users=2, items=2))
    solution = solve(table, factors=1)
    return {
        "dataset": CollabFilterDataset(RATINGS),
        "crosstab": table,
        "solution": solution,
        "factors": solution.factors,
        "density": PredictionDensity.of(np.array([1.0, 2.0]), np.array([1.5, 1.5])),
        "line": points(),
        "trace": all_experiments()["SGD"].run(points()),
        "sweep": sweep(SweepSettings(users=8, items=6, steps=2)),
        "grid": initial_score_grid(),
        "derivatives": DotBiasTable.of(np.ones((2, 2)), 1),
        "history": TrainingHistory([{"train_loss": 1.0, "validation_loss": 2.0}]),
    }


@pytest.mark.parametrize("name", results())
def test_a_result_prints_on_one_short_line(name):
    text = repr(results()[name])
    assert len(text) < 160
    assert "\n" not in text
    assert text.startswith(f"<{type(results()[name]).__name__}: ")


def test_a_notebook_shows_a_table_with_escaped_titles_and_blanks():
    shown = results()["crosstab"]._repr_html_()
    assert shown.count("<tr>") == 3
    assert "<th>A &amp; B</th>" in shown
    assert "<td></td>" in shown


def test_the_history_shows_one_row_an_epoch():
    shown = results()["history"]._repr_html_()
    assert "validation loss 2.00000" in shown
    assert "<td>1</td><td>1</td><td>2</td>" in shown
    assert "<table>" not in TrainingHistory()._repr_html_()
