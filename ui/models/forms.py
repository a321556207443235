"""What the tools ask for: which models, in which form, on which questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QPlainTextEdit, QVBoxLayout, QWidget

from assistant.shelf.forms import FORMS
from assistant.text import clean
from ui.controls import ChoiceButton, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.tokens import Space
from ui.vault.line import Form

MAX_QUESTIONS: Final = 12
MAX_CHARACTERS: Final = 4_000  # of one question

_USUAL: Final = "Q4_K_M"
_REMARKS: Final = {
    FORMS[0]: "nearly the same",
    _USUAL: "the usual choice",
    FORMS[-1]: "the smallest",
}
_LINES: Final = 4
_QUESTIONS: Final = "Your questions, one in a line"
_OWN: Final = "Take my last questions"

Named = tuple[str, str]
"""A key and the words for it."""


class Choosing(QWidget):
    """One of several, as buttons; the first is chosen unless another is.

    Args:
        title: What is chosen.
        among: What there is.
        chosen: A key; where it is not among them, the first.
    """

    changed = Signal()

    def __init__(
        self,
        title: str,
        among: Sequence[Named],
        chosen: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName(title)
        self._group = QButtonGroup(self)
        self._keys = [key for key, _ in among]
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        column.addWidget(PlainLabel(title, "quiet"))
        row = FlowLayout()
        column.addLayout(row)
        for place, (_, words) in enumerate(among):
            button = ChoiceButton(words)
            button.setAccessibleName(f"{title}: {words}")
            self._group.addButton(button, place)
            row.addWidget(button)
        self.choose(chosen if chosen in self._keys else next(iter(self._keys), ""))
        self._group.idClicked.connect(lambda _: self.changed.emit())

    @property
    def chosen(self) -> str:
        """The key; empty where there is nothing to choose."""
        place = self._group.checkedId()
        return self._keys[place] if place >= 0 else ""

    def choose(self, key: str) -> None:
        """Choose one."""
        if key in self._keys:
            self._group.button(self._keys.index(key)).setChecked(True)

    @property
    def button(self) -> QWidget | None:
        """The one that is chosen."""
        return self._group.checkedButton()


class Questions(QWidget):
    """The person's own questions: they are asked of models here, and kept nowhere."""

    own_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = QPlainTextEdit()
        self.field.setProperty("kind", "field")
        self.field.setAccessibleName(_QUESTIONS)
        self.field.setTabChangesFocus(True)
        self.field.setFixedHeight(self.field.fontMetrics().lineSpacing() * _LINES + Space.GROUP)
        self.own = TextButton(_OWN, "link")
        self.own.clicked.connect(self.own_wanted)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        column.addWidget(PlainLabel(_QUESTIONS, "quiet"))
        column.addWidget(self.field)
        column.addWidget(self.own, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def texts(self) -> list[str]:
        """What was typed, a question a line; at most ``MAX_QUESTIONS``."""
        lines = (clean(line).strip() for line in self.field.toPlainText().splitlines())
        return [line[:MAX_CHARACTERS] for line in lines if line][:MAX_QUESTIONS]

    def put(self, texts: Sequence[str]) -> None:
        """Put these there, each in a line of its own."""
        self.field.setPlainText("\n".join(" ".join(text.split()) for text in texts))


class ToolForm(Form):
    """Frame of the three forms: what is asked for, then two buttons.

    Args:
        action: The words of the button that begins.
    """

    given = Signal()
    own_wanted = Signal()

    def __init__(self, action: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.go_on = TextButton(action, "main")
        self.stay = TextButton("Not now", "outlined")
        self.problem = PlainLabel("", "danger", wrap=True)
        self.problem.hide()
        self.go_on.clicked.connect(self._give)
        self.stay.clicked.connect(self.left)

    def finish(self) -> None:
        """Put the buttons at the foot."""
        self.column.addWidget(self.problem)
        self.add_buttons(self.go_on, self.stay)

    def refusal(self) -> str:
        """Why it cannot begin, as a sentence; empty where it can."""
        return ""

    def _give(self) -> None:
        sentence = self.refusal()
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        if not sentence:
            self.given.emit()


class MeasureForm(ToolForm):
    """Which model to measure."""

    def __init__(
        self, models: Sequence[Named], chosen: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__("Measure it", parent)
        self.model = Choosing("Model", models, chosen)
        self.column.addWidget(self.model)
        self.finish()

    def first_focus(self) -> None:
        """On the model."""
        if self.model.button:
            self.model.button.setFocus(Qt.FocusReason.OtherFocusReason)


class SmallerForm(ToolForm):
    """Which model to make smaller, how small, and what to compare the two on."""

    def __init__(
        self, models: Sequence[Named], chosen: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__("Make a smaller copy", parent)
        self.model = Choosing("Model", models, chosen)
        self.form = Choosing("Form", [(name, _called(name)) for name in FORMS], _USUAL)
        self.questions = Questions()
        self.questions.own_wanted.connect(self.own_wanted)
        for part in (self.model, self.form, self.questions):
            self.column.addWidget(part)
        self.finish()

    def first_focus(self) -> None:
        """On the model."""
        if self.model.button:
            self.model.button.setFocus(Qt.FocusReason.OtherFocusReason)


class CompareForm(ToolForm):
    """Which two models, on which questions."""

    def __init__(self, models: Sequence[Named], parent: QWidget | None = None) -> None:
        super().__init__("Compare them", parent)
        second = models[1][0] if len(models) > 1 else ""
        self.first = Choosing("One model", models)
        self.second = Choosing("The other", models, second)
        self.questions = Questions()
        self.questions.own_wanted.connect(self.own_wanted)
        for part in (self.first, self.second, self.questions):
            self.column.addWidget(part)
        self.finish()

    def first_focus(self) -> None:
        """On the questions: two models are chosen already."""
        self.questions.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def refusal(self) -> str:
        """Two different models, and something to ask them."""
        if self.first.chosen == self.second.chosen:
            return "Choose two different models."
        if not self.questions.texts:
            return "Write at least one question for them, or take your last ones."
        return ""


def _called(form: str) -> str:
    """A form's name, and what it is like where that is worth a word."""
    remark = _REMARKS.get(form)
    return f"{form} · {remark}" if remark else form
