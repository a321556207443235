"""Where links, tags and addresses in a note lead."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QObject

from assistant.errors import HushError
from assistant.notes.records import Note, NoteLine
from assistant.notes.service import NoteService
from ui.bridge import Bridge
from ui.chat.links import LinkDialog
from ui.markdown.addresses import is_link
from ui.markdown.safe_text import harmless
from ui.notes.page import NotePage
from ui.notes.words import short

_NOT_IN_LINKS: Final = re.compile(r"[\[\]|#]")
"""Characters that end a link, or mean something in one."""


class Following(QObject):
    """Goes where the person points; an address is opened only after asking.

    Args:
        service: Knows which note a link means.
        bridge: Brings outcomes to the GUI thread.
        page: Where the links stand.
        open_note: Opens a note by its id.
        open_tag: Lists the notes with a tag.
        written: Told of a note that was begun.
        open_address: Hands an address to the desktop; whether a program took it.
    """

    def __init__(
        self,
        service: NoteService,
        bridge: Bridge,
        page: NotePage,
        open_note: Callable[[int], object],
        open_tag: Callable[[str], object],
        written: Callable[[Note], object],
        open_address: Callable[[str], bool],
    ) -> None:
        super().__init__(page)
        self._service = service
        self._bridge = bridge
        self._page = page
        self._open_note = open_note
        self._written = written
        self._open_address = open_address
        self._ways: dict[str, Callable[[str], object]] = {
            "note": self._resolve,
            "tag": open_tag,
            "address": self._ask_about,
        }
        page.editor.target_wanted.connect(self.follow)
        page.editor.links.titles_wanted.connect(self._offer_titles)

    def follow(self, kind: str, target: str) -> None:
        """Go where a link leads.

        Args:
            kind: "note", "tag" or "address".
            target: A name, a tag or an address.
        """
        self._ways[kind](target)

    def _resolve(self, name: str) -> None:
        def came(found: int | None) -> None:
            if found is None:
                self._offer(name)
            else:
                self._open_note(found)

        try:
            future = self._service.resolve(name)
        except HushError as error:
            self._page.notice.say_error(error)
        else:
            self._bridge.then(future, came, self._page.notice.say_error)

    def _offer_titles(self) -> None:
        """A link is begun: it may lead to any note."""

        def came(notes: Sequence[NoteLine]) -> None:
            titles = (" ".join(_NOT_IN_LINKS.sub(" ", note.title).split()) for note in notes)
            self._page.editor.links.offer([title for title in titles if title])

        try:
            future = self._service.list()
        except HushError:  # the vault is closed: the window is about to go
            return
        self._bridge.then(future, came, lambda _: None)

    def _offer(self, name: str) -> None:
        """There is no such note: the person may begin it."""
        words = f"There is no note “{short(harmless(name))}” yet."
        self._page.notice.say(words, "Write it", lambda: self._begin(name))

    def _begin(self, title: str) -> None:
        def made(note: Note) -> None:
            self._written(note)
            self._open_note(note.id)

        try:
            future = self._service.create(title=title)
        except HushError as error:
            self._page.notice.say_error(error)
        else:
            self._bridge.then(future, made, self._page.notice.say_error)

    def _ask_about(self, address: str) -> None:
        if is_link(address):
            LinkDialog(address, self._open_address, self._page).open()
        elif ":" not in address:  # a file of the folder that the note is from, or a note
            self._resolve(address)
        else:
            self._page.notice.say("Only web, mail and telephone addresses can be opened.")
