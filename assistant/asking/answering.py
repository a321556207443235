"""An answer from one's notes: passages before it is written, citations after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.asking.citations import cite
from assistant.asking.finding import find
from assistant.asking.protocol import Retriever
from assistant.asking.records import Citation, Scope, Source, given
from assistant.cancel import Cancel
from assistant.context.contexts import Talk
from assistant.context.fitting import Quote
from assistant.errors import HushError, InputRefused
from assistant.log import log_event
from assistant.records import Message
from assistant.search.records import Hit
from assistant.store import source_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

NOT_HERE: Final = "Your notes cannot be asked here: nothing of them is open."
NO_ROOM: Final = (
    "There are passages about this, but beside a question of this length not one fits into what "
    "the model reads at once. It was not asked."
)


class NotesAnswer:
    """The passages and the citations of one answer. For the worker's thread.

    From ``look`` on ``sources`` are what the answer rests on, and ``missing`` says what could not
    be found at that moment; empty where everything could.

    Args:
        answer: As it was saved, or as it is gone on with.
        scope: Where to look.
        retriever: Finds.
        vault: Where the answer lives.
    """

    def __init__(self, answer: Message, scope: Scope, retriever: Retriever, vault: Vault) -> None:
        self._answer = answer
        self._scope = scope
        self._retriever = retriever
        self._vault = vault
        self.sources = given(answer.sources)
        self.missing = ""
        self._question = ""

    def look(self, talk: Talk, cancel: Cancel | None = None) -> bool:
        """Find what to answer from; False where nothing is near enough.

        An answer that is gone on with keeps the passages that it began with.

        Args:
            talk: The conversation, to the question.
            cancel: Ends a wait for the index.

        Raises:
            HushError: nothing could be searched, or ``cancel`` was asked.
        """
        *earlier, question = talk.questions
        self._question = question.turn.text
        if self.sources:
            return True
        before = earlier[-1].turn.text if earlier else ""
        found = find(self._retriever, self._question, before, self._scope, question.id, cancel)
        self.missing = self._retriever.missing(self._scope)
        log_event("notes.asked", passages=len(found.passages), nearest=len(found.nearest))
        self.sources = _numbered(found.passages, given=True)
        if not self.sources:
            self._keep(_numbered(found.nearest, given=False))
        return bool(self.sources)

    def given_to(self, talk: Talk) -> Talk:
        """The conversation with the passages at its question."""
        return talk.answered_from([Quote(_heading(one), one.text) for one in self.sources])

    def keep(self, passages: int) -> None:
        """Note that the model gets so many of the passages, before it gets them."""
        if passages < len(self.sources):
            log_event("notes.cut", passages=passages, found=len(self.sources))
        self.sources = self.sources[:passages]
        if self.sources != given(self._answer.sources):
            self._keep(self.sources)

    @property
    def nothing_found(self) -> str:
        """What is said in place of an answer where nothing is near enough."""
        nothing = f"Nothing in {self._scope.words} answers this, so the model was not asked."
        if not self.missing:
            return nothing
        return f"{nothing} But {self.missing[0].lower()}{self.missing[1:]} Ask again in a while."

    def citations(self, answer: str) -> tuple[Citation, ...]:
        """What supports which part of the answer; nothing where that cannot be told."""
        try:
            return cite(answer, self.sources, self._retriever.encode, self._question)
        except HushError as error:
            log_event("notes.not_encoded", code=error.code)
            return cite(answer, self.sources, lambda _: None, self._question)  # by words alone

    def _keep(self, sources: Sequence[Source]) -> None:
        def work(connection: Connection) -> None:
            source_rows.put_sources(connection, self._answer.id, sources)

        self._vault.write(work).result()


def answer_from_notes(
    answer: Message, retriever: Retriever | None, vault: Vault
) -> NotesAnswer | None:
    """What an answer needs of the notes; None where its question was asked of nothing.

    Raises:
        InputRefused: it was, and there are none to ask.
    """
    if answer.scope is None:
        return None
    if retriever is None:
        raise InputRefused(NOT_HERE)
    return NotesAnswer(answer, answer.scope, retriever, vault)


def _numbered(hits: Sequence[Hit], *, given: bool) -> tuple[Source, ...]:
    return tuple(Source.of(hit, number, given=given) for number, hit in enumerate(hits, 1))


def _heading(source: Source) -> str:
    return " › ".join(filter(None, (source.title, source.context)))
