"""Asking a real server: the gate, its ledger, a net child with openai's client, TLS, a tunnel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.chat import Run
from assistant.cloud.protocols import AskFor
from assistant.cloud.records import Composed
from assistant.events import ReplyEnded
from assistant.net.records import Failure, TransferFailed
from assistant.records import FinishReason, MessageState
from tests.certificates import Authority
from tests.cloud_server import ANSWER, HOSTED, MODEL, Manner, echoing, page, refusing, saying
from tests.trials.cloud_races import KEY, SECONDS, World, ended_of, world_at

pytestmark = pytest.mark.cloud


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A house and its server."""
    certificate = Authority(tmp_path).sign(host=HOSTED)
    with world_at(tmp_path / "vault.db", certificate) as made:
        yield made


def sent(world: World, text: str = "Capital of Portugal?") -> tuple[Composed, Run]:
    """Look, approve, send."""
    preview = world.cloud.preview(AskFor(text=text), lambda: None).result(SECONDS)
    assert preview.composed is not None
    composed = preview.settle(preview.composed.version)
    run = world.cloud.send(composed, world.gate.approve(composed.request))
    world.cloud.leave(preview)
    return composed, run


def asked(world: World, text: str = "Capital of Portugal?") -> ReplyEnded:
    """The same, to its end."""
    return ended_of(world, sent(world, text)[1].id)


def test_an_answer_comes_whole(world: World) -> None:
    """What came to the server is what was seen; its usage is in the figures."""
    composed, run = sent(world)
    ended = ended_of(world, run.id)
    assert ended.error is None
    assert (ended.message.text, ended.message.state) == (ANSWER, MessageState.COMPLETE)
    figures = ended.message.figures
    assert figures is not None
    assert (figures.model, figures.prompt_tokens, figures.reply_tokens) == (MODEL, 12, 7)
    assert figures.finish_reason is FinishReason.STOP
    (came,) = world.server.asked
    assert came.body == composed.request.body
    assert came.headers["authorization"] == f"Bearer {KEY}"
    (row,) = world.ledger.rows().result(SECONDS)
    assert (row.host, row.payload_sha256) == (HOSTED, composed.request.payload_sha256)
    assert row.result == "ok"


def test_the_server_sees_no_value_and_the_person_does(world: World) -> None:
    """Placeholders go out, what they stand for comes back."""
    world.server.manners = [Manner(pieces=echoing)]
    ended = asked(world, "Where is anna@example.org?")
    assert ended.message.text == "Where is anna@example.org?"
    assert b"anna@" not in world.server.asked[0].body
    assert b"[EMAIL_1]" in world.server.asked[0].body


@pytest.mark.parametrize(
    ("manner", "failure", "status"),
    [
        (refusing(401, code="invalid_api_key"), Failure.STATUS, 401),
        (refusing(429, retry_after="20"), Failure.STATUS, 429),
        (page(), Failure.NOT_HTTP, 0),
        (Manner(pieces=saying("Lis", finish=None, done=False)), Failure.CUT, 0),
    ],
    ids=["401", "429", "a page", "no end"],
)
def test_a_server_that_does_otherwise(
    world: World, manner: Manner, failure: Failure, status: int
) -> None:
    """It is told apart; what came is kept, and it was asked once."""
    world.server.manners = [manner]
    ended = asked(world)
    assert isinstance(ended.error, TransferFailed)
    assert (ended.error.failure, ended.error.status) == (failure, status)
    assert ended.error.retry_after == (20 if status == 429 else 0)
    assert ended.message.state is MessageState.FAILED
    assert ended.message.text == ("Lis" if failure is Failure.CUT else "")
    assert len(world.server.asked) == 1


@pytest.mark.parametrize("how", ["stop", "local-only"])
def test_an_answer_is_ended_in_the_middle(world: World, how: str) -> None:
    """By the person, or by whoever lets nothing leave any more: at once, and the words stay."""
    world.server.manners = [Manner(stall_at=2)]
    _, run = sent(world)
    assert world.server.stalled.acquire(timeout=SECONDS)
    if how == "stop":
        world.runs.stop(run.id)
    else:
        world.gate.stop_all()
    ended = ended_of(world, run.id)
    stopped = how == "stop"
    assert ended.message.state is (MessageState.STOPPED if stopped else MessageState.FAILED)
    assert (ended.error is None) == stopped
    assert ANSWER.startswith(ended.message.text)
    (row,) = world.ledger.rows().result(SECONDS)
    assert row.result == "cancelled"


def test_a_connection_is_tested(world: World) -> None:
    """It says which models it has."""
    room = world.cloud.providers
    approval = world.gate.approve(room.test_request(room.known[0]))
    assert room.test(room.known[0], approval).result(SECONDS) == (MODEL, "large-1")
    assert world.server.asked[0].method == "GET"
