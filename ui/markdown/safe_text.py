"""Characters that deceive a reader or confuse a text layout, made harmless before they are drawn.

Two strengths. ``harmless`` is for prose: it keeps the joiners that Persian, Indic scripts and
emoji need. ``revealed`` is for addresses and code, where an invisible character changes what
something *is*: there each one is shown.

Sources: Unicode UAX 9 (bidirectional controls), UTS 36 (security considerations), and Boucher
and Anderson, "Trojan Source" (2021), for invisible characters in code.
"""

from __future__ import annotations

import unicodedata
from itertools import chain

_REPLACEMENT = "\ufffd"
_SURROGATES = range(0xD800, 0xE000)

# Embeddings, overrides and isolates: they reorder what stands around them.
_BIDIRECTIONAL = (range(0x202A, 0x202F), range(0x2066, 0x206A))

# Drawn as nothing, or as a blank that is none: soft hyphen, joiners, marks, fillers, tags,
# and the selectors that can carry a hidden text. U+FE00-FE0F stay: emoji are made with them.
_INVISIBLE = (
    (0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x180E, 0x3164, 0xFEFF, 0xFFA0, 0xE0001),
    range(0x200B, 0x2010),
    range(0x2060, 0x2066),
    range(0x206A, 0x2070),
    range(0x1BCA0, 0x1BCA4),
    range(0x1D173, 0x1D17B),
    range(0xE0020, 0xE0080),
    range(0xE0100, 0xE01F0),
)

# Controls, noncharacters, halves of a pair, and what a QTextDocument keeps for itself
# (frame marks at U+FDD0 and U+FDD1, objects at U+FFFC).
_UNPRINTABLE = (
    range(0x20),
    range(0x7F, 0xA0),
    _SURROGATES,
    range(0xFDD0, 0xFDF0),
    range(0xFFF9, 0xFFFD),
    (plane | low for plane in range(0, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF)),
)


def _table() -> dict[int, str]:
    table = dict.fromkeys(chain(*_UNPRINTABLE), _REPLACEMENT)
    del table[ord("\t")], table[ord("\n")]
    table |= dict.fromkeys((0x2028, 0x2029), "\n")
    return table | {code: f"⟨U+{code:04X}⟩" for code in chain(*_BIDIRECTIONAL)}


_PROSE = _table()
_EXACT = _PROSE | {code: f"⟨U+{code:04X}⟩" for code in chain(*_INVISIBLE)}
_WHOLE = dict.fromkeys(_SURROGATES, _REPLACEMENT)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def harmless(text: str) -> str:
    """Text safe to draw as prose; direction controls stand there as ``⟨U+202E⟩``."""
    return _lines(text).translate(_PROSE)


def revealed(text: str) -> str:
    """Text safe to draw where each character counts; everything invisible is shown."""
    return _lines(text).translate(_EXACT)


def runs_left(line: str) -> bool:
    """Whether a line is written from the right: by its first letter that has a direction.

    Unicode UAX 9, rules P2 and P3, without isolates.
    """
    for character in line:
        kind = unicodedata.bidirectional(character)
        if kind in ("L", "R", "AL"):
            return kind != "L"
    return False


def encodable(text: str) -> str:
    """The text itself, but for lone surrogates, which no encoding has: they become U+FFFD."""
    return text if text.isascii() else text.translate(_WHOLE)
