"""Which model answers: tried out before it is used, given up after two crashes, and said."""

from __future__ import annotations

import hashlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import Engine, EngineOptions, GenerationRequest, ModelInfo, Turn
from assistant.engine.worker import LlmWorker
from assistant.errors import (
    EngineDied,
    HushError,
    InputRefused,
    ModelDamaged,
    ModelMissing,
    ModelRefused,
    ModelUnsafe,
    NotFound,
)
from assistant.events import Event, ModelRolledBack, ModelsChanged, ModelTask
from assistant.shelf.activation import Activation
from assistant.shelf.choice import ModelChoice
from assistant.shelf.preflight import preflight, refused
from assistant.shelf.records import Passed, Speed
from assistant.shelf.trial import OPTIONS, memory_limit, memory_needed, try_out
from models.file import ModelFile
from models.library import Active, ModelLibrary, Origin
from tests.fakes.engine import FakeEngine
from tests.fakes.shelf import PASSED, SPEED, FakeShelf, done
from tests.gguf_files import SMALL, write_model

DATA = b"GGUF a model"
ABORTS = """
import os
from assistant.engine import child
child.Child._generate = lambda *_: os.abort()
child.main()
"""


class Bench(FakeShelf):
    """The room over a shelf, with trials that go well unless ``problem`` says otherwise."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.problem: HushError | None = None
        self.during: Callable[[], object] = lambda: None
        self.tried: list[ModelFile] = []
        self.truths: list[tuple[str, Speed]] = []
        self.room_made: list[int] = []
        self.is_roomy = True
        self.switches = 0
        self.room = Activation(
            self.library,
            self.events.append,
            self.work,
            switched=self.note_switch,
            make_room=self.make_room,
            note_truth=lambda sha256, speed: self.truths.append((sha256, speed)),
            examine=self.examine,
            try_out=self.try_it,
        )

    def make_room(self, needed: int, _: Cancel) -> bool:
        """As much as there is."""
        self.room_made.append(needed)
        return self.is_roomy

    def note_switch(self) -> None:
        """Another model is in use."""
        self.switches += 1

    def try_it(self, model: ModelFile, passed: Passed, cancel: Cancel) -> Speed:
        """A trial that is over at once."""
        self.tried.append(model)
        self.during()
        if self.problem:
            raise self.problem
        return SPEED

    def refusal(self, sha256: str, kind: type[HushError], cancel: Cancel | None = None) -> str:
        """Why a model is not used; the one in use stays."""
        before = self.library.active()
        with pytest.raises(kind) as caught:
            done(self.room.activate(sha256, cancel=cancel))
        assert self.library.active() == before
        assert self.switches == 0
        return caught.value.sentence


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A shelf with the starter alone."""
    return Bench(tmp_path)


def test_a_model_that_the_chosen_context_makes_too_big(bench: Bench) -> None:
    """It would load for a trial and be refused with the first question: it is not used."""
    model = bench.put(DATA)
    bench.is_roomy = False
    assert "with the context that you chose" in bench.refusal(model.sha256, ModelRefused)
    assert bench.tried == []


def test_a_model_is_examined_tried_out_and_used(bench: Bench) -> None:
    """In that order; how fast it was is told."""
    model = bench.put(DATA)
    steps: list[str] = []
    used = done(bench.room.activate(model.sha256, lambda words, _: steps.append(words)))
    assert used.active
    assert steps == ["Examining the file", "Trying it out", "Trying it out"]
    assert bench.tried == [bench.library.file(model.sha256)]
    assert bench.truths == [(model.sha256, SPEED)]
    assert bench.room_made[0] > len(DATA)
    assert bench.switches == 1
    assert bench.heard(ModelsChanged)
    assert bench.heard(ModelTask)[-1].share == 1.0


def test_the_starter_is_only_read(bench: Bench) -> None:
    """It came with Hush; but its file may be damaged."""
    model = bench.put(DATA)
    done(bench.room.activate(model.sha256))
    assert done(bench.room.activate(bench.starter)).active
    assert len(bench.tried) == 1
    bench.library.activate(model.sha256)
    bench.switches = 0
    bench.library.get(bench.starter).path.write_bytes(b"GGUF the  tarter")  # type: ignore[union-attr] # there
    assert "damaged" in bench.refusal(bench.starter, ModelDamaged)


def test_what_is_not_here_is_not_used(bench: Bench) -> None:
    """Unknown, gone, changed, damaged: each in its words."""
    bench.refusal("0" * 64, NotFound)
    model = bench.put(DATA)
    model.path.write_bytes(b"GGUF o model")
    assert "damaged" in bench.refusal(model.sha256, ModelDamaged)
    model.path.unlink()
    bench.refusal(model.sha256, ModelMissing)


def test_a_touched_file_is_read_first(bench: Bench) -> None:
    """Then it is used."""
    model = bench.put(DATA)
    os.utime(model.path, (1, 1))
    steps: list[str] = []
    done(bench.room.activate(model.sha256, lambda words, _: steps.append(words)))
    assert steps[0] == "Checking the file"


def test_what_does_not_pass_is_not_tried(bench: Bench) -> None:
    """Its examination says why."""
    bench.verdict = refused("template")
    sentence = bench.refusal(bench.put(DATA, "Bad").sha256, ModelUnsafe)
    assert "“Bad”" in sentence
    assert "template" in sentence
    assert not bench.tried


def test_a_model_for_search_is_not_used_to_answer(bench: Bench) -> None:
    """It has nothing to say."""
    bench.verdict = Passed("bert", "x", 1, 1, template=False, shape=(1,) * 7, kind="embedding")
    assert "conversations" in bench.refusal(bench.put(DATA).sha256, ModelUnsafe)


def test_what_fails_its_trial_is_not_used(bench: Bench) -> None:
    """Whatever it was."""
    bench.problem = EngineDied("It stopped.")
    bench.refusal(bench.put(DATA).sha256, EngineDied)


def test_a_cancel_changes_nothing(bench: Bench) -> None:
    """Before it, and in the middle of the trial."""
    model = bench.put(DATA)
    cancel = Cancel()
    bench.during = cancel.ask
    bench.refusal(model.sha256, InputRefused, cancel)
    bench.refusal(model.sha256, InputRefused, cancel)
    assert len(bench.tried) == 1


def test_rolling_back_by_hand(bench: Bench) -> None:
    """To the one before; and where there is none, that is said."""
    with pytest.raises(NotFound):
        done(bench.room.roll_back())
    done(bench.room.activate(bench.put(DATA).sha256))
    assert done(bench.room.roll_back()).sha256 == bench.starter
    assert bench.switches == 2


# The trial ------------------------------------------------------------------------------------


def real(tmp_path: Path) -> tuple[ModelFile, Passed]:
    """A small real model that passed."""
    path = tmp_path / "model.gguf"
    write_model(path, SMALL)
    passed = preflight(path, Cancel())
    assert isinstance(passed, Passed)
    return ModelFile(path, "Small", path.stat().st_size), passed


def test_a_real_model_writes_under_its_limit(tmp_path: Path) -> None:
    """In the real child, held to the address space that was worked out for it."""
    model, passed = real(tmp_path)
    speed = try_out(model, passed, Cancel())
    assert speed.prompt > 0
    assert 2 << 30 < memory_limit(passed, model.size or 0) < 3 << 30


def test_a_longer_context_needs_more_memory(tmp_path: Path) -> None:
    """By its keys and values, 16 bits each; none of it beyond what it was trained for."""
    model, passed = real(tmp_path)
    size, (*_, keys, values, _, _) = model.size or 0, passed.shape
    usual, longer, beyond = (
        memory_needed(replace(passed, context=4096), size, EngineOptions(tokens))
        for tokens in (512, 4096, 32_768)
    )
    assert longer - usual == (4096 - 512) * (keys + values) * 2
    assert beyond == longer


@pytest.mark.logs_problems
def test_the_limit_of_memory_binds(tmp_path: Path) -> None:
    """A model that takes more than its header promised ends its own child alone."""
    model, passed = real(tmp_path)
    code = "import sys; sys.argv[2] = '1000000'; from assistant.engine.child import main; main()"
    small = [sys.executable, "-c", code]
    with pytest.raises((EngineDied, ModelRefused), match="“Small”"):
        try_out(model, passed, Cancel(), command=small)


def test_a_model_that_aborts_at_its_first_token_is_named(tmp_path: Path) -> None:
    """It loads, and then ends its process: said, and not used."""
    model, passed = real(tmp_path)
    with pytest.raises(EngineDied, match="“Small” stopped unexpectedly"):
        try_out(model, passed, Cancel(), command=[sys.executable, "-c", ABORTS])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """What the engine says, with the model's name."""
    model, passed = real(tmp_path)
    model.path.write_bytes(b"GGUF")
    with pytest.raises(ModelDamaged, match="“Small”"):
        try_out(model, passed, Cancel())


def test_a_model_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    """With the words for that."""
    model, passed = real(tmp_path)
    deaf = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(ModelRefused, match="took longer"):
        try_out(model, passed, Cancel(), command=deaf, seconds=0.2)


def test_a_trial_that_is_cancelled(tmp_path: Path) -> None:
    """It is no fault of the model."""
    cancel = Cancel()
    cancel.ask()
    deaf = [sys.executable, "-c", "import time; time.sleep(60)"]
    with pytest.raises(InputRefused):
        try_out(real(tmp_path)[0], PASSED, cancel, command=deaf)


def test_a_model_that_writes_nothing() -> None:
    """It was loaded, and that is all."""
    engine = FakeEngine(script=lambda _: "")
    model = ModelFile(Path("/nowhere"), "Mute", 5)
    with pytest.raises(ModelRefused, match="“Mute” was loaded, and wrote nothing"):
        try_out(model, PASSED, Cancel(), engine=lambda _: engine)
    assert not engine.alive


def test_the_trial_stays_off_the_gpu() -> None:
    """Its driver maps more than any limit allows."""
    assert EngineOptions(512, gpu_layers=0) == OPTIONS


# In turn --------------------------------------------------------------------------------------


@pytest.fixture
def busy(bench: Bench) -> Iterator[Bench]:
    """Something of an hour is being done with models, until the test is over."""
    begun, go_on = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        go_on.wait(40)  # longer than anybody here waits for an outcome

    bench.work.submit(work)
    assert begun.wait(10)
    yield bench
    go_on.set()


def test_going_back_waits_for_nothing(busy: Bench) -> None:
    """Whoever goes back has a model that does not do."""
    busy.library.activate(busy.put(DATA).sha256)
    assert done(busy.room.roll_back()).sha256 == busy.starter
    assert busy.switches == 1


def test_what_is_called_off_before_its_turn_ends_at_once(busy: Bench) -> None:
    """Nothing of it is done when its turn comes."""
    model, cancel = busy.put(DATA), Cancel()
    asked = busy.room.activate(model.sha256, cancel=cancel)
    checked = Cancel()
    read = busy.shelf.verify(model.sha256, cancel=checked)
    assert not asked.done()
    cancel.ask()
    checked.ask()
    for outcome in (asked, read):
        with pytest.raises(InputRefused, match="Stopped"):
            done(outcome)
    assert busy.tried == []


def test_what_was_called_off_is_not_done_in_its_turn(bench: Bench) -> None:
    """Also where a stop was asked for before it was asked for itself."""
    cancel = Cancel()
    cancel.ask()
    bench.refusal(bench.put(DATA).sha256, InputRefused, cancel)
    assert done(bench.work.submit(lambda: len(bench.tried))) == 0


# The choice -----------------------------------------------------------------------------------


class Choosing(FakeShelf):
    """The choice over a shelf, with a model in use."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.model = self.put(DATA, "Mine")
        self.library.activate(self.model.sha256)
        self.choice = ModelChoice(self.library, self.events.append)

    def rolled_back(self) -> list[ModelRolledBack]:
        """What was said."""
        return self.heard(ModelRolledBack)


@pytest.fixture
def choosing(tmp_path: Path) -> Choosing:
    """A shelf with a model in use."""
    return Choosing(tmp_path)


def test_the_model_in_use_is_wanted(choosing: Choosing) -> None:
    """Without its digest: it was read when it came."""
    file = choosing.choice.wanted()
    assert (file.path, file.name, file.sha256) == (choosing.model.path, "Mine", None)
    assert choosing.events == []


def test_a_missing_model_is_replaced_by_the_starter_and_named_once(choosing: Choosing) -> None:
    """Back again, it answers again; gone again, it is said again."""
    away = choosing.outside / "away"
    for times in (1, 2):
        choosing.model.path.rename(away)
        for _ in range(3):
            assert choosing.choice.wanted().name == "Starter"
        assert len(choosing.rolled_back()) == times
        assert "“Mine” is not where it was" in choosing.rolled_back()[-1].words
        away.rename(choosing.model.path)
        assert choosing.choice.wanted().name == "Mine"
    assert choosing.library.active() == Active(choosing.model.sha256, choosing.starter)


def test_a_changed_link_is_said_as_that(choosing: Choosing) -> None:
    """Its program changed it."""
    path = choosing.write("linked.gguf", b"GGUF linked")
    sha256 = hashlib.sha256(b"GGUF linked").hexdigest()
    choosing.library.link(path, Origin(sha256, 11, "Linked", "adopted"))
    choosing.library.activate(sha256)
    path.write_bytes(b"GGUF other and longer")
    assert choosing.choice.wanted().name == "Starter"
    assert "another program" in choosing.rolled_back()[0].words


def test_two_crashes_in_a_row_roll_back(choosing: Choosing) -> None:
    """Named, with what is in use now; the chat is kept, and it says so."""
    file = choosing.choice.wanted()
    assert not choosing.choice.crashed(file)
    assert choosing.choice.crashed(file)
    (event,) = choosing.rolled_back()
    assert (event.name, event.to) == ("Mine", "Starter")
    assert "kept" in event.words
    assert choosing.choice.wanted().name == "Starter"
    assert choosing.library.active() == Active(choosing.starter)  # it is not gone back to


def test_an_answer_between_two_crashes_forgives(choosing: Choosing) -> None:
    """One crash now and then may be the machine's."""
    file = choosing.choice.wanted()
    for _ in range(3):
        assert not choosing.choice.crashed(file)
        choosing.choice.worked(file)


def test_crashes_count_over_a_restart(choosing: Choosing) -> None:
    """The second may come with another Hush."""
    file = choosing.choice.wanted()
    choosing.choice.crashed(file)
    starter = choosing.library.file(choosing.starter)
    library = ModelLibrary(choosing.folder, starter, lambda: 2_000)
    assert ModelChoice(library, choosing.events.append).crashed(file)


def test_crashes_of_others_are_not_its_own(choosing: Choosing) -> None:
    """The starter's, a file's of one's own, a tuned copy's."""
    starter = choosing.library.file(choosing.starter)
    own = ModelFile(choosing.write("own.gguf", b"GGUF"), "Own")
    for _ in range(3):
        assert not choosing.choice.crashed(starter)
        assert not choosing.choice.crashed(own)
    choosing.choice.worked(own)
    assert choosing.library.active().crashes == 0
    choosing.library.activate(choosing.starter)
    for _ in range(3):
        assert not choosing.choice.crashed(starter)


@pytest.mark.logs_problems
def test_a_disk_that_takes_no_change_does_not_keep_a_crashing_model(choosing: Choosing) -> None:
    """Then it is given up for this run."""
    file = choosing.choice.wanted()
    (choosing.folder / "active.json").unlink()
    (choosing.folder / "active.json").mkdir()
    (choosing.folder / "active.json" / "in the way").touch()
    choosing.choice.crashed(file)
    assert choosing.choice.crashed(file)
    assert choosing.choice.wanted().name == "Starter"


@pytest.mark.logs_problems
def test_what_was_given_up_is_wanted_again_once_it_is_chosen_again(choosing: Choosing) -> None:
    """It passed another trial, and a person wants it."""
    file = choosing.choice.wanted()
    active = choosing.folder / "active.json"
    active.unlink()
    active.mkdir()
    (active / "in the way").touch()
    choosing.choice.crashed(file)
    assert choosing.choice.crashed(file)
    assert choosing.choice.wanted().name == "Starter"
    (active / "in the way").unlink()
    active.rmdir()
    choosing.library.activate(choosing.model.sha256)
    assert choosing.choice.wanted() == file
    assert not choosing.choice.crashed(file)  # and has two again


def test_a_link_that_was_added_anew_is_given_up_like_any_other(choosing: Choosing) -> None:
    """Under its old digest its crashes would count for nobody."""
    path = choosing.write("linked.gguf", b"GGUF linked")
    for data in (b"GGUF linked", b"GGUF linked anew"):
        path.write_bytes(data)
        sha256 = hashlib.sha256(data).hexdigest()
        choosing.library.link(path, Origin(sha256, len(data), "Linked", "adopted"))
    choosing.library.activate(sha256)
    file = choosing.choice.wanted()
    assert not choosing.choice.crashed(file)
    assert choosing.choice.crashed(file)


# All together ---------------------------------------------------------------------------------

ABORTS_FOR_MINE = """
import os
from assistant.engine import child
generate = child.Child._generate
def aborting(self, frame):
    if self._model.info.name == "Mine":
        os.abort()
    generate(self, frame)
child.Child._generate = aborting
child.main()
"""


class Question:
    """A job that has the engine answer, as a reply does."""

    proves_model = True

    def __init__(self) -> None:
        self.cancel = Cancel()
        self.ended: queue.SimpleQueue[HushError | str] = queue.SimpleQueue()

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """Answer."""
        for _ in engine.generate(GenerationRequest((Turn("user", "Hello"),), 4), self.cancel):
            pass
        self.ended.put(info.name)

    def fail(self, error: HushError) -> None:
        """It did not."""
        self.ended.put(error)


class Counting(Question):
    """A job that only counts tokens, as on battery at each pause in the typing."""

    proves_model = False

    def run(self, engine: Engine, info: ModelInfo) -> None:
        """Count."""
        engine.count(["Hello"], self.cancel)
        self.ended.put(info.name)


def test_a_model_that_aborts_at_its_first_token_is_given_up(tmp_path: Path) -> None:
    """A real abort in a real child, twice: named, rolled back; the next question is answered.

    What only counts between the two goes well, and proves nothing.
    """
    path = tmp_path / "starter.gguf"
    sha256 = write_model(path)
    starter = ModelFile(path, "Starter", path.stat().st_size, sha256)
    library = ModelLibrary(tmp_path / "models", starter, lambda: 1)
    other = tmp_path / "other.gguf"
    mine = write_model(other, replace(SMALL, seed=2))
    library.put(other, Origin(mine, other.stat().st_size, "Mine", "import"))
    library.activate(mine)
    events: list[Event] = []
    choice = ModelChoice(library, events.append)
    worker = LlmWorker(
        ChildEngine([sys.executable, "-c", ABORTS_FOR_MINE]),
        events.append,
        lambda: (choice.wanted(), EngineOptions(512)),
        crashed=choice.crashed,
        worked=choice.worked,
    )
    ends = []
    for _ in range(3):
        for job in (Counting(), Question()):
            worker.submit(job)
            end = job.ended.get(timeout=20)
        ends.append(end)
    worker.close(5)
    assert [type(end) for end in ends] == [EngineDied, EngineDied, str]
    assert ends[2] == "Starter"
    (told,) = [event for event in events if isinstance(event, ModelRolledBack)]
    assert (told.name, told.to) == ("Mine", "Starter")
    assert library.active() == Active(sha256)
