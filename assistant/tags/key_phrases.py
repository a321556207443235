"""Candidates for new tags: words and pairs that a note says often and the vault seldom. Pure.

Nothing is invented: each candidate stands in the note's prose, in this order of words. What a tag
cannot be called comes back as the nearest name it can have (``next.js`` as ``next-js``), or not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import pairwise
from math import log
from typing import Final

from assistant.notes.markdown_facts import prose
from assistant.notes.names import folded, tag_name
from assistant.search.terms import STOP_WORDS
from assistant.tags.features import NoteText, Reader
from assistant.tags.in_text import can_stand
from assistant.tags.near import spelling
from assistant.tags.words import MOST_CHARACTERS, words

_IN_TITLE: Final = 2  # times that a word of the title counts beside the text's
_OFTEN: Final = 3  # times: what is said less often is in passing
_HALF: Final = 2.0  # times that make half of what any number of times would
_RARE: Final = 0.4  # of the greatest rarity: of 2,000 notes at most a hundred have the word
_PAIR: Final = 1.2  # how much more a pair is worth: it says what one word does not
_LEAST: Final = 0.35  # score
_SHORTEST, _LONGEST = 3, 40  # characters of a name

_ADDRESS: Final = re.compile(r"\]\([^()\s]*\)|<?\w+://\S+")
_WORD: Final = re.compile(r"[^\W_](?:[\w'’.-]*\w)?")
_JOINTS: Final = re.compile(r"[.'’_-]+")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff]")
_UNSPACED_LONGEST: Final = 6  # characters in a row of a script without blanks: longer is a sentence


def candidates(
    note: NoteText, known: Iterable[str], reader: Reader, limit: int = 3
) -> list[tuple[str, float]]:
    """Phrases that could be tags, with a score of 0 to 1, the best first.

    Args:
        note: Its text is read again.
        known: Names of tags that there are: none of them comes back, however it is spelt.
        reader: Knows how rare a word is.
        limit: The most phrases.
    """
    taken = {spelling(part) for name in known for part in (name, name.rsplit("/", 1)[-1])}
    scored = [
        (_score(phrase, count, reader), "-".join(phrase))
        for phrase, count in _counted(note).items()
        if count >= _OFTEN
    ]
    found: list[tuple[str, float]] = []
    used: set[str] = set()  # words: of two phrases that share one the better is enough
    for score, name in sorted(scored, key=lambda one: (-one[0], one[1])):
        if score < _LEAST or len(found) >= limit:
            break
        parts = set(map(spelling, name.split("-")))
        if spelling(name) not in taken and not parts & used and _is_name(name):
            found.append((name, score))
            used |= parts
    return found


def _counted(note: NoteText) -> Counter[tuple[str, ...]]:
    """How often each word and each pair is said; a name's joints separate words, too."""
    counts: Counter[tuple[str, ...]] = Counter()
    title = note.title[:MOST_CHARACTERS]
    for phrase in _phrases(title):
        counts[phrase] += _IN_TITLE
    text = note.text[:MOST_CHARACTERS]
    if title:
        text = text.replace(title, "\n", 1)  # mostly it is the text's first heading
    counts.update(_phrases(_ADDRESS.sub("\n", prose(text))))
    return counts


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    """Words of some weight, and pairs of them with but a blank between."""
    found = [(one.start(), one.end(), _parts(one[0])) for one in _WORD.finditer(text)]
    for _, _, parts in found:
        if _says_something(parts):
            yield parts
    for (_, end, one), (start, _, other) in pairwise(found):
        is_pair = text[end:start] == " " and len(one) == len(other) == 1
        if is_pair and _says_something(one) and _says_something(other):
            yield (*one, *other)


def _parts(word: str) -> tuple[str, ...]:
    return tuple(part for part in _JOINTS.split(folded(word)) if part)


def _says_something(parts: tuple[str, ...]) -> bool:
    """Whether a word is no number, no word of grammar, and no sentence."""
    if len(parts) == 1 and _UNSPACED.search(parts[0]):
        return 2 <= len(parts[0]) <= _UNSPACED_LONGEST
    return (
        1 <= len(parts) <= 2
        and sum(map(len, parts)) >= _SHORTEST
        and not STOP_WORDS.issuperset(parts)
        and parts[-1] not in STOP_WORDS
        and any(map(str.isalpha, parts))
    )


def _score(phrase: tuple[str, ...], count: int, reader: Reader) -> float:
    """How much a phrase is this note's own, 0 to 1."""
    most = log(reader.notes + 2)
    rarities = [reader.rarity(word) for part in phrase for word in words(part)]
    rare = min(1.0, sum(rarities) / len(rarities) / most) if rarities else 0.0
    if rare < _RARE:
        return 0.0
    often = count / (count + _HALF)
    return min(1.0, often * rare * (_PAIR if len(phrase) > 1 else 1.0))


def _is_name(name: str) -> bool:
    """Whether a tag can be called so, wherever it stands."""
    return tag_name(name) == name and len(name) <= _LONGEST and can_stand(name)
