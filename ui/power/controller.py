"""Wires power to the window: what the governor tells, and what the person wants instead."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from assistant.events import PowerChanged
from assistant.power.drain import time_left
from assistant.power.plan import Override
from assistant.settings import Settings
from ui.power.panel import PowerPanel
from ui.window import Window

if TYPE_CHECKING:
    from assistant.app import App


class PowerController(QObject):
    """Shows how hard the model works in the status line, and in its panel while that is open.

    Args:
        app: Its governor decides, its settings are kept.
        window: Has the status line.
        change: Makes settings hold that were changed here.
    """

    def __init__(self, app: App, window: Window, change: Callable[[Settings], None]) -> None:
        super().__init__()
        self._app = app
        self._window = window
        self._change = change
        self._panel: PowerPanel | None = None
        self._now = PowerChanged(app.governor.plan, app.governor.readings)
        window.status.power_wanted.connect(self.open_panel)
        window.status.show_power(self._now.plan, self._now.readings)

    @property
    def now(self) -> PowerChanged:
        """What was told last."""
        return self._now

    def take(self, event: PowerChanged) -> None:
        """Show what changed."""
        self._now = event
        self._window.status.show_power(event.plan, event.readings)
        if self._panel:
            self._show()

    def adopt(self, settings: Settings) -> None:
        """Go on from settings that were changed elsewhere."""
        if self._panel:
            self._panel.show_always_quiet(on=settings.always_quiet)

    def open_panel(self) -> None:
        """Say why it works as hard as it does, and let the person want something else."""
        panel = PowerPanel(
            self._window, self._window.theme, always_quiet=self._app.settings.always_quiet
        )
        self._panel = panel
        panel.closed.connect(self._forget_panel)
        panel.override_wanted.connect(self.override)
        panel.always_quiet_wanted.connect(self._turn_quiet)
        self._show()
        panel.open_above(self._window.status.power_button)

    def override(self, wanted: Override) -> None:
        """Do what the person wants."""
        self._app.governor.override(wanted)

    def go_on_slowly(self) -> None:
        """Answer slowly where Hush would pause."""
        self.override(Override.GO_ON_SLOWLY)

    def _show(self) -> None:
        if self._panel:
            plan, readings = self._now.plan, self._now.readings
            left = time_left(readings, self._app.governor.history)
            self._panel.show_power(plan, readings, left)

    def _turn_quiet(self, on: bool) -> None:  # noqa: FBT001 # as the signal gives it
        self._change(replace(self._app.settings, always_quiet=on))

    def _forget_panel(self) -> None:
        self._panel = None
