from __future__ import annotations

import json

import pytest

from evaluation.made_worlds import NOISE, World
from penchant.data.splitting import quadrants
from penchant.evaluation.comparison.quadrant_table import QuadrantTable, quadrant_table


@pytest.fixture(scope="module")
def table() -> QuadrantTable:
    world = World(n_users=200, n_items=120, n=9_000)
    plain = quadrants(world.ratings, given=0, reserve=10)
    return quadrant_table(world.ratings, [world.oracle(plain.train)], given=(0, 3, 10))


def test_there_is_a_cell_for_each_model_quadrant_and_number_given(table: QuadrantTable) -> None:
    assert table.models == ["oracle", "baseline", "mean"]
    assert len(table.cells) == 3 * (1 + 3 * 3)
    rows = {(cell.quadrant, cell.rows) for cell in table.cells}
    assert len(rows) == 4, "every number given is tested on the same rows"


def test_the_true_model_has_the_error_of_the_noise_for_known_pairs(table: QuadrantTable) -> None:
    known = table.cell("oracle", "known", 0).rmse
    assert known.low < NOISE < known.high


@pytest.mark.parametrize("quadrant", ["new_user", "new_item", "both_new"])
def test_given_ratings_lower_the_error(table: QuadrantTable, quadrant: str) -> None:
    errors = [table.cell("oracle", quadrant, given).rmse.value for given in (0, 3, 10)]
    assert errors[0] > errors[1] > errors[2] > NOISE
    assert table.cell("oracle", quadrant, 10).rmse.value < table.cell("baseline", quadrant, 10).rmse.value
    assert table.cell("baseline", quadrant, 10).rmse.value < table.cell("mean", quadrant, 10).rmse.value


def test_the_mean_does_not_use_given_ratings(table: QuadrantTable) -> None:
    assert table.cell("mean", "new_user", 0).rmse == table.cell("mean", "new_user", 10).rmse


def test_text_and_json(table: QuadrantTable) -> None:
    text = str(table)
    assert text.index("known user, known item") < text.index("new user, new item") and "given" in text
    cells = json.loads(json.dumps(table.to_json(), allow_nan=False))["cells"]
    assert {"model", "quadrant", "given", "rows", "rmse"} == set(cells[0])
