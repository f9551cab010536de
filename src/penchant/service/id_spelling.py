"""One spelling for each id: under it ratings are stored, read, erased and trained on."""

from __future__ import annotations

from collections.abc import Iterable

from penchant.data.vocabulary import UNKNOWN, Vocabulary


def spelled(vocabulary: Vocabulary, given: str) -> str:
    """The spelling of an id that a request or a stored row names.

    An id of the vocabulary has its own spelling there. Another one has no surrounding white space, and a whole number
    has its shortest digits: 007 is 7, unless the vocabulary holds the text 007.
    """
    if (number := vocabulary.number(given)) != UNKNOWN:
        return str(vocabulary.id_of(number))
    text = given.strip() or given
    shortest = str(int(text)) if text.removeprefix("-").isdecimal() else text
    for one in (text, shortest):
        if (number := vocabulary.number(one)) != UNKNOWN:
            return str(vocabulary.id_of(number))
    return shortest


def joined(vocabulary: Vocabulary, more: Iterable[str]) -> Vocabulary:
    """These ids, then those of `more` that are new.

    A text among whole numbers makes texts of all; each id is then still found by either spelling.
    """
    fresh = [one for one in dict.fromkeys(more) if one not in vocabulary]
    if not fresh:
        return vocabulary
    if not vocabulary.of_text and all(_is_plain_number(one) for one in fresh):
        return vocabulary.extended(map(int, fresh))
    if vocabulary.of_text:
        return vocabulary.extended(fresh)
    return Vocabulary([*map(str, vocabulary.ids.tolist()), *fresh])


def _is_plain_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 19
