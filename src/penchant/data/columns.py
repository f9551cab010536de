"""The column names of a ratings table: the ones we give, and the ones we recognize in the tables of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from penchant.foundations.errors import DataError

USER = "user"
ITEM = "item"
RATING = "rating"
TIMESTAMP = "timestamp"

RECOGNIZED: Mapping[str, Sequence[str]] = {
    USER: ("user", "userid", "uid", "users", "username", "customer", "customerid", "reviewerid", "memberid"),
    ITEM: (
        "item", "itemid", "iid", "items", "movie", "movieid", "filmid", "book", "bookid", "isbn", "product",
        "productid", "asin", "parentasin", "song", "songid", "track", "trackid", "artist", "artistid", "animeid",
        "gameid", "articleid",
    ),
    RATING: ("rating", "ratings", "score", "stars", "overall", "bookrating", "reviewscore"),
    TIMESTAMP: ("timestamp", "time", "date", "datetime", "unixreviewtime", "ratedat", "createdat"),
}  # fmt: skip
"""Role -> names taken for it when none is given, the likeliest first; only letters and digits are compared."""

Wanted = str | bool | None
"""A column's name; None to recognize it; False to do without it."""


def find_column(role: str, wanted: Wanted, existing: Sequence[str], *, source: str, needed: bool = True) -> str | None:
    """The column that plays `role` in a table, or None where it may be missing and is.

    Raises DataError when the named column does not exist, or when a needed one is not recognized; both say which
    columns there are.
    """
    if wanted is False:
        return None
    if isinstance(wanted, str):
        if wanted not in existing:
            raise DataError(f"there is no column {wanted!r}", where=source, remedy=_has(existing))
        return wanted
    by_plain = {plain_name(name): name for name in reversed(existing)}
    found = next((by_plain[name] for name in RECOGNIZED[role] if name in by_plain), None)
    if found is None and needed:
        raise DataError(
            f"no column looks like the {role}", where=source, remedy=f"Name it with {role}=…. {_has(existing)}"
        )
    return found


def plain_name(name: str) -> str:
    """A column's name as it is compared: its letters and digits in lower case."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _has(existing: Sequence[str]) -> str:
    return f"It has: {', '.join(map(repr, existing))}" if existing else "It has none"
