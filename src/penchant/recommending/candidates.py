"""Which items may stand in a list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.data.vocabulary import UNKNOWN, Numbers
from penchant.models.sides import Side
from penchant.recommending.request import Request


def allowed_items(items: Side, request: Request, seen: Numbers) -> tuple[NDArray[np.bool_], list[Any]]:
    """A mask over the catalogue (I,), and the ids in the request's filters that the catalogue does not hold."""
    mask = np.full(len(items), request.among is None)
    unknown: list[Any] = []
    if request.among is not None:
        mask[_numbers(items, request.among, unknown)] = True
    mask[_numbers(items, request.exclude, unknown)] = False
    if request.exclude_seen:
        mask[seen] = False
    return mask, unknown


def _numbers(items: Side, ids: Iterable[Any], unknown: list[Any]) -> Numbers:
    wanted = list(ids)
    numbers = items.vocabulary.numbers(wanted)
    unknown += [one for one, number in zip(wanted, numbers, strict=True) if number == UNKNOWN]
    return numbers[numbers != UNKNOWN]
