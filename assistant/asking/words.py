"""The words that carry a text's meaning, compared without their endings. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Final

_WORD: Final = re.compile(r"[^\W_]+(?:[.,]\d+)*")
_APOSTROPHE: Final = re.compile(r"(?<=\w)['’](?:s|t|re|ve|ll|d|m)\b", re.IGNORECASE)
_ENDING: Final = re.compile(r"(?:ies|ing|ed|es|ly|s|y|e)$")
_SHORT: Final = 4
"""Letters up to which a word has no ending taken off: "bring" is no form of "br"."""

_STOP: Final = frozenset(
    re.split(
        " ",
        "a about above after again against all also am an and any are as at be because been "
        "before being below between both but by can could did do does doing don down during "
        "each few for from further get give had has have having he her here hers him his how i "
        "if in into is isn it its itself just let like make many may me might more most much "
        "must my myself no nor not of off on once one only or other our ours out over own "
        "please same say says shall she should so some such tell than that the their them then "
        "there these they this those through to too under until up us use used using very was "
        "wasn we were what when where which while who whom whose why will with would you your "
        "yours",
    )
)
_OF_TEXTS: Final = frozenset(
    re.split(
        " ",
        "note notes text texts document file page chat conversation summary summarise summarize "
        "summarised summarized main point points idea ideas key overview short shortly brief "
        "briefly content contents explain describe mean means said written wrote write list",
    )
)
"""What one asks of a text without saying what it is about."""
_OPENING: Final = frozenset({"how", "what", "when", "where", "who", "whom", "whose", "why"})

_GOING_ON: Final = frozenset({"and", "but", "or", "so", "also", "then"})
_REFERRING: Final = frozenset(
    re.split(" ", "he she it they him her them his hers its their theirs these those ones else")
)


def stems(text: str) -> list[str]:
    """The words that mean something, folded and without endings, in order."""
    return [_stem(word) for word in _words(text) if word not in _STOP]


def numbers(text: str) -> set[str]:
    """The numbers in it, as they are written, but for separators."""
    return {re.sub(r"[.,]", "", word) for word in _words(text) if word[0].isdigit()}


def is_general(question: str) -> bool:
    """Whether a question says nothing of its subject, like "What is this note about?"."""
    return all(word in _STOP or word in _OF_TEXTS for word in _words(question))


def is_open(question: str) -> bool:
    """Whether it asks for what it does not say itself, as "When does it leave?" does.

    Such a question said again is no answer; "Is it the red or the blue one?" holds its own.
    """
    words = _words(question)
    return bool(words) and words[0] in _OPENING and "or" not in words


def leans(question: str) -> bool:
    """Whether a question is understood only with the one before: "And when does it leave?"."""
    words = _words(question)
    if not words or words[0] in _GOING_ON or not _REFERRING.isdisjoint(words):
        return True
    return len({word for word in words if word not in _STOP}) <= 1


def share(wanted: Collection[str], there: Collection[str]) -> float:
    """How many of the different words ``wanted`` are among those ``there``, from 0 to 1."""
    different = set(wanted)
    return len(different & set(there)) / len(different) if different else 0.0


def _words(text: str) -> list[str]:
    folded = unicodedata.normalize("NFKD", _APOSTROPHE.sub("", text).casefold())
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    return _WORD.findall(plain)


def _stem(word: str) -> str:
    if len(word) <= _SHORT or not word.isascii() or not word.isalpha():
        return word
    return _ENDING.sub("", word)
