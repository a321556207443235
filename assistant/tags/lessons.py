"""What notes teach, from the vault's queue until the model has learned it."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Final

from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_label_rows import Labels
from assistant.store.vault import Vault
from assistant.tags.building import Built
from assistant.tags.teachers import verdicts_of
from assistant.tags.verdicts import Verdicts

_QUEUE: Final = 100  # notes that are taken at once, with what they teach


class Lessons:
    """On one thread.

    Args:
        vault: Open for writing.
        forget: Gets each note that teaches nothing any more.
    """

    def __init__(self, vault: Vault, forget: Callable[[int], None]) -> None:
        self._vault = vault
        self._forget = forget
        self._said: set[int] = set()  # notes of which the person said something
        self._since: set[int] = set()  # taken since all rows were begun to be read
        self._late: dict[int, Verdicts] = {}  # their meaning is not known yet
        self.waiting: dict[int, Verdicts] = {}
        """What is to be learned, by note."""

    def is_said(self, note_id: int) -> bool:
        """Whether the person said something of a note's tags."""
        return note_id in self._said

    def clear(self) -> None:
        """Drop what waits: all rows are read anew."""
        self.waiting.clear()
        self._late.clear()

    def begin(self) -> Generator[float, None, None]:
        """In slices: empty the queue, before all rows are read."""
        self.clear()
        self._since.clear()
        while self._vault.write(_empty, patient=True).result():
            yield 0.0

    def go_on(self, built: Built) -> None:
        """Go on with a model that was built from the rows, and that ``forget`` belongs to by now.

        Meanwhile the model before was taught: what it heard the new one has to hear, too.
        """
        self._said = set(built.said)
        self._late |= built.late

        def missed(connection: Connection) -> list[Labels]:
            return tag_label_rows.labels_of(
                connection, sorted(self._since.union(_gone(connection, built.taught)))
            )

        self._hear(self._vault.read(missed).result())

    def take(self) -> bool:
        """Empty the queue, and hear what its notes teach now; whether there were any."""
        taken = False
        while labels := self._vault.write(_take).result():
            taken = True
            self._hear(labels)
            if len(labels) < _QUEUE:
                break
        return taken

    def put_off(self, note_id: int, verdicts: Verdicts) -> None:
        """Learn a note once its meaning is known."""
        self._late[note_id] = verdicts

    def understood(self) -> None:
        """What was put off can be learned now."""
        self.waiting |= self._late
        self._late.clear()

    def _hear(self, labels: Iterable[Labels]) -> None:
        for one in labels:
            verdicts, note_id = verdicts_of(one), one.note_id
            self._since.add(note_id)
            self._late.pop(note_id, None)
            (self._said.add if verdicts.is_said else self._said.discard)(note_id)
            if verdicts.is_empty:
                self.waiting.pop(note_id, None)
                self._forget(note_id)
            else:
                self.waiting[note_id] = verdicts


def _take(connection: Connection) -> list[Labels]:
    ids = tag_learning_rows.take_queue(connection, _QUEUE)
    return tag_label_rows.labels_of(connection, ids) if ids else []


def _empty(connection: Connection) -> bool:
    return bool(tag_learning_rows.take_queue(connection, _QUEUE))


def _gone(connection: Connection, ids: Sequence[int]) -> set[int]:
    """Of these notes those that are deleted for good: no queue names them any more."""
    rows = connection.execute(
        "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM note)",
        (json.dumps(list(ids)),),
    )
    return {row[0] for row in rows}
