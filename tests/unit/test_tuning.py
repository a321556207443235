"""Tuning as a background job: a faster copy or none, and never half of one."""

from __future__ import annotations

import ctypes
import hashlib
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from llama_cpp import llama_cpp as low

from assistant.children.frames import BrokenFrame, Frame
from assistant.engine.protocol import ModelInfo
from assistant.errors import EngineError, ModelDamaged, ModelRefused
from assistant.tuning.job import COMMAND, TuneJob, machine_key
from assistant.tuning.quantise import Recipe, largest_copy, quantise, recipes_for
from assistant.tuning.trials import Answers, Manner, Runner
from assistant.tuning.tuner import LEAST_AGREEMENT, Tuner, TuneRequest, read_request
from models.file import ModelFile
from models.starter import starter_model
from models.tuned import TunedRecord, TunedShelf
from tests.fakes.engine import FakeEngine
from tests.unit.talking import TALK

INFO = ModelInfo("x", 512, 512, 1, 1, 1, 1, 1, 0.0)
SCRIPT = (
    TALK
    + """
path = os.path.join(asked["folder"], asked["stem"] + "-0.partial")
def write(data):
    with open(path, "wb") as file:
        file.write(data)
"""
)
COPY = b"GGUF tuned"
WIN = f"""
write({COPY!r})
say(op="progress", share=0.5)
say(op="tuned", recipe="q8_0", file=os.path.basename(path), size={len(COPY)},
    sha256="{hashlib.sha256(COPY).hexdigest()}", kv_type="f16", flash_attention=True,
    trials=[dict(recipe="q8_0", prompt_ratio=1.9, decode_ratio=1.1, agreement=0.96)])
"""
LOSE = """
say(op="tuned", recipe="", kv_type="f16", flash_attention=False,
    trials=[dict(recipe="q8_0", prompt_ratio=1.0, decode_ratio=0.8, agreement=None)])
"""
REFUSE = """
write(b"half")
say(op="refused", code="engine", message="No room.", advice="It works as it is.")
"""
HANG = """
write(b"half")
say(op="progress", share=0.1)
sys.stdin.buffer.read()
import time
time.sleep(60)
"""
CRASH = 'write(b"half"); say(op="crashed", rows=[])'
NONSENSE = 'write(b"half"); sys.stdout.buffer.write(b"llama: ok!"); sys.stdout.flush()'
HALF_AN_OUTCOME = 'write(b"half"); say(op="tuned", recipe="q8_0")'


@dataclass
class Bench:
    """A source, a shelf and what jobs say."""

    source: ModelFile
    shelf: TunedShelf
    done: list[TunedRecord] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def job(self, code: str, seconds: float = 30, **changed: Any) -> TuneJob:
        """A job whose tuner runs this."""
        command = [sys.executable, "-c", SCRIPT + code]
        progress: Callable[[float], None] = changed.get("progress", self.shares.append)
        return TuneJob(self.source, self.shelf, self.done.append, progress, command, seconds)

    def names(self) -> set[str]:
        """What lies on the shelf."""
        return {path.name for path in self.shelf.folder.iterdir()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A source that nobody loads."""
    content = b"GGUF original"
    path = tmp_path / "original.gguf"
    path.write_bytes(content)
    source = ModelFile(path, "Model", len(content), hashlib.sha256(content).hexdigest())
    return Bench(source, TunedShelf(tmp_path / "tuned", "here"))


def run(job: TuneJob) -> None:
    """Run a job as the worker does."""
    job.run(FakeEngine(), INFO)


def test_a_winner_is_kept(bench: Bench) -> None:
    """Under its name, with its record, and the job's progress was told."""
    run(bench.job(WIN))
    (record,) = bench.done
    assert record.won
    assert record == bench.shelf.record(bench.source)
    found = bench.shelf.find(bench.source)
    assert found is not None
    assert found.path.read_bytes() == COPY
    assert bench.shares == [0.5]
    assert len(bench.names()) == 2


def test_that_nothing_won_is_remembered(bench: Bench) -> None:
    """The next job starts no tuner: this one would crash."""
    run(bench.job(LOSE))
    run(bench.job(CRASH))
    assert len(bench.done) == 2
    assert not bench.done[1].won
    assert not bench.done[1].flash_attention
    assert bench.shelf.find(bench.source) is None


def test_another_machine_is_tuned_anew(bench: Bench) -> None:
    """And a copy that won there goes when nothing wins here."""
    run(bench.job(WIN))
    bench.shelf = TunedShelf(bench.shelf.folder, "elsewhere")
    run(bench.job(LOSE))
    assert not bench.done[1].won
    assert bench.names() == {bench.shelf.record_path(bench.source).name}


@pytest.mark.logs_problems
@pytest.mark.parametrize("code", [REFUSE, CRASH, NONSENSE, HALF_AN_OUTCOME, "write(b'half')"])
def test_a_tuner_that_fails_leaves_nothing(bench: Bench, code: str) -> None:
    """An error in words, no record, no file; and not the error that restarts the engine."""
    with pytest.raises(EngineError) as problem:
        run(bench.job(code))
    assert problem.value.code == "engine"
    assert bench.done == []
    assert bench.names() == set()


def test_a_cancel_kills_the_tuner(bench: Bench) -> None:
    """It says nothing, leaves nothing, and its process is gone."""
    children: list[psutil.Process] = []
    job = bench.job(HANG, progress=lambda _share: stop())

    def stop() -> None:
        children.extend(psutil.Process().children())
        job.cancel.ask()

    run(job)
    assert bench.done == []
    assert bench.names() == set()
    assert children
    assert not any(child.is_running() for child in children)


def test_a_job_that_was_cancelled_before_does_nothing(bench: Bench) -> None:
    """Its tuner ends as soon as it is there."""
    job = bench.job(WIN)
    job.cancel.ask()
    run(job)
    assert bench.done == []
    assert bench.names() == set()


def test_a_tuner_that_hangs_is_killed_in_the_end(bench: Bench) -> None:
    """The deadline is no cancel: whoever asked hears of it."""
    with pytest.raises(EngineError):
        run(bench.job(HANG, seconds=0.5))
    assert bench.names() == set()


def test_what_a_kill_left_is_swept(bench: Bench) -> None:
    """Of the whole program, say: the next job finds halves and takes them away."""
    bench.shelf.folder.mkdir()
    (bench.shelf.folder / "x-0.partial").write_bytes(b"half")
    bench.shelf.copy_path(bench.source).write_bytes(b"a copy without its record")
    run(bench.job(LOSE))
    assert bench.names() == {bench.shelf.record_path(bench.source).name}


def test_a_damaged_original_is_not_copied(bench: Bench) -> None:
    """The copy would be as damaged, with a digest of its own."""
    bench.source.path.write_bytes(b"GGUF originaX")
    with pytest.raises(ModelDamaged):
        run(bench.job(WIN))
    assert not bench.shelf.folder.exists()


def test_the_machine_s_name_changes_with_the_processor(tmp_path: Path) -> None:
    """And only with what speed depends on."""
    cpu = tmp_path / "cpuinfo"
    cpu.write_text("model name: A\nflags: avx2\ncpu MHz: 1\n")
    first = machine_key(cpu)
    cpu.write_text("model name: A\nflags: avx2\ncpu MHz: 2\n")
    assert machine_key(cpu) == first
    cpu.write_text("model name: A\nflags: avx2 avx512f\ncpu MHz: 2\n")
    assert machine_key(cpu) != first
    assert machine_key(tmp_path / "none") == machine_key(tmp_path / "none")


# -- the real thing, on the starter model cut down to one layer -------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter model with one layer of its thirty: it talks nonsense, quickly."""
    path = tmp_path_factory.mktemp("small") / "small.gguf"
    parameters = low.llama_model_quantize_default_params()
    parameters.only_copy = True
    others = (ctypes.c_int32 * 30)(*range(1, 30), -1)
    parameters.prune_layers = ctypes.cast(others, type(parameters.prune_layers))
    source = str(starter_model().path).encode()
    assert low.llama_model_quantize(source, str(path).encode(), ctypes.byref(parameters)) == 0
    return path


def test_the_real_tuner_makes_and_tries_copies(small: Path, tmp_path: Path) -> None:
    """Whatever is faster here, the outcome is whole, and no file is left but a winner's."""
    said: list[Frame] = []
    request = TuneRequest(small, tmp_path, "copy", 1)
    outcome = Tuner(request, said.append, recipes_for(1)[1:2], ["Say something."], rounds=1).run()
    (trial,) = outcome["trials"]
    assert trial["recipe"] == "q8_0+q4_k"
    assert trial["prompt_ratio"] > 0
    left = {path.name for path in tmp_path.iterdir()}
    if outcome["recipe"]:
        assert trial["agreement"] >= LEAST_AGREEMENT
        assert left == {outcome["file"]}
        ModelFile(tmp_path / outcome["file"], "x", outcome["size"], outcome["sha256"]).verify()
    else:
        assert left == set()
    shares = [frame["share"] for frame in said]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_the_same_file_agrees_with_itself(small: Path) -> None:
    """In every place; and a form that keeps less agrees in fewer."""
    runner = Runner(small, Manner(1))
    answers = Answers(runner, ["Say something.", "Why?"])
    assert answers.agreement(runner) == 1
    runner.close()
    runner.close()


def test_a_copy_is_within_what_was_reckoned(small: Path, tmp_path: Path) -> None:
    """So the room that is checked before is enough."""
    copy = tmp_path / "copy.partial"
    for recipe in recipes_for(1):
        quantise(small, copy, recipe, 1)
        assert 0 < copy.stat().st_size <= largest_copy(small)
        Runner(copy, Manner(1)).close()


def test_a_source_that_is_refused_leaves_nothing(small: Path, tmp_path: Path) -> None:
    """llama.cpp itself would leave what it wrote until it gave up."""
    copy = tmp_path / "copy.partial"
    with pytest.raises(ModelRefused):
        quantise(small, copy, Recipe("none", 9999), 1)
    assert not copy.exists()
    damaged = tmp_path / "damaged.gguf"
    damaged.write_bytes(small.read_bytes()[:10_000_000])
    with pytest.raises(ModelRefused):
        quantise(damaged, copy, recipes_for(1)[0], 1)
    assert not copy.exists()


def test_the_real_tuner_ends_with_a_cancel(small: Path, tmp_path: Path) -> None:
    """In the middle of its work; what it had begun is swept."""
    shelf = TunedShelf(tmp_path, "here")
    job = TuneJob(
        ModelFile(small, "Small"), shelf, lambda _record: None, lambda _share: job.cancel.ask()
    )
    run(job)
    assert list(tmp_path.iterdir()) == []


def test_the_real_tuner_refuses_a_file_that_is_no_model(tmp_path: Path) -> None:
    """In words, through the pipe; nothing is remembered of it."""
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF" + bytes(1000))
    shelf = TunedShelf(tmp_path / "tuned", "here")
    job = TuneJob(ModelFile(path, "None"), shelf, lambda _record: None, command=COMMAND)
    with pytest.raises(ModelRefused, match="No copy"):
        run(job)
    assert list(shelf.folder.iterdir()) == []


def test_a_request_that_is_none_is_refused() -> None:
    """What comes through the pipe is checked, too."""
    with pytest.raises(BrokenFrame):
        read_request({"op": "tune"})
