"""Asking elsewhere from beginning to end: read, leave a line out, approve, find it in the ledger.

Over the whole core, a real net child and TLS; once with a real model behind it.
"""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts, Session
from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Composed, PartKind, Provider
from assistant.errors import ApprovalRefused, CloudRefused, NetworkRefused
from assistant.events import Event, ReplyBegan, ReplyEnded, ReplyText
from assistant.net.records import Purpose
from assistant.outside import Outside, as_it_is
from assistant.paths import Profile
from assistant.records import Message, MessageState
from assistant.settings import Settings
from tests.certificates import Authority
from tests.cloud_server import ANSWER, CloudServer, Manner, saying, starter
from tests.fakes.door import CHEAP, PASSPHRASE
from tests.fakes.engine import FakeEngine
from tests.fakes.secrets import FakeTextStore

pytestmark = pytest.mark.cloud

SECONDS = 60.0
Heard = TypeVar("Heard")
KEY = "sk-test-0123456789abcdef"
MAIL = "anna.larsson@example.org"


@dataclass
class Journey:
    """An app over one profile, and somebody who could be asked."""

    profile: Profile
    server: CloudServer
    parts: Parts
    changed: threading.Event = field(default_factory=threading.Event)  # of what is shown
    events: queue.SimpleQueue[Event] = field(default_factory=queue.SimpleQueue)

    @contextmanager
    def open(self, settings: Settings | None = None) -> Iterator[tuple[Session, CloudRoom]]:
        """Start, and open the vault."""
        with App(self.profile, self.events.put, self.parts) as app:
            app.save_settings(settings or Settings(cloud=True)).result(SECONDS)
            session = app.open_vault(secret=PASSPHRASE).result(SECONDS)
            assert session.cloud
            yield session, session.cloud

    def until(self, kind: type[Heard]) -> Heard:
        """The next event of a kind."""
        while not isinstance(event := self.events.get(timeout=SECONDS), kind):
            pass
        return event

    def provider(self, cloud: CloudRoom) -> Provider:
        """The one there is; made where there is none."""
        known = cloud.providers.list().result(SECONDS)
        if known:
            return known[0]
        box = Provider("", "The box", self.server.own, "small-1", own_network=True)
        return cloud.providers.save(box, KEY).result(SECONDS)

    def ask_here(self, session: Session, text: str) -> int:
        """Ask the local model; the question's id."""
        run = session.chat.send(None, text)
        question = run.saved.result(SECONDS).question
        assert question
        self.until(ReplyEnded)
        return question.id

    def look(self, cloud: CloudRoom, question_id: int) -> tuple[Preview, Composed]:
        """What a person is shown."""
        preview = cloud.preview(AskFor(question_id), self.changed.set).result(SECONDS)
        return preview, self.shown(preview)

    def shown(self, preview: Preview) -> Composed:
        """What is shown now, once it is composed."""
        while not (composed := preview.composed):
            assert self.changed.wait(SECONDS), preview.problem
            self.changed.clear()
        return composed


@pytest.fixture
def journey(profile: Profile, tmp_path: Path) -> Iterator[Journey]:
    """With a vault, and a box on loopback behind TLS."""
    certificate = Authority(tmp_path).sign()
    with CloudServer(certificate) as server:
        texts = FakeTextStore()
        parts = Parts(
            engine=FakeEngine,
            entrance=lambda profile, clock: Entrance(profile, clock, cost=CHEAP),
            outside=Outside(starter(certificate), as_it_is().seal),
            key_texts=lambda: texts,
        )
        with App(profile, lambda _: None, parts) as app:
            app.create_vault(FirstKeys(keyring=False, passphrase=PASSPHRASE)).result(SECONDS)
        yield Journey(profile, server, parts)


def test_read_leave_a_line_out_approve_and_find_it(journey: Journey) -> None:
    """What was shown is what came, to the byte; answer, evidence and ledger say the same."""
    with journey.open() as (session, cloud):
        journey.provider(cloud)
        first = journey.ask_here(session, f"My address is {MAIL}. What is the capital?")
        assert journey.server.asked == []
        preview, composed = journey.look(cloud, first)
        assert MAIL not in composed.body
        assert "[EMAIL_1]" in composed.body
        system = next(one for one in composed.shown if one.part.kind is PartKind.SYSTEM)
        assert json.dumps(system.text)[1:-1] in composed.body
        preview.take_out(system.part.id)
        composed = journey.shown(preview)
        assert system.text not in composed.body
        settled = preview.settle(composed.version)
        assert session.network
        approval = session.network.approve(settled.request)
        assert journey.server.asked == []  # a yes alone sends nothing
        run = cloud.send(settled, approval)
        cloud.leave(preview)
        exchange = run.saved.result(SECONDS)
        ended = journey.until(ReplyEnded)
        assert ended.error is None
        assert ended.message.text == ANSWER
        assert ended.message.state is MessageState.COMPLETE
        (asked,) = journey.server.asked
        assert asked.body.decode() == composed.body
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        sent = cloud.sent(exchange.answer.id).result(SECONDS)
        assert sent.body == asked.body
        assert session.ledger
        (row,) = session.ledger.rows().result(SECONDS)
        assert (row.purpose, row.host, row.result) == (Purpose.CLOUD, "127.0.0.1", "ok")
        assert row.payload_sha256 == sent.payload_sha256 == settled.request.payload_sha256
        assert row.approval_id == sent.approval_id == approval.id
        with pytest.raises(ApprovalRefused):
            cloud.send(settled, approval).saved.result(SECONDS)
        assert len(journey.server.asked) == 1
    with journey.open() as (session, cloud):  # it is all there afterwards
        message = _message(session, exchange.conversation.id, exchange.answer.id)
        assert message.cloud
        assert message.cloud.is_kept
        assert message.cloud.host.startswith("127.0.0.1")
        cloud.forget_sent(exchange.answer.id).result(SECONDS)
        message = _message(session, exchange.conversation.id, exchange.answer.id)
        assert message.cloud
        assert not message.cloud.is_kept
        assert session.ledger
        assert session.ledger.check().result(SECONDS).intact


def test_what_was_swapped_comes_back(journey: Journey) -> None:
    """The server sees placeholders only, and the person their own words."""
    journey.server.manners = [Manner(pieces=saying("Write to [EMA", "IL_1] today."))]
    with journey.open() as (session, cloud):
        journey.provider(cloud)
        question = journey.ask_here(session, f"Where shall I write to? {MAIL}")
        preview, composed = journey.look(cloud, question)
        assert session.network
        cloud.send(preview.settle(composed.version), session.network.approve(composed.request))
        ended = journey.until(ReplyEnded)
        assert ended.message.text == f"Write to {MAIL} today."
        assert MAIL.encode() not in journey.server.asked[0].body


def test_locked_in_the_middle(journey: Journey) -> None:
    """Closing ends it at once; what came stands, and the ledger says how it ended."""
    journey.server.manners = [Manner(stall_at=2)]
    with journey.open() as (session, cloud):
        journey.provider(cloud)
        question = journey.ask_here(session, "What is the capital?")
        preview, composed = journey.look(cloud, question)
        assert session.network
        run = cloud.send(
            preview.settle(composed.version), session.network.approve(composed.request)
        )
        exchange = run.saved.result(SECONDS)
        journey.until(ReplyBegan)
        journey.until(ReplyText)
    with journey.open() as (session, cloud):
        message = _message(session, exchange.conversation.id, exchange.answer.id)
        assert message.state in {MessageState.STOPPED, MessageState.INTERRUPTED}
        assert ANSWER.startswith(message.text)
        assert message.text
        assert session.ledger
        (row,) = session.ledger.rows().result(SECONDS)
        assert row.result not in {"", "ok"}
        assert session.ledger.check().result(SECONDS).intact


@pytest.mark.parametrize("settings", [Settings(), Settings(cloud=True, local_only=True)])
def test_off_means_off(journey: Journey, settings: Settings) -> None:
    """Nothing is shown and nothing goes, whether it is off or the switch above it is on."""
    with journey.open(settings) as (session, cloud):
        journey.provider(cloud)
        question = journey.ask_here(session, "What is the capital?")
        assert cloud.offer(question, None) is None
        assert cloud.why_not
        with pytest.raises(CloudRefused):
            cloud.preview(AskFor(question), lambda: None).result(SECONDS)
    assert journey.server.reached == 0


def test_switched_off_between_yes_and_sending(journey: Journey) -> None:
    """The switch wins over a yes."""
    with App(journey.profile, journey.events.put, journey.parts) as app:
        app.save_settings(Settings(cloud=True)).result(SECONDS)
        session = app.open_vault(secret=PASSPHRASE).result(SECONDS)
        cloud = session.cloud
        assert cloud
        journey.provider(cloud)
        question = journey.ask_here(session, "What is the capital?")
        preview, composed = journey.look(cloud, question)
        assert session.network
        approval = session.network.approve(composed.request)
        app.save_settings(Settings(cloud=True, local_only=True)).result(SECONDS)
        with pytest.raises(NetworkRefused):
            cloud.send(preview.settle(composed.version), approval).saved.result(SECONDS)
    assert journey.server.reached == 0


def _message(session: Session, conversation_id: int, message_id: int) -> Message:
    thread = session.conversations.thread(conversation_id).result(SECONDS)
    return next(one for one in thread.messages if one.id == message_id)
