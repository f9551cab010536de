"""How much overfitting is too much? An answer in words, from the curves and from the gap at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_PATIENCE = 0.002
"""A relative rise or fall below this is the noise of an epoch."""


@dataclass(frozen=True)
class Curve:
    """One figure over training. values: one an epoch (or draw)."""

    name: str
    values: Sequence[float]


def curves(history: Sequence[Mapping[str, float]]) -> list[Curve]:
    """The losses and errors of a training history, those that have a value in every epoch."""
    wanted = [name for name in (history[0] if history else ()) if name.endswith(("loss", "rmse", "mse"))]
    return [
        Curve(name, [float(epoch[name]) for epoch in history])
        for name in wanted
        if all(name in epoch and epoch[name] == epoch[name] for epoch in history)
    ]


def verdict(train_rmse: float, test_rmse: float, found: Sequence[Curve] = ()) -> str:
    """What the gap between training and test error means, and what to do.

    A gap as such does no harm: a model that predicts unseen ratings better may also fit its own rows far better. It
    is the turn of the validation curve that says when learning became memorising.
    """
    gap = f"Error is {train_rmse:.3f} on training rows and {test_rmse:.3f} on test rows, a gap of "
    gap += f"{test_rmse - train_rmse:.3f}. "
    validation = next((curve for curve in found if curve.name.startswith("valid")), None)
    return gap + (
        _of_curve(validation.values) if validation and len(validation.values) > 1 else _of_gap(train_rmse, test_rmse)
    )


def _of_curve(values: Sequence[float]) -> str:
    best = min(range(len(values)), key=values.__getitem__)
    last = len(values) - 1
    if values[last] > values[best] * (1 + _PATIENCE):
        return (
            f"The validation curve turned after epoch {best + 1} of {last + 1} and has risen since: from there on the "
            "model memorises. Keep the parameters of the turn (early stopping does), or raise the regularisation."
        )
    if best == last and values[last] < values[last - 1] * (1 - _PATIENCE):
        return "The validation curve was still falling when training stopped: the gap costs nothing yet. Train longer."
    return "The validation curve has levelled off without turning: the gap costs nothing, and training can stop here."


def _of_gap(train_rmse: float, test_rmse: float) -> str:
    share = (test_rmse - train_rmse) / test_rmse
    if share < 0.03:
        return "Training rows are fitted hardly better than unseen ones: there may be room for more factors."
    if share < 0.35:
        return "A gap of this size is what a well-regularised model shows; by itself it does no harm."
    return (
        "The model knows its training rows far better than it predicts new ones. Compare with more regularisation; "
        "if the test error falls, this was overfitting."
    )
