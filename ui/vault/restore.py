"""Asks before a backup takes the place of what there is."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from assistant.records import Backup
from ui.days import local
from ui.door.passphrase import passphrase_field
from ui.theme.style import Theme
from ui.vault.confirm import ConfirmPage
from ui.vault.words import NOTHING_BEGUN, breakable, contents, moment, number

if TYPE_CHECKING:
    from assistant.backup.service import Missing


class RestorePage(ConfirmPage):
    """What the backup holds, what would be missing, and where the present files go.

    Args:
        backup: Which.
        kept: The folder that the present files are moved to.
        now: Decides which days have names.
        theme: Colours and type.
    """

    def __init__(
        self,
        backup: Backup,
        kept: Path,
        now: datetime,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        when = moment(local(backup.made), now)
        super().__init__(theme, f"Go back to {when}?", "Restore", parent=parent)
        self.add_text(f"This backup holds {contents(backup.conversations, backup.messages)}.")
        self._missing = self.add_text("Looking for what would be missing…")
        self.add_text(
            f"Nothing is deleted: the present files are kept in {breakable(kept)}, encrypted as "
            "they are, until you forget earlier backups. Hush checks the backup, closes your "
            "chats, and starts again. Private chats end with it.",
            "quiet",
        )
        self._secret = passphrase_field("Passphrase or recovery code of that time")
        self._secret.hide()
        self._secret.textChanged.connect(self.offer)
        self._secret.returnPressed.connect(self.confirm)
        self.column.addWidget(self._secret)
        self.finish_page()

    @property
    def is_ready(self) -> bool:
        """Where a secret is asked for, it is there."""
        return self._secret.isHidden() or bool(self._secret.text())

    @property
    def fields(self) -> tuple[QWidget, ...]:
        """The secret."""
        return (self._secret,)

    @property
    def secret(self) -> str | None:
        """A passphrase or a recovery code; None where none was asked for."""
        return None if self._secret.isHidden() else self._secret.text()

    def first_focus(self) -> None:
        """The secret where it is asked for, or what changes nothing."""
        field = self.stay if self._secret.isHidden() else self._secret
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_missing(self, missing: Missing | None) -> None:
        """Say what was written since; None where that could not be found out."""
        self._missing.setText(_missing_words(missing))

    def ask_secret(self, reason: str) -> None:
        """It does not open by what is known."""
        self._secret.show()
        self._secret.selectAll()
        self.show_problem(reason)


def _missing_words(missing: Missing | None) -> str:
    none = missing is None or not (missing.conversations or missing.messages)
    if missing is None or (none and not missing.complete):
        return "What you wrote since then would be missing from it."
    if none:
        return NOTHING_BEGUN
    parts = [
        number(count, one)
        for count, one in ((missing.conversations, "chat"), (missing.messages, "message"))
        if count
    ]
    words = f"Written since then, and missing from it: {' and '.join(parts)}"
    return f"{words}." if missing.complete else f"{words}, as far as could be counted."
