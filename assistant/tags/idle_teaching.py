"""Has the language model propose tags when nobody needs it.

It is asked about notes that the tag model is unsure of. What it proposes are weak labels; nothing
is given by it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.context.ahead import Worker
from assistant.errors import NotFound, VaultLocked
from assistant.power.plan import Plan
from assistant.store import tag_label_rows, tag_learning_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags.records import Level, level_of
from assistant.tags.service import TagService
from assistant.tags.teaching import Proposal, TeachTags
from assistant.tags.thread import ModelThread

if TYPE_CHECKING:
    from assistant.tags.learning import Learner

_CURSOR: Final = "asked-up-to"  # the last note, by id, of which it was found out
_NUMBER: Final = struct.Struct("<q")

Following = tuple[int, str, Sequence[str]]


class IdleTeaching:
    """On any thread. Each note is asked about once.

    Args:
        vault: Open for writing.
        suggest: Keeps proposals.
        model: Owns the tag model: it is asked first.
        worker: Runs the language model.
        plan: The governor's plan of the moment.
        allowed: Whether the language model may be asked at all.
    """

    def __init__(
        self,
        vault: Vault,
        suggest: TagService,
        model: ModelThread,
        worker: Worker,
        plan: Callable[[], Plan],
        allowed: Callable[[], bool],
    ) -> None:
        self._vault = vault
        self._suggest = suggest
        self._model = model
        self._worker = worker
        self._plan = plan
        self._allowed = allowed

    def look(self) -> None:
        """Have it asked, if nobody needs the machine. At once; to be called now and then."""
        if self._worker.is_warm and self._may:
            self._worker.submit_background(TeachTags(self.following, self._take))

    def following(self) -> Following | None:
        """The next note to ask about; None where there is none. Blocks."""
        while self._may:
            try:
                note_id = self._vault.read(_next).result()
                if note_id is None:
                    return None
                found = self._model.ask(partial(self._unsure, note_id=note_id)).result()
                if found is not None:
                    return note_id, *found
                self._note_asked(note_id)
            except VaultLocked:
                return None  # it is being closed
        return None

    @property
    def _may(self) -> bool:
        return self._allowed() and self._plan().background_allowed

    def _unsure(self, learner: Learner, note_id: int) -> tuple[str, Sequence[str]] | None:
        """A note's text and the nearest tags, where no tag is probable. On the model's thread."""
        try:
            text, names = self._suggest.nearest(learner, note_id)
        except NotFound:
            return None
        found = learner.look_at(note_id)
        is_sure = found is None or any(
            level_of(one.probability) is not Level.SILENT for one in found[0].scored
        )
        return None if is_sure or not names or not text.strip() else (text, names)

    def _take(self, note_id: int, proposal: Proposal) -> None:
        self._suggest.keep(note_id, proposal).result()
        self._note_asked(note_id)
        self._model.wake()

    def _note_asked(self, note_id: int) -> None:
        data = _NUMBER.pack(note_id)
        self._vault.write(
            lambda c: tag_label_rows.keep_state(c, _CURSOR, data), patient=True
        ).result()


def _next(connection: Connection) -> int | None:
    data = tag_label_rows.state(connection, _CURSOR)
    after = _NUMBER.unpack(data)[0] if data and len(data) == _NUMBER.size else 0
    return tag_learning_rows.untagged_after(connection, after)
