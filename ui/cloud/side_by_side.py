"""The local answer and the one from elsewhere, beside one another, with what differs marked."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QShowEvent, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QBoxLayout, QTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from assistant.actions.changes import difference
from assistant.actions.records import Kind, Span
from assistant.background import Background
from assistant.cloud.records import Divergence
from assistant.log import log_error
from assistant.records import Message
from ui.cloud import sheet_words as words
from ui.cloud.marking import exactly, in_document
from ui.cloud.part_text import PartText
from ui.controls import Hairline, PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.overlay import Overlay
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 960  # pixels at 100 %
_BESIDE: Final = 560  # pixels at 100 % from which two answers stand beside one another
_MOST_MARKS: Final = 2_000  # of one answer; two that share next to nothing need none
_LINES: Final = 40
_QUESTION: Final = 300  # characters of the question that are shown
_HOW: Final = (
    "They may not both be right. What only one of them says is underlined. Neither was checked "
    "against anything."
)


class SideBySide(Overlay):
    """Read only. What differs is looked for on a thread of its own, and marked when it is known.

    Args:
        window: What it covers.
        theme: Colours and type.
        question: What both answer.
        local: This laptop's answer.
        cloud: The other one.
        divergence: How far they are apart.
    """

    marked = Signal()  # what differs is marked
    _found = Signal(object)

    def __init__(
        self,
        window: QWidget,
        theme: Theme,
        question: str,
        local: Message,
        cloud: Message,
        divergence: Divergence,
    ) -> None:
        super().__init__(window, "Two answers", width=theme.px(_WIDTH), any_key_closes=False)
        self._window_of = window
        self._theme = theme
        self.heading = PlainLabel("Two answers", "title", wrap=True)
        self.question = PlainLabel(words.breakable(_short(question)), wrap=True)
        self.words = PlainLabel(f"{_HOW} {_apart(divergence)}", "quiet", wrap=True)
        self.sides = (
            _Side(theme, local.figures.model if local.figures else "", "This laptop", local.text),
            _Side(theme, cloud.cloud.model if cloud.cloud else "", _who(cloud), cloud.text),
        )
        self.close_button = TextButton("Close", "main")
        self._pair = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._unfilled = deque(self.sides)
        self._filling = QTimer(self, interval=0)
        self._filling.timeout.connect(self._fill)
        self._put_together()
        self.describe(f"{question} {self.words.text()}")
        self.close_button.clicked.connect(self.close_panel)
        self._spans: tuple[Span, ...] | None = None  # once they are known
        self._found.connect(self._take, Qt.ConnectionType.QueuedConnection)
        coming = Background("compare").submit(partial(_differ, local.text, cloud.text))
        coming.add_done_callback(self._tell)

    def _put_together(self) -> None:
        edge = Space.GROUP - Space.INSIDE
        self.column.setContentsMargins(edge, Space.GROUP, edge, Space.GROUP)
        self.column.setSpacing(Space.RELATED)
        head = QVBoxLayout()
        head.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
        head.setSpacing(Space.INSIDE)
        for part in (self.heading, self.question, self.words):
            head.addWidget(part)
        self.column.addLayout(head)
        self._pair.setSpacing(Space.GROUP - 2 * Space.INSIDE)
        for side in self.sides:
            self._pair.addWidget(side, 1, Qt.AlignmentFlag.AlignTop)
            side.text.whole.connect(self._mark)
        self.column.addLayout(self._pair)
        self.column.addStretch()
        self.foot.setSpacing(0)
        self.foot.addWidget(Hairline(self._theme.palette, Qt.Orientation.Horizontal))
        row = FlowLayout()
        row.addWidget(self.close_button)
        inner = QVBoxLayout()
        inner.setContentsMargins(Space.GROUP, Space.RELATED, Space.GROUP, Space.RELATED)
        inner.addLayout(row)
        self.foot.addLayout(inner)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Put the answers in once it is open, one in a turn: either may be long."""
        super().showEvent(event)
        if self._unfilled:
            self._filling.start()

    def _fill(self) -> None:
        side = self._unfilled.popleft()
        if not self._unfilled:
            self._filling.stop()
        side.pour()
        self._mark()

    # What differs -------------------------------------------------------------------------

    def _tell(self, coming: Future[tuple[Span, ...]]) -> None:
        """On the thread that compared."""
        error = coming.exception()
        if error:
            log_error("cloud.side-by-side", error)
        elif isValid(self):
            self._found.emit(coming.result())

    def _take(self, spans: tuple[Span, ...]) -> None:
        self._spans = spans
        self._mark()

    def _mark(self) -> None:
        """Underline it, once both answers are there and it is known."""
        self._refit_soon()
        is_whole = not self._unfilled and all(side.text.is_whole for side in self.sides)
        if self._spans is None or not is_whole:
            return
        here, there = self.sides
        if not any(span.kind is Kind.KEPT and span.text.strip() for span in self._spans):
            self.marked.emit()  # all would be underlined
            return
        here.mark([span for span in self._spans if span.kind is not Kind.ADDED])
        there.mark([span for span in self._spans if span.kind is not Kind.REMOVED])
        self.marked.emit()

    def apply(self, theme: Theme) -> None:
        """Take the colours of another theme."""
        super().apply(theme)
        self._theme = theme
        for side in self.sides:
            side.apply(theme)
        self._mark()

    # Where it stands ----------------------------------------------------------------------

    def _arrange(self) -> None:
        """Below one another where there is no room beside."""
        width = min(self._theme.px(_WIDTH), self._window_of.width() - 2 * Space.INSIDE)
        direction = QBoxLayout.Direction
        wide = width >= self._theme.px(_BESIDE)
        self._pair.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        room = width - 2 * (Space.GROUP - Space.INSIDE)
        for side in self.sides:
            side.fit((room - self._pair.spacing()) // 2 if wide else room)

    def _refit_soon(self) -> None:
        if self.isVisible():
            QTimer.singleShot(0, self, self.refit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay when the window's size changes: the person is reading."""
        if watched is self._window_of and event.type() is QEvent.Type.Resize:
            self._arrange()
            self.setGeometry(self._window_of.rect())
            self.refit()
            return False
        return super().eventFilter(watched, event)


class _Side(QWidget):
    """One of the two: whose it is, and what it says."""

    def __init__(self, theme: Theme, model: str, who: str, said: str) -> None:
        super().__init__()
        self._theme = theme
        name = f"{who} · {model}" if model else who
        self.name = PlainLabel(words.breakable(name), "strong", wrap=True)
        self.text = PartText(theme, f"The answer of {who}", editable=False, lines=_LINES)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        inset = QVBoxLayout()
        inset.setContentsMargins(Space.INSIDE, 0, Space.INSIDE, 0)
        inset.addWidget(Hairline(theme.palette, Qt.Orientation.Horizontal))
        inset.addSpacing(Space.INSIDE)
        inset.addWidget(self.name)
        column.addLayout(inset)
        column.addWidget(self.text)
        self._said = said

    def pour(self) -> None:
        """Put in what it says, for a moment of this turn; the rest of it follows."""
        self.text.show_text(exactly(self._said), {})

    def fit(self, width: int) -> None:
        """Be as high as the text needs at this width."""
        self.text.fit(width)

    def apply(self, theme: Theme) -> None:
        """Mark in the colours of another theme from now on."""
        self._theme = theme
        self.text.apply(theme)

    def mark(self, spans: list[Span]) -> None:
        """Underline what is not kept; where a line was broken for its length nothing is."""
        if self.text.is_cut:
            return
        form = QTextCharFormat()
        form.setBackground(QColor(self._theme.palette.selected))
        form.setFontUnderline(True)
        selections: list[QTextEdit.ExtraSelection] = []
        at = 0
        for span in spans:
            length = in_document(span.text)
            if span.kind is not Kind.KEPT and span.text.strip() and len(selections) < _MOST_MARKS:
                selections.append(self._selection(at, length, form))
            at += length
        self.text.setExtraSelections(selections)

    def _selection(self, at: int, length: int, form: QTextCharFormat) -> QTextEdit.ExtraSelection:
        made = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.text.document())
        last = self.text.document().characterCount() - 1
        cursor.setPosition(min(at, last))
        cursor.setPosition(min(at + length, last), QTextCursor.MoveMode.KeepAnchor)
        made.cursor, made.format = cursor, form
        return made


def _differ(here: str, there: str) -> tuple[Span, ...]:
    """What differs of what is seen of two answers; dear where they are long."""
    return difference(exactly(here), exactly(there))


def _who(cloud: Message) -> str:
    return cloud.cloud.provider if cloud.cloud else "Elsewhere"


def _apart(divergence: Divergence) -> str:
    return f"Distance {divergence.distance:.2f}, where 0 says the same."


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _QUESTION else f"{flat[: _QUESTION - 1].rstrip()}…"
