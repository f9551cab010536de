"""Remedies for a misspelled name: the closest known names, then all of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def close_names(name: str, known: Iterable[str]) -> list[str]:
    """Up to three of the known names that are spelled like `name`, the closest first; letter case is ignored."""
    by_lower = {one.lower(): one for one in known}
    return [by_lower[one] for one in get_close_matches(name.lower(), by_lower, n=3)]


def name_remedy(name: str, known: Iterable[str], *, intro: str = "Known names", also: Iterable[str] = ()) -> str:
    """ "Did you mean 'a'? Known names: a, b": the closest of the known names, if there are any, and all of them.

    also: further names that may be meant; they are not in the list.
    """
    known = list(known)
    close = " or ".join(map(repr, close_names(name, [*known, *also])))
    return (f"Did you mean {close}? " if close else "") + f"{intro}: {', '.join(known) or 'none'}"
