"""One turn through a running Hush, and what it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationRequest,
    Prefilled,
)
from assistant.events import PromptRead, ReplyEnded, ReplyText
from benchmarks.harness import Hush
from models.file import ModelFile


@dataclass(frozen=True, slots=True)
class Asked:
    """A turn. Seconds; ``first_seconds`` from Enter to the first text's arrival.

    ``prefill_seconds`` is the child's own figure for reading the new tokens.
    """

    conversation_id: int
    prompt_tokens: int
    reused_tokens: int
    prefill_seconds: float
    first_seconds: float
    reply_tokens: int
    tokens_per_second: float

    @property
    def new_tokens(self) -> int:
        """Tokens of the prompt that had to be read."""
        return self.prompt_tokens - self.reused_tokens

    @property
    def reading_speed(self) -> float:
        """Tokens/s of the prompt."""
        return self.new_tokens / self.prefill_seconds


def ask(ours: Hush, text: str, conversation_id: int | None = None) -> Asked:
    """Ask, in a new conversation where none is named, and wait for the end of the answer.

    Raises:
        RuntimeError: the answer failed, or has no text.
    """
    asked = time.perf_counter()
    run = ours.session.chat.send(conversation_id, text)
    read: PromptRead | None = None
    said: list[tuple[float, int]] = []
    for stamped in ours.follow(run):
        match stamped.event:
            case PromptRead():
                read = stamped.event
            case ReplyText():
                said.append((stamped.at, stamped.event.tokens))
            case ReplyEnded():
                if stamped.event.error:
                    raise RuntimeError(f"the answer failed: {stamped.event.error.code}")
    if read is None or not said:
        raise RuntimeError("the answer has no text")
    later, seconds = sum(tokens for _, tokens in said[1:]), said[-1][0] - said[0][0]
    return Asked(
        conversation_id=run.saved.result().conversation.id,
        prompt_tokens=read.prompt_tokens,
        reused_tokens=read.reused_tokens,
        prefill_seconds=read.seconds,
        first_seconds=said[0][0] - asked,
        reply_tokens=said[0][1] + later,
        tokens_per_second=later / seconds if seconds else 0.0,
    )


@contextmanager
def engine(model: ModelFile, options: EngineOptions | None = None) -> Iterator[ChildEngine]:
    """A warm engine in its child process, with nothing around it."""
    running = ChildEngine()
    try:
        running.load(model, options or EngineOptions())
        yield running
    finally:
        running.close()


@dataclass(frozen=True, slots=True)
class Written:
    """What an engine wrote, and its own figures."""

    text: str
    read: Prefilled
    end: Finished

    @property
    def speed(self) -> float:
        """Tokens/s of writing, in the child; the first token comes from reading the prompt."""
        return max(0, self.end.reply_tokens - 1) / self.end.decode_seconds


def write(running: ChildEngine, request: GenerationRequest) -> Written:
    """Have a reply written to its end."""
    said: list[str] = []
    read: Prefilled | None = None
    for event in running.generate(request):
        match event:
            case Prefilled():
                read = event
            case Finished():
                if read is None:
                    break
                return Written("".join(said), read, event)
            case _:
                said.append(event.text)
    raise RuntimeError("the engine wrote nothing")
