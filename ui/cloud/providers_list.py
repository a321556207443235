"""Who can be asked: a line for each, and a form for another one."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QMenu, QToolButton, QVBoxLayout, QWidget

from assistant.cloud.records import Provider
from ui.cloud import words
from ui.cloud.provider_form import ProviderForm
from ui.controls import IconButton, PlainLabel, TextButton
from ui.markdown.safe_text import harmless
from ui.switch import SwitchLine
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line, order_stops
from ui.vault.section import Section

_ADD: Final = "Add a provider…"
_REMOVING: Final = (
    "Remove {name}, and its key? Answers that it gave stay, and so does what was sent for them."
)


class Act(StrEnum):
    """What can be done with a provider."""

    TEST = "test"
    FIRST = "first"
    REMOVE = "remove"


class RemoveForm(Form):
    """Asks once more."""

    given = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        go_on = TextButton("Remove it", "outlined")
        self._keep = TextButton("Keep it", "outlined")
        self.column.addWidget(PlainLabel(_REMOVING.format(name=harmless(name)), wrap=True))
        self.add_buttons(self._keep, go_on)
        go_on.clicked.connect(self.given)
        self._keep.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)


class ProviderLine(Line):
    """One provider: what it is, and whether a press is enough for it.

    Args:
        theme: Colours and type.
        provider: As it is.
    """

    acted = Signal(str, str)  # Act, id
    saved = Signal(object, object, object)  # Provider, key, the form
    trusted = Signal(str, bool)

    def __init__(self, theme: Theme, provider: Provider, parent: QWidget | None = None) -> None:
        super().__init__(theme, harmless(provider.name), "", parent)
        self.provider = provider
        self.models: Sequence[str] = ()  # that it said it has
        self.key_lasts = True
        name = harmless(provider.name)
        self.test = self.add_button("Test", f"Test the connection to {name}")
        self.change = self.add_button("Change", f"Change {name}")
        self.more = IconButton(Icon.MORE, f"More for {name}", theme.palette)
        self._add_menu()
        self.trust = SwitchLine(words.TRUST, words.TRUST_WORDS, theme)
        self.trust.switch.setAccessibleName(f"{words.TRUST} to {name}")
        self._column.addSpacing(Space.HALF)
        self._column.addWidget(self.trust)
        self.test.clicked.connect(partial(self._act, Act.TEST))
        self.change.clicked.connect(lambda: self.open_change())
        self.trust.turned.connect(lambda on: self.trusted.emit(self.provider.id, on))

    def _add_menu(self) -> None:
        menu = QMenu(self.more)
        self.first = menu.addAction("Ask this one first")
        self.first.triggered.connect(partial(self._act, Act.FIRST))
        self.remove = menu.addAction("Remove…")
        self.remove.triggered.connect(self._ask_remove)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setMenu(menu)
        self._row.addWidget(self.more)

    def show_provider(self, provider: Provider, *, key_lasts: bool, one_of_several: bool) -> None:
        """Show how it stands now; what is being typed stays."""
        self.provider, self.key_lasts = provider, key_lasts
        self.set_title(harmless(provider.name))
        self.setAccessibleName(harmless(provider.name))
        self.set_words(words.provider_words(provider, one_of_several=one_of_several))
        self.first.setVisible(one_of_several and not provider.is_default)
        self.trust.setVisible(provider.can_be_trusted)
        self.trust.show_on(on=provider.trusted)
        self._arrange()

    def open_change(self, *, at_key: bool = False) -> None:
        """Let the person change it."""
        form = ProviderForm(self.provider, self.models, key_lasts=self.key_lasts)
        form.given.connect(lambda provider, key: self.saved.emit(provider, key, form))
        self.open_form(form, self.change)
        if at_key:
            form.focus_key()

    def _ask_remove(self) -> None:
        form = RemoveForm(self.provider.name)
        form.given.connect(partial(self._act, Act.REMOVE))
        self.open_form(form, self.change)

    def _act(self, act: Act, _: object = None) -> None:
        self.acted.emit(act.value, self.provider.id)

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        buttons: list[QWidget] = [self.test, self.change, self.more]
        form = self.form.stops if self.form else []
        return [*buttons, *form, self.trust.switch]

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        self.more.apply(theme.palette)
        self.trust.apply(theme)


class AddingLine(Line):
    """A button, and below it the form of a new one."""

    def _arrange(self) -> None:
        """Where one begins to read, however wide it is: there are no words beside it."""
        self._head.setDirection(QBoxLayout.Direction.TopToBottom)


class ProvidersList(Section):
    """Keeps the line of a provider that stays: its form may be open.

    Args:
        theme: Colours and type.
    """

    acted = Signal(str, str)  # Act, id
    saved = Signal(object, object, object)  # Provider, key or None, the form that gave them
    trusted = Signal(str, bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Providers", theme, parent)
        self.lines: dict[str, ProviderLine] = {}
        self._key_lasts = True
        self.empty = self.add_text(words.EMPTY)
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.RELATED)
        self.column.addLayout(self._list)
        self.adding = AddingLine(theme, "")
        self.add = self.adding.add_button(_ADD, "Add a provider", "link")
        self.add.clicked.connect(self.open_new)
        self.add_line(self.adding)

    def show_providers(self, providers: Sequence[Provider], *, key_lasts: bool) -> None:
        """Show these, in this order."""
        self._key_lasts = key_lasts
        known = {provider.id: provider for provider in providers}
        for provider_id in self.lines.keys() - known.keys():
            line = self.lines.pop(provider_id)
            self._list.removeWidget(line)
            self.drop_line(line)
        for place, provider in enumerate(providers):
            line = self.lines.get(provider.id) or self._make(provider)
            if self._list.indexOf(line) != place:
                self._list.removeWidget(line)
                self._list.insertWidget(place, line)
            line.show_provider(provider, key_lasts=key_lasts, one_of_several=len(providers) > 1)
        self.lines = {one.id: self.lines[one.id] for one in providers}
        self.empty.setVisible(not providers)
        order_stops(self.stops)

    def open_new(self) -> None:
        """Let the person add one."""
        form = ProviderForm(key_lasts=self._key_lasts)
        form.given.connect(lambda provider, key: self.saved.emit(provider, key, form))
        self.adding.open_form(form, self.add)

    def end_form(self, form: ProviderForm) -> None:
        """What was typed is kept: its form goes."""
        for line in (*self.lines.values(), self.adding):
            if line.form is form:
                line.close_form()

    @property
    def stops(self) -> list[QWidget]:
        """Where the keyboard can be put, as the eye goes."""
        of_lines = (stop for line in self.lines.values() for stop in line.stops)
        return [*of_lines, *self.adding.stops]

    def _make(self, provider: Provider) -> ProviderLine:
        line = ProviderLine(self.theme, provider)
        self.add_line(line, self._list)
        line.acted.connect(self.acted)
        line.saved.connect(self.saved)
        line.trusted.connect(self.trusted)
        self.lines[provider.id] = line
        return line
