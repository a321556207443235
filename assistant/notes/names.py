"""What notes and tags are called: cleaned, and folded so that two spellings are one name. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from assistant.errors import InputRefused
from assistant.notes.limits import MAX_TAG_CHARACTERS, MAX_TAGS
from assistant.text import clean, title_from

_NOTE_ENDINGS: Final = (".md", ".markdown")
_PLACE: Final = re.compile(r"#(?=\S).*", re.DOTALL)  # “C# by example” is a name
_ENDING: Final = re.compile(r"\.[a-z0-9]{1,8}$")
_MOST_FOLDERS: Final = 8  # of a file's path that a link may name


def folded(text: str) -> str:
    """``text`` without regard to case, to composition and to how many blanks there are."""
    # Folding can leave characters apart; composed again, both sides have one form.
    composed = unicodedata.normalize("NFC", text)
    return " ".join(unicodedata.normalize("NFC", composed.casefold()).split())


def tag_name(text: str) -> str:
    """Clean a tag: no ``#`` before it, one line, no empty part; empty where nothing is left."""
    line = title_from(clean(text).lstrip("# "), len(text) + 1)
    return "/".join(part.strip() for part in line.split("/") if part.strip())


def tags_given(tags: Iterable[str]) -> tuple[str, ...]:
    """Clean the tags that a person gives; those that are none are left out.

    Raises:
        InputRefused: one is too long, or there are too many.
    """
    found: dict[str, str] = {}
    for name in filter(None, map(tag_name, tags)):
        found.setdefault(folded(name), name)
    if any(len(name) > MAX_TAG_CHARACTERS for name in found.values()):
        raise InputRefused(
            f"A tag holds {MAX_TAG_CHARACTERS} characters; one of these is longer.",
            "Nothing was changed.",
        )
    if len(found) > MAX_TAGS:
        raise InputRefused(
            f"A note takes {MAX_TAGS:,} tags; these are {len(found):,}.", "Nothing was changed."
        )
    return tuple(found.values())


def tags_read(tags: Iterable[str]) -> tuple[str, ...]:
    """Clean the tags of a file: what is too long to be a tag is left out, and so are too many."""
    named = (name for name in map(tag_name, tags) if 0 < len(name) <= MAX_TAG_CHARACTERS)
    found: dict[str, str] = {}
    for name in named:
        found.setdefault(folded(name), name)
        if len(found) == MAX_TAGS:
            break
    return tuple(found.values())


def note_name(text: str) -> str:
    """What a title, or a path in a folder, is looked up by: folded, without a note's ending."""
    parts = [part.strip() for part in folded(text.replace("\\", "/")).split("/")]
    path = "/".join(part for part in parts if part not in {"", ".", ".."})
    for ending in _NOTE_ENDINGS:
        path = path.removesuffix(ending)
    return path


def link_target(written: str) -> str:
    """The name that a link asks for; empty where it points into its own note.

    Args:
        written: What stands between ``[[`` and ``]]`` or ``|``: a name, perhaps with folders
            before it, and with a heading (``#Heading``) or a block (``#^block``) after it.
    """
    return note_name(_PLACE.sub("", written))


def file_names(source: str) -> frozenset[str]:
    """What links may call a note that was imported from ``source``: with any of its folders."""
    parts = note_name(source).split("/")[-_MOST_FOLDERS:]
    names = {"/".join(parts[first:]) for first in range(len(parts))}
    if not source.lower().endswith(_NOTE_ENDINGS):
        names |= {_ENDING.sub("", name) for name in names}
    return frozenset(names - {""})
