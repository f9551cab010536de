"""A model as a folder: model.json, parameters.safetensors and a Parquet file for each side. No pickle.

It is written to a temporary folder that is then renamed; model.json has the length and SHA-256 of every file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.feature_encoding import FeatureEncoder
from penchant.data.features import FeatureTable
from penchant.data.interactions import Interactions
from penchant.data.scale import Scale
from penchant.data.vocabulary import Vocabulary
from penchant.foundations.errors import ModelFolderError, ModelShapeError
from penchant.models.history_rows import HistoryRows
from penchant.models.priors import Prior
from penchant.models.scorers import scorer_from_parts
from penchant.models.sides import Side
from penchant.models.trained import Feedback, TrainedModel

FORMAT = 1
MANIFEST, PARAMETERS = "model.json", "parameters.safetensors"
Arrays = dict[str, NDArray[Any]]
_SIDE_ARRAYS = ("bias", "counts", "variance", "unformed", "cold_start")


# --- writing -----------------------------------------------------------------------------------------------------


def save_trained(trained: TrainedModel, folder: str | Path) -> Path:
    """Write the model to a folder, whole or not at all; a model already there is replaced."""
    target = Path(folder)
    if target.exists() and not (target / MANIFEST).exists() and any(target.iterdir()):
        raise ModelFolderError("the folder holds other things than a model", where=str(target), remedy="Choose another")
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.writing")
    try:
        fresh.mkdir()
        _write_parts(trained, fresh)
        _swap(fresh, target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def _write_parts(trained: TrainedModel, folder: Path) -> None:
    from safetensors.numpy import save_file

    scorer, arrays = trained.scorer.to_parts()
    arrays = {f"scorer.{name}": array for name, array in arrays.items()}
    arrays |= {"noise": trained.noise} | {
        f"interactions.{name}": column
        for name in ("starts", "items", "values", "timestamps")
        if (column := getattr(trained.interactions, name)) is not None
    }
    sides = {}
    for name, side in (("users", trained.users), ("items", trained.items)):
        sides[name], more = _side_parts(side)
        arrays |= {f"{name}.{key}": array for key, array in more.items()}
        _side_frame(side).write_parquet(folder / f"{name}.parquet")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / PARAMETERS)
    manifest = {
        "format": FORMAT,
        "kind": trained.kind,
        "settings": dict(trained.settings),
        "scorer": scorer,
        "scale": asdict(trained.scale),
        "feedback": None if trained.feedback is None else asdict(trained.feedback),
        "sides": sides,
        "history": [dict(metrics) for metrics in trained.history],
        "facts": dict(trained.facts),
        "files": {path.name: _fingerprint(path) for path in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1))
    for path in folder.iterdir():
        _sync(path)


def _side_parts(side: Side) -> tuple[dict[str, Any], Arrays]:
    prior, prior_arrays = side.prior.to_parts()
    arrays: dict[str, Any] = {name: getattr(side, name) for name in _SIDE_ARRAYS} | _vector_parts(side)
    arrays |= {f"prior.{name}": array for name, array in prior_arrays.items()}
    values = {
        "prior": prior,
        "encoder": None if side.encoder is None else side.encoder.to_json(),
        "kinds": None if side.features is None else dict(side.features.kinds),
    }
    return values, {name: array for name, array in arrays.items() if array is not None}


def _vector_parts(side: Side) -> Arrays:
    """Vectors in their memory order, on which the speed of products depends; histories as compressed rows."""
    vectors = side.vectors
    if side.histories is not None:
        return {f"histories.{name}": value for name, value in side.histories.to_arrays().items()}
    turned = len(vectors) == 1 and vectors.flags.f_contiguous and not vectors.flags.c_contiguous
    return {"columns": vectors.transpose(0, 2, 1)} if turned else {"vectors": vectors}


def _vectors_from(arrays: Arrays, items: Side | None) -> tuple[Any, HistoryRows | None]:
    """The vectors and the histories of a side; items: the other side, of whose vectors histories may be sums."""
    if "histories.starts" in arrays and items is not None:
        histories = HistoryRows.from_arrays(_under("histories", arrays), items.vectors[0])
        return np.zeros((1, len(histories), 0), np.float32), histories
    return arrays["columns"].transpose(0, 2, 1) if "columns" in arrays else arrays["vectors"], None


def _side_frame(side: Side) -> Any:
    import polars as pl

    columns: dict[str, Any] = {"id": side.vocabulary.ids.tolist()}
    if side.features is not None:
        columns |= {f"feature.{name}": _storable(values) for name, values in side.features.columns.items()}
        if side.features.titles is not None:
            columns["title"] = list(side.features.titles)
    return pl.DataFrame(columns, strict=False)


def _storable(values: Any) -> list[Any]:
    return [list(one) if isinstance(one, tuple) else one for one in values]


def _swap(fresh: Path, target: Path) -> None:
    """Put the new folder in place; the old one, if any, is gone only once the new one stands."""
    if not target.exists():
        fresh.replace(target)
    else:
        old = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.old")
        target.replace(old)
        fresh.replace(target)
        shutil.rmtree(old)
    _sync(target.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# --- reading -----------------------------------------------------------------------------------------------------


def load_trained(folder: str | Path) -> TrainedModel:
    """The model saved in a folder. Raises ModelFolderError when it is cut short, altered, or of a newer format."""
    place = Path(folder)
    manifest = _read_manifest(place)
    _check_files(place, manifest["files"])
    from safetensors.numpy import load_file

    try:
        return _assembled(place, manifest, load_file(place / PARAMETERS))
    except ModelFolderError:
        raise
    except (KeyError, TypeError, ValueError, ModelShapeError) as broken:
        raise ModelFolderError(f"the folder does not hold a whole model ({broken})", where=str(place)) from broken


def _read_manifest(place: Path) -> dict[str, Any]:
    path = place / MANIFEST
    if not path.is_file():
        raise ModelFolderError(f"there is no model here ({MANIFEST} is missing)", where=str(place))
    try:
        manifest: dict[str, Any] = json.loads(path.read_text())
        version = int(manifest["format"])
    except (ValueError, KeyError, TypeError) as broken:
        raise ModelFolderError("the file is not a model's description", where=str(path)) from broken
    if version > FORMAT:
        raise ModelFolderError(
            f"the model is of format {version}, this Penchant reads up to {FORMAT}",
            where=str(place),
            remedy="Upgrade it",
        )
    return manifest


def _check_files(place: Path, files: dict[str, dict[str, Any]]) -> None:
    for name, expected in files.items():
        path = place / name
        if not path.is_file():
            raise ModelFolderError("a file of the model is missing", where=str(path))
        found = _fingerprint(path)
        if found["bytes"] != expected["bytes"]:
            raise ModelFolderError(f"the file has {found['bytes']} bytes, not {expected['bytes']}", where=str(path))
        if found["sha256"] != expected["sha256"]:
            raise ModelFolderError("the file was changed after it was saved", where=str(path))


def _fingerprint(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"bytes": path.stat().st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}


def _assembled(place: Path, manifest: dict[str, Any], arrays: Arrays) -> TrainedModel:
    sides = manifest["sides"]
    items = _side_from(place, "items", sides["items"], _under("items", arrays))
    users = _side_from(place, "users", sides["users"], _under("users", arrays), items)
    interactions = Interactions(**_under("interactions", arrays))
    if int(interactions.items.max(initial=-1)) >= len(items) or int(interactions.items.min(initial=0)) < 0:
        raise ModelFolderError(f"an interaction is with none of the {len(items)} items", where=str(place))
    return TrainedModel(
        kind=manifest["kind"],
        settings=manifest["settings"],
        scorer=scorer_from_parts(manifest["scorer"], _under("scorer", arrays)),
        users=users,
        items=items,
        noise=arrays["noise"],
        scale=Scale(**manifest["scale"]),
        interactions=interactions,
        feedback=None if manifest["feedback"] is None else Feedback(**manifest["feedback"]),
        history=manifest["history"],
        facts=manifest["facts"],
    )


def _under(prefix: str, arrays: Arrays) -> Arrays:
    start = prefix + "."
    return {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}


def _side_from(place: Path, name: str, values: dict[str, Any], arrays: Arrays, items: Side | None = None) -> Side:
    import polars as pl

    frame = pl.read_parquet(place / f"{name}.parquet")
    encoder = None if values["encoder"] is None else FeatureEncoder.from_json(values["encoder"])
    ids = frame["id"].to_numpy() if frame["id"].dtype.is_integer() else frame["id"].to_list()
    features = None if values["kinds"] is None else _features_from(frame, values["kinds"])
    vectors, histories = _vectors_from(arrays, items)
    return Side(
        Vocabulary(ids),
        vectors=vectors,
        histories=histories,
        prior=Prior.from_parts(values["prior"], _under("prior", arrays)),
        encoder=encoder,
        features=features,
        **{column: arrays[column] for column in _SIDE_ARRAYS if column in arrays},
    )


def _features_from(frame: Any, kinds: dict[str, Any]) -> FeatureTable:
    columns = {}
    for name, kind in kinds.items():
        values = frame[f"feature.{name}"].to_list()
        columns[name] = [None if v is None else tuple(v) for v in values] if kind == "many" else values
    return FeatureTable(columns, kinds, frame["title"].to_list() if "title" in frame.columns else None)
