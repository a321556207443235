"""A model file on disk, and whether it is what it claims to be."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

GGUF_MAGIC: Final = b"GGUF"
"""The first four bytes (ggml/docs/gguf.md, "File Structure")."""

_BLOCK_BYTES: Final = 1 << 20

# A link, a pipe or a device in a file's place is not opened, and never waited for.
_CAREFULLY: Final = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
)


class Fault(StrEnum):
    """What is wrong with a model file."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_GGUF = "not-gguf"
    WRONG_SIZE = "wrong-size"
    WRONG_DIGEST = "wrong-digest"
    CHANGED = "changed"  # a file of another program, used from where it lies


class ModelFileFault(Exception):
    """A model file that must not be loaded."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF file. ``size`` in bytes and ``sha256`` in hex are checked where they are known.

    Whether its digest is still to be read does not make it another file: one that is loaded is
    not loaded anew for that.

    Attributes:
        modified_ns: When it was written, by its disk; None: nobody looked.
        was_read: Told how the file looked before it was read, where its digest was right.
    """

    path: Path
    name: str
    size: int | None = None
    sha256: str | None = field(default=None, compare=False)
    modified_ns: int | None = None
    was_read: Callable[[os.stat_result], object] = field(
        default=lambda _status: None, compare=False, repr=False
    )

    def verify(self) -> None:
        """Check presence, magic, size and digest, cheapest first.

        Reads the whole file where ``sha256`` is known: damaged weights load silently, only the
        digest finds them.

        Raises:
            ModelFileFault: naming the first thing that is wrong.
        """
        try:
            status = self.path.stat()
            with self.path.open("rb") as stream:
                magic = stream.read(len(GGUF_MAGIC))
        except FileNotFoundError as error:
            raise ModelFileFault(Fault.MISSING) from error
        except OSError as error:
            raise ModelFileFault(Fault.UNREADABLE) from error
        if status.st_size == 0:
            raise ModelFileFault(Fault.EMPTY)
        if magic != GGUF_MAGIC:
            raise ModelFileFault(Fault.NOT_GGUF)
        if self.size is not None and status.st_size != self.size:
            raise ModelFileFault(Fault.WRONG_SIZE)
        if self.sha256 is None:
            return
        if digest(self.path) != self.sha256:
            raise ModelFileFault(Fault.WRONG_DIGEST)
        self.was_read(status)


def open_regular(path: Path) -> BinaryIO:
    """Open a file that is one: no symbolic link, no pipe, no device. Unbuffered.

    Raises:
        OSError: the system refuses, or it is something else.
        ValueError: no file can have this name.
    """
    descriptor = os.open(path, _CAREFULLY)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("not a regular file")
        return os.fdopen(descriptor, "rb", buffering=0)
    except BaseException:
        os.close(descriptor)
        raise


def digest_of(
    stream: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> str | None:
    """SHA-256 of the rest of a stream, in hex; None where it was cancelled.

    Args:
        stream: Open, unbuffered or not.
        progress: Told how many bytes were read so far.
        cancelled: Asked between two blocks.

    Raises:
        OSError: it cannot be read to its end.
    """
    state, done = hashlib.sha256(), 0
    block = memoryview(bytearray(_BLOCK_BYTES))
    while count := stream.readinto(block):  # type: ignore[attr-defined] # every file has it
        if cancelled():
            return None
        state.update(block[:count])
        done += count
        progress(done)
    return state.hexdigest()


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        ModelFileFault: the file cannot be read to its end.
    """
    state = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK_BYTES):
                state.update(block)
    except OSError as error:
        raise ModelFileFault(Fault.UNREADABLE) from error
    return state.hexdigest()
