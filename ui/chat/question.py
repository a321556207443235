"""The body of a question: the person's own words as they were typed, on a ground of their own."""

from __future__ import annotations

from collections import deque

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from ui.chat.body import GUTTER, MAX_DRAWN_CHARACTERS, Body
from ui.chat.button import QuietButton
from ui.chat.excerpt import excerpt, pieces
from ui.chat.prose import MAX_CHARACTERS, ProseView
from ui.chat.tools import Deadline, Tools
from ui.theme.tokens import Radius, Space


class QuestionBody(Body):
    """Plain text, never Markdown. A long one shows its beginning until the person wants it all."""

    text_name = "Question"

    folded = Signal()  # or unfolded: there is something else to draw

    def __init__(self, text: str, tools: Tools, parent: QWidget) -> None:
        super().__init__(tools, parent)
        self._text = text[:MAX_DRAWN_CHARACTERS].rstrip()
        self._is_longer = len(text) > MAX_DRAWN_CHARACTERS
        self._excerpt = excerpt(self._text)
        self._undrawn: deque[str] = deque()
        self._pad = self._look.scaled(Space.INSIDE)
        self._inset = self._pad - round(self._look.leading / 2)
        self._first = self._add_prose()
        self._ground = QRectF()
        self._toggle = QuietButton("Show all", self._look, self)
        self._toggle.reserve("Show less")
        self._toggle.clicked.connect(self._fold_or_unfold)
        self._toggle.setVisible(self._excerpt is not None)
        self._show(self._text if self._excerpt is None else self._excerpt)

    @property
    def is_cut(self) -> bool:
        """Whether there is more text than is drawn of one message."""
        return self._is_longer and not self._is_folded

    @property
    def _is_folded(self) -> bool:
        return self._excerpt is not None and self._toggle.text() == "Show all"

    def fill(self, deadline: Deadline) -> bool:
        """Draw what is not drawn yet, until the deadline; return whether all is."""
        while self._undrawn and not deadline.passed:
            view = self._first if self._first.is_empty else self._add_prose()
            view.write_lines(self._undrawn.popleft())
            self._touch()
        return not self._undrawn

    def unfold(self) -> None:
        """Show all of it."""
        if self._is_folded:
            self._fold_or_unfold()

    def tab_stops(self) -> list[QWidget]:
        """What the Tab key visits, in order."""
        return [*super().tab_stops(), self._toggle]

    def _fold_or_unfold(self) -> None:
        unfold = self._is_folded
        self._toggle.setText("Show less" if unfold else "Show all")
        self._toggle.setAccessibleName(self._toggle.text())
        self._show(self._text if unfold else self._excerpt or "")
        self.folded.emit()

    def _show(self, text: str) -> None:
        for segment in self.segments[1:]:
            self._remove(segment)
        self._first.document().clear()
        self._touch()
        self._undrawn = deque(pieces(text, MAX_CHARACTERS))

    # Geometry -----------------------------------------------------------------------------

    def fit(self, width: int) -> int:
        """Lay out for a text width; return the height that takes. Both in pixels."""
        height = super().fit(width)
        toggle = self._toggle.sizeHint()
        if not self._toggle.isHidden():
            left = GUTTER - self._look.scaled(Space.INSIDE)  # its label stands below the text
            self._toggle.setGeometry(left, height, toggle.width(), toggle.height())
            height += toggle.height()
        height += self._pad + round(self._look.leading / 2)
        views = (view for view in self.segments if isinstance(view, ProseView))
        widest = min(width, max(view.natural_width() for view in views))
        self._ground = QRectF(0, 0, widest + 2 * GUTTER, height)
        return height

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, as wide as the text."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._look.palette.bubble))
        painter.drawRoundedRect(self._ground, Radius.FIELD, Radius.FIELD)
        painter.end()
        super().paintEvent(event)
