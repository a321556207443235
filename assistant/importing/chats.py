"""Conversations of another program: a tree of turns, and how it travels between two processes.

Times are milliseconds since 1970, UTC; None where the other program does not say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from assistant.children.frames import BrokenFrame, Frame
from assistant.records import Role

MAX_TURN_CHARACTERS: Final = 1_000_000
MAX_TURNS: Final = 100_000

_FRAME_CHARACTERS: Final = 1_000_000
"""And one turn more: JSON takes at most 6 bytes for a character, and a frame 16 MiB."""


@dataclass(frozen=True, slots=True)
class ChatTurn:
    """One message. ``parent`` counts among the turns before it; None: it begins the chat."""

    parent: int | None
    role: Role
    text: str = field(repr=False)
    at: int | None


@dataclass(frozen=True, slots=True)
class Chat:
    """One conversation.

    Attributes:
        key: What the other program knows it by.
        head: The turn that ends the shown path.
        turns: Each after the one that it follows, at least one.
    """

    key: str = field(repr=False)
    title: str = field(repr=False)
    created_at: int | None
    updated_at: int | None
    head: int
    turns: tuple[ChatTurn, ...]


def chat_frames(chat: Chat) -> Iterator[Frame]:
    """Tell a conversation in frames, none too large."""
    yield {
        "op": "chat",
        "key": chat.key,
        "title": chat.title,
        "created_at": chat.created_at,
        "updated_at": chat.updated_at,
        "head": chat.head,
        "turns": len(chat.turns),
    }
    batch: list[list[Any]] = []
    characters = 0
    for turn in chat.turns:
        batch.append([turn.parent, turn.role.value, turn.text, turn.at])
        characters += len(turn.text)
        if characters > _FRAME_CHARACTERS:
            yield {"op": "turns", "turns": batch}
            batch, characters = [], 0
    if batch:
        yield {"op": "turns", "turns": batch}


class ChatReader:
    """Puts ``chat_frames`` together again. What it is given comes from an untrusted process."""

    def __init__(self) -> None:
        self._head: Frame = {}
        self._turns: list[ChatTurn] = []

    def take(self, frame: Frame) -> Chat | None:
        """Take the next frame; the conversation comes with its last one.

        Raises:
            BrokenFrame: that cannot be.
        """
        try:
            if frame["op"] == "chat":
                self._begin(frame)
                return None
            self._turns += [_turn(len(self._turns) + n, t) for n, t in enumerate(frame["turns"])]
            return self._whole()
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise BrokenFrame("no such conversation") from error

    def _begin(self, frame: Frame) -> None:
        if self._head or not 0 < int(frame["turns"]) <= MAX_TURNS:
            raise BrokenFrame("no such conversation")
        self._head = frame

    def _whole(self) -> Chat | None:
        wanted = int(self._head["turns"])
        if len(self._turns) < wanted:
            return None
        head = int(self._head["head"])
        if len(self._turns) > wanted or not 0 <= head < wanted:
            raise BrokenFrame("no such conversation")
        chat = Chat(
            str(self._head["key"]),
            str(self._head["title"]),
            _time(self._head["created_at"]),
            _time(self._head["updated_at"]),
            head,
            tuple(self._turns),
        )
        self._head, self._turns = {}, []
        return chat


def _turn(number: int, values: list[Any]) -> ChatTurn:
    parent, role, text, at = values
    if parent is not None and not 0 <= int(parent) < number:
        raise ValueError("a turn before its parent")
    if not isinstance(text, str) or len(text) > MAX_TURN_CHARACTERS:
        raise ValueError("no text")
    return ChatTurn(None if parent is None else int(parent), Role(role), text, _time(at))


def _time(value: Any) -> int | None:
    return None if value is None else max(0, min(int(value), 2**53))
