"""Wires the list of conversations to its service: find, rename, delete and undo, export."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QFileDialog

from assistant.app import Session
from assistant.conversations import UNDO_MILLISECONDS
from assistant.errors import HushError
from assistant.export import write_export
from assistant.records import Backup, Conversation, is_private
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.chat.page import ChatPage
from ui.conversation_list import ConversationList
from ui.days import local
from ui.vault.words import date, number

if TYPE_CHECKING:
    from assistant.backup.service import BackupService

_TITLE_IN_NOTICE: Final = 32  # characters; two lines of the list's width
_GRACE: Final = 1_000  # milliseconds after undo, so that no clock's rounding cuts it short
_PRIVATE_EXPORT: Final = (
    "This private chat is written nowhere. An exported file is, in clear: "
    "whoever can read the file can read the chat."
)
_NOT_IN_FILE_NAMES: Final = re.compile(r'[<>:"/\\|?*\x00-\x1f]')


class ConversationController:
    """What a person does with conversations as a whole.

    Args:
        session: The services.
        bridge: Brings outcomes to the GUI thread.
        conversations: The list.
        page: The page beside it.
        chat: Knows which conversation is on the page.
        pool: Writes exported files.
        backups: Know where a deleted conversation still stands.
        show_backups: Leads the person there.
    """

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        conversations: ConversationList,
        page: ChatPage,
        chat: ChatController,
        pool: Executor,
        backups: BackupService,
        show_backups: Callable[[], None],
    ) -> None:
        self._service = session.conversations
        self._backups = backups
        self._show_backups = show_backups
        self._bridge = bridge
        self._list = conversations
        self._page = page
        self._chat = chat
        self._pool = pool
        self._query_number = 0
        self._deletion_number = 0
        self.purge_timer = QTimer(singleShot=True, interval=UNDO_MILLISECONDS + _GRACE)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        self._list.query_changed.connect(self.refresh)
        self._list.renamed.connect(self.rename)
        self._list.delete_wanted.connect(self.delete)
        header = self._page.header
        header.renamed.connect(lambda title: self._here(partial(self.rename, title=title)))
        header.delete_wanted.connect(lambda: self._here(self.delete))
        header.export_wanted.connect(lambda: self._here(self.export))
        self.purge_timer.timeout.connect(self._purge_deleted)

    def _here(self, action: Callable[[int], None]) -> None:
        """Do something with the conversation on the page."""
        if self._chat.conversation_id is not None:
            action(self._chat.conversation_id)

    def refresh(self, query: str | None = None) -> None:
        """Ask for the list again; what was asked for before is not shown any more."""
        self._query_number += 1
        number = self._query_number
        wanted = self._list.search.text() if query is None else query

        def came(conversations: list[Conversation]) -> None:
            if number == self._query_number:
                self._list.show_conversations(conversations)

        self._bridge.then(
            self._service.list(wanted),
            came,
            lambda error: self._list.notice.say_error(error, "Try again", self.refresh),
        )

    def rename(self, conversation_id: int, title: str) -> None:
        """Give a title."""
        try:
            future = self._service.rename(conversation_id, title)
        except HushError as error:
            self._fail(error)
            return
        self._bridge.then(future, self._renamed, self._fail)

    def _renamed(self, conversation: Conversation) -> None:
        self._list.update_shown(conversation)
        self._chat.retitle(conversation)

    def delete(self, conversation_id: int) -> None:
        """Take a conversation away; for half a minute it can be brought back."""
        self._bridge.then(self._service.delete(conversation_id), self._deleted, self._fail)

    def _deleted(self, conversation: Conversation) -> None:
        was_open = conversation.id == self._chat.conversation_id
        self._list.remove(conversation.id)
        self._chat.forget(conversation.id)
        self.purge_timer.start()
        title = conversation.title
        if len(title) > _TITLE_IN_NOTICE:
            title = title[:_TITLE_IN_NOTICE].rstrip() + "…"
        self._list.notice.say(
            f"Deleted “{title}”.",
            "Undo",
            lambda: self._restore(conversation.id, reopen=was_open),
            milliseconds=UNDO_MILLISECONDS,
        )
        if not is_private(conversation.id):
            self._say_where_it_stays(conversation)

    def _say_where_it_stays(self, conversation: Conversation) -> None:
        """Add to what is said the backups that a deletion does not reach."""
        self._deletion_number += 1
        deletion, said = self._deletion_number, self._list.notice.text

        def came(backups: tuple[Backup, ...]) -> None:
            is_still_said = deletion == self._deletion_number and said == self._list.notice.text
            if backups and is_still_said:
                until = date(local(max(backup.expires for backup in backups)))
                where = f"It stays in {number(len(backups), 'backup')} until {until}."
                self._list.notice.add(where, "Backups…", self._show_backups)

        # Where it cannot be found out, the vault's place says why.
        self._bridge.then(self._backups.holding(conversation.created_at), came, lambda _: None)

    def _restore(self, conversation_id: int, *, reopen: bool) -> None:
        def restored(conversation: Conversation) -> None:
            self._list.put(conversation)
            if reopen:
                self._chat.open(conversation.id)

        self._bridge.then(self._service.restore(conversation_id), restored, self._fail)

    def _purge_deleted(self) -> None:
        try:
            future = self._service.purge()
        except HushError:
            return  # the vault is closed, and closing it was the end of what was deleted
        self._bridge.then(future, self._purged, self._fail)

    def _purged(self, count: int) -> None:
        del count
        if self._service.has_remains:  # a backup was reading, or there was other work
            self.purge_timer.start()

    # Export -------------------------------------------------------------------------------

    def export(self, conversation_id: int) -> None:
        """Ask where to, then write the conversation on the page there as Markdown.

        With a private one the person first reads what that means; no dialog gets to know its title.
        """
        if is_private(conversation_id):
            ask = partial(self._ask_where_to, conversation_id, "Private chat")
            self._page.notice.say(_PRIVATE_EXPORT, "Choose a file", ask)
            return
        name = _NOT_IN_FILE_NAMES.sub(" ", self._page.header.title).strip(" .")
        self._ask_where_to(conversation_id, name or "Chat")

    def _ask_where_to(self, conversation_id: int, name: str) -> None:
        dialog = QFileDialog(self._page, "Export chat")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilter("Markdown (*.md)")
        dialog.setDefaultSuffix("md")
        dialog.selectFile(f"{name}.md")
        dialog.fileSelected.connect(lambda chosen: self.export_to(conversation_id, Path(chosen)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, conversation_id: int, path: Path) -> None:
        """Write a conversation to a file."""

        def came(text: str) -> None:
            self._bridge.then(self._pool.submit(write_export, path, text), written, self._fail)

        def written(_: None) -> None:
            self._page.notice.say(f"Exported to {path}. It is not encrypted there.")

        self._bridge.then(self._service.export_markdown(conversation_id), came, self._fail)

    def _fail(self, error: HushError) -> None:
        self._page.notice.say_error(error)
