"""The difference of two texts, by lines first and by words where lines changed. Pure.

``difflib`` takes time with the square of what it compares, and with the cube at the worst. So it
gets so much and no more: what is larger counts as removed and added as a whole. Its ``autojunk``
stays on: of over 200 pieces the frequent ones are no anchors, which keeps long texts quick.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final

from assistant.actions.records import Kind, Span

_MOST_LINES: Final = 4_000  # of both texts together
_MOST_WORDS: Final = 3_000  # of both sides of one place that changed
_MOST_CHARACTERS: Final = 40_000  # likewise: cutting into words takes time, too
_ALL_WORDS: Final = 20_000
"""Over all such places. The worst text found for these bounds, words of two kinds by chance, takes
under a second (``tests/unit/test_action_changes.py`` has it)."""

_PIECE: Final = re.compile(r"\w+|[^\S\n]+|\n|[^\w\s]")
_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


def difference(before: str, after: str) -> tuple[Span, ...]:
    """How one text becomes another.

    What is kept and removed, joined, is ``before``; what is kept and added is ``after``. Of a place
    that changed what is removed stands before what is added.
    """
    return tuple(_joined(_by_lines(before, after)))


def _by_lines(before: str, after: str) -> Iterator[Span]:
    old, new = _LINE.findall(before), _LINE.findall(after)
    if len(old) + len(new) > _MOST_LINES:
        yield from _whole(before, after)
        return
    left = _ALL_WORDS
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield Span(Kind.KEPT, gone)
            continue
        if len(gone) + len(come) > _MOST_CHARACTERS:
            yield from _whole(gone, come)
            continue
        words, other = _PIECE.findall(gone), _PIECE.findall(come)
        size = len(words) + len(other)
        if size > min(left, _MOST_WORDS):
            yield from _whole(gone, come)
            continue
        left -= size
        yield from _by_words(words, other)


def _by_words(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new).get_opcodes():
        gone, come = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            yield Span(Kind.KEPT, gone)
        else:
            yield from _whole(gone, come)


def _whole(gone: str, come: str) -> Iterator[Span]:
    yield Span(Kind.REMOVED, gone)
    yield Span(Kind.ADDED, come)


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Neighbours of one kind as one; none that is empty; one blank between changes is changed."""
    removed, added, kept = "", "", ""
    for span in spans:
        if not span.text:
            continue
        if span.kind is Kind.KEPT:
            kept += span.text
            continue
        if kept and (removed or added) and kept == " ":
            removed, added = removed + kept, added + kept
        elif kept:
            yield from _told(removed, added)
            yield Span(Kind.KEPT, kept)
            removed, added = "", ""
        kept = ""
        if span.kind is Kind.REMOVED:
            removed += span.text
        else:
            added += span.text
    yield from _told(removed, added)
    if kept:
        yield Span(Kind.KEPT, kept)


def _told(removed: str, added: str) -> Iterator[Span]:
    if removed:
        yield Span(Kind.REMOVED, removed)
    if added:
        yield Span(Kind.ADDED, added)
