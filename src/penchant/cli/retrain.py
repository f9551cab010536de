"""`penchant retrain` and `penchant rollback`: change the version of a model that is served."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from penchant.cli.list_flags import ModelFolder
from penchant.cli.output import AsJson, Quiet, note, progress, show_json
from penchant.cli.remedies import as_options
from penchant.cli.serve import DatabaseUrl
from penchant.cli.settings_flags import SettingValues, as_flags, settings_from_flags
from penchant.cli.table_options import TableOptions, with_table_options
from penchant.data.reading_report import counted
from penchant.foundations.errors import SettingsError
from penchant.foundations.optional import require
from penchant.foundations.threads import available_threads, give_way, limit_blas

Priority = Literal["background", "normal"]

HELP = """Train a new version on the model's ratings and those that its service has collected, and serve it.

Running servers switch to it. It is compared with the served version on interactions held back from training, and is not
served if it is clearly worse. Without --model the kind and the settings of the model stay the same. Each setting is
also an option.

--ratings, --deleted and --items take later rows into the service's database first. The same rows twice change nothing,
and a retraining that is interrupted leaves the served version: run the command again. Of two retrainings at once, the
one that began later is served.
"""


def retrain(
    context: typer.Context,
    folder: ModelFolder,
    table: TableOptions,
    deleted: Annotated[Path | None, typer.Option(help="A table of users and items whose ratings are deleted.")] = None,
    database: DatabaseUrl = "",
    warm: Annotated[
        bool, typer.Option("--warm", help="Start from the rows of the model as it was first trained, where it can.")
    ] = False,
    settings_given: SettingValues = None,
    model: Annotated[str | None, typer.Option(help="Train another kind of model.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed and ratings give the same model.")] = 0,
    keep: Annotated[int, typer.Option(min=1, help="How many versions to keep on disk.")] = 5,
    event_kinds: Annotated[
        list[str], typer.Option(envvar="PENCHANT_EVENT_KINDS", help="As for `penchant serve`; for a model of choices.")
    ] = [],  # noqa: B006 - typer copies it
    priority: Annotated[
        Priority,
        typer.Option(
            envvar="PENCHANT_PRIORITY",
            help="background: run where a core is idle and leave one core free, so that a service beside it stays "
            "quick. normal: for a machine without one; it is done sooner.",
        ),
    ] = "background",
    force: Annotated[bool, typer.Option("--force", help="Serve the new version even if it is clearly worse.")] = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    stores = not (table.ratings is None and table.items is None and deleted is None)
    _give_way(priority, now=not stores)
    require("sqlalchemy", extra="serve")
    from penchant.service.retraining import retrain as train_version
    from penchant.service.service import open_database
    from penchant.service.settings import ServiceSettings
    from penchant.service.version_store import VersionStore

    flags = [*as_flags(settings_given), *context.args]
    settings = _settings(context, folder, model, flags) if flags else {}
    weights = ServiceSettings(event_kinds=tuple(event_kinds)).event_weights if event_kinds else None
    started = time.perf_counter()
    with closing(open_database(folder, ServiceSettings(database=database))) as store, progress(quiet or as_json) as bar:
        stored = _store(folder, store, table, deleted) if stores else None
        _give_way(priority, now=stores)
        with limit_blas(available_threads()):
            made = train_version(
                VersionStore(folder),
                store,
                seed=seed,
                keep=keep,
                model=model,
                settings=settings,
                force=force,
                event_weights=weights,
                warm=warm,
                progress=bar,
            )
    seconds = round(time.perf_counter() - started, 2)
    place = str(VersionStore(folder).folder(made.name))
    facts = {"version": made.name, "served": made.served, "folder": place, "seconds": seconds}
    if stored is not None:
        facts["stored"] = dict(stored.counts) | {"not_there": len(stored.not_there)}
    _show(facts, as_json)
    if stored is not None and stored.not_there:
        user, item = stored.not_there[0]
        note(
            f"{counted(len(stored.not_there), 'deletion')} of ratings that are not there changed nothing, such as that "
            f"of user {user!r} and item {item!r}"
        )


def _give_way(priority: Priority, *, now: bool) -> None:
    """Before the imports, which take a second or two; but not before rows are written to the database, because a slow
    writer keeps others waiting."""
    if now and priority == "background":
        give_way()


def _store(folder: Path, store: Any, table: TableOptions, deleted: Path | None) -> Any:
    """Take the tables of later rows into the database; what was taken in."""
    from penchant.data.tables.file_options import FileOptions
    from penchant.recommending.recommender import load, main_model
    from penchant.service.later_rows import LaterRows, reading_options
    from penchant.service.later_rows import store as store_rows

    base = main_model(load(folder))
    ratings = table.read_later(reading_options(base))
    with as_options("items"):
        later = LaterRows(ratings, deleted, table.items, table.items_id, FileOptions(**table.file("items")))
        return store_rows(base, store, later)


def _settings(context: typer.Context, folder: Path, model: str | None, flags: Sequence[str]) -> dict[str, Any]:
    """The settings that the flags give for the named model, else for a part of the base that has them."""
    from penchant.recommending.recommender import load

    if model is not None:
        return settings_from_flags(model, flags, context=context)
    base = load(folder)
    kinds = [part.kind for part in (base.rating_model, base.choice_model) if part is not None]
    for kind in kinds[:-1]:
        with suppress(SettingsError):
            return settings_from_flags(kind, flags)
    return settings_from_flags(kinds[-1], flags, context=context)


ROLLBACK_HELP = """Serve an earlier version of a model again: the one before, or the one that --to names.

Running servers switch to it. --to serves a later version again as well. A version that does not load is refused.
"""


def rollback(
    folder: ModelFolder,
    to: Annotated[str | None, typer.Option(help="The version to serve; left out, the one before.")] = None,
    as_json: AsJson = False,
) -> None:
    require("sqlalchemy", extra="serve")
    from penchant.service.version_loading import roll_back
    from penchant.service.version_store import VersionStore

    versions = VersionStore(folder)
    roll_back(versions, to)
    name = versions.current()
    _show({"version": name, "served": name, "folder": str(versions.folder(name))}, as_json)
    if not as_json:
        others = [other for other in versions.names() if other != name]
        print(f"Serve another one with --to: {', '.join(others)}")


def _show(facts: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(facts)
    else:
        if stored := facts.get("stored"):
            taken = ("ratings", "deleted", "items")
            print("Taken in: " + ", ".join(f"{stored[name]:,} {name}" for name in taken))
        if facts["served"] == facts["version"]:
            print(f"Version {facts['version']} is now served, from {facts['folder']}")
        else:
            print(
                f"Version {facts['version']} is saved in {facts['folder']}, but not served: version {facts['served']} "
                "was begun later and is live already"
            )


def register(app: typer.Typer) -> None:
    flags = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command("retrain", help=HELP, context_settings=flags)(with_table_options(retrain, later=True))
    app.command("rollback", help=ROLLBACK_HELP)(rollback)
