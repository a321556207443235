"""Commands on notes, run over services in memory: a fake engine, and suggestions that are told."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from assistant.actions.service import ActionService
from assistant.app import App, Session
from assistant.engine.protocol import GenerationRequest
from assistant.events import BulkProgress
from assistant.notes.names import folded
from assistant.notes.records import Note
from assistant.notes.service import NoteService
from assistant.power.plan import Override, Plan
from assistant.store import tag_suggestion_rows
from assistant.store.sqlcipher import Connection
from assistant.store.tag_suggestion_rows import Offer
from assistant.tags.managing import TagManager
from assistant.tags.records import (
    OFFERED,
    AppliedLine,
    Because,
    BulkReport,
    Explanation,
    Suggestion,
    Suggestions,
    UnfinishedRun,
    Waiting,
)
from assistant.terminal.arguments import Arguments, parse
from assistant.terminal.console import Console
from assistant.terminal.waiting import Events
from assistant.titles.service import TitleService
from assistant.vaults import done
from tests.fakes.engine import FakeEngine
from tests.unit.services import Services
from tests.unit.terminals import Person, Screen

Pair = tuple[int, str]
Command = Callable[[Arguments, App, Session, Events, Console], int]


class ToldSuggests:
    """Suggests for a note what a test says.

    Args:
        notes: The notes.
    """

    def __init__(self, notes: NoteService) -> None:
        self._notes = notes
        self.new: dict[int, list[Suggestion]] = {}
        self.reasons: dict[Pair, Explanation] = {}
        self.decided: list[tuple[int, str, bool]] = []

    def suggestions(self, note_id: int) -> Future[Suggestions]:
        return done(Suggestions(note_id, (), tuple(self.new.get(note_id, ()))))

    def decide(self, note_id: int, tag: str, *, accepted: bool) -> Future[Note]:
        self.decided.append((note_id, tag, accepted))
        note = self._notes.get(note_id).result(10)
        return self._notes.tag(note_id, (*note.tags, tag)) if accepted else done(note)

    def explain(self, note_id: int, tag: str) -> Future[Explanation]:
        because = Because(note_id, "Itself \x1b[2J", 1.0)
        return done(self.reasons.get((note_id, tag), Explanation(tag, 0.9, (because,), ("rye",))))


@dataclass
class ToldRun:
    """A run that was begun."""

    id: int
    done: Future[BulkReport]


class ToldBulk:
    """Tagging many notes over the real rows; what is suggested is what a test says.

    A run looks at all its notes at once; with ``holds`` it stops after so many, until ``cancel``.

    Args:
        services: Has the vault and the events.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self.found: dict[int, list[Suggestion]] = {}
        self.holds: int | None = None
        self.started: list[tuple[Sequence[int] | None, float | None]] = []
        self._held: dict[int, tuple[Future[BulkReport], BulkReport]] = {}

    def start(
        self, ids: Sequence[int] | None = None, *, apply_above: float | None = None
    ) -> ToldRun:
        self.started.append((ids, apply_above))
        now = self._services.clock.now()
        write = self._services.vault.write
        return self._go_on(
            write(lambda c: tag_suggestion_rows.begin_run(c, ids, apply_above, now)).result(10)
        )

    def resume(self, run_id: int) -> ToldRun:
        self.holds = None
        return self._go_on(
            self._services.vault.read(lambda c: tag_suggestion_rows.run(c, run_id)).result(10)
        )

    def cancel(self, run_id: int) -> None:
        held = self._held.pop(run_id, None)
        if held:
            held[0].set_result(held[1])

    def unfinished(self) -> Future[list[UnfinishedRun]]:
        return self._services.vault.read(tag_suggestion_rows.unfinished)

    def waiting(self, tag: str = "") -> Future[list[Waiting]]:
        return self._services.vault.read(lambda c: tag_suggestion_rows.waiting(c, tag))

    def accept(self, pairs: Sequence[Pair]) -> Future[int]:
        return self._services.vault.write(lambda c: tag_suggestion_rows.accept(c, pairs, 1))

    def reject(self, pairs: Sequence[Pair]) -> Future[int]:
        return self._services.vault.write(lambda c: tag_suggestion_rows.reject(c, pairs, 1))

    def log(self, limit: int = 200) -> Future[list[AppliedLine]]:
        return self._services.vault.read(lambda c: tag_suggestion_rows.log(c, limit))

    def undo(self, what: Sequence[Pair] | int) -> Future[int]:
        assert isinstance(what, int)
        return self._services.vault.write(lambda c: tag_suggestion_rows.undo_run(c, what))

    def _go_on(self, run: tag_suggestion_rows.Run) -> ToldRun:
        counts = self._services.vault.write(lambda c: self._look(c, run)).result(10)
        looked, total, suggested, applied, silent = counts
        self._services.events.put(BulkProgress(run.id, looked, total))
        cut = self.holds is not None
        report = BulkReport(run.id, looked, suggested, applied, silent, 0, cancelled=cut)
        future: Future[BulkReport] = Future()
        if cut:
            self._held[run.id] = (future, report)
        else:
            future.set_result(report)
        return ToldRun(run.id, future)

    def _look(self, connection: Connection, run: tag_suggestion_rows.Run) -> tuple[int, ...]:
        ids = tag_suggestion_rows.next_notes(connection, run, self.holds or 1_000)
        suggested = applied = silent = 0
        for note_id in ids:
            offers = [
                Offer(one.tag, one.probability, one.score)
                for one in self.found.get(note_id, ())
                if one.probability >= OFFERED
            ]
            waits, given = tag_suggestion_rows.put(connection, run, note_id, offers, 1)
            suggested, applied = suggested + waits, applied + given
            silent += not offers
        looked = run.done + len(ids)
        if ids:
            tag_suggestion_rows.advance(connection, run.id, ids[-1], looked)
        if self.holds is None:
            tag_suggestion_rows.end_run(connection, run.id, 2)
        return looked, run.total, suggested, applied, silent


class Desk:
    """Notes, and the commands that are run on them.

    ``out`` and ``err`` are what the last one printed.

    Args:
        script: What the model says.
    """

    def __init__(self, script: Callable[[GenerationRequest], str] = lambda _: "") -> None:
        self.script = script
        self.services = Services(FakeEngine(lambda request: self.script(request)))
        self.events: Events = self.services.events  # type: ignore[assignment] # it holds any
        self.notes = NoteService(self.services.vaults, self.services.clock)
        self.suggests = ToldSuggests(self.notes)
        self.bulk = ToldBulk(self.services)
        self.manager = TagManager(self.services.vaults, self.services.clock)
        self.plan = Plan()
        self.overrides: list[Override] = []
        self.out = ""
        self.err = ""

    def note(self, text: str, *tags: str, title: str = "") -> int:
        """Write a note."""
        return self.notes.create(text, title=title, tags=tags).result(10).id

    def get(self, note_id: int) -> Note:
        """A note as it is now."""
        return self.notes.get(note_id).result(10)

    def suggest(self, note_id: int, tag: str, probability: float) -> None:
        """Have a tag that there is be suggested for a note."""
        self.services.vault.write(lambda c: _make(c, tag)).result(10)
        one = Suggestion(tag, probability, probability)
        self.bulk.found.setdefault(note_id, []).append(one)

    def run(
        self,
        command: Command,
        *words: str,
        screen: bool = False,
        person: Person | None = None,
    ) -> int:
        """Run a command: ``hush notes …``; its exit code."""
        out = Screen() if screen else io.StringIO()
        err = person.reads if person else Screen() if screen else io.StringIO()
        console = Console(person or io.StringIO(), out, err)
        governor = SimpleNamespace(plan=self.plan, override=self._override)
        app: Any = SimpleNamespace(governor=governor)
        try:
            return command(parse(["notes", *words]), app, self.session(), self.events, console)
        finally:
            self.out, self.err = out.getvalue(), err.getvalue()

    def session(self) -> Any:
        """The services that a session offers."""
        worker, publish = self.services.worker, self.services.events.put
        return SimpleNamespace(
            notes=self.notes,
            search=None,
            tags=SimpleNamespace(suggest=self.suggests, bulk=self.bulk, manager=self.manager),
            titles=TitleService(self.services.vaults, worker, self.services.clock, publish),
            actions=ActionService(worker, publish),
        )

    def lines(self) -> list[dict[str, Any]]:
        """What the last command printed, as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def close(self) -> None:
        """End it all."""
        self.services.engine.gate.set()
        self.services.close()

    def _override(self, wanted: Override) -> None:
        self.overrides.append(wanted)
        self.services.obey(Plan())


def typing(*answers: str | None) -> Person:
    """A person who answers so, and then is gone."""
    left = list(answers)
    return Person(lambda _: left.pop(0) if left else None)


def _make(connection: Connection, tag: str) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO tag (name, folded, kept) VALUES (?, ?, 1)", (tag, folded(tag))
    )
