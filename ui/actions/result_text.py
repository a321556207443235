"""The text that an action writes: as it comes, and then as a difference. Read, never changed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Final

from PySide6.QtCore import QMimeData, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QTextCharFormat, QTextDocument, QTextOption
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from assistant.actions.records import Kind, Span
from ui.chat.reader import as_plain_text, writing
from ui.markdown.safe_text import harmless
from ui.notes.spacing import SpacedLayout
from ui.theme.style import Theme
from ui.theme.tokens import Space, Type

MOST_SHOWN: Final = 50_000
"""Characters of one result that are drawn; what is accepted or copied is all of it."""

_SLICE: Final = 2_000  # characters written in one step
_BUDGET_SECONDS: Final = 0.008  # of one round: half a frame at 60 Hz
_AROUND: Final = 160  # characters of what is kept that are shown beside a change
_MOST_REMOVED: Final = 4_000  # characters of what goes in one place: what comes is to be read
_SKIPPED: Final = " … "


class Ink(Enum):
    """How a piece is drawn. A sign is never struck through, so that it can be read."""

    KEPT = "kept"
    ADDED = "added"
    REMOVED = "removed"
    PLUS = "+"
    MINUS = "−"


_INKS: Final = {Kind.ADDED: (Ink.PLUS, Ink.ADDED), Kind.REMOVED: (Ink.MINUS, Ink.REMOVED)}

Piece = tuple[str, Ink]


class ResultText(QPlainTextEdit):
    """Takes text bit by bit, so that no length of it holds up the window.

    Args:
        theme: Colours and type.
        clock: Seconds; measures a round.
    """

    def __init__(
        self,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._theme = theme
        self._forms: dict[Ink, QTextCharFormat] = {}
        self._shown: list[Piece] = []  # all of it, for another theme
        self._waiting: deque[Piece] = deque()
        self._room = MOST_SHOWN
        document = QTextDocument(self)
        self._spaced = SpacedLayout(document, theme.look.leading)
        self.setDocument(document)
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._write)
        self._set_up()
        self.apply(theme)

    def _set_up(self) -> None:
        self.setProperty("kind", "note")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Result")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    # What is shown ------------------------------------------------------------------------

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than is drawn."""
        return self._room <= 0

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read."""
        return not any(text.strip() for text, _ in self._shown)

    @property
    def is_whole(self) -> bool:
        """Whether all that was taken is drawn."""
        return not self._waiting

    def begin(self) -> None:
        """Show nothing."""
        self._timer.stop()
        self._waiting.clear()
        self._shown.clear()
        self._room = MOST_SHOWN
        self.clear()

    def append(self, text: str) -> None:
        """Show more text; the view follows where the reader is at the end."""
        self._take([(text, Ink.KEPT)])

    def show_text(self, text: str) -> None:
        """Show this text, from its beginning."""
        self.begin()
        self.append(text)

    def show_changes(self, changes: Sequence[Span]) -> None:
        """Show a difference: colours, and a sign before each change for whoever sees none."""
        self.begin()
        self._take(_pieces(changes))

    def _take(self, pieces: Iterable[Piece]) -> None:
        for text, ink in pieces:
            kept = harmless(text[: self._room])
            self._room -= len(text)
            if kept:
                self._shown.append((kept, ink))
                self._queue(kept, ink)
            if self._room <= 0:
                break
        self._write()

    def _queue(self, text: str, ink: Ink) -> None:
        for at in range(0, len(text), _SLICE):
            self._waiting.append((text[at : at + _SLICE], ink))

    def _write(self) -> None:
        bar = self.verticalScrollBar()
        follows = bar.value() == bar.maximum() and bar.maximum() > 0
        deadline = self._clock() + _BUDGET_SECONDS
        while self._waiting:
            text, ink = self._waiting.popleft()
            with writing(self) as cursor:
                cursor.insertText(text, self._forms[ink])
            if self._clock() >= deadline:
                break
        if follows:
            bar.setValue(bar.maximum())
        if self._waiting:
            self._timer.start()
        else:
            self._timer.stop()

    # The look -----------------------------------------------------------------------------

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        look, palette = theme.look, theme.palette
        self._spaced.leading = look.leading
        self.setFont(look.font())
        self.setPalette(look.text_palette())
        self._forms = {ink: QTextCharFormat() for ink in Ink}
        for ink, form in self._forms.items():
            form.setForeground(QColor(palette.text))
            if ink in {Ink.ADDED, Ink.PLUS}:
                form.setBackground(QColor(palette.selected))
        self._forms[Ink.PLUS].setForeground(QColor(palette.accent))
        self._forms[Ink.PLUS].setFontWeight(Type.EMPHASIS)
        for ink in (Ink.REMOVED, Ink.MINUS):
            self._forms[ink].setForeground(QColor(palette.quiet))
        self._forms[Ink.REMOVED].setFontStrikeOut(True)
        self._draw_anew()

    def _draw_anew(self) -> None:
        self._timer.stop()
        self._waiting.clear()
        self.clear()
        for text, ink in self._shown:
            self._queue(text, ink)
        self._write()

    def fit(self, left: int, right: int) -> None:
        """Let the text stand so many pixels from both edges."""
        self.setViewportMargins(left, Space.HALF, right, 0)

    # The person's hands -------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc and Ctrl+Enter are the panel's."""
        command = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        is_enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if event.key() == Qt.Key.Key_Escape or (is_enter and command):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def createMimeDataFromSelection(self) -> QMimeData:
        """Copy and drag plain text only."""
        return as_plain_text(super().createMimeDataFromSelection())


def _pieces(changes: Sequence[Span]) -> Iterator[Piece]:
    """A difference as it is drawn: long stretches that stay are left out."""
    last = len(changes) - 1
    for number, span in enumerate(changes):
        if span.kind is Kind.KEPT:
            yield _around(span.text, is_first=number == 0, is_last=number == last), Ink.KEPT
            continue
        sign, ink = _INKS[span.kind]
        bare = span.text.lstrip() or span.text
        yield span.text[: len(span.text) - len(bare)], sign  # which stands at the first word
        yield sign.value, sign
        is_long = span.kind is Kind.REMOVED and len(bare) > _MOST_REMOVED
        yield _around(bare, is_first=False, is_last=False) if is_long else bare, ink


def _around(text: str, *, is_first: bool, is_last: bool) -> str:
    """What stands beside a change, up to whole words; the rest of it in three dots."""
    head = "" if is_first else _beginning(text)
    tail = "" if is_last else _beginning(text[::-1])[::-1]
    if len(head) + len(tail) + len(_SKIPPED) >= len(text):
        return text
    return f"{head}{_SKIPPED}{tail}"


def _beginning(text: str) -> str:
    """The beginning of a text, to the end of a word."""
    if len(text) <= _AROUND:
        return text
    cut = text[:_AROUND].rsplit(maxsplit=1)
    return cut[0] if cut else text[:_AROUND]
