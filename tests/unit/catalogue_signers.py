"""Keys, roots and catalogues made on the spot: no test knows the publisher's keys."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.signing import Envelope, Role, Root, first_root, key_id, signed_bytes
from models.trust import Offer, offer_bytes

Key = Ed25519PrivateKey


def entry(**changes: Any) -> dict[str, Any]:
    """A sound entry, as a catalogue holds it."""
    return {
        "id": "small-1b",
        "name": "Small 1B",
        "version": "1",
        "kind": "chat",
        "family": "small",
        "parameters": 1_000_000_000,
        "quantisation": "Q4_K_M",
        "architecture": "llama",
        "size": 700_000_000,
        "sha256": "ab" * 32,
        "url": "https://models.test/small/model.gguf",
        "pinned": True,
        "hosts": ["*.models.test"],
        "licence": "MIT",
        "licence_url": "https://models.test/licence",
        "context": 8192,
        "languages": ["en", "pt-BR"],
        "good_at": "Short answers.",
        "memory": 900_000_000,
        "shape": [16, 2048, 32, 8192, 8192, 8192, 32000],
    } | changes


def payload(version: int = 1, entries: Sequence[Any] | None = None, **changes: Any) -> bytes:
    """A catalogue's payload."""
    content = {
        "type": "catalogue",
        "version": version,
        "made": "2026-11-01",
        "expires": "2027-11-01",
        "minimum_app": "",
        "entries": [entry()] if entries is None else list(entries),
    } | changes
    return json.dumps(content).encode()


def public(key: Key) -> bytes:
    """The raw public key."""
    return key.public_key().public_bytes_raw()


def sign(data: bytes, role: Role, keys: Sequence[Key]) -> Envelope:
    """Sign a payload for a role."""
    signed = signed_bytes(role, data)
    return Envelope(data, tuple((key_id(public(key)), key.sign(signed)) for key in keys))


def as_file(envelope: Envelope) -> bytes:
    """An envelope as its file holds it."""
    return json.dumps(envelope.to_json()).encode()


def _three() -> list[Key]:
    return [Key.generate() for _ in range(3)]


@dataclass
class Publisher:
    """Two roles with three keys each, of which two have to sign."""

    root_keys: list[Key] = field(default_factory=_three)
    catalogue_keys: list[Key] = field(default_factory=_three)
    version: int = 1

    def root_payload(self, **changes: Any) -> bytes:
        """What the root says."""
        keys = {key_id(public(key)): public(key).hex() for key in self.all_keys}
        content = {
            "type": "root",
            "version": self.version,
            "expires": "2030-01-01",
            "keys": keys,
            "roles": {
                "root": {"keys": [key_id(public(k)) for k in self.root_keys], "threshold": 2},
                "catalogue": {
                    "keys": [key_id(public(k)) for k in self.catalogue_keys],
                    "threshold": 2,
                },
            },
        } | changes
        return json.dumps(content).encode()

    @property
    def all_keys(self) -> list[Key]:
        """Those of both roles."""
        return [*self.root_keys, *self.catalogue_keys]

    def root_envelope(self, *also: Key) -> Envelope:
        """The root, signed by two of its own keys and by others."""
        return sign(self.root_payload(), Role.ROOT, [*self.root_keys[:2], *also])

    @property
    def root(self) -> Root:
        """The root, believed."""
        return first_root(as_file(self.root_envelope()))

    def catalogue(self, version: int = 1, **changes: Any) -> Envelope:
        """A catalogue that two keys signed."""
        return sign(payload(version, **changes), Role.CATALOGUE, self.catalogue_keys[:2])

    def offer(self, catalogue: Envelope, *roots: Envelope) -> bytes:
        """What a mirror sends."""
        return offer_bytes(Offer(roots, catalogue))

    def successor(self, *, new_catalogue_keys: bool = False) -> Publisher:
        """The publisher after a change of its root's keys; both stand behind the new root."""
        return Publisher(
            catalogue_keys=_three() if new_catalogue_keys else self.catalogue_keys,
            version=self.version + 1,
        )
