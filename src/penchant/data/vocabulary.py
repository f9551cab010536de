"""The mapping between ids (the caller's) and numbers (rows of a matrix)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from penchant.foundations.errors import DataError

Id = int | str
Ids = NDArray[Any]
Numbers = NDArray[np.int32]

UNKNOWN = -1
"""The number of an unknown id."""


def plain_id(value: Any) -> Any:
    """A scalar of any kind as the plain Python value that it stands for.

    A NumPy scalar, an array of no dimensions and a float that is a whole number are the same id as that int or str.
    """
    if type(value) in (int, str):  # nearly all
        return value
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return str(value) if isinstance(value, str) else value


class Vocabulary:
    """An ordered set of ids; an id's position is its number.

    ids: shape (N,), distinct, all whole numbers or all texts. A whole-number id is also found by its text, so that "1"
    on the command line finds the user 1.
    """

    def __init__(self, ids: Sequence[Any] | Ids) -> None:
        array = ids if isinstance(ids, np.ndarray) else np.array(ids, dtype=object)
        kinds = {type(one) for one in array.tolist()} if array.dtype == object else set()
        if array.dtype.kind in "iu" or kinds == {int}:
            self.ids: Ids = array.astype(np.int64)
        elif array.dtype.kind == "U" or len(array) == 0 or kinds == {str}:
            self.ids = array.astype(object)
        else:
            found = ", ".join(sorted(kind.__name__ for kind in kinds)) or str(array.dtype)
            raise DataError(f"ids are all whole numbers or all texts, not {found}", where="vocabulary")
        if len(self._index) != len(self.ids):
            raise DataError(f"{len(self.ids) - len(self._index)} ids of the vocabulary occur twice")

    @cached_property
    def _index(self) -> dict[Id, int]:
        return {key: number for number, key in enumerate(self.ids.tolist())}

    @property
    def of_text(self) -> bool:
        """Whether the ids are texts, not whole numbers."""
        return self.ids.dtype == object

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, wanted: object) -> bool:
        return self.number(wanted) != UNKNOWN

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and np.array_equal(self.ids, other.ids)

    __hash__ = None  # type: ignore[assignment]

    def number(self, wanted: object) -> int:
        """The number of one id, or UNKNOWN."""
        own = self._as_own_kind(wanted)
        return UNKNOWN if own is None else self._index.get(own, UNKNOWN)

    def numbers(self, wanted: Iterable[object]) -> Numbers:
        """The numbers of B ids, shape (B,); UNKNOWN for an unknown id."""
        if isinstance(wanted, np.ndarray):
            if wanted.dtype.kind in "iu" and not self.of_text:
                return np.array([self._index.get(one, UNKNOWN) for one in wanted.tolist()], dtype=np.int32)
            wanted = wanted.tolist()
        return np.fromiter((self.number(one) for one in wanted), dtype=np.int32)

    def id_of(self, number: int) -> Id:
        """The id of a number, as a Python int or str."""
        found: Id = self.ids[number : number + 1].tolist()[0]
        return found

    def take(self, numbers: NDArray[Any]) -> Ids:
        """The ids of numbers, in the same shape."""
        ids: Ids = self.ids[numbers]
        return ids

    def extended(self, more: Iterable[object]) -> Vocabulary:
        """These ids with the same numbers, followed by the new ids of `more` in their order."""
        fresh = [one for one in dict.fromkeys(map(plain_id, more)) if one not in self]
        if not fresh:
            return self
        self._check_same_kind(fresh[0])
        found = Vocabulary.__new__(Vocabulary)  # what is known of these ids is not found out again
        found.ids = np.concatenate([self.ids, np.array(fresh, dtype=self.ids.dtype)])
        found._index = self._index | {one: n for n, one in enumerate(found.ids[len(self) :].tolist(), len(self))}
        return found

    def _check_same_kind(self, one: object) -> None:
        if len(self) and isinstance(one, str) != self.of_text:
            own, other = ("texts", "a whole number") if self.of_text else ("whole numbers", "a text")
            raise DataError(f"the ids are {own}, but {one!r} is {other}", remedy="Use one kind of id")

    def _as_own_kind(self, wanted: object) -> Id | None:
        wanted = plain_id(wanted)
        if self.of_text:
            return wanted if isinstance(wanted, str) else str(wanted)
        if isinstance(wanted, str) and wanted.removeprefix("-").isdecimal():
            return int(wanted)
        return wanted if isinstance(wanted, int) and not isinstance(wanted, bool) else None
