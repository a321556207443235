"""One line of a section: what something is, the buttons for it, and what happens to it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from ui.controls import Hairline, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.style import Theme
from ui.theme.tokens import Space

_SHARE: Final = 2.2  # the buttons may take so many parts less than the whole
_TOP: Final = Qt.AlignmentFlag.AlignTop


class Form(QWidget):
    """Something to fill in below a line. Esc leaves it, whatever has the keyboard inside."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, Space.HALF, 0, Space.INSIDE)
        self.column.setSpacing(Space.INSIDE)

    def add_buttons(self, *buttons: TextButton) -> None:
        """Put buttons in a row at the foot. It wraps where it must."""
        row = FlowLayout()
        for button in buttons:
            row.addWidget(button)
        self.column.addLayout(row)

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        return [
            part
            for part in self.findChildren(QWidget)
            if part.focusPolicy() & Qt.FocusPolicy.TabFocus
        ]

    def first_focus(self) -> None:
        """Put the keyboard where the person goes on."""

    def event(self, event: QEvent) -> bool:
        """Esc belongs to the form: no key of the window acts on it."""
        if event.type() is QEvent.Type.ShortcutOverride and _is_escape(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves."""
        if _is_escape(event):
            self.left.emit()
        else:
            super().keyPressEvent(event)


class Line(QWidget):
    """Below a hairline: title and words, buttons beside them, room for a form and a sentence.

    Args:
        theme: Colours and type.
        title: What this is; empty where the section says it already.
        words: What it is for, or how it stands.
    """

    cancelled = Signal()

    def __init__(
        self, theme: Theme, title: str, words: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._form: Form | None = None
        self._back: TextButton | None = None  # where the keyboard goes after the form
        self._hairline = Hairline(theme.palette, Qt.Orientation.Horizontal)
        self._title = PlainLabel(title, wrap=True)
        self._words = PlainLabel(words, "quiet", wrap=True)
        self._said = PlainLabel("", "quiet", wrap=True)
        self._said.hide()
        self._cancel = TextButton("Cancel")
        self._cancel.hide()
        self._cancel.clicked.connect(self.cancelled)
        self._buttons = QWidget()
        self._row = QHBoxLayout(self._buttons)
        self._lay_out()
        self._title.setVisible(bool(title))
        self._words.setVisible(bool(words))

    def _lay_out(self) -> None:
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(Space.HALF)
        self._buttons.hide()
        self._texts = texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(self._title)
        texts.addWidget(self._words)
        texts.addStretch()
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._head.setSpacing(Space.INSIDE)
        self._head.addLayout(texts, 1)
        self._head.addWidget(self._buttons, 0, _TOP | Qt.AlignmentFlag.AlignLeft)
        said = QHBoxLayout()
        said.setSpacing(Space.INSIDE)
        said.addWidget(self._said, 1)
        said.addWidget(self._cancel, 0, _TOP)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.HALF)
        self._column.addWidget(self._hairline)
        self._column.addSpacing(Space.INSIDE)
        self._column.addLayout(self._head)
        self._column.addLayout(said)

    # What it says -------------------------------------------------------------------------

    @property
    def said(self) -> str:
        """The sentence below; empty where there is none."""
        return "" if self._said.isHidden() else self._said.text()

    def set_title(self, title: str) -> None:
        """Call it something else."""
        self._title.setText(title)
        self._title.show()

    def set_words(self, words: str) -> None:
        """Say how it stands now."""
        self._words.setText(words)
        self._words.setVisible(bool(words))

    def say(self, sentence: str, *, danger: bool = False, can_cancel: bool = False) -> None:
        """Say what happens or happened to it; an empty sentence takes that back."""
        self._said.setText(sentence)
        self._said.set_kind("danger" if danger else "quiet")
        self._said.setVisible(bool(sentence))
        self._cancel.setVisible(can_cancel)
        if sentence and QAccessible.isActive():
            self._said.setAccessibleName(sentence)
            QAccessible.updateAccessibility(QAccessibleEvent(self._said, QAccessible.Event.Alert))

    # What can be done ---------------------------------------------------------------------

    def add_button(self, words: str, name: str, kind: str = "outlined") -> TextButton:
        """Add a button.

        Args:
            words: What stands on it.
            name: What it does to what, for those who do not see the line.
            kind: Its style.
        """
        button = TextButton(words, kind)
        button.setAccessibleName(name)
        self._row.addWidget(button)
        self._buttons.show()
        self._arrange()
        return button

    def allow(self, *, allowed: bool) -> None:
        """Let the buttons and the form be used, or not while something goes on."""
        self._buttons.setEnabled(allowed)
        if self._form:
            self._form.setEnabled(allowed)

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        parts: list[QWidget] = [*self._buttons.findChildren(TextButton)]
        return [*parts, *self._form.stops] if self._form else parts

    @property
    def form(self) -> Form | None:
        """What stands below and waits to be filled in."""
        return self._form

    def open_form(self, form: Form, back: TextButton) -> None:
        """Show a form in place of the buttons and the sentence.

        Args:
            form: This line's own from now on.
            back: Gets the keyboard once the form is gone.
        """
        self.close_form()
        self.say("")
        self._form, self._back = form, back
        form.left.connect(self.close_form)
        self._column.insertWidget(self._column.count() - 1, form)
        form.show()  # now: what is hidden takes no keyboard
        self._buttons.hide()
        order_stops(self.stops)
        form.first_focus()

    def close_form(self) -> None:
        """Take the form away, with all that was typed in it."""
        form, self._form = self._form, None
        if form:
            form.hide()
            form.deleteLater()
            self._buttons.show()
            self.take_focus()

    def take_focus(self) -> None:
        """Put the keyboard where the form was opened, else on the first button there is."""
        stops: list[QWidget] = [self._back, *self.stops] if self._back else self.stops
        for stop in stops:
            if stop.isVisible() and stop.isEnabled():
                stop.setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._hairline.apply(theme.palette)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the words where beside them they would leave no room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        direction = QBoxLayout.Direction
        is_wide = self._buttons.sizeHint().width() * _SHARE > self.width()
        self._head.setDirection(direction.TopToBottom if is_wide else direction.LeftToRight)


def order_stops(stops: list[QWidget]) -> None:
    """Let Tab go through these one after another. What is made late would else come last."""
    for before, after in pairwise(stops):
        QWidget.setTabOrder(before, after)


def _is_escape(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
