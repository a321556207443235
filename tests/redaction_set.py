"""The labelled set of personal data, and how well a detector does on it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from assistant.redaction.records import Detector, Found, Sort
from assistant.redaction.swapping import places

_FILE: Final = Path(__file__).parent / "data" / "redaction.json"
_MARK: Final = re.compile("⟦([A-Z]+):(.*?)⟧", re.DOTALL)
_JOINER: Final = "\u2060"  # in keys, so that nobody's scanner takes them for real ones


@dataclass(frozen=True, slots=True)
class Text:
    """A text as people write them.

    Attributes:
        name: For people who look for it: its number, language and kind.
        part: "build" or "test"; no rule was written for a text of the latter.
        spans: What is personal data in it.
        harmless: What only looks like it.
    """

    name: str
    part: str
    text: str = field(repr=False)
    spans: tuple[Found, ...]
    harmless: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How well one sort is found.

    Attributes:
        spans: How many there are.
        covered: Those of which every letter and digit was found, as this sort.
        hidden: Those of which every letter and digit was found, as any sort.
        found: How many places were found as this sort.
        right: Those with nothing but this sort in them.
    """

    spans: int
    covered: int
    hidden: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        """Share of what there is that was found."""
        return self.covered / self.spans if self.spans else float("nan")

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.right / self.found if self.found else float("nan")


def labelled(part: str = "") -> list[Text]:
    """The texts of one part, or all."""
    read = json.loads(_FILE.read_text())["texts"]
    texts = [_read(f"{at} {one['language']} {one['kind']}", one) for at, one in enumerate(read)]
    return [text for text in texts if part in ("", text.part)]


def scores(texts: Sequence[Text], detector: Detector) -> dict[Sort, Score]:
    """How well each sort is found in these texts."""
    counts: Counter[tuple[Sort, str]] = Counter()
    for text in texts:
        [found] = places([text.text], detector)
        marks = _inked(text.text, text.spans)
        seen = _inked(text.text, found)
        for span in text.spans:
            counts[span.sort, "spans"] += 1
            inked = _places(text.text, span)
            counts[span.sort, "covered"] += all(seen.get(at) is span.sort for at in inked)
            counts[span.sort, "hidden"] += all(at in seen for at in inked)
        for one in found:
            counts[one.sort, "found"] += 1
            right = all(marks.get(at) is one.sort for at in _places(text.text, one))
            counts[one.sort, "right"] += right
    names = ("spans", "covered", "hidden", "found", "right")
    return {sort: Score(*(counts[sort, name] for name in names)) for sort in Sort}


def false_alarms(texts: Sequence[Text], detector: Detector) -> int:
    """How many of the harmless places something was found in."""
    return sum(
        any(one.start < end and start < one.end for one in found)
        for text in texts
        for found in places([text.text], detector)
        for start, end in text.harmless
    )


def faults(text: Text, detector: Detector) -> Iterator[str]:
    """What was missed and what was wrong in a text, a line each: of made-up texts they may tell."""
    [found] = places([text.text], detector)
    marks, seen = _inked(text.text, text.spans), _inked(text.text, found)
    for span in text.spans:
        if not all(seen.get(at) is span.sort for at in _places(text.text, span)):
            yield f"{text.name}: missed {span.sort} {text.text[span.start : span.end]!r}"
    for one in found:
        if not all(marks.get(at) is one.sort for at in _places(text.text, one)):
            yield f"{text.name}: wrong {one.sort} {text.text[one.start : one.end]!r}"


def _read(name: str, entry: dict[str, object]) -> Text:
    lines = entry["text"]
    assert isinstance(lines, list)
    marked = "\n".join(lines).replace(_JOINER, "")
    kept: list[str] = []
    spans: list[Found] = []
    harmless: list[tuple[int, int]] = []
    at = length = 0
    for mark in _MARK.finditer(marked):
        before = marked[at : mark.start()]
        start = length + len(before)
        length = start + len(mark[2])
        kept += [before, mark[2]]
        at = mark.end()
        if mark[1] == "NONE":
            harmless.append((start, length))
        else:
            spans.append(Found(start, length, Sort(mark[1])))
    text = "".join(kept) + marked[at:]
    return Text(name, str(entry["part"]), text, tuple(spans), tuple(harmless))


def _places(text: str, found: Found) -> list[int]:
    """Where its letters and digits are; whether a stop or a blank was taken along is no matter."""
    return [at for at in range(found.start, found.end) if text[at].isalnum()]


def _inked(text: str, found: Sequence[Found]) -> dict[int, Sort]:
    return {at: one.sort for one in found for at in _places(text, one)}
