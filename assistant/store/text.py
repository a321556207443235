"""Text on its way into a column."""

from __future__ import annotations

import re

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """Replace lone surrogates by U+FFFD, so that the rest of the text survives.

    A clipboard can hold them. They have no UTF-8 form, and the error that the database would
    raise carries the whole text.
    """
    return _LONE_SURROGATE.sub("\ufffd", text)
