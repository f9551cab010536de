"""Whether arrays fit each other: each has a shape in letters, and a letter is one size everywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from penchant.foundations.errors import ModelShapeError


def check_shapes(
    where: str, arrays: Mapping[str, NDArray[Any] | None], shapes: Mapping[str, str], sizes: dict[str, int]
) -> None:
    """Raises ModelShapeError where an array has another shape than its letters say; None has none.

    shapes: name -> one letter for each axis, such as "SND". sizes: letter -> size, where known; extended by those of
    letters that are found first here.
    """
    for name, letters in shapes.items():
        if (array := arrays.get(name)) is None:
            continue
        known = tuple(sizes.setdefault(letter, size) for letter, size in zip(letters, array.shape, strict=False))
        if array.ndim != len(letters) or array.shape != known:
            expected = ", ".join(f"{letter} = {sizes.get(letter, 'any')}" for letter in letters)
            raise ModelShapeError(f"{where}.{name} has shape {array.shape}, not ({expected})")
