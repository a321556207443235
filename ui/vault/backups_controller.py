"""Wires the section "Backups" to the backup service."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shiboken6 import isValid

from assistant.errors import HushError, InputRefused, VaultLocked
from assistant.records import Backup, Drill
from ui.bridge import Bridge
from ui.lock.resumption import News
from ui.vault.backups import BackupsSection
from ui.vault.line import Line
from ui.vault.restore import RestorePage
from ui.vault.stage import Front, Restart
from ui.vault.words import contents

if TYPE_CHECKING:
    from assistant.backup.service import BackupService, Missing

_MAKING: Final = "Copying and checking the copy…"
_VERIFYING: Final = "Reading every page of it…"
_DRILLING: Final = "Restoring the newest backup aside and comparing it…"
_FORGETTING: Final = "Making a new backup first…"
_RESTORING: Final = "Putting it in place…"
_AS_THEY_WERE: Final = "Your chats are as they were."
_CANCELLED: Final = "Cancelled. Nothing was changed."


class BackupsController:
    """What a person does with backups.

    Args:
        backups: The service.
        close_session: Closes the vault for good; blocks. A backup cannot be put in place before.
        kept: The folder that the present files are moved to by a restore.
        bridge: Brings outcomes to the GUI thread.
        section: Where they are shown.
        stage: For what needs a page of its own.
        pool: For what blocks.
        now: Local time.
        restart: Replaces the process; nothing of this one is needed any more.
    """

    def __init__(
        self,
        backups: BackupService,
        close_session: Callable[[], None],
        kept: Path,
        bridge: Bridge,
        section: BackupsSection,
        stage: Front,
        pool: Executor,
        now: Callable[[], datetime],
        restart: Restart,
    ) -> None:
        self._service = backups
        self._close_session = close_session
        self._kept = kept
        self._bridge = bridge
        self._section = section
        self._stage = stage
        self._pool = pool
        self._now = now
        self._restart = restart
        self._shown: dict[str, Backup] = {}
        self._running: Future[Any] | None = None
        section.backup_wanted.connect(self.back_up)
        section.verify_wanted.connect(self._verify)
        section.restore_wanted.connect(self._ask_restore)
        section.forget_wanted.connect(self._forget)
        section.drill_wanted.connect(self._drill)
        section.cancelled.connect(self._cancel)

    # What there is ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look again at what there is."""
        self._bridge.then(self._service.list(), self._show, self._not_read)
        self._bridge.then(self._service.last_drill(), self.show_drill, lambda _: None)

    def _show(self, backups: tuple[Backup, ...]) -> None:
        self._shown = {backup.name: backup for backup in backups}
        self._section.show_backups(backups, self._now())

    def show_drill(self, drill: Drill | None) -> None:
        """Say how the last one went."""
        self._section.show_drill(drill, self._now())

    def _not_read(self, error: HushError) -> None:
        self._section.show_unreadable(error.sentence)

    # One piece of work at a time ----------------------------------------------------------

    def _work(
        self,
        line: Line,
        sentence: str,
        future: Future[Any],
        done: Callable[[Any], str],
        failed: Callable[[HushError], None] | None = None,
    ) -> None:
        """Say that something goes on at a line and, when it is over, what ``done`` says."""
        self._running = future
        self._section.begin(line, sentence, can_cancel=True)

        def over(result: Any) -> None:
            self._section.end(done(result))
            self.refresh()

        self._bridge.then(future, over, failed or self._failed)

    def _failed(self, error: HushError) -> None:
        """What the person cancelled is refused, not failed."""
        self._section.end(error.sentence, danger=not isinstance(error, InputRefused))
        self.refresh()

    def _cancel(self) -> None:
        """Ask for an end. What runs ends with an error of its own; what waits ends here."""
        self._service.cancel()
        if self._running and self._running.cancelled():
            self._section.end(_CANCELLED)

    def back_up(self) -> None:
        """Make one now."""
        head = self._section.head
        self._work(head, _MAKING, self._service.create(), lambda _: "Done, and checked.")

    def _verify(self, name: str, secret: str | None) -> None:
        def done(backup: Backup) -> str:
            line.close_form()
            held = contents(backup.conversations, backup.messages)
            return f"Every page is as it was written, and all of it can be read: {held}."

        def failed(error: HushError) -> None:
            if isinstance(error, VaultLocked):
                self._section.end()
                self._section.ask_secret(name, error.sentence)
            else:
                line.close_form()
                self._failed(error)

        line = self._section.rows[name]
        self._work(line, _VERIFYING, self._service.verify(name, secret), done, failed)

    def _forget(self) -> None:
        line = self._section.forget_line

        def done(_: object) -> str:
            line.close_form()
            return "Done. Only the new backup is left, and nothing that a restore kept."

        self._work(line, _FORGETTING, self._service.forget_earlier(), done)

    def _drill(self) -> None:
        def done(drill: Drill) -> str:
            self.show_drill(drill)
            return "Done." if drill.ok else f"It failed. {_AS_THEY_WERE}"

        self._work(self._section.drill_line, _DRILLING, self._service.drill(), done)

    # Restoring ----------------------------------------------------------------------------

    def _ask_restore(self, name: str) -> None:
        page = RestorePage(self._shown[name], self._kept, self._now(), self._stage.theme)
        page.confirmed.connect(lambda: self._check(page, name))
        page.left.connect(self._stage.leave_full_page)
        page.cancelled.connect(lambda: self._cancel_check(page))
        self._stage.show_full_page(page)

        def know(missing: Missing | None) -> None:
            if isValid(page):  # and not left meanwhile
                page.show_missing(missing)

        self._bridge.then(self._service.missing_since(name), know, lambda _: know(None))

    def _check(self, page: RestorePage, name: str) -> None:
        """Prove the backup while the vault is still open: up to here nothing changes."""

        def failed(error: HushError) -> None:
            if isinstance(error, VaultLocked):
                page.ask_secret(error.sentence)
            elif isinstance(error, InputRefused):
                page.show_problem(error.sentence)
            else:
                page.show_problem(f"{error.sentence} {_AS_THEY_WERE}")

        self._running = self._service.verify(name, page.secret)
        page.show_working(_VERIFYING, can_cancel=True)
        self._bridge.then(self._running, lambda _: self._restore(page, name), failed)

    def _cancel_check(self, page: RestorePage) -> None:
        self._service.cancel()
        if self._running and self._running.cancelled():
            page.show_problem(_CANCELLED)

    def _restore(self, page: RestorePage, name: str) -> None:
        """Close the vault and put the backup in place. From here on only a new start is left."""
        secret = page.secret

        def work() -> None:
            self._close_session()
            self._service.restore(name, secret).result()

        def failed(error: HushError) -> None:
            if isinstance(error, VaultLocked):  # the key was known by the open vault alone
                page.ask_secret(error.sentence)
                page.confirmed.disconnect()
                page.confirmed.connect(lambda: self._restore(page, name))
                page.left.disconnect()
                page.left.connect(self._restart)
            else:
                page.show_end(error.sentence, self._restart)

        def restored(_: None) -> None:
            self._restart(News.RESTORED)

        page.show_working(_RESTORING)
        self._bridge.then(self._pool.submit(work), restored, failed)
