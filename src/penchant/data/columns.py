"""The columns of a ratings table: our names for their roles, and the names that are recognized in a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from penchant.foundations.close_names import close_names
from penchant.foundations.errors import DataError

USER = "user"
ITEM = "item"
RATING = "rating"
TIMESTAMP = "timestamp"
WEIGHT = "weight"
EVENT = "event"

RECOGNIZED: Mapping[str, Sequence[str]] = {
    USER: ("user", "userid", "uid", "users", "username", "customer", "customerid", "reviewerid", "memberid"),
    ITEM: (
        "item", "itemid", "iid", "items", "movie", "movieid", "filmid", "book", "bookid", "isbn", "product",
        "productid", "asin", "parentasin", "song", "songid", "track", "trackid", "artist", "artistid", "animeid",
        "gameid", "articleid",
    ),
    RATING: ("rating", "ratings", "score", "stars", "overall", "bookrating", "reviewscore"),
    TIMESTAMP: ("timestamp", "time", "date", "datetime", "unixreviewtime", "ratedat", "createdat"),
    WEIGHT: ("weight", "count", "counts", "plays", "playcount", "listens", "clicks", "views", "quantity", "qty"),
    EVENT: ("event", "eventtype", "action", "behavior", "behaviour"),
}  # fmt: skip
"""Role -> recognized names, the likeliest first; only letters and digits are compared."""

SHOWN = 20
"""How many columns a message names."""

WIDE_FROM = 30
"""A table with so many columns is probably a matrix of users and items."""

Wanted = str | Literal[False] | None
"""A column's name; None to recognize it by its name; False for a table without it."""


def find_column(role: str, wanted: object, existing: Sequence[str], *, source: str, needed: bool = True) -> str | None:
    """The column with a role in a table, or None for an optional column that is missing. wanted: as in `Wanted`.

    Raises DataError if the named column does not exist, or if a needed column is not recognized; the message lists the
    columns of the table.
    """
    if wanted is False:
        return None
    if isinstance(wanted, str):
        if wanted not in existing:
            raise DataError(f"there is no column {wanted!r}", where=source, remedy=columns_text(existing, wanted))
        return _once(wanted, existing, source)
    if wanted is not None:
        remedy = f"Give the {role} column's name as a text, or leave it out to recognize it"
        raise DataError(f"{wanted!r} is not the name of a column", where=source, remedy=remedy)
    by_plain = {plain_name(name): name for name in reversed(existing)}
    found = next((by_plain[name] for name in RECOGNIZED[role] if name in by_plain), None)
    if found is None and needed:
        raise DataError(
            f"no column looks like the {role}", where=source,
            remedy=f"Name it with {role}=…. {columns_text(existing)}{_matrix_hint(existing)}",
        )  # fmt: skip
    return None if found is None else _once(found, existing, source)


def _once(name: str, existing: Sequence[str], source: str) -> str:
    if existing.count(name) > 1:
        raise DataError(f"two columns are named {name!r}", where=source, remedy="Rename one of them")
    return name


def _matrix_hint(existing: Sequence[str]) -> str:
    """Advice for a table that is probably a matrix of users and items."""
    of_numbers = sum(name.strip().isdecimal() for name in existing)
    if len(existing) < WIDE_FROM and of_numbers < 2:
        return ""
    return ". If it is a matrix with a row for each user and a column for each item, pass wide=True"


def plain_name(name: str) -> str:
    """A column's name in the form that is compared: its letters and digits in lower case."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def columns_text(existing: Sequence[str], wanted: str = "") -> str:
    """The columns of a table in words, with those closest to a wanted name."""
    close = " or ".join(map(repr, close_names(wanted, existing)))
    shown = ", ".join(map(repr, existing[:SHOWN])) + f" and {len(existing) - SHOWN} more" * (len(existing) > SHOWN)
    listed = f"The columns are: {shown}" if existing else "The table has no columns"
    return (f"Did you mean {close}? " if close else "") + listed
