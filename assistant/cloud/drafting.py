"""What a question would take along: read from the vault that holds it, and from nowhere else.

That is the system prompt, the shown path above the question, the passages that it is answered
from, and what is attached. No other chat, no other note, no setting, no title and no date.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from assistant.asking.finding import find as find_passages
from assistant.asking.protocol import Retriever
from assistant.asking.questions import checked
from assistant.asking.records import Attachment, Scope, Source, given
from assistant.cloud.records import Draft, Part, PartKind, Provider
from assistant.errors import NotFound
from assistant.records import Message, Role, is_private
from assistant.redaction.records import Table
from assistant.settings import Settings
from assistant.store import cloud_rows, message_rows, source_rows
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults

Find = Callable[[str, Scope], Sequence[Source]]
"""Finds passages to answer a question from. Blocks; may raise a ``HushError``."""

EARLIER_CHARACTERS: Final = 24_000
"""Of what was said before, the newest first: some 6,000 tokens. A judgement: a turn that refers
further back is rare, and what is older can be put back by hand."""

_Read = tuple[tuple[Message, ...], dict[int, tuple[Attachment, ...]]]


class Drafting:
    """Makes drafts. It blocks: not for a window's thread.

    Args:
        vaults: Open.
        settings: The settings of the moment.
        find: Finds passages; None where there are no notes to ask.
    """

    def __init__(self, vaults: Vaults, settings: Callable[[], Settings], find: Find | None) -> None:
        self._vaults = vaults
        self._settings = settings
        self._find = find

    def of_question(self, question_id: int, provider: Provider) -> Draft:
        """What asking a stored question elsewhere would take along.

        Raises:
            NotFound: it is gone, or no question.
            HushError: the notes could not be searched.
        """

        def read(connection: Connection) -> tuple[_Read, tuple[Source, ...]]:
            path = message_rows.ancestors(connection, question_id)
            if path[-1].role is not Role.USER:
                raise NotFound("There is no such question here.")
            return _with_texts(connection, path), _given_before(connection, path[-1])

        (path, texts), passages = self._vaults.holding(question_id).read(read).result()
        *earlier, question = path
        if question.scope and not passages:
            passages = self._found(question.text, question.scope, question.id)
        return self._draft(
            provider,
            earlier=[*_earlier(earlier, texts)],
            given=[*_passages(passages), *_attached(texts.get(question.id, ()))],
            question=question.text,
            conversation_id=question.conversation_id,
            question_id=question.id,
            private=is_private(question.id),
        )

    def of_text(
        self,
        conversation_id: int | None,
        text: str,
        provider: Provider,
        *,
        scope: Scope | None = None,
        attachments: Sequence[Attachment] = (),
        private: bool = False,
    ) -> Draft:
        """What asking a question that is not stored yet would take along.

        Args:
            conversation_id: Where it will stand; None: in a new chat.
            text: The question.
            provider: Who would be asked.
            scope: What it is answered from.
            attachments: What goes with it.
            private: Whether a new chat is one that is never written anywhere.

        Raises:
            InputRefused: it cannot be asked.
            NotFound: the chat is gone.
            HushError: the notes could not be searched.
        """
        asked = checked(text, scope, attachments, has_notes=self._find is not None)
        path: tuple[Message, ...] = ()
        texts: dict[int, tuple[Attachment, ...]] = {}
        if conversation_id is not None:
            where = conversation_id
            path, texts = (
                self._vaults.holding(where)
                .read(lambda c: _with_texts(c, message_rows.path(c, where)))
                .result()
            )
        passages = self._found(asked.text, asked.scope, sys.maxsize) if asked.scope else ()
        given_with = tuple(asked.attachments)
        return self._draft(
            provider,
            earlier=[*_earlier(path, texts)],
            given=[*_passages(passages), *_attached(given_with)],
            question=asked.text,
            conversation_id=conversation_id,
            question_id=None,
            private=private if conversation_id is None else is_private(conversation_id),
            scope=asked.scope,
            attachments=given_with,
        )

    def known(self, draft: Draft) -> Table:
        """What was swapped for what above a draft's question, so that it is swapped so again."""
        conversation_id, question_id = draft.conversation_id, draft.question_id
        if conversation_id is None:
            return Table()

        def read(connection: Connection) -> Table:
            if question_id is not None:
                return cloud_rows.tables_on_path(connection, question_id)
            path = message_rows.path(connection, conversation_id)
            return cloud_rows.tables_on_path(connection, path[-1].id) if path else Table()

        return self._vaults.holding(conversation_id).read(read).result()

    def _found(self, text: str, scope: Scope, newest: int) -> tuple[Source, ...]:
        """Passages for a question; neither itself nor what came later is one."""
        found = self._find(text, scope) if self._find else ()
        return tuple(one for one in found if one.message_id is None or one.message_id < newest)

    def _draft(
        self,
        provider: Provider,
        *,
        earlier: Sequence[Part],
        given: Sequence[Part],
        question: str,
        conversation_id: int | None,
        question_id: int | None,
        private: bool,
        scope: Scope | None = None,
        attachments: tuple[Attachment, ...] = (),
    ) -> Draft:
        settings = self._settings()
        system = settings.system_prompt
        instructions = Part("system", PartKind.SYSTEM, "Instructions", system, "system")
        parts = [
            *([instructions] if system.strip() else []),
            *earlier,
            *given,
            Part("question", PartKind.QUESTION, "Your question", question),
        ]
        return Draft(
            provider,
            tuple(parts),
            conversation_id,
            question_id,
            settings.cloud_reply_tokens,
            redact=settings.cloud_redact,
            private=private,
            scope=scope,
            attachments=attachments,
        )


def finder(retriever: Retriever) -> Find:
    """Finds passages as a local answer does: nothing where nothing is near enough."""

    def find(text: str, scope: Scope) -> tuple[Source, ...]:
        found = find_passages(retriever, text, "", scope, sys.maxsize).passages
        return tuple(Source.of(hit, number) for number, hit in enumerate(found, 1))

    return find


def attachment_id(number: int) -> str:
    """Which part a question's own attachment is, counted from 1."""
    return f"a{number}"


def _with_texts(connection: Connection, path: tuple[Message, ...]) -> _Read:
    bearing = [one.id for one in path if one.attached]
    return path, dict(source_rows.attachments(connection, bearing)) if bearing else {}


def _given_before(connection: Connection, question: Message) -> tuple[Source, ...]:
    """What the newest local answer to a question was given to answer from."""
    if question.scope is None:
        return ()
    path = message_rows.ancestors(connection, message_rows.newest_leaf(connection, question.id))
    below = next((one for one in path if one.parent_id == question.id), None)
    while below is not None:
        if below.cloud is None and given(below.sources):
            return given(below.sources)
        before = message_rows.sibling(connection, below.id, -1)
        below = message_rows.get(connection, before) if before is not None else None
    return ()


def _earlier(path: Sequence[Message], texts: dict[int, tuple[Attachment, ...]]) -> tuple[Part, ...]:
    """What was said before, and what came with it; what is too long ago is left out at first."""
    parts: list[Part] = []
    room = EARLIER_CHARACTERS
    for back, message in enumerate(reversed(path), 1):
        attached = _attached(texts.get(message.id, ()), f"a{message.id}.")
        room -= len(message.text) + sum(len(one.text) for one in attached)
        fits = room >= 0
        said = Part(
            f"m{message.id}",
            PartKind.EARLIER,
            f"{_who(message)}, {back} {'message' if back == 1 else 'messages'} back",
            message.text,
            "user" if message.role is Role.USER else "assistant",
            included=fits,
        )
        whole = [said, *(replace(one, included=fits) for one in attached)]
        parts[:0] = [one for one in whole if one.text.strip()]
    return tuple(parts)


def _who(message: Message) -> str:
    if message.role is Role.USER:
        return "You"
    return message.cloud.provider if message.cloud else "Hush"


def _passages(sources: Sequence[Source]) -> list[Part]:
    return [
        Part(f"p{at}", PartKind.PASSAGE, f"From “{one.title or 'Untitled'}”", one.text)
        for at, one in enumerate(sources, 1)
    ]


def _attached(texts: Sequence[Attachment], prefix: str = "a") -> list[Part]:
    return [
        Part(f"{prefix}{at}", PartKind.ATTACHMENT, one.name or "Attached text", one.text)
        for at, one in enumerate(texts, 1)
    ]
