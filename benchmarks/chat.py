"""The main job: decode speed, start, stalls, stop, durable chunks."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from assistant.engine.process import computing_threads
from assistant.engine.protocol import Sampling
from assistant.events import PromptRead, ReplyBegan, ReplyEnded, ReplyText
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from assistant.store import conversation_rows, message_rows
from assistant.store.vault import Vault
from benchmarks.harness import Hush, hush
from benchmarks.report import Row, percentile
from models.starter import starter_model

QUESTION: Final = "Tell me a long story about a lighthouse keeper and the sea."
REPLY_TOKENS: Final = 200
SPEED_ROUNDS: Final = 9
STOP_ROUNDS: Final = 100
CHUNKS: Final = 2000


def measure() -> Sequence[Row]:
    """All rows of this benchmark."""
    from benchmarks.window import measure_stall, measure_start

    return [decode_ratio(), *measure_start(), *measure_stall(), *stop_latency(), chunk_append()]


def decode_ratio() -> Row:
    """Decode tokens/s through child, frames, thread and queue, against llama-cpp-python's loop.

    The two run in turn in one process; the median of the pairwise ratios is reported.
    """
    from llama_cpp import Llama

    peer: Any = Llama(
        str(starter_model().path), n_ctx=2048, n_threads=computing_threads(), verbose=False
    )
    with hush(temperature=0.0, reply_tokens=REPLY_TOKENS) as ours:
        _our_speed(ours), _peer_speed(peer)  # both warm
        ratios = [_our_speed(ours) / _peer_speed(peer) for _ in range(SPEED_ROUNDS)]
    peer.close()
    return Row(
        "decode speed through the whole path",
        statistics.median(ratios),
        "x",
        "llama-cpp-python's own loop in one process",
        bar=0.95,
        better="more",
    )


def stop_latency() -> list[Row]:
    """Milliseconds from Stop to the end of the reply, in decode and in a 1,500-token prefill."""
    with hush(temperature=0.7, reply_tokens=1000) as ours:
        words = "lighthouse " * 700  # about 1,500 tokens with the template
        decode = [_stop_in_decode(ours) for _ in range(STOP_ROUNDS)]
        prefill = [_stop_in_prefill(ours, f"{n} {words}") for n in range(STOP_ROUNDS)]
    how = f"{STOP_ROUNDS} stops, from the call to the final row"
    return [
        Row("stop during decode, p99", percentile(decode, 0.99), "ms", how, bar=100),
        Row("stop during prefill, p99", percentile(prefill, 0.99), "ms", how, bar=100),
    ]


def chunk_append() -> Row:
    """Milliseconds for one appended chunk of 32 tokens to be durable, synchronous=FULL."""
    text = "word " * 32
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault.open(Path(folder) / "vault.db", bytes(32))
        conversation = vault.write(lambda c: conversation_rows.create(c, "bench", 0)).result().id
        question = vault.write(
            lambda c: message_rows.add_question(c, conversation, None, "q", 0)
        ).result()
        answer = vault.write(
            lambda c: message_rows.add_answer(c, conversation, question.id, 0)
        ).result()
        times = []
        for number in range(CHUNKS):
            began = time.perf_counter()
            vault.write(
                lambda c, n=number: message_rows.append_chunk(c, answer.id, n, text)  # type: ignore[misc] # n is bound now, on purpose
            ).result()
            times.append((time.perf_counter() - began) * 1000)
        vault.close()
    return Row("append of one durable chunk, p95", percentile(times, 0.95), "ms", "SQLCipher", 10)


def _our_speed(ours: Hush) -> float:
    run = ours.session.chat.send(None, QUESTION)
    stamps = [(s.at, s.event.tokens) for s in ours.follow(run) if isinstance(s.event, ReplyText)]
    tokens = sum(count for _, count in stamps[1:])
    return tokens / (stamps[-1][0] - stamps[0][0])


def _peer_speed(peer: Any) -> float:
    messages = [
        {"role": "system", "content": DEFAULT_SYSTEM_PROMPT},
        {"role": "user", "content": QUESTION},
    ]
    stamps = [
        time.perf_counter()
        for part in peer.create_chat_completion(
            messages,
            max_tokens=REPLY_TOKENS,
            temperature=0.0,
            repeat_penalty=Sampling().repeat_penalty,
            stream=True,
        )
        if part["choices"][0]["delta"].get("content")
    ]
    return (len(stamps) - 1) / (stamps[-1] - stamps[0])


def _stop_in_decode(ours: Hush) -> float:
    run = ours.session.chat.send(None, QUESTION)
    return _stop_at(ours, run, ReplyText)


def _stop_in_prefill(ours: Hush, text: str) -> float:
    run = ours.session.chat.send(None, text)
    return _stop_at(ours, run, ReplyBegan)


def _stop_at(ours: Hush, run: Any, kind: type) -> float:
    asked = 0.0
    for stamped in ours.follow(run):
        if not asked and isinstance(stamped.event, kind):
            time.sleep(0.02)  # into the middle of what is measured
            asked = time.perf_counter()
            ours.session.chat.stop(run.id)
        if isinstance(stamped.event, PromptRead) and kind is ReplyBegan and asked:
            raise RuntimeError("the prompt was read before the stop: nothing was measured")
        if isinstance(stamped.event, ReplyEnded):
            return (stamped.at - asked) * 1000
    raise RuntimeError("the reply never ended")
