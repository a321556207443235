"""The loop with the starter model: grammars, log-probabilities, sentences, seeds, a cancel."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from llama_cpp import llama_cpp as low

from assistant.engine.kv_cache import AbortFlag
from assistant.engine.llama import LlamaModel, silence
from assistant.engine.pacing import Pacer
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationRequest,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import SchemaRefused
from assistant.records import FinishReason
from models.starter import starter_model

GREEDY = Sampling(temperature=0)
STORY = GenerationRequest((Turn("user", "Tell me a story about a lighthouse."),), 24, GREEDY)
SCHEMA = json.dumps(
    {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 30},
            "mood": {"enum": ["happy", "sad"]},
            "stars": {"type": "integer"},
        },
    }
)


@pytest.fixture(scope="module")
def flag() -> AbortFlag:
    """What a cancel sets."""
    return AbortFlag()


@pytest.fixture(scope="module")
def model(flag: AbortFlag) -> Iterator[LlamaModel]:
    """The starter model, in this process."""
    silence()
    pacer = Pacer(lambda: flag.is_set)
    model = LlamaModel(starter_model(), EngineOptions(512, 1), flag, pacer)
    yield model
    model.close()


def reply(model: LlamaModel, request: GenerationRequest) -> tuple[str, list[Piece], Finished]:
    """One whole reply."""
    events = list(model.generate(request))
    pieces = [event for event in events if isinstance(event, Piece)]
    assert isinstance(events[0], Prefilled)
    assert isinstance(events[-1], Finished)
    assert sum(piece.tokens for piece in pieces) == events[-1].reply_tokens
    return "".join(piece.text for piece in pieces), pieces, events[-1]


def test_same_seed_same_reply(model: LlamaModel) -> None:
    """A seeded reply can be had again; another seed says something else."""
    hot = Sampling(temperature=1.0, seed=5)
    request = replace(STORY, max_tokens=12, sampling=hot)
    first, _, _ = reply(model, request)
    assert first == reply(model, request)[0]
    assert first != reply(model, replace(request, sampling=replace(hot, seed=6)))[0]


@pytest.mark.parametrize(
    "sampling", [GREEDY, Sampling(seed=1), Sampling(temperature=1.5, min_p=0, top_p=1, seed=2)]
)
def test_a_schema_is_obeyed(model: LlamaModel, sampling: Sampling) -> None:
    """Whatever the model would like to say, JSON's own parser reads what it says."""
    request = replace(STORY, max_tokens=120, sampling=sampling, schema=SCHEMA)
    text, _, finished = reply(model, request)
    assert finished.reason is FinishReason.STOP
    said = json.loads(text)
    assert list(said) == ["title", "mood", "stars"]
    assert len(said["title"]) <= 30
    assert said["mood"] in {"happy", "sad"}
    assert type(said["stars"]) is int


def test_a_schema_that_is_cut_off_says_so(model: LlamaModel) -> None:
    """Five tokens are too few for the object: the reason tells that it is not whole."""
    _, _, finished = reply(model, replace(STORY, max_tokens=5, schema=SCHEMA))
    assert finished.reason is FinishReason.LENGTH


def test_a_refused_schema_reads_nothing(model: LlamaModel) -> None:
    """It is refused before the prompt is read, and the next request is served."""
    events = model.generate(replace(STORY, schema='{"type": "object"}'))
    with pytest.raises(SchemaRefused):
        next(events)
    assert reply(model, replace(STORY, max_tokens=2))[0]


def test_log_probabilities_are_the_models_own(model: LlamaModel) -> None:
    """Penalty and temperature do not show in them: they are log-softmax of the raw logits."""
    strange = Sampling(temperature=0, repeat_penalty=1.5)
    request = replace(STORY, max_tokens=6, sampling=strange, logprobs=True)
    text, pieces, _ = reply(model, request)
    told = sum(piece.logprob for piece in pieces if piece.logprob is not None)
    # The same tokens again, each after the ones before it, from llama.cpp's logits.
    expected = 0.0
    begin = model._prompt_tokens(request.turns, "")
    tokens = model._tokenize(text, special=False)
    for at, token in enumerate(tokens):
        so_far = [*begin, *tokens[:at]]
        held = model._cache.reuse(so_far)
        assert model._cache.extend(so_far[held:])
        pointer = low.llama_get_logits_ith(model._context, -1)
        count = low.llama_vocab_n_tokens(model._vocab)
        logits = np.ctypeslib.as_array(pointer, (count,)).astype(np.float64)
        best = logits.max()
        expected += float(logits[token] - best) - math.log(np.exp(logits - best).sum())
    assert told == pytest.approx(expected, abs=0.05)


def test_nobody_asked_for_log_probabilities(model: LlamaModel) -> None:
    """Then there are none."""
    _, pieces, _ = reply(model, STORY)
    assert all(piece.logprob is None for piece in pieces)


def test_a_reply_ends_with_a_sentence(model: LlamaModel) -> None:
    """From the limit on at the next whole one, well before ``max_tokens``."""
    request = replace(STORY, max_tokens=60)
    whole, _, _ = reply(model, request)
    text, _, finished = reply(model, replace(request, sentence_from=10))
    assert finished.reason is FinishReason.LENGTH
    assert 10 <= finished.reply_tokens < 60
    assert whole.startswith(text)
    assert text.rstrip()[-1] in '.!?"'


def test_a_cancel_keeps_what_was_said(model: LlamaModel, flag: AbortFlag) -> None:
    """The text up to then goes out, and the reason is the cancel."""
    events = model.generate(STORY)
    next(events)
    next(events)
    flag.set()
    try:
        rest = list(events)
    finally:
        flag.clear()
    assert isinstance(rest[-1], Finished)
    assert rest[-1].reason is FinishReason.CANCELLED
    assert rest[-1].reply_tokens < STORY.max_tokens


def test_a_reply_that_was_never_begun(model: LlamaModel) -> None:
    """A request whose prompt could not be read leaves nothing behind, its grammar neither."""
    for _ in range(20):
        model._writer.write(5, replace(STORY, schema=SCHEMA))
    assert reply(model, replace(STORY, max_tokens=2))[0]
