"""The contract of ``Engine``, passed by the real llama.cpp child and by the deterministic fake."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Cancel,
    Engine,
    EngineOptions,
    Finished,
    GenerationRequest,
    ModelInfo,
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


class TestFakeEngine(EngineContract):
    """The fake that other tests rely on."""

    @pytest.fixture
    def engine(self) -> Engine:
        return FakeEngine(lambda request: request.continue_from + LONG_STORY)

    @pytest.fixture
    def info(self, engine: Engine) -> ModelInfo:
        return engine.load(starter_model(), EngineOptions(self.cap))


class TestChildEngine(EngineContract):
    """llama.cpp with the starter model, in its child process."""

    @pytest.fixture
    def engine(self) -> Iterator[Engine]:
        engine = ChildEngine()
        yield engine
        engine.close()

    @pytest.fixture
    def info(self, engine: Engine) -> ModelInfo:
        return engine.load(starter_model(), EngineOptions(self.cap))


def text_of(engine: Engine, request: GenerationRequest) -> str:
    """All the text of one reply."""
    events = engine.generate(request)
    return "".join(event.text for event in events if isinstance(event, Piece))
