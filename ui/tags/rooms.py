"""Tags in the furnished window: below the note that is open, in bulk, and on their own page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from assistant.app import Session
from assistant.events import Event, IndexChanged, PowerChanged, TagsChanged
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from assistant.power.plan import Plan
from assistant.search.records import IndexState
from assistant.tags.records import BulkProgress
from assistant.vaults import combined
from ui.bridge import Bridge
from ui.latest import Latest
from ui.notes.controller import NotesController
from ui.notes.writing import Sheet
from ui.places import Places
from ui.tags.suggesting import Suggesting
from ui.window import NOTES, REVIEW, TAGS, Window

if TYPE_CHECKING:  # a start has no time to import them
    from assistant.tags.session import Tags
    from ui.tags.managing import ManagingTags
    from ui.tags.reviewing import Reviewing

Act = Callable[[], object]


def tag_rooms(
    session: Session,
    bridge: Bridge,
    window: Window,
    places: Places,
    notes: NotesController | None,
    open_note: Callable[[int], object],
    open_tag: Callable[[str], object],
    now: Callable[[], int],
) -> TagRooms | None:
    """What a session's tags need in the window; None where it has none. See ``TagRooms``."""
    if session.tags is None or session.notes is None or notes is None:
        return None
    tags, service = session.tags, session.notes
    return TagRooms(tags, service, bridge, window, places, notes, open_note, open_tag, now)


class TagRooms(QObject):
    """Builds what wires tags to their services, and tells it what concerns it.

    Args:
        tags: The services.
        service: Keeps notes.
        bridge: Brings outcomes to the GUI thread.
        window: Has the places.
        places: All there are.
        notes: What is done in the place for notes.
        open_note: Goes to a note.
        open_tag: Lists the notes with a tag.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        tags: Tags,
        service: NoteService,
        bridge: Bridge,
        window: Window,
        places: Places,
        notes: NotesController,
        open_note: Callable[[int], object],
        open_tag: Callable[[str], object],
        now: Callable[[], int],
    ) -> None:
        super().__init__(places.notes)  # goes with the places, which a lock takes down
        self._service = service
        self._bridge = bridge
        self._window = window
        self._places = places
        self._notes = notes
        self._plan: Plan | None = None
        self._open_now = Latest(bridge)
        self._tags, self._open_note, self._open_tag, self._now = tags, open_note, open_tag, now
        self._reviewing: Reviewing | None = None  # once somebody went there
        self._managing: ManagingTags | None = None
        page = places.notes.page
        self.below = Suggesting(
            tags.suggest, bridge, page.suggestions, page.notice, lambda: places.notes.theme
        )
        self._connect()

    def _connect(self) -> None:
        notes, below, listed = self._notes, self.below, self._places.notes.list
        notes.beside.shown.connect(self._show)
        notes.writing.saved.connect(self._saved)
        notes.tagging.changed.connect(self._tagged)
        below.changed.connect(self._decided)
        below.note_wanted.connect(lambda note_id: notes.open(note_id))
        self._places.notes.page.suggestions.left.connect(self._places.notes.page.take_focus)
        listed.tag_notes_wanted.connect(self.review)
        listed.tags_wanted.connect(self.manage)
        listed.offer_tags()
        self._window.went_to.connect(self._arrived)

    # Going somewhere ----------------------------------------------------------------------

    @property
    def actions(self) -> Mapping[str, Act]:
        """By the names in ``ui/search/commands.py``."""
        return {"tag_notes": self.review, "tags": self.manage}

    def review(self) -> None:
        """Go to the suggestions for many notes."""
        self._window.go_to(REVIEW)

    def manage(self) -> None:
        """Go to the tags themselves."""
        self._window.go_to(TAGS)

    @property
    def is_working(self) -> bool:
        """Whether notes are being looked at that the person had looked at."""
        return self._reviewing is not None and self._reviewing.is_working

    def _leave(self) -> None:
        self._window.go_to(NOTES)

    def _arrived(self, place: int) -> None:
        if place == TAGS:
            self.managing.arrive()
        elif place == REVIEW:
            self.reviewing.arrive()

    @property
    def reviewing(self) -> Reviewing:
        """What is done with suggestions for many notes."""
        if self._reviewing is None:
            from ui.tags.reviewing import Reviewing, ReviewWays

            ways = ReviewWays(
                self._count,
                self._open_note,
                self._leave,
                self._now,
                lambda: self._plan,
                partial(self._changed, ()),
            )
            bulk, suggests = self._tags.bulk, self._tags.suggest
            page = self._places.review.page
            self._reviewing = Reviewing(bulk, suggests, self._bridge, page, ways)
        return self._reviewing

    @property
    def managing(self) -> ManagingTags:
        """What is done with the tags themselves."""
        if self._managing is None:
            from ui.tags.managing import ManagingTags, TagWays

            ways = TagWays(self._open_tag, self._leave, self._now, self._changed)
            manager, suggests = self._tags.manager, self._tags.suggest
            page = self._places.tags.page
            self._managing = ManagingTags(manager, suggests, self._bridge, page, ways)
        return self._managing

    # What happened ------------------------------------------------------------------------

    def handle(self, event: Event) -> None:
        """Take an event from the core; those that do not concern tags are passed over."""
        match event:
            case TagsChanged():
                self.below.look_again()
            case BulkProgress() if self._reviewing:
                self._reviewing.show_progress(event)
            case PowerChanged():
                self._plan = event.plan
                if self._reviewing:
                    self._reviewing.hold(event.plan)
            case IndexChanged() if event.status.state is IndexState.READY:
                self.below.look_again()  # what was written is understood by now
            case _:
                pass

    def _show(self, note_id: int | None) -> None:
        """Another note is on the page: nothing is suggested for one in the trash."""
        note = self._notes.writing.current.note
        is_gone = note is None or note.deleted_at is not None
        self.below.show(None if is_gone else note_id)

    def _saved(self, sheet: Sheet, note: Note) -> None:
        if sheet is self._notes.writing.current and note.id == self._notes.note_id:
            self.below.settle(note.id)

    def _tagged(self, _: Note) -> None:
        self.below.look_again()

    def _decided(self, note: Note) -> None:
        if note.id == self._notes.note_id:
            self._places.notes.page.tags.show_tags(note.tags)
        self._notes.tagging.changed.emit(note)

    def _changed(self, rewritten: Sequence[int]) -> None:
        """Notes have other tags now, and these other texts: what is open is read again."""
        self._notes.refresh()
        open_now = self._notes.note_id
        if open_now is None:
            return

        def came(note: Note) -> None:
            if note.id != self._notes.note_id:
                return
            if note.id in rewritten:
                self._notes.open(note.id, (0, 0), enter=False)
            else:
                self._places.notes.page.tags.show_tags(note.tags)

        # A note that is gone meanwhile is looked after where it is shown.
        self._open_now.expect(self._service.get(open_now), came, lambda _: None)

    def _count(self) -> Future[int]:
        return combined([self._service.list()], lambda found: len(found[0]))
