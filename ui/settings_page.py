"""The settings: one row for each choice. What is typed holds at once, or says why it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from assistant.errors import SettingRefused
from assistant.settings import DEFAULT_SYSTEM_PROMPT, Settings
from assistant.text import clean
from ui.controls import PlainLabel, TextButton
from ui.follow_focus import FollowFocus
from ui.theme.style import Theme
from ui.theme.tokens import Space

_PAUSE: Final = 700  # milliseconds without a key after which what is typed is meant
_COLUMN: Final = 640  # pixels at 100 %
_FIELD: Final = 112  # pixels at 100 %
_PROMPT_LINES: Final = 5
_PROMPT_CHARACTERS: Final = 20_000  # a third of the largest context; a longer one is a mistake
_RELOADS: Final = "The model is loaded again when this changes."

Value = int | float | str | None


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting: its field in ``Settings``, what it is called, what it does, how it is read."""

    name: str
    title: str
    words: str
    read: Callable[[str], Value]


def _number(text: str) -> Value:
    return int(text.replace(",", "").replace(" ", ""))


def _decimal(text: str) -> Value:
    return float(text.replace(",", "."))


def _number_or_none(text: str) -> Value:
    return _number(text) if text.strip() else None


_GROUPS: Final = (
    (
        "Reading",
        (Choice("reading_size", "Text size", "Of conversations, in pixels: 12 to 45.", _number),),
    ),
    (
        "Answers",
        (
            Choice(
                "reply_tokens",
                "Longest answer",
                "In tokens, about three quarters of a word each: 16 to 8,192.",
                _number,
            ),
            Choice(
                "temperature",
                "Creativity",
                "0 always takes the likeliest word; 1 is lively; up to 2.",
                _decimal,
            ),
            Choice(
                "top_p",
                "Top-p",
                "Only the likeliest words that together make up this share: 0.05 to 1.",
                _decimal,
            ),
            Choice(
                "min_p",
                "Min-p",
                "Only words at least this likely, beside the likeliest: 0 to 1.",
                _decimal,
            ),
            Choice(
                "seed",
                "Seed",
                "The same number gives the same answer again. Empty: a new one each time.",
                _number_or_none,
            ),
        ),
    ),
    (
        "Privacy",
        (
            Choice(
                "lock_minutes",
                "Lock after",
                "Minutes without a key or a touch: 1 to 1,440, or 0 for never.",
                _number,
            ),
        ),
    ),
    (
        "Model",
        (
            Choice(
                "context_tokens",
                "Context",
                f"How much the model reads at once, in tokens: 512 to 32,768. {_RELOADS}",
                _number,
            ),
            Choice(
                "threads",
                "Threads",
                f"Processor cores it may use: up to 64, 0 for automatic. {_RELOADS}",
                _number,
            ),
        ),
    ),
)


class SettingsPage(QScrollArea):
    """Every choice there is, in one column.

    Args:
        settings: As they are.
        theme: Colours and type.
    """

    changed = Signal(object)  # Settings

    def __init__(self, settings: Settings, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._rows: dict[str, ChoiceRow] = {}
        self.setProperty("kind", "page")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName("Settings")
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self._prompt = PromptRow(settings.system_prompt)
        self._column = QWidget()
        self._lay_out()
        FollowFocus(self)
        self._prompt.given.connect(lambda value: self._take("system_prompt", value))
        self.apply(theme)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self._column)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(PlainLabel("Settings", "title"))
        column.addWidget(self._problem)
        for title, choices in _GROUPS:
            column.addSpacing(Space.RELATED)
            column.addWidget(PlainLabel(title, "strong"))
            for choice in choices:
                column.addWidget(self._row(choice))
        column.addSpacing(Space.RELATED)
        column.addWidget(self._prompt)
        column.addStretch()
        page = QWidget()
        page.setObjectName("fullPage")
        outer = QHBoxLayout(page)
        outer.setContentsMargins(Space.MARGIN, Space.GROUP, Space.MARGIN, Space.MARGIN)
        outer.addWidget(self._column)
        self.setWidget(page)

    def _row(self, choice: Choice) -> ChoiceRow:
        row = ChoiceRow(choice, getattr(self._settings, choice.name))
        row.given.connect(lambda value: self._take(choice.name, value))
        self._rows[choice.name] = row
        return row

    @property
    def settings(self) -> Settings:
        """As they stand here."""
        return self._settings

    def adopt(self, settings: Settings) -> None:
        """Go on from settings that were changed elsewhere."""
        self._settings = settings

    def show_problem(self, sentence: str) -> None:
        """They could not be written down."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))

    def focus_on(self, name: str) -> None:
        """Put the keyboard on one choice."""
        self._rows[name].take_focus()
        self.ensureWidgetVisible(self._rows[name])

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._column.setMaximumWidth(theme.px(_COLUMN))
        for row in self._rows.values():
            row.apply(theme)

    def _take(self, name: str, value: Value) -> None:
        row = self._rows.get(name, self._prompt)
        try:
            settings = replace(self._settings, **{name: value})  # type: ignore[arg-type] # checked there
        except SettingRefused as error:
            row.show_problem(error.sentence)
            return
        row.show_problem("")
        if settings != self._settings:
            self._settings = settings
            self.changed.emit(settings)


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
        self._field = QLineEdit(_written(value))
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
        grid.addWidget(self._field, 0, 1, 2, 1, Qt.AlignmentFlag.AlignTop)

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
        self._field.setFixedWidth(theme.px(_FIELD))

    def _give(self) -> None:
        self._pause.stop()
        try:
            value = self._choice.read(self._field.text())
        except ValueError:
            self.show_problem(f"{self._choice.title} needs a number. The earlier one stands.")
        else:
            self.given.emit(value)


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


def _written(value: Value) -> str:
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
