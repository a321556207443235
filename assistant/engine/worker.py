"""The LLM worker: the one thread that owns the warm engine.

Jobs queue up and run one at a time (``jobs``). The worker loads the model before the first job, or
sooner when told to warm up, says so in events, and brings a dead engine back for the next job. It
obeys the governor's plan: how hard the model works, whether it works at all, and what may run
that nobody waits for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from typing import Protocol, runtime_checkable

from assistant.cancel import Cancel
from assistant.engine.jobs import BackgroundJob, Job, JobQueue
from assistant.engine.protocol import Engine, EngineOptions, ModelInfo, Pace
from assistant.errors import Bug, EngineDied, HushError
from assistant.events import (
    BackgroundChanged,
    EngineChanged,
    EngineCondition,
    EventSink,
)
from assistant.log import log_error, log_event
from assistant.power.plan import Mode, Plan
from models.file import ModelFile


@runtime_checkable
class Proving(Protocol):
    """A job that may show that the model works. One that has no such attribute never does."""

    @property
    def proves_model(self) -> bool:
        """Asked once it ended well: whether the model wrote an answer to its end."""


class LlmWorker:
    """Owns the engine.

    Args:
        engine: Not loaded yet; only this thread works with it from now on.
        publish: Gets ``EngineChanged`` and ``BackgroundChanged`` events, on the worker's thread.
        wanted: Which model to load and how; asked before each job, so that a changed setting
            takes effect with the next one.
        elapsed: Seconds since some fixed moment; never goes back.
        reading_seconds: What reading the last conversation anew would take; part of what the
            next turn costs after an eviction.
        another: Told of a file that did not load; whether ``wanted`` names another one now.
        crashed: Told of a file that ended the engine, loading or loaded; whether ``wanted`` names
            another one now, which is loaded at once.
        worked: Told of a file with each answer that ended well; see ``Proving``.
    """

    def __init__(
        self,
        engine: Engine,
        publish: EventSink,
        wanted: Callable[[], tuple[ModelFile, EngineOptions]],
        elapsed: Callable[[], float] = time.perf_counter,
        reading_seconds: Callable[[], float] = lambda: 0.0,
        another: Callable[[ModelFile], bool] = lambda _: False,
        crashed: Callable[[ModelFile], bool] = lambda _: False,
        worked: Callable[[ModelFile], object] = lambda _: None,
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._wanted = wanted
        self._elapsed = elapsed
        self._reading_seconds = reading_seconds
        self._another = another
        self._crashed = crashed
        self._worked = worked
        self._trying: ModelFile | None = None  # being loaded, or loaded last
        self._loaded: tuple[ModelFile, EngineOptions] | None = None
        self._info: ModelInfo | None = None
        self._load_seconds = 0.0
        self._queue = JobQueue()
        self._closing = False
        self._idle_since: float | None = elapsed()  # None while a job runs that somebody waits for
        self._in_background = False
        self._evict_for = ""
        self._thread = threading.Thread(target=self._work, name="llm-worker", daemon=True)
        self._thread.start()

    @property
    def is_warm(self) -> bool:
        """Whether a model is loaded."""
        return self._loaded is not None and self._engine.alive

    @property
    def in_background(self) -> bool:
        """Whether something runs that nobody waits for."""
        return self._in_background

    def idle_seconds(self) -> float | None:
        """Seconds since somebody waited for something; None while somebody does."""
        since = self._idle_since
        return None if since is None else self._elapsed() - since

    def warm(self) -> None:
        """Load the wanted model in the background, unless it is loaded."""
        self._queue.put(_WarmUp())

    def submit(self, job: Job) -> None:
        """Queue a job that somebody waits for."""
        self._queue.put(job)

    def submit_background(self, job: BackgroundJob) -> None:
        """Queue a job that nobody waits for. It runs when nothing else does, where that may be."""
        self._queue.put_background(job)

    def obey(self, plan: Plan) -> None:
        """Work as the governor says, from the next token on. On any thread."""
        paused = plan.mode is Mode.PAUSED
        self._engine.pace(Pace(plan.threads, plan.token_delay_ms, paused=paused))
        self._queue.allow(jobs=not paused, background=plan.background_allowed and not paused)

    def evict(self, reason: str) -> None:
        """Unload the model once nothing runs, unless somebody asks for something meanwhile.

        Args:
            reason: For the person, as a sentence.
        """
        self._evict_for = reason
        self._queue.ask_for_chore()

    def forget(self, conversation_ids: Collection[int]) -> None:
        """Have nothing kept of conversations that are gone. On any thread."""
        self._engine.forget(list(conversation_ids))

    def close(self, patience: float) -> None:
        """End the engine and the thread, after the jobs there are; cancel those first.

        Args:
            patience: Seconds after which the engine is ended under a job, or under a load.
        """
        self._closing = True
        self._engine.pace(Pace())  # what is paused could not end
        self._queue.close()
        self._thread.join(patience)
        if self._thread.is_alive():
            self._engine.close()
            self._thread.join(patience)
        self._queue.join(patience)

    def _work(self) -> None:
        while not self._queue.is_closed:
            job = self._queue.take()
            try:
                if job is None:
                    self._evict()
                elif isinstance(job, BackgroundJob):
                    self._do_in_background(job)
                else:
                    self._idle_since = None
                    self._do(job)
                    self._evict_for = ""  # somebody needed the model just now
            except Exception as error:  # noqa: BLE001 - the thread must outlive a bug in ``fail``
                log_error("worker.bug", error)
            finally:
                if self._idle_since is None:
                    self._idle_since = self._elapsed()
        self._engine.close()

    def _do(self, job: Job) -> None:
        if job.cancel.asked and not self._is_loaded:
            job.fail(EngineDied("Stopped before the model was loaded."))
            return
        try:
            job.run(self._engine, self._ensure_loaded(job.cancel))
        except EngineDied as error:
            again = self._died(job.cancel)
            job.fail(error)
            if again:
                self.warm()
        except HushError as error:
            self._note_death()
            job.fail(error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive every bug in a job
            log_error("worker.bug", error)
            job.fail(
                Bug(
                    "Something went wrong inside Hush. What was written so far is kept.",
                    "Try again.",
                )
            )
        else:
            self._note_success(job)

    def _do_in_background(self, job: BackgroundJob) -> None:
        info = self._info
        if not (self._is_loaded and info):
            return  # nobody waits: a model that was unloaded, or does not load, is left alone
        self._in_background = True
        self._publish(BackgroundChanged(job.activity))
        try:
            job.run(self._engine, info)
        except EngineDied as error:
            again = self._died(job.cancel)
            if not job.cancel.asked:
                job.fail(error)
            if again:
                self.warm()
        except HushError as error:
            self._note_death()
            job.fail(error)
        finally:
            self._in_background = False
            self._publish(BackgroundChanged(None))

    def _note_death(self) -> None:
        """Some refusals, a template that loops for one, cost the process its life."""
        if self._loaded is not None and not self._engine.alive:
            self._gone()

    def _died(self, cancel: Cancel) -> bool:
        """The engine ended by itself, or was stopped; whether a model is to be loaded now.

        One that dies while it is loaded is not tried for ever, unless it is another one.
        """
        was_warm = self._gone()
        ended, self._trying = self._trying, None
        if ended is None or cancel.asked or self._closing:
            return was_warm
        return self._crashed(ended) or was_warm

    def _gone(self) -> bool:
        """The engine is gone; tells whether it was warm."""
        log_event("engine.died")
        was_warm, self._loaded = self._loaded is not None, None
        if was_warm:
            self._publish(EngineChanged(EngineCondition.COLD))
        return was_warm

    def _note_success(self, job: Job) -> None:
        """Loading or counting is none: what ends the engine often does so with the first token."""
        proves = isinstance(job, Proving) and job.proves_model
        if self._loaded and proves and not job.cancel.asked:
            self._worked(self._loaded[0])

    def _evict(self) -> None:
        reason, self._evict_for = self._evict_for, ""
        if not reason or self._loaded is None:
            return
        model, _ = self._loaded
        self._loaded = None
        self._engine.close()
        log_event("engine.evicted")
        self._publish(
            EngineChanged(
                EngineCondition.EVICTED,
                model.name,
                load_seconds=self._load_seconds,
                reason=reason,
                next_turn_seconds=self._load_seconds + self._reading_seconds(),
            )
        )

    @property
    def _is_loaded(self) -> bool:
        return self.is_warm and self._loaded == self._wanted()

    def _ensure_loaded(self, cancel: Cancel) -> ModelInfo:
        model, options = wanted = self._wanted()
        if self._loaded == wanted and self._info and self._engine.alive:
            return self._info
        if self._closing:
            raise EngineDied("Hush is closing.")
        self._publish(EngineChanged(EngineCondition.LOADING, model.name))
        self._loaded, self._trying = None, model
        began = self._elapsed()
        try:
            info = self._engine.load(model, options, cancel)
        except HushError as error:
            if cancel.asked:
                self._publish(EngineChanged(EngineCondition.COLD))
                raise
            log_event("engine.failed", code=error.code)
            if self._another(model):
                return self._ensure_loaded(cancel)
            self._publish(EngineChanged(EngineCondition.FAILED, model.name, error=error))
            raise
        self._loaded, self._info = wanted, info
        self._load_seconds = self._elapsed() - began
        log_event("engine.warm", load_ms=round(info.load_seconds * 1000))
        self._publish(
            EngineChanged(
                EngineCondition.WARM,
                info.name,
                info.context_tokens,
                info.load_seconds,
                device=info.device,
            )
        )
        return info


class _WarmUp:
    """A job that only needs the model to be loaded."""

    def __init__(self) -> None:
        self.cancel = Cancel()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """Nothing: the worker loaded the model before it got here."""

    def fail(self, error: HushError) -> None:
        """Nothing: the worker published the failure."""
