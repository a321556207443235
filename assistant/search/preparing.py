"""Having an embedding model exported, on a thread of its own: words are indexed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from assistant.cancel import Cancel
from assistant.errors import HushError
from assistant.log import log_error

if TYPE_CHECKING:
    from assistant.search.lanes import WarmEncoder


class Preparing:
    """One export at a time.

    Args:
        changed: Called when it has got further, and when it has ended. On its thread.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._cancel = Cancel()
        self._thread: threading.Thread | None = None
        self.share = 0.0

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._thread is not None and self._thread.is_alive()

    def follow(self, encoder: WarmEncoder, *, allowed: bool) -> None:
        """Begin where it is allowed, end where it is no more."""
        if not allowed:
            self.cancel()
        elif not self.is_running:
            self._cancel, self.share = Cancel(), 0.0
            self._thread = threading.Thread(
                target=self._prepare, args=(encoder, self._cancel), name="encoder-export"
            )
            self._thread.daemon = True
            self._thread.start()

    def cancel(self) -> None:
        """End it; nothing is left of it."""
        self._cancel.ask()

    def _prepare(self, encoder: WarmEncoder, cancel: Cancel) -> None:
        try:
            if encoder.source.prepare(cancel, self._progress):
                encoder.is_unprepared = False
        except HushError as error:
            encoder.error = error
            encoder.is_unprepared = False
        except Exception as error:  # noqa: BLE001 - told like any other reason to go without
            log_error("encoder.export", error)
            encoder.error = HushError("The embedding model could not be prepared.")
            encoder.is_unprepared = False
        self._changed()

    def _progress(self, share: float) -> None:
        self.share = share
        self._changed()
