"""Long texts: what is found out about them is found out beside the store's thread.

Reading what 10 MB of Markdown say, and how they differ from what was there before, takes over half
a second, in which nobody else would get at the vault.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any, Final, TypeVar

from assistant.background import Background
from assistant.store.note_text_rows import LONG_BYTES
from assistant.vaults import followed

T = TypeVar("T")
R = TypeVar("R")

_CLOSE_SECONDS: Final = 20.0
"""The longest text that a note holds takes a tenth of that, on a machine that does nothing else."""


def is_long(text: str) -> bool:
    """Whether a text is so long that it is worth a thread of its own."""
    return len(text) >= LONG_BYTES


class LongTexts:
    """One thread for what there is to find out, begun with the first such text."""

    def __init__(self) -> None:
        self._gate = threading.Lock()
        self._thread: Background | None = None
        self._pending: set[Future[Any]] = set()

    def done(self, find_out: Callable[[], T], write: Callable[[T], Future[R]]) -> Future[R]:
        """Find something out on that thread, then write what came of it."""
        with self._gate:
            thread = self._thread = self._thread or Background("long-notes")
        return self.keep(followed(thread.submit(find_out), write))

    def keep(self, whole: Future[R]) -> Future[R]:
        """Let closing wait for this."""
        with self._gate:
            self._pending.add(whole)
        whole.add_done_callback(self._forget)
        return whole

    def close(self) -> None:
        """Wait until all of it is written, or failed."""
        with self._gate:
            pending = tuple(self._pending)
        wait(pending, _CLOSE_SECONDS)

    def _forget(self, whole: Future[Any]) -> None:
        with self._gate:
            self._pending.discard(whole)
