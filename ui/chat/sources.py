"""Below an answer from one's notes: the passages that it rests on. A click opens one."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from assistant.asking.records import Source
from assistant.asking.shown import UNSUPPORTED, listed_sources, source_name, sources_heading
from assistant.records import Message
from ui.controls import plain_tooltip
from ui.ground import paint_ground
from ui.markdown.look import Look
from ui.markdown.safe_text import harmless
from ui.theme.icons import Icon, pixmap
from ui.theme.tokens import Space, Type

_NAME_CHARACTERS = 200  # more is never seen, and would take time to lay out
_TOOLTIP_CHARACTERS = 380
_MIN_TARGET = 24  # pixels, WCAG 2.2, 2.5.8
_ICON = 14  # pixels at 100 %


class SourceButton(QToolButton):
    """One source: its number, and where it is. The passage itself is the tooltip.

    Args:
        source: Where it leads.
        look: Colours and type.
    """

    def __init__(self, source: Source, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        self._number = f"[{source.number}]"
        self._is_note = source.note_id is not None
        self._name = " ".join(harmless(source_name(source)[:_NAME_CHARACTERS]).split())
        kind = "note" if self._is_note else "chat"
        self.setAccessibleName(f"Source {source.number}, {kind}: {self._name}")
        passage = " ".join(harmless(source.text[: 2 * _TOOLTIP_CHARACTERS]).split())
        cut = len(passage) > _TOOLTIP_CHARACTERS
        self.setToolTip(plain_tooltip(passage[:_TOOLTIP_CHARACTERS] + ("…" if cut else "")))
        self.setFont(look.font(Type.CAPTION))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def sizeHint(self) -> QSize:
        """One line, with room for the focus ring and a finger."""
        metrics = QFontMetrics(self.font())
        height = max(metrics.height() + self._look.scaled(Space.INSIDE), _MIN_TARGET)
        return QSize(self._left + metrics.horizontalAdvance(self._name) + self._side, height)

    @property
    def _side(self) -> int:
        return self._look.scaled(Space.INSIDE)

    @property
    def _left(self) -> int:
        """Where the name begins: behind the number and the icon."""
        number = QFontMetrics(self.font()).horizontalAdvance("[00]")
        gaps = self._side + 2 * self._look.scaled(Space.HALF)
        return gaps + number + self._look.scaled(_ICON)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint number, icon and name; a ground under the pointer, a ring with the focus."""
        del event
        palette = self._look.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, self, palette)
        half = self._look.scaled(Space.HALF)
        size = self._look.scaled(_ICON)
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(QColor(palette.accent))
        painter.drawText(self.rect().adjusted(self._side, 0, 0, 0), centre, self._number)
        drawing = pixmap(
            Icon.NOTE if self._is_note else Icon.CHATS,
            palette.quiet,
            size,
            self.devicePixelRatioF(),
        )
        painter.drawPixmap(self._left - half - size, (self.height() - size) // 2, drawing)
        painter.setPen(QColor(palette.text if self.underMouse() else palette.quiet))
        area = self.rect().adjusted(self._left, 0, -half, 0)
        elide = Qt.TextElideMode.ElideRight
        name = QFontMetrics(self.font()).elidedText(self._name, elide, area.width())
        painter.drawText(area, centre, name)


class SourceList(QWidget):
    """The sources of one answer, one below the other, under a heading.

    Args:
        message: The answer.
        look: Colours and type.
    """

    opened = Signal(object)  # Source

    def __init__(self, message: Message, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self._look = look
        words = sources_heading(message)
        self._heading = QLabel(words, self)
        self._heading.setTextFormat(Qt.TextFormat.PlainText)
        self._heading.setWordWrap(True)
        self._heading.setFont(look.font(Type.CAPTION, emphasis=words == UNSUPPORTED))
        self._heading.setPalette(look.text_palette(quiet=words != UNSUPPORTED))
        self.buttons: list[SourceButton] = []
        for source in listed_sources(message):
            button = SourceButton(source, look, self)
            button.clicked.connect(partial(self.opened.emit, source))
            self.buttons.append(button)
        self.setAccessibleName("Sources")

    @property
    def heading(self) -> str:
        """What stands above the sources."""
        return self._heading.text()

    def fit(self, width: int) -> int:
        """Lay out for a width; return the height that takes. Both in pixels."""
        side = self._look.scaled(Space.INSIDE)  # names stand below the text
        height = self._heading.heightForWidth(width - side)
        above = self._look.scaled(Space.HALF)  # apart from the answer's last line
        self._heading.setGeometry(side, above, width - side, height)
        y = above + height + self._look.scaled(Space.HALF)
        for button in self.buttons:
            size = button.sizeHint()
            button.setGeometry(0, y, min(width, size.width()), size.height())
            y += size.height()
        return y
