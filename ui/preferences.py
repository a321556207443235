"""Settings from wherever they are changed: saved, and put to use."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal

from assistant.app import App
from assistant.errors import HushError
from assistant.settings import Settings
from ui.bridge import Bridge
from ui.notice import Notice
from ui.settings.page import SettingsPage
from ui.window import SETTINGS, Window

_LOADED_WITH: Final = ("context_tokens", "threads", "model_path", "gpu_layers", "use_tuned")
"""What the model is loaded with."""

_READ_WITH: Final = (*_LOADED_WITH, "reply_tokens", "system_prompt")
"""What decides how a conversation is laid out for the model, and what is read of it ahead."""

_DECIDED_BY: Final = ("always_quiet", "background_on_battery", "threads")
"""What the governor decides by."""


class Preferences(QObject):
    """Saves settings and has those take effect that do so at once.

    Args:
        app: Keeps them.
        bridge: Brings outcomes to the GUI thread.
        window: Takes another theme with another reading size.
        page: Where most are changed.
        notice: Says, too, that they could not be saved.
    """

    taken = Signal(object)  # Settings, in use from now on
    layout_changed = Signal()  # what the model sees of a conversation may be another

    def __init__(
        self, app: App, bridge: Bridge, window: Window, page: SettingsPage, notice: Notice
    ) -> None:
        super().__init__(page)
        self._app = app
        self._bridge = bridge
        self._window = window
        self._page = page
        self._notice = notice
        page.changed.connect(self._save)
        page.shown.connect(self._ask_for_figures)

    def change(self, settings: Settings) -> None:
        """Settings were changed beside their page."""
        self._page.adopt(settings)
        self._save(settings)

    def show(self, name: str) -> None:
        """Lead the person to a setting."""
        self._window.go_to(SETTINGS)
        self._page.focus_on(name)

    def _save(self, settings: Settings) -> None:
        before = self._app.settings

        def changed(names: tuple[str, ...]) -> bool:
            return any(getattr(before, name) != getattr(settings, name) for name in names)

        self._bridge.then(self._app.save_settings(settings), self._saved, self._not_saved)
        if changed(_LOADED_WITH):
            self._app.warm_engine()
        if changed(_DECIDED_BY):
            self._app.governor.refresh()
        self.taken.emit(settings)
        if changed(_READ_WITH):
            self.layout_changed.emit()
        if before.reading_size != settings.reading_size:
            self._window.apply(replace(self._window.theme, reading=settings.reading_size))

    def _ask_for_figures(self) -> None:
        """Have the page tell what is known of the tuned copy: tuning may have ended meanwhile."""
        self._bridge.then(self._app.tuned(), self._page.show_tuned, lambda _: None)

    def _saved(self, settings: Settings) -> None:
        del settings
        self._page.show_problem("")

    def _not_saved(self, error: HushError) -> None:
        self._page.show_problem(error.sentence)
        self._notice.say_error(error)
