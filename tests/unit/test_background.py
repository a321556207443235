"""One thread for what blocks: in order, and gone with whoever could ask it."""

from __future__ import annotations

import gc
import threading

import pytest

from assistant.background import Background


def named(name: str) -> list[threading.Thread]:
    """Threads of that name."""
    return [thread for thread in threading.enumerate() if thread.name == name]


def test_nothing_begins_before_it_is_asked() -> None:
    """A service that nobody uses has no thread."""
    background = Background("unasked")
    assert not named("unasked")
    assert background.submit(lambda: 7).result(10) == 7
    assert len(named("unasked")) == 1


def test_calls_are_done_in_order() -> None:
    """One after the other, whatever each of them comes to."""
    background, done = Background("in order"), list[int]()
    calls = [background.submit(lambda n=number: done.append(n)) for number in range(20)]
    failing = background.submit(lambda: 1 // 0)
    for call in calls:
        call.result(10)
    assert done == list(range(20))
    with pytest.raises(ZeroDivisionError):
        failing.result(10)


def test_what_was_cancelled_is_left_out() -> None:
    """A call that has not begun never will."""
    background, may_go, done = Background("cancelled"), threading.Event(), list[int]()
    first = background.submit(lambda: may_go.wait(10))
    second = background.submit(lambda: done.append(2))
    third = background.submit(lambda: done.append(3))
    assert second.cancel()
    may_go.set()
    assert first.result(10)
    third.result(10)
    assert done == [3]


def test_the_thread_ends_with_its_owner() -> None:
    """After what was asked for, also where the owner is gone by then."""
    background, may_go = Background("orphan"), threading.Event()
    background.submit(lambda: may_go.wait(10))
    last = background.submit(lambda: "done")
    (thread,) = named("orphan")
    del background
    gc.collect()
    may_go.set()
    assert last.result(10) == "done"
    thread.join(10)
    assert not thread.is_alive()
