"""Trying a model out before it is used: loaded in a child of its own, under limits, for 8 tokens.

What passed its examination can still end llama.cpp, or write nothing: then nobody's chat is under
way with it yet.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from assistant.cancel import Cancel
from assistant.engine.fit import need
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Engine,
    EngineOptions,
    Finished,
    GenerationRequest,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineDied, EngineError, ModelRefused
from assistant.shelf.records import Passed, Speed
from assistant.shelf.words import stopped
from models.file import ModelFile
from models.gguf import ModelShape

TOKENS: Final = 8
SECONDS: Final = 120.0
OPTIONS: Final = EngineOptions(context_tokens=512, gpu_layers=0)
"""On the processor, whatever else there is: a GPU's driver maps more than any limit allows."""

_BATCH_TOKENS: Final = 128  # as the engine's child reads prompts
_SPARE_BYTES: Final = 2 << 30
"""Address space of Python, llama.cpp and their threads' stacks: 1.1 GB where it was measured."""

_QUESTION: Final = (
    "Here is a list for the market: bread, butter, six eggs, a bag of apples, two lemons, rice, "
    "and some flowers. Say in one sentence what could be cooked with it this evening."
)

_COMMAND: Final = (sys.executable, "-I", "-m", "assistant.engine.child")


def try_out(
    model: ModelFile,
    passed: Passed,
    cancel: Cancel,
    *,
    command: Sequence[str] = _COMMAND,
    seconds: float = SECONDS,
    engine: Callable[[Sequence[str]], Engine] = ChildEngine,
) -> Speed:
    """Load a model under a limit of memory and have it write 8 tokens.

    Args:
        model: One that passed.
        passed: Its examination.
        cancel: Ends it.
        command: Starts the child; what limits it is added.
        seconds: After which it is ended.
        engine: Makes one from the command.

    Raises:
        InputRefused: cancelled.
        ModelDamaged, ModelMissing: its file is not what it was.
        ModelRefused: llama.cpp does not load it, or it writes nothing, or takes too long.
        EngineDied: it ended the process. All of them name the model.
    """
    limit = memory_limit(passed, model.size or 0)
    child = engine([*command, "--memory", str(limit)])
    with _ended_by(cancel, seconds) as (asked, is_late):
        try:
            child.load(model, OPTIONS, asked)
            speed = _write(child, asked)
        except EngineError as error:
            raise _named(model.name, error, cancel, late=is_late()) from error
        finally:
            child.close()
    if cancel.asked:
        raise stopped()
    if is_late():
        raise _too_slow(model.name)
    if speed is None:
        raise ModelRefused(
            f"“{model.name}” was loaded, and wrote nothing.",
            "It may not be made for conversations. The model that you use stays.",
        )
    return speed


def memory_limit(passed: Passed, size: int) -> int:
    """Address space that a model may take while it is tried out, in bytes.

    Its file counts twice, for it is mapped, and llama.cpp lays out some kinds of weights anew.
    """
    return round(1.25 * memory_needed(passed, size)) + size + _SPARE_BYTES


def memory_needed(passed: Passed, size: int, options: EngineOptions = OPTIONS) -> int:
    """Memory that a model takes, in bytes.

    Args:
        passed: Its examination.
        size: Of its file.
        options: How it is loaded; as it is tried out, where nothing is said.
    """
    layers, embedding, heads, key_width, value_width, feed_forward, vocabulary = passed.shape
    shape = ModelShape(
        passed.architecture,
        layers,
        key_width,
        value_width,
        heads,
        embedding,
        feed_forward,
        vocabulary,
        passed.context,
        size,
    )
    return need(shape, options, _BATCH_TOKENS).total


def _write(engine: Engine, cancel: Cancel) -> Speed | None:
    """Speeds, of a few tokens only; None where it wrote nothing."""
    request = GenerationRequest((Turn("user", _QUESTION),), TOKENS, Sampling(temperature=0, seed=1))
    prompt = 0.0
    for event in engine.generate(request, cancel):
        if isinstance(event, Prefilled):
            read = event.prompt_tokens - event.reused_tokens
            prompt = read / event.seconds if event.seconds else 0.0
        elif isinstance(event, Finished) and event.reply_tokens:
            steps = event.reply_tokens - 1
            decode = steps / event.decode_seconds if event.decode_seconds else 0.0
            return Speed(prompt, decode)
    return None


@contextmanager
def _ended_by(cancel: Cancel, seconds: float) -> Iterator[tuple[Cancel, Callable[[], bool]]]:
    """A cancel that is asked for with the caller's, and after some seconds; whether it was that."""
    either, late = Cancel(), threading.Event()

    def end() -> None:
        late.set()
        either.ask()

    deadline = threading.Timer(seconds, end)
    deadline.daemon = True
    deadline.start()
    cancel.listen(either.ask)
    try:
        yield either, late.is_set
    finally:
        cancel.listen(None)
        deadline.cancel()


def _named(name: str, error: EngineError, cancel: Cancel, *, late: bool) -> Exception:
    """The same error, naming the model."""
    if cancel.asked:
        return stopped()
    if late:
        return _too_slow(name)
    if isinstance(error, EngineDied):
        return EngineDied(
            f"“{name}” stopped unexpectedly while it was tried out. It is not used.",
            "The model that you use stays. Choose another one.",
        )
    return type(error)(f"“{name}” cannot be used. {error.message}", error.advice)


def _too_slow(name: str) -> ModelRefused:
    return ModelRefused(
        f"“{name}” took longer than two minutes for its first words. It is not used.",
        "It is too large for this computer, or something else keeps that busy.",
    )
