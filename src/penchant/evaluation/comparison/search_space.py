"""Where tuning looks: a range or a list of choices for each setting."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.foundations.errors import SettingsError
from penchant.training.registry import model_spec


@dataclass(frozen=True)
class Span:
    """Numbers from low to high, evenly or by their logarithm; whole where the setting is."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Space = Mapping[str, Span | Sequence[Any]]

_USUAL: dict[str, Span] = {
    "factors": Span(4, 96, log=True, whole=True),
    "regularization": Span(0.003, 3.0, log=True),
    "user_regularization": Span(0.003, 3.0, log=True),
    "item_regularization": Span(0.003, 3.0, log=True),
    "alpha": Span(0.5, 50.0, log=True),
    "learning_rate": Span(0.001, 0.05, log=True),
    "weight_decay": Span(0.001, 3.0, log=True),
    "dropout": Span(0.0, 0.6),
    "user_damping": Span(0.5, 40.0, log=True),
    "item_damping": Span(0.5, 40.0, log=True),
}
"""Ranges that hold good settings for most tables, by the name of the setting."""


def space_for(model: str, asked: Mapping[str, Any] | None = None, fixed: Mapping[str, Any] | None = None) -> Space:
    """What to search: as asked, or the usual ranges of those settings the model has and that are not fixed.

    asked: name -> (low, high), (low, high, "log") or a list of choices. Raises SettingsError for a setting the model
    does not have and for a range that is none.
    """
    hints = typing.get_type_hints(model_spec(model).settings_class())
    if asked is None:
        return {name: span for name, span in _USUAL.items() if name in hints and name not in (fixed or {})}
    for name in asked:
        if name not in hints:
            raise SettingsError(f"there is no setting {name!r}", where=model, remedy=f"It knows: {', '.join(hints)}")
    return {name: _part(name, wanted, hints[name] is int) for name, wanted in asked.items()}


def _part(name: str, wanted: Any, whole: bool) -> Span | Sequence[Any]:
    match wanted:
        case Span() | list():
            return wanted
        case (low, high, "log"):
            return _checked(name, Span(low, high, log=True, whole=whole))
        case (low, high):
            return _checked(name, Span(low, high, whole=whole))
    raise SettingsError(f"{wanted!r} is no range", where=name, remedy='Write (low, high), (low, high, "log") or a list')


def _checked(name: str, span: Span) -> Span:
    if not span.low < span.high or (span.log and span.low <= 0):
        raise SettingsError(f"{span.low} to {span.high} is no range", where=name)
    return span
