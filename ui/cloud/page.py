"""The cloud's place: whether Hush may offer it, whom it may ask, what waits, what is hidden."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from assistant.settings import Settings
from ui.cloud import words
from ui.cloud.hidden_words import HiddenSection
from ui.cloud.offers import ComparingSection, OffersSection
from ui.cloud.providers_list import ProvidersList
from ui.cloud.waiting_list import WaitingSection
from ui.controls import PlainLabel
from ui.noticed_page import NoticedPage
from ui.switch import SwitchLine
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WHAT: Final = (
    "Some questions are beyond a model on a laptop. A larger one elsewhere can be asked, only "
    "when you say so: each time you see exactly what would be sent, and to whom, except for a box "
    "that you let be sent to at a press."
)
_TITLE: Final = "Offer to ask a cloud model"
_NOT_HERE: Final = (
    "Asking elsewhere needs a vault that Hush may write to: every request is written down there. "
    "In this session nothing is sent."
)


class CloudPage(NoticedPage):
    """Shows what there is; what the person wants, its controller hears.

    While the cloud is off only the providers are shown: somebody may set one up first.

    Args:
        theme: Colours and type.
    """

    turned = Signal(bool)  # the cloud, by the person

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Cloud", theme, parent)
        self.switch = SwitchLine(_TITLE, words.OFF, theme)
        self.why_not = PlainLabel("", "quiet", wrap=True)
        self.providers = ProvidersList(theme)
        self.waiting = WaitingSection(theme)
        self.offers = OffersSection(theme)
        self.hidden = HiddenSection(theme)
        self.comparing = ComparingSection(theme)
        self._sections = (
            self.providers,
            self.waiting,
            self.offers,
            self.hidden,
            self.comparing,
        )
        self._lay_out()
        self.switch.turned.connect(self.turned)
        self.apply(theme)

    def _lay_out(self) -> None:
        self.column.addWidget(PlainLabel(_WHAT, "quiet", wrap=True))
        self.column.addSpacing(Space.INSIDE)
        self.column.addWidget(self.switch)
        self.column.addWidget(self.why_not)
        self.why_not.hide()
        for section in self._sections:
            self.column.addSpacing(Space.RELATED)
            self.column.addWidget(section)
        self.end_column()

    def rest(self) -> None:
        """Nobody can be asked in this session."""
        for part in (self.switch, *self._sections):
            part.hide()
        self._say(_NOT_HERE)

    def show_settings(self, settings: Settings, why_not: str) -> None:
        """Show what is on.

        Args:
            settings: Those of the moment.
            why_not: Why nobody can be asked at the moment; empty where one can.
        """
        self.switch.show_on(on=settings.cloud)
        self.switch.set_words(words.ON if settings.cloud else words.OFF)
        self._say(why_not if settings.cloud else "")
        for section in self._sections[1:]:
            section.setVisible(settings.cloud)
        self.offers.show_settings(settings)
        self.hidden.show_settings(settings)
        self.comparing.show_settings(settings)

    def _say(self, why_not: str) -> None:
        self.why_not.setText(why_not)
        self.why_not.setVisible(bool(why_not))

    def show_section(self, section: QWidget) -> None:
        """Scroll to one of the sections."""
        self.area.ensureWidgetVisible(section)

    def take_focus(self) -> None:
        """Put the keyboard where something can be changed."""
        if self.switch.isHidden():
            self.area.setFocus()
        else:
            self.switch.take_focus()
        self.area.verticalScrollBar().setValue(0)  # one begins at the top

    def escape(self) -> bool:
        """Leave the nearest thing: a form, or what is said; False where there is neither."""
        for line in (*self.providers.lines.values(), self.providers.adding):
            if line.form:
                line.close_form()
                return True
        return super().escape()

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.switch.apply(theme)
        for section in self._sections:
            section.apply(theme)
