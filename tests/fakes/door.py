"""A profile's door over a fake keyring: what opens it, as after a restart each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.access.entrance import Entrance
from assistant.access.proving import opens
from assistant.errors import KeyringUnavailable
from assistant.paths import Profile
from assistant.store import conversation_rows
from assistant.store.keyring_guard import SecretStore
from assistant.store.passphrase import Argon2Policy
from assistant.store.vault import Vault
from tests.fakes.clock import FakeClock
from tests.fakes.secrets import FakeSecretStore

CHEAP = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)
PASSPHRASE = "correct horse battery"


@dataclass
class Door:
    """An entrance over a fake keyring, which can be missing or locked."""

    profile: Profile
    keyring: FakeSecretStore = field(default_factory=FakeSecretStore)
    present: bool = True

    def entrance(self, before_migration: Callable[[bytes], object] = lambda _: None) -> Entrance:
        """A new one, as after a restart."""
        return Entrance(
            self.profile,
            FakeClock(),
            keyring=self.find_keyring,
            cost=CHEAP,
            before_migration=before_migration,
        )

    def find_keyring(self) -> SecretStore:
        """The keyring, if there is one."""
        if not self.present:
            raise KeyringUnavailable("No safe keyring is running here.")
        return self.keyring


@dataclass
class FakeProver:
    """A ``Prover`` that tries for real, but in this process; ``believes`` False always fails."""

    door: Door
    believes: bool = True
    asked: list[str] = field(default_factory=list)

    def prove(self, key_slots: Path, slot_id: str, secret: str) -> bool:
        """See ``Prover.prove``."""
        self.asked.append(slot_id)
        return self.believes and opens(key_slots, slot_id, secret, self.door.find_keyring)


def put_something_in(vault: Vault) -> None:
    """Write a conversation and close."""
    vault.write(lambda c: conversation_rows.create(c, "kept", 1)).result()
    vault.close()


def titles(vault: Vault) -> list[str]:
    """What is in it; closes it."""
    found = vault.read(conversation_rows.list_all).result()
    vault.close()
    return [conversation.title for conversation in found]
