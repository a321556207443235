"""Summaries and pins: kept with their messages, found along a path, gone with them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.errors import NotFound
from assistant.records import FIRST_PRIVATE_ID, MessageState, Summary
from assistant.store import conversation_rows as conversations
from assistant.store import message_rows as messages
from assistant.store import summary_rows as summaries
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.vaults import private_vault


@pytest.fixture
def vault() -> Iterator[Vault]:
    """In memory."""
    with Vault.in_memory() as opened:
        yield opened


def exchange(connection: Connection, conversation: int, parent: int | None) -> int:
    """A question and its answer; returns the answer's id."""
    asked = messages.add_question(connection, conversation, parent, "Why?", 1).id
    answer = messages.add_answer(connection, conversation, asked, 1).id
    messages.finish(connection, answer, MessageState.COMPLETE)
    return answer


def path(connection: Connection, exchanges: int) -> tuple[int, list[int]]:
    """A conversation and the ids of its answers."""
    made = conversations.create(connection, "Why", 1).id
    answers: list[int] = []
    for _ in range(exchanges):
        answers.append(exchange(connection, made, answers[-1] if answers else None))
    return made, answers


def test_found_along_the_path_earliest_first(vault: Vault) -> None:
    """Those of other branches are not; one at the path's own end is."""

    def work(connection: Connection) -> None:
        made, answers = path(connection, 4)
        branch = exchange(connection, made, answers[1])
        for place, text in ((2, "third"), (0, "first")):
            summaries.put(connection, answers[place], text)
        summaries.put(connection, branch, "aside")
        first, third = Summary(answers[0], "first"), Summary(answers[2], "third")
        assert summaries.on_path(connection, answers[3]) == (first, third)
        assert summaries.on_path(connection, answers[2]) == (first, third)
        assert summaries.on_path(connection, answers[1]) == (first,)
        assert summaries.on_path(connection, branch) == (first, Summary(branch, "aside"))

    vault.write(work).result()


def test_a_second_one_takes_the_place_of_the_first(vault: Vault) -> None:
    """There is one for each message, whatever characters it has."""

    def work(connection: Connection) -> None:
        _, (answer,) = path(connection, 1)
        summaries.put(connection, answer, "one")
        summaries.put(connection, answer, "two \ud800")
        assert summaries.on_path(connection, answer) == (Summary(answer, "two \ufffd"),)

    vault.write(work).result()


def test_none_for_a_message_that_is_gone(vault: Vault) -> None:
    """Deleted while it was being summarised."""
    with pytest.raises(NotFound):
        vault.write(lambda c: summaries.put(c, 7, "of nothing")).result()
    assert vault.read(lambda c: c.execute("SELECT * FROM summary").fetchall()).result() == []


def test_they_go_with_their_conversation(vault: Vault) -> None:
    """And no other's."""
    gone, answers = vault.write(lambda c: path(c, 2)).result()
    _, kept = vault.write(lambda c: path(c, 2)).result()
    for answer in (*answers, *kept):
        vault.write(lambda c, a=answer: summaries.put(c, a, "text")).result()  # type: ignore[misc] # bound now
    vault.write(lambda c: conversations.mark_deleted(c, gone, 1)).result()
    vault.write(lambda c: conversations.purge_deleted(c, 2)).result()
    left = vault.read(lambda c: c.execute("SELECT message_id FROM summary").fetchall()).result()
    assert [row[0] for row in left] == kept


def test_private_ones_live_with_the_private_messages() -> None:
    """By the same code, under ids that say so."""
    with private_vault() as vault:
        _, (answer,) = vault.write(lambda c: path(c, 1)).result()
        vault.write(lambda c: summaries.put(c, answer, "hidden")).result()
        found = vault.read(lambda c: summaries.on_path(c, answer)).result()
    assert [one.message_id >= FIRST_PRIVATE_ID for one in found] == [True]


def test_a_pin_is_set_and_taken_away(vault: Vault) -> None:
    """On questions and answers alike; the rest of the message stays as it is."""
    _, (answer,) = vault.write(lambda c: path(c, 1)).result()
    before = vault.read(lambda c: messages.ancestors(c, answer)).result()
    assert [message.pinned for message in before] == [False, False]
    for message in before:
        pinned = vault.write(lambda c, m=message: messages.pin(c, m.id, pinned=True)).result()  # type: ignore[misc] # bound now
        assert pinned.pinned
    vault.write(lambda c: messages.pin(c, answer, pinned=False)).result()
    after = vault.read(lambda c: messages.ancestors(c, answer)).result()
    assert [message.pinned for message in after] == [True, False]
    assert (after[1], after[0].text) == (before[1], before[0].text)


def test_a_pin_needs_a_message(vault: Vault) -> None:
    """It may be gone by then."""
    with pytest.raises(NotFound):
        vault.write(lambda c: messages.pin(c, 7, pinned=True)).result()
