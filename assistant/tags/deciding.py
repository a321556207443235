"""What the person says of one suggestion, and taking that back: each in one transaction."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from assistant.errors import InputRefused, NotFound
from assistant.notes.names import folded, tags_given
from assistant.notes.records import Note
from assistant.store import note_rows, tag_label_rows, tag_learning_rows, tag_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Decision

Key = tuple[int, str]
"""A note's id and a tag's folded name."""

_REMEMBERED: Final = 50_000
_GONE: Final = "This tag is gone or is called otherwise by now. Nothing was changed."


@dataclass(frozen=True, slots=True)
class Figures:
    """What was said of a tag when it was suggested.

    Attributes:
        tag_id: The tag; None: there was none of that name.
    """

    tag_id: int | None
    probability: float
    score: float


class Undos:
    """What taking back a decision has to know beside the rows, while Hush runs. On any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs: dict[Key, int] = {}
        self._made: dict[Key, None] = {}

    def waited(self, runs: Mapping[Key, int]) -> None:
        """Note from which run each waited that is decided now."""
        with self._lock:
            self._runs.update(runs)
            while len(self._runs) > _REMEMBERED:
                self._runs.pop(next(iter(self._runs)))

    def made(self, key: Key) -> None:
        """Note that the person accepted a tag that there was not yet."""
        with self._lock:
            self._made[key] = None

    def take_run(self, key: Key) -> int | None:
        """From which run it waited; None: it did not."""
        with self._lock:
            return self._runs.pop(key, None)

    def take_made(self, key: Key) -> bool:
        """Whether the person accepted it as a new tag."""
        with self._lock:
            is_made = key in self._made
            self._made.pop(key, None)
            return is_made

    def clear(self) -> None:
        """Forget all of it."""
        with self._lock:
            self._runs.clear()
            self._made.clear()


def key_of(note_id: int, tag: str) -> Key:
    """A note and a tag, however that is spelt.

    Raises:
        InputRefused: this is no name for a tag.
    """
    return note_id, folded(_clean(tag))


def accept(
    connection: Connection, note_id: int, tag: str, figures: Figures, undos: Undos, now: int
) -> Note:
    """Give a note a tag that was suggested. Inside of a write.

    Raises:
        NotFound: there is no such note, or the tag is called otherwise by now.
        InputRefused: the note has as many tags as it takes.
    """
    name = _clean(tag)
    _require_live(connection, note_id)
    tag_id = _named(connection, name, figures)
    if tag_id is not None and tag_rows.has(connection, note_id, tag_id):
        return note_rows.get(connection, note_id)  # it was given already: nothing to answer
    key = key_of(note_id, name)
    runs = tag_learning_rows.waiting_runs(connection, [(note_id, name)])
    given = tag_rows.give(connection, note_id, name)
    if tag_id is None:
        undos.made(key)
    else:
        said = Decision(note_id, given, True, figures.probability, figures.score, now)
        tag_label_rows.decide(connection, said)
        undos.waited(runs)
    return note_rows.get(connection, note_id)


def reject(
    connection: Connection, note_id: int, tag: str, figures: Figures, undos: Undos, now: int
) -> Note:
    """Note that a tag that was suggested is not wanted for a note. Inside of a write.

    Where it was accepted before, it is taken off again: what was said last counts. One that the
    note has for another reason stays.

    Raises:
        NotFound: there is no such note, or the tag is called otherwise by now.
    """
    name = _clean(tag)
    _require_live(connection, note_id)
    tag_id = _named(connection, name, figures)
    if tag_id is None:
        tag_label_rows.reject_new(connection, note_id, name, now)
        return note_rows.get(connection, note_id)
    before = tag_label_rows.decision(connection, note_id, tag_id)
    if tag_rows.has(connection, note_id, tag_id) and not (before and before.accepted):
        return note_rows.get(connection, note_id)
    undos.waited(tag_learning_rows.waiting_runs(connection, [(note_id, name)]))
    said = Decision(note_id, tag_id, False, figures.probability, figures.score, now)
    tag_label_rows.decide(connection, said)
    if before and before.accepted:
        tag_rows.take(connection, note_id, tag_id)
    return note_rows.get(connection, note_id)


def take_back(connection: Connection, note_id: int, tag: str, undos: Undos, now: int) -> Note:
    """Have nothing have been said of a tag for a note. Inside of a write.

    What was accepted is taken off, and what waited to be reviewed waits again.

    Raises:
        NotFound: there is no such note.
    """
    name = _clean(tag)
    key = key_of(note_id, name)
    note_rows.get(connection, note_id)
    tag_id = tag_rows.known(connection, name)
    if tag_label_rows.want_new_again(connection, note_id, name) or tag_id is None:
        return note_rows.get(connection, note_id)
    said = tag_label_rows.take_back(connection, note_id, tag_id)
    run_id = undos.take_run(key)
    if said and run_id is not None:
        figures = (said.probability, said.score)
        tag_learning_rows.wait_again(connection, (note_id, tag_id), figures, run_id, now)
    if undos.take_made(key) or (said and said.accepted):
        tag_rows.take(connection, note_id, tag_id)
    return note_rows.get(connection, note_id)


def _named(connection: Connection, name: str, figures: Figures) -> int | None:
    """The tag that was suggested under this name; None: it would be a new one.

    Raises:
        NotFound: it is another one's name by now, or nobody's.
    """
    tag_id = tag_rows.known(connection, name)
    if figures.tag_id is not None and tag_id != figures.tag_id:
        raise NotFound(_GONE)
    return tag_id


def _require_live(connection: Connection, note_id: int) -> None:
    row = connection.execute(
        "SELECT 1 FROM note WHERE id = ? AND deleted_at IS NULL", (note_id,)
    ).fetchone()
    if row is None:
        raise NotFound("This note does not exist any more.")


def _clean(tag: str) -> str:
    names = tags_given((tag,))
    if not names:
        raise InputRefused("A tag needs a name.", "Nothing was changed.")
    return names[0]
