"""Asking a cloud by a real net child: at once and after waiting, stopped, and not believed."""

from __future__ import annotations

import io
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final, cast

import psutil
import pytest

from assistant.errors import NetworkRefused
from assistant.net.child import HANDLERS, serve
from assistant.net.framing import read_frame, write_data, write_json
from assistant.net.ready import ReadyChildren
from assistant.net.records import Answered, Data, Failure, TransferFailed
from assistant.net.starting import BrokerStarter, Line, NetStarter
from assistant.net.telling import Telling
from assistant.net.transfer import Transfer
from tests.certificates import Authority, Certificate
from tests.cloud_server import ANSWER, CloudServer, Manner, environment, starter
from tests.detectors.tracing import needs_strace
from tests.unit.asking import asking, hear
from tests.unit.netting import DEADLINE, Near


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A good one."""
    return Authority(tmp_path_factory.mktemp("authority")).sign()


@pytest.fixture
def box(certificate: Certificate) -> Iterator[CloudServer]:
    """Over TLS; a child of ``starter(certificate)`` trusts it."""
    with CloudServer(certificate) as server:
        yield server


class Counting:
    """A starter that keeps what it started.

    Args:
        inner: Starts them; None: there is none to start.
    """

    reason = ""

    def __init__(self, inner: NetStarter | None) -> None:
        self._inner = inner
        self.started = 0
        self.closed = threading.Semaphore(0)

    def start(self) -> Line:
        if self._inner is None:
            raise NetworkRefused("No more children.")
        self.started += 1
        line = self._inner.start()

        def close() -> None:
            line.close()
            self.closed.release()

        return Line(line.requests, line.replies, close)

    def open_address(self, address: str) -> bool:
        return False


# --- A child by itself ----------------------------------------------------------------------------


def test_an_answer(certificate: Certificate, box: CloudServer) -> None:
    """The whole way: a process, TLS, the client, and what it says of it."""
    heard = hear(starter(certificate).start(), asking(box.own))
    assert (heard.text, heard.finish, heard.model) == (ANSWER, "stop", "small-1")
    assert heard.answered == Answered(200, {}, f"{box.own}/chat/completions")
    assert heard.done
    assert heard.done.exact is (sys.platform == "linux")
    assert heard.done.bytes_out > len(box.asked[0].body)
    assert heard.done.bytes_in > len(ANSWER)


def test_an_answer_comes_as_it_is_said(certificate: Certificate, box: CloudServer) -> None:
    """The first words are here while the server still thinks about the next."""
    box.manners = [Manner(stall_at=2)]
    transfer = Transfer(starter(certificate).start(), asking(box.own))
    events = transfer.events()
    said = b""
    while b"bon" not in said:
        event = next(events)
        said += event.data if isinstance(event, Data) else b""
    transfer.stop(Failure.CANCELLED)
    with pytest.raises(TransferFailed) as raised:
        list(events)
    assert raised.value.failure is Failure.CANCELLED
    assert raised.value.bytes_out
    assert len(box.asked) == 1


def test_a_file_is_fetched_without_the_client() -> None:
    """Whoever fetches a model does not wait for what a cloud needs."""
    code = (
        "import sys, assistant.net.child as c; before = 'httpx2' in sys.modules;"
        " c.HANDLERS['fetch'](); print(before, 'httpx2' in sys.modules, 'openai' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True", "False"]
    assert set(HANDLERS) == {"fetch", "cloud"}


_READS: Final = """
import io, sys
from assistant.net.exchange import Exchange
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.net.telling import Telling
exchange, before = Exchange(), set(sys.modules)
url = f"http://localhost:{sys.argv[1]}/v1/chat/completions"
request = NetRequest(
    Purpose.CLOUD, url, kind="cloud", method="POST", body=b"{}", max_bytes=9999, own_network=True
)
said = io.BytesIO()
exchange.ask(request, Telling(said))
assert b"ended" in said.getvalue()
print(sorted(set(sys.modules) - before))
"""


def test_a_child_that_waits_has_read_all_that_it_needs() -> None:
    """After the press nothing is read from the disk any more: a person waits then."""
    with CloudServer() as box:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _READS, str(box.port)],
            capture_output=True,
            text=True,
            check=True,
            timeout=DEADLINE,
        )
    assert done.stdout.strip() == "[]"


def test_what_comes_first_names_a_kind(box: CloudServer) -> None:
    """One that there is; anything else ends the child, and nobody is asked."""
    for kind in ("shell", "", 5, None):
        said = io.BytesIO()
        asked = io.BytesIO()
        write_json(asked, {"op": "ready", "kind": kind})
        asked.seek(0)
        assert serve(asked, Telling(said)) == 1
        said.seek(0)
        frame = read_frame(said)
        assert isinstance(frame, dict)
        assert frame["op"] == "crashed"
    assert box.reached == 0


def test_a_child_that_waits_does_the_other_kind_too(
    certificate: Certificate, box: CloudServer
) -> None:
    """It was prepared for another one: it reads what is missing."""
    line = starter(certificate).start()
    write_json(line.requests, {"op": "ready", "kind": "fetch"})
    assert read_frame(line.replies) == {"op": "ready"}
    assert hear(line, asking(box.own)).text == ANSWER


@needs_strace
def test_a_child_that_waits_has_made_no_socket(certificate: Certificate, tmp_path: Path) -> None:
    """It has read all that it needs, and neither connected nor looked up a name, nor begun one."""
    trace = tmp_path / "trace"
    command = ["strace", "-f", "-o", str(trace), "-e", "trace=socket,connect,execve,clone"]
    process = subprocess.Popen(
        [*command, sys.executable, "-I", "-m", "assistant.net.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(certificate),
        cwd=sys.prefix,
    )
    requests, replies = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    with requests, replies:
        write_json(requests, {"op": "ready", "kind": "cloud"})
        assert read_frame(replies) == {"op": "ready"}
        requests.close()
        assert process.wait(DEADLINE) == 0
    said = trace.read_text()
    assert "execve" in said, "the witness saw the child"
    assert said.count("execve(") == 1
    assert "AF_INET" not in said
    assert "AF_NETLINK" not in said, "a resolver looks there which addresses this machine has"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_a_child_that_waits_ends_with_its_parent(certificate: Certificate) -> None:
    """Whose end of the conversation closes when it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "assistant.net.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment(certificate),
        cwd=sys.prefix,
    )
    requests, replies = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    with requests, replies:
        write_json(requests, {"op": "ready", "kind": "cloud"})
        assert read_frame(replies) == {"op": "ready"}
        requests.close()
        assert process.wait(DEADLINE) == 0


# --- A child that is not believed -----------------------------------------------------------------


@pytest.mark.parametrize(
    "say",
    [
        lambda out: write_json(out, {"op": "ready"}),
        lambda out: write_data(out, b"Tcanary"),
        lambda out: write_json(out, {"op": "connecting", "host": "evil.test"}),
        lambda out: write_json(
            out, {"op": "answered", "status": 302, "url": "https://evil.test/", "headers": {}}
        ),
    ],
    ids=["ready", "data", "another host", "a redirect"],
)
def test_frames_out_of_turn(say: Callable[[BinaryIO], None]) -> None:
    """End it: that a child is ready was heard before, or never."""
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs), theirs.makefile("wb") as out:
        say(cast("BinaryIO", out))
        out.flush()
        requests, replies = ours.makefile("wb"), ours.makefile("rb")

        def close() -> None:
            ours.shutdown(socket.SHUT_RDWR)
            requests.close()
            replies.close()

        heard = hear(Line(requests, replies, close), asking("https://127.0.0.1/v1"))
    assert heard.failure is Failure.CHILD
    assert heard.text == ""


@pytest.mark.parametrize("odd", [True, False, -1, 1000, "500", None, 5.5, [], 10**400])
def test_numbers_that_are_none(odd: object) -> None:
    """What a child says of a failure is 0 where it makes no sense, and is in no words."""
    ours, theirs = socket.socketpair()
    counted = {"bytes_out": 0, "bytes_in": 0, "detail": "", "host": "127.0.0.1"}
    with closing(ours), closing(theirs), theirs.makefile("wb") as out:
        wait = odd if isinstance(odd, bool | str | list) or odd is None else -1
        failed = {"op": "failed", "failure": "status", "status": odd, "retry_after": wait}
        write_json(cast("BinaryIO", out), {**failed, **counted})
        requests, replies = ours.makefile("wb"), ours.makefile("rb")

        def close() -> None:
            ours.shutdown(socket.SHUT_RDWR)
            requests.close()
            replies.close()

        heard = hear(Line(requests, replies, close), asking("https://127.0.0.1/v1"))
    assert heard.failed
    assert (heard.failed.status, heard.failed.retry_after) == (0, 0.0)


# --- One that waits -------------------------------------------------------------------------------


@pytest.fixture
def waiting(certificate: Certificate) -> Iterator[tuple[ReadyChildren, Counting]]:
    """Over real processes."""
    counting = Counting(starter(certificate))
    children = ReadyChildren(counting)
    yield children, counting
    children.close()


def test_the_one_that_waits_is_taken(
    waiting: tuple[ReadyChildren, Counting], box: CloudServer
) -> None:
    """Once: the next request has a new one."""
    children, counting = waiting
    children.prepare("cloud")
    children.prepare("cloud")
    assert hear(children.take("cloud"), asking(box.own)).text == ANSWER
    assert counting.started == 1
    assert hear(children.take("cloud"), asking(box.own)).text == ANSWER
    assert counting.started == 2


def test_another_kind_takes_its_place(waiting: tuple[ReadyChildren, Counting]) -> None:
    """At most one waits; and one for another kind is left alone."""
    children, counting = waiting
    children.prepare("cloud")
    children.prepare("fetch")
    assert counting.closed.acquire(timeout=DEADLINE), "the first one ends"
    other = children.take("cloud")
    assert counting.started == 3
    other.close()
    assert counting.closed.acquire(timeout=DEADLINE)
    children.take("fetch").close()
    assert counting.started == 3


def test_nobody_will_ask(waiting: tuple[ReadyChildren, Counting]) -> None:
    """It ends, whether it was ready or still read; and again is no harm."""
    children, counting = waiting
    children.prepare("cloud")
    children.discard()
    children.discard()
    assert counting.closed.acquire(timeout=DEADLINE)
    line = children.take("cloud")
    assert counting.started == 2
    line.close()


def test_one_that_died_meanwhile(certificate: Certificate, box: CloudServer) -> None:
    """Is noticed before it is asked: a new one does it, and the approval is not lost."""
    children = ReadyChildren(starter(certificate))
    mine = psutil.Process(os.getpid())
    before = {one.pid for one in mine.children()}
    children.prepare("cloud")
    waiting = children._waiting
    assert waiting
    assert waiting.settled.wait(DEADLINE)
    (child,) = [one for one in mine.children() if one.pid not in before]
    child.kill()
    assert waiting.line
    assert select.select([waiting.line.replies], [], [], DEADLINE)[0]
    assert hear(children.take("cloud"), asking(box.own)).text == ANSWER
    children.close()


def test_none_can_be_started() -> None:
    """Preparing says nothing of it; who needs one hears why."""
    children = ReadyChildren(Counting(None))
    children.prepare("cloud")
    with pytest.raises(NetworkRefused, match="No more"):
        children.take("cloud")
    children.prepare("cloud")
    children.close()


def test_a_child_that_says_something_else() -> None:
    """Is none to wait for."""
    ends: list[socket.socket] = []
    counting = Counting(None)

    class Odd:
        reason = ""

        def start(self) -> Line:
            ours, theirs = socket.socketpair()
            ends.append(theirs)
            theirs.sendall(b'J\x00\x00\x00\x0c{"op":"odd"}')
            requests, replies = ours.makefile("wb"), ours.makefile("rb")

            def close() -> None:
                for one in (requests, replies, ours):
                    one.close()
                counting.closed.release()

            return Line(requests, replies, close)

        def open_address(self, address: str) -> bool:
            return False

    children = ReadyChildren(Odd())
    children.prepare("cloud")
    assert counting.closed.acquire(timeout=DEADLINE)
    children.take("cloud").close()
    assert len(ends) == 2
    for end in ends:
        end.close()


def test_it_waits_behind_the_broker(
    certificate: Certificate, box: CloudServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it runs on Linux: the one who starts it is another process, begun before the seal."""
    for name, value in environment(certificate).items():
        monkeypatch.setenv(name, value)
    broker = BrokerStarter.begin()
    children = ReadyChildren(broker)
    try:
        children.prepare("cloud")
        assert hear(children.take("cloud"), asking(box.own)).text == ANSWER
        children.prepare("cloud")
    finally:
        children.close()
        broker.close()


def test_children_on_threads_are_prepared_alike(near_authority: Path, box: CloudServer) -> None:
    """So tests that use those see the same."""
    children = ReadyChildren(Counting(cast("NetStarter", _OnThreads(near_authority))))
    children.prepare("cloud")
    assert hear(children.take("cloud"), asking(box.own)).text == ANSWER
    children.close()


class _OnThreads:
    """Starts children on threads."""

    def __init__(self, authority: Path) -> None:
        self._near = Near(authority)

    def start(self) -> Line:
        return self._near.line()


@pytest.fixture
def near_authority(certificate: Certificate, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whom such a child trusts: this process's own variables say so."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.authority))
    return certificate.authority
