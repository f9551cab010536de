"""A configuration file: values for the options of commands, in TOML."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from penchant.cli.table_options import MOVIELENS
from penchant.foundations.close_names import close_names
from penchant.foundations.errors import CallerError, SettingsError

_SETTINGS = "set"


def defaults_from(path: Path, commands: Mapping[str, Any]) -> dict[str, Any]:
    """Command -> parameter -> value, as click takes them.

    A value at the top goes to every command that has this option, one under [train] to that command alone; a table
    `set` holds settings of the model. Paths are relative to the file. Raises SettingsError for an unknown name.
    """
    values = _read(path)
    of_commands = {
        name: value for name, value in values.items() if name.replace("_", "-") in commands and isinstance(value, dict)
    }
    shared = {name: value for name, value in values.items() if name not in of_commands}
    every = {one.name for command in commands.values() for one in command.params} | {_SETTINGS}
    _check(shared, every | {name.replace("-", "_") for name in commands}, str(path))
    found = {}
    for command, spec in commands.items():
        own = of_commands.get(command, of_commands.get(command.replace("-", "_"), {}))
        kinds = {one.name: one for one in spec.params}
        known = kinds.keys() | ({_SETTINGS} if "settings_given" in kinds else set())
        _check(own, known, f"{path}, [{command}]")
        given = {name: value for name, value in shared.items() if name in known} | own
        found[command] = {
            ("settings_given" if name == _SETTINGS else name): _value(name, value, kinds.get(name), path.parent)
            for name, value in given.items()
        }
    return found


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CallerError("there is no such file", where=str(path), remedy="Give the path of a TOML file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise CallerError(f"the file is not valid TOML: {broken}", where=str(path)) from broken


def _check(given: Mapping[str, Any], known: set[str], where: str) -> None:
    for name in given:
        if name not in known:
            close = " or ".join(map(repr, close_names(name, sorted(known))))
            remedy = f"Did you mean {close}?" if close else "`penchant COMMAND --help` lists the options"
            raise SettingsError(f"there is no option {name!r}", where=where, remedy=remedy)


def _value(name: str, value: Any, parameter: Any, folder: Path) -> Any:
    """A value as the option takes it; a relative path is made one of the file's folder."""
    if name == _SETTINGS and isinstance(value, Mapping):
        return [f"{key}={one if isinstance(one, str) else json.dumps(one)}" for key, one in value.items()]
    if isinstance(value, Mapping):
        return [f"{key}={one}" for key, one in value.items()]
    is_path = name in ("ratings", "out") or getattr(getattr(parameter, "type", None), "name", "") == "path"
    if is_path and isinstance(value, str) and value != MOVIELENS and "://" not in value:
        return str(folder / value)
    return value
