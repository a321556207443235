"""Something that takes memory: loaded when it is wanted, let go when nobody wants it any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What can be let go."""

    def close(self) -> None:
        """Free what it holds."""


T = TypeVar("T", bound=Closable)


class _Held(Generic[T]):
    """A loaded value, and how many use it now."""

    def __init__(self, value: T) -> None:
        self.value = value
        self.users = 0
        self.used_at = 0.0
        self.dropped = False


class Warm(Generic[T]):
    """Holds one value while it is used, and for a while after. Every method on any thread.

    Args:
        load: Makes the value.
        idle_seconds: Without use for so long it is closed, by a thread of its own that lives only
            as long as the value.
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        load: Callable[[], T],
        idle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._idle_seconds = idle_seconds
        self._clock = clock
        self._changed = threading.Condition()
        self._held: _Held[T] | None = None

    @property
    def loaded(self) -> bool:
        """Whether it takes memory now."""
        return self._held is not None

    @contextmanager
    def use(self) -> Iterator[T]:
        """Lend the value for the block's length, loading it first where that is needed.

        Raises:
            Exception: what ``load`` raises.
        """
        held = self._take()
        try:
            yield held.value
        finally:
            self._give_back(held)

    def close(self) -> None:
        """Close the value, once nobody uses it; a later ``use`` loads another."""
        with self._changed:
            held, self._held = self._held, None
            if held is None:
                return
            held.dropped = True
            self._changed.notify_all()
            unused = held.users == 0
        if unused:
            held.value.close()

    def _take(self) -> _Held[T]:
        with self._changed:
            held = self._held
            if held is None:
                held = self._held = _Held(self._load())
                watch = threading.Thread(
                    target=self._watch, args=(held,), name="encoder-idle", daemon=True
                )
                watch.start()
            held.users += 1
            return held

    def _give_back(self, held: _Held[T]) -> None:
        with self._changed:
            held.users -= 1
            held.used_at = self._clock()
            left_over = held.dropped and held.users == 0
        if left_over:
            held.value.close()

    def _watch(self, held: _Held[T]) -> None:
        with self._changed:
            while not held.dropped:
                idle_at = held.used_at + self._idle_seconds
                left = self._idle_seconds if held.users else idle_at - self._clock()
                if left <= 0:
                    held.dropped, self._held = True, None
                    break
                self._changed.wait(left)
            else:
                return
        held.value.close()
