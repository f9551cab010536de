"""A user's own module: which forms are accepted, and what is refused before the first step."""

import numpy as np
import pytest
import torch
from torch import nn

from made_ratings import low_rank
from penchant.foundations.errors import DataError, ModelShapeError, TrainingDivergedError
from penchant.lesson import ColumnarModelData, fit, set_lrs
from penchant.training.gradient import learner
from penchant.training.gradient.callbacks.early_stopping import BestWeights
from penchant.training.gradient.callbacks.validation import Held, Validation
from penchant.training.gradient.events import TrainingPlan
from penchant.training.gradient.torch_backend import TorchBackend

WORLD = low_rank(users=20, items=15, n=211)


class Own(nn.Module):
    """Two embeddings; `shape` turns the (B,) products into what forward returns."""

    def __init__(self, shape):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.u, self.m = (nn.Embedding(n, 3, _weight=torch.rand(n, 3, generator=generator)) for n in (20, 15))
        self.shape = shape

    def score(self, users, items):
        return self.shape((self.u(users) * self.m(items)).sum(dim=1))


class ByPairs(Own):
    def forward(self, users, items):
        return self.score(users, items)


class ByColumns(Own):
    def forward(self, cats, conts):
        assert conts.shape == (len(cats), 0)
        return self.score(cats[:, 0], cats[:, 1])


class ByColumnsAlone(Own):
    def forward(self, x):
        return self.score(x[:, 0], x[:, 1])


def backend(module, rate=0.05, batch_size=50, **more):
    return TorchBackend(module, WORLD, torch.optim.SGD(module.parameters(), lr=rate), batch_size, **more)


@pytest.mark.parametrize("kind", [ByPairs, ByColumns, ByColumnsAlone])
@pytest.mark.parametrize("shape", [lambda x: x, lambda x: x[:, None]], ids=["B", "B1"])
@pytest.mark.parametrize("batch_size", [1, 50, 1000])
def test_all_accepted_forms_train_to_the_same_result(kind, shape, batch_size):
    expected = learner.fit(backend(ByPairs(lambda x: x), batch_size=batch_size), TrainingPlan(2, 0.05), seed=1)
    found = learner.fit(backend(kind(shape), batch_size=batch_size), TrainingPlan(2, 0.05), seed=1)
    assert found.losses == expected.losses
    assert found.history[1]["train_loss"] < found.history[0]["train_loss"]


@pytest.mark.parametrize(
    ("shape", "named"),
    [
        (lambda x: x[None], r"\(1, 50\)"),
        (lambda x: x[:, None].expand(-1, 2), r"\(50, 2\)"),
        (lambda x: x.sum(), r"\(\)"),
        (lambda x: x[:, None] * x, r"\(50, 50\)"),
    ],
)
def test_other_shapes_are_refused_before_the_first_step(shape, named):
    module = ByPairs(shape)
    before = module.u.weight.detach().clone()
    with pytest.raises(ModelShapeError, match=named + r" for ratings of shape \(50,\)"):
        backend(module)
    assert torch.equal(before, module.u.weight)


def test_another_forward_is_refused_by_name():
    class NoInput(nn.Module):
        def forward(self):
            return 1

    with pytest.raises(ModelShapeError, match=r"NoInput: forward\(\) cannot take users and items"):
        TorchBackend(NoInput(), WORLD, torch.optim.SGD([torch.zeros(1, requires_grad=True)]), 10)


def test_a_diverging_loss_stops_training_and_keeps_the_best_weights():
    module = ByPairs(lambda x: x)
    trained, best = backend(module), BestWeights()
    wild = TrainingPlan(6, 1.0, curve=lambda position: 0.05 if position < 0.5 else 1e6)
    with pytest.raises(
        TrainingDivergedError, match=r"at step \d+, learning rate 1e\+06.*Try a learning rate of 1e\+05"
    ):
        learner.fit(trained, wild, seed=0, callbacks=[Validation(Held.of(WORLD, WORLD)), best])
    assert torch.isfinite(module.u.weight).all()
    assert best.epoch == 2
    assert Held.of(WORLD, WORLD).rmse(trained) == pytest.approx(best.best, abs=1e-6)


def test_clipping_keeps_steps_short():
    module = ByPairs(lambda x: x)
    before = module.u.weight.detach().clone()
    clipped = backend(module, clip=0.01)
    clipped.begin(0, 0)
    clipped.advance(0, np.array([1.0]))
    assert float((module.u.weight.detach() - before).norm()) <= 0.01 + 1e-6


def test_columnar_data_needs_two_columns_of_numbers():
    import pandas as pd

    frame = pd.DataFrame({"u": [0, 1, 2], "m": ["a", "b", "c"]})
    with pytest.raises(DataError, match="column m"):
        ColumnarModelData.from_data_frame("", np.array([0]), frame, [1.0, 2, 3], ["u", "m"], 2)
    with pytest.raises(DataError, match="not a list of two columns or more"):
        ColumnarModelData.from_data_frame("", np.array([0]), frame, [1.0, 2, 3], ["u"], 2)


def test_the_lessons_fit_uses_the_groups_own_rates_and_puts_them_back(capsys):
    import pandas as pd

    frame = pd.DataFrame({"u": WORLD.user_numbers, "m": WORLD.item_numbers})
    data = ColumnarModelData.from_data_frame("", np.arange(20), frame, WORLD.values, ["u", "m"], 30)
    module = ByColumns(lambda x: x)
    still = module.m.weight.detach().clone()
    opt = torch.optim.SGD([{"params": [module.u.weight], "lr": 0.1}, {"params": [module.m.weight], "lr": 0.0}], lr=1.0)
    run = fit(module, data, 2, opt, nn.functional.mse_loss)
    assert torch.equal(still, module.m.weight)
    assert [group["lr"] for group in opt.param_groups] == [0.1, 0.0]
    assert run[1]["train_loss"] < run[0]["train_loss"]
    set_lrs(opt, 0.3)
    assert [group["lr"] for group in opt.param_groups] == [0.3, 0.3]
    set_lrs(opt, [0.1, 0.2])
    assert [group["lr"] for group in opt.param_groups] == [0.1, 0.2]
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert (data.val_y == WORLD.values[:20]).all()


class Late(ByPairs):
    """Sparse gradients, and a bias that takes part after the first batches."""

    def __init__(self, *, sparse, late):
        super().__init__(lambda x: x)
        self.u.sparse, self.late, self.calls = sparse, late, 0
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, users, items):
        self.calls += 1
        return self.score(users, items) + (self.bias if self.calls > self.late else 0.0)


@pytest.mark.parametrize(("sparse", "late"), [(False, 0), (True, 0), (False, 3)])
def test_sgd_in_one_kernel_takes_the_steps_of_plain_sgd_and_leaves_it_to_others(sparse, late):
    losses = []
    for fused in (None, False):
        module = Late(sparse=sparse, late=late)
        opt = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, fused=fused)
        losses.append(learner.fit(TorchBackend(module, WORLD, opt, 50), TrainingPlan(3, 0.05), seed=1).losses)
        assert opt.param_groups[0]["fused"] is fused
    np.testing.assert_allclose(*losses, rtol=1e-5)
