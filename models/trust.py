"""What is known of a catalogue's signers, and the verdict on a catalogue that is offered.

What may come from outside is one file, an offer: the roots that follow the one we have, and a
catalogue. One file, so that one approved request brings all of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from models.catalogue import Catalogue, read_payload
from models.signing import (
    CatalogueFault,
    Envelope,
    Reason,
    Role,
    Root,
    check_signatures,
    envelope_from,
    read_envelope,
    read_json,
    root_after,
)

MAX_ROOTS: Final = 32
"""Roots that one offer may bring: one a year would do for a while."""

_OFFER: Final = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """The newest catalogue that was ever believed: its version, and its payload's SHA-256."""

    version: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What a mirror sends, taken apart, before anything of it is believed."""

    roots: tuple[Envelope, ...]
    catalogue: Envelope


@dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe, and what we have seen.

    Attributes:
        root: The newest root.
        newest: The newest catalogue; None: none since the catalogue's keys were changed.
    """

    root: Root
    newest: Seen | None = None

    def follow(self, roots: Sequence[Envelope]) -> Trust:
        """Take over the roots that follow ours; those that we have already are passed over.

        Where the catalogue's keys were changed, what the old ones signed counts no more: with a
        stolen key somebody may have used up the versions (TUF, 5.3.11).

        Raises:
            CatalogueFault: one is missing in between, or is not to be trusted.
        """
        trust = self
        for envelope in roots:
            if root_version(envelope) <= trust.root.version:
                continue
            root = root_after(envelope, trust.root)
            same = root.roles[Role.CATALOGUE] == trust.root.roles[Role.CATALOGUE]
            trust = Trust(root, trust.newest if same else None)
        return trust

    def accept(self, envelope: Envelope, app: str = "") -> tuple[Trust, Catalogue]:
        """Believe a catalogue, or say why not; whom we believe from then on.

        Raises:
            CatalogueFault: it is not to be trusted, older than what was seen, or makes no sense.
        """
        catalogue = _read(envelope, self.root, self.newest, app)
        return replace(self, newest=seen(envelope, catalogue)), catalogue


def read_catalogue(data: bytes, root: Root, newest: Seen | None, app: str = "") -> Catalogue:
    """Read a signed catalogue.

    Args:
        data: The file.
        root: Who may sign it.
        newest: What was seen before; None: nothing.
        app: This Hush's version; empty: whatever it asks for is met.

    Raises:
        CatalogueFault: it is not to be trusted, older than what was seen, or makes no sense.
    """
    return _read(read_envelope(data), root, newest, app)


def read_offer(data: bytes) -> Offer:
    """Take apart what a mirror sent.

    Raises:
        CatalogueFault: it is too large, or no offer.
    """
    stored = read_json(data)
    if not isinstance(stored, dict) or stored.get("offer") != _OFFER:
        raise CatalogueFault(Reason.FORMAT)
    roots = stored.get("roots")
    if not isinstance(roots, list) or len(roots) > MAX_ROOTS:
        raise CatalogueFault(Reason.FORMAT)
    return Offer(tuple(map(envelope_from, roots)), envelope_from(stored.get("catalogue")))


def offer_bytes(offer: Offer) -> bytes:
    """An offer as its file holds it."""
    stored = {
        "offer": _OFFER,
        "roots": [root.to_json() for root in offer.roots],
        "catalogue": offer.catalogue.to_json(),
    }
    return json.dumps(stored).encode("ascii")


def seen(envelope: Envelope, catalogue: Catalogue) -> Seen:
    """What to remember of a catalogue that was believed."""
    return Seen(catalogue.version, hashlib.sha256(envelope.payload).hexdigest())


def root_version(envelope: Envelope) -> int:
    """Which root an envelope says that it holds; whether that is true, nobody has looked.

    Raises:
        CatalogueFault: it does not say.
    """
    stored = read_json(envelope.payload)
    version = stored.get("version") if isinstance(stored, dict) else None
    if not isinstance(version, int):
        raise CatalogueFault(Reason.FORMAT)
    return version


def _read(envelope: Envelope, root: Root, newest: Seen | None, app: str) -> Catalogue:
    check_signatures(envelope, Role.CATALOGUE, root)
    catalogue = read_payload(envelope.payload, app)
    if newest and catalogue.version < newest.version:
        raise CatalogueFault(Reason.OLDER)
    if newest and catalogue.version == newest.version and seen(envelope, catalogue) != newest:
        raise CatalogueFault(Reason.REPLAYED)
    return catalogue
