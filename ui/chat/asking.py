"""Asking one's notes from the composer, and letting a note or a file go along with a question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMenu

from assistant.app import Session
from assistant.asking.attaching import attach_file, attach_note
from assistant.asking.records import MAX_ATTACHMENTS, Attachment, Scope, ScopeKind
from assistant.errors import HushError
from assistant.notes.records import Note
from assistant.records import is_private
from ui.bridge import Bridge
from ui.chat.drafts import Draft, Drafts
from ui.chat.page import ChatPage
from ui.search.entries import Catalogue, Entry, EntryKind, Row
from ui.search.gathering import Gathering
from ui.search.picker import Picker

_ASK: Final = "Answer from your notes"
_NARROWER: Final = "Answer from a tag, a note or a chat…"
_ATTACH_NOTE: Final = "Attach a note…"
_ATTACH_FILE: Final = "Attach a file…"
_FILES: Final = "Texts (*.txt *.md *.markdown *.pdf *.docx);;All files (*)"
_ALL: Final = Entry(EntryKind.ANYWHERE, "", "Your notes, all of them")


class Asking(QObject):
    """What the composer's plus and its chips do.

    Args:
        session: Without notes files can be attached, and nothing else.
        bridge: Brings outcomes to the GUI thread.
        page: Where the conversation is shown.
        drafts: What is being written, and what goes along with it.
        pool: Reads files, and sorts names.
        now: Milliseconds since 1970, UTC.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        page: ChatPage,
        drafts: Drafts,
        pool: Executor,
        now: Callable[[], int],
    ) -> None:
        super().__init__(page)
        self._chat = session.chat
        self._notes = session.notes
        self._bridge = bridge
        self._page = page
        self._drafts = drafts
        self._pool = pool
        self._now = now
        self._gathering = Gathering(session, bridge, pool)
        self._picker: Picker | None = None
        composer = page.composer
        composer.more_button.show()
        composer.more_wanted.connect(self._show_menu)
        composer.given.scope_wanted.connect(self.choose_scope)
        composer.given.scope_left.connect(lambda: self.ask_of(None))
        composer.given.attachment_left.connect(self._leave_attachment)

    @property
    def _can_ask(self) -> bool:
        return self._notes is not None and self._chat.can_ask_notes

    # The menu -----------------------------------------------------------------------------

    def menu(self) -> QMenu:
        """What can be given with the next question."""
        menu = QMenu(self._page)
        if self._can_ask:
            menu.addAction(_ASK, lambda: self.ask_of(Scope()))
            menu.addAction(_NARROWER, self.choose_scope)
            menu.addSeparator()
        if self._notes is not None:
            menu.addAction(_ATTACH_NOTE, self.choose_note)
        menu.addAction(_ATTACH_FILE, self.choose_file)
        return menu

    def _show_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        button = self._page.composer.more_button
        height = menu.sizeHint().height()
        menu.popup(button.mapToGlobal(QPoint(0, -height)))

    # What is asked ------------------------------------------------------------------------

    def ask_of(self, scope: Scope | None) -> None:
        """Ask the next questions of this; None: of nothing but the model."""
        self._drafts.give(scope, self._drafts.current.attachments)
        self._page.composer.take_focus()

    def choose_scope(self) -> None:
        """Let the person say which notes, or which chat."""
        kinds = (EntryKind.TAG, EntryKind.NOTE, EntryKind.CHAT)
        self._pick("Answer from…", kinds, self._take_scope, first=[_ALL])

    def _take_scope(self, entry: Entry) -> None:
        match entry.kind:
            case EntryKind.TAG:
                scope = Scope(ScopeKind.TAG, tag=str(entry.key), name=entry.title)
            case EntryKind.NOTE:
                scope = Scope(ScopeKind.NOTE, id=int(entry.key), name=entry.title)
            case EntryKind.CHAT:
                scope = Scope(ScopeKind.CONVERSATION, id=int(entry.key), name=entry.title)
            case _:
                scope = Scope()
        self.ask_of(scope)

    # What goes along ----------------------------------------------------------------------

    def choose_note(self) -> None:
        """Let the person choose a note to attach."""
        self._pick("Attach a note…", (EntryKind.NOTE,), lambda entry: self.attach(int(entry.key)))

    def attach(self, note_id: int) -> None:
        """Let a note go along with what is being written."""
        if self._notes is None:
            return
        take = partial(self._attach_read_note, self._drafts.current)
        try:
            future = self._notes.get(note_id)
        except HushError as error:
            self._page.notice.say_error(error)
        else:
            self._bridge.then(future, take, self._page.notice.say_error)

    def _attach_read_note(self, draft: Draft, note: Note) -> None:
        try:
            self._put(draft, attach_note(note))
        except HushError as error:
            self._page.notice.say_error(error)

    def choose_file(self) -> None:
        """Let the person choose a file to attach."""
        dialog = QFileDialog(self._page, "Attach a file")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(_FILES)
        dialog.fileSelected.connect(lambda chosen: self.attach_from(Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def attach_from(self, path: Path) -> None:
        """Let a file's text go along with what is being written."""
        put = partial(self._put, self._drafts.current)
        future = self._pool.submit(attach_file, path)
        self._bridge.then(future, put, self._page.notice.say_error)

    def _put(self, draft: Draft, attachment: Attachment) -> None:
        """Attach to what was being written then, even where another chat is on the page now."""
        if len(draft.attachments) >= MAX_ATTACHMENTS:
            self._page.notice.say(f"A message takes {MAX_ATTACHMENTS} attachments.")
            return
        attachments = (*draft.attachments, attachment)
        if draft is not self._drafts.current:
            draft.attachments = attachments
            return
        self._drafts.give(draft.scope, attachments)
        if attachment.remark:
            self._page.notice.say(attachment.remark)
        self._page.composer.take_focus()

    def _leave_attachment(self, place: int) -> None:
        draft = self._drafts.current
        left = (*draft.attachments[:place], *draft.attachments[place + 1 :])
        self._drafts.give(draft.scope, left)
        self._page.composer.take_focus()

    # Choosing by name ---------------------------------------------------------------------

    def _pick(
        self,
        name: str,
        kinds: Sequence[EntryKind],
        take: Callable[[Entry], None],
        first: Sequence[Entry] = (),
    ) -> None:
        """Let the person choose among names; they are there as soon as they are read."""
        if self._picker:
            return
        picker = self._picker = Picker(self._page.window(), self._page.theme, name, self._now)
        shown = Catalogue()

        def show() -> None:
            picker.show_rows(only(shown.rows(picker.field.text(), first), kinds, first))

        def fill(catalogue: Catalogue) -> None:
            nonlocal shown
            shown = catalogue
            if self._picker is picker:
                show()

        picker.query_changed.connect(lambda _: show())
        picker.closed.connect(self._forget_picker)
        picker.chosen.connect(take)
        show()
        picker.open_high()
        self._gathering.gather(fill)

    def _forget_picker(self) -> None:
        self._picker = None


def only(rows: Sequence[Row], kinds: Sequence[EntryKind], first: Sequence[Entry]) -> list[Row]:
    """Rows of these kinds and their headings; no private chats, which nobody searches."""
    kept: list[Row] = []
    for row in rows:
        if isinstance(row, Entry):
            is_kept = row in first or (row.kind in kinds and not _is_private(row))
            if not is_kept:
                continue
        elif kept and isinstance(kept[-1], str):
            kept.pop()  # a heading with nothing below it
        kept.append(row)
    if kept and isinstance(kept[-1], str):
        kept.pop()
    return kept


def _is_private(entry: Entry) -> bool:
    return entry.kind is EntryKind.CHAT and is_private(int(entry.key))
