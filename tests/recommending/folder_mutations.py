"""Random damage to the folder of a saved recommender: to its files, or to what they say, with hashes that fit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from safetensors.numpy import load_file, save_file

Rng = np.random.Generator
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 3, 2**70, 0.5, 1e308, float("inf"), float("nan"), "", "x", "../x", "/etc", [], [1, "a"], {},
    {"a": None},
)  # fmt: skip


def mutate(rng: Rng, folder: Path) -> str:
    """Damage the folder in one way; what was done."""
    return one_of(rng, (damage_file, change_description, change_part, change_array, change_array, change_table))(
        rng, folder
    )


def one_of(rng: Rng, of: Any) -> Any:
    return of[int(rng.integers(len(of)))]


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def a_part(rng: Rng, folder: Path) -> Path:
    return one_of(rng, sorted(path for path in folder.iterdir() if path.is_dir()))


# --- files -------------------------------------------------------------------------------------------------------


def damage_file(rng: Rng, folder: Path) -> str:
    path = one_of(rng, files(folder))
    content = bytearray(path.read_bytes())
    ways: dict[str, Callable[[], object]] = {
        "removed": path.unlink,
        "emptied": lambda: path.write_bytes(b""),
        "cut short": lambda: path.write_bytes(content[: int(rng.integers(len(content)))]),
        "longer": lambda: path.write_bytes(content + b"\0"),
        "flipped": lambda: path.write_bytes(flipped(rng, content)),
        "another file": lambda: path.write_bytes(one_of(rng, files(folder)).read_bytes()),
        "a folder": lambda: (path.unlink(), path.mkdir()),
    }
    way = one_of(rng, list(ways))
    ways[way]()
    return f"{path.relative_to(folder)} {way}"


def flipped(rng: Rng, content: bytearray) -> bytes:
    content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
    return bytes(content)


# --- descriptions ------------------------------------------------------------------------------------------------


def change_description(rng: Rng, folder: Path) -> str:
    return changed_json(rng, folder / "recommender.json")


def change_part(rng: Rng, folder: Path) -> str:
    part = a_part(rng, folder)
    said = changed_json(rng, part / "model.json")
    sign(folder, part)
    return said


def changed_json(rng: Rng, path: Path) -> str:
    """Change, drop or add one value anywhere in a JSON file."""
    value = json.loads(path.read_text(encoding="utf-8"))
    places = list(walk(value))
    holder, key = one_of(rng, places)
    said = f"{path.parent.name}/{path.name}: {key!r} of {str(holder)[:60]}"
    if rng.random() < 0.2:
        del holder[key]
        said += " dropped"
    else:
        holder[key] = one_of(rng, ODD)
        said += f" is {holder[key]!r}"
    path.write_text(json.dumps(value), encoding="utf-8")
    return said


def walk(value: Any) -> Any:
    """Every (holder, key) of a JSON value."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from walk(value[key])


def sign(folder: Path, part: Path) -> None:
    """Make hashes fit: those of the part's files, and that of its description."""
    path = part / "model.json"
    told = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(told.get("files"), dict):
        for name in told["files"]:
            if (part / name).is_file() and isinstance(told["files"][name], dict):
                content = (part / name).read_bytes()
                told["files"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    path.write_text(json.dumps(told), encoding="utf-8")
    top = folder / "recommender.json"
    whole = json.loads(top.read_text(encoding="utf-8"))
    for entry in whole["parts"].values():
        if entry["folder"] == part.name:
            entry["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    top.write_text(json.dumps(whole), encoding="utf-8")


# --- arrays and tables -------------------------------------------------------------------------------------------


def change_array(rng: Rng, folder: Path) -> str:
    part = a_part(rng, folder)
    path = part / "parameters.safetensors"
    arrays = dict(load_file(path))
    name = one_of(rng, sorted(arrays))
    ways: dict[str, Callable[[Any], Any]] = {
        "not a number": lambda one: spoiled(rng, one, float("nan")),
        "infinite": lambda one: spoiled(rng, one, float("-inf")),
        "huge": lambda one: spoiled(rng, one, 2**31 - 1),
        "negative": lambda one: spoiled(rng, one, -1),
        "shorter": lambda one: one[:-1] if one.ndim else one[None],
        "narrower": lambda one: one[..., :-1] if one.ndim else one[None],
        "longer": lambda one: np.concatenate([one, one[:1]]) if one.ndim else one[None],
        "one axis more": lambda one: one[None],
        "flat": lambda one: one.reshape(-1),
        "of another type": lambda one: one.astype(np.int64 if one.dtype.kind == "f" else np.float32),
        "backwards": lambda one: one[::-1] if one.ndim else -one,
        "gone": lambda one: None,
    }
    way = one_of(rng, list(ways))
    arrays[name] = ways[way](arrays[name])
    save_file({key: np.ascontiguousarray(one) for key, one in arrays.items() if one is not None}, path)
    sign(folder, part)
    return f"{part.name}: {name} {way}"


def spoiled(rng: Rng, array: Any, value: float) -> Any:
    changed = array.copy()
    if changed.size and not (changed.dtype.kind != "f" and not np.isfinite(value)):
        changed.reshape(-1)[int(rng.integers(changed.size))] = value
    return changed


def change_table(rng: Rng, folder: Path) -> str:
    part = a_part(rng, folder)
    path = part / one_of(rng, ("users.parquet", "items.parquet"))
    frame = pl.read_parquet(path)
    column = one_of(rng, frame.columns)
    ways: dict[str, Callable[[], Any]] = {
        "without the last row": lambda: frame[:-1],
        "with a row twice": lambda: pl.concat([frame, frame[:1]]),
        "all of one row": lambda: frame[[0] * len(frame)],
        f"without {column}": lambda: frame.drop(column),
        f"with {column} empty": lambda: frame.with_columns(pl.lit(None).alias(column)),
        f"with {column} numbered": lambda: frame.with_columns(pl.Series(column, range(len(frame)))),
        f"with {column} as other texts": lambda: frame.with_columns(pl.lit("x").alias(column)),
        "backwards": frame.reverse,
    }
    way = one_of(rng, list(ways))
    ways[way]().write_parquet(path)
    sign(folder, part)
    return f"{part.name}/{path.name} {way}"
