"""Copying a file and hashing it, in one pass: the bytes that are hashed are those that are written.

A second thread writes while the first one reads and hashes, and has the disk take what there is
every so often, so that making the copy durable at the end is short.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable
from typing import BinaryIO, Final

from assistant.disk import flush_to_disk

_BLOCK_BYTES: Final = 2 << 20
_BLOCKS: Final = 8
_FLUSH_BYTES: Final = 64 << 20


def copy_hashing(
    source: BinaryIO,
    target: int,
    progress: Callable[[int], None],
    cancelled: Callable[[], bool],
) -> str | None:
    """Copy the rest of a stream, durably.

    Args:
        source: Unbuffered.
        target: Descriptor of an empty file.
        progress: Told how many bytes were read.
        cancelled: Asked between two blocks.

    Returns:
        SHA-256 of what was written, in hex; None where it was cancelled.

    Raises:
        OSError: either file refuses.
    """
    writer = _Writer(target)
    state, done = hashlib.sha256(), 0
    try:
        while not cancelled():
            block = writer.free_block()
            count = source.readinto(block)  # type: ignore[attr-defined] # every file has it
            if not count:
                writer.finish()
                return state.hexdigest()
            writer.write(block, count)
            state.update(block[:count])
            done += count
            progress(done)
    finally:
        writer.close()
    return None


class _Writer:
    """Writes blocks on a thread of its own, a few behind."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        self._error: OSError | None = None
        for _ in range(_BLOCKS):
            self._free.put(memoryview(bytearray(_BLOCK_BYTES)))
        self._thread = threading.Thread(target=self._work, name="shelf-writing", daemon=True)
        self._thread.start()

    def free_block(self) -> memoryview:
        """A block that may be filled; waits for one. Raises OSError: the disk refused."""
        block = self._free.get()
        if self._error:
            raise self._error
        return block

    def write(self, block: memoryview, count: int) -> None:
        """Have its first bytes written. It may still be read meanwhile."""
        self._full.put((block, count))

    def finish(self) -> None:
        """Wait until all is on the disk. Raises OSError."""
        self.close()
        if self._error:
            raise self._error
        flush_to_disk(self._target)

    def close(self) -> None:
        """End the thread, after what there is to write."""
        self._full.put(None)
        self._thread.join()

    def _work(self) -> None:
        behind = 0
        while (item := self._full.get()) is not None:
            block, count = item
            try:
                if self._error is None:
                    _write_all(self._target, block[:count])
                    behind += count
                    if behind >= _FLUSH_BYTES:
                        flush_to_disk(self._target)
                        behind = 0
            except OSError as error:
                self._error = error  # told with the next block, or at the end
            self._free.put(block)


def _write_all(target: int, data: memoryview) -> None:
    while data:
        data = data[os.write(target, data) :]
