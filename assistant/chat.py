"""Asking the model: send, regenerate, edit, continue, stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from assistant.asking.protocol import Retriever
from assistant.asking.questions import Asked, checked, checked_text
from assistant.asking.records import Attachment, Scope
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.context.ahead import Ahead
from assistant.context.contexts import Contexts, Frame
from assistant.engine.protocol import Sampling
from assistant.engine.worker import LlmWorker
from assistant.errors import HushError, InputRefused, NotFound
from assistant.events import Event, EventSink, ReplyEnded
from assistant.power.plan import Plan
from assistant.records import Conversation, Exchange, Message, Role
from assistant.reply import ReplyJob, ReplyPlan
from assistant.runs import Runs
from assistant.settings import Settings
from assistant.store import conversation_rows, message_rows, source_rows
from assistant.store.exchange_rows import begin_answer
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from assistant.text import title_from
from assistant.vaults import Vaults


@dataclass(frozen=True, slots=True)
class Run:
    """One reply under way. ``saved`` is done when question and empty answer are in the vault."""

    id: int
    saved: Future[Exchange]


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
        retriever: Finds what answers a question over notes; None where there are none to ask.
        runs: The replies under way, others' included; None: there are no others.
    """

    def __init__(
        self,
        vaults: Vaults,
        worker: LlmWorker,
        settings: Callable[[], Settings],
        publish: EventSink,
        clock: Clock,
        plan: Callable[[], Plan] = Plan,
        retriever: Retriever | None = None,
        runs: Runs | None = None,
    ) -> None:
        self._vaults = vaults
        self._worker = worker
        self._settings = settings
        self._publish = publish
        self._clock = clock
        self._limits = plan
        self._retriever = retriever
        self._contexts = Contexts()
        self._ahead = Ahead(vaults, worker, self._contexts, self._frame, publish, plan)
        self._runs = runs or Runs()

    @property
    def can_ask_notes(self) -> bool:
        """Whether a question may have a scope."""
        return self._retriever is not None

    def send(
        self,
        conversation_id: int | None,
        text: str,
        *,
        private: bool = False,
        scope: Scope | None = None,
        attachments: Sequence[Attachment] = (),
    ) -> Run:
        """Ask a question, in a new conversation where ``conversation_id`` is None.

        Args:
            conversation_id: Where to ask it.
            text: The question.
            private: Whether a new conversation is one that is never written anywhere. One that
                exists stays what it is.
            scope: What to answer from; None: from what the model knows.
            attachments: Texts that go with the question, and with each one that follows it.

        Raises:
            EmptyMessage, MessageTooLong, InputRefused: at once; nothing was changed.
            NotFound, StorageFull: in ``Run.saved``.
        """
        asked = checked(text, scope, attachments, has_notes=self.can_ask_notes)
        now = self._clock.now()

        def begin(connection: Connection) -> Exchange:
            if conversation_id is None:
                conversation = conversation_rows.create(connection, title_from(asked.text), now)
                parent = None
            else:
                conversation = conversation_rows.get(connection, conversation_id)
                parent = conversation_rows.head(connection, conversation_id)
            return self._ask(connection, conversation, parent, asked)

        if conversation_id is None:
            return self._start(begin, self._vaults.for_new(private=private))
        return self._start(begin, self._vaults.holding(conversation_id), conversation_id)

    def edit(self, message_id: int, text: str) -> Run:
        """Ask a question differently: a variant beside the first one, and its answer.

        It is asked of what the first one was, with the same attachments.

        Raises:
            EmptyMessage, MessageTooLong: at once.
            NotFound: in ``Run.saved``, where the message is not the person's own.
        """
        text = checked_text(text)

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.USER)
            conversation = conversation_rows.get(connection, message.conversation_id)
            asked = Asked(text, message.scope, earlier_id=message_id)
            return self._ask(connection, conversation, message.parent_id, asked)

        return self._start(begin, self._vaults.holding(message_id))

    def regenerate(self, message_id: int) -> Run:
        """Write another answer beside the one there is.

        Raises:
            NotFound: in ``Run.saved``, where the message is no answer.
        """

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.ASSISTANT)
            if message.parent_id is None:
                raise NotFound("This answer has no question.")
            question = message_rows.get(connection, message.parent_id)
            now = self._clock.now()
            return begin_answer(connection, question, now, question.scope, is_new=False)

        return self._start(begin, self._vaults.holding(message_id))

    def resume(self, message_id: int) -> Run:
        """Go on with an answer that was stopped, interrupted, failed or cut at its limit.

        Raises:
            NotFound: in ``Run.saved``, where there is no finished answer.
            InputRefused: in ``Run.saved``: somebody else began it.
        """

        def begin(connection: Connection) -> Exchange:
            message = _message(connection, message_id, Role.ASSISTANT)
            if message.cloud:
                raise InputRefused("This answer was begun elsewhere.", "Ask again, here or there.")
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

    def obey(self, plan: Plan) -> None:
        """The governor decided anew: what waits for nobody goes on, or rests."""
        self._ahead.obey(plan)

    def stop(self, run_id: int) -> None:
        """Stop a reply, queued or running; what was written stays. Others are ignored."""
        self._runs.stop(run_id)

    def stop_in(self, conversation_id: int) -> None:
        """Stop whatever is being written in a conversation."""
        self._runs.stop_in(conversation_id)

    def stop_all(self) -> None:
        """Stop every reply: Hush is closing."""
        self._runs.stop_all()

    def _ask(
        self, connection: Connection, conversation: Conversation, parent: int | None, asked: Asked
    ) -> Exchange:
        now = self._clock.now()
        question = message_rows.add_question(
            connection, conversation.id, parent, asked.text, now, asked.scope
        )
        if asked.earlier_id is not None:
            source_rows.attach_again(connection, question.id, asked.earlier_id)
        source_rows.attach(connection, question.id, asked.attachments)
        return begin_answer(connection, question, now, question.scope, is_new=True)

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
        plan = ReplyPlan(
            self._frame(),
            settings.reply_tokens,
            Sampling(settings.temperature, settings.top_p, settings.min_p, settings.seed),
            allowed=lambda: self._limits().max_reply_tokens,
        )
        cancel = Cancel()
        run_id = self._runs.begin(conversation_id, cancel)
        self._ahead.asked(conversation_id)

        def work(connection: Connection) -> Exchange:
            exchange = begin(connection)
            self._runs.bind(run_id, exchange.conversation.id)
            return exchange

        def queue(saved: Future[Exchange]) -> None:
            if saved.exception():
                self._runs.end(run_id)
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
                    self._retriever,
                )
            )

        try:
            saved = vault.write(work)
        except HushError:
            self._runs.end(run_id)
            raise
        saved.add_done_callback(queue)
        return Run(run_id, saved)

    def _report(self, event: Event) -> None:
        if isinstance(event, ReplyEnded):
            self._runs.end(event.run_id)
        self._publish(event)
        if isinstance(event, ReplyEnded) and not event.error:  # a model that fails is left alone
            self._ahead.answered(event.conversation.id)

    def _frame(self) -> Frame:
        settings = self._settings()
        return Frame(settings.system_prompt, settings.reply_tokens)


def _draft(text: str) -> str:
    """What is typed so far as it would be sent; nothing where it could not be."""
    try:
        return checked_text(text)
    except InputRefused:
        return ""


def _message(connection: Connection, message_id: int, role: Role) -> Message:
    message = message_rows.get(connection, message_id)
    if message.role is not role:
        raise NotFound("There is no such message here.")
    return message
