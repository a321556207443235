"""Everything that finds personal data, put together. Pure."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final

from assistant.redaction import accounts, addresses, patterns, people, tables
from assistant.redaction.hidden import HiddenWordFinder
from assistant.redaction.overlaps import without_overlaps
from assistant.redaction.phones import Phones
from assistant.redaction.records import Detector, Found, Sort
from assistant.redaction.words import WORD, Rules, plain

_REMEMBERED: Final = 400
"""Texts whose findings are kept: at an edit only the text that was edited is looked through."""


def detector(region: str = "", hidden: Sequence[str] = ()) -> Detector:
    """Something that finds all sorts of personal data.

    Args:
        region: Where the person is, as "GB": how national telephone numbers are read first.
        hidden: Words that the person always wants swapped.
    """
    return _Remembering(_Rules(region, hidden))


class _Rules:
    """Plain rules; see the decision "redaction"."""

    def __init__(self, region: str, hidden: Sequence[str]) -> None:
        self._phones = Phones(region)
        self._hidden = HiddenWordFinder(hidden)
        self._rules = Rules([*people.RULES, *patterns.RULES, *accounts.RULES, *addresses.RULES])

    def find(self, text: str) -> list[Found]:
        words = list(WORD.finditer(text))
        found = [*self._hidden.find(text, words), *self._all(text, words)]
        other = plain(text)
        if other != text:  # both: as ASCII a comma of full width divides cells, and ends a password
            found += self._all(other, list(WORD.finditer(other)))
        return without_overlaps(found, text)

    def _all(self, text: str, words: Sequence[re.Match[str]]) -> Iterator[Found]:
        keys = list(patterns.keys(text))
        mails = [one for one in patterns.emails(text) if not _begins_in(one, keys)]
        numbers = [
            *accounts.cards(text),
            *accounts.ibans(text),
            *accounts.of_a_state(text),
            *keys,
        ]
        yield from mails
        yield from numbers
        yield from self._phones.find(text, [*numbers, *mails])
        yield from addresses.streets(text, words)
        yield from addresses.places(text, words)
        yield from tables.columns(text)
        for found in [*self._rules.find(text, words), *people.beside_addresses(text, mails, words)]:
            kept = _checked(text, found)
            if kept is not None:
                yield kept
                if kept.sort is Sort.NAME:
                    yield from people.listed_after(text, kept)


class _Remembering:
    """Does not look through the same text twice. For any thread."""

    def __init__(self, detector: Detector) -> None:
        self._detector = detector
        self._found: OrderedDict[bytes, tuple[Found, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, text: str) -> list[Found]:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
        with self._lock:
            known = self._found.get(digest)
            if known is not None:
                self._found.move_to_end(digest)
                return list(known)
        found = self._detector.find(text)
        with self._lock:
            self._found[digest] = tuple(found)
            if len(self._found) > _REMEMBERED:
                self._found.popitem(last=False)
        return found


def _begins_in(found: Found, others: Sequence[Found]) -> bool:
    """Whether it begins within one of these, as what follows a password in an address does."""
    return any(one.start < found.start < one.end for one in others)


def _checked(text: str, found: Found) -> Found | None:
    """What a rule found, where it is not plainly something else."""
    if found.sort is Sort.NAME:
        return people.trimmed(text, found)
    if found.sort is Sort.KEY:
        kept = patterns.without_stop(text, found)
        return kept if patterns.is_key(text[kept.start : kept.end]) else None
    return found
