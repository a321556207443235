"""What one can go to by name: commands, notes, chats and tags, and which of them a query means."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate, islice
from typing import Final

from assistant.notes.records import NoteLine, TagCount
from assistant.records import Conversation
from ui.search.words import quoted

_GROUP: Final = 5  # entries of one kind
_RECENT: Final = 6  # notes and chats together, before anything is typed
_NOT_WORDS: Final = re.compile(r"[\W_]+")
_TIERS: Final = 3
_LOOKED_AT: Final = 2_000
"""Titles with a word of the query that are looked at, the newest first: a few milliseconds. Whose
word stands in more of them goes on typing."""


class EntryKind(StrEnum):
    """What an entry leads to."""

    COMMAND = "command"
    NOTE = "note"
    CHAT = "chat"
    TAG = "tag"
    SEARCH = "search"
    ANYWHERE = "anywhere"


_HEADINGS: Final = {
    EntryKind.COMMAND: "Commands",
    EntryKind.NOTE: "Notes",
    EntryKind.CHAT: "Chats",
    EntryKind.TAG: "Tags",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One row that can be chosen.

    Attributes:
        kind: What it leads to.
        key: Which: a command's or tag's name, a note's or conversation's id, words to search for.
        title: What it is called.
        at: When it was changed, in milliseconds since 1970, UTC; 0 where that says nothing.
        hint: What stands at the row's end: a key, or how many notes a tag has.
    """

    kind: EntryKind
    key: str | int = field(repr=False)
    title: str = field(repr=False)
    at: int = 0
    hint: str = ""


Row = Entry | str
"""An entry, or the heading above some."""


@dataclass(frozen=True, slots=True)
class Command:
    """Something the window does.

    Attributes:
        name: Names it, as in ``ui/shortcuts.py``.
        title: What it is called.
        act: Does it.
        keys: That do it as well, as people read them; may be empty.
        also: Other words that mean it.
    """

    name: str
    title: str
    act: Callable[[], object]
    keys: str = ""
    also: str = ""


def folded(text: str) -> str:
    """``text`` as it is compared: no case, no accents, one space before each word."""
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(part for part in parts if not unicodedata.combining(part))
    return f" {_NOT_WORDS.sub(' ', text.casefold()).strip()}"


class Catalogue:
    """Everything there is to go to. Making it takes time in proportion; asking it hardly any.

    Args:
        commands: In the order in which they are offered.
        notes: Outside of the trash, in any order; the newest are offered first.
        chats: As ``notes``.
        tags: As ``notes``; those with the most notes are offered first.
    """

    def __init__(
        self,
        commands: Sequence[Command] = (),
        notes: Sequence[NoteLine] = (),
        chats: Sequence[Conversation] = (),
        tags: Sequence[TagCount] = (),
    ) -> None:
        self._commands = commands
        self._notes = sorted(notes, key=lambda note: -note.updated_at)
        self._chats = sorted(chats, key=lambda chat: -chat.updated_at)
        self._tags = sorted(tags, key=lambda tag: -tag.notes)
        self._titles = {
            EntryKind.COMMAND: _Titles(folded(f"{c.title} {c.also}") for c in commands),
            EntryKind.NOTE: _Titles(folded(note.title) for note in self._notes),
            EntryKind.CHAT: _Titles(folded(chat.title) for chat in self._chats),
            EntryKind.TAG: _Titles(folded(tag.name) for tag in self._tags),
        }

    def rows(self, query: str, first: Sequence[Entry] = ()) -> list[Row]:
        """What a query means, the best kind first; what is recent where nothing is typed yet.

        Args:
            query: As it was typed.
            first: Stand above everything while nothing is typed.
        """
        wanted = folded(query)
        return self._found(wanted) if wanted.strip() else [*first, *self._begun()]

    def searching(self, query: str) -> list[Row]:
        """As ``rows``, with a way to the search for the same words at the end."""
        rows = self.rows(query)
        if query.strip():
            title = f"Search everywhere for {quoted(query)}"
            rows.append(Entry(EntryKind.SEARCH, query, title))
        return rows

    def _begun(self) -> list[Row]:
        rows: list[Row] = []
        if recent := self._recent():
            rows += ["Recent", *recent]
        if self._commands:
            places = range(len(self._commands))
            rows += ["Commands", *(self._entry(EntryKind.COMMAND, place) for place in places)]
        if self._tags and not self._commands:
            rows += ["Tags", *(self._entry(EntryKind.TAG, n) for n in range(self._few_tags))]
        return rows

    @property
    def _few_tags(self) -> int:
        return min(len(self._tags), 2 * _GROUP)

    def _recent(self) -> list[Entry]:
        notes = (self._entry(EntryKind.NOTE, n) for n in range(min(_RECENT, len(self._notes))))
        chats = (self._entry(EntryKind.CHAT, n) for n in range(min(_RECENT, len(self._chats))))
        newest = sorted([*notes, *chats], key=lambda entry: -entry.at)
        return list(islice(newest, _RECENT))

    def _found(self, wanted: str) -> list[Row]:
        groups = []
        for kind, titles in self._titles.items():
            tier, places = titles.best(wanted)
            if places:
                groups.append((tier, kind, places))
        groups.sort(key=lambda group: group[0])  # stable: kinds of one tier stay in their order
        rows: list[Row] = []
        for _, kind, places in groups:
            rows += [_HEADINGS[kind], *(self._entry(kind, place) for place in places)]
        return rows

    def _entry(self, kind: EntryKind, place: int) -> Entry:
        match kind:
            case EntryKind.COMMAND:
                command = self._commands[place]
                return Entry(kind, command.name, command.title, hint=command.keys)
            case EntryKind.NOTE:
                note = self._notes[place]
                return Entry(kind, note.id, note.title, note.updated_at)
            case EntryKind.CHAT:
                chat = self._chats[place]
                hint = "Private" if chat.private else ""
                return Entry(kind, chat.id, chat.title, chat.updated_at, hint)
            case _:
                tag = self._tags[place]
                notes = f"{tag.notes:,} note{'' if tag.notes == 1 else 's'}"
                return Entry(EntryKind.TAG, tag.name, f"#{tag.name}", hint=notes)


class _Titles:
    """Titles in one text, so that those with a word in them are found without asking each.

    Args:
        titles: Folded.
    """

    def __init__(self, titles: Iterable[str]) -> None:
        self._titles = list(titles)
        self._text = "\n".join(self._titles)
        self._starts = [0, *accumulate(len(title) + 1 for title in self._titles)]

    def best(self, wanted: str) -> tuple[int, list[int]]:
        """The tier of the best title, and the places of the few best ones."""
        words = wanted.split()
        begins = [f" {word}" for word in words]
        tiers: list[list[int]] = [[] for _ in range(_TIERS)]
        for place in islice(self._with(words), _LOOKED_AT):
            title = self._titles[place]
            if title.startswith(wanted):
                tier = 0
            elif all(word in title for word in begins):
                tier = 1
            elif all(word in title for word in words):
                tier = 2
            else:
                continue
            tiers[tier].append(place)
            if len(tiers[0]) == _GROUP:
                break
        best = next((tier for tier, places in enumerate(tiers) if places), _TIERS)
        return best, [place for places in tiers for place in places][:_GROUP]

    def _with(self, words: Sequence[str]) -> Iterator[int]:
        """The places of the titles that have the rarest of these words."""
        rarest = min(words, key=self._text.count)
        at = self._text.find(rarest)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            yield place
            at = self._text.find(rarest, self._starts[place + 1])
