"""Search for the window and the terminal: by words and by meaning, over notes and chats."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from assistant.cancel import Cancel
from assistant.errors import EnvironmentProblem, HushError, VaultLocked
from assistant.search.indexer import Indexer
from assistant.search.records import Filters, Hit, IndexState, IndexStatus, SearchResult
from assistant.store import vector_rows
from assistant.vaults import Vaults

if TYPE_CHECKING:  # numpy takes a tenth of a second to import, which a start must not wait for
    from assistant.embed.protocol import Vectors
    from assistant.search.searching import Searcher
    from assistant.search.terms import Terms

T = TypeVar("T")

EVERYWHERE: Final = Filters()

_LOADING_SECONDS: Final = 30.0
"""How long a search waits for the index to be loaded, just after the vault was opened."""

_LOOK_SECONDS: Final = 0.02  # between two looks whether a wait is to end

_NOT_LOADED: Final = "Your notes and chats were not searched: their index is still being opened."
_NOT_SEARCHED: Final = "Your notes and chats were not searched."
_NOT_INDEXED: Final = "Your notes and chats were not searched: nothing of them is indexed yet."
_AGAIN: Final = "Nothing is lost. Try again in a moment."


class SearchService:
    """Finds passages of notes and chats.

    Args:
        vaults: Open; only the kept one is searched.
        indexer: Started with the first search, where it is not yet.
        patience: Seconds that a search waits for the index to be loaded.
    """

    def __init__(
        self, vaults: Vaults, indexer: Indexer, patience: float = _LOADING_SECONDS
    ) -> None:
        self._vault = vaults.kept
        self._indexer = indexer
        self._patience = patience
        self._lock = threading.Lock()
        self._searcher: Searcher | None = None
        self._terms: Terms | None = None  # its own: the indexer's may be busy with a long text
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search")

    def search(
        self, query: str, filters: Filters = EVERYWHERE, limit: int = 30
    ) -> Future[SearchResult]:
        """Find notes and messages, the best first, one hit for each.

        Made for results while typing: the last word may be a beginning, unless white space follows
        it. Cancel a future that nobody waits for any more: one that has not begun never will.

        Args:
            query: Anything that a person may type; an empty one finds nothing.
            filters: Where to search.
            limit: The most hits.

        Raises:
            VaultLocked: at once; it was closed.
            HushError: in the future; the store failed, or the index could not be loaded.
        """
        return self._submit(lambda: self._search(query, filters, limit))

    def related(self, note_id: int, limit: int = 8) -> Future[list[Hit]]:
        """Notes and messages that mean something like this note; empty where nothing does.

        Raises:
            VaultLocked: at once; it was closed.
            HushError: in the future; the store failed.
        """
        return self._submit(lambda: self._related(note_id, limit))

    def retrieve(
        self,
        query: str,
        filters: Filters = EVERYWHERE,
        limit: int = 8,
        cancel: Cancel | None = None,
    ) -> list[Hit]:
        """The passages that come nearest to a question, the best first; several of a note, too.

        Blocks for some milliseconds, and until the index is loaded; not for the GUI thread. Whole
        words only.

        Args:
            query: A question.
            filters: Where to search.
            limit: The most passages.
            cancel: Ends the wait.

        Raises:
            HushError: the store failed, the index could not be loaded, or ``cancel`` was asked.
        """
        searcher = self._searcher_now(cancel)
        if searcher is None:
            raise EnvironmentProblem(_NOT_INDEXED, self.status().reason)
        return list(searcher.search(query, filters, limit, typing=False, each=False).hits)

    def embed(self, texts: Sequence[str], *, query: bool = False) -> Vectors | None:
        """The texts' vectors, ``[len(texts), dimensions]``; None where no embedding model works.

        Blocks for some milliseconds a text.
        """
        searcher = self._ready()
        encoder = searcher.lane.encoder if searcher else None
        model = encoder.get() if encoder else None
        if encoder is None or model is None:
            return None
        try:
            return model.encode(texts, query=query)
        except HushError as error:
            encoder.fail(error)
            return None

    def status(self) -> IndexStatus:
        """How far the index is. At once, on any thread; ``IndexChanged`` events tell of changes."""
        return self._indexer.status

    def missing_notes(self) -> str:
        """What of the notes cannot be found now, as a sentence; empty where all of it can. Blocks.

        Raises:
            HushError: the store failed.
        """
        status, lane = self.status(), self._indexer.serving
        if status.notes_left or lane is None or status.state is IndexState.WORDS_ONLY:
            return status.missing
        read = self._vault.read(lambda c: vector_rows.count_pending_of_notes(c, lane.id))
        left = read.result() - len(lane.unreadable)
        if left <= 0:
            return ""
        passages = f"{left:,} passage{' of your notes is' if left == 1 else 's of your notes are'}"
        return f"{passages} found by words alone so far."

    def loaded(self) -> bool:
        """Wait until the index is there to be searched; False where it takes very long."""
        return self._wait(None)

    def rebuild(self) -> None:
        """Build the index anew, beside the one that serves until then."""
        self._indexer.start()
        self._indexer.rebuild()

    def settled(self, seconds: float) -> bool:
        """Wait until nothing is left to do that the plan allows; False where it takes longer."""
        self._indexer.start()
        return self._indexer.settled(seconds)

    def warm(self) -> None:
        """Have the embedding model loaded in the background: somebody is about to search."""
        with suppress(VaultLocked):
            self._submit(self._warm)

    def close(self) -> None:
        """End. What was asked for and has not begun is cancelled."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            if self._terms:
                self._terms.close()

    def _submit(self, work: Callable[[], T]) -> Future[T]:
        try:
            return self._pool.submit(work)
        except RuntimeError:  # it was shut down
            raise VaultLocked("The vault is closed.") from None

    def _search(self, query: str, filters: Filters, limit: int) -> SearchResult:
        searcher = self._searcher_now()
        if searcher is None:
            return SearchResult(query, ())
        return searcher.search(query, filters, limit, typing=True, each=True)

    def _related(self, note_id: int, limit: int) -> list[Hit]:
        searcher = self._ready()
        return searcher.related(note_id, limit) if searcher else []

    def _warm(self) -> None:
        searcher = self._ready()
        model = searcher.lane.encoder.get() if searcher and searcher.lane.encoder else None
        if model:
            model.encode(["ready"], query=True)  # it takes its memory with the first text

    def _wait(self, cancel: Cancel | None) -> bool:
        """Wait until the index is loaded, until that fails, or until the wait is to end."""
        self._indexer.start()
        for _ in range(max(1, round(self._patience / _LOOK_SECONDS))):
            if (cancel and cancel.asked) or self._indexer.loaded(_LOOK_SECONDS):
                break
            if self._indexer.trouble:
                return False
        return self._indexer.loaded(0.0)

    def _searcher_now(self, cancel: Cancel | None = None) -> Searcher | None:
        """What searches the edition that serves now; None where nothing was ever indexed.

        Raises:
            HushError: there is none, and why; or ``cancel`` was asked.
        """
        searcher = self._ready(cancel)
        if cancel and cancel.asked:
            raise HushError("The search was stopped.")
        trouble = self._indexer.trouble
        if searcher is None and trouble:
            self._indexer.wake()  # whoever asks again finds that it was tried again
            raise EnvironmentProblem(f"{_NOT_SEARCHED} {trouble.message}", trouble.advice)
        if searcher is None and self._indexer.is_closing:
            raise VaultLocked("The vault is closed.")
        if searcher is None and not self._indexer.loaded(0.0):
            raise EnvironmentProblem(_NOT_LOADED, _AGAIN)
        return searcher

    def _ready(self, cancel: Cancel | None = None) -> Searcher | None:
        """What searches the edition that serves now; None where there is none."""
        self._wait(cancel)
        lane, words = self._indexer.serving, self._indexer.vocabulary
        if lane is None or words is None:
            return None
        from assistant.search.searching import Searcher  # numpy: not before somebody searches
        from assistant.search.terms import Terms

        with self._lock:
            self._terms = self._terms or Terms()
            if self._searcher is None or self._searcher.lane is not lane:
                self._searcher = Searcher(self._vault, lane, self._terms, words)
            return self._searcher
