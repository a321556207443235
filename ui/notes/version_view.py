"""An earlier text of a note beside what it is now: what went, what came, and bringing it back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from ui.controls import PlainLabel, TextButton
from ui.markdown.safe_text import revealed
from ui.notes.changes import Kind, Line
from ui.notes.editor import text_column
from ui.notes.spacing import SpacedLayout
from ui.theme.style import Theme
from ui.theme.tokens import Space

_MARKS: Final = {Kind.SAME: "  ", Kind.GONE: "− ", Kind.NEW: "+ ", Kind.SKIPPED: "  … "}
_LINE_CHARACTERS: Final = 2_000  # of one line; the rest is not shown
_LEGEND: Final = "− stood there then, + was written since"


class VersionView(QWidget):
    """Read only. What is shown was compared elsewhere.

    Args:
        theme: Colours and type.
    """

    bring_back_wanted = Signal()
    left = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._lines: Sequence[Line] = ()
        self.title = PlainLabel("", "strong", wrap=True)
        self._legend = PlainLabel(_LEGEND, "caption")
        self.bring_back = TextButton("Bring back", "main")
        self.leave_button = TextButton("Close", "outlined")
        self.body = _Body()
        self._lay_out()
        self.bring_back.clicked.connect(self.bring_back_wanted)
        self.leave_button.clicked.connect(self.left)
        self.apply(theme)

    def _lay_out(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(Space.HALF)
        words.addWidget(self.title)
        words.addWidget(self._legend)
        self._head = QHBoxLayout()
        self._head.setSpacing(Space.INSIDE)
        self._head.addLayout(words, 1)
        self._head.addWidget(self.bring_back)
        self._head.addWidget(self.leave_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(self.body, 1)

    def show_changes(self, when: str, lines: Sequence[Line]) -> None:
        """Show what changed since then.

        Args:
            when: The moment in words.
            lines: As ``changes`` found them.
        """
        self.title.setText(f"As it was {when}")
        self._lines = lines
        is_same = all(line.kind is Kind.SAME for line in lines)
        self._legend.setText("Nothing differs from the note as it is now." if is_same else _LEGEND)
        self.bring_back.setVisible(not is_same)
        self._write()

    def _write(self) -> None:
        with QSignalBlocker(self.body):
            self.body.clear()
            cursor = QTextCursor(self.body.document())
            cursor.beginEditBlock()
            for number, (kind, run) in enumerate(groupby(self._lines, lambda line: line.kind)):
                texts = (_MARKS[kind] + revealed(line.text[:_LINE_CHARACTERS]) for line in run)
                between = "\n" if number else ""
                cursor.insertText(between + "\n".join(texts), self._form(kind))
            cursor.endEditBlock()
        self.body.moveCursor(QTextCursor.MoveOperation.Start)

    def _form(self, kind: Kind) -> QTextCharFormat:
        palette = self._theme.palette
        form = QTextCharFormat()
        form.setForeground(QColor(palette.text if kind is Kind.SAME else palette.quiet))
        if kind is Kind.NEW:
            form.setForeground(QColor(palette.accent))
        return form

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.body.spaced.leading = theme.look.leading
        self.body.setFont(theme.look.font())
        self.body.setPalette(theme.look.text_palette())
        self._write()
        self._centre()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand where the note's text stands."""
        super().resizeEvent(event)
        self._centre()

    def _centre(self) -> None:
        left, column = text_column(self._theme, self.width())
        right = max(self.width() - left - column, Space.RELATED)
        self._head.setContentsMargins(left, Space.RELATED, right, Space.RELATED)
        self.body.indent(left, right)


class _Body(QPlainTextEdit):
    """The lines: read and selected, nothing else."""

    def __init__(self) -> None:
        super().__init__()
        document = QTextDocument(self)
        self.spaced = SpacedLayout(document, 0)
        self.setDocument(document)
        self.setProperty("kind", "note")
        self.setReadOnly(True)
        self.setUndoRedoEnabled(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("What changed")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.viewport().setAutoFillBackground(False)
        self.document().setDocumentMargin(0)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def indent(self, left: int, right: int) -> None:
        """Let the text stand so many pixels from both edges."""
        bar = self.verticalScrollBar().sizeHint().width()
        self.setViewportMargins(left, Space.HALF, max(right - bar, 0), 0)
