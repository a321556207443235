"""Notes as the tag model reads them: text and meaning, from rows, in small parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from assistant.search.encoding import SEPARATOR
from assistant.search.records import IndexState
from assistant.search.sketches import Vector, directions
from assistant.store import edition_rows, tag_learning_rows
from assistant.store.edition_rows import Edition
from assistant.store.sqlcipher import Connection
from assistant.store.tag_learning_rows import NoteRow, Said
from assistant.store.vault import Vault
from assistant.tags.features import NoteText

if TYPE_CHECKING:
    from assistant.embed.protocol import Vectors

Embed = Callable[[Sequence[str]], "Vectors | None"]

_NOTES: Final = 16
_BYTES: Final = 100_000
"""What is read at once: so many notes, or so much text. Some milliseconds of the store's time."""

_AT_ONCE: Final = 8
"""Passages of an open note that are encoded while the person waits: it says what it is about in
them, and each takes some ten milliseconds."""


@dataclass(frozen=True, slots=True)
class Read:
    """One note.

    Attributes:
        row: As it is stored.
        note: As the model reads it.
        is_ready: Its meaning is known as far as it ever will be.
    """

    row: NoteRow = field(repr=False)
    note: NoteText = field(repr=False)
    is_ready: bool

    @property
    def version(self) -> tuple[int, int]:
        """Another one where the text is another, or more is known of its meaning."""
        return self.row.revision, 0 if self.note.vectors is None else len(self.note.vectors)


class NoteTexts:
    """Reads notes. On any thread but the store's, one at a time.

    Args:
        vault: Open.
        embed: The texts' vectors, ``[len(texts), dimensions]``; None where there is no model.
        index: How far the index is.
    """

    def __init__(self, vault: Vault, embed: Embed, index: Callable[[], IndexState]) -> None:
        self._vault = vault
        self._embed = embed
        self._index = index
        self.edition: Edition | None = None
        """The one that serves, as ``look`` found it."""

    @property
    def is_indexed(self) -> bool:
        """Whether the index has come to its end: what has no vector now gets none soon."""
        return self._index() in {IndexState.READY, IndexState.WORDS_ONLY}

    def look(self) -> bool:
        """Look which edition serves now; whether it is another one than before."""
        found = self._vault.read(edition_rows.serving).result()
        is_other = (found and found.id) != (self.edition and self.edition.id)
        self.edition = found
        return is_other

    def after(self, last: int) -> list[int]:
        """The next few notes outside of the trash, by id."""
        return self._vault.read(
            lambda c: tag_learning_rows.ids_after(c, last, _NOTES, _BYTES)
        ).result()

    def some(self, ids: Iterable[int]) -> list[Read]:
        """These few notes, by id; those that are gone or in the trash are left out."""
        rows = self._vault.read(lambda c: tag_learning_rows.notes(c, self._id, ids)).result()
        return [self._read(row, self._vectors(row.codes)) for row in rows]

    def shown(self, note_id: int) -> tuple[Read, Said] | None:
        """A note that somebody looks at, with what was said of its tags; None: it is not there.

        Where the index has nothing of it yet, its first passages are encoded here and now.
        """

        def work(connection: Connection) -> tuple[list[NoteRow], Said]:
            rows = tag_learning_rows.notes(connection, self._id, (note_id,))
            return rows, tag_learning_rows.said(connection, note_id)

        rows, said = self._vault.read(work).result()
        if not rows:
            return None
        row = rows[0]
        vectors = self._vectors(row.codes)
        if vectors is None and row.is_pending:
            vectors = self._encoded(note_id)
            return self._read(row, vectors, is_ready=vectors is not None), said
        return self._read(row, vectors), said

    @property
    def _id(self) -> int | None:
        return self.edition.id if self.edition else None

    def _read(self, row: NoteRow, vectors: Vector | None, *, is_ready: bool = False) -> Read:
        state = self._index()
        has_all = state is IndexState.WORDS_ONLY or (state is IndexState.READY and bool(row.codes))
        note = NoteText(row.id, row.title, row.text, vectors)
        return Read(row, note, is_ready or has_all or not row.is_pending)

    def _vectors(self, codes: Sequence[bytes]) -> Vector | None:
        sizes = {len(code) for code in codes}
        if len(sizes) != 1 or 0 in sizes:
            return None
        found = np.frombuffer(b"".join(codes), np.int8).reshape(len(codes), -1)
        return directions(found)

    def _encoded(self, note_id: int) -> Vector | None:
        texts = self._vault.read(
            lambda c: tag_learning_rows.passage_texts(c, self._id, note_id, _AT_ONCE)
        ).result()
        if not texts:
            return None
        found = self._embed([SEPARATOR.join(one).strip() for one in texts])
        return None if found is None else np.asarray(found, np.float32)
