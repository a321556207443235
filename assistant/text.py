"""What text Hush stores and shows: cleaned once, at the door."""

from __future__ import annotations

import math
import re
from typing import Final

MAX_MESSAGE_CHARACTERS: Final = 200_000
"""Longest message in characters: about twenty times what the largest small model reads at once."""

_TITLE_CHARACTERS: Final = 60
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# C0 and C1 controls but tab and line feed; ESC among them would drive a terminal.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Embeddings, overrides and isolates (Unicode UAX #9, 2): they can make text read as another text.
_BIDI_CONTROLS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def gigabytes(size: int) -> str:
    """A size in bytes as people read it: "1.4 GB"."""
    return f"{size / 1e9:.1f} GB"


def clean(text: str) -> str:
    """Make ``text`` storable: line ends become LF, NULs and lone surrogates become U+FFFD.

    Everything else stays as it was typed: emoji, right-to-left marks, other controls.
    """
    return storable(text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd"))


def storable(text: str) -> str:
    """Replace lone surrogates by U+FFFD, so that the rest of the text survives.

    A clipboard can hold them. They have no UTF-8 form, and the error that the database would
    raise carries the whole text.
    """
    try:
        text.encode()  # ten times as fast as looking for them
    except UnicodeEncodeError:
        return _SURROGATES.sub("\ufffd", text)
    return text


def title_from(text: str, characters: int = _TITLE_CHARACTERS) -> str:
    """Make a title from a text: its first line with words, cut to so many characters.

    A conversation's first title is made from its first message.
    """
    line = next((line for line in text.splitlines() if line.strip()), "")
    words = " ".join(_CONTROLS.sub(" ", _BIDI_CONTROLS.sub("", line)).split())
    if len(words) <= characters:
        return words
    cut = words[: characters - 1]
    head, space, _ = cut.rpartition(" ")
    # A cut inside a word shows less than half a title only where the word itself is that long.
    return (head if space and len(head) > characters // 2 else cut).rstrip() + "…"


def for_terminal(text: str) -> str:
    """Make foreign text safe to print: no control characters but tab and line feed, no overrides.

    A model's answer may hold escape sequences that rewrite the screen or the clipboard.
    """
    return _BIDI_CONTROLS.sub("\ufffd", _CONTROLS.sub("\ufffd", clean(text)))


def percent(share: float) -> str:
    """A share from 0 to 1, rounded down: no limit is shown that was not reached."""
    if not math.isfinite(share):
        return "?"
    return f"{int(100 * min(max(share, 0.0), 1.0) + 1e-9)} %"
