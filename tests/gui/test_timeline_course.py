"""Any course of events leaves the conversation on the page as it is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from assistant.records import Message, MessageState
from tests.gui.conversations import (
    answer,
    exchange,
    long_thread,
    question,
    scroll_to,
    settle,
    shown_timeline,
    text_of,
    thread,
    thread_pool,
    views,
)
from ui.chat.timeline import Timeline
from ui.theme.tokens import DARK, LIGHT

WRITING = MessageState.STREAMING


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def timeline(qtbot: QtBot, pool: Executor) -> Timeline:
    """An empty conversation on a page of 700 by 600 pixels."""
    return shown_timeline(qtbot, pool)


def steps() -> st.SearchStrategy[list[tuple[str, int]]]:
    """What may happen to a conversation, in any order, with a number for each."""
    kinds = [
        "thread",
        "cut",
        "ask",
        "say",
        "end",
        "scroll",
        "jump",
        "find",
        "dark",
        "light",
        "size",
    ]
    return st.lists(st.tuples(st.sampled_from(kinds), st.integers(0, 99)), max_size=12)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps())
def test_any_course_shows_the_conversation(
    steps: list[tuple[str, int]], qtbot: QtBot, timeline: Timeline
) -> None:
    """Whatever happens, the live messages are a run of the conversation, text for text."""
    timeline.clear()
    timeline.show_thread(long_thread(5))
    messages = list(long_thread(5).messages)
    for kind, number in steps:
        play(timeline, messages, kind, number)
        if number % 2:
            settle(qtbot, timeline)
    settle(qtbot, timeline)
    shown = [(view.entry.message.id, text_of(view).strip()) for view in views(timeline)]
    whole = [(m.id, m.text.strip().replace("\n\n", "\n")) for m in messages]
    first = whole.index(shown[0])
    assert len(shown) >= min(len(whole), 5)
    assert shown == whole[first : first + len(shown)]


def play(timeline: Timeline, messages: list[Message], kind: str, number: int) -> None:
    """Let one thing happen, to the conversation and to what is expected of it."""
    last = messages[-1]
    writing = last.state is WRITING
    if kind in ("thread", "cut"):
        kept = messages[: number if kind == "cut" else len(messages)]
        fresh = 1_000 * number + max(m.id for m in messages)
        messages[:] = [*kept, *(answer(fresh + n, f"New {n}.") for n in range(1, number + 2))]
        timeline.show_thread(thread(*messages))
    elif kind == "ask" and not writing:
        messages += [question(last.id + 1, "More?"), answer(last.id + 2, "", WRITING)]
        timeline.begin(exchange(*messages[-2:]))
    elif kind in ("say", "end") and writing:
        messages[-1] = replace(last, text=last.text + f"Word {number}. ")
        if kind == "say":
            timeline.append_text(last.id, f"Word {number}. ")
        else:
            messages[-1] = replace(messages[-1], state=MessageState.COMPLETE)
            timeline.finish(messages[-1])
    elif kind == "scroll":
        scroll_to(timeline, timeline.verticalScrollBar().maximum() * number // 99)
    elif kind == "jump":
        timeline.jump_to_latest()
    elif kind == "find":
        assert timeline.find("Question 1?") or messages[0].id != 1
    elif kind in ("dark", "light"):
        timeline.apply(DARK if kind == "dark" else LIGHT)
    elif kind == "size":
        timeline.resize(500 + 2 * number, 600)
