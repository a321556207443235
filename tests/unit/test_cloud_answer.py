"""One answer from elsewhere: what was seen is sent, once, and nothing is left half."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from assistant.asking.records import Attachment, Scope
from assistant.cancel import Cancel
from assistant.cloud.protocols import AskFor
from assistant.errors import (
    ApprovalRefused,
    CloudRefused,
    HushError,
    InputRefused,
    KeyNotKept,
    NetworkRefused,
    NotFound,
    StorageFull,
)
from assistant.events import ReplyBegan, ReplyEnded, ReplyText
from assistant.net.deltas import Delta
from assistant.net.records import By, Data, Failure, TransferFailed
from assistant.records import FIRST_PRIVATE_ID, CloudMark, FinishReason, MessageState, Role
from assistant.redaction.records import Table
from assistant.store import conversation_rows, message_rows
from assistant.text import MAX_MESSAGE_CHARACTERS
from tests.fakes.net import failed
from tests.unit.cloud_house import DONE, KEY, LISBON, CloudHouse, Steps, steps

STOP = Delta(finish="stop")


@pytest.fixture
def house() -> Iterator[CloudHouse]:
    """Ended after the test."""
    made = CloudHouse()
    yield made
    made.close()


def test_an_answer_stands_beside_the_local_one(house: CloudHouse) -> None:
    """A variant below the same question, shown, with its mark; the local one is as it was."""
    chat = house.chat("Capital of Portugal?", "Porto.")
    ended = house.ask(AskFor(question_id=chat[0].id))
    assert ended.error is None
    answer = ended.message
    assert (answer.text, answer.state, answer.parent_id) == (
        "Lisbon.",
        MessageState.COMPLETE,
        chat[0].id,
    )
    assert (answer.variant, answer.variants) == (2, 2)
    assert answer.cloud == CloudMark(
        "Hosted", "api.hosted.test", "large-1", house.clock.now(), is_kept=True
    )
    assert (answer.scope, answer.confidence) == (None, None)
    assert [one.id for one in house.shown(answer.conversation_id)] == [chat[0].id, answer.id]
    assert house.message(chat[1].id).text == "Porto."
    assert house.count("chunk") == 0


def test_what_was_seen_is_what_the_permit_gets(house: CloudHouse) -> None:
    """To the byte, once; with the key, which nothing else has."""
    chat = house.chat("Capital of Portugal?")
    composed, approval = house.approved(AskFor(question_id=chat[0].id))
    house.ended(house.cloud.send(composed, approval))
    (permit,) = house.gate.permits
    (request,) = permit.requests
    assert request.body == composed.request.body
    assert request.payload_sha256 == composed.request.payload_sha256 == approval.payload_sha256
    assert ("authorization", f"Bearer {KEY}") in request.headers
    assert replace(request, headers=composed.request.headers) == composed.request
    assert permit.closed
    assert house.gate.opened == [(composed.request, "Hosted")]


def test_what_was_sent_can_be_looked_up(house: CloudHouse) -> None:
    """The body, the table and the approval; by the answer, and by the payload."""
    chat = house.chat("Is anna@example.org in Lisbon?")
    composed, approval = house.approved(AskFor(question_id=chat[0].id))
    assert "anna@" not in composed.body
    answer = house.ended(house.cloud.send(composed, approval)).message
    sent = house.cloud.sent(answer.id).result(10)
    assert sent.body == composed.request.body
    assert sent.table == composed.table != Table()
    assert (sent.approval_id, sent.payload_sha256) == (approval.id, approval.payload_sha256)
    assert (sent.provider, sent.host, sent.model) == ("Hosted", "api.hosted.test", "large-1")
    assert (sent.size, sent.at) == (composed.size, house.clock.now())
    assert house.cloud.find_sent(approval.payload_sha256).result(10) == sent


def test_events_come_in_order(house: CloudHouse) -> None:
    """It began, its words, its end once; the run is bound while it lasts, and not after."""
    chat = house.chat("Capital of Portugal?")
    run = house.cloud.send(*house.approved(AskFor(question_id=chat[0].id)))
    events = house.until(run)
    exchange = run.saved.result(0)
    assert exchange.question is None
    assert exchange.answer.state is MessageState.STREAMING
    assert exchange.answer.cloud is not None
    assert events[0] == ReplyBegan(run.id, chat[0].conversation_id, exchange.answer.id, 0, 0, "")
    assert [type(one) for one in events] == [ReplyBegan, ReplyText, ReplyText, ReplyEnded]
    assert house.texts(events) == "Lisbon."
    assert [one.tokens for one in events if isinstance(one, ReplyText)] == [1, 1]
    house.runs.begin(chat[0].conversation_id, Cancel())  # nothing is being written any more


def test_the_figures_are_those_that_the_server_told(house: CloudHouse) -> None:
    """Its usage, its model; no context cap, for that is the local model's."""
    house.gate.courses = [
        steps(
            Delta("Lis", model="large-1-0613"),
            lambda: house.clock.advance(2),
            Delta("bon", finish="length"),
            Delta(tokens_in=12, tokens_out=4),
            DONE,
        )
    ]
    figures = house.ask(AskFor(text="Capital?")).message.figures
    assert figures is not None
    assert (figures.model, figures.prompt_tokens, figures.reply_tokens) == ("large-1-0613", 12, 4)
    assert (figures.context_cap, figures.tokens_per_second) == (0, 2.0)
    assert figures.finish_reason is FinishReason.LENGTH


def test_figures_where_nothing_is_told(house: CloudHouse) -> None:
    """The model that was asked, and zeros."""
    house.gate.courses = [steps(Delta("Lisbon"), DONE)]
    figures = house.ask(AskFor(text="Capital?")).message.figures
    assert figures is not None
    assert (figures.model, figures.prompt_tokens, figures.reply_tokens) == ("large-1", 0, 0)
    assert figures.finish_reason is FinishReason.STOP


def test_a_new_chat_begins_with_what_the_person_left_in_it(house: CloudHouse) -> None:
    """An edited question is stored as edited, with values; attachments and scope with it."""
    scope, text = Scope(), Attachment("a.txt", "Attached.")
    ask = AskFor(text="Is anna@example.org in?", scope=scope, attachments=(text,))
    preview = house.preview(ask)
    preview.edit("question", "Where is [EMAIL_1] now?")
    composed = house.settled(preview)
    assert house.count("message") == 0  # nothing was written by looking
    run = house.cloud.send(composed, house.gate.approve(composed.request))
    question = run.saved.result(10).question
    assert question is not None
    assert (question.text, question.scope) == ("Where is anna@example.org now?", scope)
    assert [one.name for one in question.attached] == ["a.txt"]
    ended = house.ended(run)
    assert ended.conversation.title == "Where is anna@example.org now?"
    assert [one.role for one in house.shown(ended.conversation.id)] == [Role.USER, Role.ASSISTANT]


def test_what_was_left_out_is_not_beside_the_question(house: CloudHouse) -> None:
    """An attachment that the person took out of the request is not stored with it either."""
    texts = tuple(Attachment(f"{name}.txt", f"Text of {name}.") for name in "abc")
    preview = house.preview(AskFor(text="Well?", attachments=texts))
    preview.take_out("a2")
    composed = house.settled(preview)
    assert "Text of b." not in composed.body
    run = house.cloud.send(composed, house.gate.approve(composed.request))
    question = run.saved.result(10).question
    assert question is not None
    assert [one.name for one in question.attached] == ["a.txt", "c.txt"]
    house.ended(run)


def test_a_new_question_goes_below_what_is_shown(house: CloudHouse) -> None:
    """In the chat where it was asked."""
    chat = house.chat("One?", "It is one.")
    answer = house.ask(AskFor(conversation_id=chat[0].conversation_id, text="Two?")).message
    assert [one.text for one in house.shown(answer.conversation_id)] == [
        "One?",
        "It is one.",
        "Two?",
        "Lisbon.",
    ]


def test_a_stored_question_stays_as_it_was_asked(house: CloudHouse) -> None:
    """What was sent says the rest."""
    chat = house.chat("Capital of Portugal?")
    preview = house.preview(AskFor(question_id=chat[0].id))
    preview.edit("question", "Capital of Spain?")
    composed = house.settled(preview)
    answer = house.ended(house.cloud.send(composed, house.gate.approve(composed.request))).message
    assert house.message(chat[0].id).text == "Capital of Portugal?"
    assert b"Spain" in (house.cloud.sent(answer.id).result(10).body or b"")


def test_values_come_back_in_the_answer(house: CloudHouse) -> None:
    """Also where a placeholder is split between two pieces, or at the very end."""
    house.gate.courses = [
        steps(Delta("Write to [EMA"), Delta("IL_1], or [EMAIL"), Delta("_1]"), STOP, DONE)
    ]
    run = house.cloud.send(*house.approved(AskFor(text="Where is anna@example.org?")))
    events = house.until(run)
    wanted = "Write to anna@example.org, or anna@example.org"
    assert house.texts(events) == wanted
    assert isinstance(events[-1], ReplyEnded)
    assert house.message(events[-1].message.id).text == wanted


def test_a_private_chat_leaves_nothing_in_the_kept_vault(house: CloudHouse) -> None:
    """Question, answer and evidence are in the one that is never written."""
    ended = house.ask(AskFor(text="A secret?", private=True))
    assert ended.message.id >= FIRST_PRIVATE_ID
    assert house.cloud.sent(ended.message.id).result(10).body
    assert [house.count(table) for table in ("conversation", "message", "cloud_sent")] == [0, 0, 0]
    again = house.ask(AskFor(conversation_id=ended.conversation.id, text="And?"))
    assert again.message.id >= FIRST_PRIVATE_ID


# Nothing leaves ----------------------------------------------------------------------------------


def refused(house: CloudHouse, run: Any, kind: type[BaseException]) -> None:
    """A run failed before anything left: it says why, and has no end and no rows."""
    with pytest.raises(kind):
        run.saved.result(10)
    assert not [permit for permit in house.gate.permits if permit.requests]
    assert all(permit.closed for permit in house.gate.permits)
    assert house.count("cloud_sent") == 0


def test_an_approval_is_used_once(house: CloudHouse) -> None:
    """The second sending of the same is refused; nothing is written for it."""
    chat = house.chat("Capital of Portugal?")
    composed, approval = house.approved(AskFor(question_id=chat[0].id))
    house.ended(house.cloud.send(composed, approval))
    again = house.cloud.send(composed, approval)
    with pytest.raises(ApprovalRefused):
        again.saved.result(10)
    assert house.count("cloud_sent") == 1
    assert len([permit for permit in house.gate.permits if permit.requests]) == 1
    house.runs.begin(chat[0].conversation_id, Cancel())


def test_an_approval_of_something_else_is_refused(house: CloudHouse) -> None:
    """One line of a part more than what was approved."""
    one, approval = house.approved(AskFor(text="Capital?"))
    other = house.seen(AskFor(text="Capital? And my secrets."))
    assert one.request.host == other.request.host
    refused(house, house.cloud.send(other, approval), ApprovalRefused)
    assert house.count("message") == 0


def test_an_approval_that_is_too_old_is_refused(house: CloudHouse) -> None:
    """Five minutes."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    house.clock.advance(300)
    refused(house, house.cloud.send(composed, approval), ApprovalRefused)
    assert house.count("message") == 0


def test_a_request_that_was_changed_after_all_is_refused(house: CloudHouse) -> None:
    """Whoever changes a byte of what was settled gets nothing sent."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    body = composed.request.body.replace(b"Capital", b"Canary!")
    changed = replace(composed, request=replace(composed.request, body=body))
    refused(house, house.cloud.send(changed, approval), ApprovalRefused)


def test_where_nothing_may_leave_nothing_is_written(house: CloudHouse) -> None:
    """The gate says no."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    house.gate.refusal = "No."
    refused(house, house.cloud.send(composed, approval), NetworkRefused)
    assert house.count("message") == 0


def test_without_its_key_nothing_leaves(house: CloudHouse) -> None:
    """The keyring was locked meanwhile; the approval can be used once it is open again."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    house.keys.locked = True
    refused(house, house.cloud.send(composed, approval), KeyNotKept)
    assert house.count("message") == 0
    house.keys.locked = False
    assert house.ended(house.cloud.send(composed, approval)).message.text == "Lisbon."


def test_a_question_that_is_gone_is_not_sent(house: CloudHouse) -> None:
    """Deleted for good between the look and the press."""
    chat = house.chat("Capital of Portugal?")
    composed, approval = house.approved(AskFor(question_id=chat[0].id))
    where = chat[0].conversation_id

    def delete(connection: Any) -> None:
        conversation_rows.mark_deleted(connection, where, 1)
        conversation_rows.purge_deleted(connection, 10)

    house.vaults.kept.write(delete).result(10)
    refused(house, house.cloud.send(composed, approval), NotFound)


@pytest.mark.parametrize(
    "broken", ["add_question", "add_answer", "set_head", "touch", "put_sent", "attach"]
)
def test_a_step_of_the_transaction_that_fails_leaves_nothing_half(
    house: CloudHouse, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """Whichever: no row of it, and nothing sent. A full disk comes at any of them."""
    from assistant.store import cloud_rows, source_rows

    rooms = [conversation_rows, message_rows, source_rows, cloud_rows]
    room = next(one for one in rooms if hasattr(one, broken))

    def full(*_: object, **__: object) -> None:
        raise StorageFull("The disk is full.")

    composed, approval = house.approved(AskFor(text="Capital?"))
    monkeypatch.setattr(room, broken, full)
    refused(house, house.cloud.send(composed, approval), StorageFull)
    assert [house.count(table) for table in ("conversation", "message")] == [0, 0]
    monkeypatch.undo()
    assert house.ask(AskFor(text="Capital?")).error is None


def test_the_evidence_is_there_before_anything_leaves(house: CloudHouse) -> None:
    """Whoever is killed in between has a row too many, never a request without one."""
    counted: list[int] = []
    house.gate.courses = [Steps([lambda: counted.append(house.count("cloud_sent")), *LISBON])]
    house.ask(AskFor(text="Capital?"))
    assert counted == [1]


def test_one_answer_at_a_time_in_a_chat(house: CloudHouse) -> None:
    """The second press is refused at once; its approval is not used."""
    chat = house.chat("Capital of Portugal?")
    go = threading.Event()
    house.gate.courses = [steps(lambda: go.wait(10), *LISBON[1:])]
    first = house.cloud.send(*house.approved(AskFor(question_id=chat[0].id)))
    composed, approval = house.approved(AskFor(question_id=chat[0].id))
    with pytest.raises(InputRefused):
        house.cloud.send(composed, approval)
    elsewhere = house.cloud.send(*house.approved(AskFor(text="Another chat?")))
    go.set()
    assert house.ended(first).error is None
    assert house.ended(elsewhere).error is None
    assert house.ended(house.cloud.send(composed, approval)).error is None


# How it ends -------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Failure.CUT, Failure.TIMEOUT, Failure.LOCAL_ONLY])
def test_what_came_before_it_broke_is_kept(house: CloudHouse, failure: Failure) -> None:
    """With what was held back of a placeholder that never came to its end."""
    house.gate.courses = [steps(Delta("Lisbon, and [EMA"), failed(failure))]
    ended = house.ask(AskFor(text="Where is anna@example.org?"))
    assert isinstance(ended.error, TransferFailed)
    assert ended.error.failure is failure
    assert (ended.message.state, ended.message.failure) == (MessageState.FAILED, "transfer")
    assert ended.message.text == "Lisbon, and [EMA"
    assert house.message(ended.message.id) == ended.message
    assert ended.message.figures is None


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_server_that_refuses(house: CloudHouse, status: int) -> None:
    """The empty answer fails, and says how; what was sent is on record all the same."""
    house.gate.courses = [[failed(Failure.STATUS, status, 20.0)]]
    ended = house.ask(AskFor(text="Capital?"))
    assert isinstance(ended.error, TransferFailed)
    assert (ended.error.status, ended.error.retry_after) == (status, 20.0)
    assert (ended.message.state, ended.message.text) == (MessageState.FAILED, "")
    assert house.cloud.sent(ended.message.id).result(10).body


@pytest.mark.parametrize(("finish", "words"), [("stop", "a word"), ("content_filter", "filter")])
def test_an_answer_without_a_word_is_none(house: CloudHouse, finish: str, words: str) -> None:
    """It came to its end, and says nothing: it failed, and says how."""
    house.gate.courses = [steps(Delta(finish=finish), Delta(tokens_in=9, tokens_out=0), DONE)]
    ended = house.ask(AskFor(text="Capital?"))
    assert ended.error is not None
    assert words in ended.error.message
    assert (ended.message.state, ended.message.text) == (MessageState.FAILED, "")
    assert ended.message.failure == "network"


def test_an_answer_that_a_filter_broke_off_is_not_whole(house: CloudHouse) -> None:
    """What came before is kept; that there was more is said, and nobody counts it as answered."""
    house.gate.courses = [steps(Delta("Lis"), Delta("bon"), Delta(finish="content_filter"), DONE)]
    ended = house.ask(AskFor(text="Capital?"))
    assert ended.error is not None
    assert "the rest of its answer" in ended.error.message
    assert (ended.message.state, ended.message.text) == (MessageState.FAILED, "Lisbon")
    assert house.compared.empty()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ((Delta("Lis"), Delta("bon", finish="other")), FinishReason.LENGTH),
        ((Delta("Lisbon"), Delta(finish="other"), Delta(tokens_out=4)), FinishReason.LENGTH),
        ((Delta("Lisbon"), Delta(finish="other")), FinishReason.LENGTH),
        ((Delta("Lisbon"), Delta(finish="stop")), FinishReason.STOP),
        ((Delta("Lisbon", finish="stop"), Delta(tokens_out=4)), FinishReason.STOP),
    ],
)
def test_an_end_for_a_reason_that_is_not_known_is_no_end(
    house: CloudHouse, said: tuple[Delta, ...], reason: FinishReason
) -> None:
    """A stream that breaks off so may have had more to say."""
    house.gate.courses = [steps(*said, DONE)]
    message = house.ask(AskFor(text="Capital?")).message
    assert (message.state, message.text) == (MessageState.COMPLETE, "Lisbon")
    assert message.figures is not None
    assert message.figures.finish_reason is reason


@pytest.mark.parametrize("how", ["stop", "stop_in", "stop_all"])
def test_a_stopped_answer_keeps_its_words(house: CloudHouse, how: str) -> None:
    """Each way to stop; its end is no error."""
    chat = house.chat("Capital of Portugal?")
    arguments: dict[str, Callable[[], list[int]]] = {
        "stop": lambda: [run.id],
        "stop_in": lambda: [chat[0].conversation_id],
        "stop_all": list,
    }
    said, go = threading.Event(), threading.Event()
    house.gate.courses = [steps(Delta("Lis"), said.set, lambda: go.wait(10), Delta("bon"), DONE)]
    run = house.cloud.send(*house.approved(AskFor(question_id=chat[0].id)))
    assert said.wait(10)
    getattr(house.runs, how)(*arguments[how]())
    go.set()
    ended = house.ended(run)
    assert ended.error is None
    assert (ended.message.state, ended.message.text) == (MessageState.STOPPED, "Lis")


def test_stopped_before_it_left(house: CloudHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent; the answer stands empty and stopped."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    asked, go = threading.Event(), threading.Event()
    opened = house.gate.open

    def held(*given: Any, **named: Any) -> Any:
        asked.set()
        go.wait(10)
        return opened(*given, **named)

    monkeypatch.setattr(house.gate, "open", held)
    run = house.cloud.send(composed, approval)
    assert asked.wait(10)
    house.runs.stop(run.id)
    go.set()
    ended = house.ended(run)
    assert (ended.message.state, ended.error) == (MessageState.STOPPED, None)
    assert house.gate.permits[0].requests == []
    assert ended.message.cloud is None  # nothing left, so nothing is said to have
    assert house.count("cloud_sent") == 0


def test_stopped_while_the_keyring_asks(house: CloudHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written either, and the approval was not used."""
    composed, approval = house.approved(AskFor(text="Capital?"))
    go = threading.Event()
    get = house.keys.get

    def slowly(provider_id: str) -> str:
        go.wait(10)
        return get(provider_id)

    monkeypatch.setattr(house.keys, "get", slowly)
    run = house.cloud.send(composed, approval)
    house.runs.stop(run.id)
    go.set()
    refused(house, run, CloudRefused)
    assert house.gate.opened == []
    assert house.count("message") == 0


def test_what_the_gate_did_not_let_out_was_not_sent(
    house: CloudHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything was switched off between its yes and the connection: no mark, no evidence."""
    opened = house.gate.open

    def then_closed(*given: Any, **named: Any) -> Any:
        permit = opened(*given, **named)
        permit.close()
        return permit

    monkeypatch.setattr(house.gate, "open", then_closed)
    ended = house.ask(AskFor(text="Capital?"))
    assert isinstance(ended.error, ApprovalRefused)
    assert (ended.message.state, ended.message.cloud) == (MessageState.FAILED, None)
    assert house.count("cloud_sent") == 0


@pytest.mark.parametrize("failure", [Failure.NO_NAME, Failure.REFUSED, Failure.CHILD])
def test_no_evidence_goes_on_the_word_of_the_child(house: CloudHouse, failure: Failure) -> None:
    """It reads what strangers send: what it says of what left is not believed."""
    house.gate.courses = [[failed(failure)]]
    ended = house.ask(AskFor(text="Capital?"))
    assert ended.message.cloud is not None
    assert house.cloud.sent(ended.message.id).result(10).body


def test_more_than_a_message_holds_is_cut(house: CloudHouse) -> None:
    """It ends there, whole for what it is; the rest of the transfer is not heard."""
    heard: list[int] = []
    half = "x" * (MAX_MESSAGE_CHARACTERS // 2 + 1)
    house.gate.courses = [
        steps(
            Delta(half),
            Delta(half),
            lambda: heard.append(1),
            Delta("more"),
            DONE,
        )
    ]
    ended = house.ask(AskFor(text="All of it?"))
    assert (ended.message.state, ended.error) == (MessageState.COMPLETE, None)
    assert len(ended.message.text) == MAX_MESSAGE_CHARACTERS
    assert ended.message.figures is not None
    assert ended.message.figures.finish_reason is FinishReason.LENGTH
    assert heard == []


def test_a_child_that_talks_nonsense_is_not_believed(house: CloudHouse) -> None:
    """Its frame is none of ours."""
    house.gate.courses = [steps(Delta("Lis"), Data(b"Zwhatever"), DONE)]
    ended = house.ask(AskFor(text="Capital?"))
    assert isinstance(ended.error, TransferFailed)
    assert ended.error.failure is Failure.CHILD
    assert (ended.message.text, ended.message.state) == ("Lis", MessageState.FAILED)


@pytest.mark.logs_problems
def test_a_bug_ends_the_run_all_the_same(house: CloudHouse) -> None:
    """With an event, as a bug, and with what came."""
    house.gate.courses = [steps(Delta("Lis"), ZeroDivisionError())]
    ended = house.ask(AskFor(text="Capital?"))
    assert ended.error is not None
    assert ended.error.code == "bug"
    assert (ended.message.text, ended.message.state) == ("Lis", MessageState.FAILED)


def test_a_vault_that_is_closed_meanwhile(house: CloudHouse) -> None:
    """Hush locked: the run ends with an event; what was durable is found at the next start."""
    house.gate.courses = [steps(Delta("Lis"), house.vaults.close, Delta("bon"), STOP, DONE)]
    ended = house.ask(AskFor(text="Capital?"))
    assert isinstance(ended.error, HushError)
    assert ended.message.state is MessageState.FAILED


@pytest.mark.parametrize("by", [By.PERSON, By.TRUST])
def test_a_trusted_box_wants_a_press_too(house: CloudHouse, by: By) -> None:
    """Trust spares the look, not the press: the approval is used up like any other."""
    house.shelf.trust(house.box.id, trusted=True).result(10)
    box = next(one for one in house.shelf.known if one.id == house.box.id)
    composed = house.seen(AskFor(text="Capital?"), box.id)
    assert house.cloud.may_skip(composed)
    approval = house.gate.approve(composed.request, by)
    assert house.ended(house.cloud.send(composed, approval)).error is None
    with pytest.raises(ApprovalRefused):
        house.cloud.send(composed, approval).saved.result(10)
