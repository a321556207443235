"""The profile: chosen in a known order, private, and held by one process."""

from __future__ import annotations

import errno
import os
import queue
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.errors import HushError, ProfileInUse, ProfileUnusable, StorageFull
from assistant.instance import Instance, has_window, raise_first, wait_for
from assistant.paths import Profile, profile_problem

HOLD = """
import sys
from pathlib import Path
from assistant.instance import Instance
from assistant.paths import Profile
held = Instance(Profile(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


def test_named_beats_variable_beats_default(tmp_path: Path) -> None:
    """--profile, then HUSH_PROFILE, then the platform's own place."""
    environment = {"HUSH_PROFILE": str(tmp_path / "b"), "XDG_DATA_HOME": str(tmp_path / "c")}
    assert Profile.choose(str(tmp_path / "a"), environment).root == tmp_path / "a"
    assert Profile.choose(None, environment).root == tmp_path / "b"


@pytest.mark.skipif(sys.platform != "linux", reason="XDG folders are Linux's")
def test_default_follows_xdg(tmp_path: Path) -> None:
    """A relative XDG_DATA_HOME is ignored, as the specification asks."""
    assert Profile.choose(None, {"XDG_DATA_HOME": str(tmp_path)}).root == tmp_path / "hush"
    fallback = Path.home() / ".local" / "share" / "hush"
    assert Profile.choose(None, {"XDG_DATA_HOME": "relative"}).root == fallback


def test_home_of_nobody_is_refused_in_words() -> None:
    """``~name`` of a user who does not exist here."""
    with pytest.raises(ProfileUnusable):
        Profile.choose("~nobody-of-that-name/profile", {})


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_folders_are_private(tmp_path: Path) -> None:
    """0700 for what Hush makes; what the person made keeps its mode."""
    root = tmp_path / "new"
    Profile(root).prepare()
    for folder in (root, root / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    own = tmp_path / "own"
    own.mkdir()
    own.chmod(0o755)  # whatever the umask says
    Profile(own).prepare()
    assert stat.S_IMODE(own.stat().st_mode) == 0o755


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    """``--profile ~`` by mistake: nothing is made in it, its mode stays."""
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    (home / "diary.txt").write_text("mine")
    with pytest.raises(ProfileUnusable) as problem:
        Profile(home).prepare()
    assert "other things" in problem.value.message
    assert [path.name for path in home.iterdir()] == ["diary.txt"]
    assert stat.S_IMODE(home.stat().st_mode) == 0o755


def test_profile_is_prepared_again(profile: Profile) -> None:
    """Hush's own files are no other things, also beside a stranger's."""
    (profile.root / "notes.txt").write_text("put here by hand")
    profile.prepare()


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, StorageFull),
        (errno.EDQUOT, StorageFull),
        (errno.EROFS, StorageFull),
        (errno.EACCES, ProfileUnusable),
    ],
)
def test_full_disk_is_told_from_a_barred_folder(number: int, kind: type[HushError]) -> None:
    """They have exit codes of their own."""
    assert isinstance(profile_problem(Path("/p"), OSError(number, os.strerror(number))), kind)


@pytest.mark.parametrize("place", ["file", "proc"])
def test_unusable_folder_is_named(tmp_path: Path, place: str) -> None:
    """A file in the way, or a file system that takes nothing."""
    if place == "file":
        root = tmp_path / "file"
        root.write_text("in the way")
    else:
        root = Path("/proc/hush")
        if not root.parent.exists():
            pytest.skip("no /proc here")
    with pytest.raises(ProfileUnusable) as problem:
        Profile(root).prepare()
    assert str(root) in problem.value.message


def test_one_holder_at_a_time(profile: Profile) -> None:
    """A second hold is refused while the first stands, and works after it."""
    with Instance(profile), pytest.raises(ProfileInUse):
        Instance(profile)
    Instance(profile).release()


def test_lock_that_fails_is_not_a_lock_that_is_held(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file system without locks must not send the person looking for another window."""

    def refuse(_file: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("assistant.instance._lock", refuse)
    with pytest.raises(ProfileUnusable) as problem:
        Instance(profile)
    assert "no locks available" in problem.value.message


class Waiting:
    """A clock that only ``pause`` moves; at a chosen time something happens."""

    def __init__(self, at: float, then: Callable[[], None]) -> None:
        self.now = 0.0
        self._at = at
        self._then = then

    def elapsed(self) -> float:
        """Seconds so far."""
        return self.now

    def pause(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        if self.now >= self._at:
            self._then()


def test_waiting_for_a_command_that_ends(profile: Profile) -> None:
    """The profile is taken once it is free, and the waiting is told once."""
    first, told = Instance(profile), list[str]()
    time = Waiting(3.0, first.release)
    second = wait_for(
        profile,
        patience=10,
        on_wait=lambda: told.append("waiting"),
        elapsed=time.elapsed,
        pause=time.pause,
    )
    second.release()
    assert 3.0 <= time.now < 4.0
    assert told == ["waiting"]


def test_waiting_has_an_end(profile: Profile) -> None:
    """Somebody who holds on is given up."""
    time = Waiting(60.0, pytest.fail)
    with Instance(profile), pytest.raises(ProfileInUse):
        wait_for(profile, patience=10, elapsed=time.elapsed, pause=time.pause)
    assert 10.0 <= time.now < 11.0


def test_window_is_not_waited_for(profile: Profile) -> None:
    """It stays until the person closes it."""
    time = Waiting(0.0, pytest.fail)
    with Instance(profile) as window:
        window.listen(pytest.fail)
        with pytest.raises(ProfileInUse):
            wait_for(profile, patience=10, elapsed=time.elapsed, pause=time.pause)


def test_look_for_a_window_does_not_raise_it(profile: Profile) -> None:
    """The next word the window hears is the first one."""
    raises = queue.SimpleQueue[int]()
    with Instance(profile) as window:
        assert not has_window(profile)
        window.listen(lambda: raises.put(1))
        assert has_window(profile)
        assert raise_first(profile)
        assert raises.qsize() == 1


def test_lock_ends_with_its_process(profile: Profile) -> None:
    """A kill -9 leaves nothing to clean up: the kernel releases the lock."""
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(profile.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(ProfileInUse):
            Instance(profile)
        child.kill()
    Instance(profile).release()


def test_second_start_raises_the_first(profile: Profile) -> None:
    """The second start is heard by the first, and learns that it was."""
    raised = threading.Event()
    with Instance(profile) as first:
        first.listen(raised.set)
        assert raise_first(profile)
        assert raised.wait(5)
    assert not raise_first(profile)


def test_socket_left_by_a_killed_process(profile: Profile) -> None:
    """A stale socket file does not keep the next one from listening."""
    (profile.root / "raise.sock").write_text("stale")
    raised = threading.Event()
    with Instance(profile) as first:
        first.listen(raised.set)
        assert raise_first(profile)
        assert raised.wait(5)


def test_profile_path_too_long_for_a_socket(tmp_path: Path) -> None:
    """The socket moves to the temporary folder; raising works all the same."""
    profile = Profile(tmp_path / ("long" * 40))
    profile.prepare()
    raised = threading.Event()
    with Instance(profile) as first:
        first.listen(raised.set)
        assert raise_first(profile)
        assert raised.wait(5)
