"""What there is to know of a provider, to be filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, get_args

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import QCompleter, QGridLayout, QLineEdit, QListView, QWidget

from assistant.cloud.records import LimitField, Provider
from assistant.net.policy import BadAddress, read_address
from assistant.text import clean
from ui.cloud import words
from ui.controls import PlainLabel, TextButton
from ui.door.passphrase import passphrase_field
from ui.flow import FlowLayout
from ui.models.forms import Choosing
from ui.theme.tokens import Space
from ui.vault.line import Form, order_stops

_NEW: Final = Provider("", "", "", "", own_network=False)
_BOXES: Final = (
    ("Ollama", "http://127.0.0.1:11434/v1"),
    ("LM Studio", "http://127.0.0.1:1234/v1"),
    ("llama-server", "http://127.0.0.1:8080/v1"),
    ("vLLM", "http://127.0.0.1:8000/v1"),
)
"""What many have on this laptop or beside it, with the port that each begins with."""

_LIMITS: Final = {
    "max_tokens": "max_tokens, the usual one",
    "max_completion_tokens": "max_completion_tokens",
    "": "None is sent",
}
_PRICE: Final = "Price for a million tokens that are sent"
_PRICE_BACK: Final = "Price for a million tokens that come"
_NO_NUMBER: Final = "A price is a number, as 0.15. Leave it empty where you do not know it."
_GUESS: Final = "Not sure? Save a guess and press Test: then you can choose among the names it has."
_LONGEST: Final = 2_000  # characters of any field: more is a mistake


class ProviderForm(Form):
    """The fields of a provider; nothing is kept before its button is pressed.

    Args:
        provider: As it is; None for a new one.
        models: Those that it said it has.
        key_lasts: Whether there is a safe keyring for its key.
    """

    given = Signal(object, object)  # Provider, and its key: a str, or None for the one there is

    def __init__(
        self,
        provider: Provider | None = None,
        models: Sequence[str] = (),
        parent: QWidget | None = None,
        *,
        key_lasts: bool = True,
    ) -> None:
        super().__init__(parent)
        self._provider = provider or _NEW
        self.name = _field("Name", self._provider.name)
        self.address = _field("Address", self._provider.address)
        self.model = _field("Model", self._provider.model)
        self.key = passphrase_field("Key")
        self.price_in = _field(_PRICE, _price(self._provider.price_in))
        self.price_out = _field(_PRICE_BACK, _price(self._provider.price_out))
        self.currency = _field("Currency", self._provider.currency)
        limits = [(name, _LIMITS[name]) for name in get_args(LimitField)]
        self.limit = Choosing("What it calls the longest answer", limits)
        self.limit.choose(self._provider.limit_field)
        self.hint = PlainLabel("", "quiet", wrap=True)
        self.problem = PlainLabel("", "danger", wrap=True)
        self.no_key = TextButton("Use no key", "link")
        self.more = TextButton("Price and limit…", "link")
        self.save = TextButton("Save", "main")
        self.stay = TextButton("Cancel", "outlined")
        self._more = QWidget()
        self._forgets_key = False
        self._fill(key_lasts=key_lasts)
        self._suggest(models)
        self._connect()
        self._hint()

    def _fill(self, *, key_lasts: bool) -> None:
        self.name.setPlaceholderText("As you call it")
        self.address.setPlaceholderText("https://api.example.com/v1")
        self.model.setPlaceholderText("Exactly as the provider writes it")
        has_key = self._provider.has_key
        self.key.setPlaceholderText("Unchanged" if has_key else "None")
        for field in (self.name, self.address):
            self._add(field)
        self.column.addWidget(self.hint)
        if not self._provider.id:
            self._add_boxes()
        self._add(self.model)
        self.column.addWidget(PlainLabel(_GUESS, "quiet", wrap=True))
        self._add(self.key)
        kept = words.KEY_KEPT if key_lasts else words.KEY_NOT_KEPT
        self.column.addWidget(PlainLabel(kept, "quiet", wrap=True))
        self.column.addWidget(self.no_key, 0, Qt.AlignmentFlag.AlignLeft)
        self.no_key.setVisible(has_key)
        self._fill_more()
        self.column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._more)
        self.column.addWidget(self.problem)
        self.problem.hide()
        self.add_buttons(self.save, self.stay)

    def _add(self, field: QLineEdit) -> None:
        self.column.addWidget(PlainLabel(field.accessibleName(), "quiet"))
        self.column.addWidget(field)

    def _add_boxes(self) -> None:
        row = FlowLayout()
        row.addWidget(PlainLabel("On this laptop:", "quiet"))
        for name, address in _BOXES:
            button = TextButton(name, "link")
            button.setAccessibleName(f"Fill in {name} on this laptop")
            button.clicked.connect(partial(self._take_box, name, address))
            row.addWidget(button)
        self.column.addLayout(row)

    def _fill_more(self) -> None:
        grid = QGridLayout(self._more)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(Space.GROUP)
        grid.setColumnStretch(0, 1)
        for line, field in enumerate((self.price_in, self.price_out, self.currency)):
            grid.addWidget(PlainLabel(field.accessibleName(), "quiet", wrap=True), line, 0)
            grid.addWidget(field, line, 1)
        grid.addWidget(self.limit, 3, 0, 1, 2)
        self._more.hide()

    def _suggest(self, models: Sequence[str]) -> None:
        """Complete a model's name from those that the provider named."""
        if not models:
            return
        completer = QCompleter(QStringListModel(list(models), self), self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setMaxVisibleItems(8)
        popup = QListView()
        popup.setUniformItemSizes(True)
        popup.setAccessibleName("Models there are")
        completer.setPopup(popup)
        self.model.setCompleter(completer)
        self.model.setPlaceholderText(f"Type to choose among {len(models)}")

    def _connect(self) -> None:
        self.address.textChanged.connect(self._hint)
        self.more.clicked.connect(self._show_more)
        self.no_key.clicked.connect(self._forget_key)
        self.key.textEdited.connect(self._take_key)
        self.save.clicked.connect(self._give)
        self.stay.clicked.connect(self.left)
        for field in (self.name, self.address, self.model, self.key):
            field.returnPressed.connect(self._give)

    # What is shown ------------------------------------------------------------------------

    def first_focus(self) -> None:
        """On the name."""
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_key(self) -> None:
        """On the key: the provider does not take the one there is."""
        self.key.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_problem(self, sentence: str) -> None:
        """Say why it could not be kept; what was typed stays."""
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))
        self.save.setEnabled(True)

    def _hint(self) -> None:
        self.hint.setText(words.address_hint(self.address.text()))
        self.hint.setVisible(bool(self.hint.text()))

    def _show_more(self) -> None:
        self._more.show()
        self.more.hide()
        order_stops(self.stops)
        self.price_in.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_box(self, name: str, address: str) -> None:
        self.address.setText(address)
        if not self.name.text():
            self.name.setText(name)
        self.model.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_key(self) -> None:
        self._forgets_key = True
        self.key.clear()
        self.key.setPlaceholderText("None")
        self.no_key.hide()
        self.key.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_key(self) -> None:
        self._forgets_key = False
        if self._provider.has_key:
            self.key.setPlaceholderText("Unchanged")
            self.no_key.show()

    # What is given ------------------------------------------------------------------------

    def _give(self) -> None:
        if not self.save.isEnabled():
            return  # it is being kept
        try:
            prices = _number(self.price_in.text()), _number(self.price_out.text())
        except ValueError:
            self.show_problem(_NO_NUMBER)
            return
        address = self.address.text().strip()
        provider = replace(
            self._provider,
            name=clean(self.name.text()).strip(),
            address=address,
            model=self.model.text().strip(),
            own_network=_is_own(address),
            price_in=prices[0],
            price_out=prices[1],
            currency=self.currency.text().strip().upper(),
            limit_field=self.limit.chosen,  # type: ignore[arg-type] # one of its three values
        )
        self.show_problem("")
        self.save.setEnabled(False)
        self.given.emit(provider, self._key)

    @property
    def _key(self) -> str | None:
        """None: the one there is stays; empty: none."""
        typed = self.key.text().strip()
        if typed or self._forgets_key or not self._provider.has_key:
            return typed
        return None


def _field(name: str, text: str) -> QLineEdit:
    field = QLineEdit(text)
    field.setAccessibleName(name)
    field.setMaxLength(_LONGEST)
    field.setCursorPosition(0)
    return field


def _price(price: float | None) -> str:
    return "" if price is None else f"{price:g}"


def _number(text: str) -> float | None:
    """A price as it was typed; None for none.

    Raises:
        ValueError: it is no number.
    """
    return float(text.strip().replace(",", ".")) if text.strip() else None


def _is_own(address: str) -> bool:
    try:
        return read_address(address).is_own_network
    except BadAddress:
        return False
