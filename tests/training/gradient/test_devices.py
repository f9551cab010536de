"""Torch models compute where their parameters are, and no step waits for the device."""

import numpy as np
import pytest
import torch
from torch import nn

import penchant as pt
from benchmark_modules import benchmark
from made_ratings import low_rank
from penchant.foundations.errors import SettingsError
from penchant.lesson import ColumnarModelData, fit, predict
from penchant.recommending.fold_in_module import with_new_user
from penchant.training.gradient import learner, sparse_updates
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.optimizers import optimizer_for
from penchant.training.gradient.settings import DotBiasSettings
from penchant.training.gradient.sparse_updates import SparseUpdates
from penchant.training.gradient.torch_backend import TorchBackend
from penchant.training.gradient.torch_devices import RandomStates, available_devices, device_of, named_device

WORLD = low_rank(users=20, items=15, n=211)
META = torch.device("meta")


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.u, self.m = nn.Embedding(20, 3), nn.Embedding(15, 3)
        self.drop, self.lin = nn.Dropout(0.5), nn.Linear(6, 1)

    def forward(self, users, items):
        return self.lin(self.drop(torch.cat([self.u(users), self.m(items)], dim=1)))


def backend(device, optimizer=None, **more):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = Net().to(device)
    made = optimizer or (lambda parameters: torch.optim.SGD(parameters, lr=0.05))
    return TorchBackend(module, WORLD, made(module.parameters()), 50, **more)


OPTIMIZERS = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1),
    "adam": lambda p: torch.optim.Adam(p, lr=0.1),
    "sparse sgd": lambda p: SparseUpdates(p, lr=0.1, adam=False, betas=(0.9, 0.0)),
    "sparse adam": lambda p: SparseUpdates(p, lr=0.1, adam=True, betas=(0.9, 0.99)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("clip", [0.0, 1.0])
def test_a_step_reads_nothing_from_the_device(name, clip):
    """A meta tensor has no values: reading one, which would wait for a real device, raises."""
    trained = backend(META, OPTIMIZERS[name], clip=clip)
    trained.begin(0, 0)
    losses = trained.steps(0, np.full(5, 0.1))
    assert losses.shape == (5,)
    assert losses.device == META
    with pytest.raises(NotImplementedError):
        losses.cpu()


@pytest.mark.parametrize("settings", [DotBiasSettings(), DotBiasSettings(sparse_updates=True, optimizer="sgd")])
def test_the_settings_optimiser_steps_on_the_meta_device(settings):
    trained = backend(META, lambda parameters: None)
    trained.optimizer = optimizer_for(trained.module, settings, len(WORLD))
    trained.begin(0, 0)
    assert trained.steps(0, np.full(2, 0.1)).device == META


@pytest.mark.parametrize("adam", [True, False])
def test_updating_by_mask_and_by_row_numbers_is_the_same(monkeypatch, adam):
    found = []
    for touched in (sparse_updates._touched, lambda g: sparse_updates._MaskedRows(g.ne(0).reshape(len(g), -1).any(1))):
        monkeypatch.setattr(sparse_updates, "_touched", touched)
        trained = backend("cpu", lambda p: SparseUpdates(p, lr=0.1, adam=adam, betas=(0.9, 0.99)))
        learner.fit(trained, TrainingPlan(2, 0.1), seed=0)
        found.append(trained.state())
    assert found[0].keys() == found[1].keys()
    for name, values in found[0].items():
        np.testing.assert_allclose(values, found[1][name], atol=1e-6)


@pytest.mark.parametrize("name", available_devices())
def test_training_predicting_saving_and_folding_in_on_every_device_of_this_machine(name):
    trained = backend(name)
    learner.fit(trained, TrainingPlan(3, 0.05), seed=1)
    before = trained.predict(WORLD.user_numbers, WORLD.item_numbers)
    assert before.dtype == np.float32
    other = backend("cpu")
    other.restore(trained.state())
    np.testing.assert_allclose(other.predict(WORLD.user_numbers, WORLD.item_numbers), before, atol=1e-5)
    grown, number = with_new_user(trained.module, WORLD.item_numbers[:5], WORLD.values[:5])
    assert device_of(grown) == trained.device
    assert grown.u.weight.shape[0] == number + 1
    losses = [learner.fit(backend(name), TrainingPlan(1, 0.05), seed=1).losses for _ in range(2)]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)  # the same dropout: the device has been seeded


@pytest.mark.parametrize("name", available_devices())
def test_the_lessons_fit_and_predict_follow_the_module(name):
    import pandas as pd

    table = pd.DataFrame({"u": WORLD.user_numbers, "m": WORLD.item_numbers})
    data = ColumnarModelData.from_data_frame("", np.arange(20), table, WORLD.values, ["u", "m"], 64)
    module = Net().to(name)
    history = fit(module, data, 2, torch.optim.SGD(module.parameters(), 0.05), nn.functional.mse_loss)
    error = float(((predict(module, data) - data.val_y) ** 2).mean())
    assert history[-1]["validation_loss"] == pytest.approx(error, rel=1e-5)
    assert device_of(module).type == torch.device(name).type


def test_random_states_are_a_runs_own():
    mine = RandomStates(torch.device("cpu"))
    mine.seeded(3)
    before = torch.get_rng_state()
    with mine.used():
        first = torch.rand(2)
    with mine.used():
        second = torch.rand(2)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(torch.cat([first, second]), torch.rand(4, generator=torch.Generator().manual_seed(3)))


@pytest.mark.parametrize(
    ("name", "message"),
    [("nowhere", "'nowhere' is not a device of PyTorch"), ("meta", "no device 'meta'.*finds here: cpu"),
     ("cuda:99", "no device 'cuda:99'")],
)  # fmt: skip
def test_a_device_that_is_not_there_is_refused(name, message):
    with pytest.raises(SettingsError, match=message):
        named_device(name)


@pytest.mark.parametrize("kind", ["net", "dot", "dot_bias"])
def test_models_take_a_device(kind):
    with pytest.raises(SettingsError, match="no device 'cuda:99'"):
        pt.train(WORLD, kind, device="cuda:99")
    with pytest.raises(SettingsError, match="not of type str"):
        pt.train(WORLD, kind, device=1)


def test_the_kernels_compute_on_the_cpu_only():
    with pytest.raises(SettingsError, match="the kernels have no device 'mps'"):
        pt.train(WORLD, "dot", device="mps", backend="numba")


@pytest.mark.slow
@pytest.mark.parametrize("check", ["agrees_with_the_cpu", "models_by_name", "seeds", "lesson_and_book"])
def test_the_checks_for_a_gpu_pass_on_the_cpu(check):
    """So that the script is ready where a GPU is lent; its notebook and its count of waits have tests of their own."""
    benchmark("devices")  # which the checks import when they run
    checks = benchmark("device_checks")
    result = checks.timed(getattr(checks, check), "cpu")
    assert result["passed"], result
