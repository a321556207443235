"""The backups there are, what the last trial of one showed, and what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.records import Backup, Drill
from ui.controls import PlainLabel, TextButton
from ui.days import local
from ui.theme.style import Theme
from ui.theme.tokens import Space
from ui.vault.line import Form, Line, order_stops
from ui.vault.secret import SecretForm
from ui.vault.section import Section
from ui.vault.words import begin, breakable, contents, date, moment, number, size

_FEW: Final = 3  # rows shown before "Show all"
_LOOKING: Final = "Looking for backups…"
_UNREADABLE: Final = "The backups cannot be read"
_NONE: Final = "No backup yet"
_EMPTY: Final = "Hush makes one a day by itself. You need not wait."
_KEPT: Final = "One a day, encrypted and checked. Hush keeps those of 7 days, 4 weeks and 6 months."
_NO_DRILL: Final = (
    "Once a month Hush restores the newest backup aside and compares it. Not done yet."
)
_FORGET: Final = "What you deleted stays in earlier backups, and in files kept from a restore."
_FORGETTING: Final = (
    "Hush makes a new backup first, proves it, then deletes all the others, and the files that a "
    "restore kept. What was deleted or lost before now cannot be had back from them any more."
)


class ForgetForm(Form):
    """Asks once more before earlier backups are deleted.

    Args:
        count: How many there are now.
    """

    given = Signal()

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.column.addWidget(PlainLabel(_FORGETTING, wrap=True))
        go_on = TextButton(f"Delete {number(count, 'earlier backup')}", "outlined")
        self._keep = TextButton("Keep them" if count > 1 else "Keep it", "outlined")
        self.add_buttons(self._keep, go_on)
        go_on.clicked.connect(self.given)
        self._keep.clicked.connect(self.left)

    def first_focus(self) -> None:
        """What changes nothing."""
        self._keep.setFocus(Qt.FocusReason.OtherFocusReason)


class BackupsSection(Section):
    """Newest first; a few of them, or all.

    Args:
        theme: Colours and type.
        folder: Where they lie.
    """

    backup_wanted = Signal()
    verify_wanted = Signal(str, object)  # name, secret or None
    restore_wanted = Signal(str)
    forget_wanted = Signal()
    drill_wanted = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__("Backups", theme, parent)
        self._shown: tuple[Backup, ...] = ()
        self._all = False
        self._is_unreadable = False
        self._folder = folder
        self.add_text(_KEPT)
        self.head = self.add_line(Line(theme, _LOOKING))
        self.rows: dict[str, Line] = {}
        self._row_buttons: dict[str, tuple[TextButton, TextButton]] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(Space.RELATED)
        self.column.addLayout(self._list)
        self._more = TextButton("", "link")
        self.column.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        self.drill_line = self.add_line(Line(theme, "Restore drill", _NO_DRILL))
        self.forget_line = self.add_line(Line(theme, "Forget earlier backups", _FORGET))
        self.place_line = self.add_line(Line(theme, "Where they are", breakable(folder)))
        self._furnish()

    def _furnish(self) -> None:
        now = self.head.add_button("Back up now", "Back up now")
        now.clicked.connect(self.backup_wanted)
        self._drill = self.drill_line.add_button("Try a restore now", "Try a restore now")
        self._drill.clicked.connect(self.drill_wanted)
        self._forget = self.forget_line.add_button("Forget…", "Forget earlier backups…")
        self._forget.clicked.connect(self._ask_forget)
        copy = self.place_line.add_button("Copy path", "Copy the path of the backups")
        copy.clicked.connect(self._copy)
        self._more.clicked.connect(self._show_rest)
        for line in (self.drill_line, self.forget_line):
            line.hide()
        self._more.hide()
        for line in (self.head, self.drill_line, self.forget_line):
            line.cancelled.connect(self.cancelled)

    # What is shown ------------------------------------------------------------------------

    def show_backups(self, backups: Sequence[Backup], now: datetime) -> None:
        """Show these, newest first."""
        if self._is_unreadable:
            self._is_unreadable = False
            self.say(self.head, "")
        self._shown = tuple(backups)
        newest = self._shown[0] if self._shown else None
        if newest:
            self.head.set_title(f"Last backup: {moment(local(newest.made), now)}")
            total = sum(backup.bytes for backup in self._shown)
            count = number(len(self._shown), "backup")
            self.head.set_words(f"{begin(count)} in all, {size(total)}.")
        else:
            self.head.set_title(_NONE)
            self.head.set_words(_EMPTY)
        for line in (self.drill_line, self.forget_line):
            line.setVisible(bool(newest))
        self._list_rows(now)

    def show_unreadable(self, sentence: str) -> None:
        """Say why it cannot be known which there are."""
        self.head.set_title(_UNREADABLE)
        self.head.set_words("")
        self._is_unreadable = True
        self.say(self.head, sentence, danger=True)

    def _list_rows(self, now: datetime) -> None:
        """Keep the lines of backups that stay: one of them may be saying something."""
        wanted = {backup.name: backup for backup in self._shown}
        for name in self.rows.keys() - wanted.keys():
            self.drop_line(self.rows.pop(name))
            del self._row_buttons[name]
        self.rows = {name: self.rows.get(name) or self._row(name) for name in wanted}
        for place, line in enumerate(self.rows.values()):
            self._list.removeWidget(line)
            self._list.insertWidget(place, line)
        for name, backup in wanted.items():
            when = moment(local(backup.made), now)
            self.rows[name].set_title(begin(when))
            for button, verb in zip(self._row_buttons[name], ("Verify", "Restore"), strict=True):
                button.setAccessibleName(f"{verb} the backup of {when}")
            held = contents(backup.conversations, backup.messages)
            until = date(local(backup.expires))
            self.rows[name].set_words(
                f"{held}, {size(backup.bytes)}. Kept until {until} at the latest."
            )
        self._arrange()

    def _row(self, name: str) -> Line:
        line = self.add_line(Line(self.theme, ""), self._list)
        verify = line.add_button("Verify", "", "")
        restore = line.add_button("Restore…", "", "")
        self._row_buttons[name] = (verify, restore)
        verify.clicked.connect(lambda: self.verify_wanted.emit(name, None))
        restore.clicked.connect(lambda: self.restore_wanted.emit(name))
        line.cancelled.connect(self.cancelled)
        return line

    def _arrange(self) -> None:
        """Hide what is beyond the first few, until all are wanted."""
        for place, line in enumerate(self.rows.values()):
            line.setVisible(self._all or place < _FEW)
        lines = (self.head, *self.rows.values())
        after = (self._more, *self.drill_line.stops)
        order_stops([*(stop for line in lines for stop in line.stops), *after])
        self._more.set_words(f"Show all {len(self._shown)}")
        self._more.setVisible(not self._all and len(self._shown) > _FEW)

    def show_drill(self, drill: Drill | None, now: datetime) -> None:
        """Say how the last trial of a restore went."""
        if drill is None:
            self.drill_line.set_words(_NO_DRILL)
            return
        when = begin(moment(local(drill.at), now))
        if drill.ok:
            held = contents(drill.conversations, drill.messages)
            words = f"{when}: the newest backup was restored aside and compared: {held}, all there."
        else:
            words = f"{when}: it failed. {drill.problem}".strip()
        self.drill_line.set_words(words)

    # The person's hands -------------------------------------------------------------------

    def ask_secret(self, name: str, reason: str) -> None:
        """A backup does not open by what is known: ask."""
        line = self.rows.get(name)
        if line:
            form = SecretForm(reason, "Verify")
            form.given.connect(lambda secret: self.verify_wanted.emit(name, secret))
            line.open_form(form, self._row_buttons[name][0])

    def _ask_forget(self) -> None:
        form = ForgetForm(len(self._shown))
        form.given.connect(self.forget_wanted)
        self.forget_line.open_form(form, self._forget)

    def _show_rest(self) -> None:
        self._all = True
        self._arrange()
        verify, _ = self._row_buttons[self._shown[_FEW].name]
        verify.setFocus(Qt.FocusReason.OtherFocusReason)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(str(self._folder))
        self.say(self.place_line, "Copied.")
