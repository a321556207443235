"""What it asks of the machine: at rest, when told to work less, and in memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import psutil

from assistant.engine.process import ChildEngine
from assistant.engine.protocol import GenerationRequest, Pace, Sampling, Turn
from assistant.power.decide import decide
from assistant.power.plan import Mode, Readings
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from benchmarks.engine_asking import engine, write
from benchmarks.engine_effort import Effort
from benchmarks.engine_texts import STORY
from benchmarks.engine_window import running_window
from benchmarks.report import Row
from models.starter import starter_model

MIB: Final = 2**20

MOST_IDLE_PERCENT: Final = 0.5
MOST_WAKE_UPS: Final = 5.0
MOST_THROTTLED: Final = 0.6
LEAST_THROTTLED_SPEED: Final = 8.0
MOST_MIB: Final = 450.0
MOST_GROWTH_KIB: Final = 10.0

_SETTLE_SECONDS: Final = 5.0
_TOUCHED_TURNS: Final = 60
"""Turns until every cell of the KV cache was written once: the first turns take memory by right."""


def at_rest(effort: Effort) -> list[Row]:
    """Share of a core, wake-ups and memory of the real window with a warm model, doing nothing.

    One question was answered before.
    """
    with running_window() as window:
        window.ask("What is the capital of France?")
        time.sleep(_SETTLE_SECONDS)
        family = [psutil.Process(pid) for pid in window.pids]
        child = psutil.Process(window.engine_pid)
        used, woken, began = sum(map(_cpu, family)), _switches(child), time.perf_counter()
        time.sleep(effort.idle_seconds)
        seconds = time.perf_counter() - began
        used, woken = sum(map(_cpu, family)) - used, _switches(child) - woken
        resident = [process.memory_info().rss / MIB for process in family]
    how = f"both processes, window open, over {seconds:.0f} s"
    parts = " + ".join(f"{size:.0f}" for size in resident)
    return [
        Row("idle, model warm: CPU", 100 * used / seconds, "%", how, MOST_IDLE_PERCENT),
        Row("idle: wake-ups a second", woken / seconds, "/s", "the child's", MOST_WAKE_UPS),
        Row("resident memory", sum(resident), "MB", f"window and child: {parts}", MOST_MIB),
    ]


def throttled(effort: Effort) -> list[Row]:
    """CPU seconds per second of the child while it answers at the throttled plan / at full power.

    Raises:
        RuntimeError: low-power mode does not throttle.
    """
    plan = decide(Readings(on_mains=True, low_power=True))
    if plan.mode is not Mode.THROTTLED:
        raise RuntimeError(f"low-power mode gives the mode {plan.mode}")
    slow = Pace(plan.threads, plan.token_delay_ms)
    rounds, tokens = max(2, effort.rounds // 2), effort.reply_tokens
    with engine(starter_model()) as running:
        _answer(running, Pace(), 32)  # warms
        pairs = [
            (_answer(running, slow, tokens), _answer(running, Pace(), tokens))
            for _ in range(rounds)
        ]
    ratio = statistics.median(less / full for (less, _), (full, _) in pairs)
    speed = statistics.median(speed for (_, speed), _ in pairs)
    full = statistics.median(speed for _, (_, speed) in pairs)
    how = f"{plan.threads or 'all'} threads, {plan.token_delay_ms} ms a token; {rounds} rounds"
    return [
        Row("throttled / full: CPU seconds per second", ratio, "x", how, MOST_THROTTLED),
        Row(
            "throttled: decode",
            speed,
            "tokens/s",
            f"{full:.0f} at full power",
            LEAST_THROTTLED_SPEED,
            better="more",
        ),
    ]


def growth(effort: Effort) -> list[Row]:
    """Slope of both processes' resident memory over short turns of one conversation.

    Least squares, in a process of its own: ``benchmarks.engine_growth``.
    """
    with tempfile.TemporaryFile() as found:
        subprocess.run(
            [sys.executable, "-m", "benchmarks.engine_growth", str(effort.short_turns)],
            stdin=subprocess.DEVNULL,
            stdout=found,
            check=True,
        )
        found.seek(0)
        sizes = json.load(found)[_TOUCHED_TURNS:]
    slope, _ = statistics.linear_regression(range(len(sizes)), sizes)
    how = (
        f"turns {_TOUCHED_TURNS}-{effort.short_turns} of one chat, least squares; "
        f"{sizes[0] / MIB:.0f} to {sizes[-1] / MIB:.0f} MB"
    )
    return [Row("growth of memory a turn", slope / 1024, "KB", how, MOST_GROWTH_KIB)]


def _answer(running: ChildEngine, pace: Pace, tokens: int) -> tuple[float, float]:
    """CPU seconds per second of the child, and tokens/s, over one whole answer."""
    running.pace(pace)
    assert running.pid is not None
    child = psutil.Process(running.pid)
    turns = (Turn("system", DEFAULT_SYSTEM_PROMPT), Turn("user", STORY))
    used, began = _cpu(child), time.perf_counter()
    found = write(running, GenerationRequest(turns, tokens, Sampling(temperature=0.0)))
    return (_cpu(child) - used) / (time.perf_counter() - began), found.speed


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _switches(process: psutil.Process) -> int:
    """Times that any of its threads was put on a core (Linux counts them for each thread)."""
    lines = (
        line
        for status in Path(f"/proc/{process.pid}/task").glob("*/status")
        for line in status.read_text().splitlines()
    )
    return sum(int(line.split()[1]) for line in lines if "ctxt_switches" in line)
