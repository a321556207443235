"""Words that the person always wants swapped, in any case. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from assistant.redaction.records import Found, Sort
from assistant.redaction.words import WORD

_WIDEST_GAP: Final = 8  # characters between two words of a phrase: a line's end and what leads in


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A word or several, as they are compared.

    ``gaps`` is what stands before, between and behind them, blanks at the ends left out.
    """

    words: tuple[str, ...]
    gaps: tuple[str, ...]


class HiddenWordFinder:
    """Finds them as whole words: in any case, with any blank between them, accents apart or not.

    Args:
        words: Words or phrases.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._phrases: dict[str, set[_Phrase]] = {}
        forms = (unicodedata.normalize(form, one) for one in words for form in ("NFC", "NFD"))
        for phrase in map(_phrase, forms):
            if phrase.words:
                self._phrases.setdefault(phrase.words[0], set()).add(phrase)

    def find(self, text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
        """Where they stand in a text that was cut into these words."""
        if not self._phrases:
            return
        for at, word in enumerate(words):
            for phrase in self._phrases.get(word[0].casefold(), ()):
                found = _stands(text, words[at : at + len(phrase.words)], phrase)
                if found is not None:
                    yield found


def _phrase(text: str) -> _Phrase:
    found = list(WORD.finditer(text.strip()))
    ends = [0, *(one.end() for one in found)]
    starts = [*(one.start() for one in found), len(text.strip())]
    gaps = (text.strip()[a:b] for a, b in zip(ends, starts, strict=True))
    return _Phrase(tuple(one[0].casefold() for one in found), tuple(gaps))


def _stands(text: str, words: Sequence[re.Match[str]], phrase: _Phrase) -> Found | None:
    """Where a phrase stands that may begin with the first of these words."""
    if tuple(one[0].casefold() for one in words) != phrase.words:
        return None
    before, *between, behind = phrase.gaps
    start, end = words[0].start() - len(before), words[-1].end() + len(behind)
    if start < 0 or not text.startswith(before, start) or not text.endswith(behind, 0, end):
        return None
    pairs = zip(words, words[1:], between, strict=False)
    if all(_alike(text[one.end() : other.start()], gap) for one, other, gap in pairs):
        return Found(start, end, Sort.HIDDEN)
    return None


def _alike(gap: str, wanted: str) -> bool:
    """Whether two words are as far apart as in the phrase: one blank is like any few others."""
    if wanted.isspace():
        return gap.isspace() and len(gap) <= _WIDEST_GAP
    return gap == wanted
