"""Citations in an answer: marks that no model and no note can write, and the links they become.

An answer's Markdown is foreign text, and a link is what its author says it is. So what Hush itself
puts there, "this is from passage 2", is marked with characters that are taken out of the text
before; and a citation's address is one that no text can turn into a link.
"""

from __future__ import annotations

import re
from typing import Final

_BEGIN: Final = "\ue000"
_END: Final = "\ue001"
_TAKEN: Final = dict.fromkeys(map(ord, (_BEGIN, _END)), "\ufffd")
_ADDRESS: Final = "hush:source/"

# White space before it: Markdown ends bold text behind a full stop only there.
FORM: Final = f"\u00a0{_BEGIN}{{}}{_END}"
"""What stands for a citation's number while the text is Markdown."""

MARK: Final = re.compile(f"{_BEGIN}(\\d{{1,3}}){_END}")


def unmarked(text: str) -> str:
    """Text in which nothing can pass for a citation of ours; as long as it was."""
    return text if text.isascii() else text.translate(_TAKEN)


def address_of(number: int) -> str:
    """The address of a citation's link."""
    return f"{_ADDRESS}{number}"


def number_of(address: str) -> int | None:
    """The number that a citation's link stands for; None for another link."""
    number = address.removeprefix(_ADDRESS)
    is_one = address.startswith(_ADDRESS) and number.isascii() and number.isdecimal()
    return int(number) if is_one else None
