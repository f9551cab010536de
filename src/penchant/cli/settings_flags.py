"""A model's settings as command-line options, derived from its settings dataclass."""

from __future__ import annotations

import dataclasses
import json
import typing
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from penchant.cli.option_values import pair
from penchant.engines.engine_choice import settings_class
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import SettingsError

SettingValues = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A setting of the model. Repeatable.")
]


class SettingsHelp(TyperCommand):
    """A command whose help ends with the settings of every model; they are looked up only for that."""

    @property
    def epilog(self) -> str:
        """The models with their settings and defaults, a paragraph each."""
        from penchant.training.registry import MODELS

        lines = ["Settings (--set NAME=VALUE) and their defaults:"]
        for name, spec in MODELS.items():
            shown = [f"{field.name}={_shown(field.default)}" for field in dataclasses.fields(spec.settings_class())]
            lines.append(f"{name}: {' '.join(shown) or 'none'}")
        return "\n\n".join(lines)

    @epilog.setter
    def epilog(self, text: str | None) -> None:
        """Ignored: click sets it when a command is made."""


def _shown(default: Any) -> str:
    return default if isinstance(default, str) else json.dumps(default)


def as_flags(given: Iterable[str] | None) -> list[str]:
    """`NAME=VALUE` of --set as flags of settings."""
    pairs = [pair(one, "--set", "factors=32") for one in given or ()]
    return [f"--{name.replace('_', '-')}={value}" for name, value in pairs]


def settings_from_flags(
    model: str, flags: Sequence[str], engine: str = "local", *, context: typer.Context | None = None
) -> dict[str, Any]:
    """`["--factors", "32", "--use-net=true"]` as settings of a model on an engine, with their types.

    context: of the command, whose own options a misspelled one may mean.
    Raises SettingsError for an option that is neither the command's nor a setting; the message names the closest ones.
    """
    hints = typing.get_type_hints(settings_class(model, engine))
    settings: dict[str, Any] = {}
    words = list(flags)
    while words:
        flag, given, value = words.pop(0).partition("=")
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in hints:
            known, own = ["--" + one.replace("_", "-") for one in hints], _options(context)
            remedy = name_remedy(flag, known, intro="Its settings", also=own)
            raise SettingsError(f"there is no option {flag}", where=f"model {model}", remedy=remedy)
        if not given:
            if not words:
                raise SettingsError("a value is missing", where=flag)
            value = words.pop(0)
        settings[name] = _typed(flag, value, hints[name])
    return settings


def _options(context: typer.Context | None) -> list[str]:
    return [] if context is None else [name for one in context.command.params for name in one.opts]


def _typed(flag: str, text: str, hint: Any) -> Any:
    """The text, read as JSON if the setting is a number, true, false, null or a list."""
    if hint is str:
        return text
    try:
        return json.loads(text)
    except ValueError:
        if str in typing.get_args(hint) or hint is not float:
            return text
        raise SettingsError(f"{text!r} is not a number", where=flag) from None
