"""Asking elsewhere over a vault in memory and a gate that plays courses, for the tests of it."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from assistant.asking.records import Scope, Source
from assistant.chat import Run
from assistant.cloud.drafting import Drafting
from assistant.cloud.evidence import Evidence
from assistant.cloud.hidden import HiddenWords
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.cloud.providers import ProviderShelf
from assistant.cloud.records import Composed, Provider
from assistant.cloud.service import CloudService, Rooms
from assistant.cloud.waiting import WaitingList
from assistant.cloud.watching import Watching
from assistant.events import Event, ReplyEnded, ReplyText
from assistant.net.approvals import Approval
from assistant.net.deltas import Delta
from assistant.net.records import Answered, Data, Done, TransferEvent
from assistant.power.plan import Plan
from assistant.records import Message, MessageState
from assistant.runs import Runs
from assistant.scrubber import Scrubber
from assistant.settings import Settings
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from tests.fakes.clock import FakeClock
from tests.fakes.key_safe import FakeKeySafe
from tests.fakes.net import Course, FakeGate, said
from tests.fakes.online import FakeOnline

HOSTED = Provider("", "Hosted", "https://api.hosted.test/v1", "large-1", own_network=False)
BOX = Provider("", "Box", "https://192.168.1.20:8080/v1", "small-1", own_network=True)
KEY = "sk-test-1"

LISBON: Course = said(
    Delta("Lis"), Delta("bon."), Delta(finish="stop"), Delta(tokens_in=12, tokens_out=4)
)


class Steps(list[Any]):
    """A course in which something happens between two events: what can be called is called."""

    def __iter__(self) -> Iterator[TransferEvent | Exception]:
        for step in super().__iter__():
            if callable(step):
                step()
            else:
                yield step


def steps(*these: TransferEvent | Exception | Delta | Callable[[], object]) -> Steps:
    """A course of deltas, errors, and things that happen between them."""
    course = Steps([Answered(200, {}, "https://api.hosted.test/v1/chat/completions")])
    for one in these:
        if isinstance(one, Delta):
            course += [step for step in said(one) if isinstance(step, Data)]
        else:
            course.append(one)
    return course


DONE = Done(512, 4096)


@dataclass
class CloudHouse:
    """The service, and what it stands on. The providers are ``hosted``, with a key, and ``box``."""

    courses: Iterable[Course] = (LISBON,)
    settings: Settings = field(default_factory=lambda: Settings(cloud=True))
    plan: Plan = field(default_factory=Plan)
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)
    compared: queue.SimpleQueue[tuple[int, ...]] = field(default_factory=queue.SimpleQueue)
    found: Iterable[Source] = ()
    closed: str = ""
    others: dict[int, list[Event]] = field(default_factory=dict)
    changed: threading.Event = field(default_factory=threading.Event)  # of a preview

    def __post_init__(self) -> None:
        self.clock = FakeClock()
        self.vaults = Vaults(Vault.in_memory())
        kept, sink = self.vaults.kept, self.events.put
        self.keys = FakeKeySafe()
        self.shelf = ProviderShelf(kept, self.keys, self.clock, sink)
        self.hosted = self.shelf.save(HOSTED, KEY).result(10)
        self.box = self.shelf.save(BOX, "").result(10)
        self.hosted = self.shelf.known[0]
        self.gate = FakeGate(self.courses, clock=self.clock, trusted=self.shelf.trusts)
        self.runs = Runs()
        self.waiting = WaitingList(kept, self.clock, sink)
        self.watching = Watching(
            FakeOnline(), self.waiting, sink, self.clock, lambda: self.settings.cloud
        )
        self.cloud = self.service()

    def service(self) -> CloudService:
        """The service, as a start makes it."""
        kept = self.vaults.kept
        return CloudService(
            self.vaults,
            self.gate,
            self.runs,
            Rooms(
                self.shelf,
                self.keys,
                self.waiting,
                self.watching,
                Evidence(self.vaults, Scrubber(kept, self.clock)),
                HiddenWords(kept),
                Drafting(self.vaults, lambda: self.settings, self._find),
            ),
            lambda: self.settings,
            self.events.put,
            self.clock,
            plan=lambda: self.plan,
            compare=lambda *pair: self.compared.put(pair),
            closed=lambda: self.closed,
        )

    def preview(self, ask: AskFor, provider_id: str = "") -> Preview:
        """What would be sent."""
        return self.cloud.preview(ask, self.changed.set, provider_id).result(10)

    def seen(self, ask: AskFor, provider_id: str = "") -> Composed:
        """What a person saw and settled."""
        return self.settled(self.preview(ask, provider_id))

    def settled(self, preview: Preview) -> Composed:
        """What a person settles, once it is composed."""
        while (composed := preview.composed) is None:
            assert self.changed.wait(10), preview.problem
            self.changed.clear()
        return preview.settle(composed.version)

    def approved(self, ask: AskFor, provider_id: str = "") -> tuple[Composed, Approval]:
        """The same with their yes."""
        composed = self.seen(ask, provider_id)
        return composed, self.gate.approve(composed.request)

    def ask(self, ask: AskFor, provider_id: str = "") -> ReplyEnded:
        """Look, press, and wait for the answer."""
        return self.ended(self.cloud.send(*self.approved(ask, provider_id)))

    def ended(self, run: Run) -> ReplyEnded:
        """Wait for a run's end."""
        last = self.until(run)[-1]
        assert isinstance(last, ReplyEnded)
        return last

    def until(self, run: Run, kind: type[Event] = ReplyEnded) -> list[Event]:
        """A run's events up to the first of a kind."""
        run.saved.result(10)
        seen: list[Event] = []
        while not (seen and isinstance(seen[-1], kind)):
            earlier = self.others.get(run.id)
            event = earlier.pop(0) if earlier else self.events.get(timeout=10)
            of = getattr(event, "run_id", None)
            if of == run.id:
                seen.append(event)
            elif of is not None:  # somebody waits for it later
                self.others.setdefault(of, []).append(event)
        return seen

    def texts(self, events: Iterable[Event]) -> str:
        """What was told of an answer."""
        return "".join(one.text for one in events if isinstance(one, ReplyText))

    def chat(self, *texts: str, private: bool = False) -> list[Message]:
        """A chat of questions and answers in turns; shown to its end."""
        vault = self.vaults.for_new(private=private)

        def work(connection: Connection) -> list[Message]:
            conversation = conversation_rows.create(connection, "A title", 1)
            made: list[Message] = []
            for at, text in enumerate(texts):
                parent = made[-1].id if made else None
                if at % 2:
                    assert parent is not None
                    begun = message_rows.add_answer(connection, conversation.id, parent, 1)
                    message_rows.append_chunk(connection, begun.id, 0, text)
                    made.append(message_rows.finish(connection, begun.id, MessageState.COMPLETE))
                else:
                    made.append(
                        message_rows.add_question(connection, conversation.id, parent, text, 1)
                    )
            conversation_rows.set_head(connection, conversation.id, made[-1].id)
            return made

        return vault.write(work).result(10)

    def message(self, message_id: int) -> Message:
        """As it is stored."""
        vault = self.vaults.holding(message_id)
        return vault.read(lambda c: message_rows.get(c, message_id)).result(10)

    def shown(self, conversation_id: int) -> tuple[Message, ...]:
        """The path that a chat shows."""
        vault = self.vaults.holding(conversation_id)
        return vault.read(lambda c: message_rows.path(c, conversation_id)).result(10)

    def count(self, table: str) -> int:
        """Rows of a table of the kept vault."""

        def work(connection: Connection) -> int:
            row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - ours
            return int(row[0]) if row else 0

        return self.vaults.kept.read(work).result(10)

    def be(self, **changes: Any) -> None:
        """Have other settings."""
        self.settings = replace(self.settings, **changes)

    def close(self) -> None:
        """End the threads."""
        self.runs.stop_all()
        self.watching.close()
        self.vaults.close()

    def _find(self, _text: str, _scope: Scope) -> tuple[Source, ...]:
        return tuple(self.found)
