"""Two answers to one question, side by side, and nothing that tells whose they are."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from assistant.shelf.records import Pair, Winner
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.theme.tokens import Space
from ui.vault.line import Form

_ANSWERING: Final = "Both models are answering. You are asked as soon as there are two answers."
_SIDE_BY_SIDE: Final = 560  # pixels from which two answers stand beside one another
_CHOICES: Final[tuple[tuple[Winner, str], ...]] = (
    ("left", "A is better"),
    ("right", "B is better"),
    ("both", "Both are good"),
    ("neither", "Neither"),
)


class Blind(Form):
    """One pair at a time; the names come when all is decided.

    Args:
        total: How many questions there are.
    """

    decided = Signal(int, str)  # pair, Winner
    ended = Signal()  # the person leaves, or has read the tally

    def __init__(self, total: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._total = total
        self._waiting: list[Pair] = []
        self._seen = 0
        self.pair: Pair | None = None
        self.is_over = False  # nothing is left to judge
        self._count = PlainLabel("", "quiet", wrap=True)
        self._prompt = PlainLabel("", "strong", wrap=True)
        self._answers = QWidget()
        self._left, self._right = (_Answer(name) for name in ("A", "B"))
        self._pairs = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._answers)
        self.choices: dict[str, TextButton] = {}
        self.end_button = TextButton("Stop comparing", "outlined")
        self._lay_out()
        self._show()

    def _lay_out(self) -> None:
        self._pairs.setContentsMargins(0, 0, 0, 0)
        self._pairs.setSpacing(Space.GROUP)
        for answer in (self._left, self._right):
            self._pairs.addWidget(answer, 1)
        for part in (self._count, self._prompt, self._answers):
            self.column.addWidget(part)
        row = FlowLayout()
        for winner, words in _CHOICES:
            button = self.choices[winner] = TextButton(words, "outlined")
            button.clicked.connect(lambda _=False, winner=winner: self._decide(winner))
            row.addWidget(button)
        row.addWidget(self.end_button)
        self.end_button.clicked.connect(self.ended)
        self.left.connect(self.ended)
        self.column.addLayout(row)

    @property
    def text(self) -> str:
        """What it says."""
        parts = (self._count, self._prompt, self._left.words, self._right.words)
        return "\n".join(part.text() for part in parts if part.text())

    def add(self, pair: Pair) -> None:
        """There are two answers more."""
        self._waiting.append(pair)
        if not self.pair:
            had_focus = self.end_button.hasFocus()
            self._next()
            if had_focus:  # else Enter would end it all
                self.first_focus()

    def close_pair(self) -> None:
        """What was decided is written down: go on."""
        self.pair = None
        self._next()

    def say_over(self, sentence: str) -> None:
        """All are decided, or it ended before."""
        self.pair, self.is_over = None, True
        self._show()
        self._count.setText(sentence)
        self.end_button.set_words("Close")
        self.end_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_decided(self) -> bool:
        """Whether every question was shown and decided."""
        return self._seen >= self._total and self.pair is None

    def end_early(self, total: int) -> None:
        """Fewer pairs come than there were questions."""
        self._total = total

    def first_focus(self) -> None:
        """Where the person goes on."""
        first = self.choices["left"] if self.pair else self.end_button
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def _next(self) -> None:
        if self._waiting:
            self.pair = self._waiting.pop(0)
            self._seen += 1
        self._show()

    def _show(self) -> None:
        pair = self.pair
        self._count.setText(f"Question {self._seen} of {self._total}" if pair else _ANSWERING)
        self._prompt.setText(pair.prompt if pair else "")
        self._left.show_text(pair.left if pair else "")
        self._right.show_text(pair.right if pair else "")
        for part in (self._prompt, self._answers, *self.choices.values()):
            part.setVisible(pair is not None)
            part.setEnabled(True)

    def _decide(self, winner: str) -> None:
        if self.pair:
            for button in self.choices.values():
                button.setEnabled(False)
            self.decided.emit(self.pair.id, winner)

    def arrange(self, width: int) -> None:
        """Put the answers beside one another where there is room."""
        direction = QBoxLayout.Direction
        wide = width >= _SIDE_BY_SIDE
        self._pairs.setDirection(direction.LeftToRight if wide else direction.TopToBottom)


class _Answer(QWidget):
    """One of the two."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self.words = PlainLabel("", wrap=True)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.HALF)
        column.addWidget(PlainLabel(f"Answer {name}", "quiet"))
        column.addWidget(self.words)
        column.addStretch()

    def show_text(self, text: str) -> None:
        """Show it, as it is: never as HTML."""
        self.words.setText(text)
        self.words.setAccessibleName(f"Answer {self._name}: {text}" if text else "")
