"""What is here of a file that is being fetched: its first bytes, and where the rest comes from.

``HEX.part`` are the bytes, ``HEX.json`` is the record. The record is written before the first byte,
so a part without one is nothing. How many bytes there are only the part itself tells: a record
could be older than the bytes, or promise more than the disk kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from assistant.disk import (
    disk_failing,
    disk_problem,
    flush_to_disk,
    sweep_unfinished,
    write_atomically,
)
from assistant.errors import HushError, StorageFull
from assistant.log import log_event
from assistant.net.request import is_validator
from models.catalogue import Entry, read_entry
from models.signing import CatalogueFault

_FORMAT: Final = 1
_BLOCK_BYTES: Final = 1 << 20
_MAX_RECORD_BYTES: Final = 64 * 1024
_NAME: Final = re.compile(r"([0-9a-f]{64})\.(part|json)")
_VALIDATOR: Final = re.compile(r"[\x20-\x7e]{1,256}")  # what may stand in a header again
_WINDOWS_BINARY: Final = getattr(os, "O_BINARY", 0)
_NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0)


@dataclass(frozen=True, slots=True)
class PartRecord:
    """Where a part came from.

    Attributes:
        entry: As the signed catalogue had it.
        etag: What the server named the file's state; empty: it did not.
        last_modified: Likewise, by time.
        at: When this was written, milliseconds since 1970.
    """

    entry: Entry
    etag: str = ""
    last_modified: str = ""
    at: int = 0

    @property
    def validator(self) -> str:
        """What ``If-Range`` may be asked with: a strong ETag, else a date (RFC 9110, 13.1.5)."""
        if self.etag.startswith('"') and is_validator(self.etag):
            return self.etag
        return self.last_modified if is_validator(self.last_modified) else ""

    def to_json(self) -> bytes:
        """The record as its file holds it."""
        rest = {"etag": self.etag, "last_modified": self.last_modified, "at": self.at}
        stored = {"format": _FORMAT, "entry": asdict(self.entry), "url": self.entry.url, **rest}
        return json.dumps(stored, indent=1).encode()


class Part:
    """The bytes of one file that are here, and their digest. On one thread.

    Args:
        folder: Where it lies; made where it is missing.
        sha256: Of the whole file, in hex; names it.
    """

    def __init__(self, folder: Path, sha256: str) -> None:
        self.path = folder / f"{sha256}.part"
        self._record_path = folder / f"{sha256}.json"
        self._descriptor = -1
        self._size = 0
        self._digest = hashlib.sha256()

    @property
    def size(self) -> int:
        """Bytes that are here, of an open part."""
        return self._size

    @property
    def sha256(self) -> str:
        """Of the bytes that are here, in hex."""
        return self._digest.hexdigest()

    def open(self, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        """Open it, or begin it, and read what is here from its first byte.

        Args:
            cancelled: Asked between two blocks.
            progress: Told how many bytes were read.

        Raises:
            StorageFull: the disk refuses, or something else stands in its place.
            CancelledError: where ``cancelled`` says so.
        """
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            how = os.O_RDWR | os.O_CREAT | _NO_LINK | _WINDOWS_BINARY
            self._descriptor = os.open(self.path, how, 0o600)
            if not stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                raise disk_failing()
            self._read_again(cancelled, progress)
        except OSError as error:
            raise disk_problem(error) from None

    def append(self, data: bytes) -> None:
        """Add bytes at the end. Where the disk is full, what it took is kept and counted.

        Raises:
            StorageFull: the disk refuses.
        """
        view = memoryview(data)
        try:
            while view:
                taken = os.write(self._descriptor, view)
                self._digest.update(view[:taken])
                self._size += taken
                view = view[taken:]
        except OSError as error:
            raise disk_problem(error) from None

    def begin_anew(self) -> None:
        """Forget the bytes that are here.

        Raises:
            StorageFull: the disk refuses.
        """
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
        except OSError as error:
            raise disk_problem(error) from None
        self._size, self._digest = 0, hashlib.sha256()

    def flush(self) -> None:
        """Make its bytes durable.

        Raises:
            StorageFull: the disk refuses.
        """
        try:
            flush_to_disk(self._descriptor)
        except OSError as error:
            raise disk_problem(error) from None

    def close(self) -> None:
        """Close the file; it stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def record(self) -> PartRecord | None:
        """Where it came from; None: there is no record that makes sense.

        Raises:
            StorageFull: there may be one, and it cannot be read now.
        """
        return _read(self._record_path)

    def write_record(self, record: PartRecord) -> None:
        """Write it down, durably.

        Raises:
            StorageFull: the disk refuses.
        """
        write_atomically(self._record_path, record.to_json())

    def drop(self) -> None:
        """Remove both files. What cannot be removed stays, and is of no use to anyone."""
        self.close()
        for path in (self._record_path, self.path):  # a part without a record is nothing
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _read_again(self, cancelled: Callable[[], bool], progress: Callable[[int], None]) -> None:
        self._size, self._digest = 0, hashlib.sha256()
        while block := os.read(self._descriptor, _BLOCK_BYTES):
            if cancelled():
                raise CancelledError
            self._digest.update(block)
            self._size += len(block)
            progress(self._size)


def left_behind(folder: Path) -> Iterator[tuple[PartRecord, int]]:
    """What earlier runs left: each record, and how many bytes of the file are here.

    Parts without a record that makes sense are removed; where the record cannot be read now, the
    part stays for another run. Nobody may be fetching.
    """
    with suppress(HushError):  # what cannot be removed is in nobody's way
        sweep_unfinished(folder)
    try:
        found = {match[1] for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))}
    except OSError:
        return
    for sha256 in sorted(found):
        part = Part(folder, sha256)
        try:
            record = part.record()
        except StorageFull:  # a disk's hiccup, or no file descriptor left
            log_event("part.record_unread")
            continue
        if record is None or record.entry.sha256 != sha256:
            part.drop()
            continue
        try:
            size = part.path.lstat().st_size
        except OSError:
            size = 0  # it was approved, and ended before its first byte
        yield record, size


def validator(value: str) -> str:
    """A server's ETag or date where it can be sent back as it came, else nothing."""
    return value if _VALIDATOR.fullmatch(value) else ""


def _read(path: Path) -> PartRecord | None:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_RECORD_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise disk_problem(error) from None
    try:
        stored = json.loads(data)
        if not isinstance(stored, dict) or stored.get("format") != _FORMAT:
            return None
        etag, modified = stored["etag"], stored["last_modified"]
        if not isinstance(etag, str) or not isinstance(modified, str):
            return None
        entry = read_entry(stored["entry"])
        return PartRecord(entry, validator(etag), validator(modified), int(stored["at"]))
    except (ValueError, KeyError, TypeError, RecursionError, CatalogueFault):
        return None
