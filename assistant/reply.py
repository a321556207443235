"""One reply, from prompt to final row: the job that the LLM worker runs for a message.

A token is shown at once and durable soon: text goes to append-only chunk rows every 250 ms or 32
tokens, without waiting for the disk, and is merged into the message in one transaction at the end.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Final

from assistant import prompt
from assistant.clock import Clock
from assistant.engine.protocol import (
    Cancel,
    Engine,
    Finished,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import HushError, PromptTooLong
from assistant.events import EventSink, PromptRead, ReplyBegan, ReplyEnded, ReplyText
from assistant.log import log_event
from assistant.records import (
    Conversation,
    Exchange,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
)
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

FLUSH_SECONDS: Final = 0.25
FLUSH_TOKENS: Final = 32

_COUNTS_KEPT: Final = 4096
_SECOND_TRY: Final = 0.9
"""Share of the cap for a second build, where a template's overhead was larger than measured."""


@dataclass(frozen=True, slots=True)
class ReplyPlan:
    """How to answer: fixed when the person sends, so a setting changed later waits its turn."""

    system_prompt: str
    reply_tokens: int
    sampling: Sampling


class TokenCounts:
    """Remembers how many tokens texts have, for the worker's thread only."""

    def __init__(self) -> None:
        self._model = ""
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, engine: Engine, info: ModelInfo, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, asking the engine only for those it has not seen."""
        if self._model != info.name:
            self._counts.clear()
            self._model = info.name
        unknown = list(dict.fromkeys(text for text in texts if text not in self._counts))
        self._counts.update(zip(unknown, engine.count(unknown), strict=True))
        counts = [self._counts[text] for text in texts]
        while len(self._counts) > _COUNTS_KEPT:
            self._counts.popitem(last=False)
        return counts


class ReplyJob:
    """Writes one answer. Built when the exchange is saved; run on the worker's thread.

    Args:
        run_id: Names the run in events.
        exchange: What was saved; its answer is in state ``STREAMING``.
        plan: How to answer.
        cancel: Asked when the person stops it.
        vault: Where chunks and the final message go.
        publish: Gets the reply's events, in order, ``ReplyEnded`` last and exactly once.
        clock: Measures the time to the first token from now on.
        counts: The worker's token counts.
    """

    def __init__(
        self,
        run_id: int,
        exchange: Exchange,
        plan: ReplyPlan,
        cancel: Cancel,
        vault: Vault,
        publish: EventSink,
        clock: Clock,
        counts: TokenCounts,
    ) -> None:
        self._run_id = run_id
        self._conversation = exchange.conversation
        self._answer = exchange.answer
        self._plan = plan
        self._cancel = cancel
        self._vault = vault
        self._publish = publish
        self._clock = clock
        self._counts = counts
        self._asked_at = clock.elapsed()
        self._chunks = ChunkWriter(vault, exchange.answer.id, clock)
        self._figures: ReplyFigures | None = None

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        if self._cancel.asked:
            self._end(MessageState.STOPPED)
            return
        turns = self._turns()
        try:
            reason = self._write(engine, info, self._build(engine, info, turns, 1.0))
        except PromptTooLong:
            reason = self._write(engine, info, self._build(engine, info, turns, _SECOND_TRY))
        stopped = reason is FinishReason.CANCELLED
        self._end(MessageState.STOPPED if stopped else MessageState.COMPLETE)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        if self._cancel.asked:
            self._end(MessageState.STOPPED)
        else:
            self._end(MessageState.FAILED, error)

    def _turns(self) -> list[Turn]:
        answer_id = self._answer.id
        path = self._vault.read(lambda c: message_rows.ancestors(c, answer_id)).result()
        return [Turn(message.role.value, message.text) for message in path]

    def _build(
        self, engine: Engine, info: ModelInfo, turns: Sequence[Turn], share: float
    ) -> prompt.Prompt:
        budget = prompt.Budget(
            cap=int(info.context_tokens * share),
            reply=self._plan.reply_tokens,
            fixed=info.template_fixed_tokens,
            per_turn=info.template_turn_tokens,
        )
        return prompt.build(
            self._plan.system_prompt,
            turns,
            lambda texts: self._counts.count(engine, info, texts),
            budget,
        )

    def _write(self, engine: Engine, info: ModelInfo, built: prompt.Prompt) -> FinishReason:
        self._publish(
            ReplyBegan(
                self._run_id,
                self._conversation.id,
                self._answer.id,
                built.tokens,
                info.context_tokens,
                built.left_out,
            )
        )
        request = GenerationRequest(
            turns=built.turns,
            continue_from=built.continue_from,
            max_tokens=self._plan.reply_tokens,
            sampling=self._plan.sampling,
        )
        read = Prefilled(built.tokens, 0, 0.0)
        first_token_at: float | None = None
        for event in engine.generate(request, self._cancel):
            match event:
                case Prefilled():
                    read = event
                    log_event("prompt.read", tokens=event.prompt_tokens, reused=event.reused_tokens)
                    self._publish(
                        PromptRead(
                            self._run_id,
                            self._answer.id,
                            event.prompt_tokens,
                            event.reused_tokens,
                            event.seconds,
                        )
                    )
                case Piece():
                    if first_token_at is None:
                        first_token_at = self._clock.elapsed()
                    self._say(event)
                case Finished():
                    waited = (first_token_at or self._clock.elapsed()) - self._asked_at
                    self._figures = _figures(info, built, read, event, waited)
                    return event.reason
        return FinishReason.CANCELLED

    def _say(self, piece: Piece) -> None:
        if piece.text:
            self._publish(
                ReplyText(
                    self._run_id,
                    self._conversation.id,
                    self._answer.id,
                    piece.text,
                    piece.tokens,
                )
            )
        self._chunks.add(piece.text, piece.tokens)

    def _end(self, state: MessageState, error: HushError | None = None) -> None:
        code = error.code if error else ""
        log_event("reply.ended", state=state.value, code=code or "none", **_logged(self._figures))
        try:
            self._chunks.flush()
            conversation, message = self._vault.write(
                lambda c: self._merge(c, state, code)
            ).result()
        except HushError as problem:
            # Not saved whole: what was durable stays, and is "interrupted" at the next start.
            text = self._answer.text + self._chunks.text
            message = replace(
                self._answer, state=MessageState.FAILED, text=text, failure=problem.code
            )
            conversation, error = self._conversation, error or problem
        self._publish(ReplyEnded(self._run_id, conversation, message, error))

    def _merge(
        self, connection: Connection, state: MessageState, code: str
    ) -> tuple[Conversation, Message]:
        message = message_rows.finish(connection, self._answer.id, state, self._figures, code)
        now = self._clock.now()
        return conversation_rows.touch(connection, self._conversation.id, now), message


class ChunkWriter:
    """Appends an answer's text to the store, every 250 ms or 32 tokens.

    Args:
        vault: Its thread does the writing; this one does not wait for it.
        message_id: The answer.
        clock: Tells when 250 ms are over.
    """

    def __init__(self, vault: Vault, message_id: int, clock: Clock) -> None:
        self._vault = vault
        self._message_id = message_id
        self._clock = clock
        self._sequence = 0
        self._pending: list[str] = []
        self._pending_tokens = 0
        self._flushed_at = clock.elapsed()
        self._said: list[str] = []
        self._last: Future[None] | None = None

    @property
    def text(self) -> str:
        """Everything added so far, durable or not."""
        return "".join(self._said)

    def add(self, text: str, tokens: int) -> None:
        """Take text, and hand what has gathered to the store where it is time.

        Raises:
            StorageFull: an earlier chunk could not be written; generating on would lose more.
        """
        self._pending.append(text)
        self._said.append(text)
        self._pending_tokens += tokens
        waited = self._clock.elapsed() - self._flushed_at
        if self._pending_tokens >= FLUSH_TOKENS or waited >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand everything to the store.

        Raises:
            StorageFull: an earlier chunk could not be written.
        """
        if self._last is not None and self._last.done():
            self._last.result()
        text = "".join(self._pending)
        self._pending.clear()
        self._pending_tokens = 0
        self._flushed_at = self._clock.elapsed()
        if not text:
            return
        message_id, sequence = self._message_id, self._sequence
        self._sequence += 1
        self._last = self._vault.write(
            lambda c: message_rows.append_chunk(c, message_id, sequence, text)
        )


def _figures(
    info: ModelInfo, built: prompt.Prompt, read: Prefilled, end: Finished, waited: float
) -> ReplyFigures:
    speed = end.reply_tokens / end.decode_seconds if end.decode_seconds > 0 else 0.0
    return ReplyFigures(
        model=info.name,
        prompt_tokens=read.prompt_tokens,
        reused_tokens=read.reused_tokens,
        reply_tokens=end.reply_tokens,
        first_token_ms=round(waited * 1000, 1),
        tokens_per_second=round(speed, 1),
        context_cap=info.context_tokens,
        omitted_messages=built.omitted_messages,
        omitted_tokens=built.omitted_tokens,
        finish_reason=end.reason,
    )


def _logged(figures: ReplyFigures | None) -> dict[str, int | float]:
    if figures is None:
        return {}
    return {
        "prompt_tokens": figures.prompt_tokens,
        "reply_tokens": figures.reply_tokens,
        "first_token_ms": figures.first_token_ms,
        "tokens_per_second": figures.tokens_per_second,
    }
