"""Checks of the ids and ratings that callers give; they become plain values, or a CallerError says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.frames import is_missing
from penchant.data.scale import Scale
from penchant.data.vocabulary import UNKNOWN, Numbers, Vocabulary, plain_id
from penchant.foundations.arguments import type_of
from penchant.foundations.close_names import name_remedy
from penchant.foundations.errors import CallerError
from penchant.models.sides import Side


def one_id(value: Any, name: str) -> Any:
    """One id as a plain value. name: of the argument. Raises CallerError for several ids or none."""
    if value is None:
        raise CallerError("no id was given", where=name, remedy=f"Give one {name} id")
    if _is_several(value):
        raise CallerError(f"one {name} is asked for, not {_shown(value)}", where=name, remedy=f"Give one {name} id")
    return _id_in(value, name)


def many_ids(values: Any, name: str) -> list[Any]:
    """Ids as plain values, (B,). name: of the argument. Raises CallerError for anything but a list of ids."""
    if not _is_several(values) or isinstance(values, Mapping):
        raise CallerError(f"{_shown(values)} is not a list of ids", where=name, remedy=f"Write {name}=[1, 2]")
    return [_id_in(one, name) for one in (values.tolist() if isinstance(values, np.ndarray) else values)]


def paired_numbers(
    users: Any, items: Any, user_vocabulary: Vocabulary, item_vocabulary: Vocabulary
) -> tuple[Numbers, Numbers]:
    """The numbers of B pairs of ids, (B,) each; either side may be one id, which is then paired with all others."""
    user_numbers, item_numbers = (
        numbers_of(ids, vocabulary, name)
        for ids, vocabulary, name in ((users, user_vocabulary, "users"), (items, item_vocabulary, "items"))
    )
    if len(user_numbers) != len(item_numbers) and 1 not in (len(user_numbers), len(item_numbers)):
        raise CallerError(
            f"{len(user_numbers)} users and {len(item_numbers)} items make no pairs",
            remedy="Give as many users as items, or one of either",
        )
    pairs = np.broadcast_arrays(user_numbers, item_numbers)
    return pairs[0], pairs[1]


def numbers_of(ids: Any, vocabulary: Vocabulary, name: str) -> Numbers:
    """The numbers of one id or of B ids, (B,); UNKNOWN for an id that is not in the vocabulary."""
    if isinstance(ids, np.ndarray) and ids.ndim == 1 and ids.dtype.kind in "iu":
        return vocabulary.numbers(ids)
    return vocabulary.numbers(many_ids(ids if _is_several(ids) else [ids], name))


def ratings_by_id(ratings: Any, scale: Scale | None, example: str = "item id") -> dict[Any, float]:
    """Ratings as plain id -> rating, from a mapping or a pandas Series indexed by id.

    scale: the allowed range, or None for any finite number. Raises CallerError for a rating that is not a number or
    outside the scale.
    """
    if ratings is None:
        return {}
    if not isinstance(ratings, Mapping) and not _is_series(ratings):
        raise CallerError(
            f"ratings are given as {example} -> rating, not as {_shown(ratings)}", remedy="Write {1: 4.5, 260: 5.0}"
        )
    return {_id_in(one, "ratings"): _rating(value, one, scale) for one, value in ratings.items()}


def features_by_name(features: Any, sides: Sequence[Side], whose: str) -> dict[str, Any] | None:
    """Features as name -> value, or None if there are none.

    sides: the users, or the items, of each part. whose: "users" or "items". Raises CallerError for anything but a
    mapping, and for a feature that none of the sides has.
    """
    if features is not None and not isinstance(features, Mapping):
        raise CallerError(
            f"features are given as name -> value, not as {_shown(features)}",
            where="features",
            remedy='Write {"genres": ["Drama"]}',
        )
    if not features:
        return None
    tables = [table for side in sides for table in (side.features, side.encoder) if table is not None]
    kinds = {name: kind for table in tables for name, kind in table.kinds.items()}
    check_feature_names({name: value for name, value in features.items() if name != "title"}, kinds, whose)
    return dict(features)


def check_feature_names(features: Mapping[str, Any] | None, kinds: Mapping[str, str], whose: str) -> None:
    """Raise CallerError for a feature that is not among those of the users or items, whose kinds are given."""
    for name in features or ():
        if name not in kinds:
            remedy = (
                name_remedy(name, sorted(kinds), intro="There are") if kinds else f"The {whose} of this model have none"
            )
            raise CallerError(f"{whose} have no feature {str(name)[:50]!r}", where="features", remedy=remedy)


def check_on_scale(value: float, scale: Scale, where: str = "") -> None:
    """Raise CallerError for a rating outside the scale."""
    if not scale.low <= value <= scale.high:
        raise CallerError(
            f"{value:g} is not on the scale", where=where, remedy=f"Rate from {scale.low:g} to {scale.high:g}"
        )


def in_numbers(vocabulary: Vocabulary, ratings: Mapping[Any, float]) -> tuple[Numbers, NDArray[np.float32], list[Any]]:
    """Ratings by id as numbers and values, (n,) each, and the ids that are not in the vocabulary."""
    numbers = vocabulary.numbers(ratings).tolist()
    known = {number: value for number, value in zip(numbers, ratings.values(), strict=True) if number != UNKNOWN}
    unknown = [one for one, number in zip(ratings, numbers, strict=True) if number == UNKNOWN]
    return np.array(list(known), np.int32), np.array(list(known.values()), np.float32), unknown


def _id_in(one: Any, name: str) -> Any:
    one = plain_id(one)
    if type(one) in (int, str):
        return one
    if is_missing(one) or isinstance(one, bool | float | bytes) or _is_several(one):
        raise CallerError(f"{_shown(one)} is not an id", where=name, remedy="Give whole numbers or texts")
    return one


def _rating(value: Any, one: Any, scale: Scale | None) -> float:
    if type(value) is float and scale is not None and scale.low <= value <= scale.high:
        return value
    where = f"the rating of {one!r}"
    try:
        number = float("nan") if isinstance(value, str | bool | np.bool_) else float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if not np.isfinite(number):
        raise CallerError(f"{_shown(value)} is no finite number", where=where, remedy="Give a number, or leave it out")
    if scale is not None:
        check_on_scale(number, scale, where)
    return number


def _is_series(value: Any) -> bool:
    return hasattr(value, "items") and hasattr(value, "index") and not hasattr(value, "columns")


def _is_several(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, Iterable) and not isinstance(value, str | bytes)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else type_of(value)
