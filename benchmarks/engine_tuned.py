"""The copy that tuning makes of the shipped file, against that file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final

from assistant.engine.process import ChildEngine
from assistant.engine.protocol import EngineOptions, GenerationRequest, Sampling, Turn
from assistant.settings import DEFAULT_SYSTEM_PROMPT
from assistant.tuning.job import TuneJob, machine_key
from benchmarks.engine_asking import Written, engine, write
from benchmarks.engine_effort import Effort
from benchmarks.engine_texts import QUESTIONS, STORY, passage
from benchmarks.meaning import SAME, cosines
from benchmarks.report import Row
from benchmarks.rounds import take_turns
from models.file import ModelFile
from models.starter import starter_model
from models.tuned import TunedRecord, TunedShelf

PROMPT_TOKENS: Final = 1000
ANSWER_TOKENS: Final = 64
LEAST_READING: Final = 1.8
LEAST_WRITING: Final = 1.0
LEAST_AGREEMENT: Final = 95.0

_GREEDY: Final = Sampling(temperature=0.0)


def tuned(effort: Effort) -> list[Row]:
    """Reading, writing and meaning of the copy / the shipped file, each in a warm engine.

    The copy is made as the app makes it, by tuning on this machine, in this run.

    Raises:
        RuntimeError: tuning kept the original, or the encoder cannot be had.
    """
    shipped = starter_model()
    with tempfile.TemporaryDirectory() as folder:
        copy, recipe = _tuned_copy(shipped, Path(folder))
        with engine(copy) as ours, engine(shipped) as theirs:
            rows = _speeds(ours, theirs, effort, recipe)
            answers = _answers(ours, effort), _answers(theirs, effort)
    with engine(shipped, EngineOptions(flash_attention=False)) as control:
        rounded = _answers(control, effort)
    return [*rows, *_agreement(*answers, rounded)]


def _tuned_copy(shipped: ModelFile, folder: Path) -> tuple[ModelFile, str]:
    shelf, found = TunedShelf(folder, machine_key()), list[TunedRecord]()
    running = ChildEngine()
    try:
        info = running.load(shipped, EngineOptions())
        TuneJob(shipped, shelf, found.append).run(running, info)
    finally:
        running.close()
    copy = shelf.find(shipped)
    if copy is None:
        tried = "; ".join(
            f"{trial.recipe}: prompt {trial.prompt_ratio:.2f} x, decode {trial.decode_ratio:.2f} x"
            for record in found
            for trial in record.trials
        )
        raise RuntimeError(f"tuning kept the original ({tried or 'nothing was tried'})")
    return copy, found[-1].recipe


def _speeds(ours: ChildEngine, theirs: ChildEngine, effort: Effort, recipe: str) -> list[Row]:
    texts = [passage(seed, PROMPT_TOKENS) for seed in range(1, 2 + effort.rounds)]
    for running in (ours, theirs):  # both warm
        _reading(running, iter(texts[:1]))
        _writing(running, effort)
    mine, other = iter(texts[1:]), iter(texts[1:])
    read = take_turns(
        effort.rounds, partial(_reading, ours, mine), partial(_reading, theirs, other)
    )
    written = take_turns(
        effort.rounds, partial(_writing, ours, effort), partial(_writing, theirs, effort)
    )
    how = f"the shipped file, {effort.rounds} rounds"
    return [
        Row(
            f"tuned copy ({recipe}): prompt processing",
            read.ratio,
            "x",
            f"{how}; {read.ours:.0f} against {read.theirs:.0f} tokens/s",
            LEAST_READING,
            better="more",
        ),
        Row(
            f"tuned copy ({recipe}): decode",
            written.ratio,
            "x",
            f"{how}; {written.ours:.0f} against {written.theirs:.0f} tokens/s",
            LEAST_WRITING,
            better="more",
        ),
    ]


def _agreement(ours: list[str], theirs: list[str], rounded: list[str]) -> list[Row]:
    """Answers of the copy, and of the same weights with other rounding, against the file's."""
    count = len(theirs)
    alike = cosines([*zip(ours, theirs, strict=True), *zip(rounded, theirs, strict=True)])
    copy, control = alike[:count], alike[count:]
    how = (
        f"greedy answers to {count} questions, up to {ANSWER_TOKENS} tokens, "
        f"MiniLM cosine >= {SAME}; the least alike: {min(copy):.2f}"
    )
    same = "the shipped file against itself without flash attention: rounding alone"
    return [
        Row(
            "tuned copy: answers that agree",
            _share(copy),
            "%",
            how,
            LEAST_AGREEMENT,
            better="more",
        ),
        Row("control: answers that agree", _share(control), "%", same, better="more"),
    ]


def _share(alike: list[float]) -> float:
    return 100 * sum(cosine >= SAME for cosine in alike) / len(alike)


def _reading(running: ChildEngine, texts: Iterator[str]) -> float:
    read = _write(running, next(texts), 1).read
    return (read.prompt_tokens - read.reused_tokens) / read.seconds


def _writing(running: ChildEngine, effort: Effort) -> float:
    return _write(running, STORY, effort.reply_tokens).speed


def _answers(running: ChildEngine, effort: Effort) -> list[str]:
    return [_write(running, text, ANSWER_TOKENS).text for text in QUESTIONS[: effort.questions]]


def _write(running: ChildEngine, text: str, tokens: int) -> Written:
    turns = (Turn("system", DEFAULT_SYSTEM_PROMPT), Turn("user", text))
    return write(running, GenerationRequest(turns, tokens, _GREEDY))
