"""The tuner's child process: makes copies of a model, tries them, and keeps the one that wins.

Like the engine's child it has no vault, no key and no network. It may be killed at any time: what
it writes ends in ``.partial`` until its parent gives the winner its name.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import psutil
from llama_cpp import llama_cpp as low

from assistant.children.frames import BrokenFrame, Frame
from assistant.children.serving import Tell, serve_once
from assistant.disk import flush_to_disk
from assistant.engine.llama import silence
from assistant.engine.protocol import KvType
from assistant.engine.wire import refusal_frame
from assistant.errors import EngineError, ModelRefused
from assistant.text import gigabytes
from assistant.tuning.quantise import Recipe, largest_copy, quantise, recipes_for
from assistant.tuning.trials import (
    LONG_PROMPT,
    PROMPTS,
    ROUNDS,
    SHORT_PROMPT,
    Answers,
    Manner,
    Runner,
    speed_ratios,
)
from models.file import digest
from models.gguf import GgufFault, read_shape
from models.tuned import UNFINISHED, Trial

LEAST_PROMPT_RATIO: Final = 1.15
LEAST_DECODE_RATIO: Final = 0.97
"""Counts as no slower: by how much a file came out faster or slower than itself was 1 to 6 %."""

LEAST_AGREEMENT: Final = 0.94
"""Of the next tokens. The same weights as 32-bit floats, with nothing lost, agree in 0.98, Q8_0 in
0.96 and Q4_0 in 0.70 (docs/decisions/0009-tuned-copies.md)."""

_WORTHWHILE: Final = 1.05
"""How much faster another way to keep the KV cache must be: below, it may be chance."""

_SPARE_BYTES: Final = 512 * 1024 * 1024
"""Left free, of disk and of memory, beyond what tuning takes."""


Say = Callable[[Frame], None]


@dataclass(frozen=True, slots=True)
class TuneRequest:
    """What to tune, and where.

    Attributes:
        source: The model file; only read.
        folder: Where copies are written.
        stem: Begins their names.
        threads: To compute with.
    """

    source: Path
    folder: Path
    stem: str
    threads: int


@dataclass(frozen=True, slots=True)
class Winner:
    """A copy that is faster and agrees."""

    path: Path
    trial: Trial

    @property
    def speed(self) -> float:
        """How much faster it is, reading and writing counted alike."""
        return self.trial.prompt_ratio * self.trial.decode_ratio


class Tuner:
    """Tunes one model.

    Args:
        request: What to tune.
        say: Sends a frame to the parent.
        recipes: Which copies to try; None: those that suit the model.
        prompts: What to ask them.
        rounds: How often each speed is measured.
    """

    def __init__(
        self,
        request: TuneRequest,
        say: Say,
        recipes: Sequence[Recipe] | None = None,
        prompts: Sequence[str] = PROMPTS,
        rounds: int = ROUNDS,
    ) -> None:
        self._request = request
        self._say = say
        self._recipes = _recipes(request.source) if recipes is None else recipes
        self._prompts = prompts
        self._rounds = rounds
        self._manner = Manner(request.threads)
        self._steps = 0

    def run(self) -> Frame:
        """Try every recipe and tell the outcome.

        Raises:
            EngineError: there is not enough disk or memory to try.
            ModelRefused: llama.cpp does not run the original.
        """
        _check_room(self._request)
        trials: list[Trial] = []
        winner: Winner | None = None
        with closing(Runner(self._request.source, self._manner)) as original:
            answers = Answers(original, self._prompts)
            self._progress()
            for number, recipe in enumerate(self._recipes):
                path = self._request.folder / f"{self._request.stem}-{number}{UNFINISHED}"
                trial = self._try(original, answers, recipe, path)
                if trial:
                    trials.append(trial)
                winner = _better(winner, Winner(path, trial) if trial else None)
                self._progress()
        kv_type, flash_attention = self._kv_manner(winner.path if winner else self._request.source)
        self._progress()
        outcome: Frame = {
            "op": "tuned",
            "trials": [asdict(trial) for trial in trials],
            "kv_type": kv_type,
            "flash_attention": flash_attention,
        }
        return outcome | (_finished(winner) if winner else {"recipe": ""})

    def _try(self, original: Runner, answers: Answers, recipe: Recipe, path: Path) -> Trial | None:
        try:
            quantise(self._request.source, path, recipe, self._request.threads)
            self._progress()
            with closing(Runner(path, self._manner)) as copy:
                reading, writing = speed_ratios(original, copy, SHORT_PROMPT, self._rounds)
                trial = Trial(recipe.name, reading, writing)
                if _is_fast(trial):
                    trial = Trial(recipe.name, reading, writing, answers.agreement(copy))
        except ModelRefused:
            path.unlink(missing_ok=True)
            return None
        return trial

    def _kv_manner(self, path: Path) -> tuple[KvType, bool]:
        """The fastest way to keep the KV cache; of equally fast ones, the smaller."""
        with closing(Runner(path, self._manner)) as usual:
            if self._is_as_good(usual, path, Manner(self._manner.threads, "q8_0")):
                return "q8_0", True
            plain = Manner(self._manner.threads, flash_attention=False)
            with closing(Runner(path, plain)) as other:
                reading, writing = speed_ratios(usual, other, LONG_PROMPT, self._rounds)
            return "f16", reading * writing < _WORTHWHILE

    def _is_as_good(self, usual: Runner, path: Path, manner: Manner) -> bool:
        try:
            with closing(Runner(path, manner)) as other:
                ratios = speed_ratios(usual, other, LONG_PROMPT, self._rounds)
                if min(ratios) < 1:
                    return False
                return Answers(usual, self._prompts).agreement(other) >= LEAST_AGREEMENT
        except ModelRefused:  # a model whose heads do not divide into blocks of 32
            return False

    def _progress(self) -> None:
        self._steps += 1
        whole = 2 + 2 * len(self._recipes)
        self._say({"op": "progress", "share": min(1.0, self._steps / whole)})


def _recipes(source: Path) -> tuple[Recipe, ...]:
    try:
        return recipes_for(read_shape(source).layers)
    except (GgufFault, OSError):
        return ()  # the run itself refuses such a file, in words


def _is_fast(trial: Trial) -> bool:
    return trial.prompt_ratio >= LEAST_PROMPT_RATIO and trial.decode_ratio >= LEAST_DECODE_RATIO


def _better(first: Winner | None, second: Winner | None) -> Winner | None:
    """Keep the one that wins and remove the other's file."""
    if second is None:
        return first
    agreement = second.trial.agreement
    wins = agreement is not None and agreement >= LEAST_AGREEMENT
    if not wins or (first and first.speed >= second.speed):
        second.path.unlink(missing_ok=True)
        return first
    if first:
        first.path.unlink(missing_ok=True)
    return second


def _finished(winner: Winner) -> dict[str, Any]:
    with winner.path.open("rb+") as file:
        flush_to_disk(file.fileno())
    return {
        "recipe": winner.trial.recipe,
        "file": winner.path.name,
        "size": winner.path.stat().st_size,
        "sha256": digest(winner.path),
    }


def _check_room(request: TuneRequest) -> None:
    """Two copies may stand at once; and the original and one copy are loaded at once."""
    largest = largest_copy(request.source)
    _check("disk space", 2 * largest + _SPARE_BYTES, shutil.disk_usage(request.folder).free)
    weights = request.source.stat().st_size
    _check("memory", weights + largest + _SPARE_BYTES, psutil.virtual_memory().available)


def _check(of_what: str, needed: int, free: int) -> None:
    if needed > free:
        raise EngineError(
            f"Tuning this model needs about {gigabytes(needed)} of free {of_what}, and there "
            f"are {gigabytes(free)}.",
            "The model works as it is.",
        )


def read_request(frame: Frame) -> TuneRequest:
    """Read what the parent asks for.

    Raises:
        BrokenFrame: it is no such request.
    """
    try:
        source, folder = Path(frame["source"]), Path(frame["folder"])
        return TuneRequest(source, folder, str(frame["stem"]), max(1, int(frame["threads"])))
    except (KeyError, TypeError, ValueError) as error:
        raise BrokenFrame("no such request") from error


def _tune(frame: Frame, tell: Tell) -> Frame:
    low.llama_backend_init()
    try:
        return Tuner(read_request(frame), tell).run()
    except EngineError as error:
        return refusal_frame(error)


def main() -> None:
    """Serve one request on this process's stdin and stdout."""
    serve_once(_tune, silence)


if __name__ == "__main__":
    main()
