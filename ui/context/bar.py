"""The context as a bar: each part as long as it is, told apart by pattern and label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from ui.context.parts import ContextPart, tokens
from ui.controls import PlainLabel
from ui.theme.style import Theme
from ui.theme.tokens import Palette, Radius, Space

_HEIGHT: Final = 24  # pixels at 100 %
_SWATCH: Final = 14
_NARROWEST: Final = 4  # pixels: every part can be seen
_GAP: Final = 5  # pixels between two strokes or dots of a pattern


class ContextBar(QWidget):
    """The parts side by side.

    Args:
        theme: Colours and type.
    """

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._parts: Sequence[ContextPart] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_parts(self, parts: Sequence[ContextPart]) -> None:
        """Show these, from the left."""
        self._parts = parts
        self.setAccessibleName("What fills the context")
        self.setAccessibleDescription(
            ", ".join(f"{part.name}: {tokens(part.tokens)}" for part in parts)
        )
        self.update()

    def sizeHint(self) -> QSize:
        """As high as a line of text."""
        return QSize(0, self._theme.px(_HEIGHT))

    def minimumSizeHint(self) -> QSize:
        """As ``sizeHint``."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the parts, and a hairline around them."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(body, Radius.BUTTON, Radius.BUTTON)
        painter.save()
        painter.setClipPath(outline)
        left = body.left()
        for part, width in zip(self._parts, self.widths(body.width()), strict=True):
            area = QRectF(left, body.top(), width, body.height())
            paint_pattern(painter, area, part.kind, self._theme.palette)
            left += width
            if left < body.right() - 1:
                painter.setPen(QPen(QColor(self._theme.palette.field), 1))
                painter.drawLine(area.topRight(), area.bottomRight())
        painter.restore()
        painter.setPen(QPen(QColor(self._theme.palette.quiet), 1))
        painter.drawPath(outline)

    def widths(self, room: float) -> list[float]:
        """How wide each part is drawn: by its tokens, and none too narrow to be seen."""
        total = sum(part.tokens for part in self._parts)
        wanted = [max(_NARROWEST, room * part.tokens / total) for part in self._parts]
        return [width * room / sum(wanted) for width in wanted]


class Swatch(QWidget):
    """A part's pattern, beside its name.

    Args:
        kind: Which part.
        theme: Colours and type.
    """

    def __init__(self, kind: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = kind
        self._palette = theme.palette
        edge = theme.px(_SWATCH)
        self.setFixedSize(edge, edge)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the pattern, and a hairline around it."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        outline = QPainterPath()
        outline.addRoundedRect(body, 2, 2)
        painter.save()
        painter.setClipPath(outline)
        paint_pattern(painter, body, self._kind, self._palette)
        painter.restore()
        painter.setPen(QPen(QColor(self._palette.quiet), 1))
        painter.drawPath(outline)


class Legend(QWidget):
    """Every part by name, with its pattern and its tokens.

    Args:
        parts: From the top.
        theme: Colours and type.
    """

    def __init__(
        self, parts: Sequence[ContextPart], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.INSIDE)
        grid.setVerticalSpacing(Space.HALF)
        grid.setColumnStretch(1, 1)
        for row, part in enumerate(parts):
            grid.addWidget(Swatch(part.kind, theme), row, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(PlainLabel(part.name, wrap=True), row, 1)
            count = PlainLabel(tokens(part.tokens), "quiet")
            grid.addWidget(count, row, 2, Qt.AlignmentFlag.AlignRight)


def paint_pattern(painter: QPainter, area: QRectF, kind: str, palette: Palette) -> None:
    """Fill an area with the pattern of a part.

    What the model reads is drawn in strong strokes, what is kept or free for later in weak ones.
    """
    painter.fillRect(area, QColor(palette.field))
    strong, weak = QColor(palette.accent), QColor(palette.quiet)
    match kind:
        case "instructions":
            painter.fillRect(area, weak)
        case "conversation":
            painter.fillRect(area, strong)
        case "pinned":
            _hatch(painter, area, strong, rising=True)
            _hatch(painter, area, strong, rising=False)
        case "summary":
            _hatch(painter, area, strong, rising=True)
        case "reply":
            _dot(painter, area, weak)
        case _:
            pass


def _hatch(painter: QPainter, area: QRectF, colour: QColor, *, rising: bool) -> None:
    """Draw slanted strokes: Qt's own patterns are as fine as a device's pixels."""
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setPen(QPen(colour, 1.4))
    height = area.height()
    x = area.left() - height
    while x < area.right():
        low, high = (area.bottom(), area.top()) if rising else (area.top(), area.bottom())
        painter.drawLine(QPointF(x, low), QPointF(x + height, high))
        x += _GAP
    painter.restore()


def _dot(painter: QPainter, area: QRectF, colour: QColor) -> None:
    """Draw rows of dots."""
    painter.save()
    painter.setClipRect(area, Qt.ClipOperation.IntersectClip)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    y = area.top() + _GAP / 2
    while y < area.bottom():
        x = area.left() + _GAP / 2
        while x < area.right():
            painter.drawEllipse(QPointF(x, y), 1, 1)
            x += _GAP
        y += _GAP
    painter.restore()
