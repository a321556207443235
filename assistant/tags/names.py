"""What a tag's name and description say of a note, without anything having been taught."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.features import Features, Reader
from assistant.tags.words import STOP_WORDS, key, name_keys, with_pieces, words

EVIDENCE: Final = 6
"""Numbers that say how much a name and description have to do with a note: the name in the title;
in the body; as a language of code; in links; the description's meaning; its words."""

_WEIGHTS: Final = np.array([0.3, 0.4, 0.5, 0.4, 2.0, 1.0])
_SHARPNESS: Final = 3.0
"""Weights and sharpness were chosen by what is right first and among the first three without any
teaching, on notes whose folder is the tag; halving or doubling them changes little."""

_RIVALS: Final = 10.0
"""Tags without any evidence that are always imagined beside the real ones: without them the only
tag of a vault would be every note's."""

_LEAST: Final = 1e-3  # of a prior; what is below it is nothing
_BEGINS: Final = 4  # letters of a name that a longer word may begin with
_COMMON: Final = 0.66  # of the greatest rarity: a name that is rarer counts fully
_APART: Final = re.compile(r"[-_/]")


@dataclass(frozen=True, slots=True)
class TagName:
    """A tag that may be suggested.

    Attributes:
        vector: Of ``said(tag)`` (``near``): its name as words and its description,
            ``[dimensions]``, unit length; None where there is no encoder.
    """

    id: int
    name: str = field(repr=False)
    description: str = field(default="", repr=False)
    vector: NDArray[np.float32] | None = field(default=None, repr=False)


class Names:
    """Looks for all tags in a note at once; what it costs depends on what is found."""

    def __init__(self, tags: Sequence[TagName], reader: Reader) -> None:
        self._reader = reader
        self.ids: Final = [tag.id for tag in tags]
        self.places: Final = {tag.id: place for place, tag in enumerate(tags)}
        self._by_key: dict[str, list[int]] = {}
        self._by_word: dict[str, list[tuple[int, float]]] = {}
        self._vectors = np.zeros((len(tags), reader.dimensions), np.float32)
        self._rare = np.ones(len(tags))
        for place, tag in enumerate(tags):
            self._learn(place, tag)
        self._lengths: dict[str, list[int]] = {}  # of names, by how they begin
        for start, length in sorted({(name[:_BEGINS], len(name)) for name in self._by_key}):
            if length >= _BEGINS:
                self._lengths.setdefault(start, []).append(length)

    def __len__(self) -> int:
        """How many tags there are."""
        return len(self.ids)

    def evidence(self, note: Features) -> NDArray[np.float32]:
        """How much each tag has to do with a note, ``[tags, EVIDENCE]``."""
        found = np.zeros((len(self), EVIDENCE), np.float32)
        reading = note.reading
        named, begun = self._named(reading.title_keys())
        found[:, 0] = np.minimum(named + begun, 1)
        named, begun = self._named(reading.body_keys())
        found[:, 1] = np.log1p(named) + 0.5 * np.log1p(begun)
        found[:, 2], _ = self._named(reading.fence_keys())
        named, begun = self._named(reading.link_keys())
        found[:, 3] = np.minimum(named + 0.5 * begun, 1.5)
        found[:, :4] *= self._rare[:, np.newaxis]
        if note.meaning.any():
            found[:, 4] = self._vectors @ (note.meaning - self._reader.centre)
        found[:, 5] = self._described(reading.plain())
        return found

    def prior(self, evidence: NDArray[np.float32]) -> NDArray[np.float64]:
        """What is expected of each tag before anything is taught, 0 to 1, ``[tags]``."""
        told = _SHARPNESS * (evidence @ _WEIGHTS)
        most = max(float(told.max(initial=0.0)), 0.0)
        likely = np.exp(told - most)
        found: NDArray[np.float64] = likely / (likely.sum() + _RIVALS * np.exp(-most))
        found[found < _LEAST] = 0
        return found

    def words_of(self, tag_id: int, note: Features) -> list[str]:
        """Words of a note that the tag's name or description has, the rarest first."""
        place = self.places[tag_id]
        found = {
            word
            for word in note.reading.plain()
            if any(tag == place for tag, _ in self._by_word.get(word, ()))
            or place in self._by_key.get(key(word), ())
        }
        return sorted(found, key=lambda word: (-self._reader.rarity(word), word))

    def _learn(self, place: int, tag: TagName) -> None:
        for name in name_keys(tag.name):
            self._by_key.setdefault(name, []).append(place)
        leaf = min(name_keys(tag.name), key=len, default="")
        common = _COMMON * log(self._reader.notes + 1) + 1e-9
        self._rare[place] = min(1.0, self._reader.rarity(leaf) / common)
        told = self._known_words(tag)
        length = sum(self._reader.rarity(word) ** 2 for word in told) ** 0.5 + 1e-9
        for word in told:
            share = self._reader.rarity(word) / length
            self._by_word.setdefault(word, []).append((place, share))
        vector = tag.vector
        if vector is not None and vector.shape == self._reader.centre.shape:
            self._vectors[place] = np.nan_to_num(vector)  # a broken encoder is no reason to fail

    def _known_words(self, tag: TagName) -> list[str]:
        """Words of name and description that notes have, too, in the singular as well."""
        told = set(with_pieces([*words(tag.description), *words(_APART.sub(" ", tag.name))]))
        told |= {word[:-1] for word in told if word.endswith("s") and len(word) > 3}
        return [word for word in sorted(told - STOP_WORDS) if self._reader.knows(word)]

    def _named(self, keys: Counter[str]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """How often each tag is named, and how often a word begins with its name, ``[tags]``."""
        named, begun = np.zeros(len(self)), np.zeros(len(self))
        for one, count in keys.items():
            for place in self._by_key.get(one, ()):
                named[place] += count
            for length in self._lengths.get(one[:_BEGINS], ()):
                if length < len(one):
                    for place in self._by_key.get(one[:length], ()):
                        begun[place] += count
        return named, begun

    def _described(self, counts: Counter[str]) -> NDArray[np.float64]:
        """Four times the cosine of each description's words with the note's, ``[tags]``."""
        found = np.zeros(len(self))
        total = 0.0
        for word, count in counts.items():
            weight = (1 + log(count)) * self._reader.rarity(word)
            total += weight * weight
            for place, share in self._by_word.get(word, ()):
                found[place] += weight * share
        found *= 4 / (total**0.5 + 1e-9)
        return found
