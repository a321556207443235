"""Zip archives that anybody may have made: looked over before anything in them is unpacked.

Nothing is ever unpacked to the disk, so a name like ``../x`` could do no harm; but no program
that means well writes one, and an archive that holds it is not read at all.
"""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Sequence
from itertools import pairwise
from typing import BinaryIO, Final

from assistant.errors import FileRefused

MAX_MEMBERS: Final = 100_000
MAX_RATIO: Final = 250
"""Unpacked to packed. XML and JSON come to 30, what is made to explode to 1,000 and more."""

OUTSIDE: Final = "It holds a name that points outside of it, like “../x”."
LINK: Final = "It holds a link, and links are not followed."
PROTECTED: Final = "It is protected by a password."
TOO_LARGE: Final = "It needs more memory than Hush gives to a file of its kind."
OVERLAPS: Final = "Files in it lie over each other: no honest archive is made so."

_SMALL: Final = 1024 * 1024  # bytes; a small file may well be one letter over and over
_OUTSIDE: Final = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL)
_ENCRYPTED: Final = 0x1  # of the flag bits (APPNOTE.TXT, 4.4.4)
_HEAD_BYTES: Final = 30  # before the name (APPNOTE.TXT, 4.3.7)


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive that is one thing: a document, or another program's export.

    Raises:
        FileRefused: it is none, or holds what no honest archive does.
    """
    archive = open_listed(file)
    for member in archive.infolist():
        if points_outside(member.filename):
            raise FileRefused(OUTSIDE)
        if is_link(member):
            raise FileRefused(LINK)
    return archive


def open_listed(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive whose members are looked at one by one.

    Raises:
        FileRefused: it is none, or holds too many.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileRefused("It is damaged, or no such file at all.") from None
    if len(archive.infolist()) > MAX_MEMBERS:
        raise FileRefused(f"It holds more than {MAX_MEMBERS:,} files.")
    return archive


def points_outside(name: str) -> bool:
    """Whether a member's name leads out of the folder that the archive would be unpacked to."""
    return bool(_OUTSIDE.match(name))


def is_link(member: zipfile.ZipInfo) -> bool:
    """Whether unpacking it would make a link."""
    return stat.S_ISLNK(member.external_attr >> 16)


def is_encrypted(member: zipfile.ZipInfo) -> bool:
    """Whether only a password opens it."""
    return bool(member.flag_bits & _ENCRYPTED)


def explodes(member: zipfile.ZipInfo) -> bool:
    """Whether it declares to be more than an honest file packs to."""
    return member.file_size > max(_SMALL, MAX_RATIO * member.compress_size)


def require_apart(archive: zipfile.ZipFile) -> None:
    """Refuse an archive that has the same bytes unpacked for several files.

    Raises:
        FileRefused: two of them overlap.
    """
    members = sorted(archive.infolist(), key=lambda member: member.header_offset)
    for one, other in pairwise(members):
        if one.header_offset + _HEAD_BYTES + one.compress_size > other.header_offset:
            raise FileRefused(OVERLAPS)


def require_harmless(members: Sequence[zipfile.ZipInfo], most_bytes: int) -> None:
    """Refuse members that would explode. ``zipfile`` unpacks no more than they declare.

    Args:
        members: Those that will be unpacked.
        most_bytes: Of all of them together.

    Raises:
        FileRefused: in words.
    """
    if any(is_encrypted(member) for member in members):
        raise FileRefused(PROTECTED)
    whole = sum(member.file_size for member in members)
    if any(explodes(member) for member in members) or whole > most_bytes:
        raise FileRefused(
            f"It would unpack to {whole / 1e6:,.0f} MB: more than an honest file of its kind."
        )
