"""Wires the vault's place to the core: what it shows, what events say, and the end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from assistant.errors import HushError
from assistant.events import BackupEnded, DamageFound, DrillEnded
from ui.bridge import Bridge
from ui.lock.resumption import News
from ui.vault.backups_controller import BackupsController
from ui.vault.erase import ErasePage
from ui.vault.page import VaultPage
from ui.vault.stage import Front, Restart
from ui.vault.ways_controller import WaysController

if TYPE_CHECKING:
    from assistant.app import App, Session

_NOT_BACKED_UP: Final = "A backup that was due could not be made or tried."
_DRILL_FAILED: Final = "The monthly trial of a restore failed."
_ERASING: Final = "Destroying the keys, then everything else…"


class VaultController:
    """What a person does in the vault's place.

    Args:
        app: Erases; knows the keyring and the backups.
        session: Its ways in; without any, nothing is shown here.
        bridge: Brings outcomes to the GUI thread.
        page: The place.
        stage: For what needs a page of its own.
        pool: For what blocks.
        now: Local time.
        restart: Replaces the process; nothing of this one is needed any more.
    """

    def __init__(
        self,
        app: App,
        session: Session,
        bridge: Bridge,
        page: VaultPage,
        stage: Front,
        pool: Executor,
        now: Callable[[], datetime],
        restart: Restart,
    ) -> None:
        self._app = app
        self._bridge = bridge
        self._page = page
        self._stage = stage
        self._restart = restart
        self._ways: WaysController | None = None
        self._backups: BackupsController | None = None
        if session.keys:
            self._ways = WaysController(
                session.keys, app.vault_status, bridge, page.ways, stage, now, restart
            )
            self._backups = BackupsController(
                app.backups,
                app.end_session,
                app.profile.kept,
                bridge,
                page.backups,
                stage,
                pool,
                now,
                restart,
            )
            app.backups.start_schedule()
        page.erase.erase_wanted.connect(self._ask_erase)

    @property
    def is_working(self) -> bool:
        """Whether something goes on here that the person may be waiting for."""
        return self._page.ways.is_working or self._page.backups.is_working

    @property
    def rotating_since(self) -> int | None:
        """While the vault's key is being changed: see ``Resumption.since``."""
        return self._ways.rotating_since if self._ways else None

    def refresh(self) -> None:
        """Look again at what there is: the person comes here."""
        if self._ways and self._backups:
            self._ways.refresh()
            self._backups.refresh()

    def handle(self, event: BackupEnded | DrillEnded | DamageFound) -> str:
        """Take what Hush did by itself.

        Returns:
            What the person has to hear wherever they are; empty where nothing is wrong, or where
            they are looking at it.
        """
        is_watched = self._page.backups.is_working
        if self._backups:
            self._backups.refresh()
        match event:
            case DamageFound(error):
                return error.sentence
            case DrillEnded(drill) if not drill.ok and not is_watched:
                return f"{_DRILL_FAILED} {drill.problem}".strip()
            case BackupEnded(error=HushError() as error):
                return f"{_NOT_BACKED_UP} {error.sentence}"
        return ""

    # The end ------------------------------------------------------------------------------

    def _ask_erase(self) -> None:
        page = ErasePage(self._stage.theme)
        page.left.connect(self._stage.leave_full_page)
        page.confirmed.connect(lambda: self._erase(page))
        self._stage.show_full_page(page)

    def _erase(self, page: ErasePage) -> None:
        page.show_working(_ERASING)

        def failed(error: HushError) -> None:
            page.show_end(error.sentence, self._restart)

        def erased(_: Any) -> None:
            self._restart(News.ERASED)

        self._bridge.then(self._app.erase_everything(), erased, failed)
