"""The rail at the edge of the window: one button for each place there is, and one to lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from ui.controls import IconButton
from ui.theme.icons import Icon
from ui.theme.tokens import Palette, Space

_WIDTH = 56  # pixels: a button of 40 with the inside distance on both sides
_BUTTON = 40


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere to go. ``at_end`` puts it at the rail's foot."""

    name: str
    drawing: Icon
    at_end: bool = False


class Rail(QWidget):
    """Buttons for the places, of which one is where the person is.

    Args:
        places: In the order of their shortcuts, Ctrl+1 being the first.
        palette: Colours.
    """

    chosen = Signal(int)  # the place's position
    lock_wanted = Signal()

    def __init__(
        self, places: Sequence[Place], palette: Palette, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(_WIDTH)
        self._group = QButtonGroup(self)
        self.lock_button = self._lock_button(palette)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.INSIDE, Space.INSIDE, Space.INSIDE, Space.INSIDE)
        column.setSpacing(Space.HALF)
        has_foot = False
        for position, place in enumerate(places):
            if place.at_end and not has_foot:
                has_foot = True
                column.addStretch()
                column.addWidget(self.lock_button)
            column.addWidget(self._button(position, place, palette))
        if not has_foot:
            column.addStretch()
            column.addWidget(self.lock_button)
        self._group.idClicked.connect(self.chosen)
        last = self._group.button(len(places) - 1)
        QWidget.setTabOrder(last, self.lock_button)  # locking is nobody's first wish

    def _button(self, position: int, place: Place, palette: Palette) -> IconButton:
        keys = QKeySequence(f"Ctrl+{position + 1}").toString(QKeySequence.SequenceFormat.NativeText)
        button = IconButton(place.drawing, place.name, palette, self, shortcut=keys)
        button.setCheckable(True)
        button.setFixedSize(_BUTTON, _BUTTON)
        self._group.addButton(button, position)
        return button

    def _lock_button(self, palette: Palette) -> IconButton:
        keys = QKeySequence("Ctrl+L").toString(QKeySequence.SequenceFormat.NativeText)
        button = IconButton(Icon.LOCK, "Lock", palette, self, shortcut=keys)
        button.setFixedSize(_BUTTON, _BUTTON)
        button.clicked.connect(self.lock_wanted)
        return button

    def show_place(self, position: int) -> None:
        """Mark where the person is."""
        self._group.button(position).setChecked(True)

    @property
    def has_keyboard(self) -> bool:
        """Whether the person walks along the rail by arrow keys."""
        return any(button.hasFocus() for button in self._group.buttons())

    def apply(self, palette: Palette) -> None:
        """Take the colours of another palette."""
        for button in self.findChildren(IconButton):
            button.apply(palette)
