"""A recommender as a folder: recommender.json, and a sub-folder for each part as models/saving writes it.

Written beside its place and exchanged. The file says the SHA-256 of each part's own manifest, which says that of every
file of the part. So a part that was replaced or altered is refused.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from pathlib import Path
from typing import Any

from penchant.foundations.errors import CallerError, ModelFolderError
from penchant.models import saving as part_saving
from penchant.models.trained import TrainedModel
from penchant.recommending.ranker import Ranker

FORMAT = 1
RECOMMENDER = "recommender.json"
PARTS = ("rating", "choice")


def save_parts(
    folder: str | Path, rating: TrainedModel | None, choice: TrainedModel | None, ranker: Ranker | None
) -> Path:
    """Write the parts to a folder, whole or not at all; a recommender already there is replaced."""
    target = Path(folder)
    if target.exists() and (not target.is_dir() or (not is_recommender(target) and any(target.iterdir()))):
        raise ModelFolderError("the folder holds other things than a model", where=str(target), remedy="Choose another")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.writing")
    try:
        fresh.mkdir()
        parts = {name: part for name, part in zip(PARTS, (rating, choice), strict=True) if part is not None}
        for name, part in parts.items():
            part_saving.save_trained(part, fresh / name)
        manifest = {
            "format": FORMAT,
            "parts": {name: _fingerprint(fresh / name) for name in parts},
            "ranker": None if ranker is None else ranker.to_json(),
        }
        (fresh / RECOMMENDER).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
        part_saving._sync(fresh / RECOMMENDER)
        part_saving._swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def is_recommender(folder: Path) -> bool:
    """Whether a recommender was saved in the folder."""
    return (folder / RECOMMENDER).is_file()


def load_parts(folder: str | Path) -> tuple[TrainedModel | None, TrainedModel | None, Ranker | None]:
    """The rating model, the choice model and the ranker saved in a folder.

    Raises ModelFolderError when anything is cut short, altered, or of a newer format.
    """
    place = Path(folder)
    manifest = _read_manifest(place)
    parts = {name: _load_part(place / name, expected) for name, expected in manifest["parts"].items()}
    try:
        ranker = None if manifest["ranker"] is None else Ranker.from_json(manifest["ranker"])
    except (CallerError, KeyError, TypeError, ValueError) as broken:
        raise ModelFolderError(f"the ranker cannot be used ({broken})", where=str(place / RECOMMENDER)) from broken
    return parts.get("rating"), parts.get("choice"), ranker


def _read_manifest(place: Path) -> dict[str, Any]:
    path = place / RECOMMENDER
    if not path.is_file():
        raise ModelFolderError(f"there is no model here ({RECOMMENDER} is missing)", where=str(place))
    try:
        manifest: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version, parts = int(manifest["format"]), dict(manifest["parts"])
        whole = bool(parts) and set(parts) <= set(PARTS) and "ranker" in manifest
    except (ValueError, KeyError, TypeError, RecursionError) as broken:
        raise ModelFolderError("the file is not a recommender's description", where=str(path)) from broken
    if version > FORMAT:
        raise ModelFolderError(
            f"the model is of format {version}, this Penchant reads up to {FORMAT}",
            where=str(place),
            remedy="Upgrade it",
        )
    if not whole:
        raise ModelFolderError("the file is not a recommender's description", where=str(path))
    return manifest


def _load_part(place: Path, expected: Any) -> TrainedModel:
    trained = part_saving.load_trained(place)
    if _fingerprint(place) != expected:
        raise ModelFolderError("the part was changed after it was saved", where=str(place))
    return trained


def _fingerprint(place: Path) -> str:
    return hashlib.sha256((place / part_saving.MANIFEST).read_bytes()).hexdigest()
