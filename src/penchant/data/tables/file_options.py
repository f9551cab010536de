"""FileOptions: how the text of a file becomes columns; the same for ratings, items and users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from penchant.foundations.errors import DataError

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|", "space": " "}
"""Words for separators that are hard to write in a shell."""


@dataclass(frozen=True)
class FileOptions:
    """How a file is opened. Each value that is left out is taken from the file's content, and the report says it.

    header: whether the first line holds the names of the columns; a list of names is for a file without such a line.
    separator: of the fields, or one of the words comma, semicolon, tab, pipe, space, auto. encoding: of the text, such
    as "latin-1". sheet: the name of an Excel file's sheet; left out, the first.
    """

    header: bool | Sequence[str] | None = None
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None

    def __post_init__(self) -> None:
        names = self.header
        if not (names is None or isinstance(names, bool) or _is_list_of_names(names)):
            raise DataError(
                f"header={names!r} is neither True, False nor a list of names", where="reading",
                remedy='Write header=False, or header=["user", "item", "rating"]',
            )  # fmt: skip
        if isinstance(self.separator, str):
            word = self.separator.lower()
            object.__setattr__(self, "separator", None if word == "auto" else SEPARATORS.get(word, self.separator))
        for name in ("separator", "encoding", "sheet"):
            if (value := getattr(self, name)) is not None and (not isinstance(value, str) or not value):
                raise DataError(f"{name}={value!r} is not a text", where="reading", remedy=f"Leave out {name}=…")
        if self.separator and (set(self.separator) & {'"', "\n", "\r"}):
            raise DataError(
                f"{self.separator!r} cannot separate fields", where="reading", remedy="Give another separator=…"
            )

    @property
    def names(self) -> list[str] | None:
        """The columns of a file without a header, if the caller named them."""
        return None if self.header is None or isinstance(self.header, bool) else list(self.header)


class FileKeywords(TypedDict, total=False):
    """The fields of FileOptions as keyword arguments."""

    header: bool | Sequence[str] | None
    separator: str | None
    encoding: str | None
    sheet: str | None


def _is_list_of_names(names: object) -> bool:
    return (
        isinstance(names, Sequence)
        and not isinstance(names, str)
        and all(isinstance(name, str) and name for name in names)
        and 0 < len(set(names)) == len(names)
    )
