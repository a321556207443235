"""What a query asks for in words: without stop words, with other forms and mended mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from assistant.search.snippets import fold
from assistant.search.stemming import stem
from assistant.search.terms import STOP_WORDS, Terms
from assistant.search.vocabulary import Vocabulary

_MOST_CHARACTERS: Final = 2_000  # of a query; what is longer was pasted
_MOST_WORDS: Final = 32
_SHORTEST_BEGINNING: Final = 2  # letters: one begins too many words


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a query.

    Attributes:
        term: As it was typed, folded.
        forms: Known words that are forms of it; empty where it is not known.
        beginning: What a known word begins with; empty where the word is whole.
        alike: What it may be a typing mistake for, the likeliest first; where nothing is known.
        times: How often the query has it, in any form: what is asked for twice counts twice.
    """

    term: str = field(repr=False)
    forms: tuple[str, ...] = field(default=(), repr=False)
    beginning: str = field(default="", repr=False)
    alike: tuple[str, ...] = field(default=(), repr=False)
    times: int = 1

    @property
    def is_known(self) -> bool:
        """Whether any passage may have it."""
        return bool(self.forms or self.beginning)


@dataclass(frozen=True, slots=True)
class Understood:
    """A query, understood.

    Attributes:
        text: As it is encoded: with its mistakes mended.
        words: Those that are searched.
        mended: ``text``, where a mistake was mended; else empty.
    """

    text: str = field(repr=False)
    words: tuple[Word, ...] = field(default=(), repr=False)
    mended: str = field(default="", repr=False)

    @property
    def forms(self) -> frozenset[str]:
        """All words that are marked where they are found."""
        return frozenset(form for word in self.words for form in word.forms)

    @property
    def beginning(self) -> str:
        """The beginning that is marked where it is found."""
        return next((word.beginning for word in self.words if word.beginning), "")


def plain(query: str) -> str:
    """What is encoded of a query, but for its mistakes."""
    return " ".join(query[:_MOST_CHARACTERS].split())


def understand(query: str, terms: Terms, vocabulary: Vocabulary, *, typing: bool) -> Understood:
    """Take a query apart.

    Args:
        query: As it was typed.
        terms: Cuts it into words.
        vocabulary: The words there are.
        typing: Whether its last word may still be typed.
    """
    text = plain(query)
    found = terms.of(text)
    open_word = found[-1] if typing and found and not query[-1:].isspace() else ""
    telling = [word for word in found if word not in STOP_WORDS] or found
    times = Counter(map(stem, telling))
    different = {stem(word): word for word in reversed(telling) if word != open_word}
    if open_word in telling:
        different[stem(open_word)] = open_word
    words = [
        _word(word, vocabulary, times[root], may_begin=word == open_word)
        for root, word in different.items()
    ]
    words.sort(key=lambda word: telling.index(word.term))
    return Understood(text, tuple(words[:_MOST_WORDS]))


def mended(understood: Understood, choices: Sequence[str], vocabulary: Vocabulary) -> Understood:
    """Put words in the place of mistakes.

    Args:
        understood: As ``understand`` made it.
        choices: For each of its words what to put there; empty: nothing.
        vocabulary: The words there are.
    """
    text, words = understood.text, []
    for word, choice in zip(understood.words, choices, strict=True):
        if not choice:
            words.append(word)
            continue
        words.append(replace(word, forms=tuple(vocabulary.forms(choice)), alike=()))
        place = fold(text).find(word.term)
        if place >= 0:
            text = text[:place] + choice + text[place + len(word.term) :]
    changed = text if text != understood.text else ""
    return Understood(text, tuple(words), changed)


def _word(term: str, vocabulary: Vocabulary, times: int, *, may_begin: bool) -> Word:
    forms = tuple(vocabulary.forms(term))
    begins = may_begin and len(term) >= _SHORTEST_BEGINNING and bool(vocabulary.beginning(term, 1))
    if forms or begins:
        return Word(term, forms, term if begins else "", times=times)
    return Word(term, alike=tuple(vocabulary.alike(term)), times=times)
