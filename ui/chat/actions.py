"""What can be done with one message: a row of quiet buttons below it."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from assistant.records import FinishReason, Message, MessageState, Role
from ui.chat.button import CopyButton, QuietButton
from ui.markdown.look import Look
from ui.theme.tokens import Type

_UNFINISHED = (MessageState.STOPPED, MessageState.INTERRUPTED, MessageState.FAILED)


def resume_label(message: Message) -> str:
    """The word for going on with an answer: empty where it is complete.

    One from elsewhere is not gone on with: that would be another request, to be looked at anew.
    """
    if message.role is not Role.ASSISTANT or message.cloud:
        return ""
    if message.state in _UNFINISHED:
        return "Continue"
    reached_limit = message.figures and message.figures.finish_reason is FinishReason.LENGTH
    return "Expand" if message.state is MessageState.COMPLETE and reached_limit else ""


def again_label(message: Message) -> tuple[str, str]:
    """The word for another answer, and what screen readers say: it always comes from here."""
    if message.cloud:
        return "Answer here", "Answer on this laptop"
    return "Regenerate", "Regenerate"


class ActionRow(QWidget):
    """Copy, and what the message's role and state allow.

    The row keeps its height and its place among the tab stops while it is not shown.
    """

    copy_wanted = Signal()
    edit_wanted = Signal()
    regenerate_wanted = Signal()
    resume_wanted = Signal()
    pin_wanted = Signal()
    elsewhere_wanted = Signal()  # ask somebody else
    variant_wanted = Signal(int)  # -1 or +1

    def __init__(self, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.copy = CopyButton(look, self, name="Copy message")
        self.edit = QuietButton("Edit", look, self, name="Edit message")
        self.regenerate = QuietButton("Regenerate", look, self)
        self.resume = QuietButton("Continue", look, self)
        self.elsewhere = QuietButton("Ask elsewhere…", look, self)
        self.pin = QuietButton("Pin", look, self)
        self.pin.reserve("Unpin")
        self.pin.setToolTip("What is pinned stays in what the model reads.")
        self.previous = QuietButton("‹", look, self, name="Previous version")
        self.place = QLabel(self)
        self.next = QuietButton("›", look, self, name="Next version")
        self.place.setFont(look.font(Type.CAPTION))
        self.place.setPalette(look.text_palette(quiet=True))
        policy = self.place.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.place.setSizePolicy(policy)
        self._several = False
        self._lay_out()
        self.copy.clicked.connect(self.copy_wanted)
        self.edit.clicked.connect(self.edit_wanted)
        self.regenerate.clicked.connect(self.regenerate_wanted)
        self.resume.clicked.connect(self.resume_wanted)
        self.elsewhere.clicked.connect(self.elsewhere_wanted)
        self.pin.clicked.connect(self.pin_wanted)
        self.previous.clicked.connect(lambda: self.variant_wanted.emit(-1))
        self.next.clicked.connect(lambda: self.variant_wanted.emit(1))

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for widget in (*self.buttons()[:6], self.previous, self.place, self.next):
            row.addWidget(widget)
        row.addStretch()

    def buttons(self) -> list[QuietButton]:
        """All buttons, in tab order."""
        asking = [self.copy, self.edit, self.regenerate, self.resume, self.elsewhere]
        return [*asking, self.pin, self.previous, self.next]

    def show_for(self, message: Message, *, busy: bool, elsewhere: bool = False) -> None:
        """Offer what can be done with this message now.

        Args:
            message: As it stands.
            busy: A reply is being written: nothing that would start another one.
            elsewhere: Somebody else can be asked.
        """
        settled = message.state is not MessageState.STREAMING
        is_answer = message.role is Role.ASSISTANT
        again, spoken = again_label(message)
        label = resume_label(message)
        self.copy.setVisible(settled)
        self.edit.setVisible(settled and not busy and message.role is Role.USER)
        self.regenerate.setVisible(settled and not busy and is_answer)
        self.regenerate.reserve(again)
        self.regenerate.setText(again)
        self.regenerate.setAccessibleName(spoken)
        self.elsewhere.setVisible(settled and not busy and is_answer and elsewhere)
        self.resume.setVisible(settled and not busy and bool(label))
        self.resume.setText(label)
        self.resume.setAccessibleName(label)
        self.pin.setVisible(settled)
        self.pin.setText("Unpin" if message.pinned else "Pin")
        self.pin.setAccessibleName("Unpin message" if message.pinned else "Pin message")
        self._several = settled and message.variants > 1
        for button in (self.previous, self.next):
            button.setVisible(self._several)
        self.place.setText(f"{message.variant}/{message.variants}")
        self.previous.setEnabled(message.variant > 1)
        self.next.setEnabled(message.variant < message.variants)

    def set_revealed(self, revealed: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Paint the buttons or not."""
        for button in self.buttons():
            button.set_revealed(revealed)
        self.place.setVisible(revealed and self._several)

    def sizeHint(self) -> QSize:
        """The row's height holds whatever buttons it shows."""
        return QSize(0, self.copy.sizeHint().height())
