"""Has the language model propose tags when nobody needs it.

It is asked about notes that the tag model is unsure of. What it proposes are weak labels; nothing
is given by it.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.cancel import Cancel
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
_PASSED_OVER: Final = 100  # notes in one look, of which there is nothing to be asked

Unsure = tuple[str, Sequence[str]]  # a note's text, and the tags there are
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

    def following(self, cancel: Cancel) -> Following | None:
        """The next note to ask about; None where there is none. Blocks.

        It ends where somebody needs the language model, and after a while in any case: the next
        look goes on behind the notes that were passed over.
        """
        with suppress(VaultLocked):  # it is being closed
            for _ in range(_PASSED_OVER):
                note_id = self._vault.read(_next).result() if self._may else None
                if note_id is None or cancel.asked:
                    return None
                asked = self._model.ask(partial(self._unsure, note_id=note_id))
                if not _is_answered(asked, cancel):
                    return None
                if found := asked.result():
                    return note_id, *found
                self._note_asked(note_id)
        return None

    @property
    def _may(self) -> bool:
        return self._allowed() and self._plan().background_allowed

    def _unsure(self, learner: Learner, note_id: int) -> Unsure | None:
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


def _is_answered(asked: Future[Unsure | None], cancel: Cancel) -> bool:
    """Wait for an answer, or until somebody needs the thread that waits; whether it is there."""
    moved = threading.Event()
    asked.add_done_callback(lambda _: moved.set())
    cancel.listen(moved.set)
    moved.wait()
    cancel.listen(None)
    is_there = asked.done()
    asked.cancel()  # or nobody waits for it any more
    return is_there


def _next(connection: Connection) -> int | None:
    data = tag_label_rows.state(connection, _CURSOR)
    after = _NUMBER.unpack(data)[0] if data and len(data) == _NUMBER.size else 0
    return tag_learning_rows.untagged_after(connection, after)
