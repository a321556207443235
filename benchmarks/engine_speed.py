"""How fast it reads and writes: against ``llama-bench``, and writing JSON against free text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import Final

from assistant.engine.process import ChildEngine, computing_threads, physical_cores
from assistant.engine.protocol import GenerationRequest, Sampling, Turn
from assistant.records import FinishReason
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from benchmarks.engine_asking import Written, ask, engine, write
from benchmarks.engine_effort import Effort
from benchmarks.engine_peer import Bench
from benchmarks.engine_texts import QUESTIONS, STORY, passage
from benchmarks.harness import Hush, hush
from benchmarks.llama_cpp import llama_cpp
from benchmarks.report import Row
from benchmarks.rounds import Rounds, take_turns
from models.starter import starter_model

PROMPT_TOKENS: Final = 1000
LEAST_RATIO: Final = 0.97
LEAST_JSON_RATIO: Final = 0.8

_SHORTEST: Final = 16  # tokens; the speed of a shorter reply says little
_SCHEMA: Final = json.dumps(
    {
        "type": "object",
        "properties": {
            "title": {"type": "string", "maxLength": 60},
            "summary": {"type": "string", "maxLength": 300},
            "steps": {
                "type": "array",
                "items": {"type": "string", "maxLength": 80},
                "minItems": 3,
                "maxItems": 5,
            },
        },
        "required": ["title", "summary", "steps"],
        "additionalProperties": False,
    }
)


def decode(effort: Effort) -> list[Row]:
    """Tokens/s from text to text through child, frames, worker and vault / ``llama-bench`` tg.

    Both write as many tokens after a prompt of the same length, with as many threads; the bar is
    on the number of threads that Hush takes by itself.
    """
    rows = []
    for threads in _thread_counts():
        bench = Bench(llama_cpp(), starter_model().path, threads)
        settings = {"threads": threads, "reply_tokens": effort.reply_tokens}
        with hush(**settings, seed=1, use_tuned=False) as ours:
            shape = ask(ours, STORY)  # warms, and tells the lengths
            found = take_turns(
                effort.rounds,
                partial(_writing_speed, ours),
                partial(bench.writing, shape.reply_tokens, after=shape.prompt_tokens),
            )
        how = f"llama-bench tg{shape.reply_tokens} after {shape.prompt_tokens}"
        rows.append(_against_bench("decode through the app", threads, found, how))
    return rows


def reading(effort: Effort) -> list[Row]:
    """Tokens/s of a long prompt that is in no cache, sent as a message / ``llama-bench`` pp."""
    rows = []
    for threads in _thread_counts():
        bench = Bench(llama_cpp(), starter_model().path, threads)
        with hush(threads=threads, reply_tokens=16, use_tuned=False) as ours:
            texts = (passage(seed, PROMPT_TOKENS) for seed in range(1, 3 + effort.rounds))
            ask(ours, next(texts))  # warms; the next one shares the system text with it
            shape = ask(ours, next(texts))
            found = take_turns(
                effort.rounds,
                partial(_reading_speed, ours, texts),
                partial(bench.reading, shape.new_tokens, after=shape.reused_tokens),
            )
        how = f"llama-bench pp{shape.new_tokens} after {shape.reused_tokens}"
        rows.append(_against_bench("prompt processing through the app", threads, found, how))
    return rows


def constrained(effort: Effort) -> list[Row]:
    """Tokens/s with a JSON schema / without, each question asked both ways.

    Raises:
        RuntimeError: a reply does not obey the schema.
    """
    pairs = []
    with engine(starter_model()) as running:
        _written(running, QUESTIONS[0], _SCHEMA, effort)  # warms, and compiles the grammar
        for question in QUESTIONS[: 2 * effort.rounds]:
            free = _written(running, question, "", effort)
            bound = _written(running, question, _SCHEMA, effort)
            _check(bound)
            if min(free.end.reply_tokens, bound.end.reply_tokens) >= _SHORTEST:
                pairs.append((bound.speed, free.speed))
    found = Rounds(pairs)
    how = f"the same engine without a schema, {len(pairs)} questions; {_speeds(found)}"
    return [
        Row("JSON-constrained decoding", found.ratio, "x", how, LEAST_JSON_RATIO, better="more")
    ]


def _writing_speed(ours: Hush) -> float:
    return ask(ours, STORY).tokens_per_second


def _reading_speed(ours: Hush, texts: Iterator[str]) -> float:
    return ask(ours, next(texts)).reading_speed


def _written(running: ChildEngine, question: str, schema: str, effort: Effort) -> Written:
    asked = f"{question} {'Answer as JSON.' if schema else 'Tell me a long story about it.'}"
    turns = (Turn("system", DEFAULT_SYSTEM_PROMPT), Turn("user", asked))
    chosen = Sampling(temperature=0.0)
    return write(running, GenerationRequest(turns, effort.reply_tokens, chosen, schema=schema))


def _check(bound: Written) -> None:
    if bound.end.reason is FinishReason.STOP:
        whole = json.loads(bound.text).keys() >= {"title", "summary", "steps"}
    else:
        whole = bound.text.lstrip().startswith("{")  # cut at its limit
    if not whole:
        raise RuntimeError("a reply did not obey its schema")


def _thread_counts() -> list[int]:
    """What Hush takes by itself, first; and every core."""
    return list(dict.fromkeys((computing_threads(), physical_cores())))


def _against_bench(name: str, threads: int, found: Rounds, how: str) -> Row:
    default = threads == computing_threads()
    words = f"{threads} thread{'s' * (threads > 1)}{', the default' * default}"
    against = f"{how}, {len(found.pairs)} rounds; {_speeds(found)}"
    bar = LEAST_RATIO if default else None
    return Row(f"{name}, {words}", found.ratio, "x", against, bar, better="more")


def _speeds(found: Rounds) -> str:
    return f"{found.ours:.0f} against {found.theirs:.0f} tokens/s"
