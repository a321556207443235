"""Fills the panel beside a note, and shows earlier versions of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import datetime
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from assistant.errors import HushError
from assistant.notes.records import NoteLine, RevisionLine, Saved
from assistant.notes.service import NoteService
from assistant.search.records import Hit, Kind
from ui.bridge import Bridge
from ui.days import local
from ui.latest import Latest
from ui.notes.changes import Line, changes
from ui.notes.model import UNTITLED, title_of
from ui.notes.panel import Entry
from ui.notes.place import NotesPlace
from ui.vault.words import begin, moment, number

if TYPE_CHECKING:
    from assistant.search.service import SearchService


class Beside(QObject):
    """What belongs to the note on the page.

    Args:
        service: Keeps notes.
        search: Finds what is related; None where nothing is searched by meaning.
        bridge: Brings outcomes to the GUI thread.
        place: The panes.
        pool: Compares texts.
        now: Local time.
        leave: Saves what is being written, then goes on.
    """

    brought_back = Signal(object)  # Saved
    shown = Signal(object)  # the id of the note that is on the page now, or None

    def __init__(
        self,
        service: NoteService,
        search: SearchService | None,
        bridge: Bridge,
        place: NotesPlace,
        pool: Executor,
        now: Callable[[], datetime],
        leave: Callable[[Callable[[], None]], None],
    ) -> None:
        super().__init__(place)
        self._service = service
        self._search = search
        self._bridge = bridge
        self._place = place
        self._pool = pool
        self._now = now
        self._leave = leave
        self._note_id: int | None = None
        self._version: RevisionLine | None = None
        self._linked, self._related, self._earlier, self._text, self._compared = (
            Latest(bridge) for _ in range(5)
        )
        place.panel.related.setVisible(search is not None)
        place.panel_came.connect(self.refresh)
        place.panel.version_wanted.connect(self.show_version)
        place.page.version.left.connect(self.leave_version)
        place.page.version.bring_back_wanted.connect(self._bring_back)

    def show(self, note_id: int | None) -> None:
        """Another note is on the page; None: none that is kept."""
        self._version = None
        self._note_id = note_id
        self._place.panel.clear()
        for latest in (self._linked, self._related, self._earlier, self._text, self._compared):
            latest.forget()
        self.refresh()
        self.shown.emit(note_id)

    def keep_up(self, note_id: int) -> None:
        """The note on the page was saved: as this one, where it had not begun before."""
        if note_id != self._note_id:
            self.show(note_id)

    def refresh(self) -> None:
        """Look again, where the panel is seen."""
        note_id = self._note_id
        if note_id is None or not self._place.panel_is_shown:
            return
        panel = self._place.panel
        self._linked.expect(
            self._service.backlinks(note_id),
            lambda found: panel.linked.show_entries([_linking(note) for note in found]),
            lambda error: panel.linked.show_entries([], trouble=error.sentence),
        )
        self._earlier.expect(
            self._service.revisions(note_id),
            self._show_earlier,
            lambda error: panel.earlier.show_entries([], trouble=error.sentence),
        )
        self._refresh_related(note_id)

    def _refresh_related(self, note_id: int) -> None:
        if self._search:
            related = self._place.panel.related
            self._related.expect(
                self._search.related(note_id),
                lambda found: related.show_entries([_relating(hit) for hit in found]),
                lambda error: related.show_entries([], trouble=error.sentence),
            )

    def _show_earlier(self, found: Sequence[RevisionLine]) -> None:
        entries = [
            Entry(self._moment(line), number(line.characters, "character"), line) for line in found
        ]
        self._place.panel.earlier.show_entries(entries)

    def _moment(self, line: RevisionLine) -> str:
        return begin(moment(local(line.at), self._now()))

    # Earlier versions ---------------------------------------------------------------------

    def show_version(self, line: RevisionLine) -> None:
        """Show what changed since an earlier version."""
        if self._note_id is None:
            return
        self._version = line
        page = self._place.page
        self._text.expect(
            self._service.revision_text(self._note_id, line.revision),
            lambda earlier: self._compare(line, earlier),
            lambda error: page.notice.say_error(error),
        )

    def _compare(self, line: RevisionLine, earlier: str) -> None:
        """Compare with the text of now, on the pool, as soon as that is taken out."""

        def came(now: str) -> None:
            try:
                compared = self._pool.submit(changes, earlier, now)
            except RuntimeError:  # the pool is shut down: Hush is closing
                return
            self._compared.expect(compared, show, self._say)

        def show(lines: Sequence[Line]) -> None:
            page = self._place.page
            page.version.show_changes(moment(local(line.at), self._now()), lines)
            page.show_version(shown=True)
            page.version.leave_button.setFocus()

        self._text.expect(self._place.page.editor.text(), came, self._say)

    def leave_version(self) -> bool:
        """Show the note again; False where it is on the page."""
        page = self._place.page
        self._version = None
        if not page.shows_version:
            return False
        page.show_version(shown=False)
        page.take_focus()
        return True

    def _bring_back(self) -> None:
        line, note_id = self._version, self._note_id
        if line is None or note_id is None:
            return
        revision = line.revision

        def revert() -> None:
            self._bridge.then(self._service.revert(note_id, revision), self._came_back, self._say)

        self._leave(revert)

    def _came_back(self, saved: Saved) -> None:
        self.leave_version()
        self.brought_back.emit(saved)

    def _say(self, error: HushError) -> None:
        self._place.page.notice.say_error(error)


def _linking(note: NoteLine) -> Entry:
    return Entry(title_of(note), note.excerpt, note.id)


def _relating(hit: Hit) -> Entry:
    kind = "Chat" if hit.kind is Kind.MESSAGE else ""
    return Entry(hit.title or UNTITLED, " · ".join(filter(None, (kind, hit.snippet.text))), hit)
