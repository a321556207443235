"""Many turns with the real engine: with a full context, too, each pays its own words only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import pytest

from assistant.engine.process import ChildEngine
from assistant.records import ReplyFigures
from assistant.settings import Settings
from assistant.store import summary_rows
from tests.fakes.engine import FakeEngine
from tests.unit.services import Services

TURNS = 14
OWN_WORDS = 80
"""Tokens of a question and of the marks around it, and of the last word read ahead."""

TALK = (
    "This morning I got up early, made some coffee, read the paper in the kitchen, fed the birds "
    "on the balcony, and then went down to the garden behind the house to look after the roses."
)
THINGS = ("apples", "trains", "the sea", "Otto the cat", "a long walk", "rain", "bread")


@pytest.fixture
def services() -> Iterator[Services]:
    """Over the starter model, with the least context there is."""
    settings = Settings(
        context_tokens=512, reply_tokens=16, temperature=0, system_prompt="Answer with one word."
    )
    engine = cast("FakeEngine", ChildEngine())  # nothing of a fake's own is used here
    services = Services(engine=engine, settings=settings)
    yield services
    services.close()


@pytest.mark.timeout(300)  # some seconds on a quiet machine, minutes on a busy one
def test_no_turn_reads_the_whole_prompt_again(services: Services) -> None:
    """Between two turns there is time: what leaves is summarised, and the rest read anew."""
    conversation: int | None = None
    found: list[ReplyFigures] = []
    for number in range(TURNS):
        question = f"{TALK} My neighbour and I talked about {THINGS[number % len(THINGS)]}."
        answer = services.ask(question, conversation)
        conversation = answer.conversation_id
        assert answer.figures
        found.append(answer.figures)
        services.rest()
    assert max(one.prompt_tokens for one in found) > 300
    read = [one.prompt_tokens - one.reused_tokens for one in found[1:]]
    assert max(read) <= OWN_WORDS
    assert sum(one.omitted_messages for one in found) == 0
    path = services.vault.read(lambda c: summary_rows.on_path(c, answer.id)).result(10)
    assert len(path) >= 2
