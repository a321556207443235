"""Work that waits for its turn behind work of an hour: called off meanwhile, it ends at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.shelf.words import stopped

T = TypeVar("T")


def in_turn(work: Background, cancel: Cancel, run: Callable[[], T]) -> Future[T]:
    """Queue a call that can be called off before its turn, too.

    Args:
        work: Where it runs, after what is there already.
        cancel: Asked before its turn, the call is not made, and the future holds ``InputRefused``.
            From its turn on ``run`` is the one that listens.
        run: Makes the call.
    """
    turn: Future[None] = Future()  # cancelled or begun, never both: that is a future's own promise
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def give_up() -> None:
        if turn.cancel():
            outcome.set_exception(stopped())

    def begin() -> None:
        if not turn.set_running_or_notify_cancel():
            return
        cancel.listen(None)
        try:
            result = run()
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            outcome.set_exception(error)
        else:
            outcome.set_result(result)

    cancel.listen(give_up)
    work.submit(begin)
    return outcome
