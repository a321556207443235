"""Having an embedding model exported, on a thread of its own: words are indexed meanwhile.

What keeps it from being exported may pass: memory and disk are short now and then. Then it is
tried again, ever more rarely; a model that is missing, damaged or of no known kind is not.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from assistant.cancel import Cancel
from assistant.errors import (
    EncoderDamaged,
    EncoderMissing,
    EncoderNoRoom,
    EncoderRefused,
    HushError,
    StorageFull,
)
from assistant.log import log_error, log_event

if TYPE_CHECKING:
    from assistant.search.lanes import WarmEncoder

_AGAIN_SECONDS: Final = 120.0
"""After there was no room, until it is looked again; twice as long each time."""

_RARELY_SECONDS: Final = 1800.0  # the longest of these
_MOST_DEATHS: Final = 3
"""An export whose process died, for want of memory perhaps, costs half a minute of two cores."""

_NO_ROOM: Final = (EncoderNoRoom, StorageFull)
_LASTING: Final = (EncoderDamaged, EncoderMissing, EncoderRefused)


class Preparing:
    """One export at a time.

    Args:
        changed: Called when it has got further, and when it has ended. On its thread.
        elapsed: Seconds since some fixed moment.
    """

    def __init__(
        self, changed: Callable[[], None], elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._changed = changed
        self._elapsed = elapsed
        self._cancel = Cancel()
        self._thread: threading.Thread | None = None
        self._waiting: WarmEncoder | None = None  # for what keeps it from being exported to pass
        self._not_before = 0.0
        self._tries = self._deaths = 0
        self.share = 0.0

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._thread is not None and self._thread.is_alive()

    def follow(self, encoder: WarmEncoder, *, allowed: bool) -> None:
        """Begin where it is allowed, end where it is no more."""
        if not allowed:
            self._cancel.ask()
        elif not self.is_running:
            self._cancel, self.share = Cancel(), 0.0
            self._thread = threading.Thread(
                target=self._prepare, args=(encoder, self._cancel), name="encoder-export"
            )
            self._thread.daemon = True
            self._thread.start()

    def reconsider(self) -> None:
        """Let one that there was no room for be exported after all, once some time has passed.

        Until then its ``error`` says why it waits.
        """
        waiting = self._waiting
        if waiting is not None and self._elapsed() >= self._not_before:
            self._waiting = None
            waiting.error = None
            waiting.is_unprepared = True

    def cancel(self) -> None:
        """End it; nothing is left of it. Another model may be chosen, so nothing waits, either."""
        self._cancel.ask()
        self._waiting, self._tries, self._deaths = None, 0, 0

    def _prepare(self, encoder: WarmEncoder, cancel: Cancel) -> None:
        try:
            if encoder.source.prepare(cancel, self._progress):
                encoder.is_unprepared = False
        except HushError as error:
            self._fail(encoder, error)
        except Exception as error:  # noqa: BLE001 - told like any other reason to go without
            log_error("encoder.export", error)
            encoder.error = HushError("The embedding model could not be prepared.")
            encoder.is_unprepared = False
        self._changed()

    def _fail(self, encoder: WarmEncoder, error: HushError) -> None:
        if self._may_pass(error):
            pause = min(_RARELY_SECONDS, _AGAIN_SECONDS * 2.0**self._tries)
            self._tries += 1
            log_event("encoder.export_waits", code=error.code, seconds=pause)
            self._not_before = self._elapsed() + pause
            self._waiting = encoder
        encoder.error = error
        encoder.is_unprepared = False  # last: by this another thread knows that it has ended

    def _may_pass(self, error: HushError) -> bool:
        """Whether to try once more later."""
        if isinstance(error, _LASTING):
            return False
        if not isinstance(error, _NO_ROOM):
            self._deaths += 1
        return self._deaths < _MOST_DEATHS

    def _progress(self, share: float) -> None:
        self.share = share
        self._changed()
