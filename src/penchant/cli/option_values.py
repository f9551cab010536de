"""Values of options that are more than one word: `1:5`, `a,b,c`, `name=value`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from penchant.foundations.errors import SettingsError


def table_place(text: str) -> Path | str:
    """A path, or a URL as it is."""
    return text if "://" in text else Path(text)


def scale_ends(given: str | Sequence[float] | None) -> tuple[float, float] | None:
    """`1:5`, or a pair of a configuration file, as numbers."""
    if given is None:
        return None
    parts = given.split(":") if isinstance(given, str) else given
    try:
        low, high = map(float, parts)
    except (TypeError, ValueError):
        raise SettingsError(f"{given!r} is not a scale", where="--scale", remedy="Write --scale 1:5") from None
    return low, high


def one_or_more(given: str | Iterable[Any] | None) -> list[Any] | None:
    """`a,b,c`, or the values of a repeatable option, as a list; None for none."""
    if given is None or given == []:
        return None
    if isinstance(given, str):
        return [one.strip() for one in given.split(",")]
    return list(given) if isinstance(given, Iterable) else [given]


def pair(text: str, where: str, example: str) -> tuple[str, str]:
    """`name=value` as two texts."""
    name, separator, value = text.partition("=")
    if not (name and separator):
        raise SettingsError(f"{text!r} has no name and value", where=where, remedy=f"Write {where} {example}")
    return name.strip(), value


def numbers_by_name(given: Iterable[str] | Mapping[str, float] | None, where: str) -> dict[str, float] | None:
    """`name=5` of a repeatable option, or a mapping of a configuration file, as name -> number."""
    if not given:
        return None
    if isinstance(given, Mapping):
        return dict(given)
    found = {}
    for text in given:
        name, value = pair(text, where, "buy=5")
        try:
            found[name] = float(value)
        except ValueError:
            raise SettingsError(f"{value!r} is not a number", where=f"{where} {name}") from None
    return found


def features_wanted(given: Iterable[str] | None) -> dict[str, Any] | None:
    """`--where` options as feature -> value or values.

    `genres=Drama` is one label, `genres=Drama|Comedy` one of several, `year=1990:1999` a range of numbers.
    """
    wanted: dict[str, Any] = {}
    for text in given or ():
        name, value = pair(text, "--where", "genres=Drama")
        if name in wanted:
            raise SettingsError(
                f"{name!r} is given twice", where="--where", remedy=f"Write --where '{name}=one|other' for either"
            )
        ends = value.split(":")
        if len(ends) == 2 and all(isinstance(_plain(end), float | int) for end in ends):
            wanted[name] = tuple(map(_plain, ends))
        else:
            wanted[name] = [_plain(one) for one in value.split("|")] if "|" in value else _plain(value)
    return wanted or None


def _plain(text: str) -> Any:
    """A number if the text is one."""
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return found if isinstance(found, int | float) and not isinstance(found, bool) else text
