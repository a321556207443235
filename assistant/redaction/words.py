"""Words, and rules that begin at one. Pure.

A text is cut into words once, and a rule is tried only where one of its first words stands: in
the time of a look into a dictionary. What a rule then reads is bounded, so all of it is linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.redaction.records import Found, Sort

_ELSEWHERE: Final = {
    **{chr(0xFF01 + at): chr(0x21 + at) for at in range(94)},  # as East Asian keyboards type
    **dict.fromkeys("\u2010\u2011\u2012\u2212\ufe63", "-"),
}

WORD: Final = re.compile(r"[^\W_]+")
"""A word: letters and digits of any script."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What stands behind certain words.

    Attributes:
        sort: What it is.
        words: Its first words, in small letters.
        pattern: Matched from the first letter of such a word; its group ``it`` is what is found.
            It must read a bounded number of characters.
    """

    sort: Sort
    words: frozenset[str]
    pattern: re.Pattern[str] = field(repr=False)


def plain(text: str) -> str:
    """A text, letter by letter, with digits, marks and hyphens that mean ASCII's as these.

    Every letter stays where it is, so what is found in the one stands there in the other.
    """
    if text.isascii():
        return text
    # One short call for each that stands there: "translate" holds the interpreter for 0.2 s a MB.
    for one in set(text):
        meant = _ELSEWHERE.get(one)
        if meant is None and one.isdecimal() and not one.isascii():
            meant = str(unicodedata.digit(one))
        if meant is not None:
            text = text.replace(one, meant)
    return text


class Rules:
    """Several rules, tried together.

    Args:
        rules: In any order.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_word: dict[str, list[Rule]] = {}
        for rule in rules:
            for word in rule.words:
                self._by_word.setdefault(word, []).append(rule)

    def find(self, text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
        """What stands behind their words in a text that was cut into these."""
        for word in words:
            for rule in self._by_word.get(word[0].lower(), ()):
                match = rule.pattern.match(text, word.start())
                if match is not None and match["it"]:
                    yield Found(*match.span("it"), rule.sort)


def rule(sort: Sort, words: str, pattern: str, flags: int = 0) -> Rule:
    """A rule in short: its first words with blanks between them."""
    return Rule(sort, frozenset(words.split()), re.compile(pattern, flags))


def is_whole(text: str, start: int, end: int) -> bool:
    """Whether a place does not begin or end within a word."""
    if end > len(text):
        return False
    begins = start == 0 or not (text[start - 1].isalnum() and text[start].isalnum())
    return begins and (end == len(text) or not (text[end].isalnum() and text[end - 1].isalnum()))
