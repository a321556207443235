"""The notes that tagging is measured with: each lies in a folder, and that is its author's tag."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.search.encoding import SEPARATOR
from assistant.search.lanes import WarmEncoder
from assistant.search.passages import split
from assistant.search.sketches import directions
from assistant.search.vector_index import codes_of
from assistant.tags.features import NoteText
from assistant.tags.names import TagName
from assistant.tags.near import said
from assistant.tags.records import TagInfo
from benchmarks.cache import cache_folder
from benchmarks.search_data import data_folder, notes
from benchmarks.search_library import chosen_encoder

SPLITS: Final = 5
KNOWN: Final = 0.8
"""The share of notes whose tags are known; the others' are guessed."""

_DESCRIPTIONS: Final = Path(__file__).parent / "data" / "tag_descriptions.json"
_SHOTS_SEED: Final = 100

Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Vault:
    """Notes as the program has them once they are indexed, and what they should be tagged.

    Attributes:
        notes: With the vectors that search keeps of their passages.
        right: The place of each note's tag.
        tags: With a description of a sentence.
        bare: The same without descriptions.
    """

    notes: list[NoteText]
    right: NDArray[np.int64]
    tags: list[TagName]
    bare: list[TagName]

    def splits(self) -> Iterator[tuple[Places, Places]]:
        """Which notes are known, and which are guessed, five times."""
        for seed in range(SPLITS):
            order = np.random.default_rng(seed).permutation(len(self.notes))
            known = int(KNOWN * len(order))
            yield order[:known], order[known:]

    def shots(self, each: int) -> Iterator[tuple[Places, Places]]:
        """The same with so many known notes of each tag (or all, where there are fewer)."""
        for seed in range(SPLITS):
            chosen = np.random.default_rng(_SHOTS_SEED + seed)
            known = np.sort(
                np.concatenate(
                    [
                        chosen.permutation(np.flatnonzero(self.right == tag))[:each]
                        for tag in range(len(self.tags))
                    ]
                )
            )
            yield known, np.setdiff1d(np.arange(len(self.notes)), known)


@cache
def vault() -> Vault:
    """The 1,871 notes with 76 tags; encoded once, in some minutes, and kept.

    Raises:
        NoData: the texts are missing.
    """
    texts = notes()
    paths = sorted((data_folder() / "notes").rglob("*.md"))  # as ``notes`` goes through them
    folders = [path.parent.name for path in paths]
    names = sorted(set(folders))
    sentences = json.loads(_DESCRIPTIONS.read_text())["descriptions"]
    infos = [TagInfo(name, 0, sentences[name], "", kept=True) for name in names]
    vectors, described, named = _encoded(
        [(one.title, one.text) for one in texts],
        [said(info) for info in infos],
        [said(TagInfo(info.name, 0, "", "", kept=True)) for info in infos],
    )
    return Vault(
        [
            NoteText(one.id, one.title, one.text, rows)
            for one, rows in zip(texts, vectors, strict=True)
        ],
        np.array([names.index(folder) for folder in folders]),
        [
            TagName(place, info.name, info.description, described[place])
            for place, info in enumerate(infos)
        ],
        [TagName(place, info.name, "", named[place]) for place, info in enumerate(infos)],
    )


def _encoded(
    texts: list[tuple[str, str]], described: list[str], named: list[str]
) -> tuple[list[NDArray[np.float32]], NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of the notes' passages, as search keeps them, and of the tags' names."""
    source = chosen_encoder()
    encoder = source.open()
    limit = WarmEncoder(source, encoder).limit
    try:
        told = json.dumps([texts, described, named])
        digest = blake2b(f"{encoder.key}/1/{told}".encode(), digest_size=8).hexdigest()
        path = cache_folder() / "tags" / f"{digest}.npz"
        if not path.exists():
            print(f"Encoding {len(texts):,} notes, once: {path}", flush=True)
            passages = [
                [
                    f"{one.context}{SEPARATOR}{one.text}".strip()
                    for one in split(text, encoder.spans, limit, title=title)
                ]
                for title, text in texts
            ]
            rows = encoder.encode([one for some in passages for one in some])
            path.parent.mkdir(parents=True, exist_ok=True)
            np.savez(
                path,
                codes=codes_of(rows),
                counts=[len(some) for some in passages],
                described=encoder.encode(described),
                named=encoder.encode(named),
            )
    finally:
        encoder.close()
    kept = np.load(path)
    ends = np.cumsum(kept["counts"])[:-1]
    return np.split(directions(kept["codes"]), ends), kept["described"], kept["named"]
