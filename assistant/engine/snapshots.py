"""KV states of conversations that are not in the context, so that switching costs a copy.

A conversation's keys and values are copied out of the context and back in whole: 13 ms each way
for 1,500 tokens of the starter model, where reading them again takes seconds. Used in the engine's
child process only.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

MIN_TOKENS: Final = 16
"""States shorter than this are not kept: the starter model reads them in the time of two frames of
a screen, and most of such a state is the system turn, which all conversations share."""


class KvState(Protocol):
    """One context's KV cache, as far as it is copied."""

    @property
    def tokens(self) -> Sequence[int]:
        """What it holds."""

    def state_bytes(self) -> int:
        """Size of a copy."""

    def state_capacity(self) -> int:
        """Size of a copy when the context is full."""

    def save(self, memory: mmap.mmap) -> bool:
        """Copy it out; False where that failed."""

    def restore(self, tokens: Sequence[int], memory: mmap.mmap, size: int) -> bool:
        """Put a copy in its place; where that fails, False, and it is empty."""

    def clear(self) -> None:
        """Hold nothing, and overwrite what was held."""


@dataclass(slots=True)
class _Kept:
    """A copy. Only what was written of ``memory`` takes real memory: ``written`` bytes."""

    memory: mmap.mmap
    tokens: list[int] = field(default_factory=list, repr=False)
    size: int = 0
    written: int = 0


class Snapshots:
    """Whose state the context holds, and copies of the others, the longest unused dropped first.

    A copy is made in the pause after a reply (``keep``), so that a switch only has to copy in.
    Its memory is set aside for a full context and written again and again: fresh pages cost three
    times the copying itself (47 against 13 ms, measured).

    Args:
        state: The context's KV cache.
        limit: Bytes that all copies may take.
    """

    def __init__(self, state: KvState, limit: int) -> None:
        self._state = state
        self._limit = limit
        self._key = 0
        self._due = False
        self._kept: dict[int, _Kept] = {}  # in the order of their last use

    @property
    def due(self) -> bool:
        """Whether the context holds something that ``keep`` has not seen."""
        return self._due

    @property
    def bytes(self) -> int:
        """What all copies take."""
        return sum(kept.written for kept in self._kept.values())

    def turn_to(self, key: int, prompt: Sequence[int]) -> None:
        """Have the context hold what shares most with the beginning of ``prompt``.

        That is what it holds now, or else the copy of ``key``, whose state it is from now on.
        The state of another conversation is kept first. ``key`` 0 is nobody's.
        """
        if key != self._key:
            self.keep()
            kept = self._kept.get(key)
            held = common_prefix(self._state.tokens, prompt)
            if kept and common_prefix(kept.tokens, prompt) > held:
                self._restore(key, kept)
            self._key = key
        self._due = key != 0

    def keep(self) -> None:
        """Copy the context's state, unless a copy holds it already or it is nobody's."""
        due, self._due = self._due, False
        tokens = list(self._state.tokens)
        if not due or len(tokens) < MIN_TOKENS:
            return
        kept = self._kept.pop(self._key, None)
        if not kept or kept.tokens[: len(tokens)] != tokens:
            kept = self._copy(tokens, kept)
        if kept:
            self._kept[self._key] = kept

    def forget(self, keys: Iterable[int]) -> None:
        """Hold nothing of these conversations, in the context neither."""
        gone = set(keys) - {0}
        for key in gone:
            self._drop(key)
        # What is nobody's may be a summary of one of them, or its draft.
        if gone and self._key in gone | {0}:
            self._state.clear()
            self._key, self._due = 0, False

    def close(self) -> None:
        """Drop all copies."""
        for key in list(self._kept):
            self._drop(key)

    def _copy(self, tokens: list[int], into: _Kept | None) -> _Kept | None:
        size = self._state.state_bytes()
        if into and size > min(len(into.memory), self._limit):
            into.memory.close()
            into = None
        kept = into or self._new(size)
        if not kept:
            return None
        self._make_room(max(size, kept.written))
        if not self._state.save(kept.memory):
            kept.memory.close()
            return None
        kept.tokens, kept.size, kept.written = tokens, size, max(size, kept.written)
        return kept

    def _restore(self, key: int, kept: _Kept) -> None:
        if self._state.restore(kept.tokens, kept.memory, kept.size):
            self._kept[key] = self._kept.pop(key)
        else:
            self._drop(key)

    def _new(self, size: int) -> _Kept | None:
        if size > self._limit:
            return None
        try:
            return _Kept(mmap.mmap(-1, max(size, self._state.state_capacity())))
        except (OSError, ValueError, OverflowError):  # no memory: it will be read again
            return None

    def _make_room(self, size: int) -> None:
        while self._kept and self.bytes + size > self._limit:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: int) -> None:
        if kept := self._kept.pop(key, None):
            kept.memory.close()


def common_prefix(one: Sequence[object], other: Sequence[object]) -> int:
    """Length of the longest beginning that both share."""
    limit = min(len(one), len(other))
    return next((i for i in range(limit) if one[i] != other[i]), limit)
