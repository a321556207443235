"""A cloud that is none: what would be sent is real, and where it would go is a list."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeVar

from assistant.actions.records import Tier
from assistant.chat import Run
from assistant.clock import Clock
from assistant.cloud.composing import compose
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import (
    Composed,
    Divergence,
    Draft,
    Offer,
    Part,
    PartKind,
    Provider,
    Reason,
    Sent,
    Waiting,
)
from assistant.errors import CloudRefused, HushError, InputRefused, NotFound
from assistant.events import CloudChanged, EventSink
from assistant.net.approvals import Approval
from assistant.net.online import Online
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.records import CloudMark, Message, MessageState, Role, is_private
from assistant.redaction.records import Found, Sort, Table
from tests.fakes.clock import FakeClock
from tests.gui.fakes import NOON, FakeChat, FakeRun, conversation

T = TypeVar("T")

MISTRAL: Final = Provider(
    id="a1" * 8,
    name="Mistral",
    address="https://api.mistral.ai/v1",
    model="mistral-small-latest",
    own_network=False,
    has_key=True,
    price_in=0.1,
    price_out=0.3,
    is_default=True,
)
BOX: Final = Provider(
    id="b2" * 8,
    name="The box in the hall",
    address="http://192.168.1.20:8080/v1",
    model="qwen3-32b",
    own_network=True,
)
TRUSTED: Final = replace(BOX, address="https://192.168.1.20:8080/v1", trusted=True)

SYSTEM: Final = Part(
    "system", PartKind.SYSTEM, "Instructions", "Answer briefly, and say what you do not know.",
    "system",
)  # fmt: skip
EARLIER: Final = (
    Part("m1", PartKind.EARLIER, "You, 2 messages back", "When does the night train leave?"),
    Part(
        "m2", PartKind.EARLIER, "Hush, 1 message back", "At nine, and it is often late.",
        "assistant",
    ),
)  # fmt: skip
PASSAGE: Final = Part(
    "p1",
    PartKind.PASSAGE,
    "From “Lisbon”",
    "Anna meets us at the station. Write to anna@example.org, or call +351 21 123 4567.",
)
QUESTION: Final = Part(
    "question",
    PartKind.QUESTION,
    "Your question",
    "How do I tell anna@example.org that we are late?",
)
DRAFT: Final = Draft(
    provider=MISTRAL,
    parts=(SYSTEM, *EARLIER, PASSAGE, QUESTION),
    conversation_id=1,
    question_id=11,
    reply_tokens=1024,
)
UNSURE: Final = Offer(
    Reason.UNSURE,
    "The model is not sure of this: the passages are only loosely about it.",
    "Ask Mistral instead…",
)
ASKED: Final = Offer(Reason.ASKED, "", "Ask Mistral…")

_MAIL: Final = re.compile(r"[a-z]{1,20}@[a-z]{1,20}\.[a-z]{2,6}")
_PHONE: Final = re.compile(r"\+[0-9][0-9 ]{7,16}[0-9]")


class PlainEyes:
    """A ``Detector`` of e-mail addresses and telephone numbers, as tests write them."""

    def find(self, text: str) -> list[Found]:
        """See ``Detector.find``."""
        mails = [Found(one.start(), one.end(), Sort.EMAIL) for one in _MAIL.finditer(text)]
        phones = [Found(one.start(), one.end(), Sort.PHONE) for one in _PHONE.finditer(text)]
        return sorted([*mails, *phones], key=lambda found: found.start)


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


class FakeProviders:
    """``ProviderRoom`` over a list.

    Args:
        sink: Gets ``CloudChanged``.
        known: Who is there.

    Attributes:
        keys: What was saved, by id.
        models: What a test of any of them answers.
        tested: With which approval each was tested.
        problem: What the next call fails with.
    """

    def __init__(self, sink: EventSink, known: Iterable[Provider] = (MISTRAL, BOX)) -> None:
        self._sink = sink
        self._known = list(known)
        self._numbers = itertools.count(1)
        self.keys: dict[str, str] = {}
        self.models: tuple[str, ...] = ("mistral-small-latest", "mistral-large-latest")
        self.tested: list[tuple[Provider, Approval]] = []
        self.problem: HushError | None = None

    @property
    def known(self) -> tuple[Provider, ...]:
        return tuple(sorted(self._known, key=lambda one: not one.is_default))

    def list(self) -> Future[tuple[Provider, ...]]:
        return self._answer(self.known)

    def save(self, provider: Provider, key: str | None) -> Future[Provider]:
        if not provider.name.strip() or not provider.address or not provider.model:
            return failed(InputRefused("A provider needs a name, an address and a model."))
        if not provider.id:
            provider = replace(provider, id=f"{next(self._numbers):016x}")
        if key is not None:
            provider = replace(provider, has_key=bool(key))
            self.keys[provider.id] = key
        self._put(replace(provider, is_default=provider.is_default or not self._known))
        return self._answer(provider)

    def remove(self, provider_id: str) -> Future[None]:
        self.keys.pop(provider_id, None)
        self._known = [one for one in self._known if one.id != provider_id]
        self._sink(CloudChanged())
        return self._answer(None)

    def make_default(self, provider_id: str) -> Future[None]:
        self._known = [replace(one, is_default=one.id == provider_id) for one in self._known]
        self._sink(CloudChanged())
        return self._answer(None)

    def trust(self, provider_id: str, *, trusted: bool) -> Future[Provider]:
        provider = self.of(provider_id)
        if trusted and not provider.can_be_trusted:
            return failed(InputRefused("Only a box on your own network can be trusted."))
        provider = replace(provider, trusted=trusted)
        self._put(provider)
        return self._answer(provider)

    def test_request(self, provider: Provider) -> NetRequest:
        headers = (("Authorization", "Bearer stand-in"),) if provider.has_key else ()
        return NetRequest(
            Purpose.CLOUD,
            f"{provider.address}/models",
            headers=headers,
            max_bytes=1024 * 1024,
            **_own(provider),
        )

    def test(self, provider: Provider, approval: Approval) -> Future[tuple[str, ...]]:
        self.tested.append((provider, approval))
        return self._answer(self.models)

    # For the tests ------------------------------------------------------------------------

    def of(self, provider_id: str) -> Provider:
        """One of them; the default one where the id is empty."""
        wanted = provider_id or next(iter(self.known)).id
        return next(one for one in self._known if one.id == wanted)

    def put(self, *known: Provider) -> None:
        """Have others."""
        self._known = list(known)
        self._sink(CloudChanged())

    def _put(self, provider: Provider) -> None:
        rest = [one for one in self._known if one.id != provider.id]
        self._known = [*rest, provider]
        self._sink(CloudChanged())

    def _answer(self, value: T) -> Future[T]:
        problem, self.problem = self.problem, None
        return failed(problem) if problem else done(value)


class FakeWaiting:
    """``WaitingRoom`` over a list."""

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._numbers = itertools.count(1)
        self.kept: list[Waiting] = []

    def add(self, question_id: int, provider_id: str) -> Future[Waiting]:
        if is_private(question_id):
            return failed(CloudRefused("A question of a private chat does not wait."))
        there = next((one for one in self.kept if one.question_id == question_id), None)
        if there is None:
            there = Waiting(
                next(self._numbers), question_id, 1, QUESTION.text, provider_id, NOON
            )  # fmt: skip
            self.kept.append(there)
        else:
            at = self.kept.index(there)
            there = self.kept[at] = replace(there, provider_id=provider_id)
        self._sink(CloudChanged())
        return done(there)

    def list(self) -> Future[tuple[Waiting, ...]]:
        return done(tuple(self.kept))

    def drop(self, waiting_id: int) -> Future[None]:
        self.kept = [one for one in self.kept if one.id != waiting_id]
        self._sink(CloudChanged())
        return done(None)


class FakeHidden:
    """The person's own words that are always swapped.

    Attributes:
        problem: What reading them fails with.
    """

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        self.problem: HushError | None = None

    def list(self) -> Future[tuple[str, ...]]:
        return failed(self.problem) if self.problem else done(self.known)

    def save(self, words: Iterable[str]) -> Future[None]:
        self.known = tuple(words)
        return done(None)


class FakeCloud:
    """``CloudRoom``: previews are real, what is sent stands in ``sends``.

    Args:
        sink: Gets the events.
        chat: Plays the answers; None: they are never begun.
        clock: For previews.

    Attributes:
        draft: What a preview is made of; the words asked take its question's place.
        offered: What is offered for any answer.
        asked: What previews were made for.
        previews: All that were made.
        left: Those that nobody looks at any more.
        sends: What was sent, with its approval.
        evidence: What was sent, by answer.
        divergences: By the cloud's answer.
        pairs: A question's text and both answers, by the cloud's.
        prepared: How many previews let a child get ready.
        problem: What the next preview or send fails with.
    """

    def __init__(
        self,
        sink: EventSink = lambda _: None,
        chat: FakeChat | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._sink = sink
        self._chat = chat
        self.clock = clock or FakeClock()
        self.providers = FakeProviders(sink)
        self.waiting = FakeWaiting(sink)
        self.hidden = FakeHidden()
        self.online = Online.YES
        self.why_not = ""
        self.key_lasts = True
        self.draft = DRAFT
        self.offered: Offer | None = UNSURE
        self.asked: list[AskFor] = []
        self.previews: list[Preview] = []
        self.left: list[Preview] = []
        self.sends: list[tuple[Composed, Approval]] = []
        self.evidence: dict[int, Sent] = {}
        self.divergences: dict[int, Divergence] = {}
        self.pairs: dict[int, tuple[str, Message, Message]] = {}
        self.prepared = 0
        self.problem: HushError | None = None
        self._held: list[Callable[[], None]] | None = None
        self._late: list[tuple[Future[Preview], Preview]] | None = None
        self._runs = itertools.count(5000)

    # What it is asked ---------------------------------------------------------------------

    def offer(
        self, question_id: int | None, local: Message | None, *, tier: Tier = Tier.LOCAL
    ) -> Offer | None:
        return None if self.why_not else self.offered

    def preview(
        self,
        ask: AskFor,
        changed: Callable[[], None],
        provider_id: str = "",
        *,
        prepares: bool = True,
    ) -> Future[Preview]:
        self.asked.append(ask)
        self.prepared += prepares
        if self.why_not:
            return failed(CloudRefused(self.why_not))
        problem, self.problem = self.problem, None
        if problem:
            return failed(problem)
        draft = self._draft_for(ask, self.providers.of(provider_id))
        made = Preview(draft, partial(_composed, self), self._run, changed, self.clock)
        self.previews.append(made)
        if self._late is None:
            return done(made)
        coming: Future[Preview] = Future()
        self._late.append((coming, made))
        return coming

    def leave(self, preview: Preview) -> None:
        self.left.append(preview)
        preview.close()

    def may_skip(self, composed: Composed) -> bool:
        return composed.draft.provider.can_be_trusted and composed.draft.provider.trusted

    def send(self, composed: Composed, approval: Approval) -> Run:
        problem, self.problem = self.problem, None
        if problem:
            raise problem
        self.sends.append((composed, approval))
        if self._chat is None:
            return Run(next(self._runs), Future())
        run = self._begin(self._chat, composed)
        answer = run.exchange.answer
        self.evidence[answer.id] = sent_of(composed, approval, answer.id)
        return run.run

    def sent(self, answer_id: int) -> Future[Sent]:
        found = self.evidence.get(answer_id)
        return done(found) if found else failed(NotFound("It was answered on this laptop."))

    def find_sent(self, payload_sha256: str) -> Future[Sent | None]:
        kept = self.evidence.values()
        return done(next((one for one in kept if one.payload_sha256 == payload_sha256), None))

    def forget_sent(self, answer_id: int) -> Future[None]:
        if answer_id not in self.evidence:
            return failed(NotFound("It was answered on this laptop."))
        self.evidence[answer_id] = replace(self.evidence[answer_id], body=None, table=Table())
        self._sink(CloudChanged())
        return done(None)

    def divergence(self, cloud_id: int) -> Future[Divergence | None]:
        return done(self.divergences.get(cloud_id))

    def answers(self, divergence: Divergence) -> Future[tuple[str, Message, Message]]:
        pair = self.pairs.get(divergence.cloud_id)
        return done(pair) if pair else failed(NotFound("One of the answers is gone."))

    # For the tests ------------------------------------------------------------------------

    def delay(self) -> None:
        """Hand out no preview until ``hand_out``."""
        self._late = []

    def hand_out(self, problem: HushError | None = None) -> None:
        """Hand out those that were asked for meanwhile, or say why there are none."""
        late, self._late = self._late or [], None
        for coming, made in late:
            coming.set_exception(problem) if problem else coming.set_result(made)

    def hold(self) -> None:
        """Compose nothing until ``release``."""
        self._held = []

    def release(self) -> None:
        """Compose what waits, in its order."""
        held, self._held = self._held or [], None
        for work in held:
            work()

    def _run(self, work: Callable[[], None]) -> object:
        if self._held is None:
            work()
        else:
            self._held.append(work)
        return None

    def _draft_for(self, ask: AskFor, provider: Provider) -> Draft:
        parts = self.draft.parts
        if ask.text:
            parts = (*parts[:-1], replace(parts[-1], text=ask.text))
        return replace(
            self.draft,
            provider=provider,
            parts=parts,
            conversation_id=ask.conversation_id or self.draft.conversation_id,
            question_id=None if ask.text else ask.question_id or self.draft.question_id,
            private=ask.private,
            scope=ask.scope,
            attachments=ask.attachments,
        )

    def _begin(self, chat: FakeChat, composed: Composed) -> FakeRun:
        """Let the chat play an answer, with who gave it."""
        draft = composed.draft
        if draft.question_id is None:
            chat.send(draft.conversation_id, draft.parts[-1].text, private=draft.private)
        else:
            self._beside(chat, draft)
        run, provider = chat.last, draft.provider
        mark = CloudMark(provider.name, provider.host, provider.model, NOON, is_kept=True)
        answer = replace(run.exchange.answer, cloud=mark)
        run.exchange = replace(run.exchange, answer=answer)
        run._store(answer)
        return run

    def _beside(self, chat: FakeChat, draft: Draft) -> None:
        """An answer beside the one there is."""
        number = draft.conversation_id or 1
        if number not in chat.conversations.heads:
            chat.conversations.add(conversation(number))
        messages = chat.conversations.messages[number]
        ids = [one.id for one in messages]
        at = ids.index(draft.question_id) + 1 if draft.question_id in ids else len(ids)
        if at == len(messages):
            state = MessageState.STOPPED
            messages.append(Message(9_000 + number, number, None, Role.ASSISTANT, state, "", NOON))
        chat.regenerate(messages[at].id)


def _composed(cloud: FakeCloud, draft: Draft, known: Table, version: int) -> Composed:
    return compose(draft, PlainEyes() if draft.redact else None, known, version)


def _own(provider: Provider) -> dict[str, Any]:
    """What a request to a box of one's own has beside the others."""
    return {"own_network": True} if provider.own_network else {}


def sent_of(composed: Composed, approval: Approval, answer_id: int) -> Sent:
    """What is kept of what was sent."""
    provider = composed.draft.provider
    return Sent(
        answer_id,
        provider.name,
        provider.host,
        provider.model,
        NOON,
        approval.id,
        approval.payload_sha256,
        composed.size,
        composed.request.body,
        composed.table,
    )
