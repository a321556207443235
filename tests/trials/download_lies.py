"""What a server does to a download, and what has to come of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.lying_server import Manner, shaken


@dataclass(frozen=True, slots=True)
class Lie:
    """What a server does, once, and what has to come of it.

    Attributes:
        manners: Of its connections, one after the other; then it is honest.
        ends: How the download ends: "done", or an error's name.
        keeps: Whether what came before the lie may be gone on with.
    """

    manners: Callable[[bytes, random.Random], list[Manner]]
    ends: str = "done"
    keeps: bool = True


def _half(body: bytes, dice: random.Random) -> Manner:
    return Manner(cut_at=dice.randrange(1, len(body)))


LIES: Final[Mapping[str, Lie]] = {
    "wrong digest": Lie(lambda b, _: [Manner(body=shaken(b))], "ModelDamaged", keeps=False),
    "changed openly": Lie(
        lambda b, d: [Manner(body=bytes([b[0] ^ 1]) + b[1:], cut_at=d.randrange(1, len(b)))]
    ),
    "changed in secret": Lie(
        lambda b, d: [
            Manner(body=bytes([b[0] ^ 1]) + b[1:], same_etag=True, cut_at=d.randrange(1, len(b)))
        ]
    ),
    "range of another file": Lie(
        lambda b, d: [_half(b, d), Manner(body=shaken(b), ignore_condition=True)]
    ),
    "wrong range": Lie(
        lambda b, d: [
            _half(b, d),
            Manner(headers={"Content-Range": f"bytes 0-{len(b) - 1}/{len(b)}"}),
        ],
        "NetworkError",
    ),
    "no ranges": Lie(lambda b, d: [_half(b, d), Manner(ignore_range=True)]),
    "416": Lie(lambda b, d: [_half(b, d), Manner(status=416)]),
    "429": Lie(lambda b, d: [_half(b, d), Manner(status=429, headers={"Retry-After": "5"})]),
    "429 for an hour": Lie(
        lambda b, d: [_half(b, d), Manner(status=429, headers={"Retry-After": "3600"})],
        "TransferFailed",
    ),
    "shorter": Lie(lambda b, _: [Manner(body=b[:-1])], "NetworkError"),
    "longer": Lie(lambda b, _: [Manner(body=b + b"x")], "NetworkError"),
    "short in chunks": Lie(lambda b, d: [Manner(body=b[: d.randrange(1, len(b))], chunked=True)]),
    "flood": Lie(
        lambda b, _: [Manner(body=b + bytes(1 << 20), chunked=True)], "ModelDamaged", keeps=False
    ),
    "elsewhere": Lie(
        lambda b, d: [
            _half(b, d),
            Manner(status=302, headers={"Location": "https://elsewhere.test/model.gguf"}),
        ],
        "TransferFailed",
    ),
    "without TLS": Lie(
        lambda b, d: [_half(b, d), Manner(status=307, headers={"Location": "http://127.0.0.1/"})],
        "TransferFailed",
    ),
    "gone": Lie(lambda b, d: [_half(b, d), Manner(status=404)], "TransferFailed"),
    "no HTTP": Lie(
        lambda b, d: [_half(b, d), Manner(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n")], "TransferFailed"
    ),
    "packed": Lie(
        lambda b, d: [_half(b, d), Manner(headers={"Content-Encoding": "gzip"})], "TransferFailed"
    ),
}


def cutting(dice: random.Random, size: int) -> Manner:
    """A connection that ends before such a body does, in one of many ways."""
    at = dice.randrange(size)
    return dice.choice(
        (
            Manner(cut_at=at),
            Manner(cut_at=at, reset=True),
            Manner(cut_at=at, chunked=True),
            Manner(stall_at=at),
            Manner(status=dice.choice((408, 429, 500, 502, 503))),
        )
    )
