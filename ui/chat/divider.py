"""The line above the first message that the model still reads word for word."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from ui.chat.button import QuietButton
from ui.markdown.look import Look
from ui.theme.tokens import Space, Type


class Divider(QWidget):
    """A caption between two hairlines, with a button for more.

    Args:
        words: What it says.
        look: Colours and type.
    """

    show_wanted = Signal()

    def __init__(self, words: str, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._label = QLabel(words, self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setFont(look.font(Type.CAPTION))
        self._label.setPalette(look.text_palette(quiet=True))
        self.button = QuietButton("Show", look, self, name=f"{words} Show what it sees")
        self.button.clicked.connect(self.show_wanted)

    @property
    def words(self) -> str:
        """What it says."""
        return self._label.text()

    def say(self, words: str) -> None:
        """Say something else."""
        self._label.setText(words)
        self.button.setAccessibleName(f"{words} Show what it sees")

    def fit(self, width: int) -> int:
        """Lay out for a width; return the height that takes. Both in pixels."""
        button = self.button.sizeHint()
        metrics = QFontMetrics(self._label.font())
        words = metrics.horizontalAdvance(self._label.text()) + 2
        gap = self._look.scaled(Space.GROUP)
        if words + button.width() + 2 * gap <= width:
            left = (width - words - button.width()) // 2
            height = max(button.height(), metrics.height())
            self._label.setGeometry(left, 0, words, height)
            self.button.setGeometry(left + words, 0, button.width(), height)
            return height
        below = self._look.scaled(Space.INSIDE)
        height = self._label.heightForWidth(width)
        self._label.setGeometry(0, below, width, height)
        inside = self._look.scaled(Space.INSIDE)  # its label stands below the text
        self.button.setGeometry(-inside, below + height, button.width(), button.height())
        return below + height + button.height()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the hairlines beside the words, or one above them where they take all the width."""
        del event
        painter = QPainter(self)
        painter.setPen(QPen(QColor(self._look.palette.hairline), 0))
        words, button = self._label.geometry(), self.button.geometry()
        gap = self._look.scaled(Space.RELATED)
        if words.left() == 0:
            painter.drawLine(0, 0, self.width(), 0)
            return
        y = self.height() // 2
        painter.drawLine(0, y, words.left() - gap, y)
        painter.drawLine(button.right() + self._look.scaled(Space.HALF), y, self.width(), y)
