"""Wires the search place to its service: asks while one types, shows the answer to the last."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Final

from assistant.app import Session
from assistant.errors import HushError
from assistant.events import Event, IndexChanged
from assistant.search.records import Filters, Hit, IndexState, IndexStatus, SearchResult
from ui.bridge import Bridge
from ui.search import words
from ui.search.entries import Catalogue, Entry, EntryKind
from ui.search.gathering import Gathering
from ui.search.picker import Picker
from ui.search.place import SearchPlace

FIRST: Final = 30
"""Hits asked for at once; whoever scrolls to their end gets as many again."""

_MOST: Final = 240  # who has read so many needs other words, not more hits
_BEGIN: Final = "Search by words or by meaning"
_BEGIN_WORDS: Final = (
    "“What did the doctor say about coffee” finds the note, however it is worded there. "
    "Private chats are never searched."
)
_NOTHING: Final = "Nothing to search yet"
_NOTHING_WORDS: Final = "Write a note, ask something, or bring in the notes that you have."
_NOT_OFFERED: Final = "Search rests in this session"
_NOT_OFFERED_WORDS: Final = (
    "It needs a vault that Hush may write to, and nothing of this session is written down."
)
_TROUBLE: Final = "Search did not work"
_ANYWHERE: Final = Entry(EntryKind.ANYWHERE, "", "Anywhere")


@dataclass(frozen=True, slots=True)
class _Question:
    """What was asked: two are the same where they would have the same answer now."""

    query: str = field(repr=False)
    filters: Filters
    limit: int = FIRST


class SearchController:
    """One search runs at a time; what is typed meanwhile is asked as soon as it is over.

    So an answer is never kept waiting by a delay, and a slow machine not by earlier letters.

    Args:
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        place: Where one searches.
        open_hit: Goes to a hit, at its passage.
        begin_import: Lets the person bring in notes.
        pool: Sorts what can be searched in.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        place: SearchPlace,
        open_hit: Callable[[Hit], object],
        begin_import: Callable[[], object],
        pool: Executor,
        now: Callable[[], int],
    ) -> None:
        self._service = session.search
        self._gathering = Gathering(session, bridge, pool)
        self._bridge = bridge
        self._place = place
        self._begin_import = begin_import
        self._now = now
        self._status: IndexStatus | None = None
        self._question: _Question | None = None  # what is on the page, or asked for
        self._running: _Question | None = None
        self._shown: tuple[_Question, SearchResult] | None = None
        place.asked.connect(self._ask)
        place.opened.connect(open_hit)
        place.more_wanted.connect(self._ask_more)
        place.arrived.connect(self.refresh)
        place.filters.where_wanted.connect(self._choose_where)
        self._show_begin()

    def refresh(self) -> None:
        """Look again at how far the index is, and at what is found now: the person is here."""
        if not self._service:
            return
        self._status = self._service.status()
        self._service.warm()
        if self._question:
            self._ask()
        else:
            self._show_begin()

    def handle(self, event: Event) -> None:
        """Take an event about the index; others are passed over."""
        if not isinstance(event, IndexChanged):
            return
        was_ready = self._status is not None and self._status.state is IndexState.READY
        self._status = event.status
        if not self._place.isVisible():
            return
        if not self._question:
            self._show_begin()
        elif event.status.state is IndexState.READY and not was_ready:
            self._ask()  # there is more to be found now
        elif self._shown:
            self._say(*self._shown)

    # Asking -------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask what the place says now."""
        place = self._place
        if not self._service or not place.query:
            self._question = self._shown = None
            self._show_begin()
            return
        asked = _Question(place.query, place.chosen)
        before = self._question
        if before and _is(before, asked):
            asked = before  # looked for again: as many as there are now
        self._question = asked
        self._go_on()

    def _ask_more(self) -> None:
        """Ask for hits beyond those shown, where there may be some."""
        if not (self._shown and self._question == self._shown[0]):
            return
        question, result = self._shown
        if len(result.hits) >= question.limit and question.limit < _MOST:
            self._question = replace(question, limit=question.limit + FIRST)
            self._go_on()

    def _go_on(self) -> None:
        """Begin the search that is wanted, unless one runs."""
        question = self._question
        if self._running or not question or not self._service:
            return
        try:
            future = self._service.search(question.query, question.filters, question.limit)
        except HushError as error:  # the vault is closed: the window is about to go
            self._shown = None
            self._show_trouble(error)
            return
        self._running = question
        self._bridge.then(future, self._came, self._failed)

    def _is_stale(self) -> bool:
        """Note that the search is over; whether by then something else is wanted, which begins."""
        question, self._running = self._running, None
        if question == self._question:
            return False
        self._go_on()
        return True

    def _came(self, result: SearchResult) -> None:
        question = self._running
        if not self._is_stale() and question:
            self._show(question, result)

    def _failed(self, error: HushError) -> None:
        if not self._is_stale():
            self._shown = None
            self._show_trouble(error)

    # Showing ------------------------------------------------------------------------------

    def _show(self, question: _Question, result: SearchResult) -> None:
        before, self._shown = self._shown, (question, result)
        if not result.hits:
            self._show_none(question, result)
            return
        count = words.count_words(len(result.hits), question.limit)
        goes_on = before is not None and _is(before[0], question)
        self._place.show_hits(result.hits, count, self._remark(result), keep=goes_on)

    def _say(self, question: _Question, result: SearchResult) -> None:
        if result.hits:
            count = words.count_words(len(result.hits), question.limit)
            self._place.say(count, self._remark(result))

    def _remark(self, result: SearchResult) -> str:
        said = (words.understood_words(result), words.remark(result, self._status))
        return " ".join(filter(None, said))

    def _show_none(self, question: _Question, result: SearchResult) -> None:
        title, what = words.no_result(question.query, question.filters)
        is_narrow = words.is_narrow(question.filters)
        self._place.message.say(
            title,
            what,
            "Search everywhere" if is_narrow else "",
            self._place.filters.clear,
            facts=words.remark(result, self._status),
        )
        self._place.show_message()

    def _show_trouble(self, error: HushError) -> None:
        self._place.message.say(_TROUBLE, error.sentence, "Try again", self._ask)
        self._place.show_message()

    def _show_begin(self) -> None:
        """Say what this place is for, and what there is to search."""
        message, status = self._place.message, self._status
        if not self._service:
            message.say(_NOT_OFFERED, _NOT_OFFERED_WORDS)
        elif status and not status.passages and status.state is IndexState.READY:
            message.say(_NOTHING, _NOTHING_WORDS, "Import notes…", self._begin_import, main=True)
        else:
            facts = words.index_facts(status) if status else ""
            message.say(_BEGIN, _BEGIN_WORDS, facts=facts)
        self._place.show_message()

    # Where to search ----------------------------------------------------------------------

    def _choose_where(self) -> None:
        """Ask for a tag or chat to search in."""
        place = self._place
        window = place.window()
        picker = Picker(window, place.theme, "Search in a tag or chat", self._now)
        is_open = True
        shown = Catalogue()

        def show() -> None:
            picker.show_rows(shown.rows(picker.field.text(), [_ANYWHERE]))

        def fill(catalogue: Catalogue) -> None:
            nonlocal shown
            shown = catalogue
            if is_open:
                show()

        def close() -> None:
            nonlocal is_open
            is_open = False

        picker.query_changed.connect(lambda _: show())
        picker.closed.connect(close)
        picker.chosen.connect(place.filters.choose_where)
        show()
        picker.open_high()
        self._gathering.gather(fill, with_notes=False)


def _is(shown: _Question, question: _Question) -> bool:
    """Whether both ask the same, though perhaps for more hits."""
    return replace(shown, limit=FIRST) == replace(question, limit=FIRST)
