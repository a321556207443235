"""A page for a vault that is damaged: what is safe, and the backup to go back to."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.errors import HushError
from assistant.records import Backup
from ui.chat.announce import read_out
from ui.controls import PlainLabel, TextButton
from ui.days import local
from ui.door.passphrase import passphrase_field
from ui.flow import FlowLayout
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.words import contents, date

_TITLE: Final = "Your chats cannot be opened"
_KEPT: Final = "Nothing was deleted. A restore keeps the damaged files aside."
_LOOKING: Final = "Looking for backups…"
_MEASURING: Final = "Looking for what would be missing…"
_NONE: Final = (
    "Hush has no backup of this vault here. If you have one elsewhere, or an earlier copy of this "
    "folder, restore it or put it back, then try again. Keep the damaged files: parts of them may "
    "still be read."
)
_RESTORING: Final = (
    "Checking the backup and restoring it. This takes a few seconds for each 100 MB."
)


class DamagePage(FullPage):
    """Offers the newest good backup, and the others; never to delete anything.

    Args:
        error: What happened.
        folder: Where the vault's files lie.
        theme: Colours and type.
    """

    restore_wanted = Signal(object)  # the secret typed, or None
    chosen = Signal(object)  # another Backup
    elsewhere_wanted = Signal()
    cancelled = Signal()
    retry_wanted = Signal()
    quit_wanted = Signal()

    def __init__(
        self, error: HushError, folder: Path, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(theme, _TITLE, parent)
        self.add_text(error.message)
        self.add_text(error.advice, "quiet")
        self.add_text(_KEPT)
        self.column.addSpacing(Space.INSIDE)
        self._heading = self.add_text("", "strong")
        self._what = self.add_text(_LOOKING)
        self._missing = self.add_text("", "quiet")
        self._secret = passphrase_field("Passphrase or recovery code of that time")
        self._secret.hide()
        self._problem = PlainLabel("", "danger", wrap=True)
        self._problem.hide()
        self.column.addWidget(self._secret)
        self.column.addWidget(self._problem)
        self._choices = QWidget()  # whatever can be pressed while nothing goes on
        self._work = _Work()
        self._others = _Others()
        self._folder = _Folder(folder)
        self._restore = TextButton("Restore this backup", "main")
        self._retry = TextButton("Try again", "outlined")
        self._quit = TextButton("Quit", "outlined")
        self._more = TextButton("Other backups", "link")
        self._elsewhere = TextButton("From elsewhere…", "link")
        self._where = TextButton("Show the folder", "link")
        self._lay_out_choices()
        self.column.addSpacing(Space.HALF)
        self.column.addWidget(self._choices)
        self.column.addWidget(self._work)
        self._connect()

    def _lay_out_choices(self) -> None:
        column = QVBoxLayout(self._choices)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        for buttons in (
            (self._restore, self._retry, self._quit),
            (self._more, self._elsewhere, self._where),
        ):
            row = FlowLayout()
            for button in buttons:
                row.addWidget(button)
            column.addLayout(row)
        column.addWidget(self._others)
        column.addWidget(self._folder)
        later = (self._others, self._folder, self._restore, self._more, self._work)
        for part in later:
            part.hide()

    def _connect(self) -> None:
        self._restore.clicked.connect(self._give)
        self._secret.returnPressed.connect(self._give)
        self._secret.textChanged.connect(self._offer)
        self._retry.clicked.connect(self.retry_wanted)
        self._quit.clicked.connect(self.quit_wanted)
        self._elsewhere.clicked.connect(self.elsewhere_wanted)
        self._work.cancelled.connect(self.cancelled)
        self._others.chosen.connect(self.chosen)
        self._more.clicked.connect(lambda: self._reveal(self._others))
        self._where.clicked.connect(lambda: self._reveal(self._folder))

    @property
    def is_working(self) -> bool:
        """Whether a backup is being restored."""
        return not self._work.isHidden()

    def first_focus(self) -> None:
        """What helps most: the secret where it is asked for, the backup, or another try."""
        candidates = (self._secret, self._work.cancel, self._restore)
        target = next((part for part in candidates if part.isVisibleTo(self)), self._retry)
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    # What there is ------------------------------------------------------------------------

    def show_backups(self, backups: Sequence[Backup]) -> None:
        """Say which there are, the newest first; none is possible."""
        self._others.fill(backups)
        stops = [self._where, *self._others.buttons, self._folder.copy]
        for before, after in pairwise(stops):  # Tab follows the eye, also to what came later
            QWidget.setTabOrder(before, after)
        self._more.setVisible(len(backups) > 1)
        self._others.setVisible(self._others.isVisibleTo(self) and len(backups) > 1)
        if not backups:
            self._heading.hide()
            self._missing.hide()
            self._restore.hide()
            self._what.setText(_NONE)
            self.first_focus()

    def show_chosen(self, heading: str, what: str) -> None:
        """Offer one backup; what would be missing is said later."""
        for label, text in ((self._heading, heading), (self._what, what)):
            label.setText(text)
            label.show()
        self._missing.setText(_MEASURING)
        self._missing.show()
        self._secret.clear()
        self._secret.hide()
        self._restore.show()
        self._offer()
        self.first_focus()

    def show_missing(self, words: str) -> None:
        """Say what a restore would lose."""
        self._missing.setText(words)
        self._missing.setVisible(bool(words))

    # How it goes --------------------------------------------------------------------------

    def show_working(self) -> None:
        """A backup is being restored."""
        self._problem.hide()
        self._rest(resting=True)
        self._work.begin(_RESTORING)
        self.show_part(self._work)

    def show_problem(self, sentence: str, *, danger: bool = True) -> None:
        """It did not work, or was called off: say why; nothing was changed."""
        self._rest(resting=False)
        self._problem.set_kind("danger" if danger else "quiet")
        self._problem.setText(sentence)
        self._problem.show()
        self.first_focus()
        self.show_part(self._problem)
        read_out(self, sentence)

    def ask_secret(self, reason: str) -> None:
        """The backup does not open by what is known."""
        self._secret.show()
        self._secret.selectAll()
        self._offer()
        self.show_problem(reason)

    def _rest(self, *, resting: bool) -> None:
        self._choices.setVisible(not resting)
        self._work.setVisible(resting)
        self._secret.setEnabled(not resting)

    def _offer(self) -> None:
        self._restore.setEnabled(self._secret.isHidden() or bool(self._secret.text()))

    def _give(self) -> None:
        if self._restore.isEnabled():
            self.restore_wanted.emit(self._secret.text() or None)

    def _reveal(self, part: QWidget) -> None:
        part.setVisible(part.isHidden())
        if not part.isHidden():
            self.show_part(part)


class _Work(QWidget):
    """What goes on, in words, and a way to end it."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = PlainLabel("", "quiet", wrap=True)
        self.cancel = TextButton("Cancel", "outlined")
        self.cancel.clicked.connect(self._cancel)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.RELATED)
        column.addWidget(self._words)
        column.addWidget(self.cancel, 0, Qt.AlignmentFlag.AlignLeft)

    def begin(self, words: str) -> None:
        """Say that it goes on."""
        self._words.setText(words)
        self.cancel.setEnabled(True)
        self.cancel.setFocus(Qt.FocusReason.OtherFocusReason)

    def _cancel(self) -> None:
        self.cancel.setEnabled(False)
        self._words.setText("Ending…")
        self.cancelled.emit()


class _Others(QWidget):
    """Every backup, one button each."""

    chosen = Signal(object)  # Backup

    def __init__(self) -> None:
        super().__init__()
        self.buttons: list[TextButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def fill(self, backups: Sequence[Backup]) -> None:
        """Show these."""
        while item := self._column.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        self.buttons.clear()
        for backup in backups:
            self._column.addWidget(self._line(backup))

    def _line(self, backup: Backup) -> QWidget:
        line = QWidget()
        button = TextButton(moment(backup.made), "row")
        button.setAccessibleDescription(backup_words(backup))
        button.clicked.connect(lambda: self.chosen.emit(backup))
        self.buttons.append(button)
        row = FlowLayout(line)
        row.addWidget(button)
        row.addWidget(PlainLabel(contents(backup.conversations, backup.messages), "quiet"))
        return line


class _Folder(QWidget):
    """Where the files lie, as text: nothing is opened from here."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        # A label breaks lines only where it may: after each separator.
        path = PlainLabel(str(folder).replace("/", "/\u200b"), "quiet", wrap=True)
        path.setAccessibleName(str(folder))
        self.copy = TextButton("Copy", "outlined")
        self.copy.setAccessibleName("Copy the folder's path")
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(str(folder)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.INSIDE)
        column.addWidget(path)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)


def moment(milliseconds: int) -> str:
    """A local date and time in full: "20 November 2026, 08:55"."""
    then = local(milliseconds)
    return f"{date(then)}, {then:%H:%M}"


def backup_words(backup: Backup) -> str:
    """A backup in one line: when it was made and what it holds."""
    return f"{moment(backup.made)}: {contents(backup.conversations, backup.messages)}"
