"""A keyring that lives in a dictionary."""

from __future__ import annotations

from assistant.errors import Bug, KeyringUnavailable
from assistant.store.keyring_guard import SECRET_BYTES


class FakeSecretStore:
    """A ``SecretStore`` in memory. Set ``locked`` and it answers as a locked keyring does."""

    def __init__(self) -> None:
        self.locked = False
        self._secrets: dict[str, bytes] = {}

    @property
    def name(self) -> str:
        """See ``SecretStore.name``."""
        return "fake keyring"

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
