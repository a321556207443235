"""Wires the place for notes to its services: opening, writing, tags, links, what the keys do."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject

from assistant.errors import HushError
from assistant.notes.records import Note, Saved
from assistant.notes.service import NoteService
from assistant.search.records import Hit
from ui.bridge import Bridge
from ui.chat.links import open_in_browser
from ui.days import local
from ui.latest import Latest
from ui.notes import words
from ui.notes.beside import Beside
from ui.notes.following import Following
from ui.notes.listing import Backups, Listing
from ui.notes.place import NotesPlace
from ui.notes.pouring import LONGEST_LINE
from ui.notes.scopes import Scopes
from ui.notes.tagging import Tagging
from ui.notes.writing import Sheet, Writing
from ui.vault.words import moment

if TYPE_CHECKING:
    from assistant.search.service import SearchService

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ways:
    """How to leave the place for notes."""

    open_hit: Callable[[Hit], object]
    begin_import: Callable[[], object]
    ask_about: Callable[[Note], None]
    open_address: Callable[[str], bool] = open_in_browser
    backups: Backups | None = None


class NotesController(QObject):
    """What a person does with one note, and where the others come in.

    Args:
        service: Keeps notes.
        search: Finds what is related; None where nothing is searched by meaning.
        bridge: Brings outcomes to the GUI thread.
        place: The panes.
        pool: Compares texts.
        now: Milliseconds since 1970, UTC.
        ways: Out of here.
    """

    def __init__(
        self,
        service: NoteService,
        search: SearchService | None,
        bridge: Bridge,
        place: NotesPlace,
        pool: Executor,
        now: Callable[[], int],
        ways: Ways,
    ) -> None:
        super().__init__(place)
        self._service = service
        self._bridge = bridge
        self._place = place
        self._page = place.page
        self._now = now
        self._ways = ways
        self._latest = Latest(bridge)
        self.leave_nearer: Callable[[], bool] = lambda: False  # what stands nearer than the note
        self.listing = Listing(service, bridge, place.list, place.page.notice, ways.backups)
        self.writing = Writing(service, bridge, place.page.editor)
        self.beside = Beside(
            service,
            search,
            bridge,
            place,
            pool,
            lambda: local(now()),
            self.writing.leave,
        )
        self.scopes = Scopes(service, bridge, place, now)
        self.tagging = Tagging(service, bridge, place.page, self.writing)
        self.following = Following(
            service,
            bridge,
            place.page,
            self.open,
            self.open_tag,
            self.listing.put,
            ways.open_address,
        )
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        notes, page = self._place.list, self._page
        notes.opened.connect(partial(self.open, enter=False))
        notes.entered.connect(self.open)
        notes.new_wanted.connect(self.new)
        notes.import_wanted.connect(lambda: self._ways.begin_import())
        page.empty.new_button.clicked.connect(self.new)
        page.empty.import_button.clicked.connect(lambda: self._ways.begin_import())
        page.header.renamed.connect(self.writing.retitle)
        page.header.pin_wanted.connect(self._pin)
        page.header.find_wanted.connect(page.begin_find)
        page.header.ask_wanted.connect(self._ask_about)
        page.header.delete_wanted.connect(self.delete)
        page.header.restore_wanted.connect(self._put_back)
        page.header.panel_wanted.connect(self.toggle_panel)
        page.tags.opened.connect(self.open_tag)
        page.editor.paste_refused.connect(page.notice.say)
        page.editor.filled.connect(self._filled)
        self._place.panel.note_wanted.connect(self.open)
        self._place.panel.hit_wanted.connect(lambda hit: self._ways.open_hit(hit))
        self.writing.saved.connect(self._saved)
        self.writing.forked.connect(self._forked)
        self.writing.moved.connect(lambda _: page.notice.say(words.MOVED))
        self.writing.failed.connect(self._not_saved)
        self.listing.gone.connect(self._gone)
        self.listing.pinned.connect(self._pinned)
        self.beside.brought_back.connect(self._brought_back)
        self.tagging.changed.connect(self._tagged)

    # Going somewhere ----------------------------------------------------------------------

    @property
    def note_id(self) -> int | None:
        """The note on the page; None for one that has not begun, or none at all."""
        return None if self._page.is_empty else self.writing.current.note_id

    def refresh(self) -> None:
        """Look again at what there is: something was imported, or the person comes here."""
        self.listing.refresh()
        self.scopes.refresh()
        self.beside.refresh()

    def open(
        self, note_id: int, mark: tuple[int, int] | None = None, *, enter: bool = True
    ) -> None:
        """Show a note.

        Args:
            note_id: Which.
            mark: Start and length, in characters, of a passage to show highlighted.
            enter: Whether the keyboard goes into its text.
        """

        def show(note: Note) -> None:
            self._show(note, mark)
            if enter:
                self._page.take_focus()

        if note_id == self.note_id and mark is None:
            self.beside.leave_version()
            if enter:
                self._page.take_focus()
            return

        def came(note: Note) -> None:
            self.writing.leave(lambda: show(note))

        self._expect(lambda: self._service.get(note_id), came)

    def new(self) -> None:
        """Begin a note; it is kept from its first word on."""
        wanted = self._place.list.wanted
        tags = (wanted.tag,) if wanted.tag else ()

        def begin() -> None:
            self._latest.forget()
            self._leave_page()
            self.writing.take(Sheet(tags=tags))
            self._page.show_new()
            self._page.tags.show_tags(tags)
            self._place.list.select(None)
            self.beside.show(None)
            self._page.take_focus()

        if wanted.trash:
            self._place.list.choose()
        self._place.list.clear_words()
        self.writing.leave(begin)

    def open_tag(self, tag: str) -> None:
        """List the notes with a tag."""
        self._place.list.clear_words()
        self._place.list.choose(tag)

    def keep(self) -> None:
        """Hand what is being written to the vault: Hush closes or locks."""
        self.writing.keep_now()

    def _show(self, note: Note, mark: tuple[int, int] | None) -> None:
        self._leave_page()
        sheet = self.writing.sheet_for(note)
        self.writing.take(sheet)
        self._page.show_note(note, self.writing.text_of(sheet), mark)
        self._show_when(note)
        self._place.list.select(note.id)
        self.beside.show(note.id)
        if note.deleted_at is not None:
            since = moment(local(note.deleted_at), local(self._now()))
            self._page.notice.say(words.in_trash(since), "Put back", self._put_back)

    def _leave_page(self) -> None:
        """Leave what concerns the note that was on the page."""
        self._page.notice.dismiss()
        self._page.header.leave_rename()

    def _filled(self) -> None:
        if self._page.editor.longest_line > LONGEST_LINE:
            self._page.notice.say(words.long_line(self._page.editor.longest_line))

    # What becomes of it -------------------------------------------------------------------

    def delete(self) -> None:
        """Put the note on the page into the trash, or delete it for good where it is there."""
        note = self.writing.current.note
        if note is not None and not self._page.is_empty:
            in_trash = note.deleted_at is not None
            self.writing.leave(partial(self.listing.delete, note.id, in_trash=in_trash))

    def _ask_about(self) -> None:
        """What is asked is answered from the note as it reads now."""
        note = self.writing.current.note
        if note is not None:
            self.writing.leave(partial(self._ways.ask_about, note))

    def _put_back(self) -> None:
        if self.note_id is not None:
            self.listing.restore([self.note_id])

    def _gone(self, note_id: int) -> None:
        """A note is not as it was shown; the page shows it no longer."""
        if note_id == self.note_id:
            self._latest.forget()
            self._leave_page()
            self.writing.take(Sheet())
            self._page.show_empty()
            self._place.list.select(None)
            self.beside.show(None)
        self.scopes.refresh()

    def _pin(self, pinned: bool) -> None:  # noqa: FBT001 # as the signal gives it
        if self.note_id is None:
            self._page.header.show_pin(pinned=False)
        else:
            self.listing.pin(self.note_id, pinned=pinned)

    def _pinned(self, note: Note) -> None:
        if note.id == self.note_id:
            self._page.header.show_pin(pinned=note.pinned)

    def _saved(self, sheet: Sheet, note: Note) -> None:
        is_here = sheet is self.writing.current and not self._page.is_empty
        self.listing.put(note)
        if is_here:
            had_tags = self._page.tags.tags
            self._page.show_head(note)
            self._show_when(note)
            self._place.list.select(note.id)
            self.beside.keep_up(note.id)
            if had_tags != note.tags:
                self.scopes.refresh()

    def _forked(self, sheet: Sheet, other: Note) -> None:
        self.listing.refresh()
        if sheet is self.writing.current:
            self._page.notice.say(words.KEPT_BOTH, "Show the other", lambda: self.open(other.id))
        else:
            self.listing.notice.say(words.KEPT_BOTH)

    def _not_saved(self, sheet: Sheet, error: HushError) -> None:
        if sheet is self.writing.current:
            self._page.header.say_when(words.NOT_SAVED)
        again = partial(self.writing.try_again, sheet)
        self._page.notice.say(words.not_saved(error), "Try again", again, danger=True)

    def _brought_back(self, saved: Saved) -> None:
        self.listing.put(saved.note)
        self.writing.take(Sheet(saved.note))
        self._page.show_note(saved.note, saved.note.text)
        self._show_when(saved.note)
        self.beside.show(saved.note.id)

    def _show_when(self, note: Note) -> None:
        when = moment(local(note.updated_at), local(self._now()))
        self._page.header.say_when(f"Edited {when}")

    def _tagged(self, note: Note) -> None:
        self.listing.put(note)
        self.scopes.refresh()

    # Keys ---------------------------------------------------------------------------------

    def escape(self) -> None:
        """Leave or close the nearest thing."""
        page, notes = self._page, self._place.list
        if page.header.leave_rename() or page.find_bar.leave():
            page.take_focus()
        elif (
            self.leave_nearer()
            or self.beside.leave_version()
            or (notes.field.hasFocus() and notes.clear_words())
        ):
            return
        elif page.notice.text:
            page.notice.dismiss()
        elif page.editor.hasFocus() and self._place.list_is_shown:
            notes.view.setFocus()

    def rename(self) -> None:
        """Change the title of the note on the page."""
        if not self._page.is_empty:
            self._page.header.begin_rename()

    def toggle_list(self) -> None:
        """Show the list, or hide it."""
        self._place.show_list(shown=not self._place.list_is_shown)

    def toggle_panel(self) -> None:
        """Show what belongs to the note, or hide it."""
        self._place.show_panel(shown=not self._place.panel_is_shown)

    # Asking -------------------------------------------------------------------------------

    def _expect(self, ask: Callable[[], Future[T]], done: Callable[[T], None]) -> None:
        """Ask for what is wanted on the page: of several only the last."""
        try:
            future = ask()
        except HushError as error:
            self._page.notice.say_error(error)
        else:
            self._latest.expect(future, done, self._page.notice.say_error)
