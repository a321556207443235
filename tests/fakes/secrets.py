"""A keyring that lives in a dictionary."""

from __future__ import annotations

from assistant.errors import Bug, KeyringUnavailable
from assistant.store.keyring_guard import SECRET_BYTES, TEXT_CHARACTERS


class FakeTextStore:
    """A ``TextStore`` in memory. Set ``locked`` and it answers as a locked keyring does."""

    def __init__(self) -> None:
        self.locked = False
        self.texts: dict[str, str] = {}
        self.asked: list[str] = []  # accounts that were read

    @property
    def name(self) -> str:
        """See ``TextStore.name``."""
        return "fake keyring"

    def get(self, account: str) -> str | None:
        """See ``TextStore.get``."""
        self._require_unlocked()
        self.asked.append(account)
        return self.texts.get(account)

    def put(self, account: str, text: str) -> None:
        """See ``TextStore.put``."""
        if len(text) > TEXT_CHARACTERS:
            raise Bug(f"A keyring's text has up to {TEXT_CHARACTERS} characters.")
        self._require_unlocked()
        self.texts[account] = text

    def delete(self, account: str) -> None:
        """See ``TextStore.delete``."""
        self._require_unlocked()
        self.texts.pop(account, None)

    def _require_unlocked(self) -> None:
        if self.locked:
            raise KeyringUnavailable("Your keyring is locked.")


class FakeSecretStore:
    """A ``SecretStore`` in memory. Set ``locked`` and it answers as a locked keyring does."""

    def __init__(self) -> None:
        self._locked = False
        self._secrets: dict[str, bytes] = {}
        self._texts = FakeTextStore()

    @property
    def name(self) -> str:
        """See ``SecretStore.name``."""
        return "fake keyring"

    @property
    def texts(self) -> FakeTextStore:
        """See ``SecretStore.texts``."""
        return self._texts

    @property
    def locked(self) -> bool:
        """Whether it answers nothing; its texts neither."""
        return self._locked

    @locked.setter
    def locked(self, locked: bool) -> None:
        self._locked = self._texts.locked = locked

    def get(self, account: str) -> bytes | None:
        """See ``SecretStore.get``."""
        self._require_unlocked()
        return self._secrets.get(account)

    def put(self, account: str, secret: bytes) -> None:
        """See ``SecretStore.put``."""
        if len(secret) != SECRET_BYTES:
            raise Bug(f"A keyring secret has {SECRET_BYTES} bytes.")
        self._require_unlocked()
        self._secrets[account] = secret

    def delete(self, account: str) -> None:
        """See ``SecretStore.delete``."""
        self._require_unlocked()
        self._secrets.pop(account, None)

    def _require_unlocked(self) -> None:
        if self.locked:
            raise KeyringUnavailable("Your keyring is locked.")
