"""Copying and hashing at once: the digest is that of the bytes that were written."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from assistant.shelf import copying
from assistant.shelf.copying import copy_hashing

MIB = 1 << 20


def copy(tmp_path: Path, data: bytes, cancel_at: int | None = None) -> tuple[str | None, bytes]:
    """Copy these bytes; the digest, and what lies in the copy."""
    source = tmp_path / "source"
    source.write_bytes(data)
    done = [0]
    with source.open("rb", buffering=0) as stream, (tmp_path / "copy").open("wb") as target:
        digest = copy_hashing(
            stream,
            target.fileno(),
            lambda count: done.__setitem__(0, count),
            lambda: cancel_at is not None and done[0] >= cancel_at,
        )
    return digest, (tmp_path / "copy").read_bytes()


@pytest.mark.parametrize("size", [0, 1, 2 * MIB - 1, 2 * MIB, 2 * MIB + 1, 70 * MIB])
def test_what_is_written_is_what_was_hashed(tmp_path: Path, size: int) -> None:
    """Around the blocks' borders, and past what is flushed in between."""
    data = os.urandom(size)
    digest, written = copy(tmp_path, data)
    assert written == data
    assert digest == hashlib.sha256(data).hexdigest()


def test_a_cancel_gives_no_digest(tmp_path: Path) -> None:
    """It ends between two blocks, and its thread with it."""
    digest, written = copy(tmp_path, os.urandom(20 * MIB), cancel_at=6 * MIB)
    assert digest is None
    assert len(written) <= 8 * MIB


@pytest.mark.parametrize("at", [0, 3, 12])
def test_a_disk_that_refuses_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """At its first block, in its middle, with more blocks than are under way."""
    calls = []

    def write(target: int, data: memoryview) -> None:
        calls.append(len(data))
        if len(calls) > at:
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(copying, "_write_all", write)
    with pytest.raises(OSError, match="full"):
        copy(tmp_path, bytes(40 * MIB))
    assert len(calls) == at + 1
