"""`penchant compare`: several models on one split, as listed in a TOML file."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from penchant.cli.output import AsJson, Quiet, progress, show_json
from penchant.cli.table_options import TableOptions, say_reading
from penchant.data.ratings import Ratings
from penchant.foundations.errors import CallerError, SettingsError

HELP = """Train and evaluate several models with several seeds on one split, and test their differences.

The TOML file lists [[models]] (model = "als", its settings, and optionally a label). It may have seeds, by, a folder to
keep finished jobs in, [data], [split], [evaluation] and [[external]]; docs/guide/evaluation.md shows a full example.
""".replace("[", "\\[")

_PARTS = {"seeds", "folder", "data", "split", "evaluation", "models", "external", "by"}


def compare(
    config: Annotated[Path, typer.Argument(help="The TOML file.")],
    html: Annotated[Path | None, typer.Option(help="Write the comparison as a page to this file.")] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    from penchant.evaluation.comparison.compare import compare as run
    from penchant.evaluation.scoring.evaluation_settings import EvaluationOptions

    parts = _read(config)
    models = [*parts.get("models", ()), *(_external(one, config.parent) for one in parts.get("external", ()))]
    if not models:
        raise CallerError(
            "there are no models to compare", where=str(config), remedy='Add [[models]] with model = "als"'
        )
    given = {name: tuple(v) if isinstance(v, list) else v for name, v in parts.get("evaluation", {}).items()}
    options = cast(EvaluationOptions, given)
    folder = config.parent / parts["folder"] if "folder" in parts else None
    ratings = TableOptions.from_mapping(parts.get("data", {}), folder=config.parent, where="[data]").read()
    split = _split(parts, ratings)
    with progress(quiet or as_json) as bar:
        found = run(
            models, split, seeds=parts.get("seeds", [0]), folder=folder, by=parts.get("by"), progress=bar, **options
        )
    say_reading(ratings, quiet or as_json)
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
        parts: dict[str, Any] = tomllib.loads(config.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as broken:
        raise CallerError(f"the file is not valid TOML: {broken}", where=str(config)) from broken
    if unknown := set(parts) - _PARTS:
        raise SettingsError(
            f"there is no part {unknown.pop()!r}", where=str(config), remedy=f"Choose from: {', '.join(sorted(_PARTS))}"
        )
    return parts


def _split(parts: dict[str, Any], ratings: Ratings) -> Any:
    """The split of the table that [split] describes."""
    from penchant.data import splitting

    chosen = dict(parts.get("split", {}))
    kind = chosen.pop("kind", "random")
    build = getattr(splitting, kind, None) if kind in _KINDS else None
    if build is None:
        raise SettingsError(f"there is no split {kind!r}", remedy=f"Choose one of: {', '.join(_KINDS)}")
    return build(ratings, **chosen)


_KINDS = ("random", "per_user", "temporal", "leave_last", "cold_users", "cold_items")


def _external(entry: dict[str, Any], place: Path) -> Any:
    """The external model of an adapter, `file.py:Class`; the other values of the entry are its arguments."""
    settings = dict(entry)
    file, _, name = str(settings.pop("adapter", "")).partition(":")
    path = next((folder / file for folder in (place, Path.cwd()) if (folder / file).is_file()), None)
    if path is None or not name:
        raise CallerError("an adapter must be file.py:Class, and the file must exist", where=f"{file}:{name}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise CallerError("the file is not a Python file", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.path.append(str(_home(path)))
    spec.loader.exec_module(module)
    return getattr(module, name)(**settings)


def _home(path: Path) -> Path:
    """The folder above the package that an adapter is part of, from which it may import."""
    return next(folder for folder in path.resolve().parents if not (folder / "__init__.py").is_file())


def register(app: typer.Typer) -> None:
    app.command("compare", help=HELP)(compare)
