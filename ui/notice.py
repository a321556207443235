"""One line that says what happened and offers what to do next, where the work is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QWidget

from assistant.errors import HushError
from ui.controls import IconButton, PlainLabel, TextButton
from ui.theme.icons import Icon
from ui.theme.tokens import Palette, Space

_SHARE: Final = 2.5  # the buttons may take so many parts less than the whole
_START: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class Notice(QFrame):
    """A strip that is hidden until it has something to say. A later text replaces the earlier.

    Args:
        palette: Colours.
    """

    dismissed = Signal()  # by the person, by its action or because its time was over

    def __init__(self, palette: Palette, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._label = PlainLabel(wrap=True)
        self.action = TextButton("", "link")
        self.more = TextButton("", "link")  # a second thing to do, beside the first
        self._close = IconButton(Icon.CLOSE, "Dismiss", palette)
        self._act: Callable[[], None] | None = None
        self._act_more: Callable[[], None] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.dismiss)
        self.action.clicked.connect(self._do)
        self.more.clicked.connect(self._do_more)
        self._close.clicked.connect(self.dismiss)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.RELATED, Space.HALF, Space.HALF, Space.HALF)
        row.setSpacing(Space.INSIDE)
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._words.setSpacing(Space.HALF)
        self._words.addWidget(self._label, 1)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(Space.HALF)
        for button in (self.action, self.more):
            self._buttons.addWidget(button)
        self._words.addLayout(self._buttons)
        self._words.setAlignment(self._buttons, _START)
        row.addLayout(self._words, 1)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)
        self.hide()

    @property
    def text(self) -> str:
        """What it says; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    @property
    def remaining(self) -> int:
        """Milliseconds until it goes by itself; -1 where it stays."""
        return self._timer.remainingTime()

    def say(
        self,
        text: str,
        action: str = "",
        act: Callable[[], None] | None = None,
        *,
        danger: bool = False,
        milliseconds: int = 0,
    ) -> None:
        """Say something.

        Args:
            text: One or two sentences.
            action: The words of the one button; empty for none.
            act: What that button does.
            danger: Something failed.
            milliseconds: How long it stays; 0 until it is dismissed.
        """
        self._label.setText(text)
        self.action.set_words(action)
        self.action.setVisible(bool(action))
        self._act = act
        self.more.hide()
        self._act_more = None
        self.setProperty("kind", "danger" if danger else "")
        self.style().unpolish(self)
        self.style().polish(self)
        self._arrange()
        self._timer.stop()
        if milliseconds:
            self._timer.start(milliseconds)
        self.setAccessibleName(text)
        self.show()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def add(self, text: str, action: str, act: Callable[[], None]) -> None:
        """Say more beside what is said, with a button of its own; the time goes on as it was.

        Args:
            text: A sentence; may be empty.
            action: The words of the second button.
            act: What that button does.
        """
        if self.isHidden():
            return
        self._label.setText(" ".join(filter(None, (self._label.text(), text))))
        self.more.set_words(action)
        self.more.show()
        self._act_more = act
        self._arrange()
        self.setAccessibleName(self._label.text())

    def say_error(
        self, error: HushError, action: str = "", act: Callable[[], None] | None = None
    ) -> None:
        """Say what went wrong, what is safe and what to do."""
        self.say(error.sentence, action, act, danger=True)

    def dismiss(self) -> None:
        """Hide."""
        if not self.isHidden():
            self._timer.stop()
            self._act = self._act_more = None
            self.hide()
            self.dismissed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the words where beside them they would leave them no room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        direction = QBoxLayout.Direction
        is_wide = self._buttons.sizeHint().width() * _SHARE > self.width()
        self._words.setDirection(direction.TopToBottom if is_wide else direction.LeftToRight)

    def apply(self, palette: Palette) -> None:
        """Take the colours of another palette."""
        self._close.apply(palette)

    def _do(self) -> None:
        act = self._act
        self.dismiss()
        if act:
            act()

    def _do_more(self) -> None:
        """The notice stays: its first button is worth as much as before, "Undo" above all."""
        if self._act_more:
            self._act_more()
