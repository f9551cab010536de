"""Fold-in for any torch module: the embedding rows of a new user are fitted, all other parameters are fixed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from penchant.foundations.errors import ModelShapeError
from penchant.training.gradient.forward_adapter import caller
from penchant.training.gradient.torch_devices import device_of

Array = NDArray[np.float64]


def with_new_user(
    module: nn.Module, item_numbers: NDArray[Any], ratings: NDArray[Any], *, noise: float = 1.0
) -> tuple[nn.Module, int]:
    """A copy of the module with one more user, on the module's device, and that user's number.

    module: with forward(users, items), forward(cats, conts) or forward(x), and users in one or more `nn.Embedding`.
    item_numbers, ratings: (n,), the new user's ratings. noise: the standard deviation of a rating around the module's
    prediction.
    The new rows minimize the squared errors over noise², plus the squared distance to the mean of the trained rows over
    their variance, which is a Gaussian prior fitted to those rows. Raises ModelShapeError if no embedding is indexed by
    the user number.
    """
    grown = copy.deepcopy(module).eval()
    tables = _tables_of_users(grown)
    number = min(table.num_embeddings for table in tables)
    mean, variance = _grow(tables)
    device = device_of(grown)
    items = torch.tensor(item_numbers, dtype=torch.long, device=device)
    users = torch.full_like(items, number)
    truth = torch.tensor(ratings, dtype=torch.float32, device=device)
    call = caller(grown)

    def cost(row: Array) -> tuple[float, Array]:
        _write(tables, number, row)
        loss = 0.5 * (call(users, items).reshape(-1) - truth).square().sum() / noise**2
        slopes = torch.autograd.grad(loss, [table.weight for table in tables])
        away = row - mean
        total = float(loss.detach()) + 0.5 * float(away @ (away / variance))
        return total, np.concatenate([s[number].cpu().numpy().astype(np.float64) for s in slopes]) + away / variance

    _write(tables, number, _minimum(cost, mean) if len(items) else mean)
    return grown, number


def _minimum(cost: Callable[[Array], tuple[float, Array]], start: Array) -> Array:
    from scipy.optimize import minimize

    best: Array = minimize(cost, start, jac=True, method="L-BFGS-B").x
    return best


def _tables_of_users(module: nn.Module) -> list[nn.Embedding]:
    """The embeddings that are indexed by the user number; they are found by a call with user 1 and item 0."""
    with _lookups(module) as seen, torch.no_grad():
        device = device_of(module)
        caller(module)(torch.tensor([1], device=device), torch.tensor([0], device=device))
    found = [table for table, at in seen if at == [1]]
    if not found:
        raise ModelShapeError(
            "no embedding is looked up by the user's number",
            where=type(module).__name__,
            remedy="Keep what is learnt of users in nn.Embedding tables",
        )
    return found


@contextmanager
def _lookups(module: nn.Module) -> Iterator[list[tuple[nn.Embedding, list[int]]]]:
    """Record the indices of all embedding lookups inside this context."""
    seen: list[tuple[nn.Embedding, list[int]]] = []

    def note(table: nn.Module, inputs: tuple[Tensor, ...], _: Any) -> None:
        if isinstance(table, nn.Embedding):
            seen.append((table, inputs[0].flatten().tolist()))

    hooks = [part.register_forward_hook(note) for part in module.modules() if isinstance(part, nn.Embedding)]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _grow(tables: list[nn.Embedding]) -> tuple[Array, Array]:
    """Add a row to each table. Returns the mean and the variance of the earlier rows, concatenated over tables."""
    means, variances = [], []
    for table in tables:
        rows = table.weight.detach()
        means.append(rows.mean(dim=0).cpu().numpy())
        variances.append(rows.var(dim=0, correction=0).cpu().numpy() + 1e-6)
        table.weight = nn.Parameter(torch.cat([rows, rows.mean(dim=0, keepdim=True)]))
        table.num_embeddings += 1
    return np.concatenate(means).astype(np.float64), np.concatenate(variances).astype(np.float64)


def _write(tables: list[nn.Embedding], number: int, row: Array) -> None:
    start = 0
    with torch.no_grad():
        for table in tables:
            stop = start + table.embedding_dim
            table.weight[number] = torch.as_tensor(row[start:stop]).to(table.weight.dtype)
            start = stop
