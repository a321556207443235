"""Of places that overlap, which ones stand. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from assistant.redaction.records import Found, Sort

_FREE: Final = re.compile(rb"\x00+")
_FIRST: Final = {
    sort: rank
    for rank, sort in enumerate(
        (
            Sort.HIDDEN,
            Sort.KEY,
            Sort.CARD,
            Sort.ACCOUNT,
            Sort.EMAIL,
            Sort.PHONE,
            Sort.ADDRESS,
            Sort.NAME,
        )
    )
}


def without_overlaps(found: Iterable[Found], text: str) -> list[Found]:
    """In order, none over another: the longer wins, then the graver.

    Of one that only partly lies under another the rest stays: it was found for a reason.
    """
    taken = bytearray(len(text))
    kept: list[Found] = []
    for one in sorted(found, key=lambda one: (one.start - one.end, _FIRST[one.sort], one.start)):
        if taken.find(1, one.start, one.end) < 0:
            kept += _with_ink(text, one)
        else:
            for rest in _FREE.finditer(taken, one.start, one.end):
                kept += _with_ink(text, Found(*rest.span(), one.sort))
        taken[one.start : one.end] = b"\x01" * max(0, one.end - one.start)
    return sorted(kept, key=lambda one: one.start)


def _with_ink(text: str, found: Found) -> list[Found]:
    """The place, where there is more than blanks and stops in it."""
    return [found] if any(map(str.isalnum, text[found.start : found.end])) else []
