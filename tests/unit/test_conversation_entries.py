"""Which messages are live, what a conversation holds, and the order of a search. No Qt."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Message, MessageState, Role
from ui.chat.entries import (
    ADDED,
    KEPT,
    OPENED,
    Conversation,
    Entry,
    LiveRange,
    Side,
    may_contain,
    visits,
)


def message(number: int, text: str = "text") -> Message:
    """An answer that is being written."""
    return Message(number, 1, None, Role.ASSISTANT, MessageState.STREAMING, text, 0)


def grow(live: LiveRange) -> list[int]:
    """Build everything that is wanted; return the indexes in the order they were built."""
    built = []
    while side := live.next_side():
        built.append(live.first - 1 if side is Side.OLDER else live.last)
        live.grew(side)
    return built


def test_text_that_came_later_counts() -> None:
    """An entry is its message and what came since."""
    entry = Entry(message(1, "a"))
    entry.append("b")
    entry.append("c")
    assert entry.text == "abc"
    assert entry.shows(message(1, "abc"))
    assert not entry.shows(message(1, "a"))


def test_entry_knows_another_state() -> None:
    """The same text in another state is another message to show."""
    entry = Entry(message(1, "a"))
    assert not entry.shows(replace(message(1, "a"), state=MessageState.COMPLETE))


def test_conversation_keeps_its_common_beginning() -> None:
    """Only from the first difference on is anything replaced."""
    conversation = Conversation()
    conversation.replace_from(0, [message(1), message(2), message(3)])
    changed = [message(1), message(5), message(3)]
    assert conversation.common(changed) == 1
    kept = conversation.entries[0]
    conversation.replace_from(1, changed[1:])
    assert conversation.entries[0] is kept
    assert [conversation.index(number) for number in (1, 5, 3, 2)] == [0, 1, 2, None]


def test_opening_begins_with_the_newest() -> None:
    """The last 30 messages, the last of all first."""
    assert grow(LiveRange.at_end(300)) == list(range(299, 299 - OPENED, -1))
    assert grow(LiveRange.at_end(2)) == [1, 0]


def test_around_begins_with_the_message_itself() -> None:
    """A message in the middle, then what follows it, then what came before."""
    built = grow(LiveRange.around(100, 300))
    assert built[0] == 100
    assert sorted(built) == list(range(90, 120))


def test_extending_wants_ten_more() -> None:
    """At an edge ten more are wanted; at the conversation's own end nothing."""
    live = LiveRange.at_end(300)
    grow(live)
    assert live.extend(Side.OLDER, 300)
    assert grow(live) == list(range(269, 259, -1))
    assert not live.extend(Side.NEWER, 300)


@given(st.integers(0, 400), st.lists(st.sampled_from([Side.OLDER, Side.NEWER]), max_size=60))
def test_never_more_than_sixty_and_always_in_range(total: int, sides: list[Side]) -> None:
    """However one scrolls, the live messages are few and exist."""
    live = LiveRange.at_end(total)
    for wanted in sides:
        live.extend(wanted, total)
        while side := live.next_side():
            live.grew(side)
            removed = list(live.surplus(side))
            assert side not in removed
            assert 0 <= live.first <= live.last <= total
            assert live.last - live.first <= KEPT


def test_cut_wants_its_end_back() -> None:
    """What was replaced goes, and as much is wanted again."""
    live = LiveRange.at_end(100)
    grow(live)
    assert live.cut(95, 97) == 5
    assert (live.last, live.goal_last) == (95, 97)
    assert live.cut(97, 97) == 0


def test_end_is_reached_or_too_far() -> None:
    """A few messages are built on; across many it is quicker to begin anew."""
    live = LiveRange.around(50, 300)
    grow(live)
    assert not live.reach_end(300)
    assert live.reach_end(live.last + ADDED)


def test_search_goes_round() -> None:
    """Every message once, and the first one again: its match may stand before the start."""
    assert list(visits(3, 1, backwards=False)) == [1, 2, 0, 1]
    assert list(visits(3, 1, backwards=True)) == [1, 0, 2, 1]
    assert list(visits(0, 0, backwards=False)) == []


def test_marks_do_not_hide_a_text() -> None:
    """A word with emphasis inside is found; case does not matter."""
    assert may_contain("An **im**portant thing", "Important")
    assert may_contain("snake_case", "snake_case")
    assert not may_contain("nothing here", "important")
