"""The search space of tuning: a range or a list of choices for each setting."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from penchant.foundations.errors import SettingsError
from penchant.training.registry import model_spec


@dataclass(frozen=True)
class SearchRange:
    """Numbers from low to high. log: sampled on a logarithmic scale. whole: integers only."""

    low: float
    high: float
    log: bool = False
    whole: bool = False


Space = Mapping[str, SearchRange | Sequence[Any]]

_DEFAULT_RANGES: dict[str, SearchRange] = {
    "factors": SearchRange(4, 96, log=True, whole=True),
    "regularization": SearchRange(0.003, 3.0, log=True),
    "user_regularization": SearchRange(0.003, 3.0, log=True),
    "item_regularization": SearchRange(0.003, 3.0, log=True),
    "alpha": SearchRange(0.5, 50.0, log=True),
    "learning_rate": SearchRange(0.001, 0.05, log=True),
    "weight_decay": SearchRange(0.001, 3.0, log=True),
    "dropout": SearchRange(0.0, 0.6),
    "user_damping": SearchRange(0.5, 40.0, log=True),
    "item_damping": SearchRange(0.5, 40.0, log=True),
}
"""Ranges by name of the setting; they contain good settings for most data."""


def space_for(model: str, asked: Mapping[str, Any] | None = None, fixed: Mapping[str, Any] | None = None) -> Space:
    """The space to search: as asked, or the default ranges of the model's settings that are not fixed.

    asked: name -> (low, high), (low, high, "log") or a list of choices. Raises SettingsError for a setting the model
    does not have and for an invalid range.
    """
    hints = typing.get_type_hints(model_spec(model).settings_class())
    if asked is None:
        return {name: span for name, span in _DEFAULT_RANGES.items() if name in hints and name not in (fixed or {})}
    for name in asked:
        if name not in hints:
            raise SettingsError(
                f"there is no setting {name!r}", where=model, remedy=f"Choose one of: {', '.join(hints)}"
            )
    return {name: _part(name, wanted, hints[name] is int) for name, wanted in asked.items()}


def _part(name: str, wanted: Any, whole: bool) -> SearchRange | Sequence[Any]:
    match wanted:
        case SearchRange() | list():
            return wanted
        case (low, high, "log"):
            return _checked(name, SearchRange(low, high, log=True, whole=whole))
        case (low, high):
            return _checked(name, SearchRange(low, high, whole=whole))
    raise SettingsError(
        f"{wanted!r} is not a range", where=name, remedy='Write (low, high), (low, high, "log") or a list'
    )


def _checked(name: str, span: SearchRange) -> SearchRange:
    if not span.low < span.high or (span.log and span.low <= 0):
        raise SettingsError(
            f"{span.low} to {span.high} is not a range", where=name, remedy="Give low < high; above 0 for 'log'"
        )
    return span
