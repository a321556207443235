"""One tag that is suggested: its name gives it, its end says how sure Hush is and asks why."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QWidget

from assistant.tags.records import Level, Suggestion
from assistant.text import percent
from ui.controls import IconButton, TextButton, plain_tooltip
from ui.tags.marks import paint_tick
from ui.tags.words import share, tag_label
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space

_CROSS: Final = 24  # pixels at 100 %; WCAG 2.2, 2.5.8
_TICK: Final = 12
_WHY: Final = "Why?"
_DASHES: Final = (3.0, 3.0)  # pixels drawn, pixels left out


class SuggestionChip(QWidget):
    """A dashed line says that the note does not have it. A tick: one button gives it, too.

    Args:
        suggestion: What is suggested.
        theme: Colours and type.
    """

    accepted = Signal()
    rejected = Signal()
    why_wanted = Signal()
    released = Signal()  # its menu is closed

    def __init__(self, suggestion: Suggestion, theme: Theme) -> None:
        super().__init__()
        self.suggestion = suggestion
        self.is_gone = False  # it was decided, and only keeps its place
        self.is_asked = False  # its menu is open
        self.is_ticked = suggestion.level is Level.SURE and not suggestion.is_new
        self._theme = theme
        label = tag_label(suggestion.tag)
        how = "new" if suggestion.is_new else percent(suggestion.probability)
        drawn = how if suggestion.is_new else share(suggestion.probability)
        self.name = _NameButton(label)
        self.name.setAccessibleName(f"Add {label}, {self._told(how)}")
        self.name.setToolTip(plain_tooltip(f"Add {label} to this note"))
        self.why = _WhyButton(drawn)
        self.why.setAccessibleName(f"Why {label}? {how}")
        self.cross = IconButton(Icon.CLOSE, f"Do not suggest {label} here", theme.palette)
        self.cross.setProperty("kind", "chip")
        self._row = QHBoxLayout(self)
        self._row.setSpacing(0)
        for part in (self.name, self.why, self.cross):
            self._row.addWidget(part)
        self.name.clicked.connect(self.accepted)
        self.why.clicked.connect(self.why_wanted)
        self.cross.clicked.connect(self.rejected)
        self.apply(theme)

    def _told(self, how: str) -> str:
        if self.suggestion.is_new:
            return "a new tag"
        return f"{how} sure, ticked" if self.is_ticked else f"{how} sure"

    def leave_room(self) -> None:
        """Be seen no longer, and have nothing move into the place."""
        self.is_gone = True
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.hide()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        edge = theme.px(_CROSS)
        self.cross.setFixedSize(edge, edge)
        self.cross.setIconSize(self.cross.size() / 2)
        self.cross.apply(theme.palette)
        tick = theme.px(_TICK) + Space.HALF if self.is_ticked else 0
        is_left = self.isRightToLeft()
        self._row.setContentsMargins(0 if is_left else tick, 0, tick if is_left else 0, 0)
        self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Under the pointer its end asks why."""
        super().enterEvent(event)
        self.why.ask(asks=True)

    def leaveEvent(self, event: QEvent) -> None:
        """Without it, the end says how sure."""
        super().leaveEvent(event)
        self.why.ask(asks=self.why.hasFocus())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer all three by name."""
        menu = self.menu()
        self.is_asked = True
        menu.aboutToHide.connect(self._release)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _release(self) -> None:
        self.is_asked = False
        self.released.emit()

    def menu(self) -> QMenu:
        """What can be done with it."""
        menu = QMenu(self)
        menu.addAction("Add to this note", self.accepted.emit)
        menu.addAction("Do not suggest it here", self.rejected.emit)
        menu.addAction(_WHY, self.why_wanted.emit)
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the ground, the dashed line and the tick."""
        del event
        palette = self._theme.palette
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(palette.accent if self.is_ticked else palette.hairline), 1)
        pen.setDashPattern(_DASHES)
        painter.setPen(pen)
        painter.setBrush(QColor(palette.selected) if self.is_ticked else Qt.BrushStyle.NoBrush)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.drawRoundedRect(area, Radius.BUTTON, Radius.BUTTON)
        if self.is_ticked:
            edge = self._theme.px(_TICK)
            begin = Space.HALF + 1
            left = self.width() - begin - edge if self.isRightToLeft() else begin
            paint_tick(
                painter, QRectF(left, (self.height() - edge) / 2, edge, edge), palette.accent
            )


class _NameButton(TextButton):
    """As wide as the name, and shorter where there is no room for it."""

    def __init__(self, label: str) -> None:
        super().__init__(label, "chip")
        self._label = label
        self.setMinimumWidth(1)

    def sizeHint(self) -> QSize:
        """Room for the whole name."""
        return super().sizeHint() + QSize(self._width(self._label) - self._width(self.text()), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much of it as fits."""
        super().resizeEvent(event)
        beside = super().sizeHint().width() - self._width(self.text())
        room = self.width() - beside
        elide = Qt.TextElideMode.ElideRight
        fitting = self.fontMetrics().elidedText(self._label, elide, max(room + 1, 1))
        if fitting != self.text():
            self.setText(fitting.replace("&", "&&"))

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)


class _WhyButton(TextButton):
    """As wide as the longer of the two things that it says, so that nothing moves."""

    def __init__(self, how: str) -> None:
        super().__init__(how, "caption")
        self._how = how
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def ask(self, *, asks: bool) -> None:
        """Show the question, or how sure it is."""
        self.setText(_WHY if asks else self._how)

    def sizeHint(self) -> QSize:
        """Room for both."""
        metrics = self.fontMetrics()
        widest = max(metrics.horizontalAdvance(words) for words in (_WHY, self._how))
        more = widest - metrics.horizontalAdvance(self.text())
        return super().sizeHint() + QSize(more, 0)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """With the keyboard it asks."""
        super().focusInEvent(event)
        self.ask(asks=True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Without it, it tells."""
        super().focusOutEvent(event)
        self.ask(asks=False)
