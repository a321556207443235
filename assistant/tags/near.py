"""Tags that may be one: spelt alike, of the same meaning, or on the same notes.

Quick with thousands of tags: what is spelt alike is found by what is left when one character is
taken out, never by comparing each with each.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

from assistant.notes.names import folded
from assistant.store import tag_manager_rows
from assistant.store.sqlcipher import Connection
from assistant.tags.records import NearDuplicate, TagInfo, Why

if TYPE_CHECKING:  # a start does not wait for numpy
    import numpy as np
    from numpy.typing import NDArray

    from assistant.embed.protocol import Vectors

MOST: Final = 50
"""For each reason: a person looks through no more at once."""

_SERIES: Final = 12
"""So many names that differ in one character are a series, and no slips of the pen."""

_LONG_ENOUGH: Final = 5  # letters: of shorter words too many others are one letter away
_MEANING: Final = 0.75
"""Cosine. With the starter encoder 8 of 15 pairs of words for one thing come that near ("film",
"movies"), and of 300 pairs of kindred words none does ("france", "germany": 0.74)."""

_UNDERSTOOD: Final = 2_000  # tags, those of the most notes: names take milliseconds each
_AT_ONCE: Final = 64  # texts, so that a search comes in between
_SAME_MODEL: Final = 0.9  # cosine of one text's two vectors; of two models' it is near 0
_ROWS: Final = 512  # of the cosines, at once
_SAME_NOTES: Final = 0.6  # Jaccard: of the notes that have one of the two
_FEWEST_NOTES: Final = 3  # that have both: of fewer it is chance
_MOST_TAGS: Final = 20  # of a note: one with more says little of any two

_APART: Final = re.compile(r"[\s_\-./·]+")
_DIGITS: Final = re.compile(r"\d+")

_Likenesses = dict[tuple[str, str], float]


class Near:
    """Finds tags that may be one; keeps what their names mean, for the next time.

    Args:
        embed: The texts' vectors, ``[len(texts), dimensions]``, or None where there is no model.
    """

    def __init__(self, embed: Callable[[Sequence[str]], Vectors | None]) -> None:
        self._embed = embed
        self._vectors: dict[str, NDArray[np.float32]] = {}

    @staticmethod
    def pairs(connection: Connection) -> list[tuple[str, int]]:
        """What ``find`` needs to know of the notes. Inside of a read."""
        return tag_manager_rows.pairs(connection, _MOST_TAGS)

    def find(
        self, tags: Sequence[TagInfo], pairs: Iterable[tuple[str, int]]
    ) -> list[NearDuplicate]:
        """Tags that may be one, by reason, the most alike first; at most ``MOST`` for each.

        Each two once, for the first reason there is: spelling, meaning, notes. What is nested in
        another is not that one.
        """
        counts = {tag.name: tag.notes for tag in tags}
        seen: set[tuple[str, str]] = set()
        found: list[NearDuplicate] = []
        reasons: tuple[tuple[Why, _Likenesses], ...] = (
            ("spelling", spelt_alike([tag.name for tag in tags])),
            ("meaning", self._meaning_alike(tags)),
            ("notes", on_the_same_notes(counts, pairs)),
        )
        for why, alike in reasons:
            new = {pair: like for pair, like in alike.items() if pair not in seen}
            seen |= new.keys()
            best = sorted(new.items(), key=lambda one: (-one[1], one[0]))[:MOST]
            found += [_duplicate(pair, why, like, counts) for pair, like in best]
        return found

    def _meaning_alike(self, tags: Sequence[TagInfo]) -> _Likenesses:
        most = sorted(tags, key=lambda tag: (-tag.notes, tag.name))[:_UNDERSTOOD]
        texts = [said(tag) for tag in most]
        if len(most) < 2 or not self._understand(texts):
            return {}
        import numpy as np

        rows = np.stack([self._vectors[text] for text in texts])
        rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
        found: _Likenesses = {}
        for start in range(0, len(rows), _ROWS):
            cosines = rows[start : start + _ROWS] @ rows.T
            for one, other in zip(*np.nonzero(cosines >= _MEANING), strict=True):
                a, b = most[start + int(one)].name, most[int(other)].name
                if start + one < other and not _is_nested(a, b):
                    found[_ordered(a, b)] = min(1.0, float(cosines[one, other]))
        return found

    def _understand(self, texts: Sequence[str]) -> bool:
        """Have the vectors of these texts and of no others; whether there is a model for it."""
        probe = self._embed([texts[0]])
        if probe is None:
            return False
        known = self._vectors.get(texts[0])
        if known is None or known.shape != probe[0].shape or known @ probe[0] < _SAME_MODEL:
            self._vectors = {texts[0]: probe[0]}  # another model than the last time, or none then
        wanted = set(texts)
        self._vectors = {text: row for text, row in self._vectors.items() if text in wanted}
        new = sorted(wanted - self._vectors.keys())
        for start in range(0, len(new), _AT_ONCE):
            some = new[start : start + _AT_ONCE]
            rows = self._embed(some)
            if rows is None:
                return False
            self._vectors.update(zip(some, rows, strict=True))
        return True


def said(tag: TagInfo) -> str:
    """What is understood of a tag: its name as words, and its description."""
    words = " ".join(_APART.sub(" ", tag.name).split())
    return f"{words}: {tag.description}" if tag.description else words


def spelt_alike(names: Sequence[str]) -> _Likenesses:
    """Names that are the same but for plural, hyphens and accents, or but for one character.

    Numbers have to be the same: ``week-1`` is not ``week-2``.
    """
    found: _Likenesses = {}
    by_key: dict[str, list[str]] = {}
    for name in names:
        by_key.setdefault(spelling(name), []).append(name)
    for same in by_key.values():
        for a, b in combinations(sorted(same)[:_SERIES], 2):
            if not _is_nested(a, b):
                found[_ordered(a, b)] = 1.0
    for one, other in _one_character_apart(by_key):
        a, b = min(by_key[one]), min(by_key[other])
        if not _is_nested(a, b):
            found[_ordered(a, b)] = 1 - 1 / max(len(one), len(other))
    return found


def spelling(name: str) -> str:
    """A name without capitals, accents, what joins words, and the plural's ending."""
    plain = unicodedata.normalize("NFKD", folded(name))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return "/".join(
        "".join(map(_singular, _APART.split(part))) for part in letters.split("/") if part
    )


def on_the_same_notes(counts: Mapping[str, int], pairs: Iterable[tuple[str, int]]) -> _Likenesses:
    """Tags that mostly stand together, by the share of notes with both among those with either.

    Args:
        counts: How many notes have each tag.
        pairs: Tags, each with a note that has it; a note with very many tags left out.
    """
    of_note: dict[int, list[str]] = {}
    for name, note_id in pairs:
        of_note.setdefault(note_id, []).append(name)
    together = Counter(pair for tags in of_note.values() for pair in combinations(sorted(tags), 2))
    found: _Likenesses = {}
    for (a, b), both in together.items():
        either = counts.get(a, 0) + counts.get(b, 0) - both
        if both >= _FEWEST_NOTES and both / either >= _SAME_NOTES and not _is_nested(a, b):
            found[_ordered(a, b)] = both / either
    return found


def _one_character_apart(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Two that differ by one character: another, one more, or two that changed places."""
    groups: dict[tuple[str, str], list[str]] = {}
    for key in keys:
        if sum(map(str.isalpha, key)) >= _LONG_ENOUGH:
            digits = "/".join(_DIGITS.findall(key))
            for shorter in {key, *(key[:at] + key[at + 1 :] for at in range(len(key)))}:
                groups.setdefault((digits, shorter), []).append(key)
    seen: set[tuple[str, str]] = set()
    for alike in groups.values():
        if 2 <= len(alike) <= _SERIES:
            for pair in combinations(sorted(alike), 2):
                if pair not in seen and _differ_by_one(*pair):
                    seen.add(pair)
                    yield pair


def _differ_by_one(one: str, other: str) -> bool:
    """Damerau's distance is 1 (optimal string alignment)."""
    short, long = sorted((one, other), key=len)
    at = next(
        (at for at, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short)
    )
    if len(long) > len(short):
        return len(long) == len(short) + 1 and short[at:] == long[at + 1 :]
    if short[at + 1 :] == long[at + 1 :]:
        return at < len(short)
    return short[at : at + 2] == long[at : at + 2][::-1] and short[at + 2 :] == long[at + 2 :]


def _singular(word: str) -> str:
    """An English word without its plural's ending; what is none mostly stays as it is."""
    if len(word) <= 3 or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "sses", "zes")) else word[:-1]


def _is_nested(one: str, other: str) -> bool:
    short, long = sorted((folded(one), folded(other)), key=len)
    return long.startswith(f"{short}/")


def _ordered(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one <= other else (other, one)


def _duplicate(
    pair: tuple[str, str], why: Why, likeness: float, counts: Mapping[str, int]
) -> NearDuplicate:
    a, b = sorted(pair, key=lambda name: (-counts.get(name, 0), name))
    return NearDuplicate(a, b, why, likeness)
