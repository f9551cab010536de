"""`penchant compare`: several models on one split, from a file that says which."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from penchant.cli.output import AsJson, Quiet, progress, show_json
from penchant.cli.table_options import TableOptions
from penchant.foundations.errors import CallerError, SettingsError

HELP = """Train and measure several models with several seeds on one split, and say which of them really differ.

The TOML file lists [[models]] (model = "als" and its settings, perhaps a label), and may have seeds, a folder to keep
finished jobs in, [data], [split], [measuring] and [[peers]]; docs/guide/evaluation.md shows one with everything.
""".replace("[", "\\[")

_PARTS = {"seeds", "folder", "data", "split", "measuring", "models", "peers", "by"}


def compare(
    config: Annotated[Path, typer.Argument(help="The TOML file.")],
    html: Annotated[Path | None, typer.Option(help="Write the comparison as a page to this file.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.evaluation.comparison.compare import compare as run

    told = _read(config)
    entries = [*told.get("models", ()), *(_peer(one, config.parent) for one in told.get("peers", ()))]
    if not entries:
        raise CallerError("nobody is to be compared", where=str(config), remedy='Add [[models]] with model = "als"')
    measuring = {name: tuple(v) if isinstance(v, list) else v for name, v in told.get("measuring", {}).items()}
    folder = config.parent / told["folder"] if "folder" in told else None
    split = _split(told, config.parent)
    with progress(quiet or as_json) as bar:
        found = run(
            entries, split, seeds=told.get("seeds", [0]), folder=folder, by=told.get("by"), progress=bar, **measuring
        )
    if html is not None:
        found.to_html(html)
    if as_json:
        show_json(found.to_json())
    else:
        print(found)


def _read(config: Path) -> dict[str, Any]:
    if not config.is_file():
        raise CallerError("there is no such file", where=str(config))
    try:
        told = tomllib.loads(config.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise CallerError(f"the file is no TOML: {broken}", where=str(config)) from broken
    if unknown := set(told) - _PARTS:
        raise SettingsError(f"there is no part {unknown.pop()!r}", where=str(config), remedy=f"It knows: {_known()}")
    return told


def _known() -> str:
    return ", ".join(sorted(_PARTS))


def _split(told: dict[str, Any], place: Path) -> Any:
    """The split that [data] and [split] speak of; paths are relative to the file."""
    from penchant.data import splitting

    chosen = dict(told.get("split", {}))
    ratings = TableOptions.from_mapping(told.get("data", {}), folder=place, where="[data]").read()
    kind = chosen.pop("kind", "random")
    build = getattr(splitting, kind, None) if kind in _KINDS else None
    if build is None:
        raise SettingsError(f"there is no split {kind!r}", remedy=f"Choose one of: {', '.join(_KINDS)}")
    return build(ratings, **chosen)


_KINDS = ("random", "per_user", "temporal", "leave_last", "cold_users", "cold_items")


def _peer(told: dict[str, Any], place: Path) -> Any:
    """The peer that an adapter's file makes, `file.py:Class`, with the other entries as its arguments."""
    settings = dict(told)
    file, _, name = str(settings.pop("adapter", "")).partition(":")
    path = next((folder / file for folder in (place, Path.cwd()) if (folder / file).is_file()), None)
    if path is None or not name:
        raise CallerError("an adapter is named as file.py:Class, and the file has to exist", where=f"{file}:{name}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CallerError("this is no Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(_home(path)))
    spec.loader.exec_module(module)
    return getattr(module, name)(**settings)


def _home(path: Path) -> Path:
    """The folder from which an adapter may import what lies beside it, above the package that it is part of."""
    return next(folder for folder in path.resolve().parents if not (folder / "__init__.py").is_file())


def register(app: typer.Typer) -> None:
    app.command("compare", help=HELP)(compare)
