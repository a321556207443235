"""The stem of an English word. Pure.

After M. F. Porter, "An algorithm for suffix stripping", Program 14(3), 1980.

Two words with one stem are taken for forms of one word: "connect", "connected", "connection".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SHORTEST: Final = 3  # letters; what is shorter has no ending

_STEP_2: Final = (
    *(("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize")),
    *(("abli", "able"), ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous")),
    *(("ization", "ize"), ("ation", "ate"), ("ator", "ate"), ("alism", "al"), ("iveness", "ive")),
    *(("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"), ("iviti", "ive"), ("biliti", "ble")),
)
_STEP_3: Final = (
    *(("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic")),
    *(("ful", ""), ("ness", "")),
)
_STEP_4: Final = (
    *("al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou"),
    *("ism", "ate", "iti", "ous", "ive", "ize"),
)
_LONGEST_FIRST: Final = tuple(sorted(_STEP_4, key=len, reverse=True))

_WORD: Final = re.compile(r"[a-z]+")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a word in small letters; what is no English word comes back as it is."""
    if len(word) < _SHORTEST or not _WORD.fullmatch(word):
        return word
    word = _plural(word)
    word = _past(word)
    if word.endswith("y") and _has_vowel(word[:-1]):
        word = word[:-1] + "i"
    word = _replaced(word, _STEP_2)
    word = _replaced(word, _STEP_3)
    word = _without_ending(word)
    return _tidy(word)


def _shape(part: str) -> str:
    """A letter for each letter: c for a consonant, v for a vowel."""
    shape = ""
    for letter in part:
        vowel = letter in "aeiou" or (letter == "y" and shape.endswith("c"))
        shape += "v" if vowel else "c"
    return shape


def _measure(part: str) -> int:
    """How often a consonant follows a vowel: Porter's m."""
    return _shape(part).count("vc")


def _has_vowel(part: str) -> bool:
    return "v" in _shape(part)


def _is_doubled(word: str) -> bool:
    return len(word) > 1 and word[-1] == word[-2] and _shape(word)[-1] == "c"


def _ends_short(part: str) -> bool:
    """Whether it ends like "hop": then an e may have been lost, or must stay."""
    return _shape(part).endswith("cvc") and part[-1] not in "wxy"


def _plural(word: str) -> str:
    if word.endswith(("sses", "ies")):
        return word[:-2]
    if word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _past(word: str) -> str:
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) else word
    ending = next((one for one in ("ed", "ing") if word.endswith(one)), "")
    part = word.removesuffix(ending)
    if not ending or not _has_vowel(part):
        return word
    if part.endswith(("at", "bl", "iz")):
        return part + "e"
    if _is_doubled(part) and part[-1] not in "lsz":
        return part[:-1]
    if _measure(part) == 1 and _ends_short(part):
        return part + "e"
    return part


def _replaced(word: str, endings: tuple[tuple[str, str], ...]) -> str:
    for ending, instead in endings:
        if word.endswith(ending):
            part = word.removesuffix(ending)
            return part + instead if _measure(part) else word
    return word


def _without_ending(word: str) -> str:
    for ending in ("ion", *_LONGEST_FIRST):
        if not word.endswith(ending):
            continue
        part = word.removesuffix(ending)
        if ending == "ion" and not part.endswith(("s", "t")):
            continue
        return part if _measure(part) > 1 else word
    return word


def _tidy(word: str) -> str:
    if word.endswith("e"):
        part = word[:-1]
        if _measure(part) > 1 or (_measure(part) == 1 and not _ends_short(part)):
            word = part
    if word.endswith("ll") and _measure(word) > 1:
        word = word[:-1]
    return word
