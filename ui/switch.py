"""Something that is on or off: a switch, alone or in a line with its words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ui.controls import PlainLabel
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 36  # pixels at 100 %
_HEIGHT: Final = 20
_RING: Final = 2  # pixels, and as many between ring and switch
_KNOB: Final = 3  # pixels at 100 % from the knob to the edge
_MARK: Final = 3  # pixels at 100 %, half of the mark's length


class Switch(QCheckBox):
    """A check box that looks like a switch, and is a check box to screen readers.

    On and off differ by the knob's place, its ground and a mark, so by more than a colour.

    Args:
        name: What it turns on and off.
        words: What that means, for screen readers.
        theme: Colours and type.
    """

    def __init__(self, name: str, words: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(name)
        self.setAccessibleDescription(words)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """The switch, with room for its ring."""
        edge = 4 * _RING
        return QSize(self._theme.px(_WIDTH) + edge, self._theme.px(_HEIGHT) + edge)

    def minimumSizeHint(self) -> QSize:
        """As ``sizeHint``."""
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        """All of it can be clicked."""
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint ground, knob and mark, and a ring with the keyboard's focus."""
        del event
        palette, on = self._theme.palette, self.isChecked()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        body = QRectF(self.rect()).adjusted(2 * _RING, 2 * _RING, -2 * _RING, -2 * _RING)
        if self.hasFocus():
            painter.setPen(QPen(QColor(palette.focus), _RING))
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.setPen(QPen(QColor(palette.accent if on else palette.quiet), 1))
        painter.setBrush(QColor(palette.accent if on else palette.page))
        body.adjust(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(body, body.height() / 2, body.height() / 2)
        self._paint_knob(painter, body, on=on)

    def _paint_knob(self, painter: QPainter, body: QRectF, *, on: bool) -> None:
        palette = self._theme.palette
        radius = body.height() / 2 - self._theme.px(_KNOB)
        reach = body.height() / 2
        right = on is not (self.layoutDirection() is Qt.LayoutDirection.RightToLeft)
        knob = QPointF(body.right() - reach if right else body.left() + reach, body.center().y())
        mark = QPointF(body.left() + reach if right else body.right() - reach, body.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(palette.on_accent if on else palette.quiet))
        painter.drawEllipse(knob, radius, radius)
        if on:
            half = QPointF(0, self._theme.px(_MARK))
            painter.setPen(QPen(QColor(palette.on_accent), 1.5))
            painter.drawLine(mark - half, mark + half)


class SwitchLine(QWidget):
    """A switch beside what it is and what it does. A click on the words turns it, too.

    Args:
        title: What it is.
        words: What it does; may be empty.
        theme: Colours and type.
        on: As it stands.
    """

    turned = Signal(bool)  # by the person

    def __init__(
        self,
        title: str,
        words: str,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        on: bool = False,
    ) -> None:
        super().__init__(parent)
        self.switch = Switch(title, words, theme)
        self.switch.setChecked(on)
        self._words = PlainLabel(words, "quiet", wrap=True)
        self.switch.clicked.connect(self.turned)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(PlainLabel(title, wrap=True))
        texts.addWidget(self._words)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.GROUP)
        row.addLayout(texts, 1)
        row.addWidget(self.switch, 0, Qt.AlignmentFlag.AlignTop)
        self._words.setVisible(bool(words))  # now: without a parent it would be a window

    def set_words(self, words: str) -> None:
        """Say what it does now."""
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self.switch.setAccessibleDescription(words)

    def show_on(self, *, on: bool) -> None:
        """Show it as it stands, without having been turned here."""
        self.switch.setChecked(on)

    def take_focus(self) -> None:
        """Put the keyboard on the switch."""
        self.switch.setFocus(Qt.FocusReason.OtherFocusReason)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self.switch.apply(theme)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on the words is meant for the switch."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(
            event.position().toPoint()
        ):
            self.switch.click()
