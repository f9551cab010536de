"""`penchant serve`: the HTTP API and the page. `penchant keys`: the keys of its users."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import tomllib
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.list_flags import ModelFolder
from penchant.cli.output import AsJson, show_json, show_table
from penchant.foundations.errors import SettingsError
from penchant.foundations.optional import require
from penchant.foundations.settings import Settings

DatabaseUrl = Annotated[
    str, typer.Option(envvar="PENCHANT_DATABASE", help="SQLAlchemy URL; left out, an SQLite file next to the model.")
]


def _from_file(context: typer.Context, path: Path | None) -> Path | None:
    """Take the settings in a TOML file as defaults; flags and the environment go before them."""
    if path is None:
        return None
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as broken:
        raise SettingsError(f"it cannot be read ({broken})", where=str(path)) from broken
    from penchant.service.settings import ServiceSettings

    try:
        ServiceSettings.from_json(found)
    except SettingsError as wrong:
        raise SettingsError(wrong.what, where=f"{path}, {wrong.where}", remedy=wrong.remedy) from wrong
    context.default_map = {**(context.default_map or {}), **found}
    return path


SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", envvar="PENCHANT_SETTINGS", is_eager=True, callback=_from_file,
        help="A TOML file of settings; flags and the environment go before it.",
    ),
]  # fmt: skip


def _serve(folder: Path, settings_file: Path | None = None, **flags: Any) -> None:
    require("fastapi", extra="serve")
    from penchant.service.running import serve
    from penchant.service.settings import ServiceSettings

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for name in ("alembic", "sqlalchemy", "httpx"):
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        settings = ServiceSettings.from_json(flags)
    except SettingsError as wrong:
        flag = wrong.where.rpartition(".")[2].replace("_", "-")
        raise SettingsError(wrong.what, where=f"--{flag}", remedy=wrong.remedy) from wrong
    serve(folder, settings, on_ready=lambda address: print(f"Serving {folder} on {address}", flush=True))


def _with_flags(command: Callable[..., None], settings: type[Settings]) -> Callable[..., None]:
    """The command with an option for every setting; name, type, help and default are those of the dataclass."""
    hints = typing.get_type_hints(settings)
    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter("folder", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=ModelFolder),
        inspect.Parameter("settings_file", kind, default=None, annotation=SettingsFile),
    ]
    for field in dataclasses.fields(settings):
        hint: Any = list[str] if typing.get_origin(hints[field.name]) is tuple else hints[field.name]
        option = typer.Option(help=field.metadata["meaning"], envvar=f"PENCHANT_{field.name.upper()}")
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        parameters.append(inspect.Parameter(field.name, kind, default=default, annotation=Annotated[hint, option]))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {one.name: one.annotation for one in parameters}
    return command


def _key_store(folder: Path, database: str) -> Any:
    require("sqlalchemy", extra="serve")
    from penchant.service.service import open_database
    from penchant.service.settings import ServiceSettings
    from penchant.service.storage.keys import KeyStore

    return KeyStore(open_database(folder, ServiceSettings(database=database)))


def add_key(
    folder: ModelFolder,
    name: Annotated[str, typer.Argument(help="What the key is for; shown in the list.")],
    scope: Annotated[str, typer.Option(help="read, write or admin; each includes the ones before it.")] = "read",
    database: DatabaseUrl = "",
) -> None:
    """Create a key and print it; it is shown only once."""
    print(_key_store(folder, database).create(name, scope))


def list_keys(folder: ModelFolder, database: DatabaseUrl = "", as_json: AsJson = False) -> None:
    """List the keys in use; their secrets are not stored."""
    keys = [[key.key_id, key.name, key.scope] for key in _key_store(folder, database).in_use().values()]
    if as_json:
        show_json([dict(zip(("id", "name", "scope"), key, strict=True)) for key in keys])
    else:
        show_table("Keys", ["id", "name", "scope"], keys)


def revoke_key(
    folder: ModelFolder,
    key_id: Annotated[str, typer.Argument(help="The key's id, as `penchant keys list` shows it.")],
    database: DatabaseUrl = "",
) -> None:
    """Revoke a key; running servers refuse it within a second."""
    _key_store(folder, database).revoke(key_id)


def register(app: typer.Typer) -> None:
    from penchant.service.settings import ServiceSettings

    app.command("serve", help="Serve a model: an HTTP API and a page to rate items and get recommendations.")(
        _with_flags(_serve, ServiceSettings)
    )
    keys = typer.Typer(no_args_is_help=True, help="Manage the keys of programs that use the service.")
    keys.command("add")(add_key)
    keys.command("list")(list_keys)
    keys.command("revoke")(revoke_key)
    app.add_typer(keys, name="keys")
