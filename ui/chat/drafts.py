"""What a person is writing, one draft for each conversation, kept until it is sent or emptied.

On the page the composer has the text. From there it goes into the vault: a second after the last
key, every few seconds of steady typing, and whenever the composer is left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from PySide6.QtCore import QTimer

from assistant.asking.records import Attachment, Scope
from assistant.drafts import DraftService
from assistant.errors import HushError, NotFound
from assistant.records import Message, is_private
from ui.bridge import Bridge
from ui.chat.composer import Composer
from ui.chat.replies import LiveReply

PAUSE_MILLISECONDS: Final = 1_000
"""Without a key, after which what is written is kept."""

_STEADY_MILLISECONDS: Final = 5_000
"""Who types without a pause loses no more than this to a power cut."""


@dataclass(slots=True, eq=False)
class Draft:
    """What stands in the composer of one conversation.

    Attributes:
        conversation_id: None for a chat that has not begun.
        text: What is written; while it is on the page, the composer has it.
        edited: The earlier message that is being edited.
        aside: What was written before editing began.
        asked: A reply that was asked for and is not saved yet.
        scope: What the next question is asked of, and those after it.
        attachments: What goes along with the next question.
    """

    conversation_id: int | None = None
    text: str = ""
    edited: Message | None = None
    aside: str = ""
    asked: LiveReply | None = None
    scope: Scope | None = None
    attachments: tuple[Attachment, ...] = ()

    @property
    def kept_text(self) -> str:
        """What is to be kept of it: every word that the person wrote and that stands nowhere else.

        That an earlier message is being edited is not kept, only how it reads now.
        """
        if self.edited is None:
            return self.text
        changed = self.text if self.text != self.edited.text else ""
        return _joined(self.aside, changed)


class DraftKeeper:
    """Brings drafts into the vault and back, never those of private chats.

    Args:
        service: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        failed: Tells the person, once, that a draft could not be kept; its text stays on the page.
    """

    def __init__(
        self, service: DraftService, bridge: Bridge, failed: Callable[[HushError], None]
    ) -> None:
        self._service = service
        self._bridge = bridge
        self._failed = failed
        self._kept: dict[int | None, str] = {}
        self._has_told = False

    def load(self, use: Callable[[Mapping[int | None, str]], None]) -> None:
        """Read every draft there is, and hand them over on the GUI thread."""

        def came(texts: Mapping[int | None, str]) -> None:
            self._kept = {**texts, **self._kept}
            use(texts)

        self._bridge.then(self._service.load(), came, self._failed)

    def save(self, conversation_id: int | None, text: str) -> None:
        """Keep a draft as it reads now; an empty one is forgotten. Costs nothing if unchanged."""
        if is_private(conversation_id) or self._kept.get(conversation_id, "") == text:
            return
        self._kept[conversation_id] = text
        not_kept = partial(self._not_kept, conversation_id, text)
        try:
            future = self._service.save(conversation_id, text)
        except HushError as error:
            not_kept(error)
        else:
            self._bridge.then(future, self._was_kept, not_kept)

    def _was_kept(self, _: None) -> None:
        self._has_told = False

    def _not_kept(self, conversation_id: int | None, text: str, error: HushError) -> None:
        if self._kept.get(conversation_id) == text:
            del self._kept[conversation_id]  # the next pause tries again
        if not isinstance(error, NotFound) and not self._has_told:  # deleted: nothing to keep
            self._has_told = True
            self._failed(error)


class Drafts:
    """Puts the right draft into the composer, and has each kept.

    Args:
        composer: Where one of them is shown.
        keeper: Keeps them in the vault; None where they last as long as the window.
    """

    def __init__(self, composer: Composer, keeper: DraftKeeper | None = None) -> None:
        self._composer = composer
        self._keeper = keeper
        self._current = Draft()
        self._all: dict[int | None, Draft] = {None: self._current}
        self.pause = self._timer(PAUSE_MILLISECONDS)
        self.steady = self._timer(_STEADY_MILLISECONDS)
        composer.field.textChanged.connect(self._wait)
        if keeper:
            keeper.load(self._adopt_kept)

    @property
    def current(self) -> Draft:
        """The one in the composer."""
        return self._current

    def go_to(self, conversation_id: int | None) -> None:
        """Keep the present draft, show another."""
        self.keep()
        self._current = self._all.setdefault(conversation_id, Draft(conversation_id))
        self._show()

    def keep(self) -> None:
        """Have what stands in the composer kept now."""
        self.pause.stop()
        self.steady.stop()
        self._save(self._current)

    def adopt(self, draft: Draft, conversation_id: int) -> None:
        """A chat that had not begun is a conversation now."""
        before = draft.conversation_id
        del self._all[before]
        draft.conversation_id = conversation_id
        self._all[conversation_id] = draft
        if self._keeper:
            self._keeper.save(before, "")
        self._save(draft)

    def sent(self) -> None:
        """What was written is on its way: go on with what was put aside, or nothing."""
        draft = self._current
        if draft.edited is None:
            draft.attachments = ()
        draft.text, draft.edited, draft.aside = draft.aside, None, ""
        self._show()
        self.keep()

    def give_back(
        self,
        draft: Draft,
        question: str,
        edited: Message | None,
        attachments: tuple[Attachment, ...] = (),
    ) -> None:
        """What was sent was not saved: it goes back before whatever was written since."""
        draft.attachments = (*attachments, *draft.attachments)
        if draft is self._current:
            draft.text = self._composer.text
        if edited and draft.edited is None:
            draft.edited, draft.aside, draft.text = edited, draft.text, question
        elif question:
            draft.text = _joined(question, draft.text)
        if draft is self._current:
            self._show()
        self._save(draft)

    def begin_editing(self, message: Message) -> None:
        """Put an earlier message into the composer, and what stands there aside."""
        draft = self._current
        if draft.edited is None:
            draft.aside = self._composer.text
        draft.edited, draft.text = message, message.text
        self._show()

    def leave_editing(self) -> None:
        """Go on with what was put aside."""
        self.sent()

    def give(self, scope: Scope | None, attachments: tuple[Attachment, ...]) -> None:
        """Ask the next question of this, and let this go along."""
        self._current.scope, self._current.attachments = scope, attachments
        self._show_given()

    def _show(self) -> None:
        self._composer.set_text(self._current.text)
        self._composer.show_editing(editing=self._current.edited is not None)
        self._show_given()

    def _show_given(self) -> None:
        """An earlier message that is asked differently keeps what it was asked of."""
        draft = self._current
        if draft.edited:
            self._composer.given.show_given(draft.edited.scope, ())
        else:
            self._composer.given.show_given(draft.scope, draft.attachments)
        self._composer.given.setEnabled(draft.edited is None)
        self._composer.more_button.setEnabled(draft.edited is None)

    # Keeping ------------------------------------------------------------------------------

    def _timer(self, milliseconds: int) -> QTimer:
        timer = QTimer(self._composer, singleShot=True, interval=milliseconds)
        timer.timeout.connect(self.keep)
        return timer

    def _wait(self) -> None:
        """A key was pressed: keep the text at the next pause, or after some steady typing."""
        self.pause.start()
        if not self.steady.isActive():
            self.steady.start()

    def _save(self, draft: Draft) -> None:
        if draft is self._current:
            draft.text = self._composer.text
        if self._keeper:
            self._keeper.save(draft.conversation_id, draft.kept_text)

    def _adopt_kept(self, texts: Mapping[int | None, str]) -> None:
        """Take over what was kept, before whatever was written in the moment since the start."""
        self._current.text = self._composer.text
        for conversation_id, text in texts.items():
            draft = self._all.setdefault(conversation_id, Draft(conversation_id))
            draft.text = _joined(text, draft.text)
        if self._current.text != self._composer.text:
            self._show()


def _joined(*texts: str) -> str:
    return "\n\n".join(filter(None, texts))
