"""Asking the model: send, regenerate, edit, continue, stop."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from assistant.clock import Clock
from assistant.context.ahead import Ahead
from assistant.context.contexts import Contexts, Frame
from assistant.engine.protocol import Cancel, Sampling
from assistant.engine.worker import LlmWorker
from assistant.errors import EmptyMessage, HushError, InputRefused, MessageTooLong, NotFound
from assistant.events import Event, EventSink, ReplyEnded
from assistant.power.plan import Plan
from assistant.records import Conversation, Exchange, Message, Role
from assistant.reply import ReplyJob, ReplyPlan
from assistant.settings import Settings
from assistant.store import conversation_rows, message_rows
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import MAX_MESSAGE_CHARACTERS, clean, title_from
from assistant.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Run:
    """One reply under way. ``saved`` is done when question and empty answer are in the vault."""

    id: int
    saved: Future[Exchange]


@dataclass(frozen=True, slots=True)
class _Active:
    conversation_id: int | None  # None until the conversation was made
    cancel: Cancel


class ChatService:
    """Writes the question, queues the answer, and reports in events.

    Nothing is generated before the question is committed.

    Args:
        vaults: Open.
        worker: Runs the replies, one at a time.
        settings: The settings of the moment.
        publish: Gets ``ReplyBegan``, ``ContextBuilt``, ``PromptRead``, ``ReplyText`` and
            ``ReplyEnded``.
        clock: Times to write down and to measure with.
        plan: What the governor allows at the moment.
    """

    def __init__(
        self,
        vaults: Vaults,
        worker: LlmWorker,
        settings: Callable[[], Settings],
        publish: EventSink,
        clock: Clock,
        plan: Callable[[], Plan] = Plan,
    ) -> None:
        self._vaults = vaults
        self._worker = worker
        self._settings = settings
        self._publish = publish
        self._clock = clock
        self._limits = plan
        self._contexts = Contexts()
        self._ahead = Ahead(vaults, worker, self._contexts, self._frame, publish, plan)
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._active: dict[int, _Active] = {}

    def send(self, conversation_id: int | None, text: str, *, private: bool = False) -> Run:
        """Ask a question, in a new conversation where ``conversation_id`` is None.

        Args:
            conversation_id: Where to ask it.
            text: The question.
            private: Whether a new conversation is one that is never written anywhere. One that
                exists stays what it is.

        Raises:
            EmptyMessage, MessageTooLong, InputRefused: at once; nothing was changed.
            NotFound, StorageFull: in ``Run.saved``.
        """
        text = _checked(text)
        now = self._clock.now()

        def begin(connection: Connection) -> Exchange:
            if conversation_id is None:
                conversation = conversation_rows.create(connection, title_from(text), now)
                parent = None
            else:
                conversation = conversation_rows.get(connection, conversation_id)
                parent = conversation_rows.head(connection, conversation_id)
            return self._ask(connection, conversation, parent, text)

        if conversation_id is None:
            return self._start(begin, self._vaults.for_new(private=private))
        return self._start(begin, self._vaults.holding(conversation_id), conversation_id)

    def edit(self, message_id: int, text: str) -> Run:
        """Ask a question differently: a variant beside the first one, and its answer.

        Raises:
            EmptyMessage, MessageTooLong: at once.
            NotFound: in ``Run.saved``, where the message is not the person's own.
        """
        text = _checked(text)

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.USER)
            conversation = conversation_rows.get(connection, message.conversation_id)
            return self._ask(connection, conversation, message.parent_id, text)

        return self._start(begin, self._vaults.holding(message_id))

    def regenerate(self, message_id: int) -> Run:
        """Write another answer beside the one there is.

        Raises:
            NotFound: in ``Run.saved``, where the message is no answer.
        """

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.ASSISTANT)
            conversation = conversation_rows.get(connection, message.conversation_id)
            if message.parent_id is None:
                raise NotFound("This answer has no question.")
            return self._answer(connection, conversation, message.parent_id, None)

        return self._start(begin, self._vaults.holding(message_id))

    def resume(self, message_id: int) -> Run:
        """Go on with an answer that was stopped, interrupted, failed or cut at its limit.

        Raises:
            NotFound: in ``Run.saved``, where there is no finished answer.
        """

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.ASSISTANT)
            conversation = conversation_rows.get(connection, message.conversation_id)
            message_rows.reopen(connection, message_id)
            conversation_rows.touch(connection, conversation.id, self._clock.now())
            return Exchange(conversation, None, message_rows.get(connection, message_id))

        return self._start(begin, self._vaults.holding(message_id))

    def prepare(
        self,
        conversation_id: int | None,
        draft: str,
        *,
        private: bool = False,  # noqa: ARG002 - nothing is kept of what is read for no conversation
    ) -> None:
        """Read ahead what is known of the next turn: the conversation, and what is typed so far.

        Returns at once. ``ContextBuilt`` follows for a conversation that exists, as soon as the
        model is there to count.

        Args:
            conversation_id: Where the turn will be; None for a chat that has not begun.
            draft: What is typed; the same text sent later costs only its last words.
            private: Whether a chat that has not begun is a private one.
        """
        self._ahead.prepare(conversation_id, _draft(draft))

    def stop(self, run_id: int) -> None:
        """Stop a reply, queued or running; what was written stays. Others are ignored."""
        with self._lock:
            active = self._active.get(run_id)
        if active:
            active.cancel.ask()

    def stop_in(self, conversation_id: int) -> None:
        """Stop whatever is being written in a conversation."""
        with self._lock:
            found = [a for a in self._active.values() if a.conversation_id == conversation_id]
        for active in found:
            active.cancel.ask()

    def stop_all(self) -> None:
        """Stop every reply: Hush is closing."""
        with self._lock:
            found = list(self._active.values())
        for active in found:
            active.cancel.ask()

    def _ask(
        self, connection: Connection, conversation: Conversation, parent: int | None, text: str
    ) -> Exchange:
        now = self._clock.now()
        question = message_rows.add_question(connection, conversation.id, parent, text, now)
        return self._answer(connection, conversation, question.id, question)

    def _answer(
        self,
        connection: Connection,
        conversation: Conversation,
        parent: int,
        question: Message | None,
    ) -> Exchange:
        now = self._clock.now()
        answer = message_rows.add_answer(connection, conversation.id, parent, now)
        conversation_rows.set_head(connection, conversation.id, answer.id)
        touched = conversation_rows.touch(connection, conversation.id, now)
        # Read back: variants are counted now that both stand.
        question = question and message_rows.get(connection, question.id)
        return Exchange(touched, question, message_rows.get(connection, answer.id))

    def _start(
        self,
        begin: Callable[[Connection], Exchange],
        vault: Vault,
        conversation_id: int | None = None,
    ) -> Run:
        """Save an exchange and queue its reply.

        Args:
            begin: Writes the exchange, in one transaction.
            vault: Where to.
            conversation_id: Where it is known before the transaction.
        """
        settings = self._settings()
        allowed = self._limits().max_reply_tokens
        plan = ReplyPlan(
            self._frame(),
            settings.reply_tokens if allowed is None else min(settings.reply_tokens, allowed),
            Sampling(settings.temperature, settings.top_p, settings.min_p, settings.seed),
        )
        run_id, cancel = next(self._numbers), Cancel()
        self._claim(run_id, cancel, conversation_id)
        self._ahead.asked(conversation_id)

        def work(connection: Connection) -> Exchange:
            exchange = begin(connection)
            self._claim(run_id, cancel, exchange.conversation.id)
            return exchange

        def queue(saved: Future[Exchange]) -> None:
            if saved.exception():
                self._forget(run_id)
                return
            self._worker.submit(
                ReplyJob(
                    run_id,
                    saved.result(),
                    plan,
                    cancel,
                    vault,
                    self._report,
                    self._clock,
                    self._contexts,
                )
            )

        try:
            saved = vault.write(work)
        except HushError:
            self._forget(run_id)
            raise
        saved.add_done_callback(queue)
        return Run(run_id, saved)

    def _claim(self, run_id: int, cancel: Cancel, conversation_id: int | None) -> None:
        """Note the run; one at a time in each conversation.

        Raises:
            InputRefused: another run is at it.
        """
        with self._lock:
            others = (active for number, active in self._active.items() if number != run_id)
            if conversation_id in {active.conversation_id for active in others} - {None}:
                raise InputRefused(
                    "An answer is still being written here.", "Wait for it, or stop it first."
                )
            self._active[run_id] = _Active(conversation_id, cancel)

    def _report(self, event: Event) -> None:
        if isinstance(event, ReplyEnded):
            self._forget(event.run_id)
        self._publish(event)
        if isinstance(event, ReplyEnded) and not event.error:  # a model that fails is left alone
            self._ahead.answered(event.conversation.id)

    def _frame(self) -> Frame:
        settings = self._settings()
        return Frame(settings.system_prompt, settings.reply_tokens)

    def _forget(self, run_id: int) -> None:
        with self._lock:
            self._active.pop(run_id, None)


def _checked(text: str) -> str:
    if len(text) <= 2 * MAX_MESSAGE_CHARACTERS:  # cleaning halves a text at most, and takes time
        text = clean(text)
    if not text.strip():
        raise EmptyMessage("There is nothing to send yet.", "Type a question first.")
    if len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageTooLong(
            f"This text has {len(text):,} characters; a message holds {MAX_MESSAGE_CHARACTERS:,}.",
            "Nothing was sent. Shorten it, or send it in parts.",
        )
    return text


def _draft(text: str) -> str:
    """What is typed so far as it would be sent; nothing where it could not be."""
    try:
        return _checked(text)
    except InputRefused:
        return ""


def _message(connection: Connection, message_id: int, role: Role) -> Message:
    message = message_rows.get(connection, message_id)
    if message.role is not role:
        raise NotFound("There is no such message here.")
    return message
