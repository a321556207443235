"""The LLM worker: warm once, one job at a time, back on its feet after a death."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from assistant.engine.protocol import Cancel, Engine, EngineOptions, ModelInfo
from assistant.engine.worker import LlmWorker
from assistant.errors import Bug, EngineDied, HushError, ModelDamaged
from assistant.events import EngineChanged, EngineCondition, Event
from models.starter import starter_model
from tests.fakes.engine import FakeEngine


class Recorded:
    """A job that notes what happened to it."""

    def __init__(self, work: Exception | threading.Event | None = None) -> None:
        self.work = work
        self.cancel = Cancel()
        self.info: ModelInfo | None = None
        self.error: HushError | None = None
        self.done = threading.Event()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        self.info = info
        if isinstance(self.work, Exception):
            raise self.work
        if self.work:
            self.work.wait(5)
        self.done.set()

    def fail(self, error: HushError) -> None:
        self.error = error
        self.done.set()


class Bench:
    """A worker over a fake engine, and the events it published."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.options = EngineOptions(512)
        self.worker = LlmWorker(engine, self.events.put, lambda: (starter_model(), self.options))

    def do(self, job: Recorded) -> Recorded:
        """Run a job to its end."""
        self.worker.submit(job)
        assert job.done.wait(5)
        return job

    def conditions(self) -> list[EngineCondition]:
        """What was published until now."""
        seen = []
        while not self.events.empty():
            event = self.events.get()
            assert isinstance(event, EngineChanged)
            seen.append(event.condition)
        return seen


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A worker that is closed after the test."""
    bench = Bench(FakeEngine())
    yield bench
    bench.worker.close(5)


def test_loads_once_for_many_jobs(bench: Bench) -> None:
    """Warm stays warm; the events tell it once."""
    for _ in range(3):
        assert bench.do(Recorded()).info
    assert bench.engine.loads == 1
    assert bench.conditions() == [EngineCondition.LOADING, EngineCondition.WARM]


def test_warming_up_needs_no_job(bench: Bench) -> None:
    """``warm`` loads; the next job finds it loaded."""
    bench.worker.warm()
    bench.worker.warm()
    bench.do(Recorded())
    assert bench.engine.loads == 1


def test_changed_options_reload(bench: Bench) -> None:
    """A new context cap takes effect with the next job."""
    bench.do(Recorded())
    bench.options = EngineOptions(1024)
    job = bench.do(Recorded())
    assert bench.engine.loads == 2
    assert job.info
    assert job.info.context_tokens == 1024


def test_one_job_at_a_time_in_order(bench: Bench) -> None:
    """The second waits for the first."""
    gate = threading.Event()
    first, second = Recorded(gate), Recorded()
    bench.worker.submit(first)
    bench.worker.submit(second)
    assert not second.done.is_set()
    gate.set()
    assert second.done.wait(5)
    assert first.done.is_set()


def test_dead_engine_is_told_and_brought_back(bench: Bench) -> None:
    """The job that saw it die fails; the engine is loaded again before anyone asks."""
    error = EngineDied("It died.")
    assert bench.do(Recorded(error)).error is error
    assert bench.do(Recorded()).error is None
    assert bench.engine.loads == 2
    cold, warm = EngineCondition.COLD, EngineCondition.WARM
    assert [c for c in bench.conditions() if c in {cold, warm}] == [warm, cold, warm]


def test_model_that_cannot_load_is_tried_once_a_job() -> None:
    """No endless restarts: each job fails with the reason, and the next one tries again."""
    problem = ModelDamaged("The model file is empty.")
    bench = Bench(FakeEngine(load_error=problem))
    assert bench.do(Recorded()).error is problem
    assert bench.conditions() == [EngineCondition.LOADING, EngineCondition.FAILED]
    bench.engine.load_error = None
    assert bench.do(Recorded()).error is None
    bench.worker.close(5)


@pytest.mark.logs_problems
def test_a_bug_in_a_job_does_not_end_the_thread(bench: Bench) -> None:
    """It becomes an error with words, and the next job runs."""
    job = bench.do(Recorded(RuntimeError("content")))
    assert isinstance(job.error, Bug)
    assert "content" not in job.error.sentence
    assert bench.do(Recorded()).error is None


def test_closing_ends_a_stuck_engine() -> None:
    """A job that never ends by itself does not keep Hush open."""
    engine = FakeEngine()
    bench = Bench(engine)
    stuck = Recorded(threading.Event())
    original = engine.close

    def close() -> None:
        assert isinstance(stuck.work, threading.Event)
        stuck.work.set()
        original()

    engine.close = close  # type: ignore[method-assign] # what killing the child does to a job
    bench.worker.submit(stuck)
    bench.worker.close(0.05)
    assert stuck.done.is_set()
