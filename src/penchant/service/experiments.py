"""Experiments: users split over two ways to make their lists, by a stable hash."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from penchant.foundations.errors import SettingsError
from penchant.recommending.options import By

_FORM = re.compile(r"([a-z][a-z0-9_-]{0,39}):\s*([a-z]+|base|[0-9]{1,9})\s*,\s*([a-z]+|base|[0-9]{1,9})\s*")


@dataclass(frozen=True)
class Arm:
    """One way to make lists. by: an order, or None for the usual one. version: one of the model, or None for the served
    one."""

    name: str
    by: By | None = None
    version: str | None = None


@dataclass(frozen=True)
class OnlineExperiment:
    """A name, which also decides who is in which arm, and the two arms."""

    name: str
    arms: Sequence[Arm]

    @classmethod
    def of(cls, text: str) -> OnlineExperiment | None:
        """From a setting, `NAME: ARM, ARM`; None for an empty one. An arm is an order of lists or a version's name.

        Raises SettingsError for another form.
        """
        if not text:
            return None
        found = _FORM.fullmatch(text)
        arms = [] if found is None else [_arm(one) for one in found.groups()[1:]]
        if found is None or None in arms or arms[0] == arms[1]:
            raise SettingsError(
                f"{text!r} is no experiment", where="experiment",
                remedy="Write it like ranking: combined, choice or like model: base, 0003",
            )  # fmt: skip
        return cls(found[1], [arm for arm in arms if arm is not None])

    def arm(self, user_id: str) -> Arm:
        """The arm of a user: the same on every server and after every restart, and even for half of all users."""
        digest = hashlib.blake2b(f"{self.name}\0{user_id}".encode(), digest_size=8).digest()
        return self.arms[int.from_bytes(digest) & 1]


def _arm(name: str) -> Arm | None:
    if name in get_args(By):
        return Arm(name, by=name)  # type: ignore[arg-type]
    return Arm(name, version=name) if name == "base" or name.isdecimal() else None
