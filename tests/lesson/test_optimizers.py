"""The reference optimisers against torch.optim, against numbers worked out by hand, and against their properties."""

import dataclasses

import numpy as np
import pytest
import torch

from penchant.foundations.errors import SettingsError
from penchant.lesson.gradient_descent import DescentSettings, all_experiments, descend, points
from penchant.lesson.optimizers import (
    SGD,
    Adagrad,
    Adam,
    AdamW,
    Eve,
    Momentum,
    Optimizer,
    RMSprop,
    TorchMomentum,
    minimize,
)

LINE = points()

TWINS = {
    "sgd": (SGD(), lambda p: torch.optim.SGD(p, lr=1e-4)),
    "momentum": (TorchMomentum(), lambda p: torch.optim.SGD(p, lr=1e-5, momentum=0.9)),
    "dampened momentum": (
        TorchMomentum(learning_rate=1e-4, dampening=0.9),
        lambda p: torch.optim.SGD(p, lr=1e-4, momentum=0.9, dampening=0.9),
    ),
    "the lesson's momentum": (Momentum(), lambda p: torch.optim.SGD(p, lr=1e-5, momentum=0.9)),
    "adagrad": (Adagrad(), lambda p: torch.optim.Adagrad(p, lr=8.0, eps=1e-10)),
    "rmsprop": (RMSprop(), lambda p: torch.optim.RMSprop(p, lr=0.1, alpha=0.9, eps=1e-8)),
    "adam": (Adam(bias_correction=True), lambda p: torch.optim.Adam(p, lr=1.0, betas=(0.7, 0.9), eps=1e-8)),
    "adamw": (
        AdamW(bias_correction=True, weight_decay=0.05),
        lambda p: torch.optim.AdamW(p, lr=1.0, betas=(0.7, 0.9), eps=1e-8, weight_decay=0.05),
    ),
}


def torch_path(make_optimizer, epochs: int) -> np.ndarray:
    """(a, b) after each step of torch's optimiser on the lab's problem, with autograd's slopes."""
    at = torch.ones(2, dtype=torch.float64, requires_grad=True)
    optimizer = make_optimizer([at])
    path = []
    for _ in range(epochs):
        for x, y in zip(LINE.x, LINE.y, strict=True):
            (at.grad,) = torch.autograd.grad((at[0] * x + at[1] - y) ** 2, at)
            optimizer.step()
            path.append(at.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("name", TWINS)
def test_every_step_is_torchs_step_in_float64(name):
    ours, theirs = TWINS[name]
    np.testing.assert_allclose(
        descend(LINE, ours).after, torch_path(theirs, DescentSettings().epochs), rtol=1e-10, atol=1e-10
    )


def test_l2_in_the_slopes_is_torchs_adam_with_weight_decay():
    target = np.array([3.0, -2.0, 0.5])
    scale = np.array([1.0, 10.0, 0.1])
    at = torch.zeros(3, dtype=torch.float64, requires_grad=True)
    theirs = torch.optim.Adam([at], lr=0.1, betas=(0.7, 0.9), eps=1e-8, weight_decay=0.3)
    path, _ = minimize(
        Adam(learning_rate=0.1, bias_correction=True),
        lambda p: (scale * (p - target) ** 2).sum(),
        lambda p: 2 * scale * (p - target),
        np.zeros(3), steps=60, weight_decay=0.3,
    )  # fmt: skip
    for ours in path[1:]:
        (at.grad,) = torch.autograd.grad((torch.tensor(scale) * (at - torch.tensor(target)) ** 2).sum(), at)
        theirs.step()
        np.testing.assert_allclose(ours, at.detach().numpy(), atol=1e-10)


def test_eve_follows_its_paper_worked_by_hand():
    eve = Eve(learning_rate=1.0, beta1=0.0, beta2=0.0, beta3=0.5, limit=10.0, epsilon=0.0)
    at, gradient = np.zeros(1), np.array([4.0])
    state, step = eve.step(eve.start(at), gradient, at, 8.0)
    assert step == [-1.0]  # the first step knows no change of loss: Adam's own step, slope over its own size
    state, step = eve.step(state, gradient, at, 2.0)
    assert state.feedback == 0.5 * 1 + 0.5 * 3  # |2 - 8| / min(2, 8) = 3
    assert step == [-0.5]
    state, _ = eve.step(state, gradient, at, 2.0)
    assert state.feedback == pytest.approx(0.5 * 2 + 0.5 * 0.1)  # a plateau counts as 1/limit: the rate grows
    state, _ = eve.step(state, gradient, at, 2e6)
    assert state.feedback == pytest.approx(0.5 * 1.05 + 0.5 * 10)  # an explosion counts as limit


def test_eve_survives_a_loss_of_exactly_zero():
    eve = Eve()
    state, _ = eve.step(eve.start(np.zeros(1)), np.zeros(1), np.zeros(1), 0.0)
    state, step = eve.step(state, np.zeros(1), np.zeros(1), 0.0)
    assert np.isfinite(state.feedback)
    assert step == [0.0]


def test_without_correction_adams_first_step_is_short_by_the_known_ratio():
    gradient, at = np.array([5.0]), np.zeros(1)
    plain, corrected = Adam(epsilon=0.0), Adam(epsilon=0.0, bias_correction=True)
    _, short = plain.step(plain.start(at), gradient, at, 0.0)
    _, full = corrected.step(corrected.start(at), gradient, at, 0.0)
    assert short / full == pytest.approx((1 - 0.7) / np.sqrt(1 - 0.9))


def test_decoupled_decay_shrinks_every_parameter_by_the_same_share_and_l2_does_not():
    at, gradient = np.array([1.0, 1.0]), np.array([100.0, 0.01])
    adam = Adam(bias_correction=True, learning_rate=0.1, epsilon=0.0)
    adamw = AdamW(bias_correction=True, learning_rate=0.1, weight_decay=0.5, epsilon=0.0)
    _, bare = adam.step(adam.start(at), gradient, at, 0.0)
    _, decoupled = adamw.step(adamw.start(at), gradient, at, 0.0)
    _, coupled = adam.step(adam.start(at), gradient + 0.5 * at, at, 0.0)
    np.testing.assert_allclose(decoupled - bare, [-0.05, -0.05])
    np.testing.assert_allclose(coupled, bare)  # the first Adam step is the slope's sign: L2 has vanished altogether


@pytest.mark.parametrize("name", all_experiments())
def test_every_way_down_gets_nearer(name):
    experiment = all_experiments()[name]
    trace = descend(LINE, experiment.optimizer, experiment.settings)
    assert trace.rmse[-1] < trace.rmse[0] / 4
    np.testing.assert_allclose(trace.at[1:], trace.after[:-1])
    np.testing.assert_allclose(trace.after, trace.at + trace.step)


def test_annealing_divides_the_rate_after_an_epoch_that_did_not_get_calmer_and_helps_adam():
    ways = all_experiments()["Adam"], all_experiments()["Adam annealed"]
    plain, annealed = (descend(LINE, experiment.optimizer, experiment.settings) for experiment in ways)
    rates = annealed.learning_rate[:: len(LINE.x)]
    for epoch in range(1, len(rates) - 1):
        rougher = annealed.mean_square_slope[epoch] >= annealed.lowest_so_far[epoch - 1]
        assert rates[epoch + 1] == (rates[epoch] / 4 if rougher else rates[epoch])
    assert rates[-1] < rates[0]
    assert annealed.rmse[-3:].max() < plain.rmse[-3:].max() / 3


def test_finite_differences_are_off_by_epsilon_times_half_the_curvature():
    trace = descend(LINE, SGD())
    half_curvature = np.stack([trace.x**2, np.ones_like(trace.x)], axis=1)
    np.testing.assert_allclose(trace.estimated - trace.slope, 0.01 * half_curvature, atol=1e-6)


@pytest.mark.parametrize("kind", [SGD, Momentum, TorchMomentum, Adagrad, RMSprop, Adam, AdamW, Eve])
def test_settings_refuse_what_no_descent_could_use(kind: type[Optimizer]):
    for field in dataclasses.fields(kind):
        if isinstance(field.default, float):
            with pytest.raises(SettingsError, match=field.name):
                kind(**{field.name: -1.0})
    with pytest.raises(SettingsError):
        kind(learning_rate=0.0)
