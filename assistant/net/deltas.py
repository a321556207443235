"""How the net child hands on what a cloud answers: frames that its parent can check each by itself.

One frame is a tag and text in UTF-8: ``T`` and more of the answer, ``F`` and how it ended, ``M``
and the model that answers, ``U`` and the tokens in and out, ``-`` for one that is not known. The
child reads what strangers send, so its parent believes no frame that it has not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from assistant.net.framing import MAX_DATA

FINISHES: Final = frozenset({"stop", "length", "content_filter", "other"})
"""How an answer can end. "other": for a reason that Hush has no use for."""

MAX_MODEL: Final = 200
MAX_COUNT: Final = 1_000_000_000

_UNWANTED: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters but line breaks and tabs, and halves of characters."""

_USAGE: Final = re.compile(r"([0-9]{1,10}|-) ([0-9]{1,10}|-)")


@dataclass(frozen=True, slots=True)
class Delta:
    """More of an answer, or something about it.

    Attributes:
        text: What it goes on with.
        finish: How it ended; one of ``FINISHES``.
        model: Who answers, in the server's words.
        tokens_in: That were read; None: not told.
        tokens_out: That were written.
    """

    text: str = field(default="", repr=False)
    finish: str = ""
    model: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


def without_controls(text: str) -> str:
    """A server's text, as it may be handed on: no control characters but line breaks and tabs."""
    joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNWANTED.sub("", joined)


def pack(delta: Delta) -> Iterator[bytes]:
    """The frames that a delta takes, each at most ``MAX_DATA`` bytes.

    Args:
        delta: Its text without control characters, see ``without_controls``.
    """
    whole, start = delta.text.encode(), 0
    while start < len(whole):
        end = min(start + MAX_DATA - 1, len(whole))
        while end < len(whole) and whole[end] & 0xC0 == 0x80:  # in the middle of a character
            end -= 1
        yield b"T" + whole[start:end]
        start = end
    if delta.model:
        yield b"M" + delta.model.encode()
    if delta.finish:
        yield b"F" + delta.finish.encode()
    if delta.tokens_in is not None or delta.tokens_out is not None:
        counts = ("-" if it is None else str(it) for it in (delta.tokens_in, delta.tokens_out))
        yield b"U" + " ".join(counts).encode()


def unpack(data: bytes) -> Delta:
    """What one frame says.

    Raises:
        ValueError: it is none of ``pack``'s.
    """
    try:
        tag, text = data[:1], data[1:].decode()
    except UnicodeDecodeError:
        raise ValueError("no delta") from None
    match tag:
        case b"T" if text and not _UNWANTED.search(text):
            return Delta(text=text)
        case b"F" if text in FINISHES:
            return Delta(finish=text)
        case b"M" if 0 < len(text) <= MAX_MODEL and text.isprintable():
            return Delta(model=text)
        case b"U" if found := _USAGE.fullmatch(text):
            return Delta(tokens_in=_count(found[1]), tokens_out=_count(found[2]))
    raise ValueError("no delta")


def _count(text: str) -> int | None:
    if text == "-":
        return None
    count = int(text)
    if count > MAX_COUNT:
        raise ValueError("no delta")
    return count
