"""The pages of an encrypted database as SQLite sees them: what is really there, freed or not.

SQLCipher 4 with a raw key, read without SQLCipher (https://www.zetetic.net/sqlcipher/design/):
a page of 4,096 bytes is AES-256-CBC ciphertext, then 16 bytes of IV and 64 of HMAC-SHA512. The
first page begins with the 16 bytes of salt in the place of SQLite's own magic. The WAL has a
header of 32 bytes and then frames: 24 bytes, whose first four number the page, and the page.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

PAGE: Final = 4096
_SALT, _IV, _HMAC = 16, 16, 64
_END = PAGE - _IV - _HMAC  # of the ciphertext
_WAL_HEADER, _FRAME_HEADER = 32, 24


def decrypted_pages(path: Path, key: bytes) -> Iterator[bytes]:
    """Every page of a database and every frame of its WAL, those out of use among them.

    Args:
        path: The database; nobody may be writing. ``-wal`` beside it is read where it stands.
        key: The raw key, 32 bytes.

    Yields:
        What each page holds, in the clear.

    Raises:
        ValueError: a page is not what this key wrote. Nothing would be found in it, which
            must not pass for "nothing is there".
    """
    data = path.read_bytes()
    salt = data[:_SALT]
    mac_key = _mac_key(key, salt)
    for place in range(0, len(data), PAGE):
        number, page = place // PAGE + 1, data[place : place + PAGE]
        if not _authentic(page, number, mac_key):
            raise ValueError(f"page {number} is not of this key")
        yield _decrypted(page, number, key)
    wal = path.with_name(path.name + "-wal")
    yield from _frames(wal.read_bytes() if wal.exists() else b"", key)


def hits(path: Path, key: bytes, words: list[str]) -> list[str]:
    """Those of ``words`` that stand in a page or frame, in UTF-8 or lower case.

    A word across the border of two pages is found by either half: what is looked for are its
    first and last eight bytes.
    """
    sought = {word: _halves(word) for word in words}
    found = set()
    for page in decrypted_pages(path, key):
        for word, halves in sought.items():
            if word not in found and any(half in page for half in halves):
                found.add(word)
    return [word for word in words if word in found]


def _halves(word: str) -> set[bytes]:
    forms = {word.encode(), word.lower().encode()}
    return {half for form in forms for half in (form[:8], form[-8:])}


def _mac_key(key: bytes, salt: bytes) -> bytes:
    masked = bytes(byte ^ 0x3A for byte in salt)
    return hashlib.pbkdf2_hmac("sha512", key, masked, 2, 32)


def _authentic(page: bytes, number: int, mac_key: bytes) -> bool:
    start = _SALT if number == 1 else 0
    mac = hmac.new(mac_key, page[start : _END + _IV], hashlib.sha512)
    mac.update(number.to_bytes(4, "little"))
    return hmac.compare_digest(mac.digest(), page[_END + _IV :])


def _decrypted(page: bytes, number: int, key: bytes) -> bytes:
    start = _SALT if number == 1 else 0
    decryptor = Cipher(AES256(key), CBC(page[_END : _END + _IV])).decryptor()
    return decryptor.update(page[start:_END]) + decryptor.finalize()


def _frames(wal: bytes, key: bytes) -> Iterator[bytes]:
    """Frames of an earlier round of the WAL, too; one that a kill cut short is left out."""
    size = _FRAME_HEADER + PAGE
    for place in range(_WAL_HEADER, len(wal) - size + 1, size):
        number = int.from_bytes(wal[place : place + 4], "big")
        yield _decrypted(wal[place + _FRAME_HEADER : place + size], number, key)
