"""The replies under way, from wherever they come: one at a time in each conversation."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass

from assistant.cancel import Cancel
from assistant.errors import InputRefused


@dataclass(frozen=True, slots=True)
class _Active:
    conversation_id: int | None  # None until the conversation was made
    cancel: Cancel


class Runs:
    """Which replies are being written, and how each is stopped. For any thread."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._lock = threading.Condition()
        self._active: dict[int, _Active] = {}

    def begin(self, conversation_id: int | None, cancel: Cancel) -> int:
        """Note a run, and give it a number.

        Args:
            conversation_id: Where; None: in a chat that has no row yet.
            cancel: Stops it.

        Raises:
            InputRefused: another answer is being written there.
        """
        run_id = next(self._numbers)
        self._claim(run_id, _Active(conversation_id, cancel))
        return run_id

    def bind(self, run_id: int, conversation_id: int) -> None:
        """Say where a run is, now that there is a row for it.

        Raises:
            InputRefused: another answer is being written there.
        """
        with self._lock:
            active = self._active.get(run_id)
        if active:
            self._claim(run_id, _Active(conversation_id, active.cancel))

    def end(self, run_id: int) -> None:
        """Forget a run."""
        with self._lock:
            self._active.pop(run_id, None)
            self._lock.notify_all()

    def stop(self, run_id: int) -> None:
        """Stop a reply, queued or running; what was written stays. Others are ignored."""
        with self._lock:
            active = self._active.get(run_id)
        if active:
            active.cancel.ask()

    def stop_in(self, conversation_id: int) -> None:
        """Stop whatever is being written in a conversation."""
        self._stop(lambda active: active.conversation_id == conversation_id)

    def stop_all(self) -> None:
        """Stop every reply."""
        self._stop(lambda _: True)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is under way, at most so long; whether that is so."""
        with self._lock:
            return self._lock.wait_for(lambda: not self._active, seconds)

    def _stop(self, which: Callable[[_Active], bool]) -> None:
        with self._lock:
            found = [active for active in self._active.values() if which(active)]
        for active in found:
            active.cancel.ask()

    def _claim(self, run_id: int, wanted: _Active) -> None:
        with self._lock:
            others = (active for number, active in self._active.items() if number != run_id)
            if wanted.conversation_id in {other.conversation_id for other in others} - {None}:
                raise InputRefused(
                    "An answer is still being written here.", "Wait for it, or stop it first."
                )
            self._active[run_id] = wanted
