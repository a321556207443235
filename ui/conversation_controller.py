"""Wires the list of conversations to its service: find, rename, delete and undo, export."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFileDialog

from assistant.app import Session
from assistant.conversations import UNDO_MILLISECONDS
from assistant.errors import HushError
from assistant.export import write_export
from assistant.records import Conversation, is_private
from ui.bridge import Bridge
from ui.chat.controller import ChatController
from ui.chat.page import ChatPage
from ui.conversation_list import ConversationList
from ui.notice import Notice
from ui.vault.words import held_in, number

if TYPE_CHECKING:
    from assistant.backup.service import BackupService, Holding

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
        self._undo_notice: Notice | None = None  # where that was said last
        self._undoable: list[tuple[Conversation, bool]] = []  # with whether it was on the page
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
        for notice in (self._list.notice, self._page.notice):
            notice.dismissed.connect(partial(self._forget_undo, notice))

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
                self._name_here(conversations)

        self._bridge.then(
            self._service.list(wanted),
            came,
            lambda error: self._list.notice.say_error(error, "Try again", self.refresh),
        )

    def _name_here(self, conversations: Sequence[Conversation]) -> None:
        """The chat on the page may have another title by now, unless the person is changing it."""
        header = self._page.header
        for one in conversations:
            is_here = one.id == self._chat.conversation_id
            if is_here and one.title != header.title and not header.is_renaming:
                self._chat.retitle(one)

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
        is_at_list = self._list.view.hasFocus()
        self._list.remove(conversation.id)
        self._chat.forget(conversation.id)
        if is_at_list and self._list.view.isVisible():
            self._list.view.setFocus(Qt.FocusReason.OtherFocusReason)
        elif is_at_list:  # that was the last one
            self._page.composer.take_focus()
        self.purge_timer.start()
        self._undoable.append((conversation, was_open))
        self._offer_undo()

    def _offer_undo(self) -> None:
        """Say what was deleted, where it can be seen; one press brings all of it back."""
        deleted = tuple(self._undoable)
        notice = self._page.notice if self._list.isHidden() else self._list.notice
        before, self._undo_notice = self._undo_notice, notice
        if before and before is not notice:
            before.dismiss()
        notice.say(
            f"Deleted {_named([conversation for conversation, _ in deleted])}.",
            "Undo",
            partial(self._undo, deleted),
            milliseconds=UNDO_MILLISECONDS,
        )
        self._say_where_it_stays(notice, [conversation for conversation, _ in deleted])

    def _forget_undo(self, notice: Notice) -> None:
        if notice is self._undo_notice:
            self._undoable.clear()

    def _undo(self, deleted: Sequence[tuple[Conversation, bool]]) -> None:
        for conversation, was_open in deleted:
            self._restore(conversation.id, reopen=was_open)

    def _say_where_it_stays(self, notice: Notice, deleted: Sequence[Conversation]) -> None:
        """Add to what is said the backups that a deletion does not reach."""
        kept = [conversation for conversation in deleted if not is_private(conversation.id)]
        if not kept:
            return
        self._deletion_number += 1
        deletion, said = self._deletion_number, notice.text

        def came(holding: Holding) -> None:
            is_still_said = deletion == self._deletion_number and said == notice.text
            if (places := held_in(holding)) and is_still_said:
                where = f"{_those(kept, deleted)} {places}."
                notice.add(where, "Backups…", self._show_backups)

        # Where it cannot be found out, the vault's place says why.
        since = min(conversation.created_at for conversation in kept)
        self._bridge.then(self._backups.holding(since), came, lambda _: None)

    def _restore(self, conversation_id: int, *, reopen: bool) -> None:
        def restored(conversation: Conversation) -> None:
            self._list.put(conversation)
            if reopen:
                self._chat.open(conversation.id)

        self._bridge.then(self._service.restore(conversation_id), restored, self._fail)

    def _purge_deleted(self) -> None:
        self._undoable.clear()
        try:
            future = self._service.purge()
        except HushError:
            return  # the vault is closed, and closing it was the end of what was deleted
        self._bridge.then(future, lambda _: None, self._fail)

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


def _those(kept: Sequence[Conversation], deleted: Sequence[Conversation]) -> str:
    """Those of the deleted ones that backups may hold."""
    if len(kept) < len(deleted):
        return "What was not private stays"
    return "It stays" if len(kept) == 1 else "They stay"


def _named(deleted: Sequence[Conversation]) -> str:
    """What was deleted: one by its title, several by their number."""
    if len(deleted) > 1:
        return number(len(deleted), "chat")
    title = deleted[0].title
    if len(title) > _TITLE_IN_NOTICE:
        title = title[:_TITLE_IN_NOTICE].rstrip() + "…"
    return f"“{title}”"
