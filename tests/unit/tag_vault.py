"""A small made-up vault for the tests of the tag model: notes of a few topics, with vectors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.tags.features import Features, NoteText, Reader
from assistant.tags.model import TagModel, Verdicts
from assistant.tags.names import TagName

TOPICS = {
    "cooking": "oven dough flour butter recipe simmer garlic sauce knead roast",
    "sailing": "harbour mast anchor tide rudder keel halyard tack buoy spinnaker",
    "astronomy": "telescope galaxy nebula orbit comet lens eclipse crater quasar redshift",
    "chess": "pawn bishop rook gambit endgame castling checkmate opening knight blunder",
    "gardening": "compost seedling mulch prune tulip hedge soil trowel perennial weeding",
}
_COMMON_WORDS = "today we looked at some more notes about what happened after that with friends"
COMMON = _COMMON_WORDS.split()
DIMENSIONS = 16


def made(each: int = 24, seed: int = 3) -> tuple[list[NoteText], list[int]]:
    """So many notes of each topic, mixed, and the place of each one's topic."""
    chosen = np.random.default_rng(seed)
    middles = _unit(chosen.normal(size=(len(TOPICS), DIMENSIONS)))
    topics = chosen.permutation(np.repeat(np.arange(len(TOPICS)), each)).tolist()
    return [_note(place + 1, topic, chosen, middles) for place, topic in enumerate(topics)], topics


def tags(*, described: bool = False) -> list[TagName]:
    """The topics as tags; without a description nothing but the name is known of them."""
    return [
        TagName(place, name, f"Notes about {words}." if described else "")
        for place, (name, words) in enumerate(TOPICS.items())
    ]


def accepted(*tag_ids: int) -> Verdicts:
    """These were given by the person."""
    return Verdicts(accepted=frozenset(tag_ids))


def rejected(*tag_ids: int) -> Verdicts:
    """These were turned down."""
    return Verdicts(rejected=frozenset(tag_ids))


def read(each: int = 24, seed: int = 3) -> tuple[Reader, list[Features], list[int]]:
    """The vault's reader, its notes as that reads them, and their topics."""
    notes, topics = made(each, seed)
    reader = Reader.of(notes)
    return reader, [reader.read(note) for note in notes], topics


def scores(model: TagModel, note: Features) -> dict[int, float]:
    """The score of each tag that is suggested."""
    return {one.tag_id: one.score for one in model.suggest(note, limit=100)}


def _note(
    number: int, topic: int, chosen: np.random.Generator, middles: NDArray[np.float32]
) -> NoteText:
    """Three words of its own topic, and one of any: it is mostly told by them, not always."""
    all_words = [words.split() for words in TOPICS.values()]
    any_topic = int(chosen.integers(len(all_words)))
    words = [
        *chosen.choice(all_words[topic], 3).tolist(),
        *chosen.choice(all_words[any_topic], 2).tolist(),
        *chosen.choice(COMMON, 12).tolist(),
    ]
    chosen.shuffle(words)
    vectors = _unit(middles[topic] + 0.45 * chosen.normal(size=(2, DIMENSIONS)))
    return NoteText(number, " ".join(chosen.choice(words, 3).tolist()), " ".join(words), vectors)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / lengths).astype(np.float32)
