"""The engine against children that misbehave, and the real child's manners."""

from __future__ import annotations

import mmap
import signal
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.cancel import Cancel
from assistant.engine.kv_cache import AbortFlag
from assistant.engine.llama import LlamaModel, silence
from assistant.engine.pacing import Pacer
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import (
    EngineOptions,
    GenerationRequest,
    ModelInfo,
    Pace,
    Prefilled,
    Sampling,
    Turn,
)
from assistant.errors import (
    EngineDied,
    EngineError,
    ModelDamaged,
    ModelMissing,
    ModelRefused,
    PromptTooLong,
)
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
TALK = GenerationRequest((Turn("user", "the river runs to the sea " * 8),), 4, cache_key=1)
OTHER_TALK = GenerationRequest((Turn("user", "one sheep and another " * 8),), 4, cache_key=2)
LOOPING = b"{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
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


def test_a_template_that_loops_is_refused_in_words(real: ChildEngine, tmp_path: Path) -> None:
    """The child ends itself, the person reads why, and the good model loads again."""
    data = bytearray(starter_model().path.read_bytes())
    name = b"tokenizer.chat_template"
    at = data.index(name) + len(name) + 4  # a GGUF string: its type in 4 bytes, its length in 8
    (length,) = struct.unpack_from("<Q", data, at)
    data[at + 8 : at + 8 + length] = LOOPING.ljust(length)
    path = tmp_path / "looping.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelRefused) as problem:
        real.load(ModelFile(path, "looping"), EngineOptions(512))
    assert "template" in problem.value.message
    assert not real.alive
    assert real.load(starter_model(), EngineOptions(512)).name


def test_more_turns_than_tokens_are_refused_unseen(real: ChildEngine) -> None:
    """The template is not even asked."""
    with pytest.raises(PromptTooLong):
        list(real.generate(GenerationRequest((Turn("user", ""),) * 600, 8)))


def test_killed_while_it_reads_ahead(real: ChildEngine) -> None:
    """Whoever waits is told; it loads again, at the pace that holds, and has kept nothing."""
    assert real.prefill(TALK)
    real.pace(Pace(paused=True))
    killer = threading.Timer(0.2, psutil.Process(real.pid).kill)
    killer.start()
    with pytest.raises(EngineDied):
        real.prefill(OTHER_TALK)
    killer.join()
    real.load(starter_model(), EngineOptions(512))
    real.pace(Pace())
    read = real.prefill(TALK)
    assert read
    assert read.reused_tokens == 0


def test_killed_while_it_keeps_a_state(real: ChildEngine) -> None:
    """Nobody waits then: the next request is told."""
    list(real.generate(TALK))
    process = psutil.Process(real.pid)
    process.kill()
    process.wait(10)
    with pytest.raises(EngineDied):
        list(real.generate(OTHER_TALK))
    real.load(starter_model(), EngineOptions(512))
    assert real.prefill(TALK)


def test_with_no_room_for_copies_it_reads_again(real: ChildEngine) -> None:
    """Nothing is kept, and nothing goes wrong."""
    real.load(starter_model(), EngineOptions(512, snapshot_bytes=0))
    for request in (TALK, OTHER_TALK, TALK):
        first = next(real.generate(request))
        assert isinstance(first, Prefilled)
        assert first.reused_tokens < first.prompt_tokens // 2


@pytest.mark.skipif(sys.platform != "linux", reason="counts the threads of another process")
def test_threads_follow_the_pace(real: ChildEngine) -> None:
    """In the middle of a reply the number is another one."""
    real.load(starter_model(), EngineOptions(512, threads=1))
    process = psutil.Process(real.pid)
    events = real.generate(GenerationRequest((Turn("user", "Tell a long story."),), 60))
    assert isinstance(next(events), Prefilled)
    before = process.num_threads()
    real.pace(Pace(threads=2))
    list(events)
    assert process.num_threads() == before + 1


@pytest.mark.parametrize(
    ("options", "kind", "flash"),
    [
        (EngineOptions(256, 1), "f16", True),
        (EngineOptions(256, 1, flash_attention=False), "f16", False),
        (EngineOptions(256, 1, kv_type="q8_0"), "q8_0", True),
        (EngineOptions(256, 1, kv_type="q8_0", flash_attention=False), "q8_0", True),
    ],
)
def test_tells_how_it_was_loaded(
    real: ChildEngine, options: EngineOptions, kind: str, flash: bool
) -> None:
    """Quantised values need flash attention; each way it writes, and switches back and forth."""
    info: ModelInfo = real.load(starter_model(), options)
    assert (info.kv_type, info.flash_attention) == (kind, flash)
    assert info.layers == 30
    assert info.gpu_layers in {0, 30}
    for request in (TALK, OTHER_TALK, TALK):
        first, *_ = real.generate(request)
    assert isinstance(first, Prefilled)
    assert first.reused_tokens == first.prompt_tokens - 1


def test_a_copy_that_was_cut_short_leaves_an_empty_context() -> None:
    """llama.cpp refuses it, and the prompt is read again."""
    flag = AbortFlag()
    silence()
    model = LlamaModel(starter_model(), EngineOptions(256, 1), flag, Pacer(lambda: flag.is_set))
    cache = model._cache
    list(model.generate(TALK))
    held, size = list(cache.tokens), cache.state_bytes()
    with mmap.mmap(-1, cache.state_capacity()) as memory:
        assert cache.save(memory)
        assert cache.restore(held, memory, size)
        assert not cache.restore(held, memory, size - 1000)
    assert not cache.tokens
    first, *_ = model.generate(TALK)
    assert isinstance(first, Prefilled)
    assert first.reused_tokens == 0
    model.close()
