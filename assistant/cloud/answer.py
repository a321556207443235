"""One answer from elsewhere: what was approved is sent, once, and what comes is written down.

The order binds. The gate takes the approval, and nothing leaves yet. Then one transaction writes
the question where it is new, the empty answer, and what is sent for it. Only then is it sent, so
there is no request without its evidence; where a step fails the ones after it do not happen.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.cloud.composing import with_key
from assistant.cloud.drafting import attachment_id
from assistant.cloud.records import Composed, PartKind, Provider, Sent
from assistant.errors import Bug, CloudRefused, HushError, NetworkError
from assistant.events import EventSink, ReplyBegan, ReplyEnded, ReplyText
from assistant.log import log_error, log_event
from assistant.net.approvals import Approval
from assistant.net.deltas import Delta, unpack
from assistant.net.gate import NetworkGate, Permit
from assistant.net.records import Data, Failure, Purpose, TransferEvent, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.words import transfer_failed
from assistant.records import (
    Conversation,
    Exchange,
    FinishReason,
    Message,
    MessageState,
    ReplyFigures,
)
from assistant.redaction.restoring import Restorer
from assistant.reply import ChunkWriter
from assistant.store import cloud_rows, conversation_rows, message_rows, source_rows
from assistant.store.exchange_rows import begin_answer
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import MAX_MESSAGE_CHARACTERS, title_from
from assistant.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Means:
    """What an answer needs of the house.

    Attributes:
        gate: Lets out what was approved.
        key: Reads the key that may go to a provider, empty where it has none; may block.
        vaults: Open.
        publish: Gets ``ReplyBegan``, ``ReplyText`` and ``ReplyEnded``, the last exactly once.
        clock: Times to write down and to measure with.
    """

    gate: NetworkGate
    key: Callable[[Provider], str]
    vaults: Vaults
    publish: EventSink
    clock: Clock


class CloudAnswer:
    """Sends one approved request, and writes the answer.

    Args:
        run_id: Names the run in events.
        composed: What the person saw.
        approval: Of that.
        cancel: Asked when the person stops it.
        bind: Told the conversation, inside of the transaction; may refuse it.
        means: What it needs.

    Attributes:
        saved: Done when question, empty answer and evidence are in the vault; failed where nothing
            left.
    """

    def __init__(
        self,
        run_id: int,
        composed: Composed,
        approval: Approval,
        cancel: Cancel,
        bind: Callable[[int], object],
        means: Means,
    ) -> None:
        self.saved: Future[Exchange] = Future()
        self._run_id = run_id
        self._composed = composed
        self._approval = approval
        self._cancel = cancel
        self._bind = bind
        self._means = means
        self._asked_at = means.clock.elapsed()
        self.saved.set_running_or_notify_cancel()  # what is handed over cannot be taken back

    def run(self, failed: Callable[[], object]) -> None:
        """Do it. Blocks to its end; raises nothing.

        Args:
            failed: Told where nothing left, before ``saved`` says so: no ``ReplyEnded`` follows.
        """
        composed, means = self._composed, self._means
        provider, request = composed.draft.provider, composed.request
        try:
            key = means.key(provider)
            if self._cancel.asked:
                raise CloudRefused("You stopped this before anything was sent.")
            permit = means.gate.open(self._approval, request, provider.name, metered_ok=True)
            try:
                vault = self._vault()
                exchange = vault.write(self._begin).result()
            except BaseException:
                permit.close()
                raise
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits
            failed()
            self.saved.set_exception(error)
            return
        self.saved.set_result(exchange)
        reply = _Reply(self._run_id, exchange, composed, vault, means, self._asked_at)
        with permit:
            reply.take(permit, with_key(request, key), self._cancel)

    def _vault(self) -> Vault:
        draft, vaults = self._composed.draft, self._means.vaults
        if draft.conversation_id is None:
            return vaults.for_new(private=draft.private)
        return vaults.holding(draft.conversation_id)

    def _begin(self, connection: Connection) -> Exchange:
        """Write what there is before anything leaves, in one transaction."""
        draft, now = self._composed.draft, self._means.clock.now()
        question = self._question(connection, now)
        self._bind(question.conversation_id)
        return begin_answer(
            connection,
            question,
            now,
            is_new=draft.question_id is None,
            beside=lambda answer_id: cloud_rows.put_sent(
                connection, self._evidence(answer_id, now), draft.provider.id
            ),
        )

    def _question(self, connection: Connection, now: int) -> Message:
        """The question: as it was asked where it stands, else as the person left it."""
        draft = self._composed.draft
        if draft.question_id is not None:
            question = message_rows.get(connection, draft.question_id)
            conversation_rows.get(connection, question.conversation_id)
            return question
        text = next(one.text for one in draft.parts if one.kind is PartKind.QUESTION)
        if draft.conversation_id is None:
            conversation = conversation_rows.create(connection, title_from(text), now)
            parent = None
        else:
            conversation = conversation_rows.get(connection, draft.conversation_id)
            parent = conversation_rows.head(connection, conversation.id)
        question = message_rows.add_question(
            connection, conversation.id, parent, text, now, draft.scope
        )
        left_out = {part.id for part in draft.parts if not part.included}
        attached = [
            one
            for number, one in enumerate(draft.attachments, 1)
            if attachment_id(number) not in left_out
        ]
        source_rows.attach(connection, question.id, attached)
        return question

    def _evidence(self, answer_id: int, now: int) -> Sent:
        composed, request = self._composed, self._composed.request
        provider = composed.draft.provider
        return Sent(
            answer_id,
            provider.name,
            provider.host,
            provider.model,
            now,
            self._approval.id,
            request.payload_sha256,
            composed.size,
            request.body,
            composed.table,
        )


class _Reply:
    """What comes, from the first word to the final row.

    Args:
        run_id: Names the run in events.
        exchange: What was saved.
        composed: What is sent.
        vault: Where the answer lives.
        means: What it needs.
        asked_at: When the person pressed, in seconds of the clock.
    """

    def __init__(
        self,
        run_id: int,
        exchange: Exchange,
        composed: Composed,
        vault: Vault,
        means: Means,
        asked_at: float,
    ) -> None:
        self._run_id = run_id
        self._conversation = exchange.conversation
        self._answer = exchange.answer
        self._provider = composed.draft.provider
        self._vault = vault
        self._publish = means.publish
        self._clock = means.clock
        self._asked_at = asked_at
        self._restorer = Restorer(composed.table)
        self._chunks = ChunkWriter(vault, exchange.answer.id, means.clock)
        self._length = 0
        self._first_at: float | None = None
        self._said = Delta()  # what was said beside the text: model, usage, how it ended
        self._figures: ReplyFigures | None = None
        self._may_have_left = False

    def take(self, permit: Permit, request: NetRequest, cancel: Cancel) -> None:
        """Send, and write down what comes. Raises nothing; ends with ``ReplyEnded``."""
        self._publish(ReplyBegan(self._run_id, self._conversation.id, self._answer.id, 0, 0, ""))
        state, error = MessageState.STOPPED, None
        try:
            if not cancel.asked:
                self._hear(permit, request, cancel)
                state = MessageState.COMPLETE
        except Exception as found:  # noqa: BLE001 - whatever it is, the run must end with an event
            # Only the gate's own no is certain. The net child reads what strangers send: that it
            # says it reached nobody makes no evidence go.
            is_refused = isinstance(found, HushError) and not isinstance(found, TransferFailed)
            self._may_have_left = self._may_have_left or not is_refused
            if not cancel.asked:
                state = MessageState.FAILED
                error = found if isinstance(found, HushError) else _bug(found)
        self._end(state, error)

    def _hear(self, permit: Permit, request: NetRequest, cancel: Cancel) -> None:
        with _closing(permit.run(request, cancel)) as events:
            for event in events:
                self._may_have_left = True
                if isinstance(event, Data) and not self._take(_delta(event.data, request.host)):
                    break
        self._say(self._restorer.end())
        self._figures = self._counted(FinishReason.LENGTH if self._is_cut else FinishReason.STOP)
        if not self._length or self._said.finish == "content_filter":
            raise _held_back(request.host, self._said.finish, has_words=bool(self._length))

    @property
    def _is_cut(self) -> bool:
        """Whether there was more to say, or may have been: a reason that is not known is no end."""
        is_ended = self._said.finish in {"length", "other"}
        return is_ended or self._length >= MAX_MESSAGE_CHARACTERS

    def _take(self, delta: Delta) -> bool:
        """Take a piece; whether there may be more."""
        said = self._said
        self._said = Delta(
            finish=delta.finish or said.finish,
            model=delta.model or said.model,
            tokens_in=said.tokens_in if delta.tokens_in is None else delta.tokens_in,
            tokens_out=said.tokens_out if delta.tokens_out is None else delta.tokens_out,
        )
        if delta.text:
            self._say(self._restorer.feed(delta.text))
        return self._length < MAX_MESSAGE_CHARACTERS

    def _say(self, text: str) -> None:
        text = text[: MAX_MESSAGE_CHARACTERS - self._length]
        if not text:
            return
        self._length += len(text)
        if self._first_at is None:
            self._first_at = self._clock.elapsed()
        self._publish(
            ReplyText(self._run_id, self._conversation.id, self._answer.id, text, tokens=1)
        )
        self._chunks.add(text, 0)  # by time alone: a fast server says a letter at a time

    def _counted(self, reason: FinishReason) -> ReplyFigures:
        """What is known in numbers; 0 where the server does not say."""
        now, said = self._clock.elapsed(), self._said
        first_at = now if self._first_at is None else self._first_at
        written = said.tokens_out or 0
        seconds = now - first_at
        return ReplyFigures(
            model=said.model or self._provider.model,
            prompt_tokens=said.tokens_in or 0,
            reused_tokens=0,
            reply_tokens=written,
            first_token_ms=round((first_at - self._asked_at) * 1000, 1),
            tokens_per_second=round(written / seconds, 1) if seconds > 0 else 0.0,
            context_cap=0,
            omitted_messages=0,
            omitted_tokens=0,
            finish_reason=reason,
        )

    def _end(self, state: MessageState, error: HushError | None) -> None:
        code = error.code if error else ""
        log_event("cloud.ended", state=state.value, code=code or "none")
        try:
            if state is not MessageState.COMPLETE:
                with suppress(HushError):  # a chunk that could not be written is in what is left
                    self._say(self._restorer.end())  # what was held back of it
            work = partial(self._merge, rest=self._chunks.rest(), state=state, code=code)
            conversation, message = self._vault.write(work).result()
        except Exception as found:  # noqa: BLE001 - whatever it is, the run must end with an event
            problem = found if isinstance(found, HushError) else _bug(found)
            # Not saved whole: what was durable stays, and is "interrupted" at the next start.
            message = replace(
                self._answer,
                state=MessageState.FAILED,
                text=self._chunks.text,
                failure=problem.code,
            )
            conversation, error = self._conversation, error or problem
        self._publish(ReplyEnded(self._run_id, conversation, message, error))

    def _merge(
        self, connection: Connection, rest: tuple[int, str], state: MessageState, code: str
    ) -> tuple[Conversation, Message]:
        sequence, text = rest
        if text:
            message_rows.append_chunk(connection, self._answer.id, sequence, text)
        if not self._may_have_left:
            cloud_rows.not_sent(connection, self._answer.id)
        message = message_rows.finish(connection, self._answer.id, state, self._figures, code)
        now = self._clock.now()
        return conversation_rows.touch(connection, self._conversation.id, now), message


def _held_back(host: str, finish: str, *, has_words: bool) -> NetworkError:
    """An answer that came to its end and says nothing is none; nor is one that a filter ended."""
    if finish == "content_filter":
        what = "the rest of its answer" if has_words else "its answer"
        return NetworkError(
            f"{host} held {what} back: its filter did not let it through.",
            "Ask in other words, or ask somebody else.",
        )
    return NetworkError(f"{host} answered without a word.", "Ask again, or ask another model.")


def _delta(data: bytes, host: str) -> Delta:
    """What the net child handed on; it reads what strangers send, and is not believed either."""
    try:
        return unpack(data)
    except ValueError:
        raise transfer_failed(Failure.CHILD, host, purpose=Purpose.CLOUD) from None


@contextmanager
def _closing(events: Iterator[TransferEvent]) -> Iterator[Iterator[TransferEvent]]:
    """End the transfer where its events are not heard to their end."""
    try:
        yield events
    finally:
        if isinstance(events, Generator):
            events.close()


def _bug(error: BaseException) -> Bug:
    log_error("cloud.bug", error)
    return Bug("The answer could not be taken whole. What was saved before stands.", "Try again.")
