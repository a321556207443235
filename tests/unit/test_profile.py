"""The profile: chosen in a known order, private, and held by one process."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from assistant.errors import ProfileInUse, ProfileUnusable
from assistant.instance import Instance, raise_first
from assistant.paths import Profile

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


@pytest.mark.skipif(os.name != "posix", reason="POSIX modes")
def test_folders_are_private(tmp_path: Path) -> None:
    """0700, also where the folder stood open before."""
    root = tmp_path / "open"
    root.mkdir(mode=0o755)
    Profile(root).prepare()
    for folder in (root, root / "logs"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


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
