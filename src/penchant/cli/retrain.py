"""`penchant retrain`, `penchant rollback`: new versions of a model that is being served."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated, Any

import typer

from penchant.cli.recommend import ModelFolder
from penchant.cli.rendering import progress, show_json
from penchant.cli.serve import DatabaseUrl
from penchant.cli.settings_flags import settings_from_flags
from penchant.cli.tables import AsJson, Quiet
from penchant.foundations.optional import require

HELP = """Train a new version from the model's own ratings and those its service has gathered, and have it served.

Running servers switch by themselves. Without --model the model is trained as it was; any of its settings can be given
as a flag.
"""


def retrain(
    context: typer.Context,
    folder: ModelFolder,
    database: DatabaseUrl = "",
    model: Annotated[str | None, typer.Option(help="Train another kind of model than before.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed and ratings give the same model.")] = 0,
    keep: Annotated[int, typer.Option(min=1, help="How many versions to leave on the disk.")] = 5,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    require("sqlalchemy", extra="serve")
    from penchant.models.saving import load_trained
    from penchant.service.retraining import retrain as learn
    from penchant.service.service import open_database
    from penchant.service.settings import ServiceSettings
    from penchant.service.version_store import VersionStore

    settings = settings_from_flags(model or load_trained(folder).kind, context.args) if context.args else {}
    started = time.perf_counter()
    with closing(open_database(folder, ServiceSettings(database=database))) as store, progress(quiet or as_json) as bar:
        name = learn(VersionStore(folder), store, seed=seed, keep=keep, model=model, settings=settings, progress=bar)
    seconds = round(time.perf_counter() - started, 2)
    _tell({"version": name, "folder": str(VersionStore(folder).folder(name)), "seconds": seconds}, as_json)


def rollback(
    folder: ModelFolder,
    to: Annotated[str | None, typer.Option(help="The version to serve; the one before, if left out.")] = None,
    as_json: AsJson = False,
) -> None:
    require("sqlalchemy", extra="serve")
    from penchant.service.version_store import VersionStore

    shelf = VersionStore(folder)
    shelf.switch(to or shelf.before(shelf.current()))
    _tell({"version": shelf.current(), "folder": str(shelf.folder(shelf.current()))}, as_json)


def _tell(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(facts)
    else:
        print(f"Version {facts['version']} is to be served now, from {facts['folder']}")


def register(app: typer.Typer) -> None:
    flags = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("retrain", help=HELP, context_settings=flags)(retrain)
    app.command("rollback", help="Have an earlier version of a served model served again.")(rollback)
