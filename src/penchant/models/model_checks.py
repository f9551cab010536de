"""Whether a model can be used as it is: shapes, ranges, and nothing but finite numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.interactions import Interactions
from penchant.data.scale import Scale
from penchant.foundations.errors import ModelShapeError
from penchant.foundations.shapes import check_shapes
from penchant.models.priors import Prior
from penchant.models.sides import Side
from penchant.models.trained import TrainedModel

_SIDE_SHAPES = {
    "bias": "SN", "vectors": "SNV", "counts": "N", "variance": "N", "unformed": "N", "cold_start": "SN",
}  # fmt: skip
_SIDE_KINDS = {"bias": "f", "vectors": "f", "counts": "i", "variance": "f", "unformed": "b", "cold_start": "f"}


def check_finite(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Raises ModelShapeError, with the array's name, where a number is infinite or NaN."""
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise ModelShapeError(f"{name} holds {array.dtype}, which is not a number")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise ModelShapeError(f"{name} has {int((~np.isfinite(array)).sum()):,} numbers that are not finite")


def check_parameters(trained: TrainedModel) -> None:
    """Raises ModelShapeError where a number of the scorer, the rows, their priors or the noise is not finite."""
    check_finite({f"scorer.{name}": array for name, array in trained.scorer.to_parts()[1].items()})
    for name, side in (("users", trained.users), ("items", trained.items)):
        arrays = {"bias": side.bias, "vectors": side.vectors, **side.prior.to_parts()[1]}
        check_finite({f"{name}.{key}": array for key, array in arrays.items() if array is not None})
    check_finite({"noise": trained.noise})


def check_model(trained: TrainedModel) -> None:
    """Raises ModelShapeError where the parts of a model are out of range or do not fit each other."""
    if not trained.kind or not isinstance(trained.kind, str):
        raise ModelShapeError(f"the kind of model is {trained.kind!r}")
    check_scale(trained.scale)
    samples = {"S": trained.samples}
    check_shapes("model", {"noise": trained.noise}, {"noise": "S"}, samples)
    if (trained.noise < 0).any():
        raise ModelShapeError("the noise is below 0")
    for name, side in (("users", trained.users), ("items", trained.items)):
        _check_side(name, side, trained.samples, trained.noise)
        if side.histories is not None:
            _check_histories(name, side, len(trained.items), trained.scorer.to_parts()[1].get("self_weights"))
        if side.prior.precision is None and trained.users.histories is None:
            raise ModelShapeError(f"{name}.prior has no precision")
    _check_interactions(trained.interactions, len(trained.items))
    _check_records(trained)


def check_scale(scale: Scale) -> None:
    """Raises ModelShapeError for a scale that no rating can have."""
    ends = (scale.low, scale.high, scale.step)
    if not all(map(is_number, ends)) or scale.low > scale.high or scale.step < 0:
        raise ModelShapeError(f"a rating scale cannot be from {scale.low!r} to {scale.high!r} by {scale.step!r}")


def is_number(value: object) -> bool:
    """Whether a value is a finite real number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_side(name: str, side: Side, samples: int, noise: NDArray[Any]) -> None:
    arrays = {key: getattr(side, key) for key in _SIDE_SHAPES}
    check_shapes(name, arrays, _SIDE_SHAPES, {"S": samples, "N": len(side)})
    for key, kind in _SIDE_KINDS.items():
        if arrays[key] is not None and arrays[key].dtype.kind != kind:
            raise ModelShapeError(f"{name}.{key} holds {arrays[key].dtype}")
    if (side.counts < 0).any():
        raise ModelShapeError(f"{name}.counts is below 0")
    if side.variance is not None and (np.mean(np.square(noise)) + side.variance < 0).any():
        raise ModelShapeError(f"{name}.variance takes away more than the noise")
    if side.features is not None and len(side.features) != len(side):
        raise ModelShapeError(f"{len(side.features)} rows of features do not fit {len(side)} {name}")
    features = None if side.encoder is None else side.encoder.width
    check_prior(name, side.prior, samples, 1 + side.factors, features)


def _check_histories(name: str, side: Side, items: int, self_weights: NDArray[Any] | None) -> None:
    rows = side.histories
    assert rows is not None
    starts, n = rows.starts, len(rows.numbers)
    if len(starts) != len(side) + 1 or starts[0] != 0 or starts[-1] != n or (np.diff(starts) < 0).any():
        raise ModelShapeError(f"{name}: the rows do not divide {n} entries of histories")
    arrays = {"numbers": rows.numbers, "values": rows.values, "vectors": rows.vectors, "scale": rows.scale}
    arrays["self_weights"] = self_weights
    shapes = {"numbers": "n", "values": "n", "vectors": "KW", "scale": "K", "self_weights": "K"}
    check_shapes(f"{name}.histories", arrays, shapes, {"K": rows.items, "W": rows.width})
    if not 0 <= rows.items <= items or (n and (rows.numbers.min() < 0 or rows.numbers.max() >= rows.items)):
        raise ModelShapeError(f"{name}: an entry of a history is with none of {rows.items} items")


def check_prior(name: str, prior: Prior, samples: int, width: int, features: int | None) -> None:
    """Raises ModelShapeError for a prior that does not fit rows of `width` numbers or features of that number."""
    sizes = {"S": samples, "D": width, "3": 3, "2": 2} | ({} if features is None else {"F": features})
    arrays = {"mean": prior.mean, "precision": prior.precision, "everyone": prior.everyone}
    check_shapes(f"{name}.prior", arrays, {"mean": "SD", "precision": "SDD", "everyone": "SDD"}, sizes)
    if not all(map(is_number, (prior.per_rating, prior.offset, prior.variance))):
        raise ModelShapeError(f"{name}.prior has numbers that are not finite")
    if prior.precision is not None and (np.diagonal(prior.precision, axis1=1, axis2=2) <= 0).any():
        raise ModelShapeError(f"{name}.prior.precision is not positive")
    for effect in prior.effects:
        check_shapes(f"{name}.prior.{effect.name}", effect.to_arrays(), effect.shapes, dict(sizes))


def _check_interactions(interactions: Interactions, items: int) -> None:
    for column, kind in (("starts", "i"), ("items", "i"), ("values", "f"), ("timestamps", "i")):
        array = getattr(interactions, column)
        if array is not None and array.dtype.kind != kind:
            raise ModelShapeError(f"interactions.{column} holds {array.dtype}")
    numbers = interactions.items
    if len(numbers) and (int(numbers.min()) < 0 or int(numbers.max()) >= items):
        raise ModelShapeError(f"an interaction is with none of the {items} items")


def _check_records(trained: TrainedModel) -> None:
    """What reports read: settings, history and facts."""
    if not isinstance(trained.settings, Mapping) or not isinstance(trained.facts, Mapping):
        raise ModelShapeError("the settings and the facts are not named values")
    for metrics in trained.history:
        if not isinstance(metrics, Mapping) or not all(isinstance(value, int | float) for value in metrics.values()):
            raise ModelShapeError("the training history is not a list of named numbers")
