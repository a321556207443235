"""What opens the vault: the keyring, a passphrase, a recovery code, and the key behind them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from assistant.store.keyslot_format import SlotType
from ui.controls import PlainLabel, TextButton
from ui.days import local
from ui.door.passphrase import PassphraseForm
from ui.theme.icons import Icon, pixmap
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line
from ui.vault.section import Section
from ui.vault.words import after_a_loss, date, is_only_way, still_opens

if TYPE_CHECKING:
    from assistant.access.keys import WayIn

_WARNING: Final = 20  # pixels
_KEYRING: Final = "This machine's keyring"
_NOT_KNOWN: Final = "…"  # for a moment, while the file is read
_TITLES: Final = {
    SlotType.KEYRING: _KEYRING,
    SlotType.PASSPHRASE: "Passphrase",
    SlotType.RECOVERY: "Recovery code",
}
_ABSENT: Final = {
    SlotType.KEYRING: "Opens Hush without a question while you are logged in. Not used.",
    SlotType.PASSPHRASE: "Something you remember. None yet.",
    SlotType.RECOVERY: "Something you write down and keep elsewhere. None yet.",
}
_OFFERS: Final = {  # where there is one, and where there is none: words and name
    SlotType.KEYRING: (("", ""), ("Add", "Add this machine's keyring")),
    SlotType.PASSPHRASE: (("Change", "Change passphrase"), ("Add", "Add a passphrase")),
    SlotType.RECOVERY: (
        ("Replace", "Replace the recovery code"),
        ("Make one", "Make a recovery code"),
    ),
}
_ROTATION: Final = (
    "Everything kept here is encrypted with it. Change it if somebody may have had it: a new "
    "passphrase alone does not shut them out."
)


class NewPassphraseForm(Form):
    """A new passphrase for the vault.

    Args:
        replaces: Whether there is one already.
    """

    given = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, replaces: bool) -> None:
        super().__init__(parent)
        self._fields = PassphraseForm()
        self._use = TextButton("Change passphrase" if replaces else "Add passphrase", "main")
        leave = TextButton("Cancel", "outlined")
        self.column.addWidget(self._fields)
        self.add_buttons(self._use, leave)
        self._fields.changed.connect(self._offer)
        self._fields.submitted.connect(self._use.click)
        self._use.clicked.connect(lambda: self.given.emit(self._fields.passphrase))
        leave.clicked.connect(self.left)
        self._offer()

    def first_focus(self) -> None:
        """The passphrase."""
        self._fields.first_focus()

    def _offer(self) -> None:
        self._use.setEnabled(self._fields.is_ready)


class RemoveForm(Form):
    """Asks once more before a way in is taken away.

    Args:
        words: What is left then.
    """

    given = Signal()

    def __init__(self, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.addWidget(PlainLabel(words, wrap=True))
        remove, self._keep = TextButton("Remove", "outlined"), TextButton("Keep it", "outlined")
        self.add_buttons(self._keep, remove)
        remove.clicked.connect(self.given)
        self._keep.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)


class WaysSection(Section):
    """One line for each kind of way in, whether there is one or not.

    Args:
        theme: Colours and type.
    """

    passphrase_given = Signal(str)
    code_wanted = Signal()
    keyring_wanted = Signal()
    remove_wanted = Signal(object)  # SlotType
    rotation_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__("Ways in", theme, parent)
        self._types: tuple[SlotType, ...] = ()
        self._loss = PlainLabel("", wrap=True)
        self._sign = QLabel()
        self._sign.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.INSIDE)
        row.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._loss, 1)
        self.column.addLayout(row)
        self.lines: dict[SlotType, Line] = {}
        self._offers: dict[SlotType, TextButton] = {}
        self._removes: dict[SlotType, TextButton] = {}
        for kind in SlotType:
            self._add(kind)
        self.key_line = self.add_line(Line(theme, "The vault's key", _ROTATION))
        self._rotate = self.key_line.add_button("Change…", "Change the vault's key…")
        self._rotate.hide()  # as all of them, until it is known what the new key has to get
        self._rotate.clicked.connect(self.rotation_wanted)
        self._offers[SlotType.KEYRING].clicked.connect(self.keyring_wanted)
        self._offers[SlotType.PASSPHRASE].clicked.connect(self._ask_passphrase)
        self._offers[SlotType.RECOVERY].clicked.connect(self.code_wanted)
        self.apply(theme)

    def _add(self, kind: SlotType) -> None:
        line = self.lines[kind] = self.add_line(Line(self.theme, _TITLES[kind], _NOT_KNOWN))
        self._offers[kind] = line.add_button("", "")
        self._offers[kind].hide()
        self._removes[kind] = line.add_button("Remove", f"Remove: {_TITLES[kind]}", "")
        self._removes[kind].hide()
        self._removes[kind].clicked.connect(lambda: self._ask_remove(kind))

    def show_ways(
        self, ways: Sequence[WayIn], keyring: str, keyring_problem: str, now: datetime
    ) -> None:
        """Show what there is.

        Args:
            ways: Those of the open vault.
            keyring: The name of this machine's keyring; empty where none may be used.
            keyring_problem: Why not, in words.
            now: Decides which days have names.
        """
        self._types = tuple(way.type for way in ways)
        self._warn(only=is_only_way(self._types))
        self._rotate.setVisible(bool(ways))
        since = {way.type: date(local(way.created)) for way in ways}
        today = date(now)
        for kind, line in self.lines.items():
            there = kind in since
            day = "today" if since.get(kind) == today else since.get(kind, "")
            line.set_words(f"In use since {day}." if there else _ABSENT[kind])
            words, name = _OFFERS[kind][0 if there else 1]
            self._offers[kind].set_words(words)
            self._offers[kind].setAccessibleName(name)
            self._offers[kind].setVisible(bool(words))
            self._removes[kind].setVisible(there and len(self._types) > 1)
        self._show_keyring(keyring, keyring_problem, there=SlotType.KEYRING in since)

    def _show_keyring(self, keyring: str, problem: str, *, there: bool) -> None:
        line = self.lines[SlotType.KEYRING]
        line.set_title(f"{_KEYRING}: {keyring}" if keyring else _KEYRING)
        if problem and not keyring and not there:
            line.set_words(problem)
        self._offers[SlotType.KEYRING].setVisible(bool(keyring) and not there)

    def _warn(self, *, only: bool) -> None:
        self._loss.setText(after_a_loss(self._types))
        self._loss.set_kind("danger" if only else "quiet")
        self._sign.setVisible(only)

    # The person's hands -------------------------------------------------------------------

    def _ask_passphrase(self) -> None:
        form = NewPassphraseForm(replaces=SlotType.PASSPHRASE in self._types)
        form.given.connect(self.passphrase_given)
        self._open(SlotType.PASSPHRASE, form, self._offers[SlotType.PASSPHRASE])

    def _ask_remove(self, kind: SlotType) -> None:
        form = RemoveForm(still_opens(self._types, kind))
        form.given.connect(lambda: self.remove_wanted.emit(kind))
        self._open(kind, form, self._removes[kind])

    def _open(self, kind: SlotType, form: Form, back: TextButton) -> None:
        """Show one form, and none beside it."""
        for line in self.lines.values():
            line.close_form()
        self.lines[kind].open_form(form, back)

    def apply(self, theme: Theme) -> None:
        """Take another theme."""
        super().apply(theme)
        ratio = self.devicePixelRatio()
        self._sign.setPixmap(pixmap(Icon.WARNING, theme.palette.danger, _WARNING, ratio))
