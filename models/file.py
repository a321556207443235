"""A model file on disk, and whether it is what it claims to be."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

GGUF_MAGIC: Final = b"GGUF"
"""The first four bytes (ggml/docs/gguf.md, "File Structure")."""

_BLOCK_BYTES: Final = 1 << 20


class Fault(StrEnum):
    """What is wrong with a model file."""

    MISSING = "missing"
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    NOT_GGUF = "not-gguf"
    WRONG_SIZE = "wrong-size"
    WRONG_DIGEST = "wrong-digest"


class ModelFileFault(Exception):
    """A model file that must not be loaded."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A GGUF file. ``size`` in bytes and ``sha256`` in hex are checked where they are known."""

    path: Path
    name: str
    size: int | None = None
    sha256: str | None = None

    def verify(self) -> None:
        """Check presence, magic, size and digest, cheapest first.

        Reads the whole file where ``sha256`` is known: damaged weights load silently, only the
        digest finds them.

        Raises:
            ModelFileFault: naming the first thing that is wrong.
        """
        try:
            size = self.path.stat().st_size
            with self.path.open("rb") as stream:
                magic = stream.read(len(GGUF_MAGIC))
        except FileNotFoundError as error:
            raise ModelFileFault(Fault.MISSING) from error
        except OSError as error:
            raise ModelFileFault(Fault.UNREADABLE) from error
        if size == 0:
            raise ModelFileFault(Fault.EMPTY)
        if magic != GGUF_MAGIC:
            raise ModelFileFault(Fault.NOT_GGUF)
        if self.size is not None and size != self.size:
            raise ModelFileFault(Fault.WRONG_SIZE)
        if self.sha256 is not None and digest(self.path) != self.sha256:
            raise ModelFileFault(Fault.WRONG_DIGEST)


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
