"""The line above the composer while an answer waits because the machine must cool down."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QHBoxLayout, QLabel, QWidget

from assistant.power.plan import Mode, Plan
from ui.controls import PlainLabel, TextButton
from ui.power.words import waiting
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space

_SHARE: Final = 2.5  # the buttons may take so many parts less than the whole
_ICON: Final = 18  # pixels at 100 %


class PausedLine(QFrame):
    """Says why an answer waits, and lets the person go on slowly or wait. It goes by itself.

    Args:
        theme: Colours and type.
    """

    go_on_wanted = Signal()
    elsewhere_wanted = Signal()  # ask somebody else instead

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._plan = Plan()
        self._will_wait = False  # the person said so, for this pause
        self._icon = QLabel()
        self._label = PlainLabel(wrap=True)
        self.go_on = TextButton("Go on slowly", "link")
        self.wait = TextButton("Wait", "link")
        self.elsewhere = TextButton("Ask elsewhere…", "link")
        self.elsewhere.hide()
        self.go_on.clicked.connect(self.go_on_wanted)
        self.wait.clicked.connect(self._choose_to_wait)
        self.elsewhere.clicked.connect(self.elsewhere_wanted)
        self._lay_out()
        self.apply(theme)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.RELATED, Space.INSIDE, Space.INSIDE, Space.INSIDE)
        row.setSpacing(Space.INSIDE)
        row.addWidget(self._icon)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.HALF)
        buttons.addWidget(self.go_on)
        buttons.addWidget(self.wait)
        buttons.addWidget(self.elsewhere)
        buttons.addStretch()
        self._words = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._words.setSpacing(Space.HALF)
        self._words.addWidget(self._label, 1)
        self._words.addLayout(buttons)
        row.addLayout(self._words, 1)

    @property
    def text(self) -> str:
        """What it says; empty while hidden."""
        return "" if self.isHidden() else self._label.text()

    def show_for(self, plan: Plan, *, waits: bool) -> None:
        """Say why something waits here, or nothing.

        Args:
            plan: What the model obeys.
            waits: Whether an answer is waited for, or being written, on this page.
        """
        if plan.mode is not Mode.PAUSED:
            self._will_wait = False
        self._plan = plan
        is_shown = waits and plan.mode is Mode.PAUSED
        was_shown = not self.isHidden()
        self._say()
        self.setVisible(is_shown)
        if is_shown and not was_shown:
            self._alert()

    def offer_elsewhere(self, *, offered: bool) -> None:
        """Let somebody else be asked instead, or not."""
        self.elsewhere.setVisible(offered)
        self._arrange()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        size, ratio = theme.px(_ICON), self.devicePixelRatioF()
        self._icon.setPixmap(pixmap(Icon.PAUSED, theme.palette.quiet, size, ratio))

    def _choose_to_wait(self) -> None:
        self._will_wait = True
        self.go_on.setFocus()
        self._say()
        self._alert()

    def _say(self) -> None:
        self._label.setText(waiting(self._plan) if self._will_wait else self._plan.words)
        self.wait.setVisible(not self._will_wait)
        self.setAccessibleName(self._label.text())
        self._arrange()

    def _alert(self) -> None:
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the buttons below the words where beside them they would leave them no room."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        shown = [one for one in (self.go_on, self.wait, self.elsewhere) if not one.isHidden()]
        buttons = sum(button.sizeHint().width() for button in shown)
        direction = QBoxLayout.Direction
        is_wide = buttons * _SHARE > self.width()
        self._words.setDirection(direction.TopToBottom if is_wide else direction.LeftToRight)
