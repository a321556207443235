"""Titles for notes and chats: asked for by a person, or given when nobody asks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.context.ahead import Worker
from assistant.errors import InputRefused
from assistant.events import EventSink, TitlesChanged
from assistant.notes.records import Note, TitleBy
from assistant.power.plan import Plan
from assistant.records import Conversation
from assistant.store import conversation_rows, note_rows, title_rows
from assistant.store.sqlcipher import Connection
from assistant.store.title_rows import Untitled
from assistant.titles import wording
from assistant.titles.idle import IdleTitles
from assistant.titles.job import SuggestTitle
from assistant.vaults import Vaults, done, followed

T = TypeVar("T")


class TitleService:
    """Each method but ``look`` answers with a future. Titles that a person gave stay, always.

    Args:
        vaults: Open.
        worker: Runs the model.
        clock: Tells when it was last looked for chats without a title.
        publish: Gets ``TitlesChanged``.
        plan: What the governor allows at the moment.
        writes: Whether the vault may be written to.
        allowed: Whether chats may be given titles that nobody asked for.
    """

    def __init__(
        self,
        vaults: Vaults,
        worker: Worker,
        clock: Clock,
        publish: EventSink,
        plan: Callable[[], Plan] = Plan,
        *,
        writes: bool = True,
        allowed: Callable[[], bool] = lambda: True,
    ) -> None:
        self._vaults = vaults
        self._worker = worker
        self._publish = publish
        self._idle = IdleTitles(vaults, worker, clock, publish, plan, allowed) if writes else None

    def suggest(self, note_id: int, cancel: Cancel | None = None) -> Future[str]:
        """A title for a note: its own heading, else the model's, else its first words.

        Raises:
            NotFound, InputRefused: in the future; it does not exist, or has no words.
            EngineError: in the future; the model cannot, or ``cancel`` was asked.
        """
        read = self._vaults.kept.read(lambda c: note_rows.get(c, note_id))
        return followed(read, lambda note: self._asked(_of(note), cancel))

    def suggest_chat(self, conversation_id: int, cancel: Cancel | None = None) -> Future[str]:
        """A title for a chat, from its first question and answer.

        Raises:
            NotFound, InputRefused: in the future; it does not exist, or has no answer yet.
            EngineError: in the future; the model cannot, or ``cancel`` was asked.
        """
        vault = self._vaults.holding(conversation_id)
        read = vault.read(lambda c: _chat(c, conversation_id))
        return followed(read, lambda one: self._asked(one, cancel))

    def give(self, note_id: int, cancel: Cancel | None = None) -> Future[Note]:
        """Give a note a title of Hush's, unless the person gave it one.

        Raises:
            NotFound, InputRefused: in the future; it does not exist, has no words, has a title of
                the person's or one that others link to, or changed meanwhile. Nothing was changed.
            EngineError: in the future; the model cannot, or ``cancel`` was asked.
        """
        vault = self._vaults.kept

        def look(connection: Connection) -> Note:
            note = note_rows.get(connection, note_id)
            if note.title_by is TitleBy.PERSON:
                raise InputRefused("This note has a title that you gave it. It stays.")
            if title_rows.is_linked(connection, note_id):
                raise InputRefused("Other notes link to this one by its title. It stays.")
            return note

        def ask(note: Note) -> Future[Note]:
            return followed(self._asked(_of(note), cancel), lambda title: put(note, title))

        def put(note: Note, title: str) -> Future[Note]:
            def work(connection: Connection) -> Note:
                if not title_rows.give_note(connection, note.id, note.revision, title):
                    raise _changed()
                return note_rows.get(connection, note.id)

            return self._told(vault.write(work), TitlesChanged(note_ids=(note.id,)))

        return followed(vault.read(look), ask)

    def give_chat(self, conversation_id: int, cancel: Cancel | None = None) -> Future[Conversation]:
        """Give a chat a title of Hush's, unless the person gave it one.

        Raises:
            NotFound, InputRefused, EngineError: in the future, as for ``give``.
        """
        vault = self._vaults.holding(conversation_id)

        def put(one: Untitled, title: str) -> Future[Conversation]:
            def work(connection: Connection) -> Conversation:
                if not title_rows.give_chat(connection, one.id, one.title, title):
                    raise _changed()
                return conversation_rows.get(connection, one.id)

            return self._told(vault.write(work), TitlesChanged(conversation_ids=(one.id,)))

        def ask(one: Untitled) -> Future[Conversation]:
            return followed(self._asked(one, cancel), lambda title: put(one, title))

        return followed(vault.read(lambda c: _chat(c, conversation_id)), ask)

    def look(self) -> None:
        """Have chats given titles where any is wanted, if nobody needs the machine. At once.

        To be called now and then: after a reply, and when the governor looked.
        """
        if self._idle:
            self._idle.look()

    def _asked(self, one: Untitled, cancel: Cancel | None) -> Future[str]:
        """A title that somebody waits for."""
        heading = wording.heading_of(one.text) if one.kind == "note" else ""
        if heading:
            return done(heading)
        if not wording.first_words(one.text):
            raise InputRefused("There are no words here to make a title of.")
        answer: Future[str] = Future()
        answer.set_running_or_notify_cancel()
        self._worker.submit(SuggestTitle(one, cancel or Cancel(), answer))
        return answer

    def _told(self, written: Future[T], event: TitlesChanged) -> Future[T]:
        """The same future; where it succeeds whoever shows the old title is told."""

        def tell(value: T) -> Future[T]:
            self._publish(event)
            return done(value)

        return followed(written, tell)


def _of(note: Note) -> Untitled:
    return Untitled("note", note.id, note.revision, note.title, note.text)


def _chat(connection: Connection, conversation_id: int) -> Untitled:
    conversation_rows.get(connection, conversation_id)
    one = title_rows.answered_chat(connection, conversation_id)
    if one is None:
        raise InputRefused(
            "This chat has no answer yet, or a title that you gave it.", "Nothing was changed."
        )
    return one


def _changed() -> InputRefused:
    return InputRefused(
        "It changed while its title was written.", "Nothing was changed. Ask again."
    )
