"""A recommender as a folder: recommender.json, and a sub-folder for each part as models/saving writes it.

recommender.json names the sub-folders with the SHA-256 of each part's own manifest, which has that of every file of the
part. Saving writes new sub-folders, then replaces recommender.json, then removes the sub-folders that it no longer
names. So a folder holds a whole recommender whenever a process is killed or a disk is full.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import re
import shutil
import time
from pathlib import Path
from typing import Any

from penchant.foundations.durable_files import replace_text, sync
from penchant.foundations.errors import ModelFolderError, PenchantError
from penchant.models import saving as part_saving
from penchant.models.trained import TrainedModel
from penchant.recommending.ranker import Ranker
from penchant.training.registry import model_spec

FORMAT = 1
RECOMMENDER = "recommender.json"
PARTS = ("rating", "choice")
_OWN = re.compile(r"(rating|choice)(\.\d+)?|\.recommender\.json\.\w+\.writing", re.ASCII)
"""What saving makes in a folder: the first free of rating, rating.2, rating.3 and so on, and the like."""
_ABANDONED = 86_400
"""Seconds after which a sub-folder that is not named was left by a process that was killed."""


def save_parts(
    folder: str | Path, rating: TrainedModel | None, choice: TrainedModel | None, ranker: Ranker | None
) -> Path:
    """Write the parts to a folder, whole or not at all; a recommender already there is replaced."""
    target = Path(folder)
    _check_place(target)
    new = not target.exists()
    target.mkdir(parents=True, exist_ok=True)
    made: dict[str, Path] = {}
    try:
        for name, part in zip(PARTS, (rating, choice), strict=True):
            if part is not None:
                model_spec(part.kind)
                made[name] = _new_folder(target, name)
                part_saving.save_trained(part, made[name])
        before = _named(target)
        manifest = {
            "format": FORMAT,
            "parts": {name: {"folder": place.name, "sha256": _fingerprint(place)} for name, place in made.items()},
            "ranker": None if ranker is None else ranker.to_json(),
        }
        replace_text(target / RECOMMENDER, json.dumps(manifest, indent=1))
    except BaseException:
        for place in made.values():
            shutil.rmtree(place, ignore_errors=True)
        if new:
            with contextlib.suppress(OSError):
                target.rmdir()
        raise
    sync(target)
    _remove_others(target, before)
    return target


def _check_place(target: Path) -> None:
    """Raises ModelFolderError where the folder holds anything that saving did not make."""
    whole = not target.exists() or (
        target.is_dir() and all(one.name == RECOMMENDER or _OWN.fullmatch(one.name) for one in target.iterdir())
    )
    if not whole:
        raise ModelFolderError("the folder holds other things than a model", where=str(target), remedy="Choose another")


def _new_folder(target: Path, name: str) -> Path:
    """A sub-folder of the first free name. Making it fails where another process has just made it."""
    for number in itertools.count(1):
        place = target / (name if number == 1 else f"{name}.{number}")
        with contextlib.suppress(FileExistsError):
            place.mkdir()
            return place
    raise AssertionError("there is always a free number")


def _named(target: Path) -> set[str]:
    """The sub-folders that a recommender already there names."""
    try:
        return {entry["folder"] for entry in _read_manifest(target)["parts"].values()}
    except ModelFolderError:
        return set()


def _remove_others(target: Path, before: set[str]) -> None:
    """Remove the sub-folders that were replaced, and those of a process that was killed while it saved."""
    named = _named(target)
    for path in target.iterdir():
        if path.name in named or not _OWN.fullmatch(path.name):
            continue
        if path.name in before or time.time() - path.stat().st_mtime > _ABANDONED:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def load_parts(
    folder: str | Path, *, mapped: bool = False
) -> tuple[TrainedModel | None, TrainedModel | None, Ranker | None]:
    """The rating model, the choice model and the ranker saved in a folder. mapped: as in `recommender.load`.

    Raises ModelFolderError when anything is cut short, altered, or of a newer format.
    """
    place = Path(folder)
    manifest = _read_manifest(place)
    parts = {name: _load_part(place, entry, mapped) for name, entry in manifest["parts"].items()}
    try:
        ranker = None if manifest["ranker"] is None else Ranker.from_json(manifest["ranker"])
    except (PenchantError, KeyError, TypeError, ValueError, AttributeError) as broken:
        raise ModelFolderError(f"the ranker cannot be used ({broken})", where=str(place / RECOMMENDER)) from broken
    return parts.get("rating"), parts.get("choice"), ranker


def _read_manifest(place: Path) -> dict[str, Any]:
    path = place / RECOMMENDER
    manifest = part_saving.read_description(path, "a recommender's description", FORMAT)
    parts = manifest.get("parts")
    named = isinstance(parts, dict) and all(_names_a_folder(name, entry) for name, entry in parts.items())
    if not (parts and named and parts.keys() <= set(PARTS) and "ranker" in manifest):
        raise ModelFolderError("the file is not a recommender's description", where=str(path))
    return manifest


def _names_a_folder(part: str, entry: Any) -> bool:
    """Whether an entry names a sub-folder of this folder, as saving names it, and a hash."""
    return (
        isinstance(entry, dict)
        and all(isinstance(entry.get(name), str) for name in ("folder", "sha256"))
        and entry["folder"].partition(".")[0] == part
        and _OWN.fullmatch(entry["folder"]) is not None
    )


def _load_part(place: Path, entry: dict[str, str], mapped: bool) -> TrainedModel:
    folder = place / entry["folder"]
    if folder.is_symlink():
        raise ModelFolderError("a part is not a folder of its own", where=str(folder))
    trained = part_saving.load_trained(folder, mapped=mapped)
    try:
        model_spec(trained.kind)
        changed = _fingerprint(folder) != entry["sha256"]
    except (PenchantError, OSError) as broken:
        raise ModelFolderError(f"the part cannot be used ({broken})", where=str(folder)) from broken
    if changed:
        raise ModelFolderError("the part was changed after it was saved", where=str(folder))
    return trained


def _fingerprint(place: Path) -> str:
    return hashlib.sha256((place / part_saving.MANIFEST).read_bytes()).hexdigest()
