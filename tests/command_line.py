"""Running the command line in this process; every test of a command goes through here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer.main
from typer.testing import CliRunner, Result

from penchant.cli.main import build
from penchant.cli.table_options import TableOptions


def penchant(*words: object, code: int = 0) -> Result:
    """The result of a command that ends with this exit code; the code of a caller's mistake is 2."""
    from penchant.foundations.errors import CallerError

    done = CliRunner().invoke(build(), [str(word) for word in words])
    if isinstance(done.exception, CallerError):
        done.exit_code = 2
    elif done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, f"{done.output}\n{done.exception}"
    return done


def answer(*words: object) -> Any:
    """What a command prints with --json."""
    return json.loads(penchant(*words, "--json").stdout)


def refused(*words: object) -> str:
    """The message of a command that ends with 2."""
    return str(penchant(*words, code=2).exception)


def table_of(name: str, *words: object) -> TableOptions:
    """The table that the words of a command describe, without running it."""
    command = typer.main.get_command(build()).commands[name]  # type: ignore[attr-defined]
    context = command.make_context(name, [str(word) for word in words])
    fields = TableOptions.__dataclass_fields__
    return TableOptions(**{key: value for key, value in context.params.items() if key in fields})


def write(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """The path of a file with this content."""
    path.write_bytes(content.encode(encoding))
    return path
