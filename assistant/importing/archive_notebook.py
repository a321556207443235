"""A .zip of notes, read by limited processes: the parent's side of ``archived_notes``."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeGuard

from assistant.cancel import Cancel
from assistant.children.frames import Frame
from assistant.errors import FileRefused
from assistant.importing.files import CHANGING, GONE, Whole, open_plain
from assistant.importing.folder import Entry, Scan, kind_of
from assistant.importing.notebook import Parsed
from assistant.importing.parsing import Parser, collected, shortened, stopped
from assistant.importing.placing import is_within
from assistant.importing.reading import MAX_TEXT_BYTES
from assistant.importing.records import Kind, Named
from assistant.text import storable

ENDING: Final = ".zip"

_MOST_BYTES: Final = 1 << 53
_HASH_BYTES: Final = 32


def scan_archive(found: Scan, path: Path, parser: Parser, stop: Cancel) -> Scan:
    """What lies in a .zip: an export of conversations, or notes.

    A zip of notes is named after the notebook, wherever it lies in the archive: the one folder
    that holds everything, where the archive is called after that (``Vault-2026.zip`` with
    ``Vault/…`` in it), else the archive.

    Args:
        found: The file itself, as a scan found it.
        path: Its path.
        parser: Starts the process that looks.
        stop: Ends it.

    Raises:
        FileRefused: it is damaged, or would unpack to too much.
        CancelledError: ``stop`` was asked.
    """
    inside = Scan(found.folder, archive=path.absolute())
    others: list[str] = []
    with (
        open_plain(path) as file,
        closing(parser.frames(Kind.NOTES_ARCHIVE, file, stop, "list")) as frames,
    ):
        for frame in frames:
            if frame["op"] == "chats":
                return found
            _take(frame, inside, others)
    root = _root([*(entry.path for entry in inside.entries), *others], path.stem)
    if root:
        inside.entries = [_below(entry, root) for entry in inside.entries]
        others = [name.removeprefix(root) for name in others]
    inside.attachments = others
    inside.folder = found.folder / f"{root.removesuffix('/') or path.stem}{ENDING}"
    inside.root = root
    return inside


@dataclass(slots=True)
class ArchiveNotebook:
    """Reads the texts of an archive in a row, in one process, and each document in its own.

    Args:
        archive: The .zip.
        root: What ``scan_archive`` took off each path.
        parser: Starts the processes, one at a time.
        stop: Ends what they do.
    """

    archive: Path = field(repr=False)
    root: str = field(repr=False)
    parser: Parser
    stop: Cancel
    _texts: Generator[Frame, None, None] | None = field(default=None, init=False, repr=False)
    _next: Frame | None = field(default=None, init=False, repr=False)  # a head not asked for yet

    def whole(self, entry: Entry) -> Whole:
        """As ``Notebook``."""
        try:
            return self._whole(entry)
        except FileRefused:
            raise
        except BaseException:
            self.close()
            raise

    def _whole(self, entry: Entry) -> Whole:
        if self._texts is None:
            self._texts = self._frames("texts", entry)
        head = self._next or self._pull()
        while head is not None and (head["op"] != "file" or _number(head) < entry.member):
            head = self._pull()
        self._next = head
        if head is None or _number(head) > entry.member:
            raise FileRefused(GONE)
        self._next = None
        data, why = self._data()
        self._require_same(head, entry)
        if why:
            raise FileRefused(why)
        return Whole(data, _time(head))

    def document(self, entry: Entry, known: bytes | None) -> Parsed | None:
        """As ``Notebook``."""
        self.close()
        with closing(self._frames("document", entry)) as frames:
            head = next(frames, None)
            if head is None or head["op"] != "file":
                raise stopped()
            self._require_same(head, entry)
            found = _hash(head)
            if found == known:
                return None
            return Parsed(collected(frames), found, _time(head))

    def close(self) -> None:
        """End the process that reads the texts."""
        if self._texts is not None:
            self._texts.close()
        self._texts = self._next = None

    def _frames(self, what: str, first: Entry) -> Generator[Frame, None, None]:
        with open_plain(self.archive) as file:
            kind = Kind.NOTES_ARCHIVE
            yield from self.parser.frames(kind, file, self.stop, what, str(first.member))

    def _pull(self) -> Frame | None:
        try:
            return next(self._texts, None) if self._texts else None
        except FileRefused:  # over this file; the next one gets a process of its own
            self.close()
            raise

    def _stopped(self) -> FileRefused:
        self.close()
        return stopped()

    def _data(self) -> tuple[bytes, str]:
        """The bytes that follow, and why they are not whole."""
        data, why = bytearray(), ""
        while (frame := self._pull()) is not None and frame["op"] != "whole":
            if frame["op"] == "bad":
                why = shortened(frame.get("why"))
            elif frame["op"] == "data":
                data += _bytes(frame)
            else:
                raise self._stopped()
            if len(data) > MAX_TEXT_BYTES:
                raise self._stopped()
        if frame is None:
            raise self._stopped()
        return bytes(data), why

    def _require_same(self, head: Frame, entry: Entry) -> None:
        """Refuse an archive that was replaced since it was looked at."""
        if head.get("path") != self.root + entry.path:
            raise FileRefused(CHANGING)


def _take(frame: Frame, inside: Scan, others: list[str]) -> None:
    """Sort one member into ``inside``, which is not to be believed."""
    if frame["op"] == "skip":
        inside.skipped.append(Named(shortened(frame.get("name")), shortened(frame.get("why"))))
        return
    path, number, size = frame.get("path"), frame.get("number"), frame.get("bytes")
    if frame["op"] != "member" or not isinstance(path, str) or storable(path) != path:
        raise stopped()
    if not is_within(path) or not _is_count(number) or not _is_count(size):
        raise stopped()
    kind = kind_of(path.rpartition("/")[2])
    if kind is None:
        others.append(path)
    else:
        inside.entries.append(Entry(path, kind, size, number))


def _root(paths: list[str], name: str) -> str:
    """The one folder that holds everything, where the archive is called after it; with ``/``."""
    first = {path.partition("/")[0] for path in paths if "/" in path}
    if len(first) != 1 or any("/" not in path for path in paths):
        return ""
    root = first.pop()
    return f"{root}/" if name.casefold().startswith(root.casefold()) else ""


def _below(entry: Entry, root: str) -> Entry:
    return Entry(entry.path.removeprefix(root), entry.kind, entry.bytes, entry.member)


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_BYTES


def _number(frame: Frame) -> int:
    number = frame.get("number")
    if not _is_count(number):
        raise stopped()
    return number


def _time(head: Frame) -> int:
    at = head.get("at")
    return max(0, at) if isinstance(at, int) and abs(at) < _MOST_BYTES else 0


def _hash(head: Frame) -> bytes:
    return _decoded(bytes.fromhex, head.get("hash"), _HASH_BYTES)


def _bytes(frame: Frame) -> bytes:
    return _decoded(lambda text: base64.b64decode(text, validate=True), frame.get("data"))


def _decoded(read: Callable[[str], bytes], value: Any, length: int | None = None) -> bytes:
    try:
        data = read(value)
    except (TypeError, ValueError, binascii.Error):
        raise stopped() from None
    if length is not None and len(data) != length:
        raise stopped()
    return data
