"""A second engine: beside the warm one where memory allows, else in its place, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.engine import kv_cache
from assistant.engine.protocol import Engine, EngineOptions
from assistant.errors import EngineDied, EngineError, InputRefused, ModelRefused
from assistant.power.plan import Mode, Plan
from assistant.shelf.side import (
    BATCH_TOKENS,
    SPARE_BYTES,
    SideRoom,
    free_memory,
    memory_of,
    side_engine,
)
from models.file import ModelFile
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.unit.side_engines import PLENTY, Worker, side_room, small_model

OPTIONS = EngineOptions(512)


def tried(
    model: ModelFile,
    room: SideRoom,
    cancel: Cancel | None = None,
    use: Callable[[Engine], object] = lambda _: None,
) -> None:
    """Load it, use it, be done."""
    with side_engine(model, OPTIONS, room, cancel or Cancel()) as (engine, _):
        use(engine)


@pytest.fixture
def model(tmp_path: Path) -> ModelFile:
    """A real file: its header is read."""
    return small_model(tmp_path)


def test_with_memory_enough_the_warm_model_stays(model: ModelFile) -> None:
    """It is not unloaded, and the second engine is gone afterwards."""
    engine, worker = FakeEngine(), Worker(is_warm=True)
    with side_engine(model, OPTIONS, side_room(lambda: engine, worker), Cancel()) as (found, info):
        assert found is engine
        assert info.name == model.name
        assert engine.alive
    assert worker.evicted == []
    assert not engine.alive


def test_the_warm_model_makes_room_first(model: ModelFile) -> None:
    """Where memory is short it is unloaded, with words, before another is loaded."""
    engine, worker = FakeEngine(), Worker(is_warm=True)
    free = [0]

    def unload() -> None:
        assert engine.loads == 0
        worker.is_warm = False
        free[0] = PLENTY

    worker.freed = unload
    room = side_room(lambda: engine, worker, available=lambda: free[0])
    with side_engine(model, OPTIONS, room, Cancel()):
        assert engine.loads == 1
    assert worker.evicted == ["It made room for a model that is being tried."]


def test_memory_that_does_not_come_is_waited_for_a_while(model: ModelFile) -> None:
    """Ten seconds of the clock, then the answer is no."""
    clock, worker = FakeClock(), Worker(is_warm=True)
    room = side_room(FakeEngine, worker, clock, available=lambda: 1000)
    assert not room.make_room(2000, Cancel())
    assert 10 <= clock.elapsed() < 11


def test_a_cold_model_is_not_asked_to_go(model: ModelFile) -> None:
    """There is nothing to wait for."""
    clock, worker = FakeClock(), Worker()
    assert not side_room(FakeEngine, worker, clock, available=lambda: 1).make_room(2, Cancel())
    assert worker.evicted == []
    assert clock.elapsed() == 0


def test_a_cancel_ends_the_wait_for_memory(model: ModelFile) -> None:
    """And nothing is loaded."""
    engine, worker, cancel = FakeEngine(), Worker(is_warm=True), Cancel()
    worker.freed = cancel.ask
    room = side_room(lambda: engine, worker, available=lambda: 0)
    with pytest.raises(InputRefused, match="Stopped"):
        tried(model, room, cancel)
    assert engine.loads == 0


def test_nobody_s_answer_is_disturbed(model: ModelFile) -> None:
    """While a reply is written it is refused, and nothing is loaded."""
    engine = FakeEngine()
    room = side_room(lambda: engine, Worker(idle=None))
    with pytest.raises(EngineError, match="writing an answer"):
        tried(model, room)
    assert engine.loads == 0


def test_a_machine_that_should_rest_is_left_alone(model: ModelFile) -> None:
    """The governor's own words say why."""
    paused = Plan(Mode.PAUSED, words="Too hot.")
    engine = FakeEngine()
    with pytest.raises(EngineError, match=r"Too hot\."):
        tried(model, side_room(lambda: engine, plan=lambda: paused))
    assert engine.loads == 0


def test_a_model_that_dies_is_named(model: ModelFile) -> None:
    """Not as if the person's own model had stopped; and its engine is closed."""
    engine = FakeEngine()

    def use(_: Engine) -> None:
        engine.die()
        engine.count(["a"])

    with pytest.raises(EngineError, match="“Small” stopped unexpectedly") as caught:
        tried(model, side_room(lambda: engine), use=use)
    assert not isinstance(caught.value, EngineDied)
    assert not engine.alive


def test_a_load_that_was_cancelled_is_stopped_not_dead(model: ModelFile) -> None:
    """The child was killed because somebody asked."""
    cancel = Cancel()
    cancel.ask()
    engine = FakeEngine(load_error=EngineDied("It was killed."))
    with (
        pytest.raises(InputRefused),
        side_engine(model, OPTIONS, side_room(lambda: engine), cancel),
    ):
        pytest.fail("it was loaded")


def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    """In words, before anything is loaded."""
    path = tmp_path / "x.gguf"
    path.write_bytes(b"GGUF" + bytes(20))
    with pytest.raises(ModelRefused, match="header"):
        memory_of(path, OPTIONS)


def test_the_real_engine_runs_beside(model: ModelFile) -> None:
    """A child of its own loads a real file and answers."""
    with side_engine(model, OPTIONS, SideRoom(Worker()), Cancel()) as (engine, info):
        assert info.context_tokens == 512
        assert engine.count(["abc"])[0] > 0
        assert engine.memory_bytes > 0


def test_what_is_reserved_is_what_a_child_needs() -> None:
    """The batch is the child's; and this machine says what is free."""
    assert BATCH_TOKENS == kv_cache.BATCH_TOKENS
    assert free_memory() > SPARE_BYTES
