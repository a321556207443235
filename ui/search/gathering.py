"""Asking the services for everything that one can go to by name, without waiting for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import Any

from assistant.app import Session
from assistant.errors import HushError
from assistant.notes.records import NoteFilter
from ui.bridge import Bridge
from ui.search.entries import Catalogue, Command


class Gathering:
    """Makes catalogues: the services read, the pool sorts, the GUI thread only gets the result.

    Args:
        session: Without notes there are chats alone.
        bridge: Brings outcomes to the GUI thread.
        pool: Makes the catalogue.
    """

    def __init__(self, session: Session, bridge: Bridge, pool: Executor) -> None:
        self._session = session
        self._bridge = bridge
        self._pool = pool

    def gather(
        self,
        ready: Callable[[Catalogue], None],
        commands: Sequence[Command] = (),
        *,
        with_notes: bool = True,
    ) -> None:
        """Ask for a catalogue. What cannot be read is not in it.

        Args:
            ready: Gets it.
            commands: To be in it.
            with_notes: Whether the notes' titles are to be in it, too.
        """
        parts: dict[str, Any] = {}
        wanted: dict[str, Callable[[], Future[Any]]] = {
            "chats": lambda: self._session.conversations.list("")
        }
        if notes := self._session.notes:
            wanted["tags"] = notes.tags
            if with_notes:
                wanted["notes"] = lambda: notes.list(NoteFilter())
        left = set(wanted)

        def take(name: str, found: Sequence[Any]) -> None:
            parts[name] = found
            left.discard(name)
            if not left:
                self._make(parts, commands, ready)

        for name, ask in wanted.items():
            self._ask(name, ask, take)

    def _ask(
        self,
        name: str,
        ask: Callable[[], Future[Any]],
        take: Callable[[str, Sequence[Any]], None],
    ) -> None:
        try:
            future = ask()
        except HushError:  # the vault is closed: the window is about to go
            take(name, ())
            return
        self._bridge.then(future, lambda found: take(name, found), lambda _: take(name, ()))

    def _make(
        self,
        parts: dict[str, Any],
        commands: Sequence[Command],
        ready: Callable[[Catalogue], None],
    ) -> None:
        def make() -> Catalogue:
            return Catalogue(
                commands, parts.get("notes", ()), parts.get("chats", ()), parts.get("tags", ())
            )

        self._bridge.then(self._pool.submit(make), ready, lambda _: None)
