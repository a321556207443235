"""Asking elsewhere, put together: who is asked, what gets ready, and what follows an answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from assistant.actions.records import Tier
from assistant.asking.records import Attachment
from assistant.background import Background
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Divergence, Reason, Topic
from assistant.cloud.service import UNREAD
from assistant.errors import (
    ApprovalRefused,
    CloudRefused,
    EmptyMessage,
    InputRefused,
    KeyNotKept,
    NotFound,
)
from assistant.events import ReplyEnded
from assistant.net.approvals import Approval
from assistant.net.deltas import Delta
from assistant.net.online import Online
from assistant.net.records import Failure
from assistant.power.plan import Mode, Plan
from assistant.store import cloud_rows
from assistant.store.sqlcipher import Connection
from tests.fakes.net import failed, whole
from tests.unit.cloud_house import HOSTED, KEY, LISBON, CloudHouse, Steps, steps


@pytest.fixture
def house() -> Iterator[CloudHouse]:
    """Ended after the test."""
    made = CloudHouse()
    yield made
    made.close()


def run(house: CloudHouse, sql: str) -> None:
    """Change what is stored."""

    def work(connection: Connection) -> None:
        connection.execute(sql)

    house.vaults.kept.write(work).result(10)


def test_looking_sends_nothing_and_writes_nothing(house: CloudHouse) -> None:
    """A child gets ready and the key is read ahead; that is all."""
    preview = house.preview(AskFor(text="Capital?"))
    assert preview.composed is not None
    assert preview.composed.draft.provider == house.hosted
    assert (house.gate.prepared, house.keys.warmed) == ("cloud", [house.hosted.id])
    assert (house.gate.approved, house.gate.opened) == ([], [])
    assert house.count("message") == 0


def test_a_dry_look_gets_nothing_ready(house: CloudHouse) -> None:
    """No child, no key; leaving it discards nobody else's."""
    preview = house.cloud.preview(AskFor(text="x?"), lambda: None, prepares=False).result(10)
    assert (house.gate.prepared, house.keys.warmed) == ("", [])
    other = house.preview(AskFor(text="y?"))
    house.cloud.leave(preview)
    assert house.gate.prepared == "cloud"
    house.cloud.leave(other)
    assert house.gate.prepared == ""


def test_who_leaves_takes_the_child_along(house: CloudHouse) -> None:
    """With the last one; twice is once. Nothing of it can be settled after that."""
    first, second = house.preview(AskFor(text="One?")), house.preview(AskFor(text="Two?"))
    house.cloud.leave(first)
    house.cloud.leave(first)
    assert house.gate.prepared == "cloud"
    house.cloud.leave(second)
    assert (house.gate.prepared, house.keys.warmed) == ("", [])
    with pytest.raises(ApprovalRefused):
        first.settle(1)


def test_leaving_takes_no_child_from_what_was_sent(house: CloudHouse) -> None:
    """The sheet closes at the press; the run has not begun yet."""
    go = threading.Event()
    house.gate.courses = [Steps([lambda: go.wait(10), *LISBON])]
    preview = house.preview(AskFor(text="Capital?"))
    composed = house.settled(preview)
    run = house.cloud.send(composed, house.gate.approve(composed.request))
    house.cloud.leave(preview)
    assert house.gate.prepared == "cloud"
    go.set()
    house.ended(run)
    assert house.gate.prepared == ""


def test_a_look_that_fails_leaves_no_child_waiting(house: CloudHouse) -> None:
    """The question is gone, or has no words."""
    for ask, kind in ((AskFor(question_id=99), NotFound), (AskFor(text=" "), EmptyMessage)):
        with pytest.raises(kind):
            house.preview(ask)
        assert house.gate.prepared == ""


@pytest.mark.parametrize(
    ("changes", "closed", "words"),
    [
        ({"cloud": False}, "", "off"),
        ({"local_only": True}, "", "stay on this computer"),
        ({}, "There is no way out.", "no way out"),
    ],
)
def test_where_nobody_may_be_asked(
    house: CloudHouse, changes: dict[str, Any], closed: str, words: str
) -> None:
    """It says why; nothing gets ready, nothing is offered."""
    house.be(**changes)
    house.closed = closed
    assert words in house.cloud.why_not
    with pytest.raises(CloudRefused, match=words):
        house.preview(AskFor(text="Capital?"))
    assert (house.gate.prepared, house.keys.warmed) == ("", [])


def test_without_a_provider_nobody_is_asked(house: CloudHouse) -> None:
    """It says what to do."""
    for provider in house.shelf.known:
        house.cloud.providers.remove(provider.id).result(10)
    assert "add a provider" in house.cloud.why_not
    with pytest.raises(CloudRefused, match="add a provider"):
        house.preview(AskFor(text="Capital?"))


def test_one_can_choose_whom(house: CloudHouse) -> None:
    """By its id; one that is not there is refused."""
    preview = house.preview(AskFor(text="Capital?"), house.box.id)
    assert preview.composed is not None
    assert preview.composed.request.host == "192.168.1.20"
    assert preview.composed.request.own_network
    with pytest.raises(InputRefused):
        house.preview(AskFor(text="Capital?"), "0" * 16)


def test_all_that_was_asked_is_in_it(house: CloudHouse) -> None:
    """Chat, words, attachments, whether it is private."""
    chat = house.chat("One?", "It is one.")
    ask = AskFor(
        conversation_id=chat[0].conversation_id,
        text="Two?",
        attachments=(Attachment("a", "Attached."),),
    )
    draft = house.preview(ask).draft
    assert [one.text for one in draft.parts[1:]] == ["One?", "It is one.", "Attached.", "Two?"]
    assert house.preview(AskFor(text="x?", private=True)).draft.private


def test_personal_data_is_found_by_the_real_detector(house: CloudHouse) -> None:
    """The person's own words, too, from the moment they are saved; and what was swapped above."""
    house.cloud.hidden.save(["Rosenweg"]).result(10)
    preview = house.preview(AskFor(text="Is anna@example.org in Rosenweg?"))
    composed = house.settled(preview)
    assert "anna@" not in composed.body
    assert "Rosenweg" not in composed.body
    ended = house.ended(house.cloud.send(composed, house.gate.approve(composed.request)))
    asked = "And bob@example.org or anna@example.org?"
    below = house.seen(AskFor(conversation_id=ended.conversation.id, text=asked))
    assert below.shown[-1].text == "And [EMAIL_2] or [EMAIL_1]?"
    house.cloud.hidden.save([]).result(10)
    assert "Rosenweg" in house.seen(AskFor(text="In Rosenweg?")).body
    house.be(cloud_redact=False)
    assert "anna@example.org" in house.seen(AskFor(text="anna@example.org?")).body


def test_without_the_person_s_own_words_nothing_goes(house: CloudHouse) -> None:
    """They cannot be read: it says so and can be looked at, not settled; then they are swapped."""
    house.cloud.hidden.save(["Rosenweg"]).result(10)
    run(house, "ALTER TABLE cloud_hidden_word RENAME TO gone")
    house.cloud = house.service()
    preview = house.preview(AskFor(text="In Rosenweg?"))
    assert preview.composed is None
    assert preview.problem.startswith(UNREAD)
    with pytest.raises(ApprovalRefused):
        preview.settle(1)
    run(house, "ALTER TABLE gone RENAME TO cloud_hidden_word")
    house.changed.clear()
    preview.look_again()
    assert "Rosenweg" not in house.settled(preview).body


def test_where_nothing_is_swapped_their_words_are_not_needed(house: CloudHouse) -> None:
    """The person wants all of it to go as it stands, and sees it so."""
    run(house, "DROP TABLE cloud_hidden_word")
    house.cloud = house.service()
    house.be(cloud_redact=False)
    assert "Rosenweg" in house.seen(AskFor(text="In Rosenweg?")).body


def test_a_provider_that_changed_is_not_asked(house: CloudHouse) -> None:
    """Another address, another key's presence, or gone: look again. Its name may change."""
    for change in (
        lambda: house.shelf.save(replace(house.hosted, name="Other"), None),
        lambda: house.shelf.save(replace(house.hosted, name="Other"), ""),
        lambda: house.shelf.save(replace(house.hosted, address="https://api.other.test/v1"), KEY),
        lambda: house.shelf.remove(house.hosted.id),
    ):
        composed, approval = house.approved(AskFor(text="Capital?"), house.hosted.id)
        before = house.shelf.known
        change().result(10)
        now = next((one for one in house.shelf.known if one.id == house.hosted.id), None)
        if now and (now.address, now.has_key) == (house.hosted.address, house.hosted.has_key):
            assert house.ended(house.cloud.send(composed, approval)).error is None
            assert before != house.shelf.known
            continue
        with pytest.raises(InputRefused):
            house.cloud.send(composed, approval)
        if now:
            house.shelf.save(replace(now, address=HOSTED.address), KEY).result(10)
            continue
        for gone in [one for one in house.shelf.known if one.id != house.box.id]:
            house.shelf.remove(gone.id).result(10)  # another server is another provider
        house.hosted = house.shelf.save(replace(house.hosted, id=""), KEY).result(10)
    assert len(house.gate.opened) == 1


def test_a_key_goes_to_nobody_else_while_it_is_changed(
    house: CloudHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The press falls between the new key's keeping and the new address's: nothing leaves."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    kept, go = threading.Event(), threading.Event()
    put = house.keys.put

    def slowly(provider_id: str, key: str) -> bool:
        lasts = put(provider_id, key)
        kept.set()
        go.wait(10)
        return lasts

    monkeypatch.setattr(house.keys, "put", slowly)
    other = replace(house.hosted, address="https://api.other.test/v1")
    changing = house.shelf.save(other, "sk-other")
    assert kept.wait(10)
    # On a thread of its own: whether it is refused at once or later is all the same.
    sent = Background("press").submit(lambda: house.cloud.send(composed, approval).saved.result(10))
    tested = house.cloud.providers.test(house.hosted, approval)
    go.set()
    for asked in (sent, tested):
        with pytest.raises((InputRefused, KeyNotKept)):  # who comes between finds no key at all
            asked.result(10)
    assert changing.result(10).address == other.address
    assert house.gate.opened == []


def test_a_press_is_enough_for_a_trusted_box_alone(house: CloudHouse) -> None:
    """Until it is not trusted any more."""
    assert not house.cloud.may_skip(house.seen(AskFor(text="x?")))
    assert not house.cloud.may_skip(house.seen(AskFor(text="x?"), house.box.id))
    house.cloud.providers.trust(house.box.id, trusted=True).result(10)
    seen = house.seen(AskFor(text="x?"), house.box.id)
    assert house.cloud.may_skip(seen)
    house.cloud.providers.trust(house.box.id, trusted=False).result(10)
    assert not house.cloud.may_skip(seen)
    with pytest.raises(InputRefused):
        house.cloud.providers.trust(house.hosted.id, trusted=True).result(10)


# After an answer ---------------------------------------------------------------------------------


def test_a_whole_answer_is_compared_and_waits_no_more(house: CloudHouse) -> None:
    """Its question leaves the list, and nothing more is offered for it."""
    chat = house.chat("Capital of Portugal?", "Porto.")
    question = chat[0].id
    house.be(offer_beyond=True)
    assert house.cloud.offer(question, chat[1], tier=Tier.CLOUD_ONLY) is not None
    house.cloud.waiting.add(question, house.hosted.id).result(10)
    answer = house.ask(AskFor(question_id=question)).message
    assert house.compared.get(timeout=10) == (question, answer.id)
    assert house.cloud.waiting.list().result(10) == ()
    assert house.cloud.offer(question, chat[1], tier=Tier.CLOUD_ONLY) is None


@pytest.mark.parametrize("course", ["failed", "stopped"])
def test_an_answer_that_broke_off_is_not_compared(house: CloudHouse, course: str) -> None:
    """Its question goes on waiting, and may be offered again."""
    chat = house.chat("Capital of Portugal?", "Porto.")
    question = chat[0].id
    house.cloud.waiting.add(question, house.hosted.id).result(10)
    stop = [Delta("Lis"), house.runs.stop_all, Delta("bon"), Delta(finish="stop")]
    house.gate.courses = [
        steps(Delta("Lis"), failed(Failure.CUT)) if course == "failed" else steps(*stop)
    ]
    house.ask(AskFor(question_id=question))
    assert len(house.cloud.waiting.list().result(10)) == 1
    assert house.cloud.offer(question, chat[1], tier=Tier.CLOUD_ONLY) is not None
    house.gate.courses = [LISBON]
    whole = house.ask(AskFor(question_id=question)).message
    assert house.compared.get(timeout=10) == (question, whole.id)  # the first one is this


def test_who_was_asked_before_is_known_at_the_next_start(house: CloudHouse) -> None:
    """Nothing is offered for an answer that stands there already."""
    chat = house.chat("Capital of Portugal?", "Porto.")
    house.ask(AskFor(question_id=chat[0].id))
    again = house.service()
    other = house.chat("Capital of Spain?", "Madrid.")
    assert again.offer(chat[0].id, chat[1], tier=Tier.CLOUD_ONLY) is None
    assert again.offer(other[0].id, other[1], tier=Tier.CLOUD_ONLY) is not None


def test_an_offer_has_its_reason(house: CloudHouse) -> None:
    """Over what is in memory: plan, settings and providers of the moment."""
    chat = house.chat("Capital?", "Porto.")
    assert house.cloud.offer(chat[0].id, chat[1]) is None
    house.plan = Plan(mode=Mode.PAUSED)
    offer = house.cloud.offer(chat[0].id, None)
    assert offer is not None
    assert (offer.reason, offer.action) == (Reason.PAUSED, "Ask Hosted…")
    house.be(cloud=False)
    assert house.cloud.offer(chat[0].id, None) is None


def test_two_answers_that_are_apart(house: CloudHouse) -> None:
    """What was found, and both with their question's words; None where nobody looked."""
    chat = house.chat("Capital of Portugal?", "Porto.")
    answer = house.ask(AskFor(question_id=chat[0].id)).message
    assert house.cloud.divergence(answer.id).result(10) is None
    apart = Divergence(chat[0].id, chat[1].id, answer.id, 0.6, Topic.FACTUAL, told=True)
    house.vaults.kept.write(lambda c: cloud_rows.put_divergence(c, apart)).result(10)
    assert house.cloud.divergence(answer.id).result(10) == apart
    words, local, cloud = house.cloud.answers(apart).result(10)
    assert (words, local.text, cloud.text) == ("Capital of Portugal?", "Porto.", "Lisbon.")
    with pytest.raises(NotFound):
        house.cloud.answers(replace(apart, local_id=999)).result(10)


def test_what_was_sent_can_be_deleted(house: CloudHouse) -> None:
    """That something was sent stays; a local answer has nothing of the kind."""
    answer = house.ask(AskFor(text="Capital?")).message
    house.cloud.forget_sent(answer.id).result(10)
    sent = house.cloud.sent(answer.id).result(10)
    assert (sent.body, sent.host) == (None, "api.hosted.test")
    mark = house.message(answer.id).cloud
    assert mark is not None
    assert not mark.is_kept
    local = house.chat("One?", "It is one.")[1]
    with pytest.raises(NotFound):
        house.cloud.sent(local.id).result(10)
    assert house.cloud.find_sent("00").result(10) is None


def test_answers_at_the_same_time(house: CloudHouse) -> None:
    """Some that take long hold up no other, and each can be stopped at once."""
    go = threading.Event()
    house.gate.courses = [Steps([lambda: go.wait(10), *LISBON])]
    slow = [house.cloud.send(*house.approved(AskFor(text=f"Slow {at}?"))) for at in range(3)]
    for run in slow:
        run.saved.result(10)
    house.gate.courses = [LISBON]
    assert house.ask(AskFor(text="Fast?")).error is None
    go.set()
    assert [house.ended(run).error for run in slow] == [None] * 3


# The test of a connection ------------------------------------------------------------------------


def models_told(house: CloudHouse, body: bytes) -> tuple[Approval, Any]:
    """A test that a person approved, and what comes of it."""
    house.gate.courses = [whole(body)]
    approval = house.gate.approve(house.cloud.providers.test_request(house.hosted))
    return approval, house.cloud.providers.test(house.hosted, approval)


def test_a_connection_is_tested(house: CloudHouse) -> None:
    """The models, with the key, over one permit that the person gave."""
    _, models = models_told(house, b'{"data": [{"id": "large-1"}, {"id": "small-1"}]}')
    assert models.result(10) == ("large-1", "small-1")
    (permit,) = house.gate.permits
    assert permit.closed
    (request,) = permit.requests
    assert (request.method, request.url) == ("GET", "https://api.hosted.test/v1/models")
    assert [value for name, value in request.headers if name.lower() == "authorization"] == [
        f"Bearer {KEY}"
    ]


def test_a_test_is_approved_each_time(house: CloudHouse) -> None:
    """An approval that was used, or of another provider, asks nobody."""
    approval, models = models_told(house, b'{"data": []}')
    assert models.result(10) == ()
    for provider in (house.hosted, house.box):
        with pytest.raises(ApprovalRefused):
            house.cloud.providers.test(provider, approval).result(10)
    assert len(house.gate.opened) == 1


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b'{"data": 7}', b"\xff" * 100])
def test_what_is_no_list_is_told(house: CloudHouse, body: bytes) -> None:
    """Whatever a stranger answers."""
    with pytest.raises(InputRefused):
        models_told(house, body)[1].result(10)


def test_a_test_keeps_no_key_in_memory(house: CloudHouse) -> None:
    """Unless somebody looks at what would be sent meanwhile."""
    tested_key = house.hosted.id
    house.keys.warm(tested_key)
    models_told(house, b'{"data": []}')[1].result(10)
    assert house.keys.warmed == []
    house.preview(AskFor(text="Capital?"))
    models_told(house, b'{"data": []}')[1].result(10)
    assert (house.keys.warmed, house.gate.prepared) == ([tested_key], "cloud")


def test_a_test_needs_the_key(house: CloudHouse) -> None:
    """A locked keyring asks nobody."""
    house.keys.locked = True
    with pytest.raises(KeyNotKept):
        models_told(house, b"{}")[1].result(10)
    assert house.gate.opened == []


def test_what_it_tells_of_itself(house: CloudHouse) -> None:
    """Whether keys outlast Hush, whether there is a network, who can be asked."""
    assert house.cloud.key_lasts
    assert house.cloud.online is Online.UNKNOWN
    assert house.cloud.why_not == ""
    assert [one.name for one in house.cloud.providers.list().result(10)] == ["Hosted", "Box"]
    house.cloud.providers.make_default(house.box.id).result(10)
    assert house.cloud.providers.known[0].id == house.box.id
    assert isinstance(house.ask(AskFor(text="x?")), ReplyEnded)
    assert house.gate.opened[-1][1] == "Box"
