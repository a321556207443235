"""Into which language: a few to choose from, and a field for any other."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from assistant.actions.records import MAX_LANGUAGE_CHARACTERS
from ui.actions.words import LANGUAGES
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.tokens import Space

_WHICH: Final = "Into which language?"
_OTHER: Final = "Another language"
_FIELD_CHARACTERS: Final = 24  # wide; more scroll


class LanguageForm(QWidget):
    """Asks before a translation begins. A button begins at once."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = _Field()
        self.buttons = [TextButton(name, "outlined") for name in LANGUAGES]
        self.go_button = TextButton("Translate", "main")
        self._problem = PlainLabel("", "danger", wrap=True)
        self.field.setPlaceholderText(_OTHER)
        self.field.setAccessibleName(_OTHER)
        self.field.setMaxLength(MAX_LANGUAGE_CHARACTERS)
        self._lay_out()
        for button in self.buttons:
            button.clicked.connect(partial(self.chosen.emit, button.accessibleName()))
        self.go_button.clicked.connect(self._choose)
        self.field.returnPressed.connect(self._choose)
        self.field.textChanged.connect(lambda text: self.go_button.setEnabled(bool(text.strip())))
        self.go_button.setEnabled(False)

    def _lay_out(self) -> None:
        row = FlowLayout()
        for part in (*self.buttons, self.field, self.go_button):
            row.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.INSIDE)
        column.addWidget(PlainLabel(_WHICH, wrap=True))
        column.addLayout(row)
        column.addWidget(self._problem)

    def begin(self, last: str = "") -> None:
        """Ask, with the language that was named last.

        Args:
            last: Stands in the field; one that has a button does not.
        """
        self.say_problem("")
        self.field.setText("" if last in LANGUAGES else last)
        self.field.selectAll()

    def take_focus(self, last: str = "") -> None:
        """Let the person choose: the last language first."""
        first = next((one for one in self.buttons if one.accessibleName() == last), None)
        begins = self.field if self.field.text() else self.buttons[0]
        (first or begins).setFocus(Qt.FocusReason.OtherFocusReason)

    def say_problem(self, sentence: str) -> None:
        """Say why that language cannot be, or nothing."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    @property
    def problem(self) -> str:
        """What is said of the last choice."""
        return self._problem.text()

    def changeEvent(self, event: QEvent) -> None:
        """Another text size: the field keeps its letters."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            width = self.field.fontMetrics().averageCharWidth() * _FIELD_CHARACTERS
            self.field.setMinimumWidth(min(width, 360))

    def _choose(self) -> None:
        if self.field.text().strip():
            self.chosen.emit(self.field.text())


class _Field(QLineEdit):
    """Leaves Esc to the panel."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc is the panel's."""
        if event.key() == Qt.Key.Key_Escape:
            event.ignore()
        else:
            super().keyPressEvent(event)
