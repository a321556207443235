"""What lies in a .zip of notes, and its bytes. Runs in the limited child process only.

A zip of a folder of notes is read as that folder would be: each file that is no plain, honest one
is refused by its name, and the others are read. Nothing is unpacked to the disk.
"""

from __future__ import annotations

import base64
import hashlib
import io
import lzma
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import BinaryIO, Final

from assistant.children.frames import Frame
from assistant.errors import FileRefused
from assistant.importing.archives import (
    MAX_RATIO,
    PROTECTED,
    TOO_LARGE,
    explodes,
    is_encrypted,
    is_link,
    open_listed,
    points_outside,
    require_apart,
)
from assistant.importing.files import LINK
from assistant.importing.folder import CHATS_FILE, HIDDEN, MAX_DEPTH, kind_of
from assistant.importing.reading import MAX_TEXT_BYTES
from assistant.importing.records import Kind
from assistant.text import storable

MAX_DOCUMENT_BYTES: Final = 256 * 1024 * 1024
"""Of a PDF or DOCX in an archive: its process holds all of it in its memory."""

MAX_BYTES: Final = 4 * 1024**3
"""Of all files together that would be read."""

_ANY_BYTES: Final = 64_000_000
"""So much in all is unpacked from however small an archive: many small files may be alike."""

_PIECE: Final = 8 * 1024 * 1024  # bytes in one frame; base64 makes 11 MB of them
_UTF8_NAME: Final = 0x800  # of the flag bits (APPNOTE.TXT, 4.4.4)
_TIMES: Final = 0x5455  # the extra field with UTC times (Info-ZIP, extended timestamp)
_ALSO_HIDDEN: Final = "__MACOSX"  # what macOS keeps beside each file
_TEXTS: Final = frozenset({Kind.MARKDOWN, Kind.TEXT})
_DAMAGED: Final = "It is damaged in the archive."
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,  # also a name that is no UTF-8
)
"""What ``zipfile`` raises over a member that was made to break it, or broke."""


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive. ``why`` tells why it is not read; empty where it may be."""

    path: str = field(repr=False)
    info: zipfile.ZipInfo = field(repr=False)
    why: str = ""

    @property
    def kind(self) -> Kind | None:
        """What it would become in a folder."""
        return kind_of(PurePosixPath(self.path).name)


def members_of(archive: zipfile.ZipFile) -> list[Member]:
    """The files that are not hidden, by path."""
    files = [(_name(info), info) for info in archive.infolist() if not info.is_dir()]
    times = Counter(name for name, _ in files)
    found = [
        Member(storable(name), info, _why_not(name, info, times[name]))
        for name, info in files
        if not _is_hidden(name)
    ]
    return sorted(found, key=lambda member: member.path)


def list_frames(file: BinaryIO) -> Iterator[Frame]:
    """What lies in the archive: ``chats`` alone, where it is an export of conversations.

    Raises:
        FileRefused: it is no archive, or unpacks to too much.
    """
    archive = open_listed(file)
    members = members_of(archive)
    if _is_chats(members):
        yield {"op": "chats"}
        return
    require_apart(archive)
    whole = sum(each.info.file_size for each in members if each.kind and not each.why)
    if whole > MAX_BYTES:
        raise FileRefused(
            f"It would unpack to {whole / 1e6:,.0f} MB, and Hush reads at most "
            f"{MAX_BYTES / 1e6:,.0f} MB of an archive."
        )
    if whole > max(_ANY_BYTES, MAX_RATIO * file.seek(0, io.SEEK_END)):
        raise FileRefused(
            f"It would unpack to {whole / 1e6:,.0f} MB: far more than it is packed to."
        )
    for number, each in enumerate(members):
        if each.why:
            yield {"op": "skip", "name": each.path, "why": each.why}
        else:
            size = each.info.file_size
            yield {"op": "member", "number": number, "path": each.path, "bytes": size}


def text_frames(file: BinaryIO, first: int) -> Iterator[Frame]:
    """The bytes of all texts from one on, in the order of ``list_frames``.

    Args:
        file: The archive.
        first: The number of the first.
    """
    archive = open_listed(file)
    for number, each in enumerate(members_of(archive)):
        if number < first or each.why or each.kind not in _TEXTS:
            continue
        yield _head(number, each)
        try:
            with archive.open(each.info) as opened:
                while piece := opened.read(_PIECE):
                    yield {"op": "data", "data": base64.b64encode(piece).decode()}
        except _BROKEN:
            yield {"op": "bad", "why": _DAMAGED}
        except MemoryError:  # LZMA takes what the archive says
            yield {"op": "bad", "why": TOO_LARGE}
        yield {"op": "whole"}


def document_frames(
    file: BinaryIO, number: int, read: Callable[[Kind, BinaryIO], Iterator[Frame]]
) -> Iterator[Frame]:
    """One document: the digest of its bytes, then what ``read`` makes of them.

    Raises:
        FileRefused: it cannot be read.
    """
    archive = open_listed(file)
    members = members_of(archive)
    if not 0 <= number < len(members) or members[number].why:
        raise FileRefused("It disappeared while it was read.")
    member = members[number]
    try:
        data = archive.read(member.info)
    except _BROKEN:
        raise FileRefused(_DAMAGED) from None
    yield _head(number, member) | {"hash": hashlib.sha256(data).hexdigest()}
    if member.kind:
        yield from read(member.kind, io.BytesIO(data))


def _head(number: int, member: Member) -> Frame:
    return {"op": "file", "number": number, "path": member.path, "at": _time(member.info)}


def _is_chats(members: list[Member]) -> bool:
    """Whether it is ChatGPT's: its file lies on top, or somewhere and there are no notes."""
    found = [each.path for each in members if CHATS_FILE.fullmatch(PurePosixPath(each.path).name)]
    on_top = any("/" not in path for path in found)
    return on_top or (bool(found) and not any(each.kind in _TEXTS for each in members))


def _name(info: zipfile.ZipInfo) -> str:
    """Its name with ``/``. macOS writes UTF-8 without saying so, and others code page 437."""
    name = info.filename
    if not info.flag_bits & _UTF8_NAME:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode()
    return name.replace("\\", "/").removeprefix("./")


def _is_hidden(name: str) -> bool:
    parts = name.split("/")
    hidden = (part.startswith(HIDDEN) and part not in {".", ".."} for part in parts)
    return parts[0] == _ALSO_HIDDEN or any(hidden)


def _why_not(name: str, info: zipfile.ZipInfo, times: int) -> str:
    """Why a file is not read; empty where it may be."""
    kind = kind_of(PurePosixPath(name).name)
    most = MAX_TEXT_BYTES if kind in _TEXTS else MAX_DOCUMENT_BYTES
    too_large = (
        f"It has {info.file_size / 1e6:,.0f} MB, and Hush reads at most {most / 1e6:,.0f} MB of "
        "such a file in an archive."
    )
    reasons = (
        (points_outside(name), "Its name points outside of the archive."),
        (not _is_plain(name), "Its name is not one that a file can have."),
        (is_link(info), LINK),
        (times > 1, f"The archive holds {times:,} files of this name."),
        (name.count("/") > MAX_DEPTH, f"It lies more than {MAX_DEPTH} folders deep."),
        (kind is not None and is_encrypted(info), PROTECTED),
        (kind is not None and explodes(info), "It would unpack to far more than it is packed to."),
        (kind is not None and info.file_size > most, too_large),
        (kind is Kind.CHATS, "It lies among notes: import it by itself."),
    )
    return next((why for is_so, why in reasons if is_so), "")


def _is_plain(name: str) -> bool:
    return storable(name) == name and all(part not in {"", "."} for part in name.split("/"))


def _time(info: zipfile.ZipInfo) -> int:
    """When it was written: milliseconds since 1970, UTC. An archive's own times are local."""
    extra = info.extra
    while len(extra) >= 4:
        tag, size = int.from_bytes(extra[:2], "little"), int.from_bytes(extra[2:4], "little")
        if tag == _TIMES and size >= 5 and extra[4] & 1:
            return int.from_bytes(extra[5:9], "little", signed=True) * 1000
        extra = extra[4 + size :]
    try:
        # The clock of whoever made it, taken for ours.
        return round(datetime(*info.date_time).astimezone().timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        return 0
