"""Having the model read ahead what the person is about to ask: at a pause, never at every key."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from PySide6.QtCore import QTimer

from assistant.chat import ChatService
from assistant.errors import HushError
from assistant.records import NEW_PRIVATE_ID, is_private
from ui.chat.composer import Composer
from ui.chat.drafts import Drafts

PAUSE_MILLISECONDS: Final = 400
"""Without a key, after which what is written is read ahead: steady typing never gets there."""


class Ahead:
    """Asks for it. Whether and when it is done is the core's to decide.

    Not while an answer is being written here, nor while an earlier message is being edited: the
    next question is not what stands in the composer then.

    Args:
        chat: Reads ahead.
        drafts: What is being written, and where.
        composer: Where.
    """

    def __init__(self, chat: ChatService, drafts: Drafts, composer: Composer) -> None:
        self._chat = chat
        self._drafts = drafts
        self._composer = composer
        self._busy = False
        self._last: tuple[int | None, str] | None = None
        self.pause = QTimer(composer, singleShot=True, interval=PAUSE_MILLISECONDS)
        self.pause.timeout.connect(self.now)
        composer.field.textChanged.connect(self.pause.start)

    def set_busy(self, *, busy: bool) -> None:
        """An answer is being written here, or no longer."""
        if self._busy and not busy:
            self._last = None  # it is read anew, behind that answer
            if self._composer.text.strip():
                self.pause.start()
        self._busy = busy

    def now(self) -> None:
        """Have what stands in the composer read, unless it has been."""
        self.pause.stop()
        draft = self._drafts.current
        # What is given with a question stands before it, and is not known before it is sent.
        text = "" if draft.scope or draft.attachments else self._composer.text
        wanted = (draft.conversation_id, text)
        if self._busy or draft.edited or wanted == self._last:
            return
        self._last = wanted
        here = draft.conversation_id
        with suppress(HushError):  # Hush is closing; nobody waits for this
            self._chat.prepare(
                None if here == NEW_PRIVATE_ID else here, text, private=is_private(here)
            )

    def afresh(self) -> None:
        """What the model sees changed: have it read again."""
        self._last = None
        self.now()
