"""A vault, its index and the services over its tags, for the tests of these."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

from assistant.context.ahead import Worker
from assistant.embed.protocol import EncoderSource
from assistant.events import Event, TagsChanged
from assistant.notes.service import NoteService
from assistant.power.plan import Plan
from assistant.store import tag_label_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.tags.learning import Learner
from assistant.tags.records import Suggestion, Suggestions
from assistant.tags.session import open_tags
from tests.fakes.clock import FakeClock
from tests.fakes.encoder import FakeEncoderSource
from tests.unit.indexed import Indexed

T = TypeVar("T")

SECONDS = 60.0

GIT = (
    "Rebase the branch onto main and force push the commits.",
    "A commit is amended, and the branch is pushed again.",
    "Stash what is not in a commit before the branch is changed.",
    "Merge a branch, or rebase its commits: the repository is the same.",
    "Find the commit of the repository that broke the branch by bisecting.",
    "Undo a commit of the branch, and keep its changes in the repository.",
)
SQL = (
    "Select rows of a table with a join and a group by clause.",
    "An index on the table makes the query quick, the join too.",
    "The rows of a query are counted with a group by on the table.",
    "Delete rows from a table that no join of the query finds.",
    "A query with a window over the rows of a table.",
    "Update the rows of one table by a join with another table.",
)


class TickingClock(FakeClock):
    """Each look at it is a second later."""

    def elapsed(self) -> float:
        self.advance(1.0)
        return super().elapsed()


@dataclass
class TagBench:
    """Everything tags need. Notes are indexed by ``index``; the model is built by the first use."""

    source: EncoderSource = field(default_factory=FakeEncoderSource)
    vault: Vault = field(default_factory=Vault.in_memory)
    worker: Worker | None = None
    teaches: bool = False
    hear: Callable[[Event], object] = lambda _: None

    def __post_init__(self) -> None:
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.indexed = Indexed(self.source, self.vault)
        self.plan = Plan()
        self.clock = TickingClock()
        self.vaults = self.indexed.vaults
        self.notes = NoteService(self.vaults, self.clock, self.indexed.indexer.wake)
        self.tags = open_tags(
            self.vaults,
            self.clock,
            self._publish,
            self.indexed.search,
            lambda: self.plan,
            worker=self.worker,
            may_teach=lambda: self.teaches,
        )
        self.suggest, self.bulk, self.manager = (
            self.tags.suggest,
            self.tags.bulk,
            self.tags.manager,
        )

    def _publish(self, event: Event) -> None:
        self.hear(event)
        self.events.put(event)

    def note(self, text: str, *tags: str, title: str = "") -> int:
        """Write a note; it is not indexed yet."""
        return self.notes.create(text, title=title, tags=tags).result(SECONDS).id

    def filled(self, tagged: int = 3) -> tuple[list[int], list[int]]:
        """Notes about two things, of which some have their tag; by id, all indexed."""
        git = [self.note(text, *["git"][: n < tagged]) for n, text in enumerate(GIT)]
        sql = [self.note(text, *["sql"][: n < tagged]) for n, text in enumerate(SQL)]
        self.index()
        return git, sql

    def index(self) -> None:
        """Index all there is, and have the tags hear of it."""
        self.indexed.run()
        self.tags.model.index_changed()

    def do(self, work: Callable[[Connection], T]) -> T:
        """One write."""
        return self.vault.write(work).result(SECONDS)

    def found(self, note_id: int) -> Suggestions:
        """What is suggested."""
        return self.suggest.suggestions(note_id).result(SECONDS)

    def of(self, note_id: int, tag: str) -> Suggestion:
        """One of the tags that there are, as it is suggested."""
        return next(one for one in self.found(note_id).known if one.tag == tag)

    def first(self, note_id: int) -> str:
        """The most probable tag that there is; empty where there is none."""
        return next((one.tag for one in self.found(note_id).known), "")

    def new(self, note_id: int) -> list[str]:
        """What would be new tags."""
        return [one.tag for one in self.found(note_id).new]

    def decide(self, note_id: int, tag: str, *, accepted: bool) -> Sequence[str]:
        """Say something of a suggestion; the tags of the note then."""
        note = self.suggest.decide(note_id, tag, accepted=accepted).result(SECONDS)
        return note.tags

    def tags_of(self, note_id: int) -> tuple[str, ...]:
        """The tags that a note has."""
        return self.notes.get(note_id).result(SECONDS).tags

    def all_tags(self) -> dict[int, tuple[str, ...]]:
        """The tags of every note."""
        return {line.id: line.tags for line in self.notes.list().result(SECONDS)}

    def taught(self) -> int:
        """How many notes the model has learned, once it has learned all there is."""

        def count(learner: Learner) -> int:
            model = learner.ensure()
            learner.index_changed()
            learner.keep_up()
            while learner.teach_some():
                pass
            return model.taught

        return self.tags.model.ask(count).result(SECONDS)

    def decisions(self) -> list[tag_label_rows.Decision]:
        """All that were made."""
        return self.do(tag_label_rows.decisions)

    def until_news(self) -> None:
        """Wait until it is told that suggestions may be different."""
        while not isinstance(self.events.get(timeout=SECONDS), TagsChanged):
            pass

    def close(self) -> None:
        """End all of it."""
        self.tags.close()
        self.notes.close()
        self.indexed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
