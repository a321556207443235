"""What the text of a note says about the note: title, tags, links, files, beginning. Pure.

Markdown as Obsidian writes it, too. Code is no text: a ``#`` or ``[[`` in it means nothing. Every
pattern here takes time in proportion to the text, whatever the text: each can only begin where
the one before it has ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from assistant.notes.limits import (
    EXCERPT_CHARACTERS,
    MAX_LINKS,
    MAX_TAG_CHARACTERS,
    MAX_TAGS,
    MAX_TITLE_CHARACTERS,
)
from assistant.notes.names import folded
from assistant.text import title_from

_FENCE: Final = re.compile(r"[ \t>]*(?:[-*+][ \t]+)?(`{3,}|~{3,})([^\n]*)")
_BACKTICKS: Final = re.compile("`+")
_MOST_BACKTICKS: Final = 10_000  # in one line; what comes after them is taken for text

# A tag ends at a blank and at most punctuation: but for - _ / and the joiners of emoji and Persian.
_PUNCTUATION: Final = (
    r"!-,.:-@\[-\^`{-~\x00-\x1f\x7f-\xa9\xab\xac\xb6\xbb\xbf"
    r"\u2000-\u200b\u200e-\u206f\u2e00-\u2e7f\u3000-\u303f"
    r"\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65\ufff0-\uffff"
)
_TAG: Final = re.compile(rf"#(?<!\S#)([^\s{_PUNCTUATION}]+)")
_NO_NAME: Final = "0123456789-_/"  # a tag needs something else, too: #1 is a number

_WIKILINK: Final = re.compile(r"\[\[([^\[\]|\\\n]{1,500})(?:\\?\|[^\[\]\n]{0,500})?\]\]")
_ADDRESS: Final = re.compile(
    r"\]\((<[^<>\n]{1,500}>|[^()\s<>]{1,500})(?:[ \t]+[\"'][^\n()]{0,200})?\)"
)
_DEFINITION: Final = re.compile(
    r"^ {0,3}\[[^\[\]\n]{1,500}\]:[ \t]{0,99}(<[^<>\n]{1,500}>|\S{1,500})", re.MULTILINE
)
_LED_TO: Final = (_WIKILINK, _ADDRESS, _DEFINITION)
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*:|//|#", re.IGNORECASE)
_ENDING: Final = re.compile(r"\.([A-Za-z0-9]{1,8})$")
_ESCAPED: Final = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_NOTES: Final = frozenset({"md", "markdown"})

_LINE: Final = re.compile(r"[^\n]+")
_LINE_CHARACTERS: Final = 2_000  # of one line, for a title or an excerpt
_LINES: Final = 40  # at most so many are looked at for an excerpt
_MARKS: Final = re.compile(
    r"[ \t]*(?:(?:>|#{1,6}(?=[ \t])|[-*+](?=[ \t])|\[[ xX]\](?=[ \t]))[ \t]*)*"
)
_IMAGE_OR_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,500})\]\([^()\n]{0,500}\)")
_SHOWN: Final = re.compile(r"!?\[\[(?:[^\[\]|\n]{1,500}\|)?([^\[\]|\n]{1,500})\]\]")
_EMPHASIS: Final = re.compile(r"\*\*|__|~~|==|`|\*(?=\S)|(?<=\S)\*")
_CLOSING: Final = re.compile(r"[ \t]+#+[ \t]*$")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a text says about its note. Tags, links and files once each, in their order.

    Attributes:
        title: Its first line with words; empty where there is none.
        tags: Without their ``#``, as first written.
        links: What stands in ``[[…]]`` before a ``|``, and relative links to Markdown files.
        attachments: Other files of its folder that it shows or links to.
    """

    title: str = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)
    links: tuple[str, ...] = field(repr=False)
    attachments: tuple[str, ...] = field(repr=False)


def facts_of(text: str) -> Facts:
    """Read all of it; up to 0.8 s for 10 MB, where every line has code, a tag and a link."""
    words = prose(text)
    links, attachments = _links(words)
    return Facts(title_of(text), _tags(words), links, attachments)


def title_of(text: str) -> str:
    """The first line with words, without its marks; one of tags alone where there is no other."""
    first = ""
    for line in islice(_lines(text), _LINES):
        words = plain(line)
        if not words:
            continue
        first = first or words
        if any(character.isalnum() for character in _TAG.sub("", line)):
            return title_from(words, MAX_TITLE_CHARACTERS)
    return title_from(first, MAX_TITLE_CHARACTERS)


def excerpt_of(text: str, title: str) -> str:
    """What the text begins with, on one line, without the title where it begins with that."""
    cut = title.removesuffix("…")
    found: list[str] = []
    length = 0
    for number, line in enumerate(islice(_lines(text), _LINES)):
        words = plain(line)
        is_title = words == title or (cut != title and words.startswith(cut))
        if words and not (is_title and number == 0):
            found.append(words)
            length += len(words)
        if length > EXCERPT_CHARACTERS:
            break
    return title_from(" ".join(" ".join(found).split()), EXCERPT_CHARACTERS)


def plain(line: str) -> str:
    """One line of Markdown as it reads: no marks, links by their words."""
    found = _MARKS.match(line)
    marks = found[0] if found else ""
    words = line[len(marks) :]
    words = _CLOSING.sub("", words) if "#" in marks else words
    words = _SHOWN.sub(r"\1", _IMAGE_OR_LINK.sub(r"\1", words))
    return " ".join(_EMPHASIS.sub("", words).split())


def prose(text: str) -> str:
    """The text without its code: fenced blocks are left out, code in a line is one blank."""
    if "`" not in text and "~~~" not in text:
        return text
    return "\n".join(
        _without_code(line) if "`" in line else line
        for line, is_code in _lines_and_fences(text)
        if not is_code
    )


def _lines_and_fences(text: str) -> Iterator[tuple[str, bool]]:
    """Each line, and whether it belongs to a fenced block."""
    fence = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if fence:
            yield line, True
            if found and found[1].startswith(fence) and not found[2].strip():
                fence = ""
        elif found and "`" not in found[2]:
            fence = found[1]
            yield line, True
        else:
            yield line, False


def _without_code(line: str) -> str:
    """Leave out what stands between two runs of as many backticks each (CommonMark 0.31, 6.1)."""
    if "``" not in line:
        pieces = line.split("`")
        rest = "" if len(pieces) % 2 else f"`{pieces.pop()}"
        return " ".join(pieces[::2]) + rest
    kept: list[str] = []
    at = 0
    for start, end in _code_in(line):
        kept += [line[at:start], " "]
        at = end
    return "".join(kept) + line[at:]


def _code_in(line: str) -> Iterator[tuple[int, int]]:
    """Where code stands in a line, with its backticks: start and end."""
    most = _MOST_BACKTICKS if "``" in line else None
    runs = list(islice(_BACKTICKS.finditer(line), most))
    closing: list[int | None] = [None] * len(runs)
    latest: dict[int, int] = {}
    for place in range(len(runs) - 1, -1, -1):
        length = len(runs[place][0])
        closing[place] = latest.get(length)
        latest[length] = place
    place = 0
    while place < len(runs):
        end = closing[place]
        if end is not None:
            yield runs[place].start(), runs[end].end()
            place = end
        place += 1


def tags_in(words: str) -> Iterator[tuple[int, int, str]]:
    """Where tags stand in a text, and what they are called: start, end and name.

    Args:
        words: Without code; and where a tag would be none (a link, say), without that.
    """
    for found in _TAG.finditer(words):
        if name := _tag_name(found[1]):
            yield found.start(), found.start(1) + len(found[1].rstrip("/")), name


def tag_places(text: str) -> Iterator[tuple[int, int, str]]:
    """Where the tags of a whole text stand that may be written otherwise.

    The same tags that ``facts_of`` finds, but for those in what a link leads to: written
    otherwise, it would lead elsewhere.

    Returns:
        As ``tags_in``: start, end and name of each, in their order.
    """
    words = _blanked(text)
    targets = sorted(
        found.span(1) for target in _LED_TO for found in target.finditer(words) if "#" in found[1]
    )
    passed = 0
    for start, end, name in tags_in(words):
        while passed < len(targets) and targets[passed][1] <= start:
            passed += 1
        if passed == len(targets) or start < targets[passed][0]:
            yield start, end, name


def _blanked(text: str) -> str:
    """The text with blanks where its code is: all else stands in its place."""
    if "`" not in text and "~~~" not in text:
        return text
    kept: list[str] = []
    for line, is_code in _lines_and_fences(text):
        pieces: list[str] = []
        at = 0
        for start, end in [(0, len(line))] if is_code else _code_in(line):
            pieces += [line[at:start], " " * (end - start)]
            at = end
        kept.append("".join(pieces) + line[at:])
    return "\n".join(kept)


def _tags(words: str) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for written in dict.fromkeys(_TAG.findall(words)):
        if name := _tag_name(written):
            found.setdefault(folded(name), name)
            if len(found) == MAX_TAGS:
                break
    return tuple(found.values())


def _tag_name(written: str) -> str:
    """What stands behind a ``#``, as a tag's name; empty where it is none."""
    name = written.strip("/")
    if not name.strip(_NO_NAME) or len(name) > MAX_TAG_CHARACTERS:
        return ""
    return "/".join(part for part in name.split("/") if part)


def _links(words: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Links to notes, and files."""
    notes: dict[str, None] = {}
    files: dict[str, None] = {}
    for target in _targets(words):
        ending = _ENDING.search(target.partition("#")[0])
        kind = ending[1].lower() if ending else ""
        into = notes if kind in _NOTES or target.startswith("[[") else files
        name = target.removeprefix("[[")
        if name and len(into) < MAX_LINKS:
            into[name] = None
    return tuple(notes), tuple(files)


def _targets(words: str) -> Iterator[str]:
    """What is linked to; a name that stands in ``[[…]]`` and is no embedded file begins so."""
    wikilinks = (
        (words[max(0, found.start() - 1) : found.start()], found[1])
        for found in _WIKILINK.finditer(words)
    )
    for before, written in dict.fromkeys(wikilinks):
        name, shown = written.strip(), before == "!"
        ending = _ENDING.search(name.partition("#")[0])
        is_file = shown and ending is not None and ending[1].lower() not in _NOTES
        yield name if is_file else f"[[{name}"
    for written in dict.fromkeys(_ADDRESS.findall(words)):
        address = written.strip("<>")
        if not _SCHEME.match(address) and _ENDING.search(address.partition("#")[0]):
            yield _unescaped(address)


def _unescaped(address: str) -> str:
    """An address with its ``%20`` and the like put back; what is no UTF-8 then shows as U+FFFD."""

    def read(match: re.Match[str]) -> str:
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")

    return _ESCAPED.sub(read, address).replace("\n", " ").replace("\x00", "\ufffd")


def _lines(text: str) -> Iterator[str]:
    """Lines that are not blank and not the edge of a block, each cut where it is very long."""
    for match in _LINE.finditer(text):
        line = text[match.start() : min(match.end(), match.start() + _LINE_CHARACTERS)]
        if not line.isspace() and not _FENCE.match(line):
            yield line
