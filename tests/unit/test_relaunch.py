"""A process that is replaced by a new one, started as it was."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from ui.lock.relaunch import Launch, Relaunch

ROOT = Path(__file__).parent.parent.parent
PYTHON = "/venv/bin/python"

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no exec on Windows")


@pytest.mark.parametrize(
    ("whole", "own", "expected"),
    [
        (["python", "/bin/hush", "--x"], ["/bin/hush", "--x"], ["/bin/hush"]),
        (["python", "-I", "/bin/hush"], ["/bin/hush"], ["-I", "/bin/hush"]),
        (["python3", "-m", "ui", "a", "b"], ["/lib/ui/__main__.py", "a", "b"], ["-m", "ui"]),
        (["python3", "-P", "-c", "code", "a"], ["-c", "a"], ["-P", "-c", "code"]),
    ],
)
def test_how_it_was_started(whole: list[str], own: list[str], expected: list[str]) -> None:
    """Interpreter options and what it runs stay, Hush's own arguments do not."""
    launch = Launch.of_this_process(PYTHON, whole, own, frozen=False)
    assert launch.with_arguments(["--new"]) == (PYTHON, *expected, "--new")


def test_a_frozen_program() -> None:
    """It runs no script."""
    launch = Launch.of_this_process("/opt/hush", ["hush", "--x"], ["hush", "--x"], frozen=True)
    assert launch.with_arguments(["--new"]) == ("/opt/hush", "--new")


BODY = """
import json, os, subprocess, sys
if "--second" in sys.argv:
    descriptor, child = sys.argv[-2:]
    try:
        os.fstat(int(descriptor))
        is_open = True
    except OSError:
        is_open = False
    print(json.dumps({
        "pid": os.getpid(), "arguments": sys.argv[1:-2], "safe": sys.flags.safe_path,
        "path": sys.path, "open": is_open, "child": os.path.exists("/proc/" + child),
        "variable": os.environ["KEPT"],
    }))
    sys.exit(0)
sys.path.insert(0, ROOT)
from ui.lock.relaunch import Launch, replace_process
left_open, _ = os.pipe()
os.set_inheritable(left_open, True)
child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"],
    stdin=subprocess.PIPE)
print(json.dumps({"pid": os.getpid(), "path": sys.path[1:], "child": child.pid}), flush=True)
replace_process(Launch.of_this_process().with_arguments(
    ["--profile=a b", "--second", str(left_open), str(child.pid)]))
"""


@posix
@pytest.mark.parametrize("way", ["code", "script", "module", "isolated"])
def test_the_same_process_with_another_image(way: str, tmp_path: Path) -> None:
    """It keeps its number, interpreter options, path and environment; nothing else is left."""
    body = BODY.replace("ROOT", repr(str(ROOT)))
    script = tmp_path / "began.py"
    script.write_text(body)
    start = {
        "code": ["-c", body],
        "script": [str(script)],
        "module": ["-m", "began"],
        "isolated": ["-P", str(script)],
    }[way]
    done = subprocess.run(
        [sys.executable, *start, "--first", "secret-free"],
        cwd=tmp_path,
        env={"KEPT": "as it was", "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert second["pid"] == first["pid"]
    assert second["arguments"] == ["--profile=a b", "--second"]
    assert second["safe"] is (way == "isolated")
    assert second["path"] == first["path"]
    assert second["variable"] == "as it was"
    assert not second["open"]
    assert not psutil.pid_exists(first["child"])
    if sys.platform == "linux":
        assert not second["child"], "the child was not reaped"


@posix
def test_what_cannot_be_started_ends_all_the_same() -> None:
    """The interpreter was moved away: the memory goes, there is just no new process."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        "from ui.lock.relaunch import replace_process;"
        "replace_process(['/nowhere/python', '-c', 'pass'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 1


class Replaced:
    """Takes the place of becoming a new process."""

    def __init__(self) -> None:
        self.command: Sequence[str] = ()
        self.happened = threading.Event()

    def __call__(self, command: Sequence[str]) -> None:
        self.command = command
        self.happened.set()


def test_it_closes_first() -> None:
    """The new process begins when everything is closed."""
    replaced = Replaced()
    may_end = threading.Event()
    closed: list[bool] = []

    def close() -> None:
        assert may_end.wait(60)
        closed.append(not replaced.happened.is_set())

    Relaunch(close, ["new", "start"], patience=60, replace=replaced).begin()
    may_end.set()
    assert replaced.happened.wait(60)
    assert closed == [True]
    assert replaced.command == ("new", "start")


def test_closing_that_hangs() -> None:
    """Is not waited for: what is in memory must go."""
    replaced = Replaced()
    may_end = threading.Event()
    Relaunch(may_end.wait, ["new"], patience=0.01, replace=replaced).begin()
    assert replaced.happened.wait(60)
    assert not may_end.is_set()
    may_end.set()


def test_what_is_on_its_way_to_the_disk_is_waited_for() -> None:
    """Closing gets more time as long as there is any, and is done before the process goes."""
    replaced = Replaced()
    may_end = threading.Event()
    looks: list[bool] = []

    def is_keeping() -> bool:
        looks.append(replaced.happened.is_set())
        if len(looks) == 3:
            may_end.set()
        return True

    Relaunch(may_end.wait, ["new"], is_keeping=is_keeping, patience=0.1, replace=replaced).begin()
    assert replaced.happened.wait(60)
    assert may_end.is_set()
    assert not any(looks)


def test_what_never_gets_to_the_disk() -> None:
    """Is not waited for longer than ten times: the key must go."""
    replaced = Replaced()
    may_end = threading.Event()
    looks: list[None] = []

    def is_keeping() -> bool:
        looks.append(None)
        return True

    Relaunch(may_end.wait, ["new"], is_keeping=is_keeping, patience=0.01, replace=replaced).begin()
    assert replaced.happened.wait(60)
    assert len(looks) == 10
    may_end.set()


@pytest.mark.logs_problems
def test_closing_that_fails() -> None:
    """Changes nothing."""
    replaced = Replaced()

    def close() -> None:
        raise ValueError("a bug")

    Relaunch(close, ["new"], patience=60, replace=replaced).begin()
    assert replaced.happened.wait(60)


def test_the_window_was_closed_meanwhile() -> None:
    """Closing is waited for, and no new process begins."""
    replaced = Replaced()
    may_end = threading.Event()
    ended: list[bool] = []
    relaunch = Relaunch(may_end.wait, ["new"], patience=60, replace=replaced)
    relaunch.begin()

    def abandon() -> None:
        relaunch.abandon()
        ended.append(True)

    waiting = threading.Thread(target=abandon)
    waiting.start()
    may_end.set()
    waiting.join(60)
    assert ended == [True]
    for thread in threading.enumerate():
        if thread.name == "lock":
            thread.join(60)
    assert not replaced.happened.is_set()


def test_another_process_instead() -> None:
    """What is wanted while it closes is closed as well, and becomes the new process."""
    replaced = Replaced()
    may_end = threading.Event()
    closed: list[str] = []

    def first() -> None:
        assert may_end.wait(60)
        closed.append("first")

    relaunch = Relaunch(first, ["new"], patience=60, replace=replaced)
    relaunch.begin()
    relaunch.become_instead(lambda: closed.append("second"), ["another"])
    may_end.set()
    assert replaced.happened.wait(60)
    assert closed == ["first", "second"]
    assert replaced.command == ("another",)


SEALED = """
import json, os, socket, subprocess, sys
from functools import partial
from pathlib import Path
import psutil
from assistant.net import broker
from assistant.net.starting import BrokerStarter, begin_network, passed_on
from assistant.sealing.choose import install
from ui.lock.relaunch import Launch, replace_process

def transfer(net):
    line = net.start()
    try:
        line.requests.write(b"hello")
        line.requests.flush()
        return line.replies.read(9).decode()
    finally:
        line.close()

turn = sys.argv.count("--again")
if turn == 0:
    net = BrokerStarter.begin(Path(sys.argv[1]))
else:
    net = begin_network(int(sys.argv[sys.argv.index("--broker-fd") + 1]))
report = install()
engine = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
kept = net.known()
print(json.dumps({
    "pid": os.getpid(), "level": report.level, "transfer": transfer(net), "broker": kept.pid,
    "inherited": os.get_inheritable(kept.descriptor),
    "filters": Path("/proc/self/status").read_text().split("Seccomp_filters:")[1].split()[0],
    "children": [child.pid for child in psutil.Process().children() if child.pid != engine.pid],
}), flush=True)
if turn < 2:
    command = Launch.of_this_process().with_arguments(["--again"] * (turn + 1))
    replace_process(command, broker=partial(passed_on, net))
net.close()
engine.kill()
"""

REACHES_OUT = (
    "import os, socket\n"
    "socket.socket().close()\n"  # it may: it is not sealed
    "while (said := os.read(0, 4096)): os.write(1, b'got ' + said)\n"
)


@pytest.mark.skipif(sys.platform != "linux", reason="the seal is Linux's")
def test_the_broker_passes_through(tmp_path: Path) -> None:
    """After a lock, and another one, transfers are still started, from behind the same seal."""
    child = (sys.executable, "-I", "-c", REACHES_OUT)
    ours = 'CHILD: Final = (sys.executable, "-I", "-m", "assistant.net.child")'
    source = (ROOT / "assistant" / "net" / "broker.py").read_text()
    assert ours in source
    (tmp_path / "broker.py").write_text(source.replace(ours, f"CHILD = {child!r}"))
    done = subprocess.run(
        [sys.executable, "-c", SEALED, str(tmp_path / "broker.py")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        timeout=60,
        check=True,
    )
    before, after, last = (json.loads(line) for line in done.stdout.splitlines())
    assert before["transfer"] == after["transfer"] == last["transfer"] == "got hello"
    assert before["level"] == after["level"] == last["level"] == "whole"
    assert before["filters"] == last["filters"], "one filter, however often it is locked"
    assert {found["pid"] for found in (before, after, last)} == {before["pid"]}
    for found in (before, after, last):
        assert found["broker"] == before["broker"]
        assert found["children"] == [before["broker"]], "the engine went, the broker stayed"
        assert not found["inherited"], "no other child gets it"
    with suppress(psutil.NoSuchProcess):
        last_one = psutil.Process(before["broker"])
        assert not psutil.wait_procs([last_one], timeout=60)[1], "it ends with the last of them"
