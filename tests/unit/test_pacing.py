"""How hard the model works, told on one thread and obeyed on another; with time that is made up."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from assistant.engine.pacing import Pacer
from assistant.engine.protocol import Pace


class Waiting(threading.Condition):
    """A condition whose waits end at once, after something has happened.

    Args:
        happens: What happens during the first wait, the second, ...; afterwards nothing may wait.
    """

    def __init__(self, *happens: Callable[[], None]) -> None:
        super().__init__(threading.RLock())
        self.now = 0.0
        self.waits: list[float | None] = []
        self.happens = list(happens)

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        if timeout is not None:
            self.now += timeout
        if self.happens:
            self.happens.pop(0)()
        elif timeout is None:
            pytest.fail("waits for ever")
        return True


class Cancelled:
    """Whether what runs was cancelled."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self) -> None:
        self.asked = True


def pacer_that(waiting: Waiting, cancelled: Cancelled) -> Pacer:
    """A pacer in made-up time."""
    return Pacer(lambda: cancelled.asked, waiting, lambda: waiting.now)


def test_at_full_power_nothing_waits() -> None:
    """Neither before a decode nor after a token."""
    waiting = Waiting()
    pacer = pacer_that(waiting, Cancelled())
    assert pacer.go_on()
    pacer.after_token()
    assert not waiting.waits


def test_a_pause_lasts_until_the_next_pace() -> None:
    """Another pause is no end of it."""
    waiting = Waiting()
    pacer = pacer_that(waiting, Cancelled())
    pacer.obey(Pace(paused=True))
    assert pacer.paused
    waiting.happens = [lambda: pacer.obey(Pace(paused=True)), lambda: pacer.obey(Pace())]
    assert pacer.go_on()
    assert waiting.waits == [None, None]
    assert not pacer.paused


def test_a_cancel_ends_a_pause() -> None:
    """And says so."""
    cancelled = Cancelled()
    waiting = Waiting(cancelled.ask)
    pacer = pacer_that(waiting, cancelled)
    pacer.obey(Pace(paused=True))
    assert not pacer.go_on()
    assert len(waiting.waits) == 1


def test_waking_without_a_reason_goes_on_waiting() -> None:
    """A cancel of another reply wakes, and changes nothing."""
    cancelled = Cancelled()
    waiting = Waiting()
    pacer = pacer_that(waiting, cancelled)
    pacer.obey(Pace(paused=True))
    waiting.happens = [pacer.wake, cancelled.ask]
    assert not pacer.go_on()
    assert len(waiting.waits) == 2


def test_the_delay_is_waited_for_each_token() -> None:
    """15 ms a token; three tokens from one decode wait three times that."""
    waiting = Waiting()
    pacer = pacer_that(waiting, Cancelled())
    pacer.obey(Pace(token_delay_ms=15))
    pacer.after_token()
    assert waiting.now == pytest.approx(0.015)
    pacer.after_token(3)
    assert waiting.now == pytest.approx(0.060)


def test_what_takes_longer_rests_longer() -> None:
    """A large model or a slow machine rests in proportion; without a delay nothing rests."""
    waiting = Waiting()
    pacer = pacer_that(waiting, Cancelled())
    waiting.now = 0.1
    pacer.after_token()
    assert waiting.now == pytest.approx(0.1)
    pacer.obey(Pace(token_delay_ms=15))
    waiting.now = 0.2  # a tenth of a second of work
    pacer.after_token()
    assert waiting.now == pytest.approx(0.28)
    waiting.now = 10.0  # reading a prompt
    pacer.after_token()
    assert waiting.now == pytest.approx(10.25)


def test_a_cancel_ends_a_delay() -> None:
    """A stop does not wait for the rest of it."""
    cancelled = Cancelled()
    waiting = Waiting()
    pacer = pacer_that(waiting, cancelled)

    def cancel() -> None:
        waiting.now = 0.010
        cancelled.ask()

    waiting.happens = [cancel]
    pacer.obey(Pace(token_delay_ms=1000))
    pacer.after_token()
    assert len(waiting.waits) == 1


def test_a_new_pace_changes_a_delay_that_runs() -> None:
    """Full power counts from now on, not from the next token on."""
    waiting = Waiting()
    pacer = pacer_that(waiting, Cancelled())
    pacer.obey(Pace(token_delay_ms=1000))

    def hurry() -> None:
        waiting.now = 0.2
        pacer.obey(Pace(token_delay_ms=300))

    waiting.happens = [hurry]
    pacer.after_token()
    assert waiting.waits == [pytest.approx(1.0), pytest.approx(0.1)]


def test_threads_are_set_between_decodes_and_once() -> None:
    """On the main thread, when they change; 0 is what was loaded with, as a context begins."""
    pacer = Pacer(lambda: False)
    told: list[int] = []
    pacer.steer(told.append)
    for pace in (Pace(), Pace(threads=2), Pace(threads=2, token_delay_ms=0), Pace()):
        pacer.obey(pace)
        pacer.go_on()
    assert told == [2, 0]


def test_a_new_context_gets_the_pace_that_holds() -> None:
    """Loaded with all threads, it is told before its first decode."""
    pacer = Pacer(lambda: False)
    pacer.obey(Pace(threads=1))
    pacer.go_on()  # nothing is loaded yet
    first: list[int] = []
    second: list[int] = []
    pacer.steer(first.append)
    pacer.go_on()
    pacer.steer(second.append)
    pacer.go_on()
    assert first == second == [1]


def test_between_real_threads() -> None:
    """A held thread goes on when another one says so."""
    pacer = Pacer(lambda: False)
    pacer.obey(Pace(paused=True))
    outcome: list[bool] = []
    held = threading.Thread(target=lambda: outcome.append(pacer.go_on()))
    held.start()
    pacer.obey(Pace())
    held.join(10)
    assert outcome == [True]
