"""How much of a long text is shown at first, and in which pieces the rest is laid out."""

from __future__ import annotations

from collections.abc import Iterator

from ui.theme.tokens import Type

LINES = 12  # about half of a small window
_WORTH_HIDING = 4  # lines; hiding fewer than these would only cost a click


def excerpt(text: str) -> str | None:
    """The first 12 lines of a text, or None where it is short enough to be shown whole.

    A long line counts as the lines of 72 characters that it will fill.
    """
    room = LINES
    at = 0
    while at < len(text) and room > 0:
        end = text.find("\n", at, at + room * Type.COLUMN_CHARACTERS)
        if end < 0:
            at += room * Type.COLUMN_CHARACTERS
            break
        room -= max(1, -(-(end - at) // Type.COLUMN_CHARACTERS))
        at = end + 1
    rest = text[at:].strip()
    hidden = rest.count("\n") + len(rest) / Type.COLUMN_CHARACTERS
    if hidden <= _WORTH_HIDING:
        return None
    return _whole_words(text[:at]).rstrip() + " …"


def _whole_words(text: str) -> str:
    """A cut text without the word that the cut went through, if there is a blank near."""
    space = max(text.rfind(" ", -Type.COLUMN_CHARACTERS), text.rfind("\n", -Type.COLUMN_CHARACTERS))
    return text[:space] if space > 0 else text


def pieces(text: str, size: int) -> Iterator[str]:
    """A text in pieces of at most ``size`` characters, cut at a line's end or a blank."""
    at = 0
    while len(text) - at > size:
        end = text.rfind("\n", at + size // 2, at + size)
        end = end if end > 0 else text.rfind(" ", at + size // 2, at + size)
        end = end if end > 0 else at + size
        yield text[at:end]
        at = end + 1 if text[end] in "\n " else end
    yield text[at:]
