"""One chat message, from Enter to its final row, as docs/architecture.md tells it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from assistant.errors import (
    Bug,
    EmptyMessage,
    EngineDied,
    InputRefused,
    MessageTooLong,
    ModelMissing,
    NotFound,
    StorageFull,
)
from assistant.events import ContextBuilt, PromptRead, ReplyBegan, ReplyEnded, ReplyText
from assistant.records import FinishReason, MessageState, Role
from assistant.reply import FLUSH_SECONDS, FLUSH_TOKENS, ChunkWriter
from assistant.settings import Settings
from assistant.store import message_rows
from assistant.text import MAX_MESSAGE_CHARACTERS
from tests.fakes.engine import FakeEngine
from tests.unit.services import Services


@pytest.fixture
def services() -> Iterator[Services]:
    """Services over a fake engine that echoes."""
    services = Services()
    yield services
    services.close()


def test_an_exchange_is_told_and_kept(services: Services) -> None:
    """Events in order, the text whole, and the same text in the store."""
    run = services.chat.send(None, "Hello there")
    events = services.until(ReplyEnded, run)
    kinds = [type(event) for event in events if not isinstance(event, ReplyText)]
    assert kinds[-4:] == [ReplyBegan, ContextBuilt, PromptRead, ReplyEnded]
    said = "".join(event.text for event in events if isinstance(event, ReplyText))
    exchange = run.saved.result()
    question, answer = services.thread(exchange.conversation.id).messages
    assert (question.role, question.text) == (Role.USER, "Hello there")
    assert (answer.role, answer.state) == (Role.ASSISTANT, MessageState.COMPLETE)
    assert answer.text == said == "You said: Hello there"
    assert answer.figures
    assert answer.figures.reply_tokens == 4
    assert answer.figures.finish_reason is FinishReason.STOP


def test_question_is_saved_before_anything_is_generated(services: Services) -> None:
    """When the engine sees the request, both rows are committed."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello")
    exchange = run.saved.result(10)
    stored = services.thread(exchange.conversation.id).messages
    assert [message.state for message in stored] == [MessageState.COMPLETE, MessageState.STREAMING]
    services.engine.gate.set()
    assert services.ended(run).message.state is MessageState.COMPLETE


def test_the_model_sees_the_conversation(services: Services) -> None:
    """System text, then the turns in order."""
    first = services.ask("one")
    services.ask("two", first.conversation_id)
    turns = services.engine.requests[-1].turns
    assert [(turn.role, turn.text) for turn in turns] == [
        ("system", services.settings.system_prompt),
        ("user", "one"),
        ("assistant", "You said: one"),
        ("user", "two"),
    ]


def test_settings_reach_the_engine(services: Services) -> None:
    """Reply length and sampling are those of the moment of sending."""
    services.settings = Settings(reply_tokens=16, temperature=0.7, top_p=0.5, min_p=0.1, seed=42)
    answer = services.ask("word " * 40)
    request = services.engine.requests[-1]
    assert request.max_tokens == 16
    assert (request.sampling.temperature, request.sampling.seed) == (0.7, 42)
    assert answer.figures
    assert answer.figures.finish_reason is FinishReason.LENGTH


@pytest.mark.parametrize("text", ["", "  \n\t ", "\u00a0"])
def test_nothing_to_send(services: Services, text: str) -> None:
    """Refused at once; no conversation appears."""
    with pytest.raises(EmptyMessage):
        services.chat.send(None, text)
    assert services.conversations.list().result() == []


def test_ten_megabytes_are_refused_at_once(services: Services) -> None:
    """With the size and the limit in the sentence."""
    with pytest.raises(MessageTooLong) as problem:
        services.chat.send(None, "x" * 10_000_000)
    assert "10,000,000" in problem.value.message
    assert f"{MAX_MESSAGE_CHARACTERS:,}" in problem.value.message


def test_longest_message_is_kept_whole_and_cut_for_the_model(services: Services) -> None:
    """The store keeps every character; the model gets what fits; the person is told."""
    text = "word " * (MAX_MESSAGE_CHARACTERS // 5)
    run = services.chat.send(None, text)
    events = services.until(ReplyEnded, run)
    began = next(event for event in events if isinstance(event, ReplyBegan))
    assert "middle of your message" in began.left_out
    assert began.prompt_tokens <= services.settings.context_tokens
    end = events[-1]
    assert isinstance(end, ReplyEnded)
    assert end.message.figures
    assert end.message.figures.omitted_tokens > 0
    assert services.thread(end.conversation.id).messages[0].text == text


@pytest.mark.parametrize("text", ["a\0b", "lone \ud800 surrogate", "עברית 👩\u200d👧 ok", "a\r\nb"])
def test_odd_characters_survive(services: Services, text: str) -> None:
    """What can be stored is; what cannot becomes U+FFFD. Nothing fails."""
    answer = services.ask(text)
    stored = services.thread(answer.conversation_id).messages[0].text
    expected = text.replace("\0", "\ufffd").replace("\ud800", "\ufffd").replace("\r\n", "\n")
    assert stored == expected
    assert answer.state is MessageState.COMPLETE


def test_stop_keeps_what_was_written(services: Services) -> None:
    """During prefill: an empty, stopped answer; the conversation goes on."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello")
    run.saved.result(10)
    services.chat.stop(run.id)
    message = services.ended(run).message
    assert (message.state, message.text) == (MessageState.STOPPED, "")
    services.engine.gate.set()
    assert services.ask("Again", message.conversation_id).state is MessageState.COMPLETE


def test_stop_while_queued(services: Services) -> None:
    """A reply that waits behind another can be stopped while that one is being written."""
    services.engine.gate.clear()
    first = services.chat.send(None, "first")
    second = services.chat.send(None, "second")
    second.saved.result(10)
    services.chat.stop(second.id)
    assert services.ended(second).message.state is MessageState.STOPPED
    services.engine.gate.set()
    assert services.ended(first).message.state is MessageState.COMPLETE
    assert len(services.engine.requests) == 1


def test_one_reply_per_conversation(services: Services) -> None:
    """A second question waits for the person, not in a queue they cannot see."""
    services.engine.gate.clear()
    run = services.chat.send(None, "first")
    conversation = run.saved.result(10).conversation.id
    with pytest.raises(InputRefused):
        services.chat.send(conversation, "second")
    services.engine.gate.set()
    services.ended(run)
    assert services.ask("second", conversation).state is MessageState.COMPLETE


def test_dead_engine_keeps_the_partial_answer() -> None:
    """One clear error; the text so far is in the store; the next turn works; Continue works."""
    services = Services(engine=FakeEngine(die_after=3))
    run = services.chat.send(None, "one two three")
    end = services.ended(run)
    assert isinstance(end.error, EngineDied)
    assert (end.message.state, end.message.text) == (MessageState.FAILED, "You said: one ")
    assert end.message.failure == "engine-died"
    services.engine.die_after = None
    resumed = services.ended(services.chat.resume(end.message.id)).message
    assert resumed.id == end.message.id
    assert (resumed.state, resumed.text) == (MessageState.COMPLETE, "You said: one two three")
    services.close()


def test_missing_model_fails_the_answer_not_the_question() -> None:
    """The question is kept, the reason is told."""
    services = Services(engine=FakeEngine(load_error=ModelMissing("The model file is not there.")))
    run = services.chat.send(None, "Hello")
    end = services.ended(run)
    assert isinstance(end.error, ModelMissing)
    assert services.thread(end.conversation.id).messages[0].text == "Hello"
    services.close()


def test_regenerate_stands_beside_the_first(services: Services) -> None:
    """Two variants; both can be shown."""
    first = services.ask("Hello")
    run = services.chat.regenerate(first.id)
    second = services.ended(run).message
    thread = services.thread(first.conversation_id)
    assert [message.id for message in thread.messages][-1] == second.id
    assert (thread.messages[-1].variant, thread.messages[-1].variants) == (2, 2)
    shown = services.conversations.show_variant(second.id, -1).result()
    assert shown.messages[-1].id == first.id


def test_edit_keeps_the_first_version(services: Services) -> None:
    """The edited question starts a new branch; stepping back shows the old one and its answer."""
    first = services.ask("Hello")
    old_question, _ = services.thread(first.conversation_id).messages
    services.ended(services.chat.edit(old_question.id, "Good day"))
    question, answer = services.thread(first.conversation_id).messages
    assert (question.text, answer.text) == ("Good day", "You said: Good day")
    assert (question.variant, question.variants) == (2, 2)
    back = services.conversations.show_variant(question.id, -1).result().messages
    assert [message.text for message in back] == ["Hello", "You said: Hello"]


def test_only_the_right_kind_of_message(services: Services) -> None:
    """Editing an answer, or regenerating a question, is refused and changes nothing."""
    answer = services.ask("Hello")
    question = services.thread(answer.conversation_id).messages[0]
    with pytest.raises(NotFound):
        services.chat.edit(answer.id, "no").saved.result(10)
    with pytest.raises(NotFound):
        services.chat.regenerate(question.id).saved.result(10)
    with pytest.raises(NotFound):
        services.chat.send(999, "nobody").saved.result(10)
    assert len(services.thread(answer.conversation_id).messages) == 2
    assert services.ask("still works", answer.conversation_id).state is MessageState.COMPLETE


def test_text_becomes_durable_every_32_tokens_or_250_ms(services: Services) -> None:
    """A chunk is committed when enough has gathered; ``rest`` tells what is not durable yet."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello")
    answer = run.saved.result(10).answer
    writer = ChunkWriter(services.vault, answer.id, services.clock)

    def stored() -> str:
        return services.vault.read(lambda c: message_rows.get(c, answer.id)).result().text

    for _ in range(FLUSH_TOKENS - 1):
        writer.add("a", 1)
    assert stored() == ""
    writer.add("a", 1)
    assert stored() == "a" * FLUSH_TOKENS
    services.clock.advance(FLUSH_SECONDS)
    writer.add("b", 1)
    assert stored() == "a" * FLUSH_TOKENS + "b"
    writer.add("c", 1)
    assert writer.rest() == (2, "c")
    assert writer.text == "a" * FLUSH_TOKENS + "bc"


class FailingDisk:
    """Fails chosen writes of a vault: the ``nth`` chunk, and from then on as told.

    Args:
        services: Whose vault.
        nth: The first chunk that fails, from 0.
        heals: Whether the writes after it work again.
    """

    def __init__(self, services: Services, nth: int, *, heals: bool) -> None:
        self._write = services.vault.write
        self._left = nth
        self._heals = heals
        self._failed = False
        services.vault.write = self.write  # type: ignore[method-assign] # a disk with a bad moment

    def write(self, work: Any) -> Future[Any]:
        """As ``Vault.write``."""
        is_chunk = getattr(work, "func", None) is message_rows.append_chunk
        is_end = getattr(getattr(work, "func", None), "__name__", "") == "_merge"
        self._left -= is_chunk
        fails = (is_chunk and self._left < 0 and not self._failed) or (
            self._failed and not self._heals and (is_chunk or is_end)
        )
        if not fails:
            return self._write(work)
        self._failed = True

        def full(_: object) -> None:
            raise StorageFull("The disk is full.", "Free some space.")

        return self._write(full)


@pytest.mark.parametrize("nth", [0, 2, 12])
def test_a_chunk_that_failed_is_saved_at_the_end(nth: int) -> None:
    """A disk that fails one chunk, first, middle or last, and works again: no text is missing."""
    services = Services(engine=FakeEngine(lambda request: "".join(f"w{n} " for n in range(410))))
    FailingDisk(services, nth, heals=True)
    run = services.chat.send(None, "Hello")
    events = services.until(ReplyEnded, run)
    said = "".join(event.text for event in events if isinstance(event, ReplyText))
    end = events[-1]
    assert isinstance(end, ReplyEnded)
    assert services.thread(end.conversation.id).messages[1].text == end.message.text == said
    assert end.error is None or isinstance(end.error, StorageFull)
    services.close()


def test_full_disk_stops_the_reply_and_says_so() -> None:
    """A disk that stays full ends the reply; what is stored is a beginning of what was said."""
    services = Services(engine=FakeEngine(lambda request: "".join(f"w{n} " for n in range(410))))
    FailingDisk(services, 2, heals=False)
    run = services.chat.send(None, "Hello")
    events = services.until(ReplyEnded, run)
    end = events[-1]
    assert isinstance(end, ReplyEnded)
    assert isinstance(end.error, StorageFull)
    assert end.message.state is MessageState.FAILED
    said = "".join(event.text for event in events if isinstance(event, ReplyText))
    assert end.message.text == said
    stored = services.thread(end.conversation.id).messages[1].text
    assert stored
    assert said.startswith(stored)
    services.close()


@pytest.mark.logs_problems
def test_a_bug_in_the_store_still_ends_the_run() -> None:
    """Whatever goes wrong at the end, ``ReplyEnded`` comes, and the next question is answered."""
    services = Services()
    real, failed = services.vault.write, []

    def write(work: Any) -> Future[Any]:
        if getattr(getattr(work, "func", None), "__name__", "") == "_merge" and not failed:
            failed.append(True)
            return real(lambda _: [][0])
        return real(work)

    services.vault.write = write  # type: ignore[method-assign] # a bug of ours
    end = services.ended(services.chat.send(None, "Hello"))
    assert isinstance(end.error, Bug)
    assert services.ask("Again").state is MessageState.COMPLETE
    services.close()


def test_engine_that_died_unseen_is_replaced_before_the_next_turn(services: Services) -> None:
    """Killed while idle: nobody has to ask twice."""
    first = services.ask("one")
    services.engine.die()
    answer = services.ask("two", first.conversation_id)
    assert (answer.state, services.engine.loads) == (MessageState.COMPLETE, 2)


def test_only_one_reply_in_a_conversation_whatever_is_asked(services: Services) -> None:
    """Regenerate, edit and Continue wait for the person too; nothing is written for them."""
    answer = services.ask("Hello")
    question = services.thread(answer.conversation_id).messages[0]
    services.engine.gate.clear()
    run = services.chat.regenerate(answer.id)
    run.saved.result(10)
    for ask in (
        lambda: services.chat.regenerate(answer.id),
        lambda: services.chat.edit(question.id, "no"),
        lambda: services.chat.resume(answer.id),
    ):
        with pytest.raises(InputRefused):
            ask().saved.result(10)
    services.engine.gate.set()
    services.ended(run)
    assert services.thread(answer.conversation_id).messages[-1].variants == 2


def test_follow_up_on_a_long_paste_sees_it_and_its_answer(services: Services) -> None:
    """The paste is shortened, not pushed out with its answer."""
    first = services.ask("word " * 5000)
    run = services.chat.send(first.conversation_id, "And then?")
    began = next(e for e in services.until(ReplyEnded, run) if isinstance(e, ReplyBegan))
    turns = services.engine.requests[-1].turns
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    assert "shortened" in began.left_out


def test_deleting_stops_the_reply_and_can_be_undone(services: Services) -> None:
    """Delete while it writes: it stops; undo brings the conversation back with what was there."""
    services.engine.gate.clear()
    run = services.chat.send(None, "Hello")
    conversation = run.saved.result(10).conversation
    services.conversations.delete(conversation.id).result()
    assert services.ended(run).message.state is MessageState.STOPPED
    assert services.conversations.list().result() == []
    services.conversations.restore(conversation.id).result()
    assert [c.id for c in services.conversations.list().result()] == [conversation.id]


def test_deleted_is_gone_after_thirty_seconds(services: Services) -> None:
    """Before that undo works; after it nothing is left."""
    answer = services.ask("Hello")
    services.conversations.delete(answer.conversation_id).result()
    services.clock.advance(29)
    assert services.conversations.purge().result() == 0
    services.clock.advance(2)
    assert services.conversations.purge().result() == 1
    with pytest.raises(NotFound):
        services.conversations.restore(answer.conversation_id).result()


def test_titles_come_from_the_first_message_and_can_be_changed(services: Services) -> None:
    """Searching finds them in any case, in any script."""
    answer = services.ask("Packliste für ÖSTERREICH\nmehr")
    services.ask("Something else")
    assert services.thread(answer.conversation_id).conversation.title == "Packliste für ÖSTERREICH"
    found = services.conversations.list("österreich").result()
    assert [c.id for c in found] == [answer.conversation_id]
    services.conversations.rename(answer.conversation_id, "  Reise\nplan ").result()
    assert services.thread(answer.conversation_id).conversation.title == "Reise"
    with pytest.raises(InputRefused):
        services.conversations.rename(answer.conversation_id, " \n ")


def test_export_is_markdown(services: Services) -> None:
    """Title, names and texts."""
    answer = services.ask("Hello")
    text = services.conversations.export_markdown(answer.conversation_id).result()
    assert text.startswith("# Hello\n")
    assert "## You · " in text
    assert "You said: Hello" in text
