"""The words of a note as the tag model reads them: title, body, code languages, links. Pure.

Every pattern takes time in proportion to the text, whatever the text, and of a long note no more
than its beginning is read.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

MOST_CHARACTERS: Final = 40_000
"""Of a note that are read: some twenty pages, which say what it is about."""

BLOCKS: Final = ("word", "pair", "title", "fence", "link")
"""The kinds of words that a note is compared by, each in its own right."""

NO_FENCE: Final = "-"
"""In the block ``fence``: the note has no code with a language. That says something, too."""

STOP_WORDS: Final = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "it", "its", "of", "on", "or"}
    | {"such", "that", "the", "this", "to", "using", "with"}
)

_LONGEST_WORD: Final = 80  # characters; longer ones are data
_PATH_WORDS: Final = 6  # of one address
_GRAM: Final = 3  # words of a name that may be written apart: "git hub actions"

_WORD: Final = re.compile(r"[^\W_](?:[\w.+#'-]*[\w+#])?")
_FENCE: Final = re.compile(r"^[ \t>]*(?:`{3,}|~{3,})[ \t]*([\w+#.-]+)", re.MULTILINE)
_ADDRESS: Final = re.compile(r"https?://([^\s/)>\]]+)(/[^\s)>\]]*)?")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0eff\uac00-\ud7af]{2,}")
_JOINTS: Final = re.compile(r"[._'-]+")
_DOTS: Final = re.compile(r"[.-]")
_NO_KEY: Final = re.compile(r"[^\w+#]+|_+")


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one note, in their order; small enough to be kept for thousands of notes.

    Attributes:
        fences: Languages of code blocks.
        hosts: Of links, without ``www.``.
        paths: The words of links' paths.
    """

    title: tuple[str, ...] = field(repr=False)
    body: tuple[str, ...] = field(repr=False)
    fences: tuple[str, ...] = field(repr=False)
    hosts: tuple[str, ...] = field(repr=False)
    paths: tuple[str, ...] = field(repr=False)

    @property
    def is_empty(self) -> bool:
        """Nothing is there to go by."""
        return not (self.title or self.body or self.fences or self.hosts)

    def blocks(self) -> dict[str, Counter[str]]:
        """How often each word is in each of ``BLOCKS``."""
        return {
            "word": Counter(with_pieces(self.body)),
            "pair": Counter(_pairs(self.body)),
            "title": Counter([*with_pieces(self.title), *_pairs(self.title)]),
            "fence": Counter(self.fences or (NO_FENCE,)),
            "link": Counter([*self.hosts, *("/" + word for word in self.paths)]),
        }

    def plain(self) -> Counter[str]:
        """How often each word is in all of it; the title's count twice."""
        title = list(with_pieces(self.title))
        return Counter([*with_pieces(self.body), *title, *title, *self.fences])

    def title_keys(self) -> Counter[str]:
        """What names may match in the title, each once."""
        return Counter(dict.fromkeys(_grams(self.title), 1))

    def body_keys(self) -> Counter[str]:
        """What names may match in the body, with how often it is there."""
        return Counter(_grams(self.body))

    def fence_keys(self) -> Counter[str]:
        """What names may match among the languages of code, each once."""
        return Counter(dict.fromkeys(map(key, self.fences), 1))

    def link_keys(self) -> Counter[str]:
        """What names may match in links, each once."""
        parts = [part for host in self.hosts for part in _DOTS.split(host)]
        return Counter(dict.fromkeys(map(key, [*parts, *self.paths]), 1))


def read(title: str, text: str) -> Reading:
    """Read a note."""
    title, text = _folded(title[:MOST_CHARACTERS]), _folded(text[:MOST_CHARACTERS])
    addresses = _ADDRESS.findall(text)
    hosts = [host[:_LONGEST_WORD].removeprefix("www.") for host, _ in addresses]
    paths = [word for _, path in addresses for word in _words(path)[:_PATH_WORDS]]
    return Reading(
        title=tuple(_words(title)),
        body=tuple(_words(_ADDRESS.sub(" ", text))),
        fences=tuple(map(sys.intern, _FENCE.findall(text))),
        hosts=tuple(map(sys.intern, hosts)),
        paths=tuple(paths),
    )


def words(text: str) -> list[str]:
    """The words of a text, folded; scripts without blanks as pairs of characters."""
    return _words(_folded(text))


def with_pieces(some: Iterable[str]) -> Iterator[str]:
    """Each word, and after it the parts of one like ``a.b-c``."""
    for word in some:
        yield word
        if not word.isalnum():
            yield from (part for part in _JOINTS.split(word) if part and part != word)


def key(text: str) -> str:
    """A name or a word without what joins its parts: ``next.js`` and ``nextjs`` are one."""
    return text if text.isalnum() else _NO_KEY.sub("", text)


def name_keys(name: str) -> list[str]:
    """What a text must have for a tag to be named in it: all of the name, or its last part."""
    whole = _folded(name)
    return sorted({key(whole), key(whole.rsplit("/", 1)[-1])} - {""})


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _words(folded: str) -> list[str]:
    found: list[str] = []
    for word in _WORD.findall(folded):
        if not word.isascii() and _UNSPACED.search(word):
            found += [sys.intern(a + b) for a, b in pairwise(word)]
        elif len(word) <= _LONGEST_WORD:
            found.append(sys.intern(word))  # one object for all notes that have it
    return found


def _pairs(some: Sequence[str]) -> Iterator[str]:
    return (f"{a} {b}" for a, b in pairwise(some))


def _grams(some: Sequence[str]) -> Iterator[str]:
    """Keys of one to three words that follow each other, and of words' parts."""
    keys = [key(word) for word in some]
    for length in range(1, _GRAM + 1):
        for at in range(len(keys) - length + 1):
            yield "".join(keys[at : at + length])
    for word in some:
        if not word.isalnum():
            yield from (key(part) for part in _JOINTS.split(word) if part and part != word)
