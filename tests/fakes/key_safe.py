"""A place for providers' keys that lives in a dictionary."""

from __future__ import annotations

from assistant.cloud.keys import checked_key
from assistant.errors import KeyNotKept


class FakeKeySafe:
    """A ``KeySafe`` in memory.

    Args:
        lasts: Whether it says that it is a safe keyring.
    """

    def __init__(self, *, lasts: bool = True) -> None:
        self.lasts = lasts
        self.locked = False
        self.keys: dict[str, str] = {}
        self.warmed: list[str] = []

    def get(self, provider_id: str) -> str:
        """See ``KeySafe.get``."""
        self._require_unlocked()
        if provider_id not in self.keys:
            raise KeyNotKept("The fake keyring does not have this provider's key.")
        return self.keys[provider_id]

    def put(self, provider_id: str, key: str) -> bool:
        """See ``KeySafe.put``."""
        self.keys[provider_id] = checked_key(key)
        return self.lasts and not self.locked

    def forget(self, provider_id: str) -> None:
        """See ``KeySafe.forget``."""
        self._require_unlocked()
        self.keys.pop(provider_id, None)

    def forget_all(self) -> None:
        """See ``KeySafe.forget_all``."""
        self._require_unlocked()
        self.keys.clear()

    def warm(self, provider_id: str) -> None:
        """See ``KeySafe.warm``."""
        self.warmed.append(provider_id)

    def cool(self) -> None:
        """See ``KeySafe.cool``."""
        self.warmed.clear()

    def _require_unlocked(self) -> None:
        if self.locked:
            raise KeyNotKept("The fake keyring is locked.")
