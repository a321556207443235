"""What a question is asked of, as it is said on the command line and in ``hush chat``."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from assistant.app import Session
from assistant.asking.questions import checked_scope
from assistant.asking.records import Scope, ScopeKind
from assistant.errors import InputRefused
from assistant.terminal.arguments import Arguments
from assistant.terminal.values import conversation_id
from assistant.text import storable

_OFF: Final = "off"
_HOW: Final = "Type /notes, /notes tag:NAME, /notes note:ID, /notes chat:ID or /notes off."


def scope_given(arguments: Arguments) -> Scope | None:
    """What the options say; None: to ask nothing but the model.

    Raises:
        InputRefused: a tag without a name.
    """
    if arguments.of_tag:
        return _tag(arguments.of_tag)
    if arguments.of_note is not None:
        return Scope(ScopeKind.NOTE, id=arguments.of_note)
    if arguments.of_chat is not None:
        return Scope(ScopeKind.CONVERSATION, id=arguments.of_chat)
    return Scope() if arguments.of_notes else None


def scope_typed(text: str) -> Scope | None:
    """What stands behind ``/notes``: nothing, ``all``, ``tag:…``, ``note:…``, ``chat:…``, ``off``.

    Raises:
        InputRefused: anything else.
    """
    said = text.strip()
    if said in {"", ScopeKind.ALL.value}:
        return Scope()
    if said == _OFF:
        return None
    kind, _, rest = said.partition(":")
    if said.startswith("#"):
        kind, rest = "tag", said
    if kind == "tag":
        return _tag(rest)
    number = conversation_id(rest.strip())
    if number is not None and kind == "note":
        return Scope(ScopeKind.NOTE, id=number)
    if number is not None and kind == "chat":
        return Scope(ScopeKind.CONVERSATION, id=number)
    raise InputRefused("There is nothing like that to ask.", _HOW)


def named(scope: Scope, session: Session) -> Scope:
    """The same with the title of what it names.

    Raises:
        NotFound: there is no such note or chat.
        InputRefused: nothing of what is kept is open here, or it is a private chat.
    """
    checked_scope(scope, has_notes=session.chat.can_ask_notes)
    if scope.id is None:
        return scope
    if scope.kind is ScopeKind.NOTE and session.notes is not None:
        return replace(scope, name=session.notes.get(scope.id).result().title or "Untitled")
    thread = session.conversations.thread(scope.id).result()
    return replace(scope, name=thread.conversation.title)


def _tag(text: str) -> Scope:
    tag = storable(text).strip().removeprefix("#")
    if not tag:
        raise InputRefused("Which tag?", "Name one, like --tag work or /notes tag:work.")
    return Scope(ScopeKind.TAG, tag=tag)
