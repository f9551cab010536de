"""How much overfitting is too much? The curves of any way of training, and an answer in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from penchant.training.gradient.learning_curves import LearningCurves

History = Sequence[Mapping[str, float]]
_CLOCKS = {"epoch", "sample", "learning_rate", "rate", "seconds"}


@dataclass(frozen=True)
class Curve:
    """One figure over training. values: one an epoch, sweep or draw."""

    name: str
    values: Sequence[float]


def curves(history: History) -> list[Curve]:
    """What a training history recorded, errors as RMSE; metrics that are missing in some epoch are left out."""
    epochs = [_as_errors(epoch) for epoch in history]
    names = [name for name in (epochs[0] if len(epochs) > 1 else ()) if all(_known(name, epoch) for epoch in epochs)]
    return [Curve(name, [float(epoch[name]) for epoch in epochs]) for name in names]


def _as_errors(epoch: Mapping[str, float]) -> dict[str, float]:
    """The metrics of one epoch; a mean squared training loss next to an RMSE becomes one too."""
    found = dict(epoch)
    if "train_loss" in found and "validation_rmse" in found:
        found = {"train_rmse": found.pop("train_loss") ** 0.5, **found}
    return {name: value for name, value in found.items() if name not in _CLOCKS}


def _known(name: str, epoch: Mapping[str, float]) -> bool:
    return name in epoch and epoch[name] == epoch[name]


def verdict(train_rmse: float, test_rmse: float, history: History = ()) -> str:
    """What the gap between training and test error means, and what to do.

    A gap as such does no harm: a model that predicts unseen ratings better may also fit its own rows far better. It
    is the turn of the validation curve that says when learning became memorising.
    """
    gap = f"The error is {train_rmse:.3f} on training rows and {test_rmse:.3f} on test rows, "
    gap += f"a gap of {test_rmse - train_rmse:.3f}. "
    if all("train_loss" in epoch for epoch in history) and any("validation_rmse" in epoch for epoch in history):
        return gap + "While it learnt: " + LearningCurves.of(history).verdict()
    return gap + _of_gap(train_rmse, test_rmse)


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
