"""When Hush offers to ask elsewhere: four reasons, a threshold, and the tasks it is not for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from assistant.actions.catalogue import CATALOGUE
from assistant.actions.records import Action, Tier
from assistant.cloud.tasks import as_setting, cloud_only
from assistant.settings import Settings
from ui.cloud import words
from ui.controls import ChoiceButton, TextButton
from ui.flow import FlowLayout
from ui.switch import SwitchLine
from ui.theme.style import Theme
from ui.vault.section import Section

_WHAT: Final = "An offer is a line below an answer, with its reason. It opens nothing by itself."
_TASKS: Final = "Always offered for these tasks on a note (tier 3): the model here is not for them."
_SURER: Final = (
    "Not sure means: less than {share} likely to be right, as measured on questions whose answers "
    "are known."
)
_REDACT: Final = (
    "E-mail addresses, telephone and card numbers, keys, and names as far as they are found. You "
    "see each of them before anything is sent, except for a box that you let be sent to at a "
    "press."
)
_COMPARE: Final = (
    "Where your model and the cloud answer the same question, and it has one right answer, Hush "
    "tells you if they are further apart than {distance:g}, by meaning. Where they differ in a "
    'number, a name or a "not" alone, that does not see it: look at both.'
)


class OffersSection(Section):
    """Shows these settings, and gives others.

    Args:
        theme: Colours and type.
    """

    given = Signal(object)  # a function of Settings, which returns others
    setting_wanted = Signal(str)  # go to this one

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("When Hush offers", theme, parent)
        self.add_text(_WHAT)
        self.switches = {
            name: self._switch(name, title, said) for name, title, said in words.BUILTIN_OFFERS
        }
        self.threshold = self.add_text("")
        self._link("Another threshold…", "offer_below")
        self.add_text(_TASKS)
        self.tasks = {action: self._task(action) for action in Action}
        row = FlowLayout()
        for button in self.tasks.values():
            row.addWidget(button)
        self.column.addLayout(row)

    def show_settings(self, settings: Settings) -> None:
        """Show them as they stand."""
        for name, line in self.switches.items():
            line.show_on(on=getattr(settings, name))
        self.threshold.setText(_SURER.format(share=words.share(settings.offer_below)))
        chosen = cloud_only(settings)
        for action, button in self.tasks.items():
            button.setChecked(action in chosen)

    def _switch(self, name: str, title: str, said: str) -> SwitchLine:
        line = SwitchLine(title, said, self.theme)
        line.turned.connect(lambda on: self.given.emit(_setting(name, on)))
        self.column.addWidget(line)
        return line

    def _task(self, action: Action) -> ChoiceButton:
        description = CATALOGUE[action].description
        button = ChoiceButton(description.name)
        if description.tier is Tier.CLOUD_ONLY:
            button.setToolTip("No model on this laptop does it.")
        button.clicked.connect(partial(self._give_tasks))
        return button

    def _give_tasks(self, _: object = None) -> None:
        chosen = [action for action, button in self.tasks.items() if button.isChecked()]
        self.given.emit(_setting("cloud_only_tasks", as_setting(chosen)))

    def _link(self, said: str, name: str) -> None:
        button = TextButton(said, "link")
        button.clicked.connect(partial(self.setting_wanted.emit, name))
        self.column.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        for line in self.switches.values():
            line.apply(theme)


class ComparingSection(Section):
    """Whether two answers are compared, and what is swapped before anything is sent.

    Args:
        theme: Colours and type.
    """

    given = Signal(object)  # as of ``OffersSection``
    setting_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Comparing", theme, parent)
        self.compare = SwitchLine("Tell where two answers differ", " ", theme)
        self.compare.turned.connect(lambda on: self.given.emit(_setting("compare_answers", on)))
        self.more = TextButton("Another distance…", "link")
        self.more.clicked.connect(partial(self.setting_wanted.emit, "divergence_from"))
        self.column.addWidget(self.compare)
        self.column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    def show_settings(self, settings: Settings) -> None:
        """Show them as they stand."""
        self.compare.show_on(on=settings.compare_answers)
        self.compare.set_words(_COMPARE.format(distance=settings.divergence_from))

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.compare.apply(theme)


def redact_line(theme: Theme) -> SwitchLine:
    """Whether personal data is swapped before one looks at what would be sent."""
    return SwitchLine("Swap personal data for placeholders", _REDACT, theme)


def _setting(name: str, value: object) -> Callable[[Settings], Settings]:
    def change(settings: Settings) -> Settings:
        return replace(settings, **{name: value})  # type: ignore[arg-type] # checked there

    return change
