"""Which source supports which sentence of an answer, and the answer with their numbers in it.

A small model hardly cites by itself, and what it cites may be copied out of a passage. So each
sentence is compared with each passage, by the words that they share and by meaning: a number that
the model wrote stays where that passage has something to do with the sentence, a sentence without
one gets the number of the passage that supports it best, and one that nothing supports gets none.
The answer's own text stays as the model wrote it: its next turn begins with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final

from assistant.asking.protocol import Encode
from assistant.asking.records import Citation, Source
from assistant.asking.words import is_open, numbers, share, stems

SUPPORTED: Final = 0.6
"""Support from which a sentence is taken to be from a passage.

Measured with the embedding model that comes with Hush: 138 sentences of what was found for 12
questions over the shared data's notes, each without every third of its words. All have 0.6 and more
with the passage that they are from (95 % have 0.76), and for 99 % that is the best of the four that
were found. With the best of the three others, which are about the same thing, 16 % have 0.6.
"""

_NAMED: Final = 0.45
"""Support below which a number that the model wrote is not believed: 36 % of the same sentences
have it with the best of the other passages."""

_FEWEST_WORDS: Final = 2  # of meaning, in a sentence that can be supported
_MOST_CLAIMS: Final = 60
_MOST_PIECES: Final = 12  # of one passage, compared with the sentences; 2 ms each

_MARK: Final = re.compile(r"[ \t\u00a0]{0,4}[\[【](\d{1,2}(?: ?[,;] ?\d{1,2}){0,9})[\]】](?!\()")
_CODE: Final = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1[^\n]*$|\Z)|`[^`\n]+`", re.M | re.S)
_QUOTED: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")  # code within a sentence
_NO_CLAIM: Final = re.compile(r"\s*(?:>\s*)*(#{1,6}\s|\||([-*_]\s*){3,}$)")
_LIST_MARKER: Final = re.compile(r"\s*(?:>\s*)*(?:[-*+•]\s+|\d{1,3}[.)]\s+)?")
_SENTENCE_END: Final = re.compile(
    r"(?<![.!?…])[.!?…]++[\"'”’»)\]*_]*+(?=\s|[\[【]\d)|(?<![。！？])[。！？]++[”’」』）】]*+"
)
_BREAK: Final = re.compile(r"\n\s*(?:\n|[-*+•]\s|\d{1,3}[.)]\s)")
_END_MARKS: Final = ".!?…。！？:; \t\u00a0"


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that can be supported.

    Attributes:
        text: Without what marks lists and without citations.
        place: Where a citation of it stands: behind its last word.
        named: The numbers that the model wrote in it.
    """

    text: str = field(repr=False)
    place: int
    named: tuple[int, ...] = ()


def cite(
    answer: str, sources: Sequence[Source], encode: Encode, question: str = ""
) -> tuple[Citation, ...]:
    """Find which sources support which sentences.

    Args:
        answer: As the model wrote it.
        sources: What it was given.
        encode: For comparing by meaning.
        question: A sentence that only says it again says nothing that could be supported.

    Returns:
        In the order of the text, each number once a place. Where sentences of one paragraph rest
        on the same, one behind the other, only the last of them says so.

    Raises:
        HushError: the embedding model failed.
    """
    asked = set(stems(question)) if is_open(question) else set()
    claims = [one for one in claims_of(answer) if not asked.issuperset(stems(one.text))]
    claims = claims[:_MOST_CLAIMS]
    if not claims or not sources:
        return ()
    support = _support([claim.text for claim in claims], [one.text for one in sources], encode)
    resting: list[tuple[int, list[int]]] = []  # places, and what supports what ends there
    for claim, row in zip(claims, support, strict=True):
        by_number = {one.number: value for one, value in zip(sources, row, strict=True)}
        kept = [number for number in claim.named if by_number.get(number, 0.0) >= _NAMED]
        best = max(by_number, key=lambda number: by_number[number])
        if not kept and by_number[best] >= SUPPORTED:
            kept = [best]
        resting.append((claim.place, kept))
    return tuple(
        Citation(place, number)
        for (place, kept), following in zip_longest(resting, resting[1:])
        if not (following and following[1] == kept and _goes_on(answer[place : following[0]]))
        for number in kept
    )


def _goes_on(between: str) -> bool:
    """Whether the next sentence stands in the same paragraph, and in the same entry of a list."""
    return not _BREAK.search(between)


def claims_of(text: str) -> list[Claim]:
    """The sentences of an answer that say something; no code, no headings, no tables."""
    claims = []
    for start, end in _sentences(text):
        said = text[start:end]
        named = [int(n) for mark in _MARK.finditer(said) for n in re.findall(r"\d+", mark[1])]
        plain = _MARK.sub("", said).strip()
        if len(stems(plain)) >= _FEWEST_WORDS:
            claims.append(Claim(plain, _place(text, start, end), tuple(dict.fromkeys(named))))
    return claims


def with_citations(answer: str, citations: Sequence[Citation], form: str = " [{}]") -> str:
    """An answer as people read it: what supports it in its places, and no other number.

    Args:
        answer: As the model wrote it.
        citations: Whose numbers are to be there.
        form: What becomes of each number.
    """
    code = _code(answer)
    removed = {
        mark.start(): mark.end() for mark in _MARK.finditer(answer) if not _inside(mark, code)
    }
    placed: dict[int, list[int]] = {}
    for citation in citations:
        placed.setdefault(min(citation.place, len(answer)), []).append(citation.number)
    parts, at = [], 0
    for edge in sorted({*removed, *placed}):
        if edge >= at:
            parts.append(answer[at:edge])
            at = edge
        parts += [form.format(number) for number in placed.get(edge, ())]
        at = max(at, removed.get(edge, at))
    return "".join([*parts, answer[at:]])


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each begins and ends. A citation behind its full stop belongs to it."""
    code = _code(text)
    at = 0
    for line in text.split("\n"):
        start, at = at, at + len(line) + 1
        if _NO_CLAIM.match(line) or any(a <= start < b and "\n" in text[a:b] for a, b in code):
            continue
        marker = _LIST_MARKER.match(line)
        begin = start + (marker.end() if marker else 0)
        for end in _SENTENCE_END.finditer(text, begin, start + len(line)):
            if any(a < end.start() < b for a, b in code):
                continue
            behind = _MARK.match(text, end.end())
            stop = behind.end() if behind else end.end()
            if stop > begin:
                yield begin, stop
                begin = stop
        if begin < start + len(line):
            yield begin, start + len(line)


def _place(text: str, start: int, end: int) -> int:
    """Behind the last word: before the full stop and before what the model cited there."""
    while True:
        core = text[start:end].rstrip(_END_MARKS)
        end = start + len(core)
        marks = [mark for mark in _MARK.finditer(core) if mark.end() == len(core)]
        if not marks:
            return end
        end = start + marks[-1].start()


def _support(claims: Sequence[str], texts: Sequence[str], encode: Encode) -> list[list[float]]:
    """How far each text supports each claim, from 0 to 1: words, and meaning where it is known."""
    words = [[_shared(claim, text) for text in texts] for claim in claims]
    pieces = [[c.text for c in claims_of(text)][:_MOST_PIECES] or [text] for text in texts]
    vectors = encode([*claims, *(piece for some in pieces for piece in some)])
    if vectors is None:
        return words
    near = vectors[: len(claims)] @ vectors[len(claims) :].T
    support = []
    for row, by_words in zip(near, words, strict=True):
        at, values = 0, []
        for some, shared in zip(pieces, by_words, strict=True):
            meaning = float(row[at : at + len(some)].max())
            values.append((shared + max(0.0, meaning)) / 2 if shared else 0.0)
            at += len(some)
        support.append(values)
    return support


def _shared(claim: str, text: str) -> float:
    """Share of a claim's words that a text has; none where it has a number or code of its own."""
    there = _flat(text)
    if numbers(claim) <= numbers(text) and all(_flat(c) in there for c in _QUOTED.findall(claim)):
        return share(stems(claim), stems(text))
    return 0.0


def _flat(code: str) -> str:
    """To compare code by: what stands between its words makes no difference."""
    return " ".join(code.casefold().split())


def _code(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _CODE.finditer(text)]


def _inside(mark: re.Match[str], spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= mark.start(1) < end for start, end in spans)
