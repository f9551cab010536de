"""A model as a folder: model.json, parameters.safetensors and a Parquet file for each side. No pickle.

model.json names every file with its length and SHA-256. A model is checked whole when it is saved and when it is
loaded, so that what loads can be used.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import shutil
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
from penchant.foundations.durable_files import sync
from penchant.foundations.errors import ModelFolderError, ModelShapeError
from penchant.models.history_rows import HistoryRows
from penchant.models.model_checks import check_finite, check_model
from penchant.models.priors import Prior
from penchant.models.scorers import scorer_from_parts
from penchant.models.sides import Side
from penchant.models.trained import Feedback, TrainedModel

FORMAT = 1
MANIFEST, PARAMETERS = "model.json", "parameters.safetensors"
FILES = ("items.parquet", PARAMETERS, "users.parquet")
"""The files that the manifest describes."""
Arrays = dict[str, NDArray[Any]]
_SIDE_ARRAYS = ("bias", "counts", "variance", "unformed", "cold_start")
_DTYPES = {
    "BOOL": np.bool_, "U8": np.uint8, "I8": np.int8, "I16": np.int16, "I32": np.int32, "I64": np.int64,
    "F16": np.float16, "F32": np.float32, "F64": np.float64,
}  # fmt: skip
"""The types of arrays as safetensors names them."""


# --- writing -----------------------------------------------------------------------------------------------------


def save_trained(trained: TrainedModel, folder: str | Path) -> Path:
    """Write the model to a folder that is new or empty; when this returns, all of it is on disk.

    Raises ModelFolderError for a model that could not be used, such as one with parameters that are not finite.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ModelFolderError("the folder holds other things", where=str(target), remedy="Choose another")
    scorer, arrays = _parts(trained)
    try:
        check_finite(arrays)
        check_model(trained)
    except ModelShapeError as unusable:
        remedy = "Nothing was written. If it was trained so, train with a lower learning rate or other settings"
        raise ModelFolderError(f"the model cannot be used: {unusable}", where=str(target), remedy=remedy) from unusable
    target.mkdir(parents=True, exist_ok=True)
    _write_parts(trained, scorer, arrays, target)
    sync(target)
    return target


def _parts(trained: TrainedModel) -> tuple[dict[str, Any], Arrays]:
    """The JSON values of the scorer, and every array of the model by name."""
    scorer, own = trained.scorer.to_parts()
    arrays = {f"scorer.{name}": array for name, array in own.items()} | {"noise": trained.noise}
    for name in ("starts", "items", "values", "timestamps"):
        if (column := getattr(trained.interactions, name)) is not None:
            arrays[f"interactions.{name}"] = column
    for side_name, side in (("users", trained.users), ("items", trained.items)):
        arrays |= {f"{side_name}.{name}": array for name, array in _side_arrays(side).items()}
    return scorer, arrays


def _write_parts(trained: TrainedModel, scorer: dict[str, Any], arrays: Arrays, folder: Path) -> None:
    from safetensors.numpy import save_file

    sides = {"users": trained.users, "items": trained.items}
    for name, side in sides.items():
        _side_frame(side).write_parquet(folder / f"{name}.parquet")
    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / PARAMETERS)
    shutil.copymode(folder / "users.parquet", folder / PARAMETERS)  # safetensors lets only the owner read
    manifest = {
        "format": FORMAT,
        "kind": trained.kind,
        "settings": dict(trained.settings),
        "scorer": scorer,
        "scale": asdict(trained.scale),
        "feedback": None if trained.feedback is None else asdict(trained.feedback),
        "sides": {name: _side_values(side) for name, side in sides.items()},
        "history": [dict(metrics) for metrics in trained.history],
        "facts": dict(trained.facts),
        "files": {name: _fingerprint(folder / name) for name in FILES},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    for path in folder.iterdir():
        sync(path)


def _side_values(side: Side) -> dict[str, Any]:
    return {
        "prior": side.prior.to_parts()[0],
        "encoder": None if side.encoder is None else side.encoder.to_json(),
        "kinds": None if side.features is None else dict(side.features.kinds),
    }


def _side_arrays(side: Side) -> Arrays:
    arrays: dict[str, Any] = {name: getattr(side, name) for name in _SIDE_ARRAYS} | _vector_parts(side)
    arrays |= {f"prior.{name}": array for name, array in side.prior.to_parts()[1].items()}
    return {name: array for name, array in arrays.items() if array is not None}


def _vector_parts(side: Side) -> Arrays:
    """Vectors in their memory order, on which the speed of products depends; histories as compressed rows."""
    vectors = side.vectors
    if side.histories is not None:
        return {f"histories.{name}": value for name, value in side.histories.to_arrays().items()}
    turned = len(vectors) == 1 and vectors.flags.f_contiguous and not vectors.flags.c_contiguous
    return {"columns": vectors.transpose(0, 2, 1)} if turned else {"vectors": vectors}


def _vectors_from(arrays: Arrays, items: Side | None) -> tuple[Any, HistoryRows | None]:
    """The vectors and the histories of a side; items: for users, the other side, of whose vectors they may be sums."""
    if "histories.starts" in arrays:
        own = _under("histories", arrays)
        histories = HistoryRows.from_arrays(own, None if items is None else items.vectors[0])
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


# --- reading -----------------------------------------------------------------------------------------------------


def load_trained(folder: str | Path, *, mapped: bool = False) -> TrainedModel:
    """The model saved in a folder. mapped: as in `recommender.load`.

    Raises ModelFolderError for anything but a whole model: a file that is cut short, altered or missing, a newer
    format, or contents that no trainer makes.
    """
    place = Path(folder)
    manifest = _read_manifest(place)
    _check_files(place, manifest.get("files"))
    from safetensors.numpy import load_file

    try:
        arrays = (_mapped if mapped else load_file)(place / PARAMETERS)
        check_finite(arrays)
        trained = _assembled(place, manifest, arrays)
        check_model(trained)
    except Exception as broken:  # any error from any library means that the folder is damaged
        reason = " ".join(str(broken).split()) or type(broken).__name__
        raise ModelFolderError(f"the folder does not hold a whole model ({reason})", where=str(place)) from broken
    return trained


def _mapped(path: Path) -> Arrays:
    """The arrays of a safetensors file where they are: its header says, in JSON, at which bytes each of them is.

    What is written to an array stays in this process.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(size))
        whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    return {
        name: np.ndarray(one["shape"], _DTYPES[one["dtype"]], whole, 8 + size + one["data_offsets"][0])
        for name, one in header.items()
        if name != "__metadata__"
    }


def _read_manifest(place: Path) -> dict[str, Any]:
    return read_description(place / MANIFEST, "a model's description", FORMAT)


def read_description(path: Path, what: str, newest: int) -> dict[str, Any]:
    """The JSON object of a file that describes a saved model.

    Raises ModelFolderError, which calls it `what`, for another file, and for a format above `newest`.
    """
    if not path.is_file():
        raise ModelFolderError(f"there is no model here ({path.name} is missing)", where=str(path.parent))
    try:
        found: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
        version = int(found["format"])
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as broken:
        raise ModelFolderError(f"the file is not {what}", where=str(path)) from broken
    if version > newest:
        raise ModelFolderError(
            f"the model is of format {version}, this Penchant reads up to {newest}",
            where=str(path.parent),
            remedy="Upgrade it",
        )
    return found


def _check_files(place: Path, files: Any) -> None:
    if not isinstance(files, dict) or sorted(files) != sorted(FILES):
        raise ModelFolderError(f"the files of a model are {', '.join(FILES)}", where=str(place / MANIFEST))
    for name in FILES:
        path, expected = place / name, files[name]
        if not path.is_file():
            raise ModelFolderError("a file of the model is missing", where=str(path))
        found = _fingerprint(path)
        if not isinstance(expected, dict) or found.keys() != expected.keys():
            raise ModelFolderError(f"the size and hash of {name} are not given", where=str(place / MANIFEST))
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
