"""Small flat text buttons, quiet until they are needed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from ui.ground import RING, paint_ground
from ui.markdown.look import Look
from ui.theme.tokens import Space, Type

_COPIED_MILLISECONDS = 1_500  # long enough to read one word, WCAG needs no more for a status
_MIN_TARGET = 24  # pixels, WCAG 2.2, 2.5.8


class QuietButton(QToolButton):
    """A text button in caption size. It is painted here, so no style sheet moves it.

    Args:
        text: The label; also the accessible name, unless ``name`` says more.
        look: Colours and type.
        name: For screen readers, where the label alone would not do.
    """

    def __init__(
        self, text: str, look: Look, parent: QWidget | None = None, name: str = ""
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._revealed = True
        self._widest = text
        self.setText(text)
        self.setAccessibleName(name or text)
        self.setFont(look.font(Type.CAPTION))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def setText(self, text: str) -> None:
        """Change the label. A "&" stands for itself: it makes no shortcut."""
        super().setText(text)
        self.setShortcut(QKeySequence())

    def set_revealed(self, revealed: bool) -> None:  # noqa: FBT001 # a setter, as Qt's own
        """Paint the button or not. Its place, focus and accessible role stay."""
        if revealed != self._revealed:
            self._revealed = revealed
            self.update()

    def reserve(self, text: str) -> None:
        """Be wide enough for another label too, so that nothing moves when it changes.

        Both begin at the same place.
        """
        self._widest = max(self._widest, text, key=len)

    def sizeHint(self) -> QSize:
        """The label, with room for the focus ring and a finger."""
        metrics = QFontMetrics(self.font())
        side = self._look.scaled(Space.INSIDE)
        height = max(metrics.height() + self._look.scaled(Space.INSIDE), _MIN_TARGET)
        return QSize(metrics.horizontalAdvance(self._widest) + 2 * side, height)

    def minimumSizeHint(self) -> QSize:
        """As ``sizeHint``: a label is never cut."""
        return self.sizeHint()

    @property
    def _ink(self) -> str:
        """The label's colour at the moment."""
        palette = self._look.palette
        return palette.text if self.underMouse() else palette.quiet

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the label, a ground under the pointer, a ring with the keyboard's focus."""
        del event
        if not self._revealed:
            return
        palette = self._look.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint_ground(painter, self, palette)
        colour = QColor(self._ink)
        colour.setAlphaF(1.0 if self.isEnabled() else 0.5)
        painter.setPen(colour)
        side = self._look.scaled(Space.INSIDE)
        painter.drawText(
            self.rect().adjusted(side, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, self.text()
        )


class LinkButton(QuietButton):
    """A quiet button that is a way on: in the accent's colour, and always seen."""

    @property
    def _ink(self) -> str:
        return self._look.palette.accent


class PillButton(QuietButton):
    """A button that floats above the text."""

    def __init__(self, text: str, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(text, look, parent)
        self.apply(look)

    def apply(self, look: Look) -> None:
        """Take another look."""
        self._look = look
        self.setFont(look.font(Type.INTERFACE))
        self.resize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """The label, with room for the round ends."""
        metrics = QFontMetrics(self.font())
        side, above = self._look.scaled(Space.RELATED + Space.HALF), self._look.scaled(Space.INSIDE)
        return QSize(
            metrics.horizontalAdvance(self.text()) + 2 * side, metrics.height() + 2 * above
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint an opaque pill with a hairline, or a ring with the keyboard's focus."""
        del event
        palette = self._look.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self.hasFocus()
        inset = 1 if focused else 0.5
        area = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.setBrush(QColor(palette.hover if self.underMouse() else palette.field))
        edge = palette.focus if focused else palette.hairline
        painter.setPen(QPen(QColor(edge), RING if focused else 1))
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setPen(QColor(palette.text))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())


class CopyButton(QuietButton):
    """Says "Copied" for a moment after it did."""

    def __init__(self, look: Look, parent: QWidget | None = None, name: str = "") -> None:
        super().__init__("Copy", look, parent, name)
        self.reserve("Copied")
        self._back = QTimer(self, singleShot=True, interval=_COPIED_MILLISECONDS)
        self._back.timeout.connect(lambda: self.setText("Copy"))

    def confirm(self) -> None:
        """Show that the text is on the clipboard."""
        self.setText("Copied")
        self._back.start()
