"""The encoding of a text, found by trying."""

from __future__ import annotations

import codecs
from pathlib import Path

from penchant.foundations.errors import DataError

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
WESTERN = ("cp1252", "latin-1")
"""Tried in this order for a text that is not UTF-8; every byte is a letter in the second."""

_SPOKEN = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252", "latin-1": "Latin-1"}


def spoken(encoding: str) -> str:
    """The usual spelling of an encoding's name."""
    return _SPOKEN.get(encoding.lower(), encoding)


def is_utf8(encoding: str) -> bool:
    """Whether a text of this encoding can be read as it is."""
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8", "utf-8-sig")


def detected(raw: bytes, path: Path, *, whole: bool = True) -> str:
    """The encoding of a text by its byte order mark, else UTF-8 if it fits, else a Western one.

    whole: whether `raw` is the whole text; otherwise its last character may be cut off.
    """
    for mark, name in _MARKS.items():
        if raw.startswith(mark):
            return name
    try:
        codecs.getincrementaldecoder("utf-8")().decode(raw, final=whole)
    except UnicodeDecodeError:
        for name in WESTERN:
            if b"\0" not in raw and _fits(raw, name):
                return name
    if b"\0" in raw:
        raise DataError(
            "the file is not a text that can be read", where=str(path),
            remedy="Give a text, Parquet, Arrow or Excel file, or pass encoding='utf-16' if it is a text in UTF-16",
        )  # fmt: skip
    return "utf-8"


def decoded(raw: bytes, encoding: str, path: Path, *, whole: bool = True) -> str:
    """The text. Raises DataError if it is not in this encoding, or if there is no such encoding."""
    try:
        "a".encode(encoding)  # refuses codecs that are not of texts
        return codecs.getincrementaldecoder(encoding)().decode(raw, final=whole)
    except (LookupError, TypeError, ValueError) as error:
        raise DataError(
            f"the text is not {encoding}", where=str(path),
            remedy="Leave out encoding=…, or pass the right one, such as 'latin-1' or 'utf-16'",
        ) from error  # fmt: skip


def _fits(raw: bytes, encoding: str) -> bool:
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
