"""One reply, from prompt to final row: the job that the LLM worker runs for a message.

A token is shown at once and durable soon: text goes to append-only chunk rows every 250 ms or 32
tokens, without waiting for the disk, and is merged into the message in one transaction at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from assistant.asking.answering import NO_ROOM, NotesAnswer, answer_from_notes
from assistant.asking.protocol import Retriever
from assistant.asking.records import Citation
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.confidence.hearing import Certainty
from assistant.confidence.records import Confidence
from assistant.context.contexts import Contexts, Frame, Stopped, Talk, read_talk
from assistant.context.prompt import Prompt
from assistant.engine.protocol import (
    Engine,
    Finished,
    GenerationRequest,
    ModelInfo,
    Piece,
    Prefilled,
    Sampling,
)
from assistant.errors import Bug, HushError, PromptTooLong
from assistant.events import (
    ContextBuilt,
    EventSink,
    PromptRead,
    ReplyBegan,
    ReplyEnded,
    ReplyText,
)
from assistant.log import log_error, log_event
from assistant.records import (
    Conversation,
    Exchange,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
)
from assistant.store import conversation_rows, message_rows, source_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

FLUSH_SECONDS: Final = 0.25
FLUSH_TOKENS: Final = 32

_SENTENCE_SHARE: Final = 0.85
"""From this share of its tokens on a reply ends with the next complete sentence."""


@dataclass(frozen=True, slots=True)
class ReplyPlan:
    """How to answer: fixed when the person sends, so a setting changed later waits its turn.

    Attributes:
        frame: What stands around the conversation. Its tokens for a reply come from the settings
            alone: what the governor allows must not move the beginning of the prompt.
        max_tokens: The reply ends there at the latest.
        sampling: How tokens are chosen.
        allowed: The most tokens that the governor allows, asked when the writing begins: the
            question may have waited while the machine was hot. None: as many as one likes.
    """

    frame: Frame
    max_tokens: int
    sampling: Sampling
    allowed: Callable[[], int | None] = lambda: None

    @property
    def tokens_now(self) -> int:
        """The reply's limit, were it to begin now."""
        allowed = self.allowed()
        return self.max_tokens if allowed is None else min(self.max_tokens, allowed)


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
        contexts: Lays the conversation out.
        retriever: Finds what to answer from, where the question is one over notes.
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
        contexts: Contexts,
        retriever: Retriever | None = None,
    ) -> None:
        self._run_id = run_id
        self._conversation = exchange.conversation
        self._answer = exchange.answer
        self._plan = plan
        self.cancel = cancel
        self._vault = vault
        self._publish = publish
        self._clock = clock
        self._contexts = contexts
        self._retriever = retriever
        self._notes: NotesAnswer | None = None
        self._cited: Sequence[Citation] | None = None
        self._certainty = Certainty()
        self._asked_at = clock.elapsed()
        self._chunks = ChunkWriter(vault, exchange.answer.id, clock)
        self._figures: ReplyFigures | None = None
        self._began = False

    @property
    def proves_model(self) -> bool:
        """See ``assistant.engine.worker.Proving``: a sentence said in its place proves nothing."""
        return self._figures is not None

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        answer_id = self._answer.id
        talk = self._vault.read(lambda c: read_talk(c, answer_id)).result()
        try:
            reason = self._answered(engine, info, talk)
        except Stopped:
            reason = FinishReason.CANCELLED
        if self._notes:
            self._cited = self._notes.citations(self._answer.text + self._chunks.text)
        stopped = reason is FinishReason.CANCELLED
        self._end(MessageState.STOPPED if stopped else MessageState.COMPLETE)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        if self.cancel.asked:
            self._end(MessageState.STOPPED)
        else:
            self._end(MessageState.FAILED, error)

    def _answered(self, engine: Engine, info: ModelInfo, talk: Talk) -> FinishReason:
        if self.cancel.asked:
            raise Stopped
        notes = self._notes = answer_from_notes(self._answer, self._retriever, self._vault)
        if notes and not notes.look(talk, self.cancel):
            built = self._build(engine, info, talk)
            return self._say_instead(info, built, notes.nothing_found)
        try:
            return self._tried(engine, info, talk)
        except PromptTooLong:
            if not self._contexts.tighten():
                raise
            return self._tried(engine, info, talk)

    def _tried(self, engine: Engine, info: ModelInfo, talk: Talk) -> FinishReason:
        notes = self._notes
        built = self._build(engine, info, notes.given_to(talk) if notes else talk)
        if notes:
            notes.keep(built.passages)
            if not built.passages:
                return self._say_instead(info, built, NO_ROOM)
        return self._write(engine, info, built)

    def _build(self, engine: Engine, info: ModelInfo, talk: Talk) -> Prompt:
        return self._contexts.build(engine, info, talk, self._plan.frame, self.cancel)

    def _say_instead(self, info: ModelInfo, built: Prompt, sentence: str) -> FinishReason:
        """Say an honest sentence in place of an answer that would be made up."""
        self._tell(info, built)
        self._say(Piece(sentence, 0))
        return FinishReason.STOP

    def _write(self, engine: Engine, info: ModelInfo, built: Prompt) -> FinishReason:
        self._tell(info, built)
        most = self._plan.tokens_now
        request = GenerationRequest(
            turns=built.turns,
            continue_from=built.continue_from,
            max_tokens=most,
            sampling=self._plan.sampling,
            cache_key=self._conversation.id,
            sentence_from=int(most * _SENTENCE_SHARE),
            logprobs=True,
        )
        read = Prefilled(built.tokens, 0, 0.0)
        first_token_at: float | None = None
        for event in engine.generate(request, self.cancel):
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
                    self._certainty.hear(event)
                case Finished():
                    waited = (first_token_at or self._clock.elapsed()) - self._asked_at
                    self._figures = _figures(info, built, read, event, waited)
                    return event.reason
        return FinishReason.CANCELLED

    def _tell(self, info: ModelInfo, built: Prompt) -> None:
        """Tell what goes to the model; that it began only once, however often it is built."""
        if not self._began:
            self._began = True
            missing = self._notes.missing if self._notes else ""
            self._publish(
                ReplyBegan(
                    self._run_id,
                    self._conversation.id,
                    self._answer.id,
                    built.tokens,
                    info.context_tokens,
                    " ".join(filter(None, (built.left_out, missing))),
                )
            )
        self._publish(ContextBuilt(self._conversation.id, built.view))

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
            rest = self._chunks.rest()
            work = partial(self._merge, rest=rest, state=state, code=code)
            conversation, message = self._vault.write(work).result()
        except Exception as found:  # noqa: BLE001 - whatever it is, the run must end with an event
            problem = found if isinstance(found, HushError) else _bug(found)
            # Not saved whole: what was durable stays, and is "interrupted" at the next start.
            text = self._answer.text + self._chunks.text
            message = replace(
                self._answer, state=MessageState.FAILED, text=text, failure=problem.code
            )
            conversation, error = self._conversation, error or problem
        self._publish(ReplyEnded(self._run_id, conversation, message, error))

    def _confidence(self) -> Confidence | None:
        """How far the answer can be trusted; None of one that failed, or was only gone on with."""
        if self._figures is None or self._answer.text:
            return None
        if self._notes is None:
            return self._certainty.judge()
        return self._certainty.judge([source.score for source in self._notes.sources])

    def _merge(
        self,
        connection: Connection,
        rest: tuple[int, str],
        state: MessageState,
        code: str,
    ) -> tuple[Conversation, Message]:
        sequence, text = rest
        if text:
            message_rows.append_chunk(connection, self._answer.id, sequence, text)
        if self._cited is not None:
            source_rows.put_citations(connection, self._answer.id, self._cited)
        figures, confidence = self._figures, self._confidence()
        message = message_rows.finish(connection, self._answer.id, state, figures, code, confidence)
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
        self._handed_over: list[tuple[str, Future[None]]] = []  # in order of their sequence
        self._durable = 0  # so many of these, from the first on
        self._pending: list[str] = []
        self._pending_tokens = 0
        self._flushed_at = clock.elapsed()

    @property
    def text(self) -> str:
        """Everything added so far, durable or not."""
        return "".join([*(text for text, _ in self._handed_over), *self._pending])

    def add(self, text: str, tokens: int) -> None:
        """Take text, and hand what has gathered to the store where it is time.

        Raises:
            StorageFull: an earlier chunk could not be written; generating on would lose more.
        """
        self._pending.append(text)
        self._pending_tokens += tokens
        waited = self._clock.elapsed() - self._flushed_at
        if self._pending_tokens >= FLUSH_TOKENS or waited >= FLUSH_SECONDS:
            self._flush()

    def rest(self) -> tuple[int, str]:
        """Wait for the store; return the place and the text of what is not durable.

        That is what was not handed over yet and, before it, everything from the first chunk on
        that could not be written: the store refuses a chunk where the one before it is missing.
        """
        for _, written in self._handed_over[self._durable :]:
            if written.exception() is not None:
                break
            self._durable += 1
        failed = [text for text, _ in self._handed_over[self._durable :]]
        return self._durable, "".join([*failed, *self._pending])

    def _flush(self) -> None:
        for _, written in self._handed_over[self._durable :]:
            if not written.done():
                break
            written.result()
            self._durable += 1
        text = "".join(self._pending)
        self._pending.clear()
        self._pending_tokens = 0
        self._flushed_at = self._clock.elapsed()
        if text:
            work = partial(
                message_rows.append_chunk,
                message_id=self._message_id,
                seq=len(self._handed_over),
                text=text,
            )
            self._handed_over.append((text, self._vault.write(work)))


def _bug(error: BaseException) -> Bug:
    log_error("reply.bug", error)
    return Bug("The answer could not be saved whole. What was saved before stands.", "Try again.")


def _figures(
    info: ModelInfo, built: Prompt, read: Prefilled, end: Finished, waited: float
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
