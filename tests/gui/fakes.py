"""The core as the window sees it, in memory, with its futures and events in the tests' hands."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar, cast

from assistant.access.entrance import FirstKeys, VaultStatus
from assistant.app import App, Session
from assistant.asking.records import Attachment, Scope
from assistant.chat import Run
from assistant.courtesy import Courtesy
from assistant.errors import EmptyMessage, HushError, NotFound, VaultLocked
from assistant.events import (
    EngineChanged,
    EngineCondition,
    EventSink,
    PowerChanged,
    ReplyBegan,
    ReplyEnded,
    ReplyText,
)
from assistant.outside import as_it_is
from assistant.paths import Profile
from assistant.power.drain import Charge
from assistant.power.plan import Override, Plan, Readings
from assistant.records import (
    FIRST_PRIVATE_ID,
    Conversation,
    Exchange,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
    Role,
    Thread,
)
from assistant.settings import Settings
from assistant.store.keyslot_format import SlotType
from tests.gui.metrics_fakes import FakeMetrics
from tests.gui.notes_fakes import FakeNotes
from tests.gui.search_fakes import FakeImports, FakeSearch
from tests.gui.vault_fakes import FakeBackups, FakeKeys

T = TypeVar("T")

NOON = 1_750_000_000_000
"""Milliseconds since 1970: 15 June 2025, 15:06:40 UTC."""

FIGURES = ReplyFigures(
    model="SmolLM2 135M",
    prompt_tokens=600,
    reused_tokens=0,
    reply_tokens=35,
    first_token_ms=120.0,
    tokens_per_second=128.4,
    context_cap=2048,
    omitted_messages=0,
    omitted_tokens=0,
    finish_reason=FinishReason.STOP,
)


def done(value: T) -> Future[T]:
    """A future that has its result."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def failed(error: HushError) -> Future[Any]:
    """A future that failed."""
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


def conversation(number: int, title: str = "", updated_at: int = NOON) -> Conversation:
    """A conversation's head."""
    return Conversation(number, title or f"Chat {number}", updated_at, updated_at)


class FakeConversations:
    """``ConversationService`` over a dictionary. ``hold`` keeps threads back until ``release``."""

    def __init__(self) -> None:
        self.heads: dict[int, Conversation] = {}
        self.deleted: dict[int, Conversation] = {}
        self.messages: dict[int, list[Message]] = {}
        self.purged = 0
        self.closed = False
        self.problem: HushError | None = None  # what the next call fails with
        self.held: list[tuple[Future[Thread], Thread]] | None = None

    def add(self, head: Conversation, messages: Sequence[Message] = ()) -> None:
        """Put a conversation in."""
        self.heads[head.id] = head
        self.messages[head.id] = list(messages)

    def _answer(self, value: T) -> Future[T]:
        problem, self.problem = self.problem, None
        return failed(problem) if problem else done(value)

    def list(self, query: str = "") -> Future[list[Conversation]]:
        found = [c for c in self.heads.values() if query.casefold() in c.title.casefold()]
        return self._answer(sorted(found, key=lambda c: (not c.private, -c.updated_at)))

    def thread(self, conversation_id: int) -> Future[Thread]:
        if conversation_id not in self.heads:
            return failed(NotFound("There is no such conversation."))
        thread = Thread(self.heads[conversation_id], tuple(self.messages[conversation_id]))
        if self.held is None:
            return self._answer(thread)
        future: Future[Thread] = Future()
        self.held.append((future, thread))
        return future

    def hold(self) -> None:
        """Keep threads back, as they are read now."""
        self.held = []

    def release(self) -> None:
        """Hand out what was kept back."""
        held, self.held = self.held or [], None
        for future, thread in held:
            future.set_result(thread)

    def rename(self, conversation_id: int, title: str) -> Future[Conversation]:
        self.heads[conversation_id] = replace(self.heads[conversation_id], title=title)
        return self._answer(self.heads[conversation_id])

    def delete(self, conversation_id: int) -> Future[Conversation]:
        self.deleted[conversation_id] = self.heads.pop(conversation_id)
        return done(self.deleted[conversation_id])

    def restore(self, conversation_id: int) -> Future[Conversation]:
        self.heads[conversation_id] = self.deleted.pop(conversation_id)
        return done(self.heads[conversation_id])

    def pin(self, message_id: int, *, pinned: bool) -> Future[Message]:
        for messages in self.messages.values():
            for place, message in enumerate(messages):
                if message.id == message_id:
                    messages[place] = replace(message, pinned=pinned)
                    return self._answer(messages[place])
        return failed(NotFound("There is no such message here."))

    def purge(self) -> Future[int]:
        if self.closed:
            raise VaultLocked("The vault is closed.")
        self.purged += 1
        return done(len(self.deleted))

    def show_variant(self, message_id: int, step: int) -> Future[Thread]:
        for number, messages in self.messages.items():
            for place, message in enumerate(messages):
                if message.id == message_id:
                    messages[place] = replace(message, variant=message.variant + step)
                    return self.thread(number)
        return failed(NotFound("There is no such message here."))

    def export_markdown(self, conversation_id: int) -> Future[str]:
        return self._answer(f"# {self.heads[conversation_id].title}\n")


class FakeDrafts:
    """``DraftService`` over a dictionary; ``saved`` lists every call."""

    def __init__(self) -> None:
        self.texts: dict[int | None, str] = {}
        self.saved: list[tuple[int | None, str]] = []
        self.problem: HushError | None = None  # what the next saves fail with

    def load(self) -> Future[dict[int | None, str]]:
        return done(dict(self.texts))

    def save(self, conversation_id: int | None, text: str) -> Future[None]:
        self.saved.append((conversation_id, text))
        if self.problem:
            return failed(self.problem)
        self.texts[conversation_id] = text
        if not text:
            del self.texts[conversation_id]
        return done(None)


@dataclass
class FakeRun:
    """One reply, played by the test."""

    run: Run
    exchange: Exchange
    sink: EventSink
    conversations: FakeConversations
    text: str = ""

    def save(self) -> None:
        """The exchange is in the store now."""
        cast("Future[Exchange]", self.run.saved).set_result(self.exchange)

    def refuse(self, error: HushError) -> None:
        """It could not be saved."""
        cast("Future[Exchange]", self.run.saved).set_exception(error)

    def begin(self, left_out: str = "") -> None:
        """The model reads the prompt."""
        answer = self.exchange.answer
        self.sink(ReplyBegan(self.run.id, answer.conversation_id, answer.id, 600, 2048, left_out))

    def say(self, text: str, *, flush: bool = False) -> None:
        """The model writes; ``flush`` brings it into the store as well."""
        answer = self.exchange.answer
        self.text += text
        self.sink(ReplyText(self.run.id, answer.conversation_id, answer.id, text, 1))
        if flush:
            self._store(replace(answer, text=answer.text + self.text))

    def end(
        self, state: MessageState = MessageState.COMPLETE, error: HushError | None = None
    ) -> None:
        """The answer is final."""
        answer = self.exchange.answer
        message = replace(
            answer,
            state=state,
            text=answer.text + self.text,
            figures=FIGURES,
            failure=error.code if error else "",
        )
        self._store(message)
        self.sink(ReplyEnded(self.run.id, self.exchange.conversation, message, error))

    def _store(self, message: Message) -> None:
        messages = self.conversations.messages[message.conversation_id]
        for place, there in enumerate(messages):
            if there.id == message.id:
                messages[place] = message


@dataclass
class FakeChat:
    """``ChatService``: what was asked is noted; what comes of it is up to the test."""

    conversations: FakeConversations
    sink: EventSink
    runs: list[FakeRun] = field(default_factory=list)
    stopped: list[int] = field(default_factory=list)
    prepared: list[tuple[int | None, str, bool]] = field(default_factory=list)  # last: private
    problem: HushError | None = None  # what the next call is refused with
    given: list[tuple[Scope | None, tuple[Attachment, ...]]] = field(default_factory=list)
    can_ask_notes: bool = True
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1000))

    @property
    def last(self) -> FakeRun:
        """The run asked for last."""
        return self.runs[-1]

    def send(
        self,
        conversation_id: int | None,
        text: str,
        *,
        private: bool = False,
        scope: Scope | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> Run:
        self.given.append((scope, tuple(attachments)))
        if not text.strip():
            raise EmptyMessage("There is nothing to send yet.")
        if conversation_id is None:
            number = next(self._ids) + (FIRST_PRIVATE_ID if private else 0)
            head = conversation(number, text[:60])
            self.conversations.add(head)
            conversation_id = head.id
        messages = self.conversations.messages[conversation_id]
        question = self._message(conversation_id, Role.USER, text)
        answer = self._message(conversation_id, Role.ASSISTANT, "")
        return self._start(question, answer, lambda: messages.extend([question, answer]))

    def edit(self, message_id: int, text: str) -> Run:
        old, messages = self._find(message_id)
        question = replace(
            self._message(old.conversation_id, Role.USER, text), variant=2, variants=2
        )
        answer = self._message(old.conversation_id, Role.ASSISTANT, "")
        place = messages.index(old)
        return self._start(
            question, answer, lambda: messages.__setitem__(slice(place, None), [question, answer])
        )

    def regenerate(self, message_id: int) -> Run:
        old, messages = self._find(message_id)
        answer = replace(
            self._message(old.conversation_id, Role.ASSISTANT, ""), variant=2, variants=2
        )
        place = messages.index(old)
        return self._start(None, answer, lambda: messages.__setitem__(slice(place, None), [answer]))

    def resume(self, message_id: int) -> Run:
        old, messages = self._find(message_id)
        answer = replace(old, state=MessageState.STREAMING)
        place = messages.index(old)
        return self._start(None, answer, lambda: messages.__setitem__(place, answer))

    def stop(self, run_id: int) -> None:
        self.stopped.append(run_id)

    def prepare(self, conversation_id: int | None, draft: str, *, private: bool = False) -> None:
        self.prepared.append((conversation_id, draft, private))

    def _message(self, conversation_id: int, role: Role, text: str) -> Message:
        state = MessageState.STREAMING if role is Role.ASSISTANT else MessageState.COMPLETE
        return Message(next(self._ids), conversation_id, None, role, state, text, NOON)

    def _find(self, message_id: int) -> tuple[Message, list[Message]]:
        for messages in self.conversations.messages.values():
            for message in messages:
                if message.id == message_id:
                    return message, messages
        raise NotFound("There is no such message here.")

    def _start(self, question: Message | None, answer: Message, write: Callable[[], object]) -> Run:
        problem, self.problem = self.problem, None
        if problem:
            raise problem
        write()
        head = self.conversations.heads[answer.conversation_id]
        run = Run(next(self._ids), Future())
        exchange = Exchange(head, question, answer)
        self.runs.append(FakeRun(run, exchange, self.sink, self.conversations))
        return run


@dataclass
class FakeGovernor:
    """``Governor``: what the person wants is noted; what comes of it is up to the test."""

    sink: EventSink
    plan: Plan = field(default_factory=lambda: Plan())
    readings: Readings = field(default_factory=lambda: Readings(on_mains=True))
    history: tuple[Charge, ...] = ()
    overrides: list[Override] = field(default_factory=list)
    refreshed: int = 0

    def tell(self, plan: Plan, readings: Readings) -> None:
        """Decide something else."""
        self.plan, self.readings = plan, readings
        self.sink(PowerChanged(plan, readings))

    def override(self, wanted: Override) -> None:
        self.overrides.append(wanted)

    def refresh(self) -> None:
        self.refreshed += 1


class FakeApp:
    """``App``: settings, a vault that opens as the test says, an engine that only counts."""

    def __init__(self, sink: EventSink) -> None:
        self.sink = sink
        self.courtesy = Courtesy()
        self.outside = as_it_is()
        self.settings = Settings()
        self.status = VaultStatus(
            exists=True, ways=("keyring",), keyring="Test Keyring", keyring_problem=""
        )
        self.warmed = 0
        self.indexed = 0
        self.closed = False
        self.is_keeping = False
        self.on_close: Callable[[], object] = lambda: None
        self.closed_locked: bool | None = None  # how it was closed
        self.save_problem: HushError | None = None
        self.status_problem: HushError | None = None
        self.opened: list[tuple[str | None, bool]] = []  # secret, read_only
        self.created: list[FirstKeys] = []
        self.open_problems: list[HushError] = []  # what the next openings and makings fail with
        self.held: Future[Session] | None = None  # what the next opening or making ends with
        self.backups: Any = FakeBackups()
        self.keys: Any = FakeKeys(SlotType.KEYRING)  # None where nothing may be written
        self.ended = 0  # sessions
        self.erased = 0
        self.erase_problem: HushError | None = None
        self.profile = Profile(Path("/home/ada/.local/share/hush"))
        self.conversations = FakeConversations()
        self.chat = FakeChat(self.conversations, sink)
        self.drafts = FakeDrafts()
        self.metrics = FakeMetrics()
        self.notes: Any = FakeNotes()  # None where the vault is not kept
        self.search: Any = FakeSearch()
        self.importing: Any = FakeImports()
        self.actions: Any = None  # what the model does with notes, and titles; None: nothing
        self.titles: Any = None
        self.models: Any = None  # a ``ModelService``; None where nothing may be written
        self.network: Any = None
        self.ledger: Any = None
        self.cloud: Any = None  # a ``CloudRoom``; None where nothing may be sent
        self.governor = FakeGovernor(sink)
        self.figures: Future[str] = done("")  # what is known of the model's tuned copy

    @property
    def session(self) -> Session:
        """The services."""
        return Session(
            cast("Any", self.conversations),
            cast("Any", self.chat),
            cast("Any", self.drafts),
            cast("Any", self.metrics),
            self.keys,
            self.notes,
            self.search,
            self.importing,
            actions=self.actions,
            titles=self.titles,
            models=self.models,
            network=self.network,
            ledger=self.ledger,
            cloud=self.cloud,
        )

    @property
    def as_app(self) -> App:
        """This, as the window's type."""
        return cast("App", self)

    def tuned(self) -> Future[str]:
        return self.figures

    def save_settings(self, settings: Settings) -> Future[Settings]:
        self.settings = settings
        problem, self.save_problem = self.save_problem, None
        return failed(problem) if problem else done(settings)

    def vault_status(self) -> Future[VaultStatus]:
        problem, self.status_problem = self.status_problem, None
        return failed(problem) if problem else done(self.status)

    def create_vault(self, first: FirstKeys) -> Future[Session]:
        self.created.append(first)
        return self._enter()

    def open_vault(self, *, secret: str | None = None, read_only: bool = False) -> Future[Session]:
        self.opened.append((secret, read_only))
        return self._enter()

    def _enter(self) -> Future[Session]:
        held, self.held = self.held, None
        if held:
            return held
        return failed(self.open_problems.pop(0)) if self.open_problems else done(self.session)

    def end_session(self) -> None:
        self.ended += 1

    def erase_everything(self) -> Future[None]:
        problem, self.erase_problem = self.erase_problem, None
        self.erased += not problem
        return failed(problem) if problem else done(None)

    def keep_index(self) -> None:
        self.indexed += 1

    def warm_engine(self) -> None:
        self.warmed += 1
        self.sink(EngineChanged(EngineCondition.LOADING, "SmolLM2 135M"))

    def close(self, *, locked: bool = False) -> None:
        self.closed_locked = locked
        self.on_close()
        self.closed = True
