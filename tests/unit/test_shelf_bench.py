"""Measuring a model: exact sums over an engine that tells exact times, and a real child once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.clock import SystemClock
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import EngineOptions
from assistant.errors import (
    EngineDied,
    EngineError,
    HushError,
    InputRefused,
    NotFound,
    StorageFull,
)
from assistant.events import Event, ModelTask
from assistant.shelf.bench import Bench
from assistant.shelf.measuring import PROMPT_TOKENS, WRITTEN_TOKENS, measure, peak_memory
from assistant.shelf.records import BenchResult, Speed
from assistant.shelf.side import SideRoom
from assistant.store import bench_rows
from assistant.store.bench_rows import KEPT_RUNS, BenchRow
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault
from models.file import ModelFile
from tests.fakes.clock import FakeClock
from tests.fakes.engine import FakeEngine
from tests.unit.side_engines import TimedEngine, Worker, side_room, small_model

LONG = "word " * 100
ROW = BenchRow(1, "aa", "here", 10.0, 5.0, 100.0, 1000, None)


@dataclass
class Foretold:
    """What was foretold, and what is learnt."""

    expected: float | None = 21.0
    learnt: list[tuple[str, Speed]] = field(default_factory=list)
    problem: HushError | None = None

    def decode(self, sha256: str) -> float | None:
        return self.expected

    def note_truth(self, sha256: str, speed: Speed) -> None:
        if self.problem:
            raise self.problem
        self.learnt.append((sha256, speed))


@dataclass
class Room:
    """A bench over fakes, and what it says."""

    model: ModelFile
    vault: Vault
    clock: FakeClock = field(default_factory=FakeClock)
    foretold: Foretold = field(default_factory=Foretold)
    events: list[Event] = field(default_factory=list)
    told: list[tuple[str, float]] = field(default_factory=list)
    script: str = LONG
    options: EngineOptions = field(default_factory=EngineOptions)
    worker: Worker = field(default_factory=Worker)

    def __post_init__(self) -> None:
        self.engine = TimedEngine(self.clock, lambda _: self.script)
        self.bench = Bench(
            self.find,
            lambda: self.options,
            side_room(lambda: self.engine, self.worker, self.clock),
            Background("models"),
            self.vault,
            lambda: "here",
            self.clock,
            self.events.append,
            self.foretold,
        )

    def find(self, sha256: str) -> ModelFile:
        """The one model there is."""
        if sha256 != "aa":
            raise NotFound("There is no such model.")
        return self.model

    def run(self, cancel: Cancel | None = None) -> BenchResult:
        """Measure it."""
        return self.bench.run("aa", self.tell, cancel or Cancel()).result(30)

    def tell(self, words: str, share: float) -> None:
        """How far it is."""
        self.told.append((words, share))

    def kept(self) -> tuple[BenchRow, ...]:
        """What the vault holds."""
        return self.bench.latest().result(10)


@pytest.fixture
def vault() -> Iterator[Vault]:
    """In memory."""
    found = Vault.in_memory()
    yield found
    found.close()


@pytest.fixture
def room(tmp_path: Path, vault: Vault) -> Room:
    """A bench."""
    return Room(small_model(tmp_path), vault)


def test_the_figures_are_those_of_the_clock(room: Room) -> None:
    """Reading 100 tokens a second, writing 20: as the engine took its time, to the digit."""
    result = room.run()
    assert result.prompt_tokens_per_second == pytest.approx(100)
    assert result.decode_tokens_per_second == pytest.approx(20)
    prompt = len(room.engine.requests[0].turns[0].text.split())
    assert result.first_token_ms == pytest.approx(prompt * 10 + 50, rel=0.05)
    assert result.peak_memory == room.engine.memory
    assert (result.runs, result.threads) == (3, 1)
    assert result.predicted_decode == 21.0
    ((learnt_of, speed),) = room.foretold.learnt
    assert learnt_of == "aa"
    assert speed == Speed(result.prompt_tokens_per_second, result.decode_tokens_per_second)


def test_figures_are_kept_and_found_again(room: Room) -> None:
    """A row of numbers; the newest of each model."""
    room.run()
    (row,) = room.kept()
    assert (row.model, row.machine, row.predicted_decode) == ("aa", "here", 21.0)
    assert row.decode_speed == pytest.approx(20)
    assert row.at == room.clock.now()


def test_what_cannot_be_learnt_loses_no_figure(room: Room) -> None:
    """The disk is full: what was measured is told all the same."""
    room.foretold.problem = StorageFull("The disk is full.")
    assert room.run().decode_tokens_per_second == pytest.approx(20)
    assert len(room.kept()) == 1


def test_how_far_it_is_is_told(room: Room) -> None:
    """To whoever asked, and to everybody as events."""
    room.run()
    shares = [share for _, share in room.told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    tasks = [event for event in room.events if isinstance(event, ModelTask)]
    assert [(task.words, task.share) for task in tasks] == room.told
    assert {(task.what, task.sha256) for task in tasks} == {("bench", "aa")}


def test_no_round_finds_its_prompt_read_already(room: Room) -> None:
    """Each begins otherwise; and each asks for the same lengths."""
    room.run()
    beginnings = [request.turns[0].text[:2] for request in room.engine.requests]
    assert beginnings == ["1.", "2.", "3."]
    assert {request.max_tokens for request in room.engine.requests} == {WRITTEN_TOKENS}
    assert all(
        len(request.turns[0].text.split()) <= PROMPT_TOKENS + 10 for request in room.engine.requests
    )


def test_a_small_context_gets_a_shorter_prompt(room: Room) -> None:
    """Half of it is for the prompt."""
    room.options = EngineOptions(256)
    room.run()
    assert len(room.engine.requests[0].turns[0].text.split()) < 140


def test_a_model_that_writes_too_little_is_not_measured(room: Room) -> None:
    """In words, and nothing is kept."""
    room.script = "no"
    with pytest.raises(EngineError, match="too little"):
        room.run()
    assert room.kept() == ()
    assert room.foretold.learnt == []


def test_a_model_that_writes_nothing_is_not_measured(room: Room) -> None:
    """Likewise."""
    room.script = ""
    with pytest.raises(EngineError, match="nothing at all"):
        room.run()


def test_stopped_in_the_middle_keeps_nothing(room: Room) -> None:
    """And its engine is gone."""
    cancel = Cancel()
    room.engine.on_finish = cancel.ask
    with pytest.raises(InputRefused, match="Stopped"):
        room.run(cancel)
    assert room.kept() == ()
    assert not room.engine.alive


@pytest.mark.parametrize("idle", [None, 0.5])
def test_figures_taken_beside_an_answer_are_not_kept(room: Room, idle: float | None) -> None:
    """Somebody asked in the middle, and is still waiting, or was a moment ago."""

    def asked() -> None:
        room.worker.idle = idle

    room.engine.on_finish = asked
    with pytest.raises(EngineError, match="asked something meanwhile"):
        room.run()
    assert room.kept() == ()
    assert len(room.engine.requests) == 1


def test_a_model_that_dies_keeps_nothing(room: Room) -> None:
    """It is named."""
    room.engine.die_after = 3
    with pytest.raises(EngineError, match="“Small” stopped") as caught:
        room.run()
    assert not isinstance(caught.value, EngineDied)
    assert room.kept() == ()


def test_an_unknown_model_is_not_found(room: Room) -> None:
    """Before anything is loaded."""
    with pytest.raises(NotFound):
        room.bench.run("bb", lambda *_: None, Cancel()).result(10)
    assert room.engine.loads == 0


def test_a_slow_model_is_measured_once(tmp_path: Path) -> None:
    """After 45 seconds no further round begins."""
    clock = FakeClock()
    engine = TimedEngine(clock, lambda _: LONG)
    engine.on_finish = lambda: clock.advance(60)
    info = engine.load(small_model(tmp_path), EngineOptions())
    figures = measure(engine, info, lambda _: None, Cancel(), elapsed=clock.elapsed)
    assert figures.runs == 1


def test_a_real_model_is_measured(tmp_path: Path, vault: Vault) -> None:
    """A child with llama.cpp, a file of 250 KB: all figures are there."""
    model = small_model(tmp_path)
    bench = Bench(
        lambda _: model,
        lambda: EngineOptions(1024),
        SideRoom(Worker()),
        Background("models"),
        vault,
        lambda: "here",
        SystemClock(),
        lambda _: None,
    )
    result = bench.run("aa", lambda *_: None, Cancel()).result(60)
    assert result.prompt_tokens_per_second > 0
    assert result.decode_tokens_per_second > 0
    assert result.first_token_ms > 0
    assert result.peak_memory > 10_000_000
    assert result.predicted_decode is None
    assert bench.latest().result(10)[0].decode_speed == result.decode_tokens_per_second


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the high water")
def test_the_peak_is_the_highest_not_the_last() -> None:
    """As the kernel keeps it for a process; an engine that is none of ours tells its present."""

    class Self(ChildEngine):
        pid = os.getpid()  # a process that surely runs

    assert peak_memory(Self()) >= Self().memory_bytes > 0
    assert peak_memory(FakeEngine()) == 0


def test_rows_are_of_a_machine_and_not_too_many(vault: Vault) -> None:
    """The newest run of each model on this machine; the oldest go."""

    def fill(connection: Connection) -> None:
        for number in range(KEPT_RUNS + 5):
            bench_rows.add(connection, replace(ROW, at=number))
        bench_rows.add(connection, replace(ROW, model="bb", at=7, predicted_decode=4.0))
        bench_rows.add(connection, replace(ROW, machine="there", at=99))

    vault.write(fill).result(10)
    here = vault.read(lambda connection: bench_rows.latest(connection, "here")).result(10)
    assert [(row.model, row.at) for row in here] == [("bb", 7), ("aa", KEPT_RUNS + 4)]
    count = vault.read(lambda c: c.execute("SELECT count(*) FROM bench_run").fetchone()).result(10)
    assert count == (KEPT_RUNS + 2,)
