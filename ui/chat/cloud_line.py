"""Below a message: lines with something to do about it. Here everything of the cloud stands.

They offer to ask elsewhere, say where an answer came from, and that two answers differ. None of
them takes the keyboard or opens anything by itself.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QLabel, QWidget

from assistant.records import MessageState
from ui.chat.button import LinkButton
from ui.chat.entries import Aside, Entry
from ui.controls import plain_tooltip
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless
from ui.theme.tokens import Space, Type

_WHAT_WAS_SENT: Final = ("What was sent", "sent")


def lines_of(entry: Entry) -> tuple[Aside, ...]:
    """All that stands below a message.

    An answer from elsewhere always says where it came from and leads to what was sent, whether
    the cloud is on or off by now.
    """
    mark = entry.message.cloud
    is_said = any(_WHAT_WAS_SENT in aside.links for aside in entry.asides)
    if mark is None or is_said:
        return entry.asides
    if entry.message.state is MessageState.FAILED:  # how much of it left, the record tells
        return (Aside(f"Asked {harmless(mark.host)}.", (_WHAT_WAS_SENT,)), *entry.asides)
    return (sent_to(mark.host), *entry.asides)


def sent_to(host: str, remark: str = "") -> Aside:
    """Where an answer came from, and the way to what was sent.

    Args:
        host: With its port where that is not the usual one.
        remark: What else there is to say of it, as ", which you trust".
    """
    return Aside(f"Sent to {harmless(host)}{remark}.", (_WHAT_WAS_SENT,))


class CloudLine(QWidget):
    """A few words each, and quiet links behind them; below them where there is no room.

    Args:
        asides: What is said.
        look: Colours and type.
    """

    acted = Signal(str)  # what a link stands for

    def __init__(self, asides: tuple[Aside, ...], look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self.asides = asides
        self._rows = [self._make_row(aside) for aside in asides]

    def _make_row(self, aside: Aside) -> tuple[QLabel, list[LinkButton]]:
        label = QLabel(harmless(aside.words), self)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setFont(self._look.font(Type.CAPTION))
        label.setPalette(self._look.text_palette(quiet=True))
        label.setToolTip(plain_tooltip(aside.facts))
        label.setVisible(bool(aside.words))
        buttons = []
        for words, act in aside.links:
            button = LinkButton(words, self._look, self)
            button.setAccessibleDescription(aside.words)
            button.clicked.connect(partial(self.acted.emit, act))
            buttons.append(button)
        return label, buttons

    @property
    def buttons(self) -> list[LinkButton]:
        """All links, in tab order."""
        return [button for _, buttons in self._rows for button in buttons]

    def fit(self, width: int) -> int:
        """Lay out for a width; return the height that takes. Both in pixels."""
        y = 0
        for label, buttons in self._rows:
            y = self._place(label, buttons, y, width)
        return y

    def _place(self, label: QLabel, buttons: list[LinkButton], y: int, width: int) -> int:
        side = self._look.scaled(Space.INSIDE)  # links stand below the text
        metrics = QFontMetrics(label.font())
        words = metrics.horizontalAdvance(label.text()) + 2 if label.text() else 0
        links = sum(button.sizeHint().width() for button in buttons)
        height = max((button.sizeHint().height() for button in buttons), default=0)
        left = 0
        if side + words + links <= width:
            height = max(height, metrics.height())
            label.setGeometry(side, y, words, height)
            left = side + words if words else 0
        elif words:
            tall = label.heightForWidth(width - side)
            label.setGeometry(side, y + self._look.scaled(Space.HALF), width - side, tall)
            y += self._look.scaled(Space.HALF) + tall
        for button in buttons:
            size = button.sizeHint()
            if left and left + size.width() > width:
                left, y = 0, y + height
            button.setGeometry(left, y, min(size.width(), width), size.height())
            left += size.width()
        return y + (height if left else 0)
