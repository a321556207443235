"""The contract of ``Engine``, passed by the real llama.cpp child and by the deterministic fake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Engine,
    EngineOptions,
    Finished,
    GenerationRequest,
    ModelInfo,
    Pace,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineDied, PromptTooLong
from assistant.records import FinishReason
from models.starter import starter_model
from tests.fakes.engine import FakeEngine

QUESTION = (Turn("system", "You are a helpful assistant."), Turn("user", "Tell a long story."))
GREEDY = Sampling(temperature=0)
TALK = (Turn("system", "Answer in verse."), Turn("user", "the river runs to the sea " * 8))
OTHER_TALK = (Turn("system", "Count sheep."), Turn("user", "one sheep and another sheep " * 8))
LONG_STORY = "once upon a time " * 400


class EngineContract:
    """What every engine does. Subclasses give ``engine`` and ``info``, loaded at 512 tokens."""

    cap: ClassVar[int] = 512

    def test_tells_what_it_loaded(self, info: ModelInfo) -> None:
        """The context is what was asked for, and the template's overhead was measured."""
        assert info.context_tokens == self.cap
        assert info.threads >= 1
        assert info.template_turn_tokens > 0

    def test_yields_prefilled_pieces_finished(self, engine: Engine, info: ModelInfo) -> None:
        """The order of events, and that figures add up."""
        events = list(engine.generate(GenerationRequest(QUESTION, 16, GREEDY)))
        assert isinstance(events[0], Prefilled)
        assert isinstance(events[-1], Finished)
        pieces = events[1:-1]
        assert pieces
        assert all(isinstance(event, Piece) for event in pieces)
        assert sum(event.tokens for event in pieces if isinstance(event, Piece)) == 16
        assert events[-1].reply_tokens == 16
        assert events[-1].reason is FinishReason.LENGTH

    def test_same_request_same_answer(self, engine: Engine, info: ModelInfo) -> None:
        """Greedy, and with a seed, an answer can be had again."""
        for sampling in (GREEDY, Sampling(temperature=0.9, seed=7)):
            request = GenerationRequest(QUESTION, 12, sampling)
            assert text_of(engine, request) == text_of(engine, request)

    def test_stop_string_ends_and_is_not_said(self, engine: Engine, info: ModelInfo) -> None:
        """A stop string ends the reply; it and what follows are not part of it."""
        whole = text_of(engine, GenerationRequest(QUESTION, 40, GREEDY))
        stop = whole.split()[3]
        request = GenerationRequest(QUESTION, 40, GREEDY, stop=(stop,))
        events = list(engine.generate(request))
        text = "".join(event.text for event in events if isinstance(event, Piece))
        assert stop not in text
        assert whole.startswith(text)
        assert isinstance(events[-1], Finished)
        assert events[-1].reason is FinishReason.STOP

    def test_continues_from(self, engine: Engine, info: ModelInfo) -> None:
        """What stands already is not said again."""
        begun = "Once upon a time "
        request = GenerationRequest(QUESTION, 8, GREEDY, continue_from=begun)
        text = text_of(engine, request)
        assert text
        assert not text.startswith(begun)

    def test_prompt_longer_than_the_context_is_refused(
        self, engine: Engine, info: ModelInfo
    ) -> None:
        """Never truncated silently; and the engine goes on afterwards."""
        turns = (Turn("user", "word " * 2 * self.cap),)
        with pytest.raises(PromptTooLong):
            list(engine.generate(GenerationRequest(turns, 8)))
        assert text_of(engine, GenerationRequest(QUESTION, 4, GREEDY))

    def test_context_ends_the_reply(self, engine: Engine, info: ModelInfo) -> None:
        """A reply may not pass the cap, whatever its limit is."""
        turns = (*QUESTION[:1], Turn("user", "story " * 440))
        events = list(engine.generate(GenerationRequest(turns, 10_000, GREEDY)))
        first, last = events[0], events[-1]
        assert isinstance(first, Prefilled)
        assert isinstance(last, Finished)
        assert first.prompt_tokens + last.reply_tokens <= self.cap

    def test_cancel_while_writing(self, engine: Engine, info: ModelInfo) -> None:
        """Asked from another thread, the reply ends early and says why."""
        cancel = Cancel()
        seen = 0
        last = None
        for event in engine.generate(GenerationRequest(QUESTION, 400, GREEDY), cancel):
            last = event
            if isinstance(event, Piece):
                seen += 1
                if seen == 3:
                    asker = threading.Thread(target=cancel.ask)
                    asker.start()
                    asker.join()
        assert isinstance(last, Finished)
        assert last.reason is FinishReason.CANCELLED
        assert seen < 400

    def test_cancel_before_the_start(self, engine: Engine, info: ModelInfo) -> None:
        """A cancel that comes first is not lost: no prefill, no text."""
        cancel = Cancel()
        cancel.ask()
        events = list(engine.generate(GenerationRequest(QUESTION, 50, GREEDY), cancel))
        assert len(events) == 1
        assert isinstance(events[0], Finished)
        assert events[0].reason is FinishReason.CANCELLED

    def test_cancel_counts_once(self, engine: Engine, info: ModelInfo) -> None:
        """The next reply is whole."""
        cancel = Cancel()
        cancel.ask()
        list(engine.generate(GenerationRequest(QUESTION, 50, GREEDY), cancel))
        assert text_of(engine, GenerationRequest(QUESTION, 8, GREEDY))

    def test_closing_the_iterator_cancels(self, engine: Engine, info: ModelInfo) -> None:
        """A caller that looks away leaves nothing behind for the next one."""
        whole = text_of(engine, GenerationRequest(QUESTION, 8, GREEDY))
        events = engine.generate(GenerationRequest(QUESTION, 400, GREEDY))
        assert isinstance(next(events), Prefilled)
        next(events)
        events.close()  # type: ignore[attr-defined] # both are generators
        assert text_of(engine, GenerationRequest(QUESTION, 8, GREEDY)) == whole

    def test_counts_tokens(self, engine: Engine, info: ModelInfo) -> None:
        """Counting is additive enough to budget with, and empty text costs nothing."""
        assert engine.count([]) == []
        empty, word, words = engine.count(["", "word", "word word word"])
        assert empty == 0
        assert 0 < word < words

    def test_closed_engine_says_so_and_loads_again(self, engine: Engine, info: ModelInfo) -> None:
        """After ``close`` everything but ``load`` raises ``EngineDied``."""
        engine.close()
        engine.close()
        with pytest.raises(EngineDied):
            engine.count(["word"])
        with pytest.raises(EngineDied):
            list(engine.generate(GenerationRequest(QUESTION, 4)))
        engine.load(starter_model(), EngineOptions(self.cap))
        assert engine.count(["word"]) == [1]

    def test_what_was_read_ahead_is_not_read_again(self, engine: Engine, info: ModelInfo) -> None:
        """Nothing but closing marks is left; and reading ahead twice reads nothing."""
        request = GenerationRequest(QUESTION, 4, GREEDY, cache_key=1)
        ahead = engine.prefill(request)
        again = engine.prefill(request)
        assert ahead
        assert again
        assert again.reused_tokens == again.prompt_tokens == ahead.prompt_tokens
        assert ahead.prompt_tokens <= prefilled(engine, request).prompt_tokens
        assert prefilled(engine, request).reused_tokens >= ahead.prompt_tokens - 1

    def test_a_draft_grows_word_by_word(self, engine: Engine, info: ModelInfo) -> None:
        """Each reading ahead goes on where the last one ended, but for a word cut in two."""
        begun = (*QUESTION[:1], Turn("user", "Tell a long story about a"))
        ahead = engine.prefill(GenerationRequest(begun, 4, cache_key=1))
        grown = (*QUESTION[:1], Turn("user", "Tell a long story about a dragon"))
        assert ahead
        read = prefilled(engine, GenerationRequest(grown, 4, GREEDY, cache_key=1))
        assert read.reused_tokens >= ahead.prompt_tokens - 1

    def test_reading_ahead_changes_no_answer(self, engine: Engine, info: ModelInfo) -> None:
        """The reply is the same as without it."""
        request = GenerationRequest(QUESTION, 12, GREEDY)
        whole = text_of(engine, request)
        engine.prefill(GenerationRequest(TALK, 12, GREEDY, cache_key=1))
        engine.prefill(request)
        assert text_of(engine, request) == whole

    def test_a_prompt_too_long_is_not_read_ahead(self, engine: Engine, info: ModelInfo) -> None:
        """It is refused as ``generate`` would."""
        with pytest.raises(PromptTooLong):
            engine.prefill(GenerationRequest((Turn("user", "word " * 2 * self.cap),), 8))

    def test_reading_ahead_can_be_cancelled(self, engine: Engine, info: ModelInfo) -> None:
        """It tells so, and the next request is heard."""
        cancel = Cancel()
        cancel.ask()
        assert engine.prefill(GenerationRequest(QUESTION, 4), cancel) is None
        assert text_of(engine, GenerationRequest(QUESTION, 4, GREEDY))

    def test_switching_back_reads_nothing_twice(self, engine: Engine, info: ModelInfo) -> None:
        """Conversations, and a task that is nobody's, leave each other's state alone."""
        one = GenerationRequest(TALK, 8, GREEDY, cache_key=1)
        other = GenerationRequest(OTHER_TALK, 8, GREEDY, cache_key=2)
        task = GenerationRequest(QUESTION, 8, GREEDY)
        said = {}
        for request in (one, other):
            text_of(engine, request)
            # Again: a prompt read in one go and one read in parts may differ in the last digit.
            said[request.cache_key] = text_of(engine, request)
        for request in (one, task, other, task, one):
            first, *rest = engine.generate(request)
            assert isinstance(first, Prefilled)
            if request.cache_key:
                assert first.reused_tokens == first.prompt_tokens - 1
                text = "".join(event.text for event in rest if isinstance(event, Piece))
                assert text == said[request.cache_key]

    @pytest.mark.parametrize("active", [True, False])
    def test_forgets(self, engine: Engine, info: ModelInfo, active: bool) -> None:
        """What is kept of a conversation goes, whether it was the last one or not."""
        request = GenerationRequest(TALK, 4, GREEDY, cache_key=1)
        read = prefilled(engine, request)
        if not active:
            prefilled(engine, GenerationRequest(OTHER_TALK, 4, GREEDY, cache_key=2))
        engine.forget([1, 99])
        assert prefilled(engine, request).reused_tokens < read.prompt_tokens // 2

    def test_paused_it_waits(self, engine: Engine, info: ModelInfo) -> None:
        """Nothing is read or written until another pace comes; then all of it."""
        engine.pace(Pace(paused=True))
        reply = Asking(engine, GenerationRequest(QUESTION, 8, GREEDY))
        assert not reply.ended(0.3)
        assert not reply.events
        engine.pace(Pace(threads=1, token_delay_ms=1))
        assert reply.ended(30)
        assert reply.last == FinishReason.LENGTH

    def test_a_pause_holds_for_the_next_load(self, engine: Engine, info: ModelInfo) -> None:
        """Loading goes on; the reply waits."""
        engine.pace(Pace(paused=True))
        engine.close()
        engine.load(starter_model(), EngineOptions(self.cap))
        reply = Asking(engine, GenerationRequest(QUESTION, 8, GREEDY))
        assert not reply.ended(0.3)
        engine.pace(Pace())
        assert reply.ended(30)

    def test_paused_in_the_middle_and_cancelled(self, engine: Engine, info: ModelInfo) -> None:
        """A cancel gets through a pause; and the next of two requests is answered."""
        reply = Asking(engine, GenerationRequest(QUESTION, 300, GREEDY), pause_after=3)
        assert reply.paused.wait(30)
        assert not reply.ended(0.3)
        assert len(reply.events) < 300
        reply.cancel.ask()
        assert reply.ended(30)
        assert reply.last == FinishReason.CANCELLED
        engine.pace(Pace())
        assert text_of(engine, GenerationRequest(QUESTION, 4, GREEDY))

    def test_ended_while_paused(self, engine: Engine, info: ModelInfo) -> None:
        """Whoever waits is told, and it loads again."""
        engine.pace(Pace(paused=True))
        reply = Asking(engine, GenerationRequest(QUESTION, 8, GREEDY))
        assert not reply.ended(0.3)
        engine.close()
        assert reply.ended(30)
        assert reply.died
        engine.pace(Pace())
        engine.load(starter_model(), EngineOptions(self.cap))
        assert text_of(engine, GenerationRequest(QUESTION, 4, GREEDY))

    def test_tells_its_memory(self, engine: Engine, info: ModelInfo) -> None:
        """Something while it is loaded, nothing once it has ended."""
        assert engine.memory_bytes > 0
        engine.close()
        assert engine.memory_bytes == 0

    def test_what_is_told_to_nobody_is_no_error(self, engine: Engine, info: ModelInfo) -> None:
        """A pace and a deleted conversation may come while no process runs."""
        engine.close()
        engine.pace(Pace(paused=True))
        engine.pace(Pace())
        engine.forget([1])
        with pytest.raises(EngineDied):
            engine.prefill(GenerationRequest(QUESTION, 4))


class Asking:
    """One request on a thread of its own, as the worker's.

    Args:
        pause_after: Pause the engine after so many events.
    """

    def __init__(self, engine: Engine, request: GenerationRequest, pause_after: int = 0) -> None:
        self.cancel = Cancel()
        self.events: list[object] = []
        self.died = False
        self.paused = threading.Event()
        self._engine, self._request, self._pause_after = engine, request, pause_after
        self._ended = threading.Event()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def last(self) -> FinishReason | None:
        """How it ended."""
        last = self.events[-1] if self.events else None
        return last.reason if isinstance(last, Finished) else None

    def ended(self, seconds: float) -> bool:
        """Whether it ends within so long."""
        return self._ended.wait(seconds)

    def _run(self) -> None:
        try:
            for event in self._engine.generate(self._request, self.cancel):
                self.events.append(event)
                if len(self.events) == self._pause_after:
                    self._engine.pace(Pace(paused=True))
                    self.paused.set()
        except EngineDied:
            self.died = True
        self._ended.set()


class TestFakeEngine(EngineContract):
    """The fake that other tests rely on."""

    @pytest.fixture
    def engine(self) -> Engine:
        return FakeEngine(lambda request: request.continue_from + LONG_STORY)

    @pytest.fixture
    def info(self, engine: Engine) -> ModelInfo:
        return engine.load(starter_model(), EngineOptions(self.cap))


@pytest.fixture(scope="module")
def child() -> Iterator[Engine]:
    """One child for all tests: starting it takes a second."""
    engine = ChildEngine()
    yield engine
    engine.close()


class TestChildEngine(EngineContract):
    """llama.cpp with the starter model, in its child process, which each test loads anew."""

    @pytest.fixture
    def engine(self, child: Engine) -> Engine:
        child.pace(Pace())
        return child

    @pytest.fixture
    def info(self, engine: Engine) -> ModelInfo:
        return engine.load(starter_model(), EngineOptions(self.cap))

    def test_nothing_is_left_to_read_after_a_whole_question(
        self, engine: Engine, info: ModelInfo
    ) -> None:
        """The logits of its last token are still there; after another decode they are not."""
        request = GenerationRequest(QUESTION, 12, GREEDY, cache_key=1)
        engine.prefill(request)
        first, *said = engine.generate(request)
        assert isinstance(first, Prefilled)
        assert first.reused_tokens == first.prompt_tokens
        again, *repeated = engine.generate(request)
        assert isinstance(again, Prefilled)
        assert again.reused_tokens == again.prompt_tokens - 1
        texts = [
            "".join(e.text for e in events if isinstance(e, Piece)) for events in (said, repeated)
        ]
        assert texts[0] == texts[1] != ""


def text_of(engine: Engine, request: GenerationRequest) -> str:
    """All the text of one reply."""
    events = engine.generate(request)
    return "".join(event.text for event in events if isinstance(event, Piece))


def prefilled(engine: Engine, request: GenerationRequest) -> Prefilled:
    """The first event of one reply, which is read to its end."""
    first, *_ = engine.generate(request)
    assert isinstance(first, Prefilled)
    return first
