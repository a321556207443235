"""Personal data in several texts becomes placeholders, the same for the same value. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count
from typing import Final

from assistant.redaction.overlaps import without_overlaps
from assistant.redaction.records import Detector, Found, Sort, Swap, Table
from assistant.redaction.words import WORD, is_whole

# As the restorer reads them, in any case: what somebody wrote so themselves stands for nothing.
_LITERAL: Final = re.compile(r"\[([A-Za-z]{1,9})\\?_([0-9]{1,9})\\?\]")
_SHORTEST: Final = 2  # characters of a value that is looked for elsewhere


def swap(
    texts: Sequence[str],
    detector: Detector,
    known: Table = Table(),  # noqa: B008 # frozen
    keep: frozenset[str] = frozenset(),
) -> tuple[tuple[str, ...], Table]:
    """Put placeholders in the place of personal data.

    What was found once is swapped wherever it stands, also where no rule would find it. Numbers are
    never used for another value, and a placeholder that stands in a text literally is passed over.

    Args:
        texts: Any number of texts.
        detector: Finds it.
        known: What was swapped before, as in the same conversation: it is swapped the same way.
        keep: Values that stay as they are.

    Returns:
        The texts with placeholders, and the table of those that stand in them.
    """
    names = _Placeholders(texts, known)
    found = places(texts, detector, known, keep)
    swapped = tuple(
        _with_placeholders(text, own, names) for text, own in zip(texts, found, strict=True)
    )
    return swapped, names.table


def places(
    texts: Sequence[str],
    detector: Detector,
    known: Table = Table(),  # noqa: B008 # frozen
    keep: frozenset[str] = frozenset(),
) -> list[list[Found]]:
    """What of each text would be swapped, in order; see ``swap``."""
    found = [detector.find(text) for text in texts]
    values = _values(texts, found, known, keep)
    index = _Index(values)
    return [
        [one for one in _all_of(text, own, index, values) if text[one.start : one.end] not in keep]
        for text, own in zip(texts, found, strict=True)
    ]


def put_back(text: str, table: Table) -> str:
    """A text that a person edited, with the values of each placeholder that they left in it.

    Unlike ``restoring.restored`` it does so within addresses as well: it is the person's own text.
    """
    values = {one.placeholder: one.value for one in table.swaps}
    return _LITERAL.sub(lambda found: values.get(found[0], found[0]), text)


class _Index:
    """Looks for many values at once, in a time that grows with the text alone.

    Args:
        values: What to look for.
    """

    def __init__(self, values: Iterable[str]) -> None:
        # By its first word: how far before the word it begins, and how long it is.
        self._shapes: dict[str, set[tuple[int, int]]] = {}
        for value in values:
            word = WORD.search(value)
            if word is not None:
                self._shapes.setdefault(word[0], set()).add((word.start(), len(value)))

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where something of a value's shape stands as a whole word; it may be another value."""
        if not self._shapes:
            return
        for word in WORD.finditer(text):
            for before, length in self._shapes.get(word[0], ()):
                start = word.start() - before
                if start >= 0 and is_whole(text, start, start + length):
                    yield start, start + length


class _Placeholders:
    """Gives each value its own.

    Args:
        texts: Whose literal placeholders are passed over.
        known: Those of before.
    """

    def __init__(self, texts: Iterable[str], known: Table) -> None:
        self._literal = {
            f"[{sort.upper()}_{number}]"
            for text in texts
            for sort, number in _LITERAL.findall(text)
        }
        self._known = {
            one.value: one for one in known.swaps if one.placeholder not in self._literal
        }
        self._numbers: dict[Sort, Iterator[int]] = {
            sort: count(
                1 + max((_number(one) for one in known.swaps if one.sort is sort), default=0)
            )
            for sort in Sort
        }
        self._used: dict[str, Swap] = {}
        self._counts: Counter[str] = Counter()

    def of(self, value: str, sort: Sort) -> str:
        """What stands for a value, this once more."""
        self._counts[value] += 1
        if value not in self._used:
            self._used[value] = self._known.get(value) or self._new(value, sort)
        return self._used[value].placeholder

    @property
    def table(self) -> Table:
        """What was used, in the order of the texts."""
        return Table(
            tuple(replace(one, count=self._counts[value]) for value, one in self._used.items())
        )

    def _new(self, value: str, sort: Sort) -> Swap:
        names = (f"[{sort}_{number}]" for number in self._numbers[sort])
        return Swap(next(name for name in names if name not in self._literal), sort, value)


def _values(
    texts: Sequence[str], found: Sequence[Sequence[Found]], known: Table, keep: frozenset[str]
) -> Mapping[str, Sort]:
    """What is looked for everywhere: all that was found, the parts of names, and what is known."""
    from assistant.redaction.people import parts_of  # a start has no time for its patterns

    values = {one.value: one.sort for one in known.swaps}
    for text, own in zip(texts, found, strict=True):
        for one in own:
            values.setdefault(text[one.start : one.end], one.sort)
    names = [value for value, sort in values.items() if sort is Sort.NAME and value not in keep]
    for part in chain.from_iterable(map(parts_of, names)):
        values.setdefault(part, Sort.NAME)
    return {
        value: sort
        for value, sort in values.items()
        if len(value) >= _SHORTEST and value not in keep
    }


def _all_of(
    text: str, found: Sequence[Found], index: _Index, values: Mapping[str, Sort]
) -> list[Found]:
    """What was found in a text, and what of all that is known stands in it besides."""
    more = (
        Found(start, end, values[text[start:end]])
        for start, end in index.places(text)
        if text[start:end] in values
    )
    return without_overlaps([*found, *more], text)


def _with_placeholders(text: str, found: Iterable[Found], names: _Placeholders) -> str:
    kept: list[str] = []
    at = 0
    for one in found:
        kept += [text[at : one.start], names.of(text[one.start : one.end], one.sort)]
        at = one.end
    return "".join(kept) + text[at:]


def _number(swap: Swap) -> int:
    return int(swap.placeholder.rpartition("_")[2].rstrip("]"))
