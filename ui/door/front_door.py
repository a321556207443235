"""The way from a closed vault to a session: first run, unlock or, where neither helps, trouble."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TypeVar

from assistant.access.entrance import FirstKeys
from assistant.app import App, Session, VaultStatus
from assistant.errors import (
    HushError,
    InputRefused,
    KeyringUnavailable,
    VaultDamaged,
    VaultLocked,
)
from assistant.events import Notice
from ui.bridge import Bridge
from ui.door.first_run import FirstRun
from ui.door.recovery_code import Sample
from ui.door.rescue import Rescue
from ui.door.step import StepPage
from ui.door.trouble import TroublePage
from ui.door.unlock import KeyringPage, UnlockPage
from ui.full_page import FullPage
from ui.lock.resumption import LockReason
from ui.stage import Stage

__all__ = ["FrontDoor", "Stage"]

T = TypeVar("T")

_TYPED = ("passphrase", "recovery")  # ways in that a person types


class FrontDoor:
    """Opens the vault, asking the person only for what is needed.

    Args:
        app: Knows the vault.
        bridge: Brings outcomes to the GUI thread.
        stage: Shows pages.
        opened: Gets the session, once.
        locked: Hush was locked a moment ago: the keyring is asked only at the person's press,
            and not at all where there is a passphrase; the model is loaded only afterwards.
        reason: Why it was locked; may be empty.
        remark: What the person should hear on the first page of a first run; may be empty.
        sample: Picks the groups of a new recovery code that are asked for.
    """

    def __init__(
        self,
        app: App,
        bridge: Bridge,
        stage: Stage,
        opened: Callable[[Session], None],
        *,
        locked: bool = False,
        reason: str = "",
        remark: str = "",
        sample: Sample | None = None,
    ) -> None:
        self._app = app
        self._bridge = bridge
        self._stage = stage
        self._opened = opened
        self._locked = locked
        self._reason = reason
        self._welcome = remark
        self._sample = sample
        self._is_opening = False
        self._is_warm = False
        self.lock_wanted: LockReason | None = None  # while the vault was being opened
        self._first_run: FirstRun | None = None
        self._rescue: Rescue | None = None
        self._remark = ""  # what the person should hear once the vault is open

    def knock(self, secret: str | None = None) -> None:
        """Begin. ``secret`` is what came with the command line: a passphrase or a recovery code."""
        self._await(
            self._app.vault_status(),
            partial(self._choose, secret),
            partial(self._trouble, secret),
        )

    def lock(self, reason: LockReason) -> None:
        """Have what is being opened locked as soon as it is open.

        Does nothing where a page waits for the person: that is as good as locked, and whoever
        opens the vault there comes later than what wanted it locked.
        """
        is_restoring = bool(self._rescue and self._rescue.is_working)
        if (self._is_opening or is_restoring) and not self.lock_wanted:
            self.lock_wanted = reason

    def _await(
        self, future: Future[T], done: Callable[[T], None], failed: Callable[[HushError], None]
    ) -> None:
        self._is_opening = True

        def rest(error: HushError) -> None:
            self._wait_for_person()
            failed(error)

        self._bridge.then(future, done, rest)

    def _wait_for_person(self) -> None:
        self._is_opening = False
        self.lock_wanted = None

    def _show(self, page: FullPage) -> None:
        self._wait_for_person()
        self._stage.show_full_page(page)

    def _choose(self, secret: str | None, status: VaultStatus) -> None:
        self._locked |= status.locked  # by another process than the one before, perhaps
        if not self._locked:  # else the model waits too: it may be hours until somebody comes
            self._warm_engine()
        if not status.exists:
            self._begin(secret, status)
        elif secret is not None:
            self._try(secret, partial(self._not_opened, status, secret))
        elif self._locked and "passphrase" not in status.ways and "keyring" in status.ways:
            self._offer_keyring(status)
        elif self._locked or "keyring" not in status.ways:
            self._ask(status, self._reason)
        else:
            self._try(None, partial(self._not_opened, status, None))

    def _try(self, secret: str | None, failed: Callable[[HushError], None]) -> None:
        self._await(self._app.open_vault(secret=secret), self._open, failed)

    def _open(self, session: Session) -> None:
        self._first_run = self._rescue = None  # and with them what the person typed
        self._opened(session)
        if self.lock_wanted:
            return
        self._warm_engine()
        if self._remark:
            self._bridge.sink(Notice(self._remark))
            self._remark = ""

    def _warm_engine(self) -> None:
        if not self._is_warm:
            self._is_warm = True
            self._app.warm_engine()

    # The first run ------------------------------------------------------------------------

    def _begin(self, passphrase: str | None, status: VaultStatus) -> None:
        if passphrase is not None:  # from the command line: there is nobody to ask
            keys = FirstKeys(keyring=False, passphrase=passphrase)
            self._create(keys, partial(self._trouble, None))
            return
        first_run = FirstRun(
            status, self._stage, self._bridge, self._make, self._sample, self._welcome
        )
        self._first_run = first_run
        self._wait_for_person()
        first_run.start()

    def _make(self, first: FirstKeys) -> None:
        self._create(first, self._not_made)

    def _create(self, first: FirstKeys, failed: Callable[[HushError], None]) -> None:
        self._await(self._app.create_vault(first), self._open, failed)

    def _not_made(self, error: HushError) -> None:
        if self._first_run and isinstance(error, InputRefused):
            self._first_run.refuse(error)
        elif self._first_run and isinstance(error, KeyringUnavailable):
            self._first_run.go_on_without_keyring(error)
        else:
            page = self._show_trouble(error)
            page.retry_wanted.connect(self._make_again)

    def _make_again(self) -> None:
        """After a full disk, for one: with everything that was given before."""
        if self._first_run:
            self._first_run.start()
        else:
            self.knock()

    # Every other --------------------------------------------------------------------------

    def _ask(self, status: VaultStatus, reason: str) -> None:
        ways = [way for way in status.ways if way in _TYPED]
        may_ask = "keyring" in status.ways and not (self._locked and "passphrase" in ways)
        page = UnlockPage(reason, self._stage.theme, ways=ways, has_keyring=may_ask)
        page.secret_given.connect(
            lambda secret: self._try(secret, partial(self._wrong, page, secret))
        )
        page.keyring_wanted.connect(lambda: self._try(None, partial(self._wrong, page, None)))
        self._show(page)

    def _offer_keyring(self, status: VaultStatus) -> None:
        page = KeyringPage(self._reason, self._stage.theme, has_code="recovery" in status.ways)
        page.keyring_wanted.connect(lambda: self._try(None, partial(self._wrong, page, None)))
        page.code_wanted.connect(partial(self._ask, status, self._reason))
        self._show(page)

    def _wrong(self, page: StepPage, secret: str | None, error: HushError) -> None:
        if isinstance(error, VaultLocked | InputRefused):
            page.show_problem(error.sentence)
        else:
            self._trouble(secret, error)

    def _not_opened(self, status: VaultStatus, secret: str | None, error: HushError) -> None:
        """The keyring, or what came with the command line, did not open it."""
        can_type = any(way in status.ways for way in _TYPED)
        if isinstance(error, VaultLocked | InputRefused) and can_type:
            self._ask(status, error.message if secret is None else error.sentence)
        else:
            self._trouble(secret, error)

    # Trouble ------------------------------------------------------------------------------

    def _trouble(self, secret: str | None, error: HushError) -> None:
        if isinstance(error, VaultDamaged):
            self._offer_backup(secret, error)
            return
        page = self._show_trouble(error)
        page.retry_wanted.connect(lambda: self.knock(secret))

    def _show_trouble(self, error: HushError) -> TroublePage:
        page = TroublePage(error, self._stage.theme)
        page.quit_wanted.connect(self._stage.close)
        self._show(page)
        return page

    def _offer_backup(self, secret: str | None, error: VaultDamaged) -> None:
        rescue = Rescue(
            self._app.backups,
            self._bridge,
            self._stage,
            error,
            self._app.profile.root,
            secret,
            retry=lambda: self.knock(secret),
            restored=self._restored,
        )
        self._rescue = rescue
        rescue.start()

    def _restored(self, secret: str | None, remark: str) -> None:
        self._remark = remark
        self.knock(secret)
