"""Which model fits is said by what was measured, and nothing is said where nothing was."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.cancel import Cancel
from assistant.engine.protocol import EngineOptions
from assistant.errors import EngineError
from assistant.shelf.fitting import Fitting
from assistant.shelf.judging import GOOD_SPEED
from assistant.shelf.measures import Measures, MeasuresFile, Truth
from assistant.shelf.records import Fit, MachineProfile, Verdict
from models.catalogue import Catalogue, read_entry
from models.speed import Speed, Yardstick
from tests.unit.catalogue_signers import entry

GB = 10**9
LAPTOP = MachineProfile(4, 8 * GB, 6 * GB, ("avx2",), "", 0, 100 * GB)
YARDSTICK = Yardstick("here", 3, {"Q4_K_M": 12e9}, {"Q4_K_M": 1e11}, 1e-4, 1e-4, 1)
WHOLE = replace(
    YARDSTICK,
    bytes_per_second=dict.fromkeys(("Q4_K_M", "Q8_0", "Q4_0"), 12e9),
    flops_per_second=dict.fromkeys(("Q4_K_M", "Q8_0", "Q4_0"), 1e11),
)


def model(number: int, size: int, **changes: Any) -> dict[str, Any]:
    """A model of so many bytes, with a shape that suits."""
    return entry(
        id=f"model-{number}",
        sha256=f"{number:064x}",
        size=size,
        memory=size * 5 // 4,
        parameters=size * 8 // 5,
        **changes,
    )


CATALOGUE = (
    model(1, GB // 2),
    model(2, GB),
    model(3, 3 * GB),  # 15 tokens a second would take less
    model(4, 5 * GB),
    model(5, 20 * GB),
    model(6, GB, kind="embedding", usable=False),
    model(7, GB, quantisation="IQ4_XS"),
)

Make = Callable[..., Fitting]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes a ``Fitting`` over one file, as each start does."""

    def start(
        machine: MachineProfile = LAPTOP,
        entries: tuple[dict[str, Any], ...] = CATALOGUE,
        measure: Callable[[Cancel], Yardstick] = lambda _cancel: YARDSTICK,
        key: str = "here",
        **others: Any,
    ) -> Fitting:
        catalogue = Catalogue(1, "2026-11-01", "2027-11-01", tuple(map(read_entry, entries)))
        return Fitting(
            lambda: catalogue,
            lambda: machine,
            measure,
            MeasuresFile(tmp_path / "fitting.json"),
            lambda: key,
            **{"usual_threads": lambda: 3, **others},
        )

    return start


def by_id(fitting: Fitting) -> dict[str, Fit]:
    """All fits."""
    return {fit.entry_id: fit for fit in fitting.fits().result(10)}


def test_before_anything_was_measured_no_speed_is_told(make: Make) -> None:
    """And none is recommended: that would be a guess."""
    fitting = make()
    fits = by_id(fitting)
    assert all(fit.expected is None for fit in fits.values())
    assert fits["model-1"].words == "It works here. How fast is not known yet."
    assert fitting.recommend().result(10) is None
    assert fitting.decode(f"{1:064x}") is None


def test_each_verdict_has_its_reason(make: Make) -> None:
    """In a sentence with the figures."""
    fitting = make()
    fitting.measure(Cancel()).result(10)
    fits = by_id(fitting)
    assert fits["model-2"].verdict is Verdict.RECOMMENDED
    assert "The most capable model that runs well" in fits["model-2"].words
    assert fits["model-1"].verdict is Verdict.WORKS
    assert fits["model-3"].verdict is Verdict.WORKS
    assert "slowly" in fits["model-3"].words
    assert fits["model-4"].verdict is Verdict.TIGHT
    assert fits["model-4"].words == "Tight: it takes 6.2 GB of this computer's 8.0 GB of memory."
    assert fits["model-5"].verdict is Verdict.TOO_BIG
    too_big = "Too big: it takes 25.0 GB of memory, and this computer has 8.0 GB."
    assert fits["model-5"].words == too_big
    assert fits["model-6"].words == "For search: this Hush does not use it yet."
    assert fits["model-7"].expected is None
    assert fits["model-7"].verdict is Verdict.WORKS


def test_one_is_recommended_and_it_is_the_most_capable(make: Make) -> None:
    """Of those that are quick enough; of equals the first."""
    twins = (*CATALOGUE[:2], model(8, GB))
    fitting = make(entries=twins)
    fitting.measure(Cancel()).result(10)
    chosen = [fit for fit in by_id(fitting).values() if fit.verdict is Verdict.RECOMMENDED]
    assert [fit.entry_id for fit in chosen] == ["model-2"]
    assert chosen == [fitting.recommend().result(10)]
    assert chosen[0].expected is not None
    assert chosen[0].expected.decode >= GOOD_SPEED


def test_none_is_recommended_where_none_is_quick(make: Make) -> None:
    """The starter model stays the right one then."""
    slow = replace(YARDSTICK, bytes_per_second={"Q4_K_M": 1e9})
    fitting = make(measure=lambda _cancel: slow)
    fitting.measure(Cancel()).result(10)
    assert fitting.recommend().result(10) is None


def test_none_that_this_hush_has_no_use_for(make: Make) -> None:
    """However well it would run."""
    fitting = make(entries=(model(1, GB, usable=False),))
    fitting.measure(Cancel()).result(10)
    assert fitting.recommend().result(10) is None
    assert by_id(fitting)["model-1"].words == "It needs a newer Hush."


def test_a_full_disk_and_full_memory(make: Make) -> None:
    """Said with what is free now."""
    short = replace(LAPTOP, free_disk=GB, available=GB)
    fitting = make(short)
    fitting.measure(Cancel()).result(10)
    fits = by_id(fitting)
    assert fits["model-2"].verdict is Verdict.NO_DISK
    assert fits["model-2"].words == "No room: it takes 1.2 GB of disk, and 1.0 GB are free."
    fits = by_id(make(replace(LAPTOP, available=GB)))
    assert fits["model-2"].verdict is Verdict.TIGHT
    assert "Close other programs" in fits["model-2"].words


def test_on_a_gpu_that_does_not_hold_it_nothing_is_foretold(make: Make) -> None:
    """What runs on both was never measured."""
    fitting = make(replace(LAPTOP, gpu="A GPU", gpu_memory=GB))
    fitting.measure(Cancel()).result(10)
    fits = by_id(fitting)
    assert fits["model-1"].expected is not None
    assert fits["model-2"].expected is None


class TestContext:
    """A context that the person chose takes memory beside the weights: it is counted, and told."""

    CHOSEN = EngineOptions(context_tokens=8192)
    ADDED = 6144 * 16384 * 2  # tokens, keys and values of all layers, bytes of each

    def test_a_model_may_be_too_big_for_it(self, make: Make) -> None:
        """With 2,048 tokens it fits; with 8,192 it does not."""
        small = replace(LAPTOP, memory=2_400_000_000, available=2_400_000_000)
        usual, chosen = (
            by_id(make(small, options=lambda options=options: options))["model-2"]
            for options in (EngineOptions(), self.CHOSEN)
        )
        assert usual.memory == GB * 5 // 4
        assert usual.verdict is Verdict.WORKS
        assert chosen.memory == usual.memory + self.ADDED
        assert chosen.verdict is Verdict.TOO_BIG
        assert chosen.words == (
            "Too big: with a context of 8,192 tokens it takes 1.5 GB of memory, and this computer"
            " has 2.4 GB."
        )

    def test_it_is_not_recommended_where_it_would_be_tight(self, make: Make) -> None:
        """The smaller one is."""
        small = replace(LAPTOP, memory=2_400_000_000, available=2_400_000_000)
        for options, chosen in ((EngineOptions(), "model-2"), (self.CHOSEN, "model-1")):
            fitting = make(small, options=lambda options=options: options)
            fitting.measure(Cancel()).result(10)
            fit = fitting.recommend().result(10)
            assert fit is not None
            assert fit.entry_id == chosen

    def test_no_model_is_counted_beyond_what_it_was_trained_for(self, make: Make) -> None:
        """The engine cuts the context likewise."""
        fits = [
            by_id(make(options=lambda tokens=tokens: EngineOptions(tokens)))["model-1"]
            for tokens in (8192, 32_768)
        ]
        assert fits[0].memory == fits[1].memory

    def test_of_an_unknown_shape_the_catalogue_s_figure_is_all_there_is(self, make: Make) -> None:
        """Nothing is made up."""
        fitting = make(entries=(model(1, GB, shape=[]),), options=lambda: self.CHOSEN)
        assert by_id(fitting)["model-1"].memory == GB * 5 // 4

    def test_where_the_catalogue_tells_nothing_the_shape_does(self, make: Make) -> None:
        """All of it: weights, context, and what is computed with."""
        unknown = model(1, GB) | {"memory": 0}
        fitting = make(entries=(unknown,), options=lambda: self.CHOSEN)
        assert by_id(fitting)["model-1"].memory > GB + 8192 * 16384 * 2

    def test_a_gpu_must_hold_it_as_well(self, make: Make) -> None:
        """Else nothing is foretold of it."""
        machine = replace(LAPTOP, gpu="A GPU", gpu_memory=1_300_000_000)
        for options, is_foretold in ((EngineOptions(), True), (self.CHOSEN, False)):
            fitting = make(machine, options=lambda options=options: options)
            fitting.measure(Cancel()).result(10)
            assert (by_id(fitting)["model-2"].expected is not None) == is_foretold


class TestCircumstances:
    """A yardstick holds for the threads that it was measured with, and the GPU."""

    def test_other_threads_make_it_stale(self, make: Make) -> None:
        """Nothing is foretold then; the old figures come back with the old setting."""
        make().measure(Cancel()).result(10)
        more = make(options=lambda: EngineOptions(threads=8))
        assert more.recommend().result(10) is None
        assert more.decode(f"{1:064x}") is None
        assert make(options=lambda: EngineOptions(threads=3)).recommend().result(10) is not None

    def test_it_is_measured_again_for_them_unasked(self, make: Make) -> None:
        """Once for each number; and what was known of another is not mixed in."""
        threads, runs = [3], list[int]()

        def measure(_cancel: Cancel) -> Yardstick:
            runs.append(threads[0])
            return replace(WHOLE, threads=threads[0])

        fitting = make(measure=measure, options=lambda: EngineOptions(threads=threads[0]))
        for count in (3, 3, 8, 8):
            threads[0] = count
            fitting.look(TestMeasuring.Worker(61.0))
            fitting.fits().result(10)
        assert runs == [3, 8]
        assert fitting.decode(f"{1:064x}") is not None

    @pytest.mark.parametrize(
        "measured",
        [replace(YARDSTICK, gpu_layers=9), replace(YARDSTICK, threads=2)],
        ids=["on a GPU", "other threads"],
    )
    def test_a_trial_on_the_processor_is_no_match_for_it(
        self, make: Make, measured: Yardstick
    ) -> None:
        """It moves no forecast, and nothing is told of it."""
        options = EngineOptions(threads=measured.threads)
        make(measure=lambda _cancel: measured, options=lambda: options).measure(Cancel()).result(10)
        fitting = make(options=lambda: options)
        before = by_id(fitting)
        assert before["model-1"].expected is not None
        fitting.note_trial(f"{1:064x}", Speed(0.5, 9.0))
        assert by_id(fitting) == before

    def test_a_gpu_that_is_not_used_any_more(self, make: Make) -> None:
        """What was measured on it says nothing of the processor."""
        on_gpu = replace(YARDSTICK, gpu_layers=9)
        make(measure=lambda _cancel: on_gpu).measure(Cancel()).result(10)
        assert make().decode(f"{1:064x}") is not None
        assert make(options=lambda: EngineOptions(gpu_layers=0)).decode(f"{1:064x}") is None


def test_an_unknown_shape_is_not_guessed(make: Make) -> None:
    """Nor is its speed."""
    fitting = make(entries=(model(1, GB, shape=[]),))
    fitting.measure(Cancel()).result(10)
    assert by_id(fitting)["model-1"].expected is None


def test_the_time_of_a_download_follows_from_the_last_one(make: Make) -> None:
    """Where there was none it is not known."""
    assert by_id(make())["model-2"].seconds_to_download is None
    assert by_id(make(download_speed=lambda: 1e7))["model-2"].seconds_to_download == 100


class TestKept:
    """What was measured holds until the machine or llama.cpp changes."""

    def test_it_survives_a_restart(self, make: Make) -> None:
        """Nobody measures twice."""
        make().measure(Cancel()).result(10)
        assert make().recommend().result(10) is not None

    def test_another_machine_begins_anew(self, make: Make) -> None:
        """A profile that was moved, a processor that was changed."""
        make().measure(Cancel()).result(10)
        assert make(key="elsewhere").recommend().result(10) is None

    @pytest.mark.parametrize(
        "damage",
        [
            lambda stored: stored.clear(),
            lambda stored: stored.update(format=2),
            lambda stored: stored.update(truths=3),
            lambda stored: stored.update(truths={"ab": {"form": "Q4_0"}}),
            lambda stored: stored["yardstick"].update(token_overhead=-1),
            lambda stored: stored["yardstick"].update(layer_overhead="much"),
            lambda stored: stored["yardstick"].update(bytes_per_second={"Q4_K_M": 0}),
            lambda stored: stored["yardstick"].update(bytes_per_second={"Q4_K_M": float("nan")}),
            lambda stored: stored["yardstick"].update(flops_per_second=[]),
            lambda stored: stored["yardstick"].pop("at"),
            lambda stored: stored["yardstick"].pop("gpu_layers"),  # before it was written down
        ],
    )
    def test_a_damaged_file_is_as_none(
        self, make: Make, tmp_path: Path, damage: Callable[[dict[str, Any]], object]
    ) -> None:
        """It is measured again, that is all."""
        make().measure(Cancel()).result(10)
        path = tmp_path / "fitting.json"
        stored = json.loads(path.read_text())
        damage(stored)
        path.write_text(json.dumps(stored))
        fitting = make()
        assert fitting.recommend().result(10) is None
        fitting.measure(Cancel()).result(10)
        assert make().recommend().result(10) is not None


class TestTruth:
    """What a model really did stands beside the forecast, and betters the next one."""

    def test_it_is_told_and_learnt_from(self, make: Make) -> None:
        """By half as fast as foretold, others of that form are foretold half as fast."""
        fitting = make()
        fitting.measure(Cancel()).result(10)
        before = by_id(fitting)
        expected = before["model-1"].expected
        assert expected is not None
        half = Speed(expected.prompt / 2, expected.decode / 2)
        fitting.note_truth(f"{1:064x}", half)
        for after in (by_id(fitting), by_id(make())):
            told = after["model-1"]
            assert told.words.endswith(
                f"Measured here: {half.decode:.0f} tokens a second; {expected.decode:.0f} were "
                "expected."
            )
            for name in ("model-1", "model-2"):
                was, now = before[name].expected, after[name].expected
                assert was is not None
                assert now is not None
                assert now.decode == pytest.approx(was.decode / 2)
                assert now.prompt == pytest.approx(was.prompt / 2)

    def test_once_more_does_not_count_twice(self, make: Make) -> None:
        """The forecast that it is held against is the yardstick's own, uncorrected."""
        fitting = make()
        fitting.measure(Cancel()).result(10)
        expected = fitting.decode(f"{1:064x}")
        assert expected is not None
        for _ in range(3):
            fitting.note_truth(f"{1:064x}", Speed(100.0, expected / 2))
        assert fitting.decode(f"{1:064x}") == pytest.approx(expected / 2)

    def test_what_is_far_off_teaches_nothing(self, make: Make) -> None:
        """A machine that slept meanwhile, for one."""
        fitting = make()
        fitting.measure(Cancel()).result(10)
        expected = fitting.decode(f"{1:064x}")
        assert expected is not None
        fitting.note_truth(f"{1:064x}", Speed(0.001, expected / 100))
        assert fitting.decode(f"{1:064x}") == expected

    def test_a_model_from_elsewhere_or_no_speed_is_passed_over(self, make: Make) -> None:
        """Of it nothing was foretold."""
        fitting = make()
        fitting.note_truth(f"{1:064x}", Speed(10.0, 10.0))  # nothing is measured yet
        fitting.measure(Cancel()).result(10)
        expected = fitting.decode(f"{1:064x}")
        fitting.note_truth("ff" * 32, Speed(10.0, 10.0))
        fitting.note_truth(f"{1:064x}", Speed(0.0, 10.0))
        assert fitting.decode(f"{1:064x}") == expected
        assert fitting.decode("ff" * 32) is None

    def test_a_short_trial_teaches_writing_alone(self, make: Make) -> None:
        """Its prompt is shorter than what is read at once; a real measurement outdoes it."""
        fitting = make()
        fitting.measure(Cancel()).result(10)
        before = by_id(fitting)["model-2"].expected
        assert before is not None
        fitting.note_trial(f"{1:064x}", Speed(0.5, 9.0))
        told = by_id(fitting)
        words = told["model-1"].words
        assert "In a short trial here: 9 tokens a second; 23 were expected." in words
        after = told["model-2"].expected
        assert after is not None
        assert after.prompt == before.prompt
        assert after.decode < before.decode
        fitting.note_truth(f"{1:064x}", Speed(100.0, 12.0))
        fitting.note_trial(f"{1:064x}", Speed(0.5, 1.0))
        assert "Measured here: 12 tokens a second" in by_id(make())["model-1"].words

    def test_a_full_disk_does_not_spoil_what_was_measured(self, make: Make, tmp_path: Path) -> None:
        """Whoever ran the model gets their figures; only the lesson is lost."""
        fitting = make()
        fitting.measure(Cancel()).result(10)
        path = tmp_path / "fitting.json"
        path.unlink()
        path.mkdir()  # nothing can take its place
        (path / "x").touch()
        fitting.note_truth(f"{1:064x}", Speed(10.0, 10.0))

    def test_the_oldest_are_forgotten(self) -> None:
        """The file stays small."""
        truth = Truth("Q4_0", Speed(1.0, 1.0), Speed(1.0, 1.0))
        measures = Measures()
        for number in range(600):
            measures = measures.with_truth(str(number), truth)
        assert len(measures.truths) == 500
        assert "599" in measures.truths


class TestMeasuring:
    """On request, or when nobody asks anything."""

    class Worker:
        """An LLM worker at rest."""

        in_background = False

        def __init__(self, idle: float | None) -> None:
            self._idle = idle

        def idle_seconds(self) -> float | None:
            return self._idle

    def test_by_itself_once_and_only_at_rest(self, make: Make) -> None:
        """Not while somebody reads an answer, and not again after that."""
        runs: list[Cancel] = []

        def measure(cancel: Cancel) -> Yardstick:
            runs.append(cancel)
            return WHOLE

        fitting = make(measure=measure)
        busy = self.Worker(600.0)
        busy.in_background = True
        for worker in (self.Worker(None), self.Worker(59.0), busy):
            fitting.look(worker)
        fitting.fits().result(10)
        assert runs == []
        fitting.look(self.Worker(61.0))
        fitting.look(self.Worker(61.0))
        fitting.fits().result(10)
        assert len(runs) == 1
        again = make(measure=measure)
        again.look(self.Worker(61.0))
        again.fits().result(10)
        assert len(runs) == 1

    def test_a_run_that_was_cut_short_forgets_nothing(self, make: Make) -> None:
        """It adds to what was known, and is gone on with when nobody asks anything."""
        short = replace(YARDSTICK, bytes_per_second={"Q8_0": 9e9}, flops_per_second={"Q8_0": 4e10})
        make().measure(Cancel()).result(10)
        fitting = make(measure=lambda _cancel: short, entries=(model(1, GB), model(2, 2 * GB)))
        fitting.look(self.Worker(61.0))
        assert by_id(fitting)["model-1"].expected is not None
        stored = make(entries=(model(1, GB, quantisation="Q8_0"),))
        assert by_id(stored)["model-1"].expected is not None

    def test_what_fails_unasked_troubles_nobody(self, make: Make) -> None:
        """It is tried again at the next start."""

        def fail(_cancel: Cancel) -> Yardstick:
            raise EngineError("Not now.")

        fitting = make(measure=fail)
        fitting.look(self.Worker(61.0))
        assert by_id(fitting)["model-1"].expected is None

    def test_not_while_an_answer_is_written(self, make: Make) -> None:
        """Both would be slow, and the figures wrong."""

        def busy() -> None:
            raise EngineError("Your model is writing an answer.")

        with pytest.raises(EngineError, match="writing an answer"):
            make(check_quiet=busy).measure(Cancel()).result(10)

    def test_closing_stops_it(self, make: Make) -> None:
        """Nobody waits ten seconds for a window to close."""
        begun, ended = threading.Event(), threading.Event()

        def wait(cancel: Cancel) -> Yardstick:
            stop = threading.Event()
            cancel.listen(stop.set)
            begun.set()
            assert stop.wait(30)
            ended.set()
            raise EngineError("Stopped.")

        fitting = make(measure=wait)
        fitting.look(self.Worker(61.0))
        assert begun.wait(30)
        fitting.close()
        assert ended.wait(30)
        fitting.look(self.Worker(61.0))


def test_the_machine_is_told(make: Make) -> None:
    """As it was found."""
    assert make().machine().result(10) == LAPTOP
