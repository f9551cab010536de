"""The lab's experiments show the effects that the pages describe."""

import numpy as np
import pytest

from penchant.lesson.derivatives import DotBiasTable, error_by_epsilon
from penchant.lesson.gradient_descent import all_experiments, descend, points
from penchant.lesson.initial_scores import initial_score_grid, scale_for, simulated
from penchant.lesson.one_hot import compare, one_hot
from penchant.lesson.pictures import decay_sweep, initial_scores, loss_per_step, paths, slope_errors
from penchant.lesson.weight_decay import SweepSettings, remaining_weight, sweep


def test_decay_alone_shrinks_all_weights_alike_in_adamw_and_not_through_l2():
    sizes = np.logspace(-3, 2, 6)
    l2, adamw = remaining_weight(sizes, decay=0.1, rate=0.01, steps=500, seed=0)
    np.testing.assert_allclose(adamw, (1 - 0.01 * 0.1) ** 500, atol=0.03)
    assert (np.diff(l2) > 0).all()
    assert l2[0] < 0.01
    assert l2[-1] > 0.99


@pytest.mark.slow
def test_the_sweep_has_a_good_decay_inside_the_grid_both_ways():
    found = sweep()
    assert found.l2.shape == (len(found.learning_rates), len(found.l2_decays))
    for grid in (found.l2, found.adamw):
        best = np.unravel_index(grid.argmin(), grid.shape)
        assert 0 < best[1] < grid.shape[1] - 1
        assert grid.min() < 0.85 * found.zero
        np.testing.assert_allclose(grid[:, -1], found.zero, rtol=0.02)  # too much decay predicts nothing
    np.testing.assert_allclose(found.l2[:, 0], found.adamw[:, 0], rtol=1e-9)  # no decay: the same optimiser


def test_the_same_seed_gives_the_same_sweep():
    small = SweepSettings(users=8, items=6, steps=5)
    np.testing.assert_array_equal(sweep(small).l2, sweep(small).l2)


def test_the_first_score_is_as_derived():
    rng = np.random.default_rng(0)
    grid = initial_score_grid(widths=(5, 50), highs=(0.05, 1.0))
    for (w, h), mean in np.ndenumerate(grid.mean):
        simulated_mean, deviation = simulated(grid.widths[w], grid.highs[h], pairs=40_000, rng=rng)
        assert simulated_mean == pytest.approx(mean, rel=0.02)
        assert deviation == pytest.approx(grid.deviation[w, h], rel=0.02)


def test_the_scale_for_a_score_starts_at_that_score():
    high = scale_for(3.5, 50)
    assert initial_score_grid(widths=(50,), highs=(high,)).mean[0, 0] == pytest.approx(3.5)


def test_one_hot_times_matrix_is_the_look_up_is_the_embedding():
    comparison = compare(300, width=7, batch=20, rng=np.random.default_rng(1))
    first, *others = comparison.vectors.values()
    assert first.shape == (20, 7)
    assert len(others) == 2
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert all(seconds > 0 for seconds in comparison.seconds.values())


def test_one_hot_rows():
    assert one_hot(np.array([2, 0]), 3).tolist() == [[0, 0, 1], [1, 0, 0]]


def test_pictures_draw_what_was_computed():
    line = points()
    traces = {
        name: descend(line, experiment.optimizer, experiment.settings) for name, experiment in all_experiments().items()
    }
    figure = loss_per_step(traces, line)
    assert [one.name for one in figure.data] == list(traces)
    np.testing.assert_allclose(figure.data[0].y[28], traces["SGD"].rmse[1])
    figure = paths(traces, line)
    assert {one.name for one in figure.data} >= {*traces, "best line"}
    star = figure.data[-1]
    assert (star.x[0], star.y[0]) == pytest.approx((2, 30))
    assert figure.layout.yaxis.range[0] < 30 < figure.layout.yaxis.range[1]
    small = sweep(SweepSettings(users=8, items=6, steps=5))
    heat = decay_sweep(small)
    np.testing.assert_array_equal(heat.data[1].z, small.adamw)
    table = DotBiasTable.of(np.array([[1.0, 2.0]]), 1)
    epsilons = np.array([1e-2, 1e-4])
    assert len(slope_errors(error_by_epsilon(table, np.ones(table.size), epsilons), epsilons).data) == 3
    assert initial_scores(initial_score_grid()).data[0].text[0][0] == "0.00013 ± 4.9e-05"


def test_the_rooms_names_load_when_asked_for():
    import penchant.lesson

    assert all(callable(getattr(penchant.lesson, name)) for name in penchant.lesson.__all__)
    assert set(penchant.lesson.__all__) == set(penchant.lesson._WHERE)
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        _ = penchant.lesson.missing
