"""The command `penchant`: parse, one call, render. Exit 0 good, 2 the caller's mistake, 1 ours."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import typer

from penchant.foundations.errors import CallerError, PenchantError

app = typer.Typer(
    name="penchant",
    help="Ratings in, recommendations out: accurate, fast, and never stumped by someone it has not met.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

COMMANDS = (
    "train",
    "evaluate",
    "recommend",
    "similar",
    "export",
    "fold_in",
    "models",
    "compare",
    "tune",
    "demo",
    "serve",
    "retrain",
    "lesson",
)
"""One module each in this folder; each holds a function `register(app)`."""


def build() -> typer.Typer:
    """The application with every command registered."""
    for name in COMMANDS:
        import_module(f"penchant.cli.{name}").register(app)
    return app


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        from penchant import __version__

        print(__version__)
        raise typer.Exit


def run() -> None:
    """Run the command line, turning errors into one line and an exit code."""
    try:
        build()()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read us has left: not our error
    except PenchantError as error:
        sys.stderr.write(f"penchant: {error}\n")
        sys.exit(2 if isinstance(error, CallerError) else 1)
    except KeyboardInterrupt:
        sys.stderr.write("penchant: interrupted\n")
        sys.exit(130)
