"""Making a model smaller: a real copy in a real child, and nothing left of what went wrong."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.children.frames import BrokenFrame, Frame
from assistant.engine.llama import silence
from assistant.engine.protocol import EngineOptions
from assistant.errors import (
    EngineError,
    InputRefused,
    ModelDamaged,
    ModelRefused,
    NotFound,
    StorageFull,
)
from assistant.events import Event, ModelTask
from assistant.shelf.closing import Closing
from assistant.shelf.forms import FORMS
from assistant.shelf.quantise_child import (
    FILE_TYPES,
    QuantiseRequest,
    make_copy,
    planned_size,
    read_request,
)
from assistant.shelf.quantising import COMMAND, MAX_PROMPTS, Copy, Quantising
from assistant.shelf.records import Quantised
from assistant.shelf.side import SideRoom
from models.file import ModelFile, digest
from models.gguf import read_tensors
from models.starter import starter_model
from tests.fakes.clock import FakeClock
from tests.gguf_files import TENSOR_F32, TENSOR_Q8_0, Plan, entries_of, header, pad
from tests.unit.side_engines import PLENTY, TimedEngine, Worker, side_room, small_model
from tests.unit.small_disks import small_disk_or_skip
from tests.unit.talking import TALK

SCRIPT = (
    TALK
    + """
if asked["op"] == "plan":
    say(op="planned", size=1000)
    sys.exit()
def write(data):
    with open(asked["copy"], "wb") as file:
        file.write(data)
"""
)
MADE = """
import hashlib, shutil
shutil.copy(asked["source"], asked["copy"])
say(op="progress", share=0.5)
with open(asked["copy"], "rb") as file:
    digest = hashlib.sha256(file.read()).hexdigest()
say(op="quantised", size=os.path.getsize(asked["copy"]), sha256=digest, agreement=0.5,
    prompts=len(asked["prompts"]) or 12)
"""
OTHER_DIGEST = MADE.replace("sha256=digest", f'sha256="{"ab" * 32}"')
LINKED = MADE.replace("shutil.copy(", "os.symlink(")
JUNK = MADE.replace('shutil.copy(asked["source"], asked["copy"])', "write(b'GGUF junk')")
FOUR = 'write(b"half"); say(op="quantised", size=4, '
HANG = """
write(b"half")
say(op="progress", share=0.1)
sys.stdin.buffer.read()
import time
time.sleep(60)
"""
READ_AGAIN = 0.99  # of the work is done
BAD_OUTCOMES = {
    "ended": 'write(b"half")',
    "nonsense": 'write(b"half"); sys.stdout.buffer.write(b"llama: ok!"); sys.stdout.flush()',
    "no digest": FOUR + "agreement=0.5, prompts=1)",
    "odd digest": FOUR + 'sha256="../x", agreement=1, prompts=1)',
    "too sure": FOUR + f'sha256="{"ab" * 32}", agreement=7, prompts=1)',
    "no number": FOUR + f'sha256="{"ab" * 32}", agreement="x", prompts=1)',
    "other size": FOUR.replace("4", "5") + f'sha256="{"ab" * 32}", agreement=0.5, prompts=1)',
    "no file": f'say(op="quantised", size=4, sha256="{"ab" * 32}", agreement=0.5, prompts=1)',
}


@dataclass
class Room:
    """A quantiser, its shelf, and what it says."""

    source: ModelFile
    folder: Path
    command: tuple[str, ...] = COMMAND
    free: int = PLENTY
    memory: int = PLENTY
    side: SideRoom | None = None
    worker: Worker = field(default_factory=Worker)
    closing: Closing = field(default_factory=Closing)
    kept: list[Copy] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    told: list[float] = field(default_factory=list)

    def code(self, code: str) -> None:
        """Have a child run this."""
        self.command = (sys.executable, "-c", SCRIPT + code)

    def keep(self, path: Path, copy: Copy) -> None:
        """As the shelf: moves the file away."""
        path.replace(self.folder.parent / "kept.gguf")
        self.kept.append(copy)

    def find(self, sha256: str) -> ModelFile:
        """The one model there is."""
        if sha256 != "aa":
            raise NotFound("There is no such model.")
        return self.source

    def start(
        self,
        form: str = "Q8_0",
        prompts: tuple[str, ...] = (),
        cancel: Cancel | None = None,
        sha256: str = "aa",
    ) -> Quantised:
        """Make a copy."""
        clock = FakeClock()
        fake = side_room(
            lambda: TimedEngine(clock, lambda _: "word " * 80),
            self.worker,
            clock,
            lambda: self.memory,
        )
        quantising = Quantising(
            self.find,
            self.keep,
            self.folder,
            lambda: EngineOptions(1024),
            self.side or fake,
            Background("models"),
            self.events.append,
            self.command,
            lambda _: self.free,
            self.closing,
        )
        begun = quantising.start(
            sha256, form, prompts, lambda _, share: self.told.append(share), cancel or Cancel()
        )
        return begun.result(60)

    def left(self) -> list[str]:
        """What lies where copies are made."""
        return [path.name for path in self.folder.glob("*")]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A real small model, not quantised."""
    return Room(small_model(tmp_path), tmp_path / "making")


def test_a_real_copy_is_made_measured_and_kept(room: Room) -> None:
    """llama.cpp's own quantiser in a child, two children that measure, a report that adds up."""
    room.side = SideRoom(Worker())
    made = room.start("Q8_0", ("abc", "xyz"))
    (copy,) = room.kept
    file = room.folder.parent / "kept.gguf"
    assert copy == Copy("Small Q8_0", "Q8_0", digest(file), file.stat().st_size, "aa")
    assert made.sha256 == copy.sha256
    assert made.before.size == room.source.size
    assert made.after.size == copy.size < made.before.size
    assert made.prompts == 2
    assert 0.5 < made.agreement <= 1
    assert min(made.before.decode_speed, made.after.decode_speed) > 0
    assert TENSOR_Q8_0 in {tensor.kind for tensor in read_tensors(file)}
    assert room.left() == []
    assert digest(room.source.path) == room.source.sha256  # the model itself is as it was


def test_how_far_it_is_is_told(room: Room) -> None:
    """From nothing to all of it, never back; as events, too."""
    room.code(MADE)
    room.start()
    assert room.told == sorted(room.told)
    assert room.told[0] == 0
    assert room.told[-1] == 1
    tasks = [event for event in room.events if isinstance(event, ModelTask)]
    assert {(task.what, task.sha256) for task in tasks} == {("quantise", "aa")}


def test_a_persons_own_questions_go_to_the_child(room: Room) -> None:
    """Without empty ones; with none the child has its own."""
    room.code(MADE)
    assert room.start(prompts=("one", " ", "two")).prompts == 2
    assert room.start().prompts == 12


def test_too_little_disk_is_told_before_anything_is_written(room: Room) -> None:
    """With what it takes; the child would hang."""
    room.code(HANG)
    room.free = 100_000_000
    with pytest.raises(StorageFull, match=r"0\.2 GB of free disk space"):
        room.start()
    assert room.left() == []


def test_too_little_memory_is_told_before_anything_is_written(room: Room) -> None:
    """After the warm model was asked to go."""
    room.code(HANG)
    room.memory = 1000
    room.worker.is_warm = True
    with pytest.raises(EngineError, match="of free memory"):
        room.start()
    assert room.worker.evicted
    assert room.left() == []


def test_a_reply_is_not_disturbed(room: Room) -> None:
    """While one is written nothing is begun."""
    room.worker.idle = None
    with pytest.raises(EngineError, match="writing an answer"):
        room.start()
    assert not room.folder.exists()


def test_a_source_that_is_refused_leaves_nothing(room: Room) -> None:
    """A header that passes and no weights: llama.cpp's no, in words."""
    room.source.path.write_bytes(pad(header(entries_of(Plan()))) + bytes(64))
    room.source = ModelFile(room.source.path, "Empty")
    with pytest.raises(ModelRefused):
        room.start()
    assert room.left() == []
    assert room.kept == []


def test_a_damaged_source_is_not_copied(room: Room) -> None:
    """Weights that were changed load silently: only the digest finds them."""
    data = bytearray(room.source.path.read_bytes())
    data[-1] ^= 1
    room.source.path.write_bytes(data)
    room.code(HANG)
    with pytest.raises(ModelDamaged):
        room.start()
    assert room.left() == []


def test_stopped_in_the_middle_leaves_nothing(room: Room) -> None:
    """The child is killed at once."""
    room.code(HANG)
    cancel = Cancel()
    half = threading.Event()

    class Telling(list[float]):
        def append(self, share: float) -> None:
            super().append(share)
            if share > 0:
                half.set()
                cancel.ask()

    room.told = Telling()
    with pytest.raises(InputRefused, match="Stopped"):
        room.start(cancel=cancel)
    assert half.is_set()
    assert room.left() == []
    assert room.kept == []


def test_closing_kills_the_child_and_leaves_nothing(room: Room) -> None:
    """Hush ends: it does not wait for minutes, nor leave gigabytes behind."""
    room.code(HANG)

    class Telling(list[float]):
        def append(self, share: float) -> None:
            super().append(share)
            if share > 0:
                room.closing.close()

    room.told = Telling()
    with pytest.raises(InputRefused, match="Stopped"):
        room.start()
    assert room.left() == []
    assert room.kept == []


@pytest.mark.parametrize("name", sorted(BAD_OUTCOMES))
def test_a_child_that_fails_or_lies_leaves_nothing(room: Room, name: str) -> None:
    """One sentence, and the model works as it is."""
    room.code(BAD_OUTCOMES[name])
    with pytest.raises(EngineError, match="stopped unexpectedly"):
        room.start()
    assert room.left() == []
    assert room.kept == []


@pytest.mark.parametrize("code", [OTHER_DIGEST, LINKED], ids=["another digest", "a link"])
def test_what_the_child_says_of_its_copy_is_not_believed(room: Room, code: str) -> None:
    """The copy is read again: another digest is refused, and so is a link to another file."""
    room.code(code)
    with pytest.raises(EngineError, match="stopped unexpectedly"):
        room.start()
    assert room.left() == []
    assert room.kept == []
    assert digest(room.source.path) == room.source.sha256


def test_a_stop_while_the_copy_is_read_once_more(room: Room) -> None:
    """All was done but that: nothing is kept."""
    room.code(MADE)
    cancel = Cancel()

    class Telling(list[float]):
        def append(self, share: float) -> None:
            super().append(share)
            if share == READ_AGAIN:
                cancel.ask()

    room.told = Telling()
    with pytest.raises(InputRefused, match="Stopped"):
        room.start(cancel=cancel)
    assert room.left() == []
    assert room.kept == []


@pytest.mark.logs_problems
def test_a_child_that_crashes_leaves_nothing(room: Room) -> None:
    """Where it crashed is logged; what it wrote goes."""
    room.code('write(b"half"); say(op="crashed", rows=[])')
    with pytest.raises(EngineError, match="stopped unexpectedly"):
        room.start()
    assert room.left() == []


def test_what_the_child_refuses_is_told_in_its_words(room: Room) -> None:
    """And what it wrote goes."""
    room.code('write(b"half"); say(op="refused", code="model-refused", message="No.", advice="")')
    with pytest.raises(ModelRefused, match="No"):
        room.start()
    assert room.left() == []


def test_a_disk_that_fills_up_meanwhile(room: Room, tmp_path: Path) -> None:
    """llama.cpp gives up without a reason: the disk is named, and the copy goes."""
    with small_disk_or_skip(tmp_path / "disk", 2) as disk:
        room.folder = disk.root / "making"
        room.folder.mkdir()
        disk.leave_free(20)
        with pytest.raises(StorageFull, match="full"):
            room.start()
        assert room.left() == []
    assert room.kept == []


def test_a_copy_that_does_not_load_is_not_kept(room: Room) -> None:
    """The child said that all is well, and the engine says no."""
    room.code(JUNK)
    room.side = SideRoom(Worker())
    with pytest.raises(EngineError):
        room.start()
    assert room.kept == []
    assert room.left() == []


def test_what_an_earlier_run_left_goes(room: Room) -> None:
    """It was killed in the middle. What is another's, stays."""
    room.folder.mkdir()
    (room.folder / "quantise-old.partial").write_bytes(b"half")
    (room.folder / "other.partial").write_bytes(b"half")
    room.code(MADE)
    room.start()
    assert room.left() == ["other.partial"]


@pytest.mark.parametrize(
    ("form", "prompts", "words"),
    [("Q2_K", (), "no such form"), ("Q8_0", ("x",) * (MAX_PROMPTS + 1), "At most")],
)
def test_what_cannot_be_asked_for_is_refused(
    room: Room, form: str, prompts: tuple[str, ...], words: str
) -> None:
    """At once."""
    with pytest.raises(InputRefused, match=words):
        room.start(form, prompts)


def test_an_unknown_model_is_not_found(room: Room) -> None:
    """Nothing is begun."""
    with pytest.raises(NotFound):
        room.start(sha256="bb")


# The child -----------------------------------------------------------------------------------


def test_every_form_has_llama_cpps_own_name() -> None:
    """What a person may ask for, the child can make."""
    assert tuple(FILE_TYPES) == FORMS


def test_the_size_is_known_before_a_byte_is_written(tmp_path: Path) -> None:
    """Within a hundredth, of every form of the starter model; nothing is written."""
    silence()
    source = starter_model().path
    sizes = [planned_size(QuantiseRequest(source, "", form, 1)) for form in ("Q8_0", "Q4_0")]
    assert sizes[0] == pytest.approx(144_811_072, rel=0.01)  # as it was made once
    assert sizes[1] < sizes[0]
    assert list(tmp_path.iterdir()) == []


def test_a_refused_source_is_told_from_a_size(tmp_path: Path) -> None:
    """No file at all, no header, no weights."""
    silence()
    for name, content in {"none": None, "junk": b"GGUF" + bytes(40)}.items():
        path = tmp_path / name
        if content:
            path.write_bytes(content)
        with pytest.raises(ModelRefused):
            planned_size(QuantiseRequest(path, "", "Q8_0", 1))


def test_a_copy_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """A folder that is not there; nothing is left anywhere."""
    silence()
    source = small_model(tmp_path)
    request = QuantiseRequest(source.path, str(tmp_path / "none" / "copy"), "Q8_0", 1)
    with pytest.raises(ModelRefused):
        make_copy(request, lambda _: None)


def test_every_tensor_is_a_step(tmp_path: Path) -> None:
    """As llama.cpp logs them; the last one is all of it."""
    silence()
    source = small_model(tmp_path, plan=Plan(form=TENSOR_F32))
    shares: list[float] = []
    make_copy(QuantiseRequest(source.path, str(tmp_path / "c"), "Q4_0", 1), shares.append)
    assert shares == sorted(shares)
    assert len(shares) == len(read_tensors(source.path))
    assert shares[-1] == 1


@pytest.mark.parametrize(
    "frame",
    [
        {},
        {"op": "quantise", "source": "x", "form": "Q2_K", "threads": 1},
        {"op": "quantise", "source": "x", "form": "Q8_0", "threads": "many"},
        {"op": "quantise", "source": None, "form": "Q8_0", "threads": 1},
    ],
)
def test_a_request_that_is_none_is_refused(frame: Frame) -> None:
    """Whatever its parent may say."""
    with pytest.raises(BrokenFrame):
        read_request(frame)
