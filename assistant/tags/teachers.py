"""Which notes teach the tag model, and in which order: not more than it takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Labels
from assistant.store.vault import Vault
from assistant.tags.model import MOST_TAUGHT
from assistant.tags.verdicts import Verdicts

_AT_ONCE: Final = 200  # notes whose labels are read: a few milliseconds
_OF_EACH: Final = 5
"""Notes with a tag that teach before any others do: with so few it is already found."""


@dataclass(frozen=True, slots=True)
class Teacher:
    """A note of which something was said, and when: what the person said last teaches longest."""

    note_id: int
    at: int
    verdicts: Verdicts = field(repr=False)

    @property
    def age(self) -> tuple[bool, int, int]:
        """The greatest is the newest; what the language model alone proposed is old."""
        return self.verdicts.is_said, self.at, self.note_id


def verdicts_of(labels: Labels) -> Verdicts:
    """What a note teaches the model.

    What Hush gave by itself counts only beside what the person gave, so that the model does not
    learn from itself.
    """
    if not labels.is_live:
        return Verdicts()
    accepted = labels.positive + labels.applied if labels.positive else ()
    return Verdicts(frozenset(accepted), frozenset(labels.negative), frozenset(labels.weak))


def chosen(vault: Vault, most: int = MOST_TAUGHT) -> Generator[float, None, dict[int, Verdicts]]:
    """Find out, in slices, which notes teach; returns them by id, the newest last."""
    every: list[Teacher] = []
    last = 0
    while True:
        labels, decided, last = vault.read(partial(_read, after=last)).result()
        if not last:
            break
        for one in labels:
            verdicts = verdicts_of(one)
            if not verdicts.is_empty:
                every.append(Teacher(one.note_id, decided.get(one.note_id, 0), verdicts))
        yield 0.0
    return {one.note_id: one.verdicts for one in _most(every, most)}


def _read(connection: Connection, after: int) -> tuple[list[Labels], dict[int, int], int]:
    """Labels of the next notes, when they were decided on, and the last of them; 0: none."""
    rows = connection.execute(
        "SELECT id FROM note WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT ?",
        (after, _AT_ONCE),
    )
    ids = [row[0] for row in rows.fetchall()]
    if not ids:
        return [], {}, 0
    labels = tag_label_rows.labels_of(connection, ids)
    return labels, tag_learning_rows.latest_decisions(connection, ids), ids[-1]


def _most(every: list[Teacher], most: int) -> list[Teacher]:
    """Not more than so many: the newest, and a few of each tag before that. The newest last."""
    newest_first = sorted(every, key=lambda one: one.age, reverse=True)
    count: Counter[int] = Counter()
    first: list[Teacher] = []
    rest: list[Teacher] = []
    for one in newest_first:
        is_wanted = any(count[tag] < _OF_EACH for tag in one.verdicts.accepted)
        count.update(one.verdicts.accepted)
        (first if is_wanted else rest).append(one)
    return sorted((first + rest)[:most], key=lambda one: one.age)
