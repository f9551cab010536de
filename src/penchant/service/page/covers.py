"""Generated covers: a colour, initials and a mark for the genre. No outside picture is needed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from penchant.service.catalogue import without_year

HUES = 12
"""Colours of covers, as classes of the style sheet."""

TURNS = 5
"""Positions of the drawing, as classes of the style sheet."""

_STYLES = {
    "action": (0, "bolt"), "adventure": (1, "compass"), "animation": (2, "spark"), "children": (3, "kite"),
    "comedy": (2, "smile"), "crime": (10, "print"), "documentary": (5, "frame"), "drama": (8, "masks"),
    "fantasy": (7, "moon"), "film-noir": (11, "blinds"), "horror": (11, "eye"), "imax": (5, "frame"),
    "musical": (9, "note"), "mystery": (7, "eye"), "romance": (9, "heart"), "sci-fi": (6, "orbit"),
    "thriller": (10, "spiral"), "war": (4, "chevrons"), "western": (1, "sun"),
}  # fmt: skip
"""Colour and mark of the genres of films; other labels get a colour by their name and a plain mark."""

_SPECIFIC = ("western", "film-noir", "musical", "animation", "war", "documentary", "horror", "sci-fi", "fantasy",
             "mystery", "romance", "crime", "thriller", "children")  # fmt: skip
"""Genres that say more of a film than the others, which are given first in the alphabet."""

_SMALL = {"the", "a", "an", "of", "and", "in", "on", "to", "for", "la", "le", "les", "el", "der", "die", "das"}


@dataclass(frozen=True)
class Cover:
    """hue: the number of its colour. initials: one or two letters. mark: the name of a drawing of the sprite.

    turn: how the drawing lies, so that the parts of a series differ.
    """

    hue: int
    initials: str
    mark: str
    turn: int


def cover_of(title: str, tags: Sequence[str]) -> Cover:
    """The cover of an item; the same for the same title and tags."""
    labels = [tag.lower() for tag in tags]
    telling = next((label for label in _SPECIFIC if label in labels), labels[0] if labels else "")
    hue, mark = _STYLES.get(telling, (zlib.crc32(telling.encode() or title.encode()) % HUES, "ring"))
    return Cover(hue, initials_of(title), mark, zlib.crc32(title.encode()) % TURNS)


def initials_of(title: str) -> str:
    """The first letters of the first two words that say something."""
    name = without_year(title).partition(":")[0]
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.split()]
    words = [word for word in words if word]
    telling = [word for word in words if word.lower() not in _SMALL] or words or ["?"]
    return "".join(word[0].upper() for word in telling[:2])
