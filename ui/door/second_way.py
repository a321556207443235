"""The pages between the welcome and the first chat: another way into the vault, or none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from assistant.access.entrance import RecoveryCode
from assistant.store.recovery import CODE_CHARACTERS
from ui.bridge import Bridge
from ui.controls import TextButton
from ui.door.passphrase import PassphraseForm
from ui.door.recovery_code import CodeCheck, CodeSheet
from ui.door.step import StepPage
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.theme.tokens import Space

_WHY_IF_LOST: Final = (
    "If this laptop's keyring is lost – a new laptop, a reinstalled system, a forgotten login "
    "password – nothing else opens your chats."
)
_WHY_IF_FORGOTTEN: Final = (
    "If you forget your passphrase, nothing else opens your chats. It cannot be reset."
)
_CODE: Final = (
    f"{CODE_CHARACTERS} characters to write down and keep somewhere else. Nothing to remember."
)
_WORDS: Final = "A few words to remember. Asked for after a lock, and when the keyring is lost."
_LATER: Final = "You can add another way in later, in the Vault settings."
_LOST_ALONE: Final = (
    "Then this laptop's keyring is the only way in. If it is lost – with a new laptop, a "
    "reinstalled system or a forgotten login password – nobody can open your chats again. "
    "Their backups would be lost with them."
)
_FORGOTTEN_ALONE: Final = "If you forget this passphrase, nobody can open your chats again."
_WRITE_DOWN: Final = (
    "Write it down and keep it apart from this laptop. Whoever has it and your laptop's files can "
    "read your chats. It is shown only now."
)
_CHECK: Final = "Type these two groups from what you wrote down."
_CHOOSE: Final = (
    "It opens your chats after a lock, and where the keyring cannot. If you forget both it and "
    "your login, nobody can."
)


class SecondWayPage(StepPage):
    """Why a second way in is needed, and which there are.

    Args:
        theme: Colours and type.
        has_keyring: Whether the first way is the keyring; else it is a passphrase.
    """

    passphrase_wanted = Signal()
    skip_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, has_keyring: bool) -> None:
        super().__init__(theme, "A second way in", "Make a recovery code", parent)
        self.add_text(_WHY_IF_LOST if has_keyring else _WHY_IF_FORGOTTEN)
        self.column.addSpacing(Space.INSIDE)
        others = []
        if has_keyring:
            self.add_promise(Icon.KEY, "A recovery code – recommended", _CODE)
            self.add_promise(Icon.LOCK, "Or a passphrase", _WORDS)
            passphrase = TextButton("Choose a passphrase", "outlined")
            passphrase.clicked.connect(self.passphrase_wanted)
            others.append(passphrase)
        else:
            self.add_promise(Icon.KEY, "A recovery code", _CODE)
        self.column.addSpacing(Space.INSIDE)
        self.add_end(*others)
        skip = TextButton("Go on without one", "link")
        skip.clicked.connect(self.skip_wanted)
        self.column.addWidget(skip, 0, Qt.AlignmentFlag.AlignLeft)


class CodePage(StepPage):
    """The new recovery code, to be written down.

    Args:
        code: To show.
        theme: Colours and type.
        bridge: Tells when a file is written.
    """

    def __init__(
        self, code: RecoveryCode, theme: Theme, bridge: Bridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, "Your recovery code", "I have written it down", parent)
        self.add_text(_WRITE_DOWN)
        self.sheet = CodeSheet(code, theme, bridge)
        self.add_themed(self.sheet, self.sheet.apply)
        self.add_end()


class CheckPage(StepPage):
    """Whether the code was written down.

    Args:
        code: What was shown.
        asked: Which groups to ask for, counted from 0.
        theme: Colours and type.
        typed: What stands in the fields at first.
    """

    confirmed = Signal()

    def __init__(
        self,
        code: RecoveryCode,
        asked: Sequence[int],
        theme: Theme,
        typed: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, "Is it written down?", "Confirm", parent)
        self.add_text(_CHECK)
        self.check = CodeCheck(code, asked, typed)
        self.column.addWidget(self.check)
        self.add_end()
        self.check.submitted.connect(self.main.click)
        self.went_on.connect(self._check)

    def first_focus(self) -> None:
        """The first field that is still to be filled."""
        self.check.first_focus()
        self.show_part(self.check)

    def _check(self) -> None:
        if self.check.check():
            self.confirmed.emit()


class PassphrasePage(StepPage):
    """A passphrase as the second way in.

    Args:
        theme: Colours and type.
        typed: What stands in the two fields at first.
    """

    def __init__(
        self, theme: Theme, typed: tuple[str, str] = ("", ""), parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, "Choose a passphrase", "Confirm", parent)
        self.add_text(_CHOOSE)
        self.form = PassphraseForm(typed)
        self.column.addWidget(self.form)
        self.form.changed.connect(self._judge)
        self.form.submitted.connect(self.main.click)
        self.add_end()
        self._judge()

    def first_focus(self) -> None:
        """The first field."""
        self.form.first_focus()
        self.show_part(self.form)

    def _judge(self) -> None:
        self.main.setEnabled(self.form.is_ready)


class AlonePage(StepPage):
    """What is lost with the only way in. The main button goes back: to go on takes intent.

    Args:
        theme: Colours and type.
        has_keyring: Whether the only way is the keyring; else it is a passphrase.
    """

    accepted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, has_keyring: bool) -> None:
        only = "keyring" if has_keyring else "passphrase"
        super().__init__(theme, f"With the {only} alone?", "Choose a second way in", parent)
        self.add_text(_LOST_ALONE if has_keyring else _FORGOTTEN_ALONE)
        self.add_text(_LATER, "quiet")
        go_on = TextButton(f"Go on with the {only} alone", "outlined")
        go_on.clicked.connect(self.accepted)
        self.add_end(go_on, back=False)
        self.went_on.connect(self.back_wanted)
