"""How soon the first word comes: next turns, turns read ahead, turns of a long conversation."""

from __future__ import annotations

import statistics
from typing import Final

from assistant.engine.process import computing_threads
from assistant.events import Activity
from benchmarks.engine_asking import Asked, ask
from benchmarks.engine_effort import Effort
from benchmarks.engine_peer import Bench
from benchmarks.engine_texts import QUESTIONS, passage
from benchmarks.harness import Hush, hush
from benchmarks.llama_cpp import llama_cpp
from benchmarks.report import Row, percentile
from models.starter import starter_model

HISTORY_TOKENS: Final = 1500
ROOMY_CONTEXT: Final = 4096
"""A context in which 1,500 tokens of history are far from being trimmed."""

MOST_OF_PREFILL: Final = 1.15
LEAST_OF_REPROCESSING: Final = 10.0
MOST_AHEAD_MS: Final = 60.0
MOST_OF_EARLY_TURNS: Final = 1.2

SHORT_REPLY: Final = 24
"""Tokens of an answer, where the history shall stay near its length."""

_LAST_WORDS: Final = 3


def next_turn(effort: Effort) -> list[Row]:
    """Enter to first text at 1,500 tokens of history, and what that is made of.

    Each turn is compared with the child's own figure for reading just its new tokens, with
    ``llama-bench`` doing the same, and with a first turn of the same length.
    """
    with hush(context_tokens=ROOMY_CONTEXT, reply_tokens=SHORT_REPLY, use_tuned=False) as ours:
        history = ask(ours, opening(1, effort.rounds)).conversation_id
        ours.rest()
        turns = []
        for question in QUESTIONS[: effort.rounds]:
            turns.append(ask(ours, question, history))
            ours.rest()
        length = round(statistics.median(turn.prompt_tokens for turn in turns))
        anew = []
        for seed in range(2, 2 + max(2, effort.rounds // 3)):
            anew.append(ask(ours, passage(seed, length - 40)))  # 40: system text and template
            ours.rest()
    new = round(statistics.median(turn.new_tokens for turn in turns))
    first = statistics.median(turn.first_seconds for turn in turns)
    whole = statistics.median(turn.first_seconds for turn in anew)
    bench = Bench(llama_cpp(), starter_model().path, computing_threads())
    alone = statistics.median(
        new / bench.reading(new, after=length - new) for _ in range(max(2, effort.rounds // 3))
    )
    how = f"{len(turns)} turns, {new} new tokens after {length - new}"
    read = round(statistics.median(turn.new_tokens for turn in anew))
    return [
        Row(
            "first token of the next turn",
            statistics.median(turn.first_seconds / turn.prefill_seconds for turn in turns),
            "x",
            f"the prefill of its new tokens alone, as the child measures it; {how}",
            MOST_OF_PREFILL,
        ),
        Row(
            "the same against llama-bench",
            first / alone,
            "x",
            f"pp{new} at that depth; {first * 1000:.0f} against {alone * 1000:.0f} ms",
        ),
        Row(
            "reading everything again",
            whole / first,
            "x",
            f"the next turn; {whole:.2f} s for {read} tokens against {first * 1000:.0f} ms",
            LEAST_OF_REPROCESSING,
            better="more",
        ),
    ]


def read_ahead(effort: Effort) -> list[Row]:
    """Milliseconds from Enter to first text where the draft was read while it was typed.

    Raises:
        RuntimeError: nothing was read ahead.
    """
    growing = []
    with hush(context_tokens=ROOMY_CONTEXT, reply_tokens=SHORT_REPLY, use_tuned=False) as ours:
        history = ask(ours, opening(1, 2 * effort.rounds)).conversation_id
        ours.rest()
        whole = [_after_pause(ours, history, text, text) for text in QUESTIONS[: effort.rounds]]
        for question in QUESTIONS[effort.rounds : 2 * effort.rounds]:
            draft = " ".join(question.split()[:-_LAST_WORDS])
            growing.append(_after_pause(ours, history, draft, question))
    lengths = f"{min(turn.prompt_tokens for turn in whole)} tokens of prompt and more"
    how = f"median of {len(whole)} turns, {lengths}"
    return [
        Row("Enter to first token, read ahead", _milliseconds(whole), "ms", how, MOST_AHEAD_MS),
        Row(
            "Enter to first token, slowest",
            max(turn.first_seconds for turn in whole) * 1000,
            "ms",
            "the same turns",
        ),
        Row(
            "Enter to first token, last words new",
            _milliseconds(growing),
            "ms",
            f"the last {_LAST_WORDS} words were typed after the draft was read",
        ),
    ]


def opening(seed: int, turns: int) -> str:
    """A message after which so many short turns happen around 1,500 tokens of history."""
    return passage(seed, HISTORY_TOKENS - turns * (SHORT_REPLY + 24) // 2)


def long_conversation(effort: Effort) -> list[Row]:
    """Seconds to the first text late in a conversation / early in it, in a context of 2,048.

    The background may end its work between two turns, as when a person reads the answer.
    """
    turns, conversation = [], None
    with hush(reply_tokens=64, use_tuned=False) as ours:
        for number in range(effort.long_turns):
            turn = ask(ours, QUESTIONS[number % len(QUESTIONS)], conversation)
            conversation = turn.conversation_id
            turns.append(turn)
            ours.rest()
    count = len(turns)
    early, late = turns[count // 20 : 3 * count // 10], turns[3 * count // 4 :]
    before, after = (
        percentile([turn.first_seconds for turn in some], 0.95) for some in (early, late)
    )
    slowest = max(turns[1:], key=lambda turn: turn.first_seconds)
    name = f"first token, p95 of turns {3 * count // 4}-{count}"
    times = f"{after * 1000:.0f} against {before * 1000:.0f} ms"
    how = f"p95 of turns {count // 20}-{3 * count // 10}; {times}"
    return [
        Row(name, after / before, "x", how, MOST_OF_EARLY_TURNS),
        Row(
            "first token, slowest of all turns",
            slowest.first_seconds * 1000,
            "ms",
            f"{slowest.new_tokens} new tokens of {slowest.prompt_tokens}",
        ),
    ]


def _after_pause(ours: Hush, conversation: int, draft: str, text: str) -> Asked:
    seen = len(ours.done_ahead)
    ours.session.chat.prepare(conversation, draft)
    ours.rest()
    if Activity.READING_AHEAD not in ours.done_ahead[seen:]:
        raise RuntimeError("nothing was read ahead")
    turn = ask(ours, text, conversation)
    ours.rest()
    return turn


def _milliseconds(turns: list[Asked]) -> float:
    return statistics.median(turn.first_seconds for turn in turns) * 1000
