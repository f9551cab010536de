"""The command `penchant`. Exit codes: 0 for success, 2 for the caller's mistake, 1 for a failure of ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from penchant.foundations.errors import CallerError, PenchantError

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
    "report",
    "lesson",
    "doctor",
)
"""Each is a module of this folder with a function `register(app)`."""


def build() -> typer.Typer:
    """A new application with every command registered."""
    app = typer.Typer(
        name="penchant",
        help="Collaborative filtering: train, evaluate, recommend and serve, also for new users and items.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback(invoke_without_command=True)(_root)
    for name in COMMANDS:
        import_module(f"penchant.cli.{name}").register(app)
    return app


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


def run(words: Sequence[str] | None = None) -> None:
    """Run the command line, turn errors into one line, and leave with an exit code.

    words: the arguments behind `penchant`; left out, those of the process. It may run many times in one process.
    """
    try:
        build()(words)
    except PenchantError as error:
        sys.stderr.write(f"penchant: {error}\n")
        sys.exit(2 if isinstance(error, CallerError) else 1)
    except KeyboardInterrupt:  # while commands are imported; afterwards typer leaves with the same code
        sys.exit(130)
    finally:
        try:
            sys.stdout.flush()
        except BrokenPipeError:  # the reader of the pipe has closed it; Python would complain at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
