"""Signed documents: who may sign what, and whether enough of them did. A leaf; it trusts nothing.

A document is an envelope: the payload's bytes, and signatures over just those bytes (Ed25519, RFC
8032). The rules are those of The Update Framework's client (TUF specification 1.0, section 5): a
threshold of keys for each role, a root that names the keys, and a next root only where the one
before it and it itself both stand behind it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_DOCUMENT_BYTES: Final = 1024 * 1024
MAX_SIGNATURES: Final = 16
MAX_VERSION: Final = 2**31 - 1

_MAX_KEYS: Final = 16
_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_ID_LETTERS: Final = 16
_KEY_ID: Final = re.compile(r"[0-9a-f]{16}")
_RAW_KEY: Final = re.compile(r"[0-9a-f]{64}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Role(StrEnum):
    """What keys sign. A signature for one role is none for the other."""

    ROOT = "root"
    CATALOGUE = "catalogue"


class Reason(StrEnum):
    """Why a document is not to be trusted."""

    TOO_LARGE = "too-large"
    NOT_JSON = "not-json"
    FORMAT = "format"
    SIGNATURES = "signatures"  # fewer keys than it takes
    OLDER = "older"
    REPLAYED = "replayed"  # another document of the same version
    UNKNOWN_ROOT = "unknown-root"  # not the next one, or the ones before do not stand behind it
    MINIMUM_APP = "minimum-app"
    NONSENSE = "nonsense"


class CatalogueFault(Exception):
    """A document that is not to be trusted, or makes no sense. Holds nothing of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Envelope:
    """A document before anything of it is believed: signatures by key id, in their order."""

    payload: bytes
    signatures: tuple[tuple[str, bytes], ...]

    def to_json(self) -> dict[str, Any]:
        """The envelope as its file holds it."""
        return {
            "payload": base64.b64encode(self.payload).decode("ascii"),
            "signatures": [
                {"key": key, "sig": base64.b64encode(signature).decode("ascii")}
                for key, signature in self.signatures
            ],
        }


@dataclass(frozen=True, slots=True)
class Signers:
    """Which keys sign for a role, and how many of them it takes."""

    keys: frozenset[str]
    threshold: int


@dataclass(frozen=True, slots=True)
class Root:
    """Which keys there are, by id, and what each may sign."""

    version: int
    expires: str
    keys: Mapping[str, bytes]
    roles: Mapping[Role, Signers]


def key_id(public_key: bytes) -> str:
    """Name a public key, of 32 raw bytes, after its own digest: no key can have two names."""
    return hashlib.sha256(public_key).hexdigest()[:_ID_LETTERS]


def signed_bytes(role: Role, payload: bytes) -> bytes:
    """The bytes that are signed: what they are meant as, then what they say."""
    return f"hush {role.value} 1\n".encode("ascii") + payload


def read_envelope(data: bytes) -> Envelope:
    """Take a file apart. Nothing of it is believed yet.

    Raises:
        CatalogueFault: it is too large or no such file.
    """
    return envelope_from(read_json(data))


def envelope_from(stored: object) -> Envelope:
    """Take parsed JSON apart, likewise.

    Raises:
        CatalogueFault: it is no envelope.
    """
    try:
        if not isinstance(stored, dict) or len(stored["signatures"]) > MAX_SIGNATURES:
            raise CatalogueFault(Reason.FORMAT)
        signatures = tuple((str(it["key"]), _decoded(it["sig"])) for it in stored["signatures"])
        return Envelope(_decoded(stored["payload"]), signatures)
    except (KeyError, TypeError, ValueError) as error:
        raise CatalogueFault(Reason.FORMAT) from error


def read_json(data: bytes) -> Any:
    """Parse JSON as strictly as it can be: no name twice, no NaN, not too much of it.

    Raises:
        CatalogueFault: it is too large, or no JSON.
    """
    if len(data) > MAX_DOCUMENT_BYTES:
        raise CatalogueFault(Reason.TOO_LARGE)
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise CatalogueFault(Reason.NOT_JSON) from error


def check_signatures(envelope: Envelope, role: Role, root: Root) -> None:
    """Believe a payload only where enough of the role's keys signed it.

    A key counts once, however often it signed; a signature of nobody known, or of a key of
    another role, is passed over.

    Raises:
        CatalogueFault: fewer keys signed it than it takes.
    """
    signers = root.roles[role]
    data = signed_bytes(role, envelope.payload)
    valid = {
        key
        for key, signature in envelope.signatures
        if key in signers.keys and _is_signed(root.keys[key], signature, data)
    }
    if len(valid) < signers.threshold:
        raise CatalogueFault(Reason.SIGNATURES)


def first_root(data: bytes) -> Root:
    """Read the root that comes with the app: it must have signed itself.

    Raises:
        CatalogueFault: it is no root, or not whole.
    """
    envelope = read_envelope(data)
    root = _root(envelope.payload)
    check_signatures(envelope, Role.ROOT, root)
    return root


def next_root(data: bytes, current: Root) -> Root:
    """Read the root that follows: version + 1 exactly, and both stand behind it.

    Raises:
        CatalogueFault: it is no root, another one, or not enough keys of either signed it.
    """
    return root_after(read_envelope(data), current)


def root_after(envelope: Envelope, current: Root) -> Root:
    """As ``next_root``, of an envelope that was taken apart already."""
    check_signatures(envelope, Role.ROOT, current)
    root = _root(envelope.payload)
    if root.version != current.version + 1:
        raise CatalogueFault(Reason.UNKNOWN_ROOT)
    check_signatures(envelope, Role.ROOT, root)
    return root


def is_day(text: object) -> bool:
    """Whether a text is a day as ISO 8601 writes it, and one that there is."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _root(payload: bytes) -> Root:
    stored = read_json(payload)
    try:
        if stored["type"] != Role.ROOT.value or not is_day(stored["expires"]):
            raise CatalogueFault(Reason.FORMAT)
        keys = _keys(stored["keys"])
        roles = {role: _signers(stored["roles"][role.value], keys) for role in Role}
        return Root(version_of(stored), stored["expires"], keys, roles)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CatalogueFault(Reason.FORMAT) from error


def version_of(stored: Mapping[str, Any]) -> int:
    """A document's version, from 1 on.

    Raises:
        CatalogueFault: it has none.
    """
    version = stored.get("version")
    if isinstance(version, bool) or not isinstance(version, int):
        raise CatalogueFault(Reason.FORMAT)
    if not 1 <= version <= MAX_VERSION:
        raise CatalogueFault(Reason.FORMAT)
    return version


def _keys(stored: Mapping[str, Any]) -> dict[str, bytes]:
    if not 0 < len(stored) <= _MAX_KEYS:
        raise CatalogueFault(Reason.FORMAT)
    keys = {}
    for name, text in stored.items():
        if not _KEY_ID.fullmatch(name) or not _RAW_KEY.fullmatch(text):
            raise CatalogueFault(Reason.FORMAT)
        raw = bytes.fromhex(text)
        if key_id(raw) != name:  # or one key could count as two
            raise CatalogueFault(Reason.FORMAT)
        keys[name] = raw
    return keys


def _signers(stored: Mapping[str, Any], keys: Mapping[str, bytes]) -> Signers:
    names, threshold = frozenset(stored["keys"]), stored["threshold"]
    if isinstance(threshold, bool) or not isinstance(threshold, int):
        raise CatalogueFault(Reason.FORMAT)
    if not 1 <= threshold <= len(names) or not names <= keys.keys():
        raise CatalogueFault(Reason.FORMAT)
    return Signers(names, threshold)


def _is_signed(public_key: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _decoded(text: object) -> bytes:
    if not isinstance(text, str):
        raise CatalogueFault(Reason.FORMAT)
    return base64.b64decode(text, validate=True)


def _once_each(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:  # which of the two another reader takes is anybody's guess
            raise ValueError("a name twice")
        found[name] = value
    return found


def _no_constant(_text: str) -> Any:
    raise ValueError("NaN or infinity")
