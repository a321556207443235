"""A passphrase as a way into the vault: Argon2id, made as slow as this machine allows."""

from __future__ import annotations

import re
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.kdf import argon2

from assistant.errors import Bug, EnvironmentProblem, InputRefused, VaultLocked, WrongPassphrase
from assistant.store.keyslot_format import MAX_PASSES, SALT_BYTES, Argon2id, SlotType

_KEK_BYTES = 32
# All of Unicode's space separators (category Zs) but the ASCII space itself.
_OTHER_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


@dataclass(frozen=True, slots=True)
class Argon2Policy:
    """How slow a new passphrase slot is made.

    The floor is RFC 9106's second recommended option (64 MiB, 3 passes, 4 lanes). Above it, cost
    grows until one run takes ``seconds``; as a step at most doubles the cost, it then takes at
    most twice that. 256 MiB and 3 passes take 0.4 s on a 2-core laptop.
    """

    floor_kib: int = 64 * 1024
    ceiling_kib: int = 256 * 1024
    passes: int = 3
    most_passes: int = MAX_PASSES
    lanes: int = 4
    seconds: float = 0.5


class Passphrase:
    """A ``KekSource``: what the person types.

    Normalised as RFC 8265 (OpaqueString) does it: any kind of space becomes U+0020, then NFC,
    then UTF-8. So the same keys pressed on another system give the same bytes. Not NFKC: it
    would make different passphrases equal.

    Args:
        text: The passphrase.
        policy: The cost of a new slot.
        clock: Seconds, for measuring that cost.
        random: Returns this many random bytes.

    Raises:
        InputRefused: the passphrase is empty.
    """

    slot_type = SlotType.PASSPHRASE

    def __init__(
        self,
        text: str,
        *,
        policy: Argon2Policy | None = None,
        clock: Callable[[], float] = time.perf_counter,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        if not text:
            raise InputRefused("A passphrase cannot be empty.")
        spaced = _OTHER_SPACE.sub(" ", text)
        # An encoding error would carry the passphrase; "surrogatepass" never raises one.
        self._bytes = unicodedata.normalize("NFC", spaced).encode("utf-8", "surrogatepass")
        self._policy = policy or Argon2Policy()
        self._clock = clock
        self._random = random

    def new_kdf(self) -> Argon2id:
        """Choose what a new slot costs on this machine, with a fresh salt. Takes 1 to 2 s."""
        return replace(calibrate(self._policy, self._clock), salt=self._random(SALT_BYTES))

    def kek(self, kdf: Argon2id | None) -> bytes:
        """Derive the key-encryption key, 32 bytes. Takes 0.5 to 1 s; other threads go on.

        Raises:
            EnvironmentProblem: there is not enough memory.
        """
        if kdf is None:
            raise Bug("A passphrase slot always has a key derivation.")
        return _derive(self._bytes, kdf)

    def refusal(self) -> VaultLocked:
        """What to raise where this passphrase opens no slot."""
        return WrongPassphrase(
            "This passphrase does not open the vault.",
            "Look at Caps Lock and the keyboard's language, then try again.",
        )


def calibrate(policy: Argon2Policy, clock: Callable[[], float]) -> Argon2id:
    """Find the least cost of at least ``policy.seconds``, within the policy's limits.

    Memory grows before passes do: it is memory that makes guessing on graphics cards expensive.

    Returns:
        The cost, with a salt of zeros that must be replaced.
    """
    cost = Argon2id(policy.floor_kib, policy.passes, policy.lanes, bytes(SALT_BYTES))
    while _seconds(cost, clock) < policy.seconds:
        if cost.memory_kib * 2 <= policy.ceiling_kib:
            cost = replace(cost, memory_kib=cost.memory_kib * 2)
        elif cost.passes < policy.most_passes:
            cost = replace(cost, passes=cost.passes + 1)
        else:
            break
    return cost


def _seconds(cost: Argon2id, clock: Callable[[], float]) -> float:
    started = clock()
    _derive(b"measure", cost)
    return clock() - started


def _derive(secret: bytes, kdf: Argon2id) -> bytes:
    run = argon2.Argon2id(
        salt=kdf.salt,
        length=_KEK_BYTES,
        iterations=kdf.passes,
        lanes=kdf.lanes,
        memory_cost=kdf.memory_kib,
    )
    try:
        return run.derive(secret)
    except MemoryError:
        raise EnvironmentProblem(
            f"Checking the passphrase needs {kdf.memory_kib // 1024} MiB of free memory.",
            "Close some programs, then try again.",
        ) from None
