"""The procedure that tunes every model of the lists, and the rivals that it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from benchmark_modules import benchmark
from made_ratings import of_arrays
from pages import ROOT
from penchant.data.ratings import Grouped

list_models, tuning, list_rivals = benchmark("list_models"), benchmark("tuning"), benchmark("list_rivals")
GRID = {"penalty": (1.0, 2.0, 4.0, 8.0), "weight": (0.1, 1.0, 10.0)}


def model(**more: Any) -> Any:
    start = {"penalty": 2.0, "weight": 0.1}
    return list_models.ListModel("a model", lambda *_: None, GRID, [start], **more)


def hill(settings: Mapping[str, Any]) -> float:
    """Best at penalty 8 and weight 1; more factors are better up to 64."""
    return -abs(np.log2(settings["penalty"] / 8)) - abs(np.log10(settings["weight"])) + min(settings.get("K", 0), 64)


def test_the_climb_ends_at_the_best_settings_of_the_grid() -> None:
    best, tried = tuning.tuned(model(width=""), (), hill)
    assert best == {"penalty": 8.0, "weight": 1.0} and tried == [{**best, "ndcg@100": 0.0}]


def test_factors_are_doubled_while_it_helps() -> None:
    best, tried = tuning.tuned(model(width="K"), (32, 64, 128), hill)
    assert best["K"] == 64 and [one["K"] for one in tried] == [32, 64, 128, 64]
    narrow, _ = tuning.tuned(model(width="K", widest=32), (32, 64, 128), hill)
    assert narrow["K"] == 32


def test_every_rival_has_a_start_on_its_grid_and_a_pinned_version() -> None:
    lines = (ROOT / "benchmarks" / "external" / "libraries.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split()[0]: line.split()[1].partition("==")[0] for line in lines if not line.startswith("#")}
    for one in list_rivals.RIVALS:
        assert pinned[one.module] == one.distribution
        assert all(start[name] in values for start in one.starts for name, values in one.grid.items())


def test_scores_of_ease_for_new_users_are_their_history_times_the_weights() -> None:
    """The same for more users than items and for fewer, where EASE keeps no weights between items."""
    for users, items in ((60, 12), (12, 60)):
        u, i = np.nonzero(np.random.default_rng(0).random((users, items)) < 0.3)
        train = of_arrays(u, i, np.ones(len(u), np.float32), users, items)
        table = np.zeros((train.n_users, train.n_items))
        table[train.user_numbers, train.item_numbers] = 1.0
        P = np.linalg.inv(table.T @ table + 3.0 * np.eye(train.n_items))
        weights = -P / np.diag(P)
        np.fill_diagonal(weights, 0.0)
        histories = Grouped.build(np.array([0, 0, 1]), np.array([0, 3, 5], np.int32), np.ones(3, np.float32), 2)
        given = np.zeros((2, train.n_items))
        given[[0, 0, 1], [0, 3, 5]] = 1.0
        found = list_models.ease(train, histories, {"regularization": 3.0}, 0)(np.arange(2))
        np.testing.assert_allclose(found, given @ weights, atol=1e-4)


def test_a_library_that_is_missing_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_rivals, "RIVALS", [model(width="", module="no_such_library")])
    assert list_rivals.installed() == []
    assert "a model is left out: No module named 'no_such_library'" in capsys.readouterr().err
