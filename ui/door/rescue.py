"""The way out of a damaged vault: a backup is chosen, checked and put in its place."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtWidgets import QFileDialog
from shiboken6 import isValid

from assistant.backup.service import Backup, BackupService, Missing, Restored
from assistant.errors import HushError, InputRefused, VaultDamaged, VaultLocked
from ui.bridge import Bridge
from ui.door.damage import DamagePage, backup_words, moment
from ui.markdown.safe_text import revealed
from ui.stage import Stage
from ui.vault.words import NOTHING_BEGUN, number

_NEWEST: Final = "The newest backup"
_EARLIER: Final = "An earlier backup"
_ELSEWHERE: Final = "A backup from elsewhere"
_CANCELLED: Final = "Cancelled. Nothing was changed."
_NEXT: Final = "The next one is offered now."


class Rescue:
    """Leads through the page. Nothing is changed but by the person's press.

    Args:
        backups: The service; it works without an open vault.
        bridge: Brings outcomes to the GUI thread.
        stage: Shows the page.
        error: What is damaged.
        folder: Where the vault's files lie.
        secret: What the person typed a moment ago, or None: it may open the backup as well.
        retry: Opens the vault again, with the files as they are then.
        restored: Opens the vault after a restore: with the secret that opened the backup, and
            words for the person.
    """

    def __init__(
        self,
        backups: BackupService,
        bridge: Bridge,
        stage: Stage,
        error: HushError,
        folder: Path,
        secret: str | None,
        retry: Callable[[], None],
        restored: Callable[[str | None, str], None],
    ) -> None:
        self._service = backups
        self._bridge = bridge
        self._stage = stage
        self._secret = secret
        self._restored = restored
        self._known: list[Backup] = []  # the newest first
        self._chosen: Backup | Path | None = None
        self._running: Future[Restored] | None = None
        self._page = DamagePage(error, folder, stage.theme)
        self._page.retry_wanted.connect(retry)
        self._page.quit_wanted.connect(stage.close)
        self._page.chosen.connect(self._choose)
        self._page.restore_wanted.connect(self._restore)
        self._page.elsewhere_wanted.connect(self._ask_where)
        self._page.cancelled.connect(self._cancel)

    @property
    def is_working(self) -> bool:
        """Whether a backup is being restored."""
        return isValid(self._page) and self._page.is_working

    def start(self) -> None:
        """Show the page and look for backups."""
        self._stage.show_full_page(self._page)
        self._bridge.then(self._service.list(), self._listed, self._not_listed)

    def _listed(self, backups: tuple[Backup, ...]) -> None:
        if not isValid(self._page):  # the person tried again meanwhile
            return
        self._known = list(backups)
        self._page.show_backups(self._known)
        if self._known:
            self._choose(self._known[0])

    def _not_listed(self, error: HushError) -> None:
        if isValid(self._page):
            self._page.show_backups(())
            self._page.show_problem(error.sentence)

    # Choosing -----------------------------------------------------------------------------

    def _choose(self, backup: Backup) -> None:
        self._chosen = backup
        heading = _NEWEST if backup == self._known[0] else _EARLIER
        self._page.show_chosen(heading, backup_words(backup))

        def know(words: str) -> None:
            if isValid(self._page) and self._chosen is backup:
                self._page.show_missing(words)

        self._bridge.then(
            self._service.missing_since(backup.name, self._secret),
            lambda missing: know(_missing_words(missing)),
            lambda _: know(_missing_words(None)),
        )

    def _ask_where(self) -> None:
        dialog = QFileDialog(self._page, "Choose the folder of a backup")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(lambda chosen: self.choose_folder(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def choose_folder(self, folder: Path) -> None:
        """Offer a backup that lies anywhere on this machine."""
        self._chosen = folder
        self._page.show_chosen(_ELSEWHERE, revealed(folder.name))
        self._page.show_missing("What was written after it was made would be missing.")

    # Restoring ----------------------------------------------------------------------------

    def _restore(self, typed: str | None) -> None:
        chosen = self._chosen
        if chosen is None:
            return
        self._secret = typed or self._secret
        self._page.show_working()
        which = chosen if isinstance(chosen, Path) else chosen.name
        self._running = self._service.restore(which, self._secret)
        self._bridge.then(self._running, partial(self._done, chosen), partial(self._failed, chosen))

    def _done(self, chosen: Backup | Path, restored: Restored) -> None:
        which = "a backup" if isinstance(chosen, Path) else f"the backup of {moment(chosen.made)}"
        words = f"Your chats are restored from {which}. What was written after it is missing."
        if restored.kept:
            words = f"{words} The damaged files are kept in {restored.kept}."
        self._restored(self._secret, words)

    def _failed(self, chosen: Backup | Path, error: HushError) -> None:
        if not isValid(self._page):
            return
        following = self._before(chosen)
        if isinstance(error, VaultLocked):
            self._secret = None  # it opens the vault, perhaps, but not this backup
            self._page.ask_secret(error.sentence)
        elif isinstance(error, VaultDamaged) and following:
            self._choose(following)
            self._page.show_problem(f"{error.message} {_NEXT}")
        elif isinstance(error, InputRefused):  # cancelled, or not a backup's folder
            self._page.show_problem(error.sentence, danger=False)
        else:
            self._page.show_problem(error.sentence)

    def _before(self, chosen: Backup | Path) -> Backup | None:
        """The backup that follows in the list."""
        if isinstance(chosen, Path):
            return None
        place = self._known.index(chosen) + 1
        return self._known[place] if place < len(self._known) else None

    def _cancel(self) -> None:
        """Ask for an end. What runs ends with an error of its own; what waits ends here."""
        self._service.cancel()
        if self._running and self._running.cancelled():
            self._page.show_problem(_CANCELLED, danger=False)


def _missing_words(missing: Missing | None) -> str:
    """What a restore would lose, as far as it can be known."""
    if missing is None:
        return "What was written since then would be missing from it."
    counts = ((missing.conversations, "chat"), (missing.messages, "message"))
    found = " and ".join(number(count, one) for count, one in counts if count)
    if not missing.complete:
        known = f": {found} that can still be counted, and perhaps more" if found else ""
        return f"What was written since then would be missing from it{known}."
    if found:
        return f"Written since then, and missing from it: {found}."
    return NOTHING_BEGUN
