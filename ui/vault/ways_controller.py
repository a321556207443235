"""Wires the section "Ways in" to the key service."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from assistant.access.entrance import FirstKeys, VaultStatus
from assistant.errors import HushError, InputRefused, KeyringUnavailable
from assistant.store.keyslot_format import SlotType
from assistant.store.recovery import RecoveryCode
from ui.bridge import Bridge
from ui.door.second_way import CheckPage
from ui.lock.resumption import News
from ui.vault.new_code import NewCode
from ui.vault.rotate import RotatePage, RotatingPage
from ui.vault.stage import Front, Restart
from ui.vault.ways import WaysSection

if TYPE_CHECKING:
    from assistant.access.keys import KeyService, WayIn

_PROVING: Final = {
    SlotType.KEYRING: "A new process tries the keyring…",
    SlotType.PASSPHRASE: "A new process tries the new passphrase…",
    SlotType.RECOVERY: "A new process tries the new code…",
}
_PROVED: Final = {
    SlotType.KEYRING: "This machine's keyring opens your chats now.",
    SlotType.PASSPHRASE: "The new passphrase is proved and in use.",
    SlotType.RECOVERY: "The new code is proved and in use. The earlier one opens nothing.",
}
_FIRST_CODE: Final = "The recovery code is proved and in use."
_REMOVED: Final = "Removed. It opens nothing any more, your backups included."
_ROTATING: Final = "Encrypting everything anew. This takes a few seconds for each 100 MB…"
_NOTHING_DONE: Final = (InputRefused, KeyringUnavailable)  # from ``rotate``: the vault is open


class WaysController:
    """What a person does with the ways into the vault.

    Args:
        keys: Of the open vault.
        status: Asks what is known of this machine's keyring.
        bridge: Brings outcomes to the GUI thread.
        section: Where they are shown.
        stage: For what needs a page of its own.
        now: Local time.
        restart: Replaces the process; nothing of this one is needed any more.
    """

    def __init__(
        self,
        keys: KeyService,
        status: Callable[[], Future[VaultStatus]],
        bridge: Bridge,
        section: WaysSection,
        stage: Front,
        now: Callable[[], datetime],
        restart: Restart,
    ) -> None:
        self._keys = keys
        self._status = status
        self._bridge = bridge
        self._section = section
        self._stage = stage
        self._now = now
        self._restart = restart
        self._ways: tuple[WayIn, ...] = ()
        self.rotating_since: int | None = None  # while the key is changed; see ``Resumption``
        self._is_unreadable = False
        self._keyring = ("", "")  # its name, or why there is none
        section.passphrase_given.connect(self._set_passphrase)
        section.keyring_wanted.connect(self._set_keyring)
        section.code_wanted.connect(self._ask_code)
        section.remove_wanted.connect(self._remove)
        section.rotation_wanted.connect(self._ask_rotation)

    # What there is ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Look again at what there is."""
        if not self._section.is_working:
            self._bridge.then(self._keys.ways(), self._show, self._not_read)
            self._bridge.then(self._status(), self._know_keyring, lambda _: None)

    def _show(self, ways: tuple[WayIn, ...]) -> None:
        if self._is_unreadable:
            self._is_unreadable = False
            self._section.say(self._section.key_line, "")
        self._ways = ways
        self._section.show_ways(ways, *self._keyring, self._now())

    def _know_keyring(self, status: VaultStatus) -> None:
        self._keyring = (status.keyring, status.keyring_problem)
        if self._ways:
            self._show(self._ways)

    def _not_read(self, error: HushError) -> None:
        self._is_unreadable = True
        self._section.say(self._section.key_line, error.sentence, danger=True)

    def _has(self, kind: SlotType) -> bool:
        return any(way.type is kind for way in self._ways)

    # One way in ---------------------------------------------------------------------------

    def _set_passphrase(self, passphrase: str) -> None:
        self._prove(SlotType.PASSPHRASE, self._keys.set_passphrase(passphrase))

    def _set_keyring(self) -> None:
        self._prove(SlotType.KEYRING, self._keys.set_keyring())

    def _prove(self, kind: SlotType, future: Future[tuple[WayIn, ...]]) -> None:
        self._section.begin(self._section.lines[kind], _PROVING[kind])
        self._bridge.then(future, partial(self._changed, kind, _PROVED[kind]), self._failed)

    def _remove(self, kind: SlotType) -> None:
        self._section.begin(self._section.lines[kind], "Removing it…")
        future = self._keys.remove(kind)
        self._bridge.then(future, partial(self._changed, kind, _REMOVED), self._failed)

    def _changed(self, kind: SlotType, words: str, ways: tuple[WayIn, ...]) -> None:
        self._show(ways)
        self._section.lines[kind].close_form()
        self._section.end(words)

    def _failed(self, error: HushError) -> None:
        """The form stays with what was typed in it."""
        self._section.end(error.sentence, danger=True)

    # A new recovery code ------------------------------------------------------------------

    def _ask_code(self) -> None:
        NewCode(self._stage, self._bridge, self._set_code).show()

    def _set_code(self, code: RecoveryCode, page: CheckPage) -> None:
        kind = SlotType.RECOVERY
        words = _PROVED[kind] if self._has(kind) else _FIRST_CODE
        page.show_busy("Proving it…")

        def done(ways: tuple[WayIn, ...]) -> None:
            self._stage.leave_full_page()
            self._show(ways)
            self._section.say(self._section.lines[kind], words)

        self._bridge.then(
            self._keys.set_recovery(code), done, lambda error: page.show_problem(error.sentence)
        )

    # A new key ----------------------------------------------------------------------------

    def _ask_rotation(self) -> None:
        page = RotatePage(self._stage.theme, passphrase=self._has(SlotType.PASSPHRASE))

        def go_on() -> None:
            passphrase = page.passphrase
            page.clear()
            self._ask_code_for(passphrase)

        def leave() -> None:
            page.clear()
            self._stage.leave_full_page()

        page.confirmed.connect(go_on)
        page.left.connect(leave)
        self._stage.show_full_page(page)

    def _ask_code_for(self, passphrase: str | None) -> None:
        keyring = self._has(SlotType.KEYRING)

        def given(code: RecoveryCode, _: CheckPage) -> None:
            self._rotate(FirstKeys(keyring, passphrase, code))

        NewCode(self._stage, self._bridge, given).show()

    def _rotate(self, first: FirstKeys) -> None:
        page = RotatingPage(self._stage.theme)
        page.confirmed.connect(lambda: self._begin_rotation(page, first))
        page.left.connect(self._stage.leave_full_page)
        self._stage.show_full_page(page)
        self._begin_rotation(page, first)

    def _begin_rotation(self, page: RotatingPage, first: FirstKeys) -> None:
        def failed(error: HushError) -> None:
            self.rotating_since = None
            if isinstance(error, _NOTHING_DONE):
                page.show_problem(error.sentence)
            else:  # the vault is closed by now, with the old key in place
                page.show_end(error.sentence, self._restart)

        def changed(_: None) -> None:
            self._restart(News.KEY_CHANGED)

        page.show_working(_ROTATING)
        self.rotating_since = max((way.created for way in self._ways), default=None)
        self._bridge.then(self._keys.rotate(first), changed, failed)
