"""The services over a vault in memory and a fake engine, for the tests of both."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field

from assistant.asking.protocol import Retriever
from assistant.cancel import Cancel
from assistant.chat import ChatService, Run
from assistant.conversations import ConversationService
from assistant.engine.protocol import Engine, EngineOptions, ModelInfo
from assistant.engine.worker import LlmWorker
from assistant.errors import HushError
from assistant.events import Activity, Event, ReplyEnded
from assistant.power.plan import Plan
from assistant.records import Message, Thread
from assistant.settings import Settings
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from models.file import ModelFile
from models.starter import starter_model
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine

ROUNDS = 5
"""More than the longest chain: reading ahead, summarising, reading ahead anew."""


class Marker:
    """A background job that tells when it runs: whatever waited before it was done."""

    activity = Activity.TUNING
    key = "marker"

    def __init__(self) -> None:
        self.cancel = Cancel()
        self.ran = threading.Event()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        self.ran.set()

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        self.ran.set()


@dataclass
class Services:
    """Everything a chat needs."""

    engine: FakeEngine = field(default_factory=FakeEngine)
    settings: Settings = field(default_factory=Settings)
    vault: Vault = field(default_factory=Vault.in_memory)
    clock: FakeClock = field(default_factory=FakeClock)
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)
    plan: Plan = field(default_factory=Plan)
    retriever: Retriever | None = None
    forgotten: list[int] = field(default_factory=list)
    seen: list[Event] = field(default_factory=list)  # what was waited through
    worked: list[ModelFile] = field(default_factory=list)  # models, once for each whole answer

    def __post_init__(self) -> None:
        self.worker = LlmWorker(
            self.engine,
            self.events.put,
            lambda: (starter_model(), EngineOptions(self.settings.context_tokens)),
            worked=self.worked.append,
        )
        self.vaults = Vaults(self.vault)
        self.chat = ChatService(
            self.vaults,
            self.worker,
            lambda: self.settings,
            self.events.put,
            self.clock,
            lambda: self.plan,
            self.retriever,
        )
        self.conversations = ConversationService(
            self.vaults, self.clock, self.chat.stop_in, self.forgotten.extend
        )

    def obey(self, plan: Plan) -> None:
        """The governor decides anew."""
        self.plan = plan
        self.worker.obey(plan)
        self.chat.obey(plan)

    def rest(self) -> None:
        """Wait until nothing is left to do in the background."""
        for _ in range(ROUNDS):
            marker = Marker()
            self.worker.submit_background(marker)
            assert marker.ran.wait(60)

    def until(self, kind: type[Event], run: Run) -> list[Event]:
        """Events up to the first of ``kind`` that belongs to ``run``."""
        seen: list[Event] = []
        while True:
            event = self.events.get(timeout=10)
            seen.append(event)
            self.seen.append(event)
            if isinstance(event, kind) and getattr(event, "run_id", None) == run.id:
                return seen

    def ended(self, run: Run) -> ReplyEnded:
        """Wait for a run's end."""
        last = self.until(ReplyEnded, run)[-1]
        assert isinstance(last, ReplyEnded)
        return last

    def ask(self, text: str, conversation: int | None = None) -> Message:
        """Send and wait; returns the answer."""
        return self.ended(self.chat.send(conversation, text)).message

    def thread(self, conversation: int) -> Thread:
        """What is stored."""
        return self.conversations.thread(conversation).result(10)

    def close(self) -> None:
        """End the threads."""
        if isinstance(self.engine, FakeEngine):
            self.engine.gate.set()
        self.chat.stop_all()
        self.worker.close(5)
        self.vaults.close()
