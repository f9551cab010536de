"""Which items may stand in a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.features import FeatureTable
from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.foundations.errors import CallerError
from penchant.models.sides import Side
from penchant.recommending.request import Request


def allowed_items(items: Side, request: Request, seen: Numbers | None = None) -> tuple[NDArray[np.bool_], list[Any]]:
    """A mask over the catalogue (I,), and the ids in the request's filters that the catalogue does not hold.

    seen: the numbers that the one who asks has rated. Raises CallerError for a feature that items do not have.
    """
    unknown: list[Any] = []
    mask = np.full(len(items), request.among is None)
    if request.among is not None:
        mask[_numbers(items, request.among, unknown)] = True
    for name, wanted in (request.where or {}).items():
        mask &= has_feature(items.features, name, wanted)
    mask[_numbers(items, request.exclude, unknown)] = False
    if request.exclude_seen and seen is not None:
        mask[seen] = False
    return mask, unknown


def has_feature(table: FeatureTable | None, name: str, wanted: Any) -> NDArray[np.bool_]:
    """Which rows carry one of the wanted values in the named column, (N,); wanted: a value or several.

    A pair of numbers on a column of numbers is a range, both ends included.
    """
    if table is None or name not in table.columns:
        known = ", ".join(sorted(table.columns)) if table is not None and table.columns else "none at all"
        raise CallerError(f"items have no feature {name!r}", where="where", remedy=f"There are: {known}")
    column, kind = table.columns[name], table.kinds[name]
    several = isinstance(wanted, Iterable) and not isinstance(wanted, str)
    if kind == "number" and several:
        low, high = wanted
        return np.array([value is not None and low <= value <= high for value in column], dtype=bool)
    values = set(wanted) if several else {wanted}
    if kind == "many":
        return np.array([value is not None and not values.isdisjoint(value) for value in column], dtype=bool)
    return np.array([value in values for value in column], dtype=bool)


def _numbers(items: Side, ids: Iterable[Any], unknown: list[Any]) -> Numbers:
    wanted = list(ids)
    numbers = items.vocabulary.numbers(wanted)
    unknown += [one for one, number in zip(wanted, numbers, strict=True) if number == UNKNOWN]
    return numbers[numbers != UNKNOWN]
