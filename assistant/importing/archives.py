"""Zip archives that anybody may have made: looked over before anything in them is unpacked.

Nothing is ever unpacked to the disk, so a name like ``../x`` could do no harm; but no program
that means well writes one, and an archive that holds it is not read at all.
"""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Sequence
from typing import BinaryIO, Final

from assistant.errors import FileRefused

MAX_MEMBERS: Final = 100_000
MAX_RATIO: Final = 250
"""Unpacked to packed. XML and JSON come to 30, what is made to explode to 1,000 and more."""

_SMALL: Final = 1024 * 1024  # bytes; a small file may well be one letter over and over
_OUTSIDE: Final = re.compile(r"[/\\]|[A-Za-z]:|(.*[/\\])?\.\.([/\\]|\Z)", re.DOTALL)
_ENCRYPTED: Final = 0x1  # of the flag bits (APPNOTE.TXT, 4.4.4)


def open_archive(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive.

    Raises:
        FileRefused: it is none, or holds what no honest archive does.
    """
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise FileRefused("It is damaged, or no such file at all.") from None
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise FileRefused(f"It holds more than {MAX_MEMBERS:,} files.")
    for member in members:
        if _OUTSIDE.match(member.filename):
            raise FileRefused("It holds a name that points outside of it, like “../x”.")
        if stat.S_ISLNK(member.external_attr >> 16):
            raise FileRefused("It holds a link, and links are not followed.")
    return archive


def require_harmless(members: Sequence[zipfile.ZipInfo], most_bytes: int) -> None:
    """Refuse members that would explode. ``zipfile`` unpacks no more than they declare.

    Args:
        members: Those that will be unpacked.
        most_bytes: Of all of them together.

    Raises:
        FileRefused: in words.
    """
    if any(member.flag_bits & _ENCRYPTED for member in members):
        raise FileRefused("It is protected by a password.")
    whole = sum(member.file_size for member in members)
    explodes = any(
        member.file_size > max(_SMALL, MAX_RATIO * member.compress_size) for member in members
    )
    if explodes or whole > most_bytes:
        raise FileRefused(
            f"It would unpack to {whole / 1e6:,.0f} MB: more than an honest file of its kind."
        )
