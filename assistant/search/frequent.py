"""Which words stand in very many passages, as far as a sample of them tells.

Finding that out for each word of a query would mean to read thousands of places for nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from assistant.store.found_rows import AFTER_ALL

SAMPLED: Final = 600
"""Passages: a word that stands in 1.2 % of all, the least that matters of 500,000, is in seven."""

SAMPLED_FROM: Final = 4_000  # passages: with fewer, whatever a query asks for is read


class Frequent:
    """In which part of all passages a word stands. Every method may be called on any thread.

    Args:
        passages: Of a sample, the different words of each; without any nothing is frequent.
        of: How many passages there were when the sample was taken.

    Attributes:
        of: The same.
    """

    def __init__(self, passages: Iterable[Sequence[str]] = (), of: int = 0) -> None:
        self.of = of
        counts: Counter[str] = Counter()
        size = 0
        for words in passages:
            counts.update(words)
            size += 1
        often = sorted((word, count) for word, count in counts.items() if count > 1)
        self._words = [word for word, _ in often]
        self._shares = [count / size for _, count in often]

    def share(self, forms: Sequence[str], beginning: str = "") -> float:
        """The part of all passages, roughly, that have one of these words, or one that begins so.

        What stands in a single one of the sample counts as nowhere.
        """
        others = [form for form in forms if not (beginning and form.startswith(beginning))]
        found = sum(self._shares[at] for form in others for at in self._between(form, form + "\0"))
        if beginning:
            found += sum(self._shares[at] for at in self._between(beginning, beginning + AFTER_ALL))
        return found

    def _between(self, first: str, last: str) -> range:
        return range(bisect_left(self._words, first), bisect_left(self._words, last))
