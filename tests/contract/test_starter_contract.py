"""What holds for every ``NetStarter``: real children over real sockets, none that reaches out."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from assistant.errors import NetworkRefused
from assistant.net import broker
from assistant.net.starting import (
    BrokerStarter,
    DirectStarter,
    Line,
    NetStarter,
    NoStarter,
    PassedOn,
    begin_network,
    passed_on,
)
from tests.unit.test_hardening import DENIED, ROOT, attack, same_user, unlocked_system

__all__ = ["unlocked_system"]  # a fixture

ECHO = (
    sys.executable,
    "-I",
    "-c",
    "import os, sys\nwhile (said := os.read(0, 4096)): os.write(1, b'heard ' + said)\n",
)
"""Stands in for a net child: says what it heard, to the end of its input."""

DEAF = (sys.executable, "-I", "-c", "import time, os\nos.write(1, b'here')\ntime.sleep(600)\n")
"""Does not end when its line does."""

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is nothing to broker")


class StarterContract:
    """What every starter that starts does."""

    @pytest.fixture
    @abstractmethod
    def starter(self) -> NetStarter | Iterator[NetStarter]:
        """The starter under test, whose children echo."""

    def test_it_can_start(self, starter: NetStarter) -> None:
        assert starter.reason == ""

    def test_a_child_hears_and_answers(self, starter: NetStarter) -> None:
        line = starter.start()
        try:
            line.requests.write(b"hello")
            line.requests.flush()
            assert line.replies.read(11) == b"heard hello"
        finally:
            line.close()

    def test_a_line_is_closed_twice(self, starter: NetStarter) -> None:
        line = starter.start()
        line.close()
        line.close()

    def test_children_know_nothing_of_each_other(self, starter: NetStarter) -> None:
        one, other = starter.start(), starter.start()
        try:
            one.requests.write(b"one")
            one.requests.flush()
            other.requests.write(b"two")
            other.requests.flush()
            assert other.replies.read(9) == b"heard two"
            assert one.replies.read(9) == b"heard one"
        finally:
            one.close()
            other.close()

    @pytest.mark.parametrize(
        "address",
        ["file:///etc/passwd", "javascript:x", "https:", "", "-h", "https://a b", "https://a\n"],
    )
    def test_what_is_no_link_is_not_opened(self, starter: NetStarter, address: str) -> None:
        assert not starter.open_address(address)


@posix
class TestDirectStarter(StarterContract):
    """Where nothing is sealed."""

    @pytest.fixture
    def starter(self) -> NetStarter:
        return DirectStarter(ECHO)


def known(starter: NetStarter) -> PassedOn | None:
    """What a broker says of itself."""
    assert isinstance(starter, BrokerStarter)
    return starter.known()


def eventually_started(starter: NetStarter) -> Line:
    """A child, as soon as there may be one more."""
    end = time.monotonic() + 60
    while True:
        try:
            return starter.start()
        except NetworkRefused:
            assert time.monotonic() < end
            os.sched_yield()


def brokers(folder: Path, child: tuple[str, ...]) -> BrokerStarter:
    """A real broker, in a process of its own, whose children are these."""
    source = (
        Path(broker.__file__)
        .read_text()
        .replace(
            'CHILD: Final = (sys.executable, "-I", "-m", "assistant.net.child")',
            f"CHILD = {child!r}",
        )
    )
    assert repr(child) in source
    path = folder / "broker.py"
    path.write_text(source)
    return BrokerStarter.begin(path)


@posix
class TestBrokerStarter(StarterContract):
    """The real broker."""

    @pytest.fixture
    def starter(self, tmp_path: Path) -> Iterator[NetStarter]:
        starter = brokers(tmp_path, ECHO)
        yield starter
        starter.close()

    def test_four_at_once_and_no_more(self, starter: NetStarter) -> None:
        """A fifth is refused in words, and may begin when one has ended."""
        lines = [starter.start() for _ in range(broker.MAX_CHILDREN)]
        with pytest.raises(NetworkRefused, match="Another transfer"):
            starter.start()
        assert starter.reason == "", "it goes on"
        lines.pop().close()
        for line in [eventually_started(starter), *lines]:
            line.close()

    def test_from_many_threads(self, starter: NetStarter) -> None:
        """One conversation with the broker at a time; nobody gets another one's child."""
        heard: list[bytes] = []
        turns = threading.Semaphore(broker.MAX_CHILDREN)

        def work(number: int) -> None:
            with turns:
                line = eventually_started(starter)
                line.requests.write(b"%03d" % number)
                line.requests.flush()
                heard.append(line.replies.read(9))
                line.close()

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(heard) == [b"heard %03d" % number for number in range(12)]

    def test_a_reader_is_woken_when_its_line_is_closed(self, starter: NetStarter) -> None:
        line = starter.start()
        ended: list[bytes] = []
        reader = threading.Thread(target=lambda: ended.append(line.replies.read(1)))
        reader.start()
        line.close()
        reader.join(60)
        assert ended == [b""]

    def test_it_is_passed_on(self, starter: NetStarter) -> None:
        """By its descriptor, to who never saw it begin."""
        kept = passed_on(starter)
        assert kept is not None
        heir = begin_network(os.dup(kept.descriptor))
        assert isinstance(heir, BrokerStarter)
        assert known(heir).pid == kept.pid  # type: ignore[union-attr] # it is there
        line = heir.start()
        line.requests.write(b"hello")
        line.requests.flush()
        assert line.replies.read(11) == b"heard hello"
        line.close()
        heir._lose()  # only this end of it: the broker is the other one's


@posix
def test_a_broker_that_is_killed(tmp_path: Path) -> None:
    """Words, and no hang; and nobody begins another one, for that would be sealed."""
    starter = brokers(tmp_path, ECHO)
    line = starter.start()
    kept = known(starter)
    assert kept
    os.kill(kept.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(kept.pid)], timeout=60)
    with pytest.raises(NetworkRefused, match="has ended") as refused:
        starter.start()
    assert refused.value.advice == "Close Hush and open it again."
    assert "has ended" in starter.reason
    assert known(starter) is None
    assert not starter.open_address("https://example.org")
    line.close()
    starter.close()


@posix
def test_a_child_that_is_deaf(tmp_path: Path) -> None:
    """It does not end when its line does; so the broker ends it."""
    starter = brokers(tmp_path, DEAF)
    kept = known(starter)
    assert kept
    line = starter.start()
    assert line.replies.read(4) == b"here"
    (child,) = psutil.Process(kept.pid).children()
    line.close()
    assert not psutil.wait_procs([child], timeout=60)[1]
    starter.close()


@posix
def test_children_end_with_the_broker(tmp_path: Path) -> None:
    """And the broker with whoever began it: its conversation is over."""
    starter = brokers(tmp_path, DEAF)
    line = starter.start()
    assert line.replies.read(4) == b"here"
    kept = known(starter)
    assert kept
    family = [psutil.Process(kept.pid), *psutil.Process(kept.pid).children()]
    assert len(family) == 2
    starter.close()
    assert not psutil.wait_procs(family, timeout=60)[1]
    line.close()


TELLS = (
    sys.executable,
    "-I",
    "-c",
    """
import json, os
descriptors = sorted(map(int, os.listdir("/dev/fd")))[:-1]
print(json.dumps({"env": dict(os.environ), "open": descriptors}), flush=True)
""",
)


@posix
def test_what_a_child_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line and nothing else; of the environment, proxies and certificates."""
    secret, _ = os.pipe()
    os.set_inheritable(secret, True)
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("no_proxy", "localhost")
    monkeypatch.setenv("HUSH_PROFILE", "/somewhere/private")
    monkeypatch.setenv("SECRET", "a secret")
    starter = brokers(tmp_path, TELLS)
    line = starter.start()
    told = json.loads(line.replies.readline())
    line.close()
    starter.close()
    assert told["open"] == [0, 1, 2]
    assert told["env"]["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert told["env"]["no_proxy"] == "localhost"
    assert not {"HUSH_PROFILE", "SECRET", "HOME"} & set(told["env"])


@posix
@pytest.mark.parametrize(
    "said",
    [
        b"start",
        b"nonsense",
        b"",
        b"end 1",
        b"end -1",
        b"end x",
        b"end " + b"1" * 5000,
        b"open file:///etc/passwd",
        b"open https://a;b c",
        b"open https://a\x00b",
        b"\xff\xfe",
    ],
)
def test_what_the_broker_does_not_do(said: bytes, tmp_path: Path) -> None:
    """It says no, does nothing, and goes on: no program, no other's process, no file."""
    starter = brokers(tmp_path, ECHO)
    kept = known(starter)
    assert kept
    with socket.socket(fileno=os.dup(kept.descriptor)) as line:
        line.settimeout(60)
        line.sendall(b"1f " + said + b"\n")
        assert line.recv(64) == b"1f no\n"
    assert psutil.Process(kept.pid).children() == []
    assert known(starter) == kept
    starter.close()


@posix
@pytest.mark.parametrize("said", [b"\n", b"\xff who\n", b"0123456789abcdef0 who\n"])
def test_a_question_without_a_mark(said: bytes, tmp_path: Path) -> None:
    """Is none, and nothing comes of it."""
    starter = brokers(tmp_path, ECHO)
    kept = known(starter)
    assert kept
    with socket.socket(fileno=os.dup(kept.descriptor)) as line:
        line.settimeout(60)
        line.sendall(said)
        assert line.recv(64) == b"- no\n"
    assert known(starter) == kept
    starter.close()


@posix
def test_an_answer_to_somebody_else(tmp_path: Path) -> None:
    """A lock came between a question and its answer: whoever goes on does not take it for its."""
    starter = brokers(tmp_path, ECHO)
    kept = known(starter)
    assert kept
    with socket.socket(fileno=os.dup(kept.descriptor)) as line:
        line.sendall(b"1f end 1\n2f who\n3f nonsense\n")
    heir = begin_network(os.dup(kept.descriptor))
    assert known(heir).pid == kept.pid  # type: ignore[union-attr] # it is there
    line_of_heir = heir.start()
    line_of_heir.requests.write(b"hello")
    line_of_heir.requests.flush()
    assert line_of_heir.replies.read(11) == b"heard hello"
    line_of_heir.close()
    assert isinstance(heir, BrokerStarter)
    heir.close()
    starter.close()


@posix
def test_children_do_not_survive_a_lock(tmp_path: Path) -> None:
    """All are gone before the process is replaced; and nothing is asked of the broker after."""
    starter = brokers(tmp_path, DEAF)
    lines = [starter.start() for _ in range(2)]
    for line in lines:
        assert line.replies.read(4) == b"here"
    seen = known(starter)
    assert seen
    assert len(psutil.Process(seen.pid).children()) == 2
    kept = passed_on(starter)
    assert kept == seen
    assert psutil.Process(seen.pid).children() == []
    with pytest.raises(NetworkRefused):
        starter.start()
    assert not starter.open_address("https://example.org")
    for line in lines:
        line.close()
    with socket.socket(fileno=os.dup(kept.descriptor)) as control:
        control.setblocking(False)
        with pytest.raises(BlockingIOError):
            control.recv(1)
    starter.close()


@posix
def test_whether_one_can_start_is_said_at_once() -> None:
    """Also while somebody waits for an answer: the window asks, and must not stand still."""
    ours, theirs = socket.socketpair()
    with theirs:
        starter = BrokerStarter(ours)
        asking = threading.Thread(target=starter.open_address, args=("https://example.org",))
        asking.start()
        theirs.settimeout(60)
        mark = theirs.recv(64).partition(b" ")[0]
        said: list[str] = []
        looking = threading.Thread(target=lambda: said.append(starter.reason), daemon=True)
        looking.start()
        looking.join(2)  # an answer is waited for longer than that
        was_said = list(said)
        theirs.sendall(mark + b" ok\n")
        asking.join(60)
        assert was_said == [""]
    assert "has ended" in starter.reason
    starter.close()


@posix
def test_a_broker_that_talks_and_talks() -> None:
    """What never becomes an answer is not listened to for ever."""
    ours, theirs = socket.socketpair()

    def talk() -> None:
        with suppress(OSError):
            while True:
                theirs.sendall(b"1f no\n" * 100)

    talking = threading.Thread(target=talk, daemon=True)
    talking.start()
    assert begin_network(ours.detach()).reason
    talking.join(60)
    assert not talking.is_alive()
    theirs.close()


@posix
def test_a_line_without_end(tmp_path: Path) -> None:
    """It hangs up: what was passed on to a stranger is worth nothing."""
    starter = brokers(tmp_path, ECHO)
    kept = known(starter)
    assert kept
    with socket.socket(fileno=os.dup(kept.descriptor)) as line:
        line.settimeout(60)
        line.sendall(b"open " + b"a" * (broker.MAX_LINE + 100))
        assert line.recv(64) == b""
    assert starter.reason
    starter.close()


@posix
def test_a_descriptor_that_is_no_broker(tmp_path: Path) -> None:
    """A file, one that is closed, a socket that nobody answers: then nothing is fetched."""
    with (tmp_path / "file").open("w") as file:
        found = begin_network(os.dup(file.fileno()))
    assert isinstance(found, NoStarter)
    assert begin_network(987_654).reason
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.shutdown(socket.SHUT_RDWR)
        assert begin_network(os.dup(ours.fileno())).reason


def test_nothing_to_start() -> None:
    """It says why."""
    starter = NoStarter("This command fetches nothing.")
    assert starter.reason == "This command fetches nothing."
    with pytest.raises(NetworkRefused, match="fetches nothing"):
        starter.start()
    assert not starter.open_address("https://example.org")
    assert passed_on(starter) is None


@posix
def test_an_address_is_handed_to_the_desktop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it stands, to the one program that opens addresses; whether that took it is told."""
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/opened\ntest "$1" != https://no.one/\n')
    opener.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    starter = brokers(tmp_path, ECHO)
    assert starter.open_address("https://example.org/?a=$(id)&b='")
    assert starter.open_address("mailto:a@example.org")
    assert not starter.open_address("https://no.one/")
    starter.close()
    said = (tmp_path / "opened").read_text().splitlines()
    assert said[:2] == ["https://example.org/?a=$(id)&b='", "mailto:a@example.org"]


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
@pytest.mark.usefixtures("unlocked_system")
def test_nobody_looks_into_the_broker() -> None:
    """A process of the same user may not: else it would be a way around the seal."""
    ours, theirs = socket.socketpair()
    command = [*same_user(), sys.executable, "-I", "-S", str(broker.__file__)]
    with ours, theirs, subprocess.Popen(command, stdin=theirs.fileno(), cwd=ROOT) as process:
        ours.settimeout(60)
        try:
            ours.sendall(b"1f who\n")
            assert ours.recv(64) == b"1f ok %d\n" % process.pid
            assert set(attack(process).values()) <= DENIED
        finally:
            process.kill()
