"""The command `penchant` in tests: in this process, which is quick, or in one of its own."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer.main

from penchant.cli.main import build, run
from penchant.cli.table_options import TableOptions

SOURCE = Path(__file__).parents[1] / "src"


@dataclass(frozen=True)
class Done:
    """What a command printed, and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def penchant(*words: object, code: int = 0) -> Done:
    """Run the command in this process and check its exit code."""
    out, errors, left = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            run([str(word) for word in words])
        except SystemExit as leaving:
            left = int(leaving.code or 0)
    assert left == code, errors.getvalue()
    return Done(left, out.getvalue(), errors.getvalue())


def penchant_process(*words: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own and check its exit code."""
    environment = os.environ | {"PYTHONPATH": str(SOURCE), "PYTHONWARNINGS": "error"}
    line = [sys.executable, "-m", "penchant", *map(str, words)]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == code, done.stderr
    return done


def answer(*words: object) -> Any:
    """What a command prints with --json."""
    return json.loads(penchant(*words, "--json").stdout)


def refused(*words: object) -> str:
    """The message of a command that ends with 2."""
    return penchant(*words, code=2).stderr.removeprefix("penchant: ").strip()


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
