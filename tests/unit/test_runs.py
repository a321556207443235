"""The replies under way, from wherever they come."""

from __future__ import annotations

import threading

import pytest

from assistant.cancel import Cancel
from assistant.errors import InputRefused
from assistant.runs import Runs


def test_one_at_a_time_in_each_conversation() -> None:
    """Another one is refused, wherever it comes from, until the first has ended."""
    runs = Runs()
    first = runs.begin(1, Cancel())
    runs.begin(2, Cancel())
    with pytest.raises(InputRefused, match="still being written"):
        runs.begin(1, Cancel())
    runs.end(first)
    runs.begin(1, Cancel())


def test_a_chat_that_gets_its_row() -> None:
    """Two of them may begin; bound to the same conversation, the second is refused and stays."""
    runs = Runs()
    first, second = runs.begin(None, Cancel()), runs.begin(None, Cancel())
    runs.bind(first, 7)
    with pytest.raises(InputRefused):
        runs.bind(second, 7)
    runs.bind(second, 8)


def test_stopping() -> None:
    """One, those of a conversation, or all; one that is unknown is passed over."""
    runs = Runs()
    cancels = [Cancel() for _ in range(3)]
    numbers = [runs.begin(place, cancel) for place, cancel in enumerate(cancels)]
    runs.stop(numbers[0])
    runs.stop(99)
    assert [cancel.asked for cancel in cancels] == [True, False, False]
    runs.stop_in(1)
    assert [cancel.asked for cancel in cancels] == [True, True, False]
    runs.stop_all()
    assert all(cancel.asked for cancel in cancels)


def test_waiting_for_the_last() -> None:
    """Until it has ended; else as long as was said."""
    runs = Runs()
    assert runs.wait(0)
    number = runs.begin(1, Cancel())
    assert not runs.wait(0.01)
    timer = threading.Timer(0.05, lambda: runs.end(number))
    timer.start()
    assert runs.wait(20)
    timer.join()
