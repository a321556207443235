"""The ten-second run finds a machine's speeds, stops when told to, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    EngineOptions,
    Finished,
    GenerationRequest,
    ModelInfo,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineError, InputRefused, StorageFull
from assistant.shelf.synthetic import FORMS, Build, write_synthetic
from assistant.shelf.yardstick import FORM_BUILDS, Measuring
from models.file import ModelFile
from models.gguf import read_shape, read_tensors
from models.speed import Speed, Yardstick, predict
from tests.fakes.clock import FakeClock
from tests.unit.simulated_engine import SimulatedEngine

TRUTH = Yardstick(
    machine="here",
    threads=3,
    bytes_per_second={"Q4_K_M": 7e9, "Q8_0": 8e9, "Q4_0": 6e9},
    flops_per_second={"Q4_K_M": 9e10, "Q8_0": 5e10, "Q4_0": 8e10},
    token_overhead=2e-4,
    layer_overhead=4e-5,
    at=0,
    decode_attention=8e-8,
    prompt_attention=1e-8,
)
SMALL = tuple(replace(build, layers=2, vocabulary=512) for build in FORM_BUILDS)
"""As the real ones, but written in no time."""


def measuring(
    folder: Path, before: Callable[[], None] = lambda: None, free: int = 10**12
) -> tuple[Measuring, SimulatedEngine]:
    """A run on a simulated machine."""
    engine = SimulatedEngine(TRUTH, before)
    return (
        Measuring(
            folder / "models",
            lambda: "here",
            engine=lambda: engine,
            clock=FakeClock(),
            free=lambda _folder: free,
            budget=60.0,
            forms=SMALL,
        ),
        engine,
    )


def test_it_finds_the_speeds_of_the_machine(tmp_path: Path) -> None:
    """To a few per cent, from small models alone."""
    run, engine = measuring(tmp_path)
    found = run.run(Cancel())
    assert (found.machine, found.threads) == ("here", 3)
    for mine, true in (
        (found.bytes_per_second, TRUTH.bytes_per_second),
        (found.flops_per_second, TRUTH.flops_per_second),
    ):
        assert mine == pytest.approx(true, rel=0.02)
    assert found.token_overhead == pytest.approx(TRUTH.token_overhead, rel=0.02)
    assert found.layer_overhead == pytest.approx(TRUTH.layer_overhead, rel=0.02)
    assert found.decode_attention == pytest.approx(TRUTH.decode_attention, rel=0.02)
    assert found.prompt_attention == pytest.approx(TRUTH.prompt_attention, rel=0.02)
    assert engine.closed
    assert list((tmp_path / "models").iterdir()) == []


def test_a_stop_ends_it_and_nothing_is_left(tmp_path: Path) -> None:
    """At whichever step it comes."""
    for step in range(1, 12, 3):
        cancel, steps = Cancel(), iter(range(1, 100))

        def ask(cancel: Cancel = cancel, steps: object = steps, step: int = step) -> None:
            if next(steps) == step:  # type: ignore[call-overload] # an iterator of numbers
                cancel.ask()

        run, engine = measuring(tmp_path, ask)
        with pytest.raises(InputRefused):
            run.run(cancel)
        assert engine.closed
        assert list((tmp_path / "models").iterdir()) == []


def test_when_time_is_up_what_is_known_counts(tmp_path: Path) -> None:
    """A form that was not got to is not told of, and nothing is foretold of it."""
    halts: list[Cancel] = []

    class Slow(SimulatedEngine):
        def load(self, model: object, options: object, cancel: Cancel | None = None) -> object:  # type: ignore[override] # only passes on
            if "Q8_0" in model.name and self.loaded[-1:] == ["synthetic Q4_K_M"]:  # type: ignore[attr-defined] # a ModelFile
                assert cancel is not None
                halts.append(cancel)
                cancel.ask()  # as the timer does
            return super().load(model, options, cancel)  # type: ignore[arg-type] # as above

    engine = Slow(TRUTH)
    run = Measuring(tmp_path, lambda: "here", engine=lambda: engine, budget=60.0, forms=SMALL)
    found = run.run(Cancel())
    assert halts
    assert set(found.bytes_per_second) == {"Q4_K_M"}
    shape = SMALL[0].shape(10**9)
    assert predict(shape, 10**9, "Q4_K_M", found) is not None
    assert predict(shape, 10**9, "Q8_0", found) is None


def test_no_time_at_all_is_said_in_words(tmp_path: Path) -> None:
    """Nothing is invented then."""
    run = Measuring(tmp_path, lambda: "here", engine=lambda: SimulatedEngine(TRUTH), budget=0.0)
    with pytest.raises(EngineError, match="could not be measured within ten seconds"):
        run.run(Cancel())


def test_a_full_disk_is_said_before_anything_is_written(tmp_path: Path) -> None:
    """And no engine is started."""
    run, engine = measuring(tmp_path, free=1000)
    with pytest.raises(StorageFull, match="too little room"):
        run.run(Cancel())
    assert engine.loaded == []


def test_what_a_kill_left_is_swept(tmp_path: Path) -> None:
    """Next time."""
    left = tmp_path / "models" / "yardstick-abc"
    left.mkdir(parents=True)
    (left / "model.gguf").write_bytes(b"GGUF")
    kept = tmp_path / "models" / "sha256-ab"
    kept.mkdir()
    measuring(tmp_path)[0].run(Cancel())
    assert list((tmp_path / "models").iterdir()) == [kept]


def test_it_can_be_swept_without_a_run(tmp_path: Path) -> None:
    """Which may be never; but not what a run writes just now."""
    left = tmp_path / "models" / "yardstick-abc"
    left.mkdir(parents=True)
    measuring(tmp_path)[0].sweep()
    assert not left.exists()
    seen: list[int] = []

    def look() -> None:
        run.sweep()
        seen.append(len(list((tmp_path / "models").iterdir())))

    run, _ = measuring(tmp_path, look)
    run.run(Cancel())
    assert set(seen) == {1}


def test_that_it_was_a_gpu_is_written_down(tmp_path: Path) -> None:
    """Of all the small models: one may have had no room there."""

    class OnGpu(SimulatedEngine):
        def load(
            self, model: ModelFile, options: EngineOptions, cancel: Cancel | None = None
        ) -> ModelInfo:
            info = super().load(model, options, cancel)
            return replace(info, gpu_layers=0 if len(self.loaded) == 2 else 4)

    engine = OnGpu(TRUTH)
    run = Measuring(
        tmp_path, lambda: "here", engine=lambda: engine, clock=FakeClock(), budget=60.0, forms=SMALL
    )
    assert run.run(Cancel()).gpu_layers == 4
    assert measuring(tmp_path)[0].run(Cancel()).gpu_layers == 0


def test_an_engine_that_fails_is_closed(tmp_path: Path) -> None:
    """Its own words reach the person."""

    def fail() -> None:
        raise EngineError("It does not load.")

    run, engine = measuring(tmp_path, fail)
    with pytest.raises(EngineError, match="does not load"):
        run.run(Cancel())
    assert engine.closed


@pytest.mark.parametrize("form", FORMS)
def test_llama_cpp_runs_every_form(tmp_path: Path, form: str) -> None:
    """Through the engine's own child: each letter is a token, and it writes to the end."""
    build = Build(form, 2, 256, 4, 2, 512, 600)
    model = write_synthetic(tmp_path / "m.gguf", build)
    assert read_shape(model.path) == build.shape(model.path.stat().st_size)
    matrices = [one for one in read_tensors(model.path) if len(one.shape) == 2]
    assert sum(one.elements for one in matrices) == build.parameters
    engine = ChildEngine()
    try:
        info = engine.load(model, EngineOptions(context_tokens=512))
        assert info.layers == 2
        asked = GenerationRequest((Turn("user", "a" * 100),), 12, Sampling(temperature=0.0))
        events = list(engine.generate(asked))
    finally:
        engine.close()
    first, last = events[0], events[-1]
    assert isinstance(first, Prefilled)
    assert isinstance(last, Finished)
    assert first.prompt_tokens in (100, 101)  # with or without a beginning
    assert last.reply_tokens == 12


def test_a_real_run_stays_within_its_time(tmp_path: Path) -> None:
    """However slow or busy this machine is: it ends by itself, with something or with words."""
    run = Measuring(tmp_path, lambda: "here", budget=2.0, forms=SMALL[:1])
    try:
        found = run.run(Cancel())
    except EngineError:
        pass
    else:
        speed = predict(SMALL[0].shape(10**9), 10**9, "Q4_K_M", found)
        assert isinstance(speed, Speed)
        assert 0 < speed.decode < 1e5
    assert list(tmp_path.iterdir()) == []
