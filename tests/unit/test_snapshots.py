"""Copies of KV states: whose they are, what is kept of them, and what they may take."""

from __future__ import annotations

import mmap
from collections.abc import Sequence

import pytest

from assistant.engine.snapshots import MIN_TOKENS, Snapshots, common_prefix

TOKEN_BYTES = 4096
LONG = 100


class FakeState:
    """A context whose state is its tokens, ``TOKEN_BYTES`` each."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.saves = 0
        self.restores = 0
        self.cleared = 0
        self.fails = False

    def state_bytes(self) -> int:
        return len(self.tokens) * TOKEN_BYTES

    def state_capacity(self) -> int:
        return 4 * LONG * TOKEN_BYTES

    def save(self, memory: mmap.mmap) -> bool:
        self.saves += 1
        memory[: len(self.tokens)] = bytes(token % 251 for token in self.tokens)
        return not self.fails

    def restore(self, tokens: Sequence[int], memory: mmap.mmap, size: int) -> bool:
        self.restores += 1
        whole = memory[: len(tokens)] == bytes(token % 251 for token in tokens)
        assert size == len(tokens) * TOKEN_BYTES
        self.tokens = list(tokens) if whole and not self.fails else []
        return not self.fails and whole

    def clear(self) -> None:
        self.cleared += 1
        self.tokens = []


class Desk:
    """Snapshots of a fake state, and requests as the model makes them."""

    def __init__(self, limit: int = 100 * LONG * TOKEN_BYTES) -> None:
        self.state = FakeState()
        self.snapshots = Snapshots(self.state, limit)

    def ask(self, key: int, prompt: Sequence[int]) -> int:
        """One request, of which the whole prompt is held afterwards; what of it was reused."""
        self.snapshots.turn_to(key, prompt)
        reused = common_prefix(self.state.tokens, prompt)
        self.state.tokens = list(prompt)
        return reused


def talk(number: int, length: int = LONG) -> list[int]:
    """The tokens of one conversation: nothing of another's."""
    return [1000 * number + at for at in range(length)]


def test_the_same_conversation_copies_nothing() -> None:
    """Turn after turn, the context already holds its state."""
    desk = Desk()
    desk.ask(1, talk(1))
    assert desk.ask(1, talk(1, LONG + 10)) == LONG
    assert desk.state.saves == desk.state.restores == 0


def test_there_and_back() -> None:
    """Both are kept when the other one comes."""
    desk = Desk()
    desk.ask(1, talk(1))
    assert desk.ask(2, talk(2)) == 0
    assert desk.ask(1, talk(1)) == LONG
    assert desk.ask(2, talk(2)) == LONG


def test_what_was_kept_in_the_pause_is_not_kept_again() -> None:
    """The switch has only to copy in; nor does looking at a conversation make a new copy."""
    desk = Desk()
    desk.ask(1, talk(1))
    assert desk.snapshots.due
    desk.snapshots.keep()
    assert not desk.snapshots.due
    desk.ask(2, talk(2))
    desk.snapshots.keep()
    assert desk.state.saves == 2
    desk.ask(1, talk(1))
    desk.ask(2, talk(2))
    assert desk.state.saves == 2


def test_a_copy_of_more_is_not_replaced_by_less() -> None:
    """A reply that was cancelled at once cut the context back; the longer copy begins the same."""
    desk = Desk()
    desk.ask(1, talk(1))
    desk.snapshots.keep()
    desk.ask(1, talk(1, LONG - 20))
    desk.snapshots.keep()
    desk.ask(2, talk(2))
    assert desk.state.saves == 1
    assert desk.ask(1, talk(1)) == LONG


def test_nobodys_state_is_not_kept_and_takes_nobodys_place() -> None:
    """A title is asked for in between: the conversation is as it was, and no copy is the task's."""
    desk = Desk()
    desk.ask(1, talk(1))
    desk.ask(0, talk(9))
    assert not desk.snapshots.due
    assert desk.ask(1, talk(1)) == LONG
    desk.ask(2, talk(2))
    assert desk.ask(0, talk(9)) == 0


def test_what_the_context_holds_is_used_where_it_shares_more() -> None:
    """A task that quotes the conversation reads on from it; a shorter copy is left alone."""
    desk = Desk()
    desk.ask(1, talk(1, LONG // 2))
    desk.ask(2, talk(2))
    desk.ask(0, talk(1))
    assert desk.ask(1, talk(1)) == LONG
    assert desk.state.restores == 0


def test_short_states_are_not_worth_a_copy() -> None:
    """They are read again in no time."""
    desk = Desk()
    desk.ask(1, talk(1, MIN_TOKENS - 1))
    desk.ask(2, talk(2))
    assert desk.state.saves == 0
    assert desk.snapshots.bytes == 0


def test_the_longest_unused_goes_first() -> None:
    """Three fit; looking at the first again saves it from being dropped."""
    desk = Desk(limit=3 * LONG * TOKEN_BYTES)
    for number in (1, 2, 3):
        desk.ask(number, talk(number))
    desk.ask(1, talk(1))
    desk.ask(4, talk(4))
    desk.ask(5, talk(5))
    assert desk.snapshots.bytes <= 3 * LONG * TOKEN_BYTES
    assert desk.ask(1, talk(1)) == LONG
    assert desk.ask(2, talk(2)) == 0


def test_no_copy_is_larger_than_the_limit() -> None:
    """And the others are not dropped for one that cannot be kept."""
    desk = Desk(limit=LONG * TOKEN_BYTES)
    desk.ask(1, talk(1))
    desk.ask(2, talk(2, LONG + 1))
    desk.ask(3, talk(3, MIN_TOKENS - 1))
    assert desk.snapshots.bytes == LONG * TOKEN_BYTES
    assert desk.ask(1, talk(1)) == LONG
    assert desk.ask(2, talk(2, LONG + 1)) == 0


def test_a_conversation_that_grew_past_the_limit_is_dropped() -> None:
    """Its old copy does not stay for ever."""
    desk = Desk(limit=LONG * TOKEN_BYTES)
    desk.ask(1, talk(1))
    desk.snapshots.keep()
    desk.ask(1, talk(1, LONG + 50))
    desk.snapshots.keep()
    assert desk.snapshots.bytes == 0


def test_a_copy_that_fails_is_read_again() -> None:
    """On the way out and on the way in; and the failed copy is gone."""
    desk = Desk()
    desk.ask(1, talk(1))
    desk.state.fails = True
    desk.ask(2, talk(2))
    desk.state.fails = False
    assert desk.snapshots.bytes == 0
    assert desk.ask(1, talk(1)) == 0
    desk.ask(2, talk(2))
    desk.state.fails = True
    assert desk.ask(1, talk(1)) == 0


@pytest.mark.parametrize("active", [True, False])
def test_forgotten_means_gone(active: bool) -> None:
    """From the copies, and from the context where it is the active one."""
    desk = Desk()
    desk.ask(1, talk(1))
    desk.snapshots.keep()
    if not active:
        desk.ask(2, talk(2))
    desk.snapshots.forget([1, 7])
    assert desk.state.cleared == active
    assert desk.snapshots.bytes == 0
    desk.snapshots.keep()
    assert desk.ask(1, talk(1)) == 0


def test_forgetting_nobody_clears_nothing() -> None:
    """0 names no conversation."""
    desk = Desk()
    desk.ask(0, talk(1))
    desk.snapshots.forget([0])
    assert desk.state.cleared == 0


def test_closing_frees_all() -> None:
    """Another model is loaded: its states are others."""
    desk = Desk()
    for number in (1, 2, 3):
        desk.ask(number, talk(number))
    desk.snapshots.close()
    assert desk.snapshots.bytes == 0
