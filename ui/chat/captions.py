"""The quiet lines below a message's text: what went along, how it ended, how sure it is."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from assistant.asking.shown import given_words
from assistant.errors import (
    ApprovalRefused,
    CloudRefused,
    KeyNotKept,
    NetworkError,
    NetworkRefused,
)
from assistant.net.records import TransferFailed
from assistant.records import FinishReason, Message, MessageState
from ui.chat.entries import Entry
from ui.chat.sureness import sureness_facts, sureness_words
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless
from ui.theme.tokens import Space, Type

_STATES: Final = {
    MessageState.STOPPED: "Stopped.",
    MessageState.INTERRUPTED: "Interrupted when Hush closed.",
    MessageState.STREAMING: "Being written.",
    MessageState.FAILED: "The model stopped unexpectedly. What it wrote so far is kept.",
}
_BROKE_OFF: Final = "The answer broke off. What had come so far is kept."
_NONE_CAME: Final = "No answer came from elsewhere."
_ELSEWHERE: Final = (
    TransferFailed.code,
    NetworkError.code,
    NetworkRefused.code,
    CloudRefused.code,
    ApprovalRefused.code,
    KeyNotKept.code,
)
"""How only an answer from elsewhere fails; where nothing left this laptop it bears no mark."""
_AT_LIMIT: Final = "Kept short. Expand goes on."
_AT_CLOUD_LIMIT: Final = "It ends here, and may not be whole: it came to a limit."
_CUT: Final = "Only the first part is shown here. Copy takes all of it."


def state_words(message: Message) -> str:
    """How a message ended; empty where it is simply complete."""
    reached_limit = message.figures and message.figures.finish_reason is FinishReason.LENGTH
    if message.state is MessageState.FAILED and (message.cloud or message.failure in _ELSEWHERE):
        return _BROKE_OFF if message.text else _NONE_CAME
    limit = _AT_CLOUD_LIMIT if message.cloud else _AT_LIMIT
    return _STATES.get(message.state, limit if reached_limit else "")


class Captions:
    """Labels of a message's widget, laid out by it. Hidden while they have nothing to say.

    Args:
        entry: The message, and what came since.
        look: Colours and type.
        parent: The message's widget.
    """

    def __init__(self, entry: Entry, look: Look, parent: QWidget) -> None:
        self._entry = entry
        self._look = look
        self._cut = self._caption(parent, _CUT)
        self._given = self._caption(parent, harmless(given_words(entry.message)))
        self._given.setVisible(bool(self._given.text()))
        self._state = self._caption(parent)
        self._sureness = self._caption(parent)
        self._note = self._caption(parent)
        self._words = ""

    def _caption(self, parent: QWidget, text: str = "") -> QLabel:
        label = QLabel(text, parent)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setFont(self._look.font(Type.CAPTION))
        label.setPalette(self._look.text_palette(quiet=True))
        label.hide()
        return label

    @property
    def description(self) -> str:
        """How it ended and how sure it is, for screen readers."""
        sureness = self._sureness.text()
        asides = (aside.words for aside in self._entry.asides)
        return " ".join(filter(None, (self._words, sureness, *asides)))

    def show_state(self) -> None:
        """Show how it ended, in red where it failed."""
        message = self._entry.message
        self._words = words = self._entry.failure or state_words(message)
        failed = message.state is MessageState.FAILED or bool(self._entry.failure)
        palette = self._look.text_palette(quiet=True)
        if failed:
            palette.setColor(palette.ColorRole.WindowText, self._look.palette.danger)
        self._state.setPalette(palette)
        self._state.setText(harmless(words))
        self._state.setVisible(bool(words) and not self._entry.is_streaming)
        self.show_sureness()

    def show_sureness(self) -> None:
        """Show how sure it is, unless a line with something to do about it says so already."""
        message = self._entry.message
        words = sureness_words(message)
        said = any(aside.words == words for aside in self._entry.asides)
        self._sureness.setText("" if said else words)
        self._sureness.setToolTip(sureness_facts(message))
        self._sureness.setVisible(bool(self._sureness.text()))

    def show_note(self) -> None:
        """Show the entry's note."""
        self._note.setText(harmless(self._entry.note))
        self._note.setVisible(bool(self._entry.note))

    def show_cut(self, *, cut: bool) -> None:
        """Say that there is more text than is drawn of one message, or not."""
        self._cut.setVisible(cut)

    def place(self, left: int, y: int, width: int) -> int:
        """Put them below ``y``; return where they end. All in pixels."""
        for caption in (self._cut, self._given, self._state, self._sureness, self._note):
            if not caption.isHidden():
                y += self._look.scaled(Space.INSIDE)
                height = caption.heightForWidth(width)
                caption.setGeometry(left, y, width, height)
                y += height
        return y
