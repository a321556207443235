"""The keys of providers: in the system's keyring, else in memory until Hush closes.

A key is in no setting, no vault, no log, no error and no backup. What is read ahead for a request
that a person looks at is kept in memory for five minutes.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Protocol

from assistant.background import Background
from assistant.clock import Clock
from assistant.errors import InputRefused, KeyNotKept, KeyringUnavailable
from assistant.store.cloud_accounts import CloudAccounts
from assistant.store.keyring_guard import TextStore, open_texts

KEPT_SECONDS: Final = 300.0
"""In memory, after it was read: as long as an approval."""

_KEY: Final = re.compile(r"[\x21-\x7e]{1,1000}")


class KeySafe(Protocol):
    """Where the keys of providers are. For any thread, but not the GUI's where it says so.

    ``tests/contract/test_key_safe_contract.py`` is the contract in code.
    """

    @property
    def lasts(self) -> bool:
        """Whether what is put outlasts this run. At once; False until that was found out."""

    def get(self, provider_id: str) -> str:
        """The key of a provider. Blocks.

        Raises:
            KeyNotKept: there is none, or the keyring is locked.
        """

    def put(self, provider_id: str, key: str) -> bool:
        """Keep a key, in place of the one before. Blocks.

        Returns:
            False: there is no safe keyring, so it holds until Hush closes.

        Raises:
            InputRefused: it is no key.
        """

    def forget(self, provider_id: str) -> None:
        """Delete a key. Nothing happens where there is none. Blocks.

        Raises:
            KeyNotKept: the keyring does not answer, so it may still be there.
        """

    def forget_all(self) -> None:
        """Delete every key. Blocks. Raises likewise."""

    def warm(self, provider_id: str) -> None:
        """Read a key ahead: it will be wanted soon. At once; what fails is told by ``get``."""

    def cool(self) -> None:
        """Let go of what was read ahead. At once."""


def checked_key(key: str) -> str:
    """A key without the blanks around it.

    Raises:
        InputRefused: it is none: 1 to 1,000 printable ASCII characters, without blanks.
    """
    found = key.strip()
    if not _KEY.fullmatch(found):
        raise InputRefused(
            "This is no key: a key is up to 1,000 letters, digits and signs, without blanks.",
            "Copy it once more from your provider's page.",
        )
    return found


@dataclass(frozen=True, slots=True)
class _Read:
    key: str = field(repr=False)
    until: float


class KeyringKeys:
    """A ``KeySafe`` over the system's keyring.

    Args:
        vault_id: As the vault's key slots have it.
        clock: Tells how long a key is in memory.
        texts: Finds the safe keyring. Not before somebody wants to know of it: that takes 70 ms.
        found: Called on a thread of its own when ``lasts`` turned true.
    """

    def __init__(
        self,
        vault_id: str,
        clock: Clock,
        texts: Callable[[], TextStore] = open_texts,
        found: Callable[[], object] = lambda: None,
    ) -> None:
        self._vault_id = vault_id
        self._clock = clock
        self._open = texts
        self._found = found
        self._was_asked = False
        self._turn = threading.Lock()  # one call at a time: a reading ahead is waited for
        self._memory = threading.Lock()
        self._accounts: CloudAccounts | None = None
        self._read: dict[str, _Read] = {}
        self._cooled = 0  # so often
        self._unkept: dict[str, _Read] = {}
        self._ahead = Background("cloud-keys")

    @property
    def lasts(self) -> bool:
        """See ``KeySafe.lasts``. The first time it is asked it is found out."""
        if not self._was_asked:
            self._was_asked = True
            self._ahead.submit(self._find)
        return self._accounts is not None

    def get(self, provider_id: str) -> str:
        """See ``KeySafe.get``."""
        cooled = self._cooled
        with self._turn:
            if key := self._remembered(provider_id):
                return key
            try:
                found = self._keyring().get(provider_id)
            except KeyringUnavailable as error:
                raise _not_read(error) from None
            if found is None or not _KEY.fullmatch(found):
                raise KeyNotKept(
                    "Your keyring does not have this provider's key.",
                    "Enter it once more under Cloud. Nothing was sent.",
                )
            with self._memory:
                if cooled == self._cooled:  # else nobody is about to ask any more
                    self._read[provider_id] = _Read(found, self._clock.elapsed() + KEPT_SECONDS)
            return found

    def put(self, provider_id: str, key: str) -> bool:
        """See ``KeySafe.put``."""
        key = checked_key(key)
        with self._turn:
            try:
                self._keyring().put(provider_id, key)
            except KeyringUnavailable:
                self._forget_here(provider_id)
                self._unkept[provider_id] = _Read(key, math.inf)  # until Hush closes
                return False
            self._forget_here(provider_id)
            return True

    def forget(self, provider_id: str) -> None:
        """See ``KeySafe.forget``."""
        with self._turn:
            was_here = provider_id in self._unkept
            self._forget_here(provider_id)
            try:
                self._keyring().forget(provider_id)
            except KeyringUnavailable as error:
                if not was_here:  # such a key never was in a keyring
                    raise _not_read(error) from None

    def forget_all(self) -> None:
        """See ``KeySafe.forget_all``."""
        with self._turn:
            self.cool()
            self._unkept.clear()
            try:
                self._keyring().forget_all()
            except KeyringUnavailable as error:
                raise _not_read(error) from None

    def warm(self, provider_id: str) -> None:
        """See ``KeySafe.warm``."""
        cooled = self._cooled

        def read() -> None:
            with suppress(KeyNotKept):
                if cooled == self._cooled:
                    self.get(provider_id)

        self._ahead.submit(read)

    def cool(self) -> None:
        """See ``KeySafe.cool``."""
        with self._memory:
            self._cooled += 1
            self._read.clear()

    def _remembered(self, provider_id: str) -> str:
        """A key that is in memory; what is there too long goes, of whomever it is."""
        now = self._clock.elapsed()
        with self._memory:
            self._read = {of: read for of, read in self._read.items() if read.until > now}
        read = self._read.get(provider_id) or self._unkept.get(provider_id)
        return read.key if read else ""

    def _forget_here(self, provider_id: str) -> None:
        with self._memory:
            self._read.pop(provider_id, None)
        self._unkept.pop(provider_id, None)

    def _find(self) -> None:
        with suppress(KeyringUnavailable):
            with self._turn:
                self._keyring()
            self._found()  # whoever hears it may ask for a key

    def _keyring(self) -> CloudAccounts:
        """The keyring, found once. One that was not there may be later: it is looked for again."""
        if self._accounts is None:
            self._accounts = CloudAccounts(self._open(), self._vault_id)
        return self._accounts


def _not_read(error: KeyringUnavailable) -> KeyNotKept:
    """In words that speak of a provider: the keyring's own advice is about opening the vault."""
    return KeyNotKept(
        error.message,
        "Unlock your keyring and try again, or enter the key once more under Cloud. "
        "Nothing was sent.",
    )
