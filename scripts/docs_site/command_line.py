"""The page of the command line, from the help of the commands themselves."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from penchant.cli.main import build

_INTRO = """# Command line

Generated from `penchant --help`. [The guide](../guide/command_line.md) has examples and explains the exit codes.
"""


def command_line_page() -> str:
    """A section for each command: its usage, what it does, its arguments and options with their defaults."""
    return "\n".join([_INTRO, *(text for name, command in commands() for text in section(name, command))])


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by its full name, such as "penchant lesson spreadsheet"."""
    yield from _below("penchant", typer.main.get_command(build()))


def _below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for part, inner in getattr(command, "commands", {}).items():
        full = f"{name} {part}"
        if getattr(inner, "commands", None):
            yield from _below(full, inner)
        elif not inner.hidden:
            yield full, inner


def section(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{(command.help or '').strip()}\n"
    arguments = [one for one in command.params if one.param_type_name == "argument"]
    named = [one for one in command.params if one.param_type_name == "option" and not one.hidden and one.name != "help"]
    words = " ".join(place(one) if one.required else f"[{place(one)}]" for one in arguments)
    yield f"```text\n{' '.join([name, words]).strip()}{' [OPTIONS]' if named else ''}\n```\n"
    if arguments or named:
        yield "| argument or option | what it is | default |\n|---|---|---|"
        for one in [*arguments, *named]:
            yield f"| {spelling(one)} | {cell(one.help or '')} | {default(one)} |"
        yield ""


def spelling(parameter: Any) -> str:
    """`--out`, `-o` PATH."""
    if parameter.param_type_name == "argument":
        return f"`{place(parameter)}`"
    flags = ", ".join(f"`{flag}`" for flag in [*parameter.opts, *parameter.secondary_opts])
    return flags if parameter.is_flag else f"{flags} {kind(parameter.type_descriptor.annotation)}"


def kind(annotation: Any) -> str:
    """What an option takes, from its type in the source: TEXT, INTEGER, or the values to choose from."""
    chosen = [value for value in typing.get_args(annotation) if value is not type(None)]
    if chosen and isinstance(chosen[0], type):
        return kind(chosen[0])
    names = {int: "INTEGER", float: "NUMBER", Path: "PATH"}
    return " / ".join(f"`{value}`" for value in chosen) if chosen else names.get(annotation, "TEXT")


def default(parameter: Any) -> str:
    value = parameter.default
    if parameter.required:
        return "required"
    if value is None or value is False or value in ((), [], "") or callable(value):
        return ""
    return f"`{cell(str(getattr(value, 'value', value)))}`"


def cell(text: str) -> str:
    """Text in one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def place(argument: Any) -> str:
    """The name of an argument in the usage line."""
    return str(argument.metavar or argument.name).upper().strip("[]")
