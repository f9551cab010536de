"""The runs that the benchmark trains side by side are those of the lesson's modules and PyTorch's optimisers."""

import numpy as np
import pytest
import torch

from benchmark_modules import benchmark
from penchant.lesson import EmbeddingDot, EmbeddingDotBias, EmbeddingNet

NAMES = {
    "u": "u.weight", "m": "m.weight", "ub": "ub.weight", "mb": "mb.weight",
    "w1": "lin1.weight", "b1": "lin1.bias", "w2": "lin2.weight", "b2": "lin2.bias",
}  # fmt: skip


@pytest.mark.parametrize("kind", [EmbeddingDot, EmbeddingDotBias, EmbeddingNet])
def test_runs_side_by_side_are_single_runs(kind):
    spread = benchmark("lesson_spread")
    table = spread.Table.read("cpu")
    train, held = spread.lesson_split()
    rates = (1e-2, 2e-3)
    plans = [spread.Plan(kind.__name__, (rate, rate), (-0.1, 0.1), train, held[:500], 3) for rate in rates]
    runs = spread.SideBySide(plans, table)
    modules = [kind(671, 9066) for _ in plans]
    for number, module in enumerate(modules):
        module.load_state_dict({NAMES[name]: one.detach()[number] for name, one in runs.parameters.items()})
        module.eval()
    if kind is EmbeddingNet:
        made = [
            torch.optim.Adam(m.parameters(), rate, weight_decay=1e-5) for m, rate in zip(modules, rates, strict=True)
        ]
    else:
        made = [
            torch.optim.SGD(m.parameters(), rate, momentum=0.9, weight_decay=runs.decay)
            for m, rate in zip(modules, rates, strict=True)
        ]

    def loss(module, rows):
        cats = torch.stack([table.users[rows], table.items[rows]], dim=1)
        return (module(cats, torch.empty(len(rows), 0)).reshape(-1) - table.values[rows]).square().mean()

    rng = np.random.default_rng(0)
    for _ in range(5):
        rows = torch.from_numpy(rng.choice(train, (2, 64)))
        runs.step(rows, torch.tensor(rates), (0.0, 0.0))
        for module, optimizer, batch in zip(modules, made, rows, strict=True):
            optimizer.zero_grad()
            loss(module, batch).backward()
            optimizer.step()
    expected = [float(loss(module, torch.from_numpy(held[:500])).detach()) for module in modules]
    np.testing.assert_allclose(runs.losses(), expected, rtol=1e-4)
