"""The LLM worker: warm once, one job at a time, back on its feet after a death."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import pytest

from assistant.cancel import Cancel
from assistant.engine.protocol import Engine, EngineOptions, ModelInfo
from assistant.engine.worker import LlmWorker
from assistant.errors import Bug, EngineDied, HushError, ModelDamaged, ModelRefused
from assistant.events import Activity, BackgroundChanged, EngineChanged, EngineCondition, Event
from assistant.power.plan import Mode, Plan
from models.file import ModelFile
from models.starter import starter_model
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine


class Recorded:
    """A job that notes what happened to it. It only counts, and writes no answer."""

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


class Quiet(Recorded):
    """A job in the background that goes on until it is cancelled, or at once where told so."""

    activity = Activity.READING_AHEAD
    gives_way = False

    def __init__(self, key: str = "one", *, endless: bool = True) -> None:
        super().__init__()
        self.key = key
        self.began = threading.Event()
        self._stop = threading.Event()
        if endless:
            self.cancel.listen(self._stop.set)
        else:
            self._stop.set()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        self.began.set()
        assert self._stop.wait(5)
        super().run(engine, info)


class Bench:
    """A worker over a fake engine, and the events it published."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.options = EngineOptions(512)
        self.clock = FakeClock()
        self.worker = LlmWorker(
            engine,
            self.events.put,
            lambda: (starter_model(), self.options),
            self.clock.elapsed,
            lambda: 2.0,
        )

    def do(self, job: Recorded) -> Recorded:
        """Run a job to its end."""
        self.worker.submit(job)
        assert job.done.wait(5)
        return job

    def until_idle(self) -> None:
        """Wait until the worker is done with what was asked."""
        while self.worker.idle_seconds() is None:
            pass

    def conditions(self) -> list[EngineCondition]:
        """What was published until now."""
        seen = []
        while not self.events.empty():
            event = self.events.get()
            if isinstance(event, EngineChanged):
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


def test_background_makes_way_for_whoever_waits(bench: Bench) -> None:
    """It is cancelled at once, and the job that somebody waits for runs next."""
    bench.do(Recorded())
    quiet = Quiet()
    bench.worker.submit_background(quiet)
    assert quiet.began.wait(5)
    assert bench.do(Recorded()).error is None
    assert quiet.cancel.asked
    assert quiet.done.is_set()


def test_background_waits_until_nobody_waits(bench: Bench) -> None:
    """What somebody waits for comes first, in whatever order they were asked for."""
    gate = threading.Event()
    first, second, quiet = Recorded(gate), Recorded(), Quiet(endless=False)
    bench.worker.submit(first)
    bench.worker.submit_background(quiet)
    bench.worker.submit(second)
    gate.set()
    assert second.done.wait(5)
    assert quiet.done.wait(5)
    assert not quiet.cancel.asked


def test_background_shows_while_it_runs(bench: Bench) -> None:
    """From its first moment to its last."""
    bench.do(Recorded())
    quiet = Quiet(endless=False)
    bench.worker.submit_background(quiet)
    while bench.events.get(timeout=5) != BackgroundChanged(Activity.READING_AHEAD):
        pass
    while bench.events.get(timeout=5) != BackgroundChanged(None):
        pass
    assert quiet.done.is_set()


def test_newer_background_job_replaces_the_waiting_one(bench: Bench) -> None:
    """Of two drafts of one question only the later is worth reading."""
    gate = threading.Event()
    bench.worker.submit(Recorded(gate))
    older, newer, other = Quiet(endless=False), Quiet(endless=False), Quiet("two", endless=False)
    for job in (older, other, newer):
        bench.worker.submit_background(job)
    gate.set()
    assert newer.done.wait(5)
    assert other.done.wait(5)
    assert not older.began.is_set()


def test_what_takes_minutes_makes_way_for_other_background_work(bench: Bench) -> None:
    """Tuning does not keep the next question from being read ahead."""
    bench.do(Recorded())
    tuning, reading = Quiet("tune"), Quiet("read", endless=False)
    tuning.gives_way = True
    bench.worker.submit_background(tuning)
    assert tuning.began.wait(5)
    bench.worker.submit_background(reading)
    assert reading.done.wait(5)
    assert tuning.cancel.asked


def test_background_ends_when_it_is_disallowed(bench: Bench) -> None:
    """On battery, in heat: and what waits, waits on until it may."""
    bench.do(Recorded())
    running, waiting = Quiet(), Quiet("two", endless=False)
    bench.worker.submit_background(running)
    assert running.began.wait(5)
    bench.worker.submit_background(waiting)
    bench.worker.obey(Plan(background_allowed=False))
    assert running.done.wait(5)
    bench.do(Recorded())
    assert not waiting.began.is_set()
    bench.worker.obey(Plan())
    assert waiting.done.wait(5)


def test_paused_holds_jobs_but_lets_them_be_stopped(bench: Bench) -> None:
    """Nothing runs while paused, but a stopped job ends, and the rest goes on afterwards."""
    bench.do(Recorded())
    bench.worker.obey(Plan(Mode.PAUSED))
    first, second = Recorded(), Recorded()
    bench.worker.submit(first)
    bench.worker.submit(second)
    second.cancel.ask()
    assert second.done.wait(5)
    assert not first.done.is_set()
    bench.worker.obey(Plan(Mode.THROTTLED))
    assert first.done.wait(5)


def test_what_waits_behind_another_is_stopped_at_once(bench: Bench) -> None:
    """The one before it may take minutes; nobody who stops waits for that."""
    gate = threading.Event()
    busy, waiting = Recorded(gate), Recorded()
    bench.worker.submit(busy)
    bench.worker.submit(waiting)
    waiting.cancel.ask()
    assert waiting.done.wait(5)
    assert waiting.error
    assert not busy.done.is_set()
    gate.set()
    assert busy.done.wait(5)
    bench.do(Recorded())
    assert waiting.info is None


def test_closing_while_paused(bench: Bench) -> None:
    """A pause keeps nobody from leaving."""
    bench.worker.obey(Plan(Mode.PAUSED))
    held = Recorded()
    bench.worker.submit(held)
    bench.worker.close(5)
    assert held.error


def test_evicts_when_idle_and_says_what_it_costs(bench: Bench) -> None:
    """Memory is given back; the next job loads again."""
    bench.do(Recorded())
    bench.until_idle()
    bench.worker.evict("Unloaded to save memory.")
    while True:
        event = bench.events.get(timeout=5)
        if isinstance(event, EngineChanged) and event.condition is EngineCondition.EVICTED:
            break
    assert event.reason == "Unloaded to save memory."
    assert event.next_turn_seconds == 2.0  # the fake clock stood still while it loaded
    assert not bench.worker.is_warm
    assert bench.do(Recorded()).info
    assert bench.engine.loads == 2


def test_whoever_asks_keeps_the_model(bench: Bench) -> None:
    """A question that was held is no reason to unload the model right after its answer."""
    bench.do(Recorded())
    bench.worker.obey(Plan(Mode.PAUSED))
    held = Recorded()
    bench.worker.submit(held)
    bench.worker.evict("Unloaded to save memory.")
    bench.worker.obey(Plan())
    assert held.done.wait(5)
    bench.do(Recorded())
    assert bench.engine.loads == 1


def test_background_work_never_loads_a_model(bench: Bench) -> None:
    """One that was unloaded for its memory would be loaded with every pause in typing."""
    quiet = Quiet(endless=False)
    bench.worker.submit_background(quiet)
    bench.do(Recorded())
    bench.until_idle()
    bench.worker.evict("Unloaded to save memory.")
    while EngineCondition.EVICTED not in bench.conditions():
        pass
    late = Quiet(endless=False)
    bench.worker.submit_background(late)
    while bench.worker._queue._background:  # until it was taken, and passed over
        pass
    bench.do(Recorded())
    assert not late.began.is_set()
    assert bench.engine.loads == 2


def test_another_model_where_one_does_not_load() -> None:
    """A tuned copy that does not fit today gives way to its original; nobody hears of a failure."""
    engine = FakeEngine(load_error=ModelRefused("This model needs more memory than is free."))
    bench = Bench(engine)

    def another(_: ModelFile) -> bool:
        had, engine.load_error = engine.load_error is not None, None
        return had

    bench.worker._another = another
    assert bench.do(Recorded()).error is None
    assert EngineCondition.FAILED not in bench.conditions()
    bench.worker.close(5)


def test_stopping_what_was_held_loads_nothing(bench: Bench) -> None:
    """A process would be started only to be killed."""
    bench.worker.obey(Plan(Mode.PAUSED))
    held = Recorded()
    bench.worker.submit(held)
    held.cancel.ask()
    assert held.done.wait(5)
    assert held.error
    assert bench.engine.loads == 0


def test_a_stop_is_heard_by_whoever_took_the_job(bench: Bench) -> None:
    """From the moment a job is taken its listener is the engine's, and nothing replaces it."""
    heard = threading.Event()

    class Listening(Recorded):
        def run(self, engine: Engine, info: ModelInfo) -> None:
            self.cancel.listen(heard.set)
            self.done.set()

    for _ in range(200):
        heard.clear()
        job = Listening()
        bench.do(job)
        job.cancel.ask()
        assert heard.wait(5)


def test_nothing_to_evict_says_nothing(bench: Bench) -> None:
    """A model that was never loaded cannot be unloaded."""
    bench.worker.evict("Unloaded.")
    bench.do(Recorded())
    assert EngineCondition.EVICTED not in bench.conditions()


def test_idle_time_counts_from_the_last_job(bench: Bench) -> None:
    """Background work does not count: nobody waited for it."""
    bench.do(Recorded())
    bench.worker.obey(Plan())
    quiet = Quiet(endless=False)
    bench.worker.submit_background(quiet)
    assert quiet.done.wait(5)
    bench.clock.advance(90)
    assert bench.worker.idle_seconds() == 90


def test_engine_that_dies_in_the_background_comes_back(bench: Bench) -> None:
    """Nobody waited, so nobody is told but the status line."""
    bench.do(Recorded())

    class Deadly(Quiet):
        def run(self, engine: Engine, info: ModelInfo) -> None:
            raise EngineDied("It died.")

    deadly = Deadly()
    bench.worker.submit_background(deadly)
    assert deadly.done.wait(5)
    assert deadly.error
    assert bench.do(Recorded()).error is None
    assert bench.engine.loads == 2


def test_a_refusal_that_cost_the_engine_its_life_is_told(bench: Bench) -> None:
    """A template that loops, for one: the status line must not say that it is warm."""

    class Costly(Recorded):
        def run(self, engine: Engine, info: ModelInfo) -> None:
            engine.close()
            raise ModelRefused("Its chat template takes too long.")

    assert bench.do(Costly()).error
    assert bench.conditions()[-1] is EngineCondition.COLD
    assert bench.do(Recorded()).error is None


class Answering(Recorded):
    """A job that wrote an answer, or did not get that far."""

    def __init__(self, *, to_its_end: bool = True) -> None:
        super().__init__()
        self.proves_model = to_its_end


class Stopped(Answering):
    """A job that is stopped in its middle."""

    def __init__(self, work: Exception | None = None) -> None:
        super().__init__()
        self.work = work

    def run(self, engine: Engine, info: ModelInfo) -> None:
        self.cancel.ask()
        super().run(engine, info)


class Mending(Recorded):
    """A job that fails, after which the engine loads again."""

    def __init__(self, engine: FakeEngine) -> None:
        super().__init__()
        self.engine = engine

    def fail(self, error: HushError) -> None:
        self.engine.load_error = None
        super().fail(error)


class Stuck(Recorded):
    """A job that ends only with its engine."""

    def __init__(self) -> None:
        super().__init__()
        self.began, self.killed = threading.Event(), threading.Event()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        self.began.set()
        self.killed.wait(5)
        raise EngineDied("It was closed.")


class Judged:
    """What a worker says of its model: which one crashed, which one worked."""

    def __init__(self, engine: FakeEngine, *, gives_up: bool = False) -> None:
        self.crashed: list[str] = []
        self.worked: list[str] = []
        self.model = starter_model()
        self.gives_up = gives_up
        self.events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.worker = LlmWorker(
            engine,
            self.events.put,
            lambda: (self.model, EngineOptions(512)),
            crashed=self.note_crash,
            worked=lambda model: self.worked.append(model.name),
        )

    def note_crash(self, model: ModelFile) -> bool:
        """Another model is wanted from now on, where that was said."""
        self.crashed.append(model.name)
        if self.gives_up:
            self.model = ModelFile(model.path, "Another")
        return self.gives_up

    def do(self, job: Recorded) -> Recorded:
        """Run a job, and whatever its end brings, to its end."""
        self.worker.submit(job)
        assert job.done.wait(5)
        return job

    def close(self) -> None:
        """End the worker, after what there is to do."""
        self.worker.close(5)


def test_each_answer_is_told_to_have_worked_and_loading_is_not() -> None:
    """What ends the engine often does so with the first token; a stopped one proves nothing."""
    judged = Judged(FakeEngine())
    judged.worker.warm()
    judged.do(Recorded())
    judged.do(Answering(to_its_end=False))
    judged.do(Stopped())
    judged.do(Answering())
    judged.close()
    assert judged.worked == [starter_model().name]


def test_a_death_is_told_with_the_model_and_loaded_again() -> None:
    """Under an answer; a refusal or a stop is none."""
    engine = FakeEngine()
    judged = Judged(engine)
    judged.do(Recorded(EngineDied("It died.")))
    judged.do(Stopped(EngineDied("It was killed.")))
    judged.do(Recorded(ModelRefused("No.")))
    judged.close()
    assert judged.crashed == [starter_model().name]
    assert engine.loads >= 2


def test_a_death_while_loading_is_told_and_another_model_is_loaded_at_once() -> None:
    """The one before answers the next question without anybody asking for it."""
    engine = FakeEngine(load_error=EngineDied("It died."))
    judged = Judged(engine, gives_up=True)
    failed = Mending(engine)
    judged.do(failed)
    assert isinstance(failed.error, EngineDied)
    assert judged.crashed == [starter_model().name]
    judged.do(Recorded())
    judged.close()
    warm = []
    while not judged.events.empty():
        event = judged.events.get()
        if isinstance(event, EngineChanged) and event.condition is EngineCondition.WARM:
            warm.append(event.model)
    assert warm == ["Another"]


def test_a_death_while_closing_is_nobodys_fault() -> None:
    """The engine is ended under a job then."""
    engine = FakeEngine()
    judged = Judged(engine)
    stuck = Stuck()
    original = engine.close

    def close() -> None:
        stuck.killed.set()
        original()

    engine.close = close  # type: ignore[method-assign] # what killing the child does to a job
    judged.worker.submit(stuck)
    assert stuck.began.wait(5)
    judged.worker.close(0.05)
    assert stuck.done.wait(5)
    assert judged.crashed == []
