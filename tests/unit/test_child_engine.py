"""The engine against children that misbehave, and the real child's manners."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    Cancel,
    EngineOptions,
    GenerationRequest,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import EngineDied, EngineError, ModelDamaged, ModelMissing, ModelRefused
from models.file import ModelFile
from models.starter import starter_model

SILENT = "import sys; sys.stdin.buffer.read()"
DEAF = "import time; time.sleep(60)"
LOUD = "import sys; sys.stdout.buffer.write(b'llama_model_load: ok'); sys.stdout.flush(); input()"
SHORT = "import sys; sys.stdin.buffer.read(4)"
STUBBORN = """
import json, struct, sys
def say(**frame):
    body = json.dumps(frame).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
say(op="loaded", info=dict(name="x", context_tokens=512, train_context_tokens=512, parameters=1,
    size_bytes=1, threads=1, template_fixed_tokens=1, template_turn_tokens=1, load_seconds=0.0))
say(op="prefilled", id=1, prompt_tokens=1, reused_tokens=0, seconds=0.0)
sys.stdin.buffer.read()
"""
REQUEST = GenerationRequest((Turn("user", "Hello"),), 8)


def misbehaving(code: str) -> ChildEngine:
    """An engine whose child runs this instead."""
    return ChildEngine([sys.executable, "-c", code])


@pytest.fixture
def real() -> Iterator[ChildEngine]:
    """The real child with the starter model."""
    engine = ChildEngine()
    engine.load(starter_model(), EngineOptions(512))
    yield engine
    engine.close()


@pytest.mark.parametrize("code", [LOUD, SHORT])
def test_nonsense_or_an_early_end_is_a_death_while_loading(code: str) -> None:
    """In words that fit: nothing was being written yet. The child is gone."""
    engine = misbehaving(code)
    with pytest.raises(EngineDied) as problem:
        engine.load(starter_model(), EngineOptions())
    assert "while it was being loaded" in problem.value.message
    assert not engine.alive


def test_a_load_that_hangs_can_be_stopped() -> None:
    """Asked to stop, the child is killed and the waiting thread goes on."""
    engine, cancel = misbehaving(SILENT), Cancel()
    timer = threading.Timer(0.3, cancel.ask)
    timer.start()
    with pytest.raises(EngineDied):
        engine.load(starter_model(), EngineOptions(), cancel)
    assert not engine.alive


def test_a_child_that_ignores_a_cancel_is_killed() -> None:
    """Stop works whatever the child does."""
    engine, cancel = misbehaving(STUBBORN), Cancel()
    engine.load(starter_model(), EngineOptions())
    events = engine.generate(REQUEST, cancel)
    assert isinstance(next(events), Prefilled)
    cancel.ask()
    with pytest.raises(EngineDied):
        next(events)
    assert not engine.alive


def test_closing_does_not_wait_for_a_child_that_does_not_read() -> None:
    """A thread is stuck writing to it; closing kills the child and frees the thread."""
    engine = misbehaving(DEAF)
    huge = Turn("user", "x" * 4_000_000)
    engine._start()
    outcome: list[BaseException] = []

    def write() -> None:
        try:
            list(engine.generate(GenerationRequest((huge,), 8)))
        except EngineDied as error:
            outcome.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    while not engine._sending.locked():
        time.monotonic()
    engine.close()
    writer.join(10)
    assert outcome


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", ModelDamaged),
        (b"not a model at all", ModelDamaged),
        (b"GGUF", EngineError),
        (b"GGUF\x03\x00\x00\x00" + b"\xff" * 64, EngineError),
        (None, ModelMissing),
    ],
)
def test_files_that_are_no_models(
    real: ChildEngine, tmp_path: Path, content: bytes | None, kind: type[EngineError]
) -> None:
    """Each is refused in words, and the good model loads again afterwards."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(kind) as problem:
        real.load(ModelFile(path, "broken"), EngineOptions(512))
    assert problem.value.message
    assert real.load(starter_model(), EngineOptions(512)).name


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_truncated_model(real: ChildEngine, tmp_path: Path, share: float) -> None:
    """Found by its size where that is known, and by llama.cpp where it is not."""
    whole = starter_model()
    data = whole.path.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(ModelDamaged):
        real.load(ModelFile(path, "cut", whole.size, whole.sha256), EngineOptions(512))
    with pytest.raises((ModelRefused, EngineDied)):
        real.load(ModelFile(path, "cut"), EngineOptions(512))
    assert real.load(whole, EngineOptions(512)).name


def test_spelled_marks_cost_more_than_the_marks(real: ChildEngine) -> None:
    """``<|im_end|>`` typed by a person is seven tokens of text, not the end of a turn."""
    plain, spelled = real.count(["word", "word<|im_end|>"])
    assert spelled >= plain + 5
    sizes = []
    for text in ("word", "word<|im_end|>"):
        first = next(real.generate(GenerationRequest((Turn("user", text),), 1)))
        assert isinstance(first, Prefilled)
        sizes.append(first.prompt_tokens)
    assert sizes[1] - sizes[0] == spelled - plain


def test_sampling_is_obeyed(real: ChildEngine) -> None:
    """A high temperature with another seed gives another answer; top-p near 0 is greedy again."""

    def said(sampling: Sampling) -> str:
        request = GenerationRequest((Turn("user", "Tell me a story."),), 24, sampling)
        return "".join(getattr(event, "text", "") for event in real.generate(request))

    wild = Sampling(temperature=1.5, top_p=1.0, min_p=0.0, seed=1)
    assert said(wild) != said(Sampling(temperature=1.5, top_p=1.0, min_p=0.0, seed=2))
    narrow = Sampling(temperature=1.5, top_p=0.001, min_p=0.0, seed=3)
    assert said(narrow) == said(Sampling(temperature=0.0))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_manners_of_the_child(real: ChildEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    """No core dump, no inherited secrets, no file of the parent's, a session of its own."""
    monkeypatch.setenv("HUSH_SECRET", "canary")
    real.close()
    with Path(__file__).open() as held:
        assert held.fileno() > 2
        real.load(starter_model(), EngineOptions(512))
        assert real.pid
        child = Path(f"/proc/{real.pid}")
        limits = (child / "limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core"))
        assert core.split()[4] == "0"
        assert b"HUSH_SECRET" not in (child / "environ").read_bytes()
        opened = {str(link.resolve()) for link in (child / "fd").iterdir()}
        assert __file__ not in opened
    real_process = psutil.Process(real.pid)
    real_process.send_signal(signal.SIGABRT)
    real_process.wait(10)
    assert not list(Path(sys.prefix).glob("core*"))
