"""Why the model works as hard as it does, what that changes, and what one can want instead."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.power.plan import Mode, Override, Plan, Readings, Reason
from ui.controls import PlainLabel, TextButton
from ui.flow import FlowLayout
from ui.overlay import Overlay
from ui.power.words import effects, supply
from ui.switch import SwitchLine
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WIDTH: Final = 400  # pixels at 100 %


class PowerPanel(Overlay):
    """Stays up to date while it is open.

    Args:
        window: What it covers.
        theme: Colours and type.
        always_quiet: Whether the person wants it slow and cool at any time.
    """

    override_wanted = Signal(object)  # Override
    always_quiet_wanted = Signal(bool)

    def __init__(self, window: QWidget, theme: Theme, *, always_quiet: bool) -> None:
        super().__init__(window, "Power", width=theme.px(_WIDTH), any_key_closes=False)
        self._reason = PlainLabel("", "strong", wrap=True)
        self._effects = QVBoxLayout()
        self._effects.setSpacing(Space.HALF)
        self._supply = PlainLabel("", "quiet", wrap=True)
        self.full_once = TextButton("Full power for one answer", "outlined")
        self.go_on = TextButton("Go on slowly", "main")
        self.take_back = TextButton("", "outlined")
        self.always_quiet = SwitchLine(
            "Always quiet",
            "Slower and cooler at any time, until you turn this off.",
            theme,
            on=always_quiet,
        )
        self._fill()
        self.full_once.clicked.connect(lambda: self.override_wanted.emit(Override.FULL_ONCE))
        self.go_on.clicked.connect(lambda: self.override_wanted.emit(Override.GO_ON_SLOWLY))
        self.take_back.clicked.connect(lambda: self.override_wanted.emit(Override.NONE))
        self.always_quiet.turned.connect(self.always_quiet_wanted)

    def _fill(self) -> None:
        self.column.addWidget(self._reason)
        self.column.addLayout(self._effects)
        self.column.addWidget(self._supply)
        buttons = FlowLayout()
        for button in (self.go_on, self.full_once, self.take_back):
            buttons.addWidget(button)
        self.column.addLayout(buttons)
        self.column.addSpacing(Space.HALF)
        self.column.addWidget(self.always_quiet)

    @property
    def text(self) -> str:
        """What it says, from the top."""
        labels = (self._reason, *self._effect_labels(), self._supply)
        return "\n".join(label.text() for label in labels)

    def show_power(self, plan: Plan, readings: Readings, seconds_left: float | None) -> None:
        """Show a plan and what it rests on.

        Args:
            plan: What the model obeys.
            readings: What the machine tells.
            seconds_left: Until the battery is empty at the present draw; None: not known.
        """
        self._reason.setText(plan.words)
        self._show_effects(effects(plan))
        self._supply.setText(supply(readings, seconds_left))
        self._offer(plan)
        self.describe(self.text)
        if self.isVisible():
            self.refit()

    def show_always_quiet(self, *, on: bool) -> None:
        """Show the switch as the setting stands."""
        self.always_quiet.show_on(on=on)

    def _offer(self, plan: Plan) -> None:
        """Offer what would change something now."""
        wished = {
            Reason.FULL_ONCE: "Take full power back",
            Reason.GOING_ON: "Pause again",
        }.get(plan.reason, "")
        shown = (
            (self.go_on, plan.mode is Mode.PAUSED),
            (self.full_once, plan.mode is Mode.THROTTLED and plan.reason is not Reason.GOING_ON),
            (self.take_back, bool(wished)),
        )
        self.take_back.set_words(wished)
        focus = self.focusWidget()
        for button, is_shown in shown:
            button.setVisible(is_shown)
        if focus and focus.isHidden():  # what was pressed has done its work
            self.always_quiet.take_focus()

    def _show_effects(self, sentences: list[str]) -> None:
        labels = self._effect_labels()
        for label in labels[len(sentences) :]:
            self._effects.removeWidget(label)
            label.deleteLater()
            label.hide()
        for place, sentence in enumerate(sentences):
            if place < len(labels):
                labels[place].setText(sentence)
            else:
                label = PlainLabel(sentence, wrap=True)
                self._effects.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)

    def _effect_labels(self) -> list[PlainLabel]:
        items = (self._effects.itemAt(place) for place in range(self._effects.count()))
        labels = (item.widget() for item in items if item)
        return [label for label in labels if isinstance(label, PlainLabel)]
