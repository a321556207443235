"""How fast a loaded model reads and writes here, and what memory that takes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Engine,
    Finished,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineError
from assistant.shelf.words import stopped

PROMPT_TOKENS: Final = 512
"""As llama-bench's own ``pp512``."""

WRITTEN_TOKENS: Final = 64
ROUNDS: Final = 3
_SECONDS: Final = 45.0
"""No further round begins after so long: a model that takes longer is slow, measured once, too."""

_LEAST_TOKENS: Final = 8  # of a reply: in fewer there are too few steps from token to token
_HIGH_WATER: Final = "VmHWM:"  # proc_pid_status(5): peak resident set size
_SENTENCE: Final = "The river bends, the road follows it, and nobody in the village is in a hurry. "
_TASK: Final = "Go on with this story, at length."


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured: medians of the rounds.

    Attributes:
        prompt_speed: Tokens a second, reading.
        decode_speed: Tokens a second, writing.
        first_token_ms: From the request to the first piece of the answer.
        peak_memory: Of the engine's process, bytes.
        runs: How many rounds.
    """

    prompt_speed: float
    decode_speed: float
    first_token_ms: float
    peak_memory: int
    runs: int


@dataclass(frozen=True, slots=True)
class _Round:
    prompt_speed: float
    decode_speed: float | None
    first_token_ms: float


def measure(
    engine: Engine,
    info: ModelInfo,
    tell: Callable[[float], None],
    cancel: Cancel,
    *,
    rounds: int = ROUNDS,
    elapsed: Callable[[], float] = time.perf_counter,
    was_disturbed: Callable[[float], bool] = lambda _: False,
) -> Figures:
    """Have a model read a prompt of 512 tokens and write 64, as many times as there are rounds.

    Args:
        engine: Loaded.
        info: What it said of the model.
        tell: Gets the share that is done, 0 to 1.
        cancel: Ends it.
        rounds: How often.
        elapsed: Seconds since some fixed moment.
        was_disturbed: Whether another model was at work within the last so many seconds.

    Raises:
        EngineError: it writes too little to be measured, was disturbed, or ended by itself.
        InputRefused: cancelled.
    """
    began = elapsed()
    text = _text(engine, info, cancel)
    done: list[_Round] = []
    peak = peak_memory(engine)
    for number in range(rounds):
        since = elapsed()
        done.append(_round(engine, f"{number + 1}. {text}", number, cancel, elapsed))
        if was_disturbed(elapsed() - since):
            raise EngineError(
                "Your model was asked something meanwhile, so what was measured is not true.",
                "Nothing was kept of it. Measure again when it is done.",
            )
        peak = max(peak, peak_memory(engine))
        tell((number + 1) / rounds)
        if elapsed() - began > _SECONDS:
            break
    written = [one.decode_speed for one in done if one.decode_speed]
    if not written:
        raise EngineError(
            "This model writes too little to be measured.", "It may not be made for conversations."
        )
    return Figures(
        median(one.prompt_speed for one in done),
        median(written),
        median(one.first_token_ms for one in done),
        peak,
        len(done),
    )


def peak_memory(engine: Engine) -> int:
    """Most resident memory that the engine's process ever had, where the system tells; else now's.

    Bytes. Weights that are mapped from the file count as soon as they were read.
    """
    pid = engine.pid if isinstance(engine, ChildEngine) else None
    peak = _high_water(pid) if pid is not None and sys.platform == "linux" else 0
    return max(peak, engine.memory_bytes)


def _high_water(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # it ended just now
        return 0
    for line in lines.splitlines():
        if line.startswith(_HIGH_WATER):
            return int(line.split()[1]) * 1024
    return 0


def _text(engine: Engine, info: ModelInfo, cancel: Cancel) -> str:
    """Neutral words of about 512 tokens, or of half a smaller context."""
    each = max(1, engine.count([_SENTENCE], cancel)[0])
    wanted = min(PROMPT_TOKENS, info.context_tokens // 2)
    return _SENTENCE * max(1, wanted // each) + _TASK


def _round(
    engine: Engine, text: str, seed: int, cancel: Cancel, elapsed: Callable[[], float]
) -> _Round:
    # Each text begins otherwise, so that nothing is found in the KV cache but the template's head.
    request = GenerationRequest((Turn("user", text),), WRITTEN_TOKENS, Sampling(seed=seed))
    began = elapsed()
    first = reading = writing = None
    for event in engine.generate(request, cancel):
        if isinstance(event, Prefilled):
            read = event.prompt_tokens - event.reused_tokens
            reading = read / event.seconds if event.seconds else None
        elif isinstance(event, Piece) and first is None:
            first = (elapsed() - began) * 1000
        elif isinstance(event, Finished) and event.reply_tokens >= _LEAST_TOKENS:
            steps = event.reply_tokens - 1
            writing = steps / event.decode_seconds if event.decode_seconds else None
    if cancel.asked:
        raise stopped()
    if reading is None or first is None:
        raise EngineError(
            "This model writes nothing at all.", "It may not be made for conversations."
        )
    return _Round(reading, writing, first)
