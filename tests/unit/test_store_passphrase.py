"""A passphrase as a way in: what counts as the same one, and what it costs."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from assistant.errors import InputRefused, WrongPassphrase
from assistant.store.keyslot_format import MAX_MEMORY_KIB, Argon2id, parse, serialise
from assistant.store.keyslots import KeySlots, new_vault_id
from assistant.store.passphrase import Argon2Policy, Passphrase, calibrate

TINY = Argon2Policy(floor_kib=32, ceiling_kib=32, passes=1, lanes=1, seconds=0.0)
NOW = 1_790_000_000_000


def passphrase(text: str) -> Passphrase:
    """A passphrase that costs next to nothing."""
    return Passphrase(text, policy=TINY)


@pytest.mark.parametrize(
    ("typed", "elsewhere"),
    [
        ("na\u00efve", "nai\u0308ve"),
        ("\uac00", "\u1100\u1161"),
        ("two words", "two\u00a0words"),
        ("two words", "two\u3000words"),
    ],
)
def test_the_same_keys_on_another_system(typed: str, elsewhere: str) -> None:
    """Composed or not, whatever space the keyboard gives: RFC 8265's OpaqueString."""
    slots, dek = KeySlots.create(new_vault_id(), passphrase(typed), now=NOW)
    assert slots.unlock(passphrase(elsewhere)) == dek


@pytest.mark.parametrize(
    ("one", "two"), [("file", "\ufb01le"), ("abc", "ABC"), ("abc", "abc "), ("²", "2")]
)
def test_different_passphrases_stay_different(one: str, two: str) -> None:
    """What NFKC, folding or trimming would make equal."""
    slots, _ = KeySlots.create(new_vault_id(), passphrase(one), now=NOW)
    with pytest.raises(WrongPassphrase):
        slots.unlock(passphrase(two))


@pytest.mark.parametrize("text", ["\0", "\ud800", "💤" * 1_000, "x" * 100_000])
def test_any_text_is_a_passphrase(text: str) -> None:
    """Long, odd, not even valid: it opens what it closed, and no error ever quotes it."""
    slots, dek = KeySlots.create(new_vault_id(), passphrase(text), now=NOW)
    assert slots.unlock(passphrase(text)) == dek


def test_an_empty_passphrase_is_none() -> None:
    """Neither to close nor to open with."""
    with pytest.raises(InputRefused):
        passphrase("")


def test_argon2id_is_argon2id() -> None:
    """The first small Argon2id vector of the reference implementation's src/test.c."""
    kdf = Argon2id(memory_kib=256, passes=2, lanes=1, salt=b"somesalt")
    expected = "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"
    assert passphrase("password").kek(kdf).hex() == expected


@pytest.mark.skipif(sys.platform != "linux", reason="limits a process's memory as Linux does")
def test_too_little_memory_is_said_in_words() -> None:
    """A slot made on a larger machine, opened on a small one."""
    source = (
        "import resource\n"
        "from assistant.errors import EnvironmentProblem\n"
        "from assistant.store.passphrase import Argon2id, Passphrase\n"
        "resource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))\n"
        "try: Passphrase('p').kek(Argon2id(1 << 20, 1, 1, bytes(16)))\n"
        "except EnvironmentProblem as error: print(error.message)\n"
    )
    run = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert "1024 MiB" in run.stdout


class Stopwatch:
    """A clock by which one derivation takes a time of the test's choosing."""

    def __init__(self, durations: list[float]) -> None:
        self._ticks = [tick for seconds in durations for tick in (0.0, seconds)]
        self.runs = 0

    def __call__(self) -> float:
        self.runs += 1
        return self._ticks.pop(0)


SMALL = Argon2Policy(floor_kib=64, ceiling_kib=256, passes=3, most_passes=5, lanes=1, seconds=0.5)


@pytest.mark.parametrize(
    ("durations", "memory", "passes"),
    [
        ([3.0], 64, 3),  # slower than wanted, but the floor is the floor
        ([0.5], 64, 3),
        ([0.3, 0.6], 128, 3),
        ([0.14, 0.28, 0.57], 256, 3),
        ([0.1, 0.2, 0.39, 0.52], 256, 4),
        ([0.0] * 5, 256, 5),  # faster than the ceiling allows for
    ],
)
def test_calibration(durations: list[float], memory: int, passes: int) -> None:
    """Memory first, then passes, until one run takes half a second."""
    clock = Stopwatch(durations)
    found = calibrate(SMALL, clock)
    assert (found.memory_kib, found.passes, found.lanes) == (memory, passes, 1)
    assert clock.runs == 2 * len(durations)


def test_the_default_cost_is_within_what_may_be_read() -> None:
    """RFC 9106's second recommended option at least; never more than a file may ask for."""
    policy = Argon2Policy()
    assert (policy.floor_kib, policy.passes, policy.lanes) == (64 * 1024, 3, 4)
    assert policy.floor_kib <= policy.ceiling_kib <= MAX_MEMORY_KIB
    slots, dek = KeySlots.create(
        new_vault_id(), Passphrase("p", policy=replace(policy, seconds=0.0)), now=NOW
    )
    assert parse(serialise(slots.header)).slots[0].kdf is not None
    assert slots.unlock(Passphrase("p")) == dek


def test_a_salt_is_never_used_twice() -> None:
    """Two slots of one passphrase have nothing in common."""
    salts = {passphrase("p").new_kdf().salt for _ in range(20)}
    assert len(salts) == 20
    assert bytes(16) not in salts
