"""Mutated ``keyslots.json``: a clean error in time and memory, or the same key as ever."""

from __future__ import annotations

import json
import random
import re
import resource
import sys
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assistant import errors
from assistant.store.keyslot_format import serialise
from assistant.store.keyslots import KekSource, KeyringKey, KeySlots, new_vault_id
from assistant.store.passphrase import Argon2Policy, Passphrase
from assistant.store.recovery import RecoveryCode
from tests.trials.children import Child
from tests.trials.outcome import Outcome
from tests.trials.slot_files import COSTLIEST, costly, mutated
from tests.trials.vaults import CHEAP

MOST_SECONDS: Final = 2.0
MOST_MB: Final = 300.0
ADDRESS_SPACE: Final = 4 * 2**30  # a guard for the machine, far above the bar
USUAL: Final = Argon2Policy(seconds=0.0)  # the floor that a real slot never goes below
USUAL_SHARE: Final = 0.02

_PASSPHRASE = "correct horse battery staple"
_BYTES = re.compile(r"(?!9007199254740992)[0-9a-f]{16}")  # but for 2**53, the largest number


@dataclass(frozen=True, slots=True)
class _Vault:
    """A key file with one slot of each kind, and the key it leads to."""

    data: bytes
    dek: str


class _Child:
    """The process that tries key files; started anew where it dies or hangs."""

    def __init__(self, greeting: dict[str, str]) -> None:
        self._greeting = json.dumps(greeting)
        self._child = self._start()

    def try_file(self, path: Path, way: str) -> dict[str, Any]:
        """What became of it."""
        self._child.tell(json.dumps({"path": str(path), "way": way}))
        answer = self._child.hear()
        if answer is not None:
            return dict(json.loads(answer))
        escaped = "the process died" if self._child.code(0) is not None else "it hung"
        self.close()
        self._child = self._start()
        return {"escaped": escaped}

    def close(self) -> None:
        """End it."""
        self._child.__exit__(None, None, None)

    def _start(self) -> Child:
        child = Child("tests.trials.slot_child")
        if sys.platform == "linux":
            resource.prlimit(child.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
        child.tell(self._greeting)
        return child


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Try ``count`` mutated files, each with the secret of one of its slots."""
    dice = random.Random(seed)  # noqa: S311 - seeded
    code, key = RecoveryCode.generate(), dice.randbytes(32)
    secrets = {"passphrase": _PASSPHRASE, "recovery": code.text, "keyring": key.hex()}
    cheap, usual, other = (_made(policy, code, KeyringKey(key)) for policy in (CHEAP, USUAL, CHEAP))
    faults: list[str] = []
    ends: Counter[str] = Counter()
    worst_seconds = worst_mb = 0.0
    path = folder / "keyslots.json"
    with closing(_Child(secrets)) as child:
        for turn in range(count):
            vault = usual if dice.random() < USUAL_SHARE else cheap
            way = dice.choice(sorted(secrets))
            if turn < len(COSTLIEST):
                # Chance seldom asks for the most that the format allows, with the right secret.
                kind, data, way = "costly", costly(vault.data, COSTLIEST[turn]), "passphrase"
            else:
                kind, data = mutated(vault.data, other.data, dice)
            path.write_bytes(data)
            answer = child.try_file(path, way)
            # A slot of another vault under the same secret leads to that vault, as it should.
            end, wrong = judged(answer, {vault.dek, other.dek})
            ends[end] += 1
            worst_seconds = max(worst_seconds, answer.get("seconds", 0.0))
            worst_mb = max(worst_mb, answer.get("mb", 0.0))
            faults += [f"file {turn} ({kind}, {way}): {what}" for what in wrong]
    numbers = {"slowest_s": worst_seconds, "most memory_mb": worst_mb}
    numbers |= {f"ended with {end}": float(times) for end, times in sorted(ends.items())}
    return Outcome(count, seed, tuple(faults), numbers)


def _made(policy: Argon2Policy, *others: KekSource) -> _Vault:
    passphrase = Passphrase(_PASSPHRASE, policy=policy)
    slots, dek = KeySlots.create(new_vault_id(), passphrase, now=1)
    for source in others:
        slots = slots.add(dek, source, now=2)
    return _Vault(serialise(slots.header), dek.hex())


def judged(answer: dict[str, Any], deks: set[str]) -> tuple[str, list[str]]:
    """How it ended, in a word, and what is wrong with that.

    Args:
        answer: Of ``slot_child``.
        deks: The keys that it may have led to.
    """
    wrong = []
    if "dek" in answer:
        end = "the key"
        if answer["dek"] not in deks:
            wrong.append("it led to another key")
    elif "error" in answer:
        end = answer["error"]
        if not issubclass(getattr(errors, end, int), errors.VaultError):
            wrong.append(f"{end} says nothing about the vault")
        if not answer["words"] or _BYTES.search(answer["words"]):
            wrong.append(f"{end} has no words, or bytes of the file in them")
    else:
        end = answer["escaped"]
        wrong.append(end)
    if answer.get("seconds", 0.0) >= MOST_SECONDS:
        wrong.append(f"{end} after {answer['seconds']:.1f} s")
    if answer.get("mb", 0.0) >= MOST_MB:
        wrong.append(f"{end} with {answer['mb']:.0f} MB")
    return end, wrong
