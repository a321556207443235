"""One thread for what is asked, and for long work that is done in slices in between."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from assistant.embed.panics import is_survivable
from assistant.errors import HushError, VaultLocked
from assistant.log import log_error

T = TypeVar("T")

Long: TypeAlias = Generator[float, None, None]
"""Work in slices. It yields between two of them how many seconds to wait: 0 where it can go on."""

_TROUBLE_SECONDS: Final = 30.0  # after a chore that failed, until it is tried again


@dataclass(slots=True)
class _Asked:
    """What somebody waits for."""

    work: Callable[[], Any]
    answer: Future[Any] = field(default_factory=Future)


class Slices:
    """Whoever asks waits for one slice at most.

    Its daemon thread starts with the first call. Then it does, in this order: what was asked for,
    long work, one after the other, and chores, when it was woken for them.

    Args:
        name: The thread's.
        chores: Does some of what nobody waits for, on the thread; returns how many seconds to wait
            before the rest, None where there is none.
    """

    def __init__(self, name: str, chores: Callable[[], float | None]) -> None:
        self._chores = chores
        self._changed = threading.Condition()
        self._asked: deque[_Asked] = deque()
        self._long: deque[Long] = deque()
        self._has_chores = False
        self._pause = 0.0  # that what is done next has to wait
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def is_closing(self) -> bool:
        """Whether it was told to end. For work that takes long without being in slices."""
        return self._closing

    def ask(self, work: Callable[[], T]) -> Future[T]:
        """Have something done before everything else.

        Raises:
            VaultLocked: in the future; it is closed.
        """
        asked = _Asked(work)
        with self._changed:
            if not self._closing:
                self._asked.append(asked)
                self._go_on()
                return asked.answer
        asked.answer.set_exception(_closed())
        return asked.answer

    def begin(self, long: Long) -> None:
        """Have long work done. It is closed (``GeneratorExit``) where it cannot come to its end.

        Raises:
            VaultLocked: it is closed.
        """
        with self._changed:
            if self._closing:
                raise _closed()
            self._long.append(long)
            self._go_on()

    def wake(self) -> None:
        """Say that there may be chores, or that what waits need not. On any thread; at once.

        It starts no thread: where nothing was ever asked for there is nothing to be done.
        """
        with self._changed:
            self._has_chores = True
            if self._thread.ident is not None:
                self._go_on()

    def close(self, seconds: float) -> None:
        """End, and wait for the slice that is being done, at most so long."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is None:
            self._give_up()
        elif self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _go_on(self) -> None:
        """The lock is held."""
        self._pause = 0.0
        if self._thread.ident is None:
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        try:
            while not self._closing:
                self._turn()
        finally:
            self._give_up()

    def _turn(self) -> None:
        """Do one thing, or wait."""
        with self._changed:
            asked = self._asked.popleft() if self._asked else None
            long = self._long[0] if self._long and not asked else None
            if not asked and self._must_wait(long):
                return
            self._has_chores = self._has_chores and bool(asked or long)
        if asked:
            _answer(asked)
        elif long:
            self._slice(long)
        else:
            self._do_chores()

    def _must_wait(self, long: Long | None) -> bool:
        """Wait where nothing is to be done now; whether it did. The lock is held."""
        if self._closing:
            return True
        if self._pause:
            seconds, self._pause = self._pause, 0.0
            self._changed.wait(seconds)
            return True
        if long or self._has_chores:
            return False
        self._changed.wait()
        return True

    def _slice(self, long: Long) -> None:
        try:
            pause = next(long)
        except StopIteration:
            self._ended(long)
        except BaseException as error:  # noqa: BLE001 - it has told whoever waits for it
            self._ended(long)
            _survive(error)
        else:
            self._wait_before_next(pause)

    def _ended(self, long: Long) -> None:
        with self._changed:
            self._long.remove(long)
            self._has_chores = True

    def _do_chores(self) -> None:
        pause: float | None = _TROUBLE_SECONDS
        try:
            pause = self._chores()
        except BaseException as error:  # noqa: BLE001 - raised again, if it is to end the thread
            _survive(error)
        if pause is not None:
            self._wait_before_next(pause)
            with self._changed:
                self._has_chores = True

    def _wait_before_next(self, seconds: float) -> None:
        with self._changed:
            if not self._asked:
                self._pause = seconds

    def _give_up(self) -> None:
        """Tell all that wait."""
        with self._changed:
            self._closing = True
            asked, long = list(self._asked), list(self._long)
            self._asked.clear()
            self._long.clear()
        for one in asked:
            if one.answer.set_running_or_notify_cancel():
                one.answer.set_exception(_closed())
        for work in long:
            with suppress(HushError):
                work.close()


def _answer(asked: _Asked) -> None:
    if not asked.answer.set_running_or_notify_cancel():
        return
    try:
        result = asked.work()
    except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
        asked.answer.set_exception(error)
    else:
        asked.answer.set_result(result)


def _survive(found: BaseException) -> None:
    """Go on, unless the thread is to end."""
    if isinstance(found, VaultLocked):
        return  # it is closing, and so is this
    if not is_survivable(found):
        raise found
    log_error("tags.trouble", found)


def _closed() -> VaultLocked:
    return VaultLocked("The vault is closed.")
