"""Work ahead of the next turn: reading what is known of it, and summarising what has to leave.

Nobody waits for either. The worker runs them when nothing else is to be done and the machine may
work, and cancels them for whatever somebody waits for; what they did until then is not lost.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Protocol

from assistant.cancel import Cancel
from assistant.context.contexts import Contexts, Frame, Talk, read_talk
from assistant.context.prompt import Prompt
from assistant.context.summarising import summarise
from assistant.engine.jobs import BackgroundJob, Job
from assistant.engine.protocol import Engine, GenerationRequest, ModelInfo
from assistant.errors import EngineDied, HushError, NotFound, PromptTooLong
from assistant.events import Activity, ContextBuilt, EventSink
from assistant.log import log_event
from assistant.power.plan import Mode, Plan
from assistant.store import conversation_rows, summary_rows
from assistant.store.sqlcipher import Connection
from assistant.vaults import Vaults


class Worker(Protocol):
    """What is needed of the LLM worker."""

    @property
    def is_warm(self) -> bool:
        """Whether a model is loaded."""

    def submit(self, job: Job) -> None:
        """Queue a job that somebody waits for."""

    def submit_background(self, job: BackgroundJob) -> None:
        """Queue a job that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Next:
    """What is known of a next turn: where, None for a chat that has not begun, and its draft."""

    conversation_id: int | None
    draft: str = field(default="", repr=False)


class Ahead:
    """Decides what is worth doing before the person asks. On any thread.

    One turn at a time is read ahead, that of the conversation which was opened last.

    Args:
        vaults: Open.
        worker: Runs the jobs.
        contexts: Lays conversations out; shared with the replies, on the worker's thread.
        frame: What stands around a conversation at this moment.
        publish: Gets ``ContextBuilt``.
        plan: What the governor allows.
    """

    def __init__(
        self,
        vaults: Vaults,
        worker: Worker,
        contexts: Contexts,
        frame: Callable[[], Frame],
        publish: EventSink,
        plan: Callable[[], Plan],
    ) -> None:
        self._vaults = vaults
        self._worker = worker
        self._contexts = contexts
        self._frame = frame
        self._publish = publish
        self._plan = plan
        self._lock = threading.Lock()
        self._next: Next | None = None
        self._reading: ReadAhead | None = None
        self._was_allowed = True  # to work when nobody waits
        self._is_looking = False  # a ``Look`` waits; it will look at what is next by then
        self._unfinished: set[int] = set()  # conversations whose summary was not come to
        self._refused: dict[int, int] = {}  # up to where the model wrote no summary worth keeping

    def prepare(self, conversation_id: int | None, draft: str) -> None:
        """Read a turn ahead, as far as it is known, and tell what the model will see.

        Where nothing may run in the background only the latter, once the model is warm: counting
        tokens takes a moment.
        """
        upcoming = Next(conversation_id, draft)
        with self._lock:
            self._next = upcoming
        self._read(upcoming)
        plan = self._plan()
        if plan.background_allowed or plan.mode is Mode.PAUSED or not self._worker.is_warm:
            return
        with self._lock:
            was_looking, self._is_looking = self._is_looking, True
        if not was_looking:
            self._worker.submit(Look(self))

    def asked(self, conversation_id: int | None) -> None:
        """The person asked: the draft is a question now, and stored."""
        with self._lock:
            self._next = None if conversation_id is None else Next(conversation_id)

    def answered(self, conversation_id: int) -> None:
        """A reply ended: make ready for the next one, here and where that was cut short."""
        with self._lock:
            if self._next is None:
                self._next = Next(conversation_id)
            upcoming = self._next
            unfinished = self._unfinished - {upcoming.conversation_id}
            if upcoming.conversation_id != conversation_id:  # the person looks at another one
                unfinished.add(conversation_id)
        if upcoming.conversation_id == conversation_id:
            self._read(upcoming)
        for one in sorted(unfinished):
            self._worker.submit_background(Summarise(self, one))

    def obey(self, plan: Plan) -> None:
        """The governor decided anew: what it cut short is done once it allows that again."""
        with self._lock:
            was_allowed, self._was_allowed = self._was_allowed, plan.background_allowed
            upcoming, unfinished = self._next, sorted(self._unfinished)
        if was_allowed or not plan.background_allowed:
            return
        if upcoming:
            self._read(upcoming)
        for one in unfinished:
            self._worker.submit_background(Summarise(self, one))

    # -- for the jobs, on the worker's thread ------------------------------------------------

    def built(self, engine: Engine, info: ModelInfo, upcoming: Next) -> Prompt:
        """Lay out a next turn and, in a conversation that exists, tell what the model sees.

        Raises:
            NotFound: the conversation is deleted.
        """
        talk = self._talk(upcoming.conversation_id).asking(upcoming.draft)
        built = self._contexts.build(engine, info, talk, self._frame())
        if upcoming.conversation_id is not None:
            self._publish(ContextBuilt(upcoming.conversation_id, built.view))
        return built

    def look(self, engine: Engine, info: ModelInfo) -> None:
        """Tell what the model will see of what is next by now.

        Raises:
            NotFound: the conversation is deleted.
        """
        with self._lock:
            self._is_looking, upcoming = False, self._next
        if upcoming and upcoming.conversation_id is not None:
            self.built(engine, info, upcoming)

    def did_not_look(self) -> None:
        """A ``Look`` did not get that far."""
        with self._lock:
            self._is_looking = False

    def tighten(self) -> bool:
        """See ``Contexts.tighten``."""
        return self._contexts.tighten()

    def was_read(self, engine: Engine, info: ModelInfo, upcoming: Next) -> None:
        """A turn was read: summarise, where a typical next one would not fit."""
        where = upcoming.conversation_id
        if where is None:
            return
        leaving = self._contexts.leaving(engine, info, self._talk(where), self._frame())
        if leaving and self._refused.get(where) != leaving.reaches_to:
            self._worker.submit_background(Summarise(self, where))

    def summarise(self, engine: Engine, info: ModelInfo, where: int, cancel: Cancel) -> None:
        """Have what leaves a conversation summarised, keep that, and read the next turn anew.

        Raises:
            HushError: the engine or the store failed; nothing was changed.
        """
        with self._lock:
            self._unfinished.add(where)
        leaving = self._contexts.leaving(engine, info, self._talk(where), self._frame())
        if leaving is None or self._refused.get(where) == leaving.reaches_to:
            self.finished(where)
            return
        count = self._contexts.counter(engine, info)
        text = summarise(engine, info, count, leaving, cancel)
        if cancel.asked:
            return
        self.finished(where)
        log_event("summary.written", messages=len(leaving.said), accepted=bool(text))
        if not text:
            self._refused[where] = leaving.reaches_to
            return
        reaches_to = leaving.reaches_to
        self._vaults.holding(where).write(lambda c: summary_rows.put(c, reaches_to, text)).result()
        with self._lock:
            upcoming = self._next
        if upcoming and upcoming.conversation_id == where:
            self._read(upcoming)

    def finished(self, where: int) -> None:
        """A summary is not to be tried again before something changes."""
        with self._lock:
            self._unfinished.discard(where)

    def _read(self, upcoming: Next) -> None:
        job = ReadAhead(self, upcoming)
        with self._lock:
            earlier, self._reading = self._reading, job
        if earlier:
            earlier.cancel.ask()
        self._worker.submit_background(job)

    def _talk(self, conversation_id: int | None) -> Talk:
        """What was said; nothing in a chat that has not begun.

        Raises:
            NotFound: the conversation is deleted.
        """
        if conversation_id is None:
            return Talk()

        def work(connection: Connection) -> Talk:
            if conversation_rows.is_deleted(connection, conversation_id):
                raise NotFound("This conversation does not exist any more.")
            head = conversation_rows.head(connection, conversation_id)
            return Talk() if head is None else read_talk(connection, head)

        return self._vaults.holding(conversation_id).read(work).result()


class _Job:
    """What the jobs have in common: nobody hears of their failures but the log."""

    gives_way = False

    def __init__(self, ahead: Ahead) -> None:
        self._ahead = ahead
        self.cancel = Cancel()

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``. Nothing was promised, so nothing is said."""
        log_event("ahead.failed", code=error.code)


class ReadAhead(_Job):
    """Reads into the KV cache what is known of the next turn."""

    activity = Activity.READING_AHEAD
    key: Hashable = "read ahead"

    def __init__(self, ahead: Ahead, upcoming: Next) -> None:
        super().__init__(ahead)
        self._upcoming = upcoming

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        if self.cancel.asked:
            return
        try:
            read = self._read(engine, info)
        except PromptTooLong:
            read = self._ahead.tighten() and self._read(engine, info)
        if read:
            self._ahead.was_read(engine, info, self._upcoming)

    def _read(self, engine: Engine, info: ModelInfo) -> bool:
        """Read; False where it was cancelled."""
        built = self._ahead.built(engine, info, self._upcoming)
        request = GenerationRequest(
            built.turns, max_tokens=1, cache_key=self._upcoming.conversation_id or 0
        )
        return engine.prefill(request, self.cancel) is not None


class Summarise(_Job):
    """Writes the summary of what leaves a conversation, where something has to."""

    activity = Activity.SUMMARISING

    def __init__(self, ahead: Ahead, conversation_id: int) -> None:
        super().__init__(ahead)
        self._conversation_id = conversation_id

    @property
    def key(self) -> Hashable:
        """One waits for each conversation."""
        return ("summarise", self._conversation_id)

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        if not self.cancel.asked:
            self._ahead.summarise(engine, info, self._conversation_id, self.cancel)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``. After a death it is tried again; what else fails would fail again."""
        super().fail(error)
        if not isinstance(error, EngineDied):
            self._ahead.finished(self._conversation_id)


class Look(_Job):
    """Only tells what the model will see, where reading ahead has to wait."""

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """See ``Job.run``."""
        self._ahead.look(engine, info)

    def fail(self, error: HushError) -> None:
        """See ``Job.fail``."""
        self._ahead.did_not_look()
        super().fail(error)
