"""Making texts fit: pure functions that join, shorten and quote what goes into a prompt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from assistant.engine.protocol import Turn

Counter = Callable[[Sequence[str]], list[int]]
"""Tokens of each text, as the engine counts them."""

_HEAD_SHARE: Final = 0.6  # of a message that is cut: its beginning says what it is about
_GAP: Final = "\n[…]\n"
_QUOTED: Final = "> "
_SHRINK: Final = 0.97  # a cut that was too long is made shorter in proportion, and a little more


@dataclass(frozen=True, slots=True)
class Quote:
    """A text that is given with a question: data, whoever wrote it."""

    title: str = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """A message as a prompt takes it. ``id`` 0 is one that is stored nowhere: a draft.

    Attributes:
        turn: Who says what.
        id: Its row.
        pinned: Whether it stays when it leaves.
        attached: Texts that go with it for good.
        passages: What to answer it from, while it is the last question.
    """

    turn: Turn
    id: int = 0
    pinned: bool = False
    attached: tuple[Quote, ...] = ()
    passages: tuple[Quote, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbours of one role, as one turn.

    Attributes:
        turn: Their texts, joined.
        said: The messages.
        places: Of the first and the last of them among all that was said.
    """

    turn: Turn
    said: tuple[Said, ...]
    places: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A turn as it is sent, what it costs with its overhead, and how many tokens it misses."""

    turn: Turn
    cost: int
    missing: int


def joined(said: Sequence[Said]) -> list[Group]:
    """Drop empty messages and join neighbours of one role: many chat templates refuse them.

    An empty message of the person's at the end stays: it is the question that is to come.
    """
    groups: list[Group] = []
    for place, one in enumerate(said):
        coming = place == len(said) - 1 and one.turn.role == "user"
        if not one.turn.text and not coming:
            continue
        before = groups[-1] if groups else None
        if before and before.turn.role == one.turn.role:
            text = f"{before.turn.text}\n\n{one.turn.text}"
            both = (before.places[0], place)
            groups[-1] = Group(Turn(one.turn.role, text), (*before.said, one), both)
        else:
            groups.append(Group(one.turn, (one,), (place, place)))
    return groups


def cut(turn: Turn, count: Counter, overhead: int, limit: int) -> Text:
    """Shorten a turn to cost at most ``limit`` tokens by leaving out its middle.

    Cuts in proportion to one count of the whole, and again where what is left is denser.

    Args:
        turn: What to shorten, where it is longer.
        count: Tokens of each text.
        overhead: What the turn costs beyond its text.
        limit: Tokens, overhead included.
    """
    limit -= overhead
    (total,) = count([turn.text])
    if total <= limit:
        return Text(turn, total + overhead, 0)
    kept = len(turn.text) * max(0, limit) // total
    while kept > 0:
        text = _without_middle(turn.text, kept)
        (tokens,) = count([text])
        if tokens <= limit:
            return Text(Turn(turn.role, text), tokens + overhead, max(1, total - tokens))
        kept = min(kept - 1, int(kept * limit / tokens * _SHRINK))
    return Text(Turn(turn.role, ""), overhead, total)


def quoted(text: str) -> str:
    """Mark each line as somebody's words, so that none can pass for a heading of ours."""
    return "\n".join(f"{_QUOTED}{line}" for line in text.splitlines())


def _without_middle(text: str, kept: int) -> str:
    head = int(kept * _HEAD_SHARE)
    after = len(text) - (kept - head)
    # The rest of a quoted line stays a quoted line.
    is_quoted = text.startswith(_QUOTED, text.rfind("\n", 0, after) + 1)
    return f"{text[:head]}{_GAP}{_QUOTED if is_quoted else ''}{text[after:]}"
