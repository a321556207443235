"""A model file is examined in a process of its own; whatever ends that is a refusal with words."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import EngineError
from assistant.shelf.preflight import preflight, refused
from assistant.shelf.records import Passed, Refused
from models.starter import starter_model
from tests.gguf_files import SMALL, Plan, write_model

SAY = """
import json, struct, sys
def say(**frame):
    body = json.dumps(frame).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
"""
ANSWER = {
    "op": "examined", "architecture": "llama", "name": "A model", "parameters": 1, "context": 2,
    "template": True, "shape": [1, 2, 3, 4, 5, 6, 7], "kind": "chat",
}  # fmt: skip
DEAF = "import time; time.sleep(60)"
INJECTION = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
LOOPING = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A whole small model."""
    path = tmp_path / "model.gguf"
    write_model(path)
    return path


def verdict(path: Path, **extra: str) -> str:
    """What a model with these entries is refused for; empty where it passes."""
    write_model(path, replace(SMALL, **extra))  # type: ignore[arg-type] # texts only
    found = preflight(path, Cancel(), seconds=50)  # however busy the machine is
    return found.code if isinstance(found, Refused) else ""


def child(code: str) -> list[str]:
    """A child that runs this instead."""
    return [sys.executable, "-c", SAY + code]


def test_the_starter_model_passes() -> None:
    """Its template is rendered; all that is told of it is true."""
    found = preflight(starter_model().path, Cancel())
    assert isinstance(found, Passed)
    assert (found.architecture, found.parameters, found.context) == ("llama", 134_515_008, 8192)
    assert (found.template, found.kind) == (True, "chat")
    assert found.shape == (30, 576, 9, 5760, 5760, 1536, 49_152)


def test_a_model_without_a_template_passes(tmp_path: Path) -> None:
    """It is spoken to in ChatML, as llama.cpp does."""
    path = tmp_path / "model.gguf"
    write_model(path, replace(SMALL, template=""))
    found = preflight(path, Cancel())
    assert isinstance(found, Passed)
    assert not found.template


@pytest.mark.parametrize(
    "template", [INJECTION, "{% if", "{{ 'x' * 10 ** 12 }}", "{{ raise_exception('no') }}",
                 "nothing of what is said", "{{ 10 ** 10 ** 6 }}"]
)  # fmt: skip
def test_row_22_a_template_that_reaches_out_or_fails(model: Path, template: str) -> None:
    """The sandbox and the limits hold it; it is refused by its kind."""
    assert verdict(model, template=template) == "template"


def test_row_23_a_template_of_nested_loops(model: Path) -> None:
    """It is ended after three seconds, and said to be that."""
    assert verdict(model, template=LOOPING) == "template-time"


def test_a_name_with_a_nul_is_shown_without_it(model: Path) -> None:
    """So is one that turns text round."""
    write_model(model, Plan(name="a\0b\u202ec"))
    found = preflight(model, Cancel())
    assert isinstance(found, Passed)
    assert found.name == "a b c"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nor is a link followed, a folder read, a device asked."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(starter_model().path)
    for path in (pipe, link, tmp_path, Path("/dev/zero"), tmp_path / "nothing", Path("/a\0b")):
        found = preflight(path, Cancel())
        assert isinstance(found, Refused)
        assert found.code == "magic"


def test_a_sparse_file_of_terabytes_is_refused_at_once(tmp_path: Path) -> None:
    """Its header is zeros, or its header's end is where zeros begin: sizes do not cost time."""
    path = tmp_path / "huge.gguf"
    write_model(path)
    with path.open("r+b") as file:
        size = 2**63 - 1
        while size:
            try:
                file.truncate(size)
                break
            except OSError:
                size >>= 1
    assert isinstance(preflight(path, Cancel()), Passed)  # more than its header says is harmless
    path.write_bytes(b"")
    os.truncate(path, 2**40)
    found = preflight(path, Cancel())
    assert isinstance(found, Refused)
    assert found.code == "magic"


def test_a_header_that_wants_too_much_memory(tmp_path: Path) -> None:
    """The kernel says no, and so does Hush."""
    path = tmp_path / "model.gguf"
    write_long_tokens(path, 60 << 10, 1_000)
    code = (
        "from assistant.shelf import preflight_child as it; it.MEMORY_BYTES = 80 << 20; it.main()"
    )
    found = preflight(
        path, Cancel(), command=[sys.executable, "-c", f"{code}; it.main()"], seconds=50
    )
    assert found == refused("memory")


@pytest.mark.parametrize(("length", "count"), [(60 << 10, 1_200), (16 << 20, 2)])
def test_tokens_that_are_no_words(tmp_path: Path, length: int, count: int) -> None:
    """Each too long, or all of them together: refused before they are in memory."""
    path = tmp_path / "model.gguf"
    write_long_tokens(path, length, count)
    assert preflight(path, Cancel()) == refused("tokens")


def write_long_tokens(path: Path, length: int, count: int) -> None:
    """A header with so many tokens of this length: holes in the file, so it takes no room."""
    key = b"tokenizer.ggml.tokens"
    head = b"GGUF" + (3).to_bytes(4, "little") + bytes(8) + (1).to_bytes(8, "little")
    head += len(key).to_bytes(8, "little") + key
    head += (9).to_bytes(4, "little") + (8).to_bytes(4, "little") + count.to_bytes(8, "little")
    with path.open("wb") as file:
        file.write(head)
        for _ in range(count):
            file.write(length.to_bytes(8, "little"))
            file.seek(length, os.SEEK_CUR)
        file.truncate()


@pytest.mark.parametrize(
    "code",
    ["import os; os.abort()", "sys.exit(3)", "sys.stdout.buffer.write(b'llama: ok' * 9)",
     "say(op='examined')", "say(op='refused')", "say(op='nothing')", "say(op='crashed')",
     "say(op='progress', share=0.5); import os; os.abort()"],
)  # fmt: skip
@pytest.mark.logs_problems
def test_a_child_that_crashes_or_talks_nonsense(model: Path, code: str) -> None:
    """The file may have taken it over: it is refused."""
    found = preflight(model, Cancel(), command=child(code))
    assert found == refused("crashed")


@pytest.mark.parametrize(
    ("key", "value"),
    [("shape", [1, 2]), ("shape", "long"), ("kind", "virus"), ("name", "a\u202eb"),
     ("architecture", "two\nlines"), ("parameters", "many")],
)  # fmt: skip
def test_an_answer_that_makes_no_sense(model: Path, key: str, value: object) -> None:
    """Nothing of it is believed."""
    answer = ANSWER | {key: value}
    assert preflight(model, Cancel(), command=child(f"say(**{answer!r})")) == refused("crashed")


def test_an_unknown_reason_is_a_crash(model: Path) -> None:
    """Words come from here, never from the child."""
    found = preflight(model, Cancel(), command=child("say(op='examined', refused='<b>')"))
    assert found == refused("crashed")


def test_a_child_that_hangs_is_ended(model: Path) -> None:
    """After its time, as refused."""
    found = preflight(model, Cancel(), command=child(DEAF), seconds=0.2)
    assert found == refused("time")


def test_a_cancel_ends_it(model: Path) -> None:
    """At once, as refused."""
    cancel = Cancel()
    threading.Timer(0.2, cancel.ask).start()
    assert isinstance(preflight(model, cancel, command=child(DEAF), seconds=50), Refused)


def test_a_child_that_cannot_be_started_says_nothing_of_the_file(model: Path) -> None:
    """That is an error of its own."""
    with pytest.raises(EngineError):
        preflight(model, Cancel(), command=["/nowhere/at/all"])


def test_the_child_is_confined(tmp_path: Path) -> None:
    """Memory, time, files written, files open: the kernel's own limits, and no network."""
    code = """
import json, resource, socket, sys
from assistant.children.confined import confine
confine(1 << 30, 5)
limits = [resource.getrlimit(it) for it in (resource.RLIMIT_AS, resource.RLIMIT_CPU,
          resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)]
try:
    socket.create_connection(("127.0.0.1", 9))
except PermissionError:
    refused = True
try:
    open(sys.argv[1], "wb", buffering=0).write(b"x")
except OSError:
    written = False
print(json.dumps([limits, refused, written]))
"""
    import json
    import subprocess

    ran = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "x")],
        capture_output=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    limits, was_refused, written = json.loads(ran.stdout)
    assert limits == [[1 << 30] * 2, [5, 5], [0, 0], [16, 16]]
    assert was_refused
    assert not written


def test_every_refusal_has_words() -> None:
    """Two sentences: what it is, and what to do."""
    for code in (
        "empty", "magic", "version", "limit", "beyond-end", "alignment", "tokens", "layers",
        "template", "template-time", "memory", "time", "crashed", "kind",
    ):  # fmt: skip
        words = refused(code).words
        assert words.count(". ") >= 1
        assert words.endswith(".")
