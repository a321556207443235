"""What a person is writing, one draft for each conversation, kept while the window is open."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.records import Message
from ui.chat.composer import Composer
from ui.chat.replies import LiveReply


@dataclass(slots=True, eq=False)
class Draft:
    """What stands in the composer of one conversation.

    Attributes:
        conversation_id: None for a chat that has not begun.
        text: What is written; while it is on the page, the composer has it.
        edited: The earlier message that is being edited.
        aside: What was written before editing began.
        asked: A reply that was asked for and is not saved yet.
    """

    conversation_id: int | None = None
    text: str = ""
    edited: Message | None = None
    aside: str = ""
    asked: LiveReply | None = None


class Drafts:
    """Puts the right draft into the composer.

    Args:
        composer: Where one of them is shown.
    """

    def __init__(self, composer: Composer) -> None:
        self._composer = composer
        self._current = Draft()
        self._all: dict[int | None, Draft] = {None: self._current}

    @property
    def current(self) -> Draft:
        """The one in the composer."""
        return self._current

    def go_to(self, conversation_id: int | None) -> None:
        """Keep the present draft, show another."""
        self._current.text = self._composer.text
        self._current = self._all.setdefault(conversation_id, Draft(conversation_id))
        self._show()

    def adopt(self, draft: Draft, conversation_id: int) -> None:
        """A chat that had not begun is a conversation now."""
        del self._all[None]
        draft.conversation_id = conversation_id
        self._all[conversation_id] = draft

    def sent(self) -> None:
        """What was written is on its way: go on with what was put aside, or nothing."""
        draft = self._current
        draft.text, draft.edited, draft.aside = draft.aside, None, ""
        self._show()

    def give_back(self, draft: Draft, question: str, edited: Message | None) -> None:
        """What was sent was not saved: it goes back before whatever was written since."""
        if draft is self._current:
            draft.text = self._composer.text
        if edited and draft.edited is None:
            draft.edited, draft.aside, draft.text = edited, draft.text, question
        elif question:
            draft.text = "\n\n".join(filter(None, (question, draft.text)))
        if draft is self._current:
            self._show()

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

    def _show(self) -> None:
        self._composer.set_text(self._current.text)
        self._composer.show_editing(editing=self._current.edited is not None)
