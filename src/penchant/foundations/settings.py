"""Frozen settings: one dataclass for each model, from which JSON, command-line flags and docs are derived."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from typing import Any, Self

from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import SettingsError


def setting(
    default: Any,
    meaning: str,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    choices: Sequence[str] | None = None,
) -> Any:
    """A dataclass field with its meaning and its limits.

    low, high: inclusive limits. above: an exclusive lower limit. choices: the allowed texts.
    """
    limits = {"meaning": meaning, "low": low, "high": high, "above": above, "choices": choices}
    return dataclasses.field(default=default, metadata=limits)


@dataclass(frozen=True)
class Settings:
    """The base class of all settings: checks types and limits at construction."""

    def __post_init__(self) -> None:
        hints = typing.get_type_hints(type(self))
        for field in fields(self):
            _check(type(self).__name__, field, hints[field.name], getattr(self, field.name))

    def to_json(self) -> dict[str, Any]:
        """All settings as JSON values."""
        return {f.name: list(v) if isinstance(v := getattr(self, f.name), tuple) else v for f in fields(self)}

    @classmethod
    def names(cls) -> set[str]:
        """The names of all settings."""
        return {f.name for f in fields(cls)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Settings from JSON values or keyword arguments.

        Raises SettingsError for an unknown name; the message names the closest settings, then all of them.
        """
        known = cls.names()
        for name in values:
            if name not in known:
                remedy = name_remedy(name, sorted(known), intro="Settings")
                raise SettingsError(f"there is no setting {name!r}", where=cls.__name__, remedy=remedy)
        return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def _check(owner: str, field: dataclasses.Field[Any], hint: Any, value: Any) -> None:
    where = f"{owner}.{field.name}"
    if not _fits(hint, value):
        raise SettingsError(f"{value!r} is not of type {_type_name(hint)}", where=where, remedy=_meaning(field))
    if isinstance(value, bool) or value is None:
        return
    limits = field.metadata
    if (choices := limits.get("choices")) and value not in choices:
        raise SettingsError(f"{value!r} is not one of {', '.join(map(repr, choices))}", where=where)
    if isinstance(value, int | float):
        _check_limits(where, field, value)


def _check_limits(where: str, field: dataclasses.Field[Any], value: float) -> None:
    low, high, above = (field.metadata.get(k) for k in ("low", "high", "above"))
    if value != value:
        raise SettingsError("the value is not a number", where=where, remedy=_meaning(field))
    if low is not None and value < low:
        raise SettingsError(f"{value!r} is below {low}", where=where, remedy=_meaning(field))
    if above is not None and value <= above:
        raise SettingsError(f"{value!r} must be above {above}", where=where, remedy=_meaning(field))
    if high is not None and value > high:
        raise SettingsError(f"{value!r} is above {high}", where=where, remedy=_meaning(field))


def _fits(hint: Any, value: Any) -> bool:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(_fits(part, value) for part in typing.get_args(hint))
    if hint is type(None):
        return value is None
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, typing.get_origin(hint) or hint)


def _type_name(hint: Any) -> str:
    return getattr(hint, "__name__", str(hint))


def _meaning(field: dataclasses.Field[Any]) -> str:
    meaning = field.metadata.get("meaning", "")
    return f"It means: {meaning}" if meaning and field.default is not MISSING else ""
