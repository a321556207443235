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
from assistant.notes.records import Saved
from assistant.store import note_text_rows
from assistant.store.note_text_rows import LONG_BYTES, Draft
from assistant.store.vault import Vault
from assistant.vaults import combined, done, followed, repeated

T = TypeVar("T")
R = TypeVar("R")

_CLOSE_SECONDS: Final = 20.0
"""The longest text that a note holds takes a tenth of that, on a machine that does nothing else.
A lock waits as long as anything is pending (``ui/lock/relaunch.py``)."""


def is_long(text: str) -> bool:
    """Whether a text is so long that it is worth a thread of its own."""
    return len(text) >= LONG_BYTES


class LongTexts:
    """One thread for what there is to find out, begun with the first such text.

    Args:
        vault: Where notes are kept.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._gate = threading.Lock()
        self._thread: Background | None = None
        self._pending: set[Future[Any]] = set()

    def done(self, find_out: Callable[[], T], write: Callable[[T], Future[R]]) -> Future[R]:
        """Find something out on that thread, then write what came of it."""
        with self._gate:
            thread = self._thread = self._thread or Background("long-notes")
        return self.keep(followed(thread.submit(find_out), write))

    def save(
        self, note_id: int, text: str, expected: tuple[int, str | None], now: int
    ) -> Future[Saved]:
        """Save without holding up the store; again where the note changes meanwhile.

        Args:
            note_id: The note.
            text: All of it.
            expected: Revision and title, as for ``NoteService.save``.
            now: Milliseconds since 1970, UTC.
        """
        revision, title = expected

        def attempt() -> Future[Saved | None]:
            drafted = followed(
                self._vault.read(lambda c: note_text_rows.standing(c, note_id)),
                lambda before: self.done(
                    lambda: note_text_rows.drafted(before, text, title, now),
                    lambda draft: self._with_versions(draft, now),
                ),
            )
            return followed(
                drafted,
                lambda draft: self._vault.write(
                    lambda c: note_text_rows.put(c, draft, revision, now)
                ),
            )

        def outcome(found: list[list[Saved | None]]) -> Saved:
            return next(saved for saved in reversed(found[0]) if saved)

        whole = combined([repeated(attempt, lambda saved: saved is None)], outcome)
        settled = followed(
            whole,
            lambda saved: combined([self._vault.read(note_text_rows.settle)], lambda _: saved),
        )
        return self.keep(settled)

    def keep(self, whole: Future[R]) -> Future[R]:
        """Let closing wait for this."""
        with self._gate:
            self._pending.add(whole)
        whole.add_done_callback(self._forget)
        return whole

    @property
    def is_pending(self) -> bool:
        """Whether any of it is not written yet."""
        with self._gate:
            return bool(self._pending)

    def close(self) -> None:
        """Wait until all of it is written, or failed."""
        with self._gate:
            pending = tuple(self._pending)
        wait(pending, _CLOSE_SECONDS)

    def _with_versions(self, draft: Draft, now: int) -> Future[Draft]:
        """A draft with the earlier versions it leads to; they are read only where it does."""
        if not draft.keeps:
            return done(draft)
        return followed(
            self._vault.read(lambda c: note_text_rows.versions(c, draft, now)),
            lambda there: self.done(lambda: note_text_rows.kept(draft, there, now), done),
        )

    def _forget(self, whole: Future[Any]) -> None:
        with self._gate:
            self._pending.discard(whole)
