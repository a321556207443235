"""The way from a closed vault to a session: welcome, unlock or, where neither helps, trouble."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

from assistant.app import App, Session, VaultStatus
from assistant.errors import (
    HushError,
    InputRefused,
    KeyringUnavailable,
    VaultLocked,
    WrongPassphrase,
)
from ui.bridge import Bridge
from ui.full_page import FullPage
from ui.theme.style import Theme
from ui.trouble import TroublePage
from ui.unlock import UnlockPage
from ui.welcome import WelcomePage


class Stage(Protocol):
    """What the front door shows its pages on: the window."""

    @property
    def theme(self) -> Theme:
        """Colours and type."""

    def show_full_page(self, page: FullPage) -> None:
        """Show a page over everything, in place of the one before."""

    def close(self) -> bool:
        """End the program."""


class FrontDoor:
    """Opens the vault, asking the person only for what is needed.

    Args:
        app: Knows the vault.
        bridge: Brings outcomes to the GUI thread.
        stage: Shows pages.
        opened: Gets the session, once.
    """

    def __init__(
        self, app: App, bridge: Bridge, stage: Stage, opened: Callable[[Session], None]
    ) -> None:
        self._app = app
        self._bridge = bridge
        self._stage = stage
        self._opened = opened

    def knock(self, passphrase: str | None = None) -> None:
        """Begin. ``passphrase`` is what came with the command line."""
        self._bridge.then(
            self._app.vault_status(),
            partial(self._choose, passphrase),
            partial(self._trouble, passphrase),
        )

    def _choose(self, passphrase: str | None, status: VaultStatus) -> None:
        if not status.exists and passphrase is None:
            self._welcome(status)
        elif not status.exists:
            self._try(passphrase, create=True, failed=partial(self._trouble, None))
        elif passphrase is None and "keyring" not in status.ways:
            self._ask(status, "")
        else:
            self._try(passphrase, failed=partial(self._not_opened, status, passphrase))

    def _try(
        self,
        passphrase: str | None,
        *,
        failed: Callable[[HushError], None],
        create: bool = False,
    ) -> None:
        future = self._app.open_vault(passphrase=passphrase, create=create)
        self._bridge.then(future, self._opened, failed)

    # The first run ------------------------------------------------------------------------

    def _welcome(self, status: VaultStatus) -> None:
        page = WelcomePage(status, self._stage.theme)
        page.begun.connect(
            lambda passphrase: self._try(
                passphrase, create=True, failed=partial(self._not_made, page)
            )
        )
        self._stage.show_full_page(page)

    def _not_made(self, page: WelcomePage, error: HushError) -> None:
        if isinstance(error, InputRefused):
            page.show_problem(error.sentence)
        elif isinstance(error, KeyringUnavailable):
            self.knock()  # the keyring went away: now a passphrase is needed
        else:
            self._trouble(None, error)

    # Every other --------------------------------------------------------------------------

    def _ask(self, status: VaultStatus, reason: str) -> None:
        page = UnlockPage(reason, self._stage.theme, has_keyring="keyring" in status.ways)
        page.passphrase_given.connect(
            lambda passphrase: self._try(passphrase, failed=partial(self._wrong, page))
        )
        page.keyring_wanted.connect(self.knock)
        self._stage.show_full_page(page)

    def _wrong(self, page: UnlockPage, error: HushError) -> None:
        if isinstance(error, WrongPassphrase):
            page.show_problem(error.sentence)
        else:
            self._trouble(None, error)

    def _not_opened(self, status: VaultStatus, passphrase: str | None, error: HushError) -> None:
        """The keyring, or the passphrase from the command line, did not open it."""
        if isinstance(error, VaultLocked) and "passphrase" in status.ways:
            self._ask(status, error.message if passphrase is None else error.sentence)
        else:
            self._trouble(None, error)

    def _trouble(self, passphrase: str | None, error: HushError) -> None:
        page = TroublePage(error, self._stage.theme)
        page.retry_wanted.connect(lambda: self.knock(passphrase))
        page.quit_wanted.connect(self._stage.close)
        self._stage.show_full_page(page)
