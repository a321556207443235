"""The LLM worker: the one thread that owns the warm engine.

Jobs queue up and run one at a time. The worker loads the model before the first job, or sooner
when told to warm up, says so in events, and brings a dead engine back for the next job.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Protocol

from assistant.engine.protocol import Cancel, Engine, EngineOptions, ModelInfo
from assistant.errors import Bug, EngineDied, HushError
from assistant.events import EngineChanged, EngineCondition, EventSink
from assistant.log import log_error, log_event
from models.file import ModelFile


class Job(Protocol):
    """A piece of work for the engine."""

    @property
    def cancel(self) -> Cancel:
        """Asked when the person stops the job; it ends a load that the job waits for, too."""

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """Do the work on the worker's thread. A ``HushError`` that gets out goes to ``fail``."""

    def fail(self, error: HushError) -> None:
        """Keep what there is and tell the person."""


class LlmWorker:
    """Owns the engine.

    Args:
        engine: Not loaded yet; only this thread touches it from now on.
        publish: Gets ``EngineChanged`` events, on the worker's thread.
        wanted: Which model to load and how; asked before each job, so that a changed setting
            takes effect with the next one.
    """

    def __init__(
        self,
        engine: Engine,
        publish: EventSink,
        wanted: Callable[[], tuple[ModelFile, EngineOptions]],
    ) -> None:
        self._engine = engine
        self._publish = publish
        self._wanted = wanted
        self._loaded: tuple[ModelFile, EngineOptions] | None = None
        self._info: ModelInfo | None = None
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._closing = False
        self._warm_up = _WarmUp()
        self._thread = threading.Thread(target=self._work, name="llm-worker", daemon=True)
        self._thread.start()

    def warm(self) -> None:
        """Load the wanted model in the background, unless it is loaded."""
        self._queue.put(self._warm_up)

    def submit(self, job: Job) -> None:
        """Queue a job."""
        self._queue.put(job)

    def close(self, patience: float) -> None:
        """End the engine and the thread, after the jobs there are; cancel those first.

        Args:
            patience: Seconds after which the engine is ended under a job, or under a load.
        """
        self._closing = True
        self._queue.put(None)
        self._thread.join(patience)
        if self._thread.is_alive():
            self._engine.close()
            self._thread.join()

    def _work(self) -> None:
        while (job := self._queue.get()) is not None:
            try:
                self._do(job)
            except Exception as error:  # noqa: BLE001 - the thread must outlive a bug in ``fail``
                log_error("worker.bug", error)
        self._engine.close()

    def _do(self, job: Job) -> None:
        try:
            job.run(self._engine, self._ensure_loaded(job.cancel))
        except EngineDied as error:
            log_event("engine.died")
            was_warm, self._loaded = self._loaded is not None, None
            if was_warm:
                self._publish(EngineChanged(EngineCondition.COLD))
            job.fail(error)
            if was_warm:  # a model that dies while loading is not tried for ever
                self.warm()
        except HushError as error:
            job.fail(error)
        except Exception as error:  # noqa: BLE001 - the thread must outlive every bug in a job
            log_error("worker.bug", error)
            job.fail(
                Bug(
                    "Something went wrong inside Hush. What was written so far is kept.",
                    "Try again.",
                )
            )

    def _ensure_loaded(self, cancel: Cancel) -> ModelInfo:
        model, options = wanted = self._wanted()
        if self._loaded == wanted and self._info and self._engine.alive:
            return self._info
        if self._closing:
            raise EngineDied("Hush is closing.")
        self._publish(EngineChanged(EngineCondition.LOADING, model.name))
        self._loaded = None
        try:
            info = self._engine.load(model, options, cancel)
        except HushError as error:
            if cancel.asked:
                self._publish(EngineChanged(EngineCondition.COLD))
                raise
            log_event("engine.failed", code=error.code)
            self._publish(EngineChanged(EngineCondition.FAILED, model.name, error=error))
            raise
        self._loaded, self._info = wanted, info
        log_event("engine.warm", load_ms=round(info.load_seconds * 1000))
        self._publish(
            EngineChanged(EngineCondition.WARM, info.name, info.context_tokens, info.load_seconds)
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
