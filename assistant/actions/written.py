"""What the model wrote, made fit to be shown: without its talk around it, or refused. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

from assistant.actions.catalogue import MAX_ITEM_CHARACTERS, MAX_ITEMS
from assistant.notes.names import folded
from assistant.text import storable, title_from

_TALK: Final = re.compile(
    r"\s*(?:sure|certainly|of course|okay|here(?:'s| is| are)|the text c(?:an|ould) be)"
    r"\b[^\n]{0,200}:[ \t]*\n+",
    re.IGNORECASE,
)
"""“Here's a revised version of the text:” before what was asked for."""

_QUOTE: Final = re.compile(r"^>[ \t]?", re.MULTILINE)
_MARKS: Final = re.compile(r"^(?:(?:[-*+•]|\d{1,3}[.)]|\[[ xX]\])\s+)+")
_WORD: Final = re.compile(r"[^\W\d_]{3,}")
_STEM: Final = 4  # letters of a word that count: "paint" and "painted" are one

_LEAST_VARIETY: Final = 0.35
"""Share of different words below which a text of many only repeats itself."""

_MANY_WORDS: Final = 12
_MOST_GROWTH: Final = 3.0
"""How many times longer a paragraph may get by rewriting: the starter model's own talk about a
text was longer than that, no usable rewriting was."""

_SPARE_CHARACTERS: Final = 80
_LEAST_KEPT: Final = 0.3
"""Share of a rewriting's words that the portion must have. A formal one changes many; of what the
starter model wrote about something else in place of a paragraph, none had as many."""

_LEAST_SHARED: Final = 0.5
"""Share of an item's words that the text must have. The starter model says an example's items again
where it finds none (2 of 4 texts)."""


def free(written: str, portion: str) -> str:
    """What was written freely about a portion, or empty where that is nothing to show."""
    text = bare(written, portion)
    return "" if _repeats(text) else text


def rewritten(written: str, portion: str, *, same_language: bool) -> str:
    """What was written in place of a portion; empty where that cannot stand there.

    Left out is what is much longer, what made a list or code of sentences, and, in the same
    language, what has too few of the portion's words: then it is about something else.
    """
    text = free(written, portion)
    if len(text) > _MOST_GROWTH * len(portion) + _SPARE_CHARACTERS:
        return ""
    if _mark(text) != _mark(portion) or ("```" in text and "```" not in portion):
        return ""
    said = stems(text)
    if same_language and len(said & stems(portion)) < _LEAST_KEPT * len(said):
        return ""
    return text


def bare(written: str, portion: str) -> str:
    """What was written, without talk before it and without marks that the portion has not."""
    text = _TALK.sub("", storable(written).replace("\x00", "\ufffd"), count=1).strip()
    if text.startswith(">") and not portion.lstrip().startswith(">"):
        text = _QUOTE.sub("", text).strip()
    for opening, closing in (('"', '"'), ("“", "”")):
        whole = len(text) > 1 and text[0] == opening and text[-1] == closing
        if whole and not portion.lstrip().startswith(opening):
            text = text[1:-1].strip()
    if text.endswith('"') and text.count('"') % 2:  # the answer was begun with one
        text = text[:-1].rstrip()
    return text


def items_in(written: str, portion: str) -> list[str]:
    """The tasks in a reply under the schema, each on one line.

    Those whose words are not the text's are left out. A reply that was cut short has those that
    are whole.
    """
    there = stems(portion)
    found = []
    for one in _strings(written):
        line = _MARKS.sub("", title_from(storable(one), MAX_ITEM_CHARACTERS))
        words = stems(line)
        if words and len(words & there) >= _LEAST_SHARED * len(words):
            found.append(line)
    return found[:MAX_ITEMS]


def checkboxes(items: Iterable[str]) -> str:
    """Tasks as lines that can be ticked, each once; the same in other spelling is one."""
    once: dict[str, str] = {}
    for item in items:
        once.setdefault(folded(item).rstrip(".!"), item)
    return "\n".join(f"- [ ] {item}" for item in once.values())


def stems(text: str) -> set[str]:
    """The beginnings of a text's words, folded."""
    return {word[:_STEM] for word in _WORD.findall(folded(text))}


def _strings(written: str) -> Sequence[str]:
    for ending in ("", '"]}', "]}", "}"):
        try:
            read = json.loads(written.strip() + ending)
        except ValueError:
            continue
        items = read.get("items") if isinstance(read, dict) else None
        if isinstance(items, list):
            whole = items[:-1] if ending == '"]}' else items
            return [one for one in whole if isinstance(one, str)]
    return ()


def _mark(text: str) -> str:
    """What kind of list a text begins with; empty where it is none."""
    found = _MARKS.match(text.lstrip())
    if not found:
        return ""
    return "1" if found[0][0].isdigit() else "-"


def _repeats(text: str) -> bool:
    words = text.split()
    return len(words) >= _MANY_WORDS and len(set(words)) < _LEAST_VARIETY * len(words)
