"""What every ``CloudRoom`` keeps: the real one, and the fake that the window's tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest

from assistant.cloud.preview import Preview
from assistant.cloud.protocols import AskFor, CloudRoom
from assistant.cloud.records import Composed, Provider, Sent
from assistant.errors import ApprovalRefused, CloudRefused, InputRefused, NotFound
from assistant.net.gate import NetworkGate
from assistant.records import FIRST_PRIVATE_ID, Exchange
from assistant.redaction.records import Table
from tests.fakes.cloud import BOX, MISTRAL, FakeCloud
from tests.fakes.net import FakeGate
from tests.gui.fakes import FakeChat, FakeConversations, conversation
from tests.unit.cloud_house import CloudHouse

ASK = AskFor(text="How do I tell anna@example.org that we are late?")


@dataclass
class Bench:
    """A room with a hosted provider, the default one, and a box of one's own."""

    cloud: CloudRoom
    gate: NetworkGate
    hosted: Provider
    box: Provider
    question_id: int
    begin: Callable[[], object] = lambda: None  # has what was sent begin, where nothing else does

    def preview(self, ask: AskFor = ASK, provider_id: str = "") -> Preview:
        """What would be sent."""
        return self.cloud.preview(ask, lambda: None, provider_id).result(10)

    def settled(self, provider_id: str = "") -> Composed:
        """What a person saw."""
        preview = self.preview(ASK, provider_id)
        assert preview.composed is not None
        return preview.settle(preview.composed.version)

    def sent(self) -> tuple[Composed, Exchange, Sent]:
        """What was sent, what it began, and what is kept of it."""
        composed = self.settled()
        run = self.cloud.send(composed, self.gate.approve(composed.request))
        self.begin()
        exchange = run.saved.result(10)
        return composed, exchange, self.cloud.sent(exchange.answer.id).result(10)


class CloudContract:
    """Subclasses bring a bench, and say why nobody may be asked."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench] | Bench:
        raise NotImplementedError

    def refuse(self, bench: Bench) -> None:
        """Have nobody be asked any more."""
        raise NotImplementedError

    def test_a_preview_stands_when_it_comes(self, bench: Bench) -> None:
        preview = bench.preview()
        assert preview.composed is not None
        assert preview.draft.provider == bench.hosted
        assert preview.composed.request.url == f"{bench.hosted.address}/chat/completions"
        assert preview.composed.shown[-1].text == "How do I tell [EMAIL_1] that we are late?"

    def test_another_provider_is_named_by_its_id(self, bench: Bench) -> None:
        preview = bench.preview(ASK, bench.box.id)
        assert preview.composed is not None
        assert preview.composed.request.own_network

    def test_what_is_sent_is_kept(self, bench: Bench) -> None:
        composed, exchange, sent = bench.sent()
        assert exchange.question is not None
        assert exchange.answer.cloud is not None
        assert exchange.answer.cloud.is_kept
        assert sent.body == composed.request.body
        assert sent.table == composed.table
        assert sent.payload_sha256 == composed.request.payload_sha256
        assert (sent.provider, sent.host) == (bench.hosted.name, bench.hosted.host)
        assert bench.cloud.find_sent(sent.payload_sha256).result(10) == sent
        assert bench.cloud.find_sent("0" * 64).result(10) is None

    def test_what_was_sent_is_forgotten(self, bench: Bench) -> None:
        _, exchange, sent = bench.sent()
        bench.cloud.forget_sent(exchange.answer.id).result(10)
        left = bench.cloud.sent(exchange.answer.id).result(10)
        assert (left.body, left.table) == (None, Table())
        assert (left.payload_sha256, left.size) == (sent.payload_sha256, sent.size)

    def test_of_a_local_answer_nothing_was_sent(self, bench: Bench) -> None:
        for ask in (bench.cloud.sent, bench.cloud.forget_sent):
            with pytest.raises(NotFound):
                ask(987_654).result(10)
        assert bench.cloud.divergence(987_654).result(10) is None

    def test_what_is_left_cannot_be_settled(self, bench: Bench) -> None:
        preview = bench.preview()
        bench.cloud.leave(preview)
        bench.cloud.leave(preview)
        with pytest.raises(ApprovalRefused):
            preview.settle(1)

    def test_where_nobody_may_be_asked(self, bench: Bench) -> None:
        assert bench.cloud.why_not == ""
        self.refuse(bench)
        assert bench.cloud.why_not
        asked = bench.cloud.preview(ASK, lambda: None)
        with pytest.raises(CloudRefused):
            asked.result(10)
        assert bench.cloud.offer(None, None) is None

    def test_a_press_is_enough_for_a_trusted_box_alone(self, bench: Bench) -> None:
        assert not bench.cloud.may_skip(bench.settled())
        assert not bench.cloud.may_skip(bench.settled(bench.box.id))
        assert bench.cloud.providers.trust(bench.box.id, trusted=True).result(10).trusted
        assert bench.cloud.may_skip(bench.settled(bench.box.id))
        with pytest.raises(InputRefused):
            bench.cloud.providers.trust(bench.hosted.id, trusted=True).result(10)

    def test_a_question_waits_once(self, bench: Bench) -> None:
        first = bench.cloud.waiting.add(bench.question_id, bench.hosted.id).result(10)
        again = bench.cloud.waiting.add(bench.question_id, bench.box.id).result(10)
        assert again == replace(first, provider_id=bench.box.id)
        assert bench.cloud.waiting.list().result(10) == (again,)
        bench.cloud.waiting.drop(first.id).result(10)
        bench.cloud.waiting.drop(first.id).result(10)
        assert bench.cloud.waiting.list().result(10) == ()

    def test_the_person_s_own_words_are_those_that_were_saved_last(self, bench: Bench) -> None:
        assert not bench.cloud.hidden.list().result(10)
        assert not bench.cloud.hidden.known
        bench.cloud.hidden.save(["Otto"]).result(10)
        assert bench.cloud.hidden.list().result(10) == bench.cloud.hidden.known == ("Otto",)

    def test_a_private_question_does_not_wait(self, bench: Bench) -> None:
        with pytest.raises(CloudRefused):
            bench.cloud.waiting.add(FIRST_PRIVATE_ID + 1, bench.hosted.id).result(10)

    def test_the_default_one_comes_first(self, bench: Bench) -> None:
        room = bench.cloud.providers
        assert [one.id for one in room.known] == [bench.hosted.id, bench.box.id]
        room.make_default(bench.box.id).result(10)
        assert [one.id for one in room.list().result(10)] == [bench.box.id, bench.hosted.id]
        room.remove(bench.box.id).result(10)
        assert [one.id for one in room.known] == [bench.hosted.id]

    def test_a_new_provider_gets_an_id(self, bench: Bench) -> None:
        room = bench.cloud.providers
        new = Provider("", "New", "https://api.new.test/v1", "m", own_network=False)
        saved = room.save(new, "sk-new").result(10)
        assert len(saved.id) == 16
        assert saved.has_key
        assert saved in room.known
        with pytest.raises(InputRefused):
            room.save(Provider("", " ", "https://a.test/v1", "m", own_network=False), "").result(10)

    def test_what_tests_a_connection_is_approved_like_anything(self, bench: Bench) -> None:
        request = bench.cloud.providers.test_request(bench.hosted)
        assert (request.method, request.url) == ("GET", f"{bench.hosted.address}/models")
        assert request.is_sound
        assert not request.body


class TestCloudService(CloudContract):
    """The real one, over a vault in memory and a gate that plays an answer."""

    @pytest.fixture
    def bench(self) -> Iterator[Bench]:
        house = CloudHouse()
        question = house.chat("When?")[0].id
        yield Bench(house.cloud, house.gate, house.hosted, house.box, question)
        house.close()

    def refuse(self, bench: Bench) -> None:
        bench.cloud._closed = lambda: "Nothing leaves."  # type: ignore[attr-defined]


class TestFakeCloud(CloudContract):
    """The fake."""

    @pytest.fixture
    def bench(self) -> Bench:
        conversations = FakeConversations()
        conversations.add(conversation(1))
        chat = FakeChat(conversations, lambda _: None)
        gate = FakeGate(trusted=lambda _: True)
        cloud = FakeCloud(chat=chat)
        box = cloud.providers.save(replace(BOX, address="https://nas.local/v1"), None).result(10)
        return Bench(cloud, gate, MISTRAL, box, 11, lambda: chat.last.save())

    def refuse(self, bench: Bench) -> None:
        assert isinstance(bench.cloud, FakeCloud)
        bench.cloud.why_not = "Nothing leaves."
