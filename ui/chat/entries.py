"""The conversation behind the drawn messages: all of it, and which part has widgets now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import takewhile

from assistant.asking.shown import answer_text, listed_sources, source_name
from assistant.records import Message, MessageState
from ui.markdown.citations import FORM, unmarked

# Widgets cost memory and layout; 30 fill the tallest screen, 60 leave room to scroll both ways
# (measured: 1,000 of them took a second to open).
OPENED = 30
ADDED = 10
KEPT = 60


@dataclass(frozen=True, slots=True)
class Aside:
    """A quiet line below a message.

    Attributes:
        words: May be empty where the links say enough.
        links: What can be done about it: the words, and what they stand for.
        facts: More than there is room for, as a tooltip.
    """

    words: str
    links: tuple[tuple[str, str], ...] = ()
    facts: str = ""


@dataclass(slots=True)
class Entry:
    """A message, with what came since it was read from the store.

    ``divider`` stands above it, across the page; ``note`` and ``asides`` below it.
    """

    message: Message
    divider: str = ""
    note: str = ""
    asides: tuple[Aside, ...] = ()
    failure: str = ""  # a sentence for the person
    _later: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text as it stands now."""
        if self._later:
            self.message = replace(self.message, text=self.message.text + "".join(self._later))
            self._later.clear()
        return self.message.text

    @property
    def drawn(self) -> str:
        """The text as it is drawn: with marks where something is cited, and none besides."""
        text = unmarked(self.text)
        return answer_text(replace(self.message, text=text), FORM)

    @property
    def copied(self) -> str:
        """The text as it is copied: with citations, and what they stand for."""
        text = answer_text(replace(self.message, text=self.text))
        named = [f"[{one.number}] {source_name(one)}" for one in listed_sources(self.message)]
        return "\n".join([text, "", *named]) if named else text

    @property
    def is_streaming(self) -> bool:
        """Whether more text is expected."""
        return self.message.state is MessageState.STREAMING

    def append(self, text: str) -> None:
        """Take more of the answer."""
        self._later.append(text)

    def shows(self, message: Message) -> bool:
        """Whether this is that message, in every respect."""
        return self.text == message.text and self.message == message


class Conversation:
    """All messages of what is shown, drawn or not."""

    def __init__(self) -> None:
        self.id: int | None = None
        self.entries: list[Entry] = []
        self._places: dict[int, int] = {}  # message id -> index

    def __len__(self) -> int:
        return len(self.entries)

    def index(self, message_id: int) -> int | None:
        """Where a message stands, or None where it is not shown."""
        return self._places.get(message_id)

    def common(self, messages: Sequence[Message]) -> int:
        """How many messages from the first on are these already."""
        pairs = zip(self.entries, messages, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0].shows(pair[1]), pairs))

    def replace_from(self, index: int, messages: Iterable[Message]) -> None:
        """Keep the messages before this one, and put these behind them."""
        for entry in self.entries[index:]:
            del self._places[entry.message.id]
        del self.entries[index:]
        for message in messages:
            self.append(message)

    def append(self, message: Message) -> None:
        """Put a message at the end."""
        self._places[message.id] = len(self.entries)
        self.entries.append(Entry(message))


class Side(Enum):
    """One of the two ends of the live messages."""

    OLDER = auto()
    NEWER = auto()


@dataclass(slots=True)
class LiveRange:
    """The messages that have widgets, ``first <= index < last``, and those that shall have.

    The newer end is built first: it is the one that is read first.
    """

    first: int = 0
    last: int = 0
    goal_first: int = 0
    goal_last: int = 0

    @classmethod
    def at_end(cls, total: int) -> LiveRange:
        """Nothing live yet; on the way to the last messages."""
        return cls(total, total, max(0, total - OPENED), total)

    @classmethod
    def around(cls, index: int, total: int) -> LiveRange:
        """Nothing live yet; this message first, then its neighbours."""
        return cls(index, index, max(0, index - ADDED), min(total, index + OPENED - ADDED))

    def next_side(self) -> Side | None:
        """Where a message is missing, or None where all are there."""
        if self.last < self.goal_last:
            return Side.NEWER
        return Side.OLDER if self.first > self.goal_first else None

    def extend(self, side: Side, total: int) -> bool:
        """Want more messages at one end; return whether there are any."""
        if self.next_side() is not None:
            return True
        if side is Side.OLDER:
            self.goal_first = max(0, self.first - ADDED)
        else:
            self.goal_last = min(total, self.last + ADDED)
        return self.next_side() is not None

    def reach_end(self, total: int) -> bool:
        """Want all messages up to the last; False where they are too many to go through."""
        if total - self.last > ADDED or self.first >= self.last:
            return False
        self.goal_last = total
        return True

    def grew(self, side: Side) -> None:
        """One message more has its widget."""
        if side is Side.OLDER:
            self.first -= 1
        else:
            self.last += 1

    def surplus(self, grown: Side) -> Iterator[Side]:
        """The ends to take messages from, after growth at one: the far one, one by one."""
        while self.last - self.first > KEPT:
            if grown is Side.OLDER:
                self.last -= 1
                self.goal_last = self.last
                yield Side.NEWER
            else:
                self.first += 1
                self.goal_first = self.first
                yield Side.OLDER

    def cut(self, index: int, total: int) -> int:
        """The messages from this one on were replaced; return how many widgets have to go.

        What went from view is wanted back. ``index`` lies behind ``first``.
        """
        gone = max(0, self.last - index)
        self.last -= gone
        wanted = max(self.goal_last, self.last + ADDED) if gone else self.goal_last
        self.goal_last = min(total, wanted)
        return gone


def may_contain(source: str, text: str) -> bool:
    """Whether a message's source may show a text: it does where it has it, marks left out.

    A cheap first question; the drawn message answers it.
    """
    folded, wanted = source.casefold(), text.casefold()
    return wanted in folded or _unmarked(wanted) in _unmarked(folded)


def _unmarked(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, "*_`~\\"), None))


def visits(total: int, start: int, *, backwards: bool) -> Iterator[int]:
    """Every index once, from ``start`` on around, and ``start`` again at the end."""
    step = -1 if backwards else 1
    return ((start + step * offset) % total for offset in range(total + 1) if total)
