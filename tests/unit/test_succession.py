"""Database and key slots change together, or not at all: killed at every step."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant import disk
from assistant.errors import Bug, StorageFull, VaultDamaged
from assistant.paths import Profile
from assistant.store import succession
from assistant.store.succession import Succession

OLD = {"vault.db": b"old database", "vault.db-wal": b"old log", "keyslots.json": b"old slots"}
SLOTS = b"new slots"


class Killed(BaseException):
    """The process ends here, whatever anybody would like to do about it."""


@pytest.fixture
def old(profile: Profile) -> Profile:
    """A profile with an old vault in it."""
    for name, data in OLD.items():
        (profile.root / name).write_bytes(data)
    return profile


def files(profile: Profile) -> dict[str, bytes]:
    """What lies in the profile itself."""
    return {path.name: path.read_bytes() for path in profile.root.iterdir() if path.is_file()}


def succeed(profile: Profile, *, with_slots: bool) -> None:
    """Make a new database, and slots, and let them succeed."""
    change = Succession(profile)
    change.database.write_bytes(b"new database")
    if with_slots:
        change.prepare(SLOTS)
    change.commit(kept="1-restored")


def new(*, with_slots: bool) -> dict[str, bytes]:
    """What lies in the profile then."""
    slots = SLOTS if with_slots else OLD["keyslots.json"]
    return {"vault.db": b"new database", "keyslots.json": slots}


@pytest.mark.parametrize("with_slots", [True, False])
def test_the_new_pair_stands_and_the_old_is_kept(old: Profile, *, with_slots: bool) -> None:
    """Moved aside byte for byte, the write-ahead log too."""
    succeed(old, with_slots=with_slots)
    assert files(old) == new(with_slots=with_slots)
    kept = {p.name: p.read_bytes() for p in (old.kept / "1-restored").iterdir()}
    assert kept == (OLD if with_slots else {k: v for k, v in OLD.items() if "slots" not in k})


def test_into_an_empty_profile(profile: Profile) -> None:
    """A clean machine: there is nothing to keep."""
    succeed(profile, with_slots=True)
    assert files(profile) == new(with_slots=True)
    assert not profile.kept.exists()


def steps(monkeypatch: pytest.MonkeyPatch, limit: int) -> Callable[[], int]:
    """Kill the process at the ``limit``-th change of the disk; the answer counts them."""
    taken = 0
    real = {"replace": Path.replace, "unlink": Path.unlink, "mkdir": Path.mkdir}

    def counted(name: str) -> Callable[..., object]:
        def step(self: Path, *args: object, **named: object) -> object:
            nonlocal taken
            if taken == limit:
                raise Killed
            taken += 1
            return real[name](self, *args, **named)  # type: ignore[operator] # Path's own methods

        return step

    for name in real:
        monkeypatch.setattr(Path, name, counted(name))
    return lambda: taken


@pytest.mark.parametrize("with_slots", [True, False])
def test_killed_at_every_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, with_slots: bool
) -> None:
    """After the next start there is the old pair or the new one, never a mixture.

    The disk's own calls are what is cut here, so this one test patches them.
    """
    outcomes = []
    for limit in range(40):
        profile = Profile(tmp_path / str(limit))
        profile.prepare()
        for name, data in OLD.items():
            (profile.root / name).write_bytes(data)
        with monkeypatch.context() as patch:
            taken = steps(patch, limit)
            try:
                succeed(profile, with_slots=with_slots)
                done = True
            except Killed:
                done = False
        before_finishing = taken()
        Succession(profile).finish()
        disk.sweep_unfinished(profile.root)  # as the entrance does
        found = files(profile)
        assert found in (OLD, new(with_slots=with_slots)), f"killed at step {limit}"
        Succession(profile).finish()
        assert files(profile) == found
        outcomes.append(found == OLD)
        if done:
            assert not outcomes[-1]
            assert before_finishing == limit
            break
    else:
        pytest.fail("it never came to its end")
    assert outcomes[0], "killed at once, nothing has changed"
    assert outcomes == sorted(outcomes, reverse=True), "once decided, it stays decided"


def test_what_was_begun_and_never_decided_goes(old: Profile) -> None:
    """The next database and slots of a run that was killed before its decision."""
    change = Succession(old)
    change.database.write_bytes(b"half")
    change.database.with_name(change.database.name + "-wal").write_bytes(b"half")
    change.prepare(SLOTS)
    Succession(old).finish()
    assert files(old) == OLD


@pytest.mark.parametrize(
    "note", [b"", b"{}", b"[]", b'{"kept": "../x", "slots": true}', b'{"kept": "a", "slots": 1}']
)
def test_a_note_that_nobody_wrote_here(old: Profile, note: bytes) -> None:
    """Named; nothing is moved."""
    old.succession.write_bytes(note)
    with pytest.raises(VaultDamaged):
        Succession(old).finish()
    assert files(old) == {**OLD, "succession.json": note}


@pytest.mark.parametrize("kept", ["", "../away", "a/b", ".", "x" * 81])
def test_only_plain_names_are_kept_under(old: Profile, kept: str) -> None:
    """The name becomes a folder's."""
    change = Succession(old)
    change.database.write_bytes(b"new")
    with pytest.raises(Bug):
        change.commit(kept=kept)


def test_nothing_to_succeed(old: Profile) -> None:
    """Committing without a next database would lose the old one."""
    with pytest.raises(Bug):
        Succession(old).commit(kept="x")
    assert files(old) == OLD


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """No room for a file more."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(disk.tempfile, "mkstemp", refuse)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_decides_nothing(old: Profile) -> None:
    """Neither the slots nor the decision can be written: the old pair stands."""
    change = Succession(old)
    change.database.write_bytes(b"new")
    for attempt in (lambda: change.prepare(SLOTS), lambda: change.commit(kept="x")):
        with pytest.raises(StorageFull):
            attempt()
    succession.Succession(old).finish()
    assert files(old) == OLD
