"""Private files, whole-or-nothing writes, and words for what the disk does."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest

from assistant.disk import create_private_file, disk_problem, write_atomically
from assistant.errors import StorageFull


def mode(path: Path) -> int:
    """The permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_private_file_is_private_and_so_is_its_folder(tmp_path: Path) -> None:
    """Folder 0700, file 0600, whatever the umask says."""
    path = tmp_path / "profile" / "vault"
    create_private_file(path)
    assert (mode(path.parent), mode(path)) == (0o700, 0o600)


def test_a_private_file_never_replaces_another(tmp_path: Path) -> None:
    """Creating is not truncating."""
    path = tmp_path / "kept"
    path.write_bytes(b"kept")
    with pytest.raises(StorageFull):
        create_private_file(path)
    assert path.read_bytes() == b"kept"


def test_an_atomic_write_replaces_and_leaves_nothing_else(tmp_path: Path) -> None:
    """One file afterwards, private, with the new bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_atomically(path, b"new")
    assert (path.read_bytes(), mode(path)) == (b"new", 0o600)
    assert list(tmp_path.iterdir()) == [path]


def test_an_atomic_write_that_fails_leaves_what_there_was(tmp_path: Path) -> None:
    """A folder stands in the way; no copy of the new bytes is left lying about."""
    path = tmp_path / "file"
    path.mkdir()
    with pytest.raises(StorageFull):
        write_atomically(path, b"new")
    assert list(tmp_path.iterdir()) == [path]


def test_an_atomic_write_touches_no_other_file(tmp_path: Path) -> None:
    """A file that happens to be called ``file.new`` is somebody's."""
    beside = tmp_path / "file.new"
    beside.write_bytes(b"somebody's")
    write_atomically(tmp_path / "file", b"new")
    assert beside.read_bytes() == b"somebody's"


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (errno.ENOSPC, "full"),
        (errno.EDQUOT, "full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "read-only"),
        (errno.EPERM, "read-only"),
        (errno.EIO, "error"),
    ],
)
def test_words_for_what_the_system_says(number: int, word: str) -> None:
    """Full, read-only and failing are three different things to do something about."""
    problem = disk_problem(OSError(number, "secret text", "/home/someone/secret"))
    assert word in problem.message
    assert "secret" not in problem.sentence
