"""The rows of the settings: a field or a switch for each, and why a value was refused."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from assistant.settings import DEFAULT_SYSTEM_PROMPT
from assistant.text import clean
from ui.controls import PlainLabel, TextButton
from ui.settings.choices import Choice, Toggle, Value
from ui.switch import SwitchLine
from ui.theme.style import Theme
from ui.theme.tokens import Space

_PAUSE: Final = 700  # milliseconds without a key after which what is typed is meant
_FIELD: Final = 112  # pixels at 100 %
_PROMPT_LINES: Final = 5
_PROMPT_CHARACTERS: Final = 20_000  # a third of the largest context; a longer one is a mistake


class ChoiceRow(QWidget):
    """What a choice is, a field for it, and below it why a value was refused.

    Args:
        choice: Which.
        value: As it is.
    """

    given = Signal(object)  # Value

    def __init__(self, choice: Choice, value: Value, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self._field = QLineEdit(choice.write(value))
        self._field.setAccessibleName(choice.title)
        self._field.setAccessibleDescription(choice.words)
        self._field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._give)
        self._field.textEdited.connect(self._pause.start)
        self._field.editingFinished.connect(self._give)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.GROUP)
        grid.setVerticalSpacing(2)
        grid.setColumnStretch(0, 1)
        grid.addWidget(PlainLabel(choice.title), 0, 0)
        grid.addWidget(PlainLabel(choice.words, "quiet", wrap=True), 1, 0)
        grid.addWidget(self._problem, 2, 0)
        if choice.wide:
            self._field.setAlignment(Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(self._field, 3, 0, 1, 2)
        else:
            grid.addWidget(self._field, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTop)

    def keep(self) -> None:
        """Give what was typed a moment ago."""
        if self._pause.isActive():
            self._give()

    def take_focus(self) -> None:
        """Let the person type."""
        self._field.setFocus(Qt.FocusReason.OtherFocusReason)
        self._field.selectAll()

    def show_problem(self, sentence: str) -> None:
        """Say why the value does not hold; an empty sentence takes that back."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        if not self._choice.wide:
            self._field.setFixedWidth(theme.px(_FIELD))

    def _give(self) -> None:
        self._pause.stop()
        try:
            value = self._choice.read(self._field.text())
        except ValueError:
            needs = self._choice.needs
            self.show_problem(f"{self._choice.title} needs {needs}. The earlier one stands.")
        else:
            self.given.emit(value)


class ToggleRow(QWidget):
    """What is on or off, its switch, and below it why that could not be.

    Args:
        toggle: Which.
        theme: Colours and type.
        on: As it is.
    """

    given = Signal(object)  # bool

    def __init__(
        self, toggle: Toggle, theme: Theme, parent: QWidget | None = None, *, on: bool
    ) -> None:
        super().__init__(parent)
        self._toggle = toggle
        self._line = SwitchLine(toggle.title, toggle.words, theme, on=on)
        self._line.turned.connect(lambda on: self.given.emit(on))
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(self._line)
        column.addWidget(self._problem)

    def take_focus(self) -> None:
        """Put the keyboard on the switch."""
        self._line.take_focus()

    def show_value(self, value: Value) -> None:
        """Show it as it stands: it was changed elsewhere."""
        self._line.show_on(on=bool(value))

    def say_more(self, sentence: str) -> None:
        """Add what is known now to what it does."""
        self._line.set_words(f"{self._toggle.words} {sentence}".strip())

    def show_problem(self, sentence: str) -> None:
        """Say why it could not be; an empty sentence takes that back."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._line.apply(theme)


class PromptRow(QWidget):
    """What the model is told before every conversation.

    Args:
        text: As it is.
    """

    given = Signal(object)  # str

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._field = _PromptField(text)
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self._default = TextButton("Use the default", "link")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self._give)
        self._field.textChanged.connect(self._pause.start)
        self._field.refused.connect(
            lambda: self.show_problem(f"At most {_PROMPT_CHARACTERS:,} characters fit here.")
        )
        self._default.clicked.connect(lambda: self._field.setPlainText(DEFAULT_SYSTEM_PROMPT))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        column.addWidget(PlainLabel("Instructions", "strong"))
        column.addWidget(
            PlainLabel("What the model is told before every chat.", "quiet", wrap=True)
        )
        column.addWidget(self._field)
        column.addWidget(self._problem)
        column.addWidget(self._default, 0, Qt.AlignmentFlag.AlignLeft)
        self._offer_default()

    def keep(self) -> None:
        """Give what was typed a moment ago."""
        if self._pause.isActive():
            self._give()

    def show_problem(self, sentence: str) -> None:
        """Say why the text does not hold; an empty sentence takes that back."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def _give(self) -> None:
        self._offer_default()
        self.given.emit(clean(self._field.toPlainText()))

    def _offer_default(self) -> None:
        self._default.setVisible(self._field.toPlainText() != DEFAULT_SYSTEM_PROMPT)


class _PromptField(QPlainTextEdit):
    """Plain text only, and not a book."""

    refused = Signal()

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setProperty("kind", "field")
        self.setAccessibleName("Instructions")
        self.setTabChangesFocus(True)
        self.setFixedHeight(self.fontMetrics().lineSpacing() * _PROMPT_LINES + 2 * Space.RELATED)

    def insertFromMimeData(self, source: QMimeData) -> None:
        """Take plain text, as far as there is room for it."""
        text = clean(source.text())
        if len(self.toPlainText()) + len(text) > _PROMPT_CHARACTERS:
            self.refused.emit()
        else:
            self.insertPlainText(text)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        """Whether there is text in it."""
        return source.hasText()
