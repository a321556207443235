"""Waiting at a terminal: events are told meanwhile, Ctrl+C asks what runs to stop."""

from __future__ import annotations

import queue
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from assistant.events import Event
from assistant.power.governor import Governor
from assistant.power.plan import Mode, Override, Plan, Reason
from assistant.terminal.console import Console

T = TypeVar("T")

EXIT_STOPPED: Final = 130

_HOW_TO_GO_ON: Final = "Ctrl+C stops it; --slowly goes on all the same."

# What ends a program from outside: Ctrl+C, a polite kill, a terminal window that is closed.
_SIGNALS: Final = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


@dataclass(frozen=True, slots=True)
class Interrupted:
    """A signal asked for what runs to be stopped."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What somebody waits for is there, or failed."""

    future: Future[Any] = field(repr=False)


Events = queue.SimpleQueue[Event | Interrupted | Settled]


@contextmanager
def signals_as_events(events: Events) -> Iterator[None]:
    """Within the context Ctrl+C and its kin are events, instead of raising in the middle.

    The handler runs between any two instructions of the loop it interrupts, also where that holds
    a lock. ``SimpleQueue.put`` alone is made for that: it is reentrant.
    """

    def handle(_signal: int, _frame: object) -> None:
        events.put(Interrupted())

    before = {number: signal.signal(number, handle) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Waiter:
    """Waits for one thing after the other, within ``signals_as_events``.

    ``interrupted`` tells whether a signal came; from then on everything that is waited for is asked
    to stop at once.

    Args:
        events: Where events come.
        tell: Gets each of them.
    """

    def __init__(self, events: Events, tell: Callable[[Event], None]) -> None:
        self._events = events
        self._tell = tell
        self.interrupted = False

    def wait(self, future: Future[T], stop: Callable[[], None]) -> T:
        """What a future holds, once it does; every event of before was told by then.

        Args:
            future: What is waited for.
            stop: Asks it to end sooner. It may be called more than once.

        Raises:
            HushError: what the future raises.
        """
        if self.interrupted:
            stop()
        future.add_done_callback(lambda done: self._events.put(Settled(done)))
        while True:
            event = self._events.get()
            if isinstance(event, Settled):
                if event.future is future:
                    return future.result()
            elif isinstance(event, Interrupted):
                self.interrupted = True
                stop()
            else:
                self._tell(event)


class PowerTeller:
    """Says why the model waits or works slower, and has it go on where the person wants that.

    Args:
        console: Where to.
        governor: Told to go on where it pauses.
        what: What waits, as it begins a sentence: "The answer".
        slowly: Whether the person wants it to go on all the same.
        as_json: As events, for a program.
    """

    def __init__(
        self,
        console: Console,
        governor: Governor,
        what: str,
        *,
        slowly: bool,
        as_json: bool = False,
    ) -> None:
        self._console = console
        self._governor = governor
        self._what = what
        self._slowly = slowly
        self._as_json = as_json
        self._told: Reason | None = Plan().reason  # full power needs no words

    def begin(self) -> None:
        """Say how it stands before anything happens."""
        self.tell(self._governor.plan)

    def tell(self, plan: Plan) -> None:
        """Say what the plan means, unless that was said already."""
        if plan.mode is Mode.PAUSED and self._slowly:
            self._governor.override(Override.GO_ON_SLOWLY)
            return
        if plan.reason is self._told:  # only the battery's percentage changed
            return
        self._told = plan.reason
        if self._as_json:
            found = {"mode": plan.mode, "reason": plan.reason, "text": plan.words}
            self._console.data({"event": "power", **found})
        elif plan.mode is Mode.PAUSED:
            self._console.remark(f"{plan.words} {self._what} waits. {_HOW_TO_GO_ON}")
        elif plan.mode is Mode.THROTTLED:
            self._console.remark(plan.words)


class Counter:
    """How far something is, on one line that is written over; nothing where nobody looks.

    Args:
        console: Its standard error, where that is a terminal.
    """

    def __init__(self, console: Console) -> None:
        self._stream = console.stderr
        self._width = 0

    def show(self, text: str) -> None:
        """Write over what stands there."""
        if self._stream.isatty():
            self._put(f"\r{text.ljust(self._width)}")
            self._width = len(text)

    def keep(self) -> None:
        """Leave what stands there, and go on below it."""
        if self._width:
            self._put("\n")
            self._width = 0

    def clear(self) -> None:
        """Take away what stands there: something else is to be printed."""
        if self._width:
            self._put(f"\r{' ' * self._width}\r")
            self._width = 0

    def _put(self, text: str) -> None:
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()
