"""How long a suggestion takes, learning from a decision, and a whole import; the model alone.

What the services around it take, the store among it, is measured by ``tags_bulk``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from assistant.tags.features import NoteText, Reader
from assistant.tags.model import MOST_TAUGHT, TagModel, Verdicts
from assistant.tags.names import TagName
from benchmarks.report import Row, percentile
from benchmarks.tags_data import Vault, vault
from benchmarks.tags_quality import accepted

MOST_SUGGESTING_MS: Final = 50.0
MOST_LEARNING_MS: Final = 20.0
MOST_BULK_SECONDS: Final = 30.0

_OPENED: Final = 171  # notes that are opened and decided on
_TAGS: Final = 5_000
_DIMENSIONS: Final = 384  # of the encoder that comes with Hush


@dataclass(slots=True)
class _Times:
    """Milliseconds of each, on the clock and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    _began: tuple[float, float] = (0.0, 0.0)

    def __enter__(self) -> _Times:
        self._began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall.append(1e3 * (time.perf_counter() - self._began[0]))
        self.cpu.append(1e3 * (time.process_time() - self._began[1]))

    def row(self, name: str, bar: float | None) -> Row:
        """The 95th percentile on the clock, with all else beside it."""
        how = (
            f"p50 {percentile(self.wall, 0.5):.1f}, most {max(self.wall):.1f};"
            f" processor p50 {percentile(self.cpu, 0.5):.1f}, p95 {percentile(self.cpu, 0.95):.1f}"
        )
        return Row(f"{name}, p95", percentile(self.wall, 0.95), "ms", how, bar)


def speed_rows() -> list[Row]:
    """Suggesting and learning with so many notes and tags, and the import of all notes."""
    notes = vault()
    return [
        *_opened(notes, notes.notes, notes.tags, "1,700 notes teach"),
        *_opened(notes, _many(notes), notes.tags, f"{MOST_TAUGHT:,} notes teach"),
        *_opened(notes, notes.notes, _more_tags(notes), f"{_TAGS:,} tags", has_bars=False),
        *_bulk(notes),
    ]


def _opened(
    notes: Vault,
    texts: Sequence[NoteText],
    tags: Sequence[TagName],
    name: str,
    *,
    has_bars: bool = True,
) -> list[Row]:
    """Open notes one after the other; each is read, suggested for, and decided on."""
    reader = Reader.of(texts)
    model = TagModel(reader, tags)
    taught, opened = texts[:-_OPENED], texts[-_OPENED:]
    right = [int(notes.right[place % len(notes.right)]) for place in range(len(texts))]
    began = time.perf_counter()
    model.teach_all(
        (reader.read(note), accepted(tag)) for note, tag in zip(taught, right, strict=False)
    )
    loading = time.perf_counter() - began
    model.calibrate()
    calibrating = time.perf_counter() - began - loading
    suggesting, learning = _Times(), _Times()
    for place, (note, tag) in enumerate(zip(opened, right[-_OPENED:], strict=True)):
        with suggesting:
            features = reader.read(note)
            best = model.suggest(features)[0]
        said = accepted(tag) if place % 2 else Verdicts(rejected=frozenset({best.tag_id}))
        with learning:
            model.teach(features, said)
    return [
        suggesting.row(
            f"suggestions for an opened note, {name}", MOST_SUGGESTING_MS if has_bars else None
        ),
        learning.row(f"learning from a decision, {name}", MOST_LEARNING_MS if has_bars else None),
        Row(f"reading and teaching at a start, {name}", loading, "s", f"{len(taught):,} notes"),
        Row(f"calibrating, {name}", calibrating, "s", "in idle time"),
    ]


def _bulk(notes: Vault) -> list[Row]:
    """Tag all notes after half of them were taught."""
    reader = Reader.of(notes.notes)
    model = TagModel(reader, notes.tags)
    half = len(notes.notes) // 2
    model.teach_all(
        (reader.read(note), accepted(tag))
        for note, tag in zip(notes.notes[:half], notes.right, strict=False)
    )
    model.calibrate()
    began, spent = time.perf_counter(), time.process_time()
    model.suggest_all([reader.read(note) for note in notes.notes])
    seconds, cpu = time.perf_counter() - began, time.process_time() - spent
    how = f"the model alone, read and scored; {half} notes teach; processor {cpu:.1f} s"
    return [Row("1,871 notes tagged in bulk", seconds, "s", how, MOST_BULK_SECONDS)]


def _many(notes: Vault) -> list[NoteText]:
    """As many notes as may teach, and those that are opened: some of them twice."""
    wanted = MOST_TAUGHT + _OPENED
    return [replace(notes.notes[place % len(notes.notes)], id=place + 1) for place in range(wanted)]


def _more_tags(notes: Vault) -> list[TagName]:
    """Thousands of tags that no note has, beside the real ones."""
    vectors = np.random.default_rng(0).normal(size=(_TAGS, _DIMENSIONS)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    more = [
        TagName(place, f"topic{place}", "", vectors[place])
        for place in range(len(notes.tags), _TAGS)
    ]
    return [*notes.tags, *more]
