"""A search over titles that forgives: accents, punctuation, missing spaces and typing errors."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from penchant.foundations.threads import paced

_ONE_ERROR, _TWO_ERRORS = 4, 6
"""Letters of a word from which it may have one or two typing errors."""
EXACT, BEGINS, INSIDE, NEAR = 1.0, 0.9, 0.6, 0.7
"""How well a word of a title fits a word of the text: equal, begins with it, holds it, or is spelled nearly so."""

_NOTHING = np.empty(0, np.int64)


class TitleSearch:
    """An index of the words of N titles.

    Its words are those of the folded titles, and every two neighbours joined, so that `spiderman` finds Spider-Man.
    """

    def __init__(self, titles: Sequence[str], counts: NDArray[np.int32]) -> None:
        """counts: (N,), how often each item was chosen; between equally good titles the larger count comes first."""
        self._folded = [folded(title) for title in paced(titles)]
        self._popular = np.log1p(counts.astype(np.float64)) / max(float(np.log1p(counts.max(initial=1))), 1.0)
        found: defaultdict[str, list[int]] = defaultdict(list)
        for number, text in enumerate(paced(self._folded)):
            for word in _words_and_pairs(text.split()):
                found[word].append(number)
        self._numbers = {word: np.array(rows) for word, rows in found.items()}
        self._name_words()

    def changed(self, titles: Mapping[int, str], more: int) -> TitleSearch:
        """The index with other titles at these numbers, and `more` titles behind its own, which nothing is known of."""
        fresh = copy(self)
        fresh._folded, fresh._numbers = [*self._folded, *[""] * more], dict(self._numbers)
        fresh._popular = np.pad(self._popular, (0, more))
        for number, title in titles.items():
            for word in _words_and_pairs(fresh._folded[number].split()):
                fresh._numbers[word] = fresh._numbers[word][fresh._numbers[word] != number]
            fresh._folded[number] = folded(title)
            for word in _words_and_pairs(fresh._folded[number].split()):
                fresh._numbers[word] = np.append(fresh._numbers.get(word, _NOTHING), number)
        if len(fresh._numbers) > len(self._numbers):
            fresh._name_words()
        return fresh

    def _name_words(self) -> None:
        self._words = list(self._numbers)
        self._all = "\n" + "\n".join(self._words) + "\n"

    def find(self, text: str) -> list[int]:
        """The numbers of the titles that fit the text, best first; all of them by popularity for a text of no word."""
        words = folded(text).split()
        if not words:
            return np.argsort(-self._popular, kind="stable").tolist()
        scores = self._scores(words)
        if not scores.any() and len(words) > 1:
            scores = self._scores(["".join(words)])
        if len(words) == 2:  # "spider man" as one word, "wall e"
            scores = np.maximum(scores, self._scores(["".join(words)], near=False))
        start = " ".join(words)
        hits = np.flatnonzero(scores)
        begins = np.array([self._folded[n].startswith(start) for n in hits.tolist()], dtype=float)
        order = np.lexsort((hits, -(scores[hits] + 0.6 * begins + 0.5 * self._popular[hits])))
        return hits[order].tolist()

    def _scores(self, words: Sequence[str], *, near: bool = True) -> NDArray[np.float64]:
        """How well each title fits all words, (N,); 0 where a word fits nothing in it."""
        total = np.zeros(len(self._folded))
        for at, word in enumerate(words):
            fits = np.zeros(len(self._folded))
            for known, how in self._fitting(word, near=near).items():
                rows = self._numbers[known]
                fits[rows] = np.maximum(fits[rows], how)
            total = fits if at == 0 else np.where((total > 0) & (fits > 0), total + fits, 0.0)
        return total / len(words)

    def _fitting(self, word: str, *, near: bool) -> Mapping[str, float]:
        """The index's words that may be meant, and how well each fits. Typing errors only where nothing else fits."""
        found = dict.fromkeys(self._holding(word), INSIDE)
        for one in found:
            if one.startswith(word):
                found[one] = EXACT if one == word else BEGINS
        if found or not near or word.isdecimal():
            return found
        errors = (len(word) >= _ONE_ERROR) + (len(word) >= _TWO_ERRORS)
        if not errors:
            return {}
        close = process.extract(word, self._words, scorer=OSA.distance, score_cutoff=errors, limit=20)
        return {one: NEAR * (1 - distance / len(word)) for one, distance, _ in close}

    def _holding(self, word: str) -> list[str]:
        """The index's words that hold the given one."""
        if len(word) == 1:  # a letter is in most words; alone it means a word of its own or a beginning
            return [one for one in self._words if one.startswith(word)]
        found, at = [], self._all.find(word)
        while at >= 0:
            start, end = self._all.rfind("\n", 0, at) + 1, self._all.find("\n", at)
            found.append(self._all[start:end])
            at = self._all.find(word, end)
        return found


def _words_and_pairs(words: Sequence[str]) -> Iterable[str]:
    """Each word once, and each two neighbours joined, unless the first is a number: 1 and 1971 are not 11971."""
    pairs = zip(words, words[1:], strict=False)
    return dict.fromkeys([*words, *(a + b for a, b in pairs if not a.isdecimal())])


def folded(text: str) -> str:
    """Lower case, without accents and punctuation, so that a search finds what was meant."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    letters = "".join(c if c.isalnum() else " " for c in plain if not unicodedata.combining(c) and c not in "'’")
    return " ".join(letters.split())
