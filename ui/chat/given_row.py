"""In the composer: what is asked of, and what goes along. Each can be taken away again."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from assistant.asking.records import Attachment, Scope
from assistant.asking.shown import scope_label
from ui.controls import IconButton, TextButton, plain_tooltip
from ui.flow import FlowLayout
from ui.markdown.safe_text import harmless
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Radius, Space

_NAME_CHARACTERS: Final = 32
_CROSS: Final = 24  # pixels: WCAG 2.2, 2.5.8
_ICON: Final = 12


class Chip(QWidget):
    """A name, which may be clicked, and a cross.

    Args:
        name: What it says.
        told: For screen readers, and as a tooltip.
        taking_away: What the cross does, in words.
        theme: Colours and type.
    """

    def __init__(self, name: str, told: str, taking_away: str, theme: Theme) -> None:
        super().__init__()
        shown = " ".join(harmless(name).split())
        if len(shown) > _NAME_CHARACTERS:
            shown = shown[: _NAME_CHARACTERS - 1] + "…"
        self.name = TextButton(shown, "caption")
        self.name.setAccessibleName(harmless(told))
        self.name.setToolTip(plain_tooltip(harmless(told)))
        self.cross = IconButton(Icon.CLOSE, harmless(taking_away), theme.palette)
        self.cross.setMinimumSize(_CROSS, _CROSS)
        self.cross.setFixedSize(_CROSS, _CROSS)
        self.cross.setIconSize(QSize(_ICON, _ICON))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.name)
        row.addWidget(self.cross)
        self._ground = theme.palette.bubble

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._ground = theme.palette.bubble
        self.cross.apply(theme.palette)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint a quiet ground, so that name and cross are one thing."""
        del event
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._ground))
        painter.drawRoundedRect(self.rect(), Radius.BUTTON, Radius.BUTTON)


class GivenRow(QWidget):
    """The scope's chip, and one for each attachment. Hidden while there is none.

    Args:
        theme: Colours and type.
    """

    scope_wanted = Signal()  # another one
    scope_left = Signal()
    attachment_left = Signal(int)  # its place

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._shown: tuple[Scope | None, tuple[Attachment, ...]] = (None, ())
        self.chips: list[Chip] = []
        self._row = FlowLayout(self)
        self._row.setSpacing(Space.HALF)
        self.hide()

    @property
    def words(self) -> list[str]:
        """What its chips say."""
        return [chip.name.text() for chip in self.chips]

    def show_given(self, scope: Scope | None, attachments: Sequence[Attachment]) -> None:
        """Show these in place of those before."""
        wanted = (scope, tuple(attachments))
        if wanted == self._shown:
            return
        self._shown = wanted
        self._clear()
        if scope:
            label = scope_label(scope)
            chip = self._add(f"Asks: {label}", f"Answers from: {label}", "Ask without notes")
            chip.name.clicked.connect(self.scope_wanted)
            chip.cross.clicked.connect(self.scope_left)
        for place, one in enumerate(attachments):
            told = " ".join(filter(None, (f"Attached: {one.name}.", one.remark)))
            chip = self._add(one.name or "A text", told, f"Take away {one.name}")
            chip.cross.clicked.connect(partial(self.attachment_left.emit, place))
        self.setVisible(bool(self.chips))
        self._row.invalidate()
        self.updateGeometry()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        self._theme = theme
        for chip in self.chips:
            chip.apply(theme)

    def _add(self, name: str, told: str, taking_away: str) -> Chip:
        chip = Chip(name, told, taking_away, self._theme)
        self.chips.append(chip)
        self._row.addWidget(chip)
        chip.show()
        return chip

    def _clear(self) -> None:
        for chip in self.chips:
            self._row.removeWidget(chip)
            chip.hide()
            chip.deleteLater()
        self.chips.clear()
