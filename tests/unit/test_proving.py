"""A new process tries a way in: the real child, on real files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.access.proving import COMMAND, ChildProver
from assistant.store.keyslots import KeyringKey, KeySlots, new_vault_id
from assistant.store.passphrase import Passphrase
from assistant.store.recovery import RecoveryCode
from tests.fakes.door import CHEAP, PASSPHRASE

CODE = RecoveryCode(bytes(range(20)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with a slot of each type, the keyring's first."""
    slots, dek = KeySlots.create(new_vault_id(), KeyringKey(bytes(32)), now=1)
    for source in (Passphrase(PASSPHRASE, policy=CHEAP), CODE):
        slots = slots.add(dek, source, now=1)
    path = tmp_path / "keyslots.json"
    slots.save(path)
    return path


def slot(path: Path, place: int) -> str:
    """A slot's id."""
    return KeySlots.load(path).header.slots[place].id


@pytest.mark.parametrize(("place", "secret"), [(1, PASSPHRASE), (2, CODE.text)])
def test_a_way_in_that_works(path: Path, place: int, secret: str) -> None:
    """The child reaches the key from what lies on the disk."""
    assert ChildProver().prove(path, slot(path, place), secret)


@pytest.mark.parametrize(
    ("place", "secret"),
    [
        (1, "another passphrase"),
        (1, ""),
        (1, "\udcff\ud800\0"),
        (2, PASSPHRASE),
        pytest.param(2, RecoveryCode.generate().text, id="another recovery code"),
        (0, ""),  # no keyring in the child's environment holds it
    ],
)
def test_a_way_in_that_does_not(
    path: Path, place: int, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong, foreign or missing secrets prove nothing, and do not hang."""
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
    assert not ChildProver().prove(path, slot(path, place), secret)


def test_no_such_slot_or_file(path: Path) -> None:
    """The file may be gone by then."""
    assert not ChildProver().prove(path, "00" * 8, PASSPHRASE)
    assert not ChildProver().prove(path.with_name("nothing.json"), slot(path, 1), PASSPHRASE)


def test_a_file_that_was_altered(path: Path) -> None:
    """One slot less than Hush wrote: the MAC does not hold, and nothing is proved."""
    place = slot(path, 1)
    slots = KeySlots.load(path)
    data = path.read_bytes().replace(slots.header.mac.hex().encode(), b"0" * 64)
    path.write_bytes(data)
    assert not ChildProver().prove(path, place, PASSPHRASE)


def test_a_child_that_cannot_start(path: Path) -> None:
    """A machine without memory for another process: not proved, no exception."""
    prover = ChildProver(command=(sys.executable + "-missing",))
    assert not prover.prove(path, slot(path, 1), PASSPHRASE)


def test_a_child_that_hangs_is_given_up(path: Path) -> None:
    """After its deadline it is killed."""
    command = (sys.executable, "-c", "import time; time.sleep(600)")
    prover = ChildProver(command=command, seconds=0.2)
    assert not prover.prove(path, slot(path, 1), PASSPHRASE)


@pytest.mark.skipif(not shutil.which("prlimit"), reason="needs prlimit and /proc")
def test_the_child_protects_itself_before_it_reads_a_secret() -> None:
    """It waits for its request with no core dump to be had of it."""
    quiet = subprocess.DEVNULL
    allowed = ["prlimit", "--core=4096:4096", *COMMAND]  # or there is nothing to forbid
    with subprocess.Popen(allowed, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as child:
        limits = Path(f"/proc/{child.pid}/limits")
        wanted = re.compile(r"^Max core file size +0 +0 ", re.MULTILINE)
        end = time.monotonic() + 30
        while not wanted.search(limits.read_text()):
            assert time.monotonic() < end, "it never did"
            os.sched_yield()
        child.kill()
