"""A recovery code as a way into the vault: 160 random bits that a person writes down.

Crockford's base 32 (https://www.crockford.com/base32.html): no I, L, O or U, and what looks alike
reads alike. The last four characters are a checksum, 20 bits of SHA-256: a slip of the pen is told
from a wrong code, but for one in a million.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from typing import Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from assistant.errors import Bug, InputRefused, VaultLocked, WrongPassphrase
from assistant.store.keyslot_format import Argon2id, SlotType

CODE_BYTES: Final = 20  # 160 bits
CODE_CHARACTERS: Final = 36  # 32 for the bits, 4 for the checksum
GROUP: Final = 4

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKS_LIKE: Final = str.maketrans("OIL", "011")
_BITS: Final = 5  # of one character
_CHECK_BITS: Final = 20


class RecoveryCode:
    """A ``KekSource``: what the person wrote down on the first day.

    Args:
        secret: 20 random bytes. Use ``generate`` or ``parse``.
    """

    slot_type = SlotType.RECOVERY

    def __init__(self, secret: bytes) -> None:
        if len(secret) != CODE_BYTES:
            raise Bug(f"A recovery code has {CODE_BYTES} bytes.")
        self._secret = secret

    @classmethod
    def generate(cls, random: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """Make a new code."""
        return cls(random(CODE_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a code as a person types it: any case, with or without spaces and hyphens.

        Raises:
            InputRefused: too short or long, a character that is in no code, or mistyped.
        """
        typed = "".join(c for c in text.upper() if not c.isspace() and c not in "-–—")
        typed = typed.translate(_LOOKS_LIKE)
        if len(typed) != CODE_CHARACTERS:
            raise InputRefused(
                f"A recovery code has {CODE_CHARACTERS} characters; this has {len(typed)}.",
                "Compare it with what you wrote down.",
            )
        if not set(typed) <= set(_ALPHABET):
            raise InputRefused(
                "A recovery code is made of digits and letters, without U.",
                "Compare it with what you wrote down.",
            )
        number = 0
        for character in typed:
            number = number << _BITS | _ALPHABET.index(character)
        secret = (number >> _CHECK_BITS).to_bytes(CODE_BYTES, "big")
        if number & ((1 << _CHECK_BITS) - 1) != _checksum(secret):
            raise InputRefused(
                "This recovery code is mistyped somewhere.",
                "Compare it with what you wrote down, group by group.",
            )
        return cls(secret)

    @property
    def groups(self) -> tuple[str, ...]:
        """Nine groups of four characters."""
        number = int.from_bytes(self._secret, "big") << _CHECK_BITS | _checksum(self._secret)
        places = range((CODE_CHARACTERS - 1) * _BITS, -1, -_BITS)
        characters = "".join(_ALPHABET[number >> place & 31] for place in places)
        return tuple(characters[at : at + GROUP] for at in range(0, CODE_CHARACTERS, GROUP))

    @property
    def text(self) -> str:
        """The code as it is shown and written down: ``ABCD-EFGH-…``."""
        return "-".join(self.groups)

    def __repr__(self) -> str:
        return "RecoveryCode(…)"  # never the code: this may reach a log or a traceback

    def new_kdf(self) -> None:
        """Random bits need no costly derivation."""
        return

    def kek(self, kdf: Argon2id | None) -> bytes:
        """Derive the key-encryption key, 32 bytes: HKDF-SHA-256 (RFC 5869), no salt."""
        if kdf is not None:
            raise Bug("A recovery code is random: deriving its key has no cost to set.")
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"recovery").derive(self._secret)

    def refusal(self) -> VaultLocked:
        """What to raise where this code opens no slot."""
        return WrongPassphrase(
            "This recovery code is well written, but it does not open this vault.",
            "A newer code may have replaced it, or it belongs to another profile.",
        )


def _checksum(secret: bytes) -> int:
    digest = hashlib.sha256(b"hush recovery code" + secret).digest()
    return int.from_bytes(digest[:4], "big") >> (32 - _CHECK_BITS)
