"""Threads that compute let the one that draws go first."""

from __future__ import annotations

import threading

from assistant.courtesy import Courtesy, nobody_draws


def test_nobody_waits_for_a_window_at_rest() -> None:
    """Nothing was begun, or all of it has ended: the thread goes on."""
    courtesy = Courtesy(most_seconds=60)
    courtesy.give_way()
    courtesy.begin()
    courtesy.end()
    courtesy.give_way()


def test_a_window_at_work_is_waited_for() -> None:
    """Whoever gives way goes on once the window has nothing more to do, and not before."""
    courtesy = Courtesy(most_seconds=60)
    courtesy.begin()
    asked, went_on, seen = threading.Event(), threading.Event(), []

    def work() -> None:
        asked.set()
        courtesy.give_way()
        seen.append("worked")
        went_on.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert asked.wait(10)
    assert not went_on.wait(0.05)
    seen.append("drawn")
    courtesy.end()
    assert went_on.wait(10)
    thread.join(10)
    assert seen == ["drawn", "worked"]


def test_a_window_that_never_rests_is_waited_for_once() -> None:
    """Where no loop runs any more nobody says so: the work goes on all the same."""
    courtesy = Courtesy(most_seconds=0.001)
    courtesy.begin()
    courtesy.give_way()
    assert courtesy.is_at_rest


def test_it_is_waited_for_again_once_it_woke_again() -> None:
    """Giving up on one piece of its work says nothing of the next."""
    courtesy = Courtesy(most_seconds=0.001)
    courtesy.begin()
    courtesy.give_way()
    assert courtesy.is_at_rest
    courtesy.begin()
    assert not courtesy.is_at_rest


def test_without_a_window_there_is_nothing_to_wait_for() -> None:
    """The terminal's threads give way to nobody."""
    nobody_draws()
