"""A new process that proves a new way into the vault, before an old one is given up.

This process knows the key already; what it believes to have written says little. A new one knows
only what lies on the disk and, for a keyring, what the keyring tells a stranger: if it reaches the
DEK, so will the next start.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from assistant.errors import HushError, VaultLocked
from assistant.machine.hardening import harden_process
from assistant.store.keyring_guard import SecretStore, open_keyring
from assistant.store.keyslot_format import SlotType
from assistant.store.keyslots import KekSource, KeyringKey, KeySlots, keyring_account
from assistant.store.passphrase import Passphrase
from assistant.store.recovery import RecoveryCode

COMMAND: Final = (sys.executable, "-I", "-m", "assistant.access.proving")
"""``-I``: neither the working folder nor ``PYTHON*`` variables choose the code that runs."""

_SECONDS: Final = 60.0  # the keyring's own deadline, a costly passphrase and a busy machine
_MAX_BYTES: Final = 64 * 1024


class Prover(Protocol):
    """Tries one slot as the next start would."""

    def prove(self, key_slots: Path, slot_id: str, secret: str) -> bool:
        """Whether the slot opens.

        Args:
            key_slots: The key slots' file.
            slot_id: Which slot.
            secret: The passphrase or recovery code; empty for the keyring.
        """


class ChildProver:
    """A ``Prover``: a child process of its own for each try; the secret goes through a pipe.

    Args:
        command: Starts the child.
        seconds: After this a child that hangs has proved nothing.
    """

    def __init__(self, command: Sequence[str] = COMMAND, seconds: float = _SECONDS) -> None:
        self._command = command
        self._seconds = seconds

    def prove(self, key_slots: Path, slot_id: str, secret: str) -> bool:
        """See ``Prover.prove``. Takes some tenths of a second more than the way in itself."""
        request = json.dumps({"path": str(key_slots), "slot": slot_id, "secret": secret})
        quiet = subprocess.DEVNULL
        try:
            child = subprocess.run(
                self._command,
                input=request.encode("ascii"),
                stdout=quiet,
                stderr=quiet,
                timeout=self._seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return child.returncode == 0


def opens(
    key_slots: Path, slot_id: str, secret: str, keyring: Callable[[], SecretStore] = open_keyring
) -> bool:
    """Try one slot, from what lies on the disk. Arguments as for ``Prover.prove``."""
    try:
        slots = KeySlots.load(key_slots)
        kind = next(slot.type for slot in slots.header.slots if slot.id == slot_id)
        slots.unlock(_source(slots, kind, slot_id, secret, keyring), slot_id)
    except (HushError, StopIteration):
        return False
    return True


def _source(
    slots: KeySlots,
    kind: SlotType,
    slot_id: str,
    secret: str,
    keyring: Callable[[], SecretStore],
) -> KekSource:
    if kind is SlotType.PASSPHRASE:
        return Passphrase(secret)
    if kind is SlotType.RECOVERY:
        return RecoveryCode.parse(secret)
    key = keyring().get(keyring_account(slots.vault_id, slot_id))
    if key is None:
        raise VaultLocked("The keyring does not hold this slot's key.")
    return KeyringKey(key)


def main() -> int:
    """Read a request from stdin; the exit code is 0 where the slot opens."""
    harden_process()
    request: Any = json.loads(sys.stdin.buffer.read(_MAX_BYTES))
    return 0 if opens(Path(request["path"]), request["slot"], request["secret"]) else 1


if __name__ == "__main__":
    sys.exit(main())
