"""The command `penchant`. Exit codes: 0 for success, 2 for the caller's mistake, 1 for a failure of ours."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from penchant.foundations.errors import CallerError, PenchantError

app = typer.Typer(
    name="penchant",
    help="Collaborative filtering: train, evaluate, recommend and serve, also for new users and items.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

COMMANDS = (
    "train",
    "evaluate",
    "recommend",
    "explain",
    "similar",
    "popular",
    "export",
    "fold_in",
    "models",
    "compare",
    "tune",
    "demo",
    "serve",
    "retrain",
    "lesson",
    "doctor",
)
"""Each is a module of this folder with a function `register(app)`."""


def build() -> typer.Typer:
    """The application with every command registered."""
    for name in COMMANDS:
        import_module(f"penchant.cli.{name}").register(app)
    return app


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    config: Annotated[
        Path | None, typer.Option(help="A TOML file with values for the options of the commands.")
    ] = None,
) -> None:
    if version:
        from penchant.foundations.version import __version__

        print(__version__)
        raise typer.Exit
    if config is not None:
        from penchant.cli.config_file import defaults_from

        context.default_map = defaults_from(config, context.command.commands)  # type: ignore[attr-defined]


def run() -> None:
    """Run the command line and turn errors into one line and an exit code."""
    try:
        build()()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of the pipe has closed it
    except PenchantError as error:
        sys.stderr.write(f"penchant: {error}\n")
        sys.exit(2 if isinstance(error, CallerError) else 1)
    except KeyboardInterrupt:
        sys.stderr.write("penchant: interrupted\n")
        sys.exit(130)
