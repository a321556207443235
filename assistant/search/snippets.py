"""What to show of a passage: its part with the most words of the query, on one line. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from functools import cached_property, lru_cache
from typing import Final

from assistant.search.records import Snippet

CHARACTERS: Final = 220
"""Of a snippet: three lines in a list of usual width."""

_BEFORE: Final = 40  # characters shown before the first word that is marked
_MOST_MARKS: Final = 40
_MOST_CHARACTERS: Final = 10_000  # of a passage that are looked through
_ELLIPSIS: Final = "…"
_FEW: Final = 8  # different letters beyond ASCII


def snippet(text: str, words: Collection[str], beginning: str = "") -> Snippet:
    """Cut out what to show, and mark the words in it.

    Args:
        text: The passage.
        words: Whole words that were looked for, as ``Terms`` makes them.
        beginning: The beginning of a word, likewise; may be empty.
    """
    begin, end = _window(text, _marks(text[:_MOST_CHARACTERS], words, beginning))
    shown = " ".join(text[begin:end].split())
    before = _ELLIPSIS if begin else ""
    after = _ELLIPSIS if text[end:].strip() else ""
    whole = f"{before}{shown}{after}"
    return Snippet(whole, tuple(_marks(whole, words, beginning)))


class LateSnippet:
    """A snippet that is cut when it is first looked at: most of what is found nobody looks at.

    Args:
        text: The passage.
        words: As for ``snippet``.
        beginning: Likewise.
    """

    def __init__(self, text: str, words: Collection[str], beginning: str) -> None:
        self._from = (text, words, beginning)

    @property
    def text(self) -> str:
        """On one line."""
        return self._cut.text

    @property
    def marks(self) -> tuple[tuple[int, int], ...]:
        """The (start, length) of the words found."""
        return self._cut.marks

    @cached_property
    def _cut(self) -> Snippet:
        return snippet(*self._from)


def fold(text: str) -> str:
    """Small letters without accents, each in its place: as long as ``text``."""
    if not text.isascii():
        strange = {letter for letter in set(text) if not letter.isascii()}
        if len(strange) > _FEW:
            return "".join(map(_folded, text))
        for letter in strange:  # an ellipsis, some quotes: much faster than letter by letter
            text = text.replace(letter, _folded(letter))
    return text.lower()


@lru_cache(maxsize=8_192)
def _folded(letter: str) -> str:
    plain = unicodedata.normalize("NFD", letter)[:1].lower()
    return plain if len(plain) == 1 else letter


def _marks(text: str, words: Collection[str], beginning: str) -> list[tuple[int, int]]:
    folded = fold(text)
    found: dict[int, int] = {}
    for word in words:
        if word not in folded:  # most are not, and this is asked some hundred times a search
            continue
        for start in _starts(folded, word):
            if not _is_letter(folded, start + len(word)):
                found[start] = max(found.get(start, 0), len(word))
    if beginning:
        for start in _starts(folded, beginning):
            end = start + len(beginning)
            while _is_letter(folded, end):
                end += 1
            found[start] = max(found.get(start, 0), end - start)
    return sorted(found.items())[:_MOST_MARKS]


def _starts(folded: str, word: str) -> list[int]:
    """Where a word begins at a word's beginning."""
    starts: list[int] = []
    place = folded.find(word) if word else -1
    while place >= 0 and len(starts) < _MOST_MARKS:
        if place == 0 or not _is_letter(folded, place - 1):
            starts.append(place)
        place = folded.find(word, place + len(word))
    return starts


def _is_letter(text: str, place: int) -> bool:
    return place < len(text) and text[place].isalnum()


def _window(text: str, marks: list[tuple[int, int]]) -> tuple[int, int]:
    """The part that holds the most different words, from a word's beginning to a word's end."""
    if len(text) <= CHARACTERS:
        return 0, len(text)
    found = [(start, fold(text[start : start + length])) for start, length in marks]
    best, most = 0, 0
    for number, (start, _) in enumerate(found):
        last = start - _BEFORE + CHARACTERS
        inside = {word for place, word in found[number:] if place + len(word) <= last}
        if len(inside) > most:
            best, most = max(0, start - _BEFORE), len(inside)
    begin = _behind_blank(text, best, best + _BEFORE) if best else 0
    end = begin + CHARACTERS
    if end >= len(text):
        return begin, len(text)
    blank = text.rfind(" ", begin + CHARACTERS // 2, end)
    return begin, blank if blank > 0 else end


def _behind_blank(text: str, start: int, end: int) -> int:
    """Behind the first blank there; where there is none, the beginning."""
    for place in range(start, min(end, len(text))):
        if text[place].isspace():
            return place + 1
    return start
