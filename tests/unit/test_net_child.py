"""The net child over real sockets: what it fetches, what it refuses, and what it says of that."""

from __future__ import annotations

import ast
import json
import random
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Self, cast

import pytest

from assistant.net.patience import retry_after
from assistant.net.records import Answered, Data, Done, Failure, Purpose, TransferFailed
from assistant.net.request import NetRequest
from assistant.net.starting import Line
from assistant.net.transfer import Transfer
from tests.certificates import Authority, Certificate
from tests.detectors.tracing import needs_strace
from tests.lying_server import LyingServer, Manner
from tests.tunnel import Tunnel
from tests.unit.netting import BODY, DEADLINE, Near, Net


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Signs the servers' certificates."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> Certificate:
    """A good one, for localhost and 127.0.0.1."""
    return authority.sign()


@pytest.fixture
def net(authority: Authority) -> Net:
    """No proxy."""
    return Net(authority.path)


@pytest.fixture
def near(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Near:
    """No proxy."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return Near(authority.path)


@pytest.fixture
def server(certificate: Certificate) -> Iterator[LyingServer]:
    """Over TLS; the truth, if it is not told otherwise."""
    with LyingServer(BODY, certificate=certificate) as server:
        yield server


def asking(server: LyingServer, **changes: object) -> NetRequest:
    """A request for its file."""
    request = NetRequest(Purpose.MODEL, server.url(host="localhost"), max_bytes=len(BODY))
    return replace(request, **changes)  # type: ignore[arg-type] # its own fields


def test_a_whole_file(net: Net, server: LyingServer) -> None:
    """To the byte; and what went over the line is counted, TLS included."""
    found = net.fetch(asking(server))
    assert found.body == BODY
    assert found.answered
    assert found.answered.status == 200
    assert found.answered.headers["content-length"] == str(len(BODY))
    assert found.answered.url == server.url(host="localhost")
    assert found.done
    assert found.done.exact is (sys.platform == "linux")
    assert len(BODY) < found.done.bytes_in < len(BODY) * 1.05 + 8192
    assert 0 < found.done.bytes_out < 4096
    assert found.reached == "localhost"


def test_what_it_says_of_itself(near: Near, server: LyingServer) -> None:
    """No more than it must: no cookie, no referer, nothing to be packed, and what was asked."""
    wanted = (("Range", "bytes=1000-"), ("If-Range", '"other"'), ("Authorization", "Bearer key"))
    near.fetch(asking(server, headers=wanted))
    (asked,) = server.asked
    said = dict(asked.headers)
    assert said.pop("user-agent").startswith("Hush/")
    assert said.pop("host") == f"localhost:{server.port}"
    assert said == {
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
        "range": "bytes=1000-",
        "if-range": '"other"',
        "authorization": "Bearer key",
    }


def test_it_goes_on_where_it_was(near: Near, server: LyingServer) -> None:
    """A range is a 206 with its rest."""
    found = near.fetch(asking(server, headers=(("Range", "bytes=599000-"),)))
    assert found.answered
    assert found.answered.status == 206
    assert found.answered.headers["content-range"] == "bytes 599000-599999/600000"
    assert found.body == BODY[599_000:]


def test_only_known_headers_come_back(near: Near, server: LyingServer) -> None:
    """Whatever a server adds stays with the child, and so does what is too long."""
    server.manners = [Manner(headers={"Set-Cookie": "a=b", "X-Odd": "1", "ETag": "e" * 5000})]
    found = near.fetch(asking(server))
    assert found.answered
    assert set(found.answered.headers) == {"content-length", "last-modified"}


def test_nothing_changed_since(near: Near, server: LyingServer) -> None:
    """304 is an answer, with no body."""
    server.manners = [Manner(status=304)]
    found = near.fetch(asking(server, purpose=Purpose.CATALOGUE))
    assert found.answered
    assert (found.answered.status, found.body, found.failure) == (304, b"", None)
    assert found.done


# --- Redirects ------------------------------------------------------------------------------------


def leading(to: str, status: int = 302) -> Manner:
    """An answer that leads elsewhere."""
    return Manner(status=status, headers={"Location": to})


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_that_was_approved(near: Near, server: LyingServer, status: int) -> None:
    """The other host is asked for the same range, and is not told the key."""
    server.manners = [leading(server.url("/signed?x=1", "127.0.0.1"), status)]
    headers = (("Authorization", "Bearer key"), ("Range", "bytes=10-"))
    found = near.fetch(asking(server, hosts=("127.0.0.1",), headers=headers))
    assert found.body == BODY[10:]
    assert found.reached == "127.0.0.1"
    first, second = server.asked
    assert first.headers["authorization"] == "Bearer key"
    assert "authorization" not in second.headers
    assert (second.path, second.offset) == ("/signed?x=1", 10)


def test_a_redirect_that_names_no_host(near: Near, server: LyingServer) -> None:
    """Leads on at the same one."""
    server.manners = [leading("other/place?y")]
    assert near.fetch(asking(server)).body == BODY
    assert server.asked[1].path == "/other/place?y"


def test_redirects_that_were_not_approved(near: Near, server: LyingServer) -> None:
    """Each is refused, and its host is never asked."""
    port = server.port
    bad = (
        f"https://127.0.0.1:{port}/elsewhere",
        f"//127.0.0.1:{port}/elsewhere",
        f"http://localhost:{port}/plain",
        f"https://localhost:{port + 1}/",
        "https://files.localhost.test.evil.test/",
        "file:///etc/passwd",
        "ftp://localhost/",
        "data:text/plain,a",
        f"https://user@localhost:{port}/",
        f"https://localhost:{port}@127.0.0.1/",
        f"https://localhost:{port}\\@127.0.0.1/",
        "https://[::1",
    )
    for place in bad:
        server.manners = [leading(place)]
        found = near.fetch(asking(server, hosts=("*.localhost.test",)))
        assert found.failure is Failure.REDIRECT, place
        assert found.body == b""
    assert len(server.asked) == len(bad)


def test_twenty_hops(near: Near, server: LyingServer) -> None:
    """It gives up after a few, though each of them would be allowed."""
    server.manners = [leading(f"/hop{number}") for number in range(20)]
    found = near.fetch(asking(server))
    assert found.failure is Failure.REDIRECT
    assert len(server.asked) == 6
    assert found.failed
    assert "on and on" in found.failed.message


def test_what_is_sent_goes_to_one_host_only(near: Near) -> None:
    """A body is never sent on, not even to the same host."""

    def talk(connection: socket.socket) -> None:
        hear(connection, until=b"canary")
        connection.sendall(b"HTTP/1.1 307 So\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n")
        assert connection.recv(4096) == b""

    with RawServer(talk) as server:
        found = near.fetch(server.request(method="POST", body=b"canary"))
    assert found.failure is Failure.REDIRECT


# --- TLS ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "words"),
    [("expired", "out of date"), ("name", "not that of localhost"), ("issuer", "vouches")],
)
def test_a_certificate_that_is_not_good(
    near: Near, authority: Authority, tmp_path: Path, fault: str, words: str
) -> None:
    """Nothing is asked of such a server, and the words say what is wrong."""
    signing = Authority(tmp_path, "stranger") if fault == "issuer" else authority
    bad = signing.sign(
        f"bad-{fault}",
        host="elsewhere.test" if fault == "name" else "localhost",
        expired=fault == "expired",
    )
    with LyingServer(BODY, certificate=bad) as server:
        found = near.fetch(asking(server))
    assert found.failure is Failure.TLS
    assert found.failed
    assert words in found.failed.message
    assert server.asked == []


def test_a_server_that_speaks_no_tls(near: Near) -> None:
    """That is no reason to speak plainly."""
    with LyingServer(BODY) as server:
        url = f"https://localhost:{server.port}/a"
        found = near.fetch(NetRequest(Purpose.MODEL, url, max_bytes=9, connect_seconds=0.5))
    assert found.failure in {Failure.TLS, Failure.TIMEOUT}
    assert server.asked == []


def test_plain_http_only_where_it_is_allowed(near: Near) -> None:
    """On this computer, if the request says so."""
    with LyingServer(BODY) as server:
        assert near.fetch(asking(server)).failure is Failure.NOT_HTTP
        assert server.asked == []
        assert near.fetch(asking(server, plain_allowed=True)).body == BODY


# --- Servers that misbehave -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manner", "failure"),
    [
        (Manner(cut_at=300_000), Failure.CUT),
        (Manner(cut_at=300_000, reset=True), Failure.CUT),
        (Manner(cut_at=300_000, chunked=True), Failure.CUT),
        (Manner(raw=b""), Failure.CUT),
        (Manner(raw=b"HTTP/1.1 200 So\r\nContent-Le"), Failure.CUT),
        (Manner(raw=b"220 mail.test ESMTP\r\n\r\n"), Failure.NOT_HTTP),
        (Manner(raw=b"\x00" * 5000), Failure.NOT_HTTP),
        (Manner(raw=b"HTTP/1.1 200 So\r\nA: " + b"a" * 300_000), Failure.NOT_HTTP),
        (Manner(raw=b"HTTP/1.1 200 So\r\nContent-Length: -1\r\n\r\n"), Failure.NOT_HTTP),
        (
            Manner(raw=b"HTTP/1.1 200 So\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n"),
            Failure.NOT_HTTP,
        ),
        (Manner(headers={"Content-Encoding": "gzip"}), Failure.NOT_HTTP),
        (Manner(headers={"Content-Length": "600001"}), Failure.TOO_LARGE),
        (Manner(headers={"Content-Length": "9" * 18}), Failure.TOO_LARGE),
        (Manner(chunked=True, more=1), Failure.TOO_LARGE),
        (Manner(headers={"Content-Length": ""}, more=5_000_000), Failure.TOO_LARGE),
        (Manner(status=204), Failure.STATUS),
        (Manner(status=404), Failure.STATUS),
        (Manner(status=416), Failure.STATUS),
        (Manner(status=500), Failure.STATUS),
        (Manner(status=999), Failure.STATUS),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_server_that_misbehaves(
    near: Near, server: LyingServer, manner: Manner, failure: Failure
) -> None:
    """Each is told apart; never more than was asked for comes through."""
    server.manners = [manner]
    found = near.fetch(asking(server))
    assert found.failure is failure
    assert BODY.startswith(found.body)
    assert found.failed
    assert found.failed.status == manner.status
    assert found.failed.bytes_out, "what was sent is counted, though it failed"
    assert "localhost" in found.failed.message or failure is Failure.STATUS


@pytest.mark.parametrize(
    ("said", "low", "high"),
    [
        ("120", 120, 120),
        ("99999999", 86_400, 86_400),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 86_400, 86_400),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0, 0),
        ("soon", 0, 0),
        ("-5", 0, 0),
        ("٣", 0, 0),
        ("9" * 900, 86_400, 86_400),
    ],
    ids=lambda value: str(value)[:20],
)
def test_when_to_come_again(said: str, low: float, high: float) -> None:
    """Seconds or a date, a day at most; anything else says nothing."""
    assert low <= retry_after({"retry-after": said}) <= high


def test_told_to_wait(near: Near, server: LyingServer) -> None:
    """What 429 says of when reaches the one who asked."""
    server.manners = [Manner(status=429, headers={"Retry-After": "7"})]
    found = near.fetch(asking(server))
    assert found.failed
    assert (found.failure, found.failed.status, found.failed.retry_after) == (
        Failure.STATUS,
        429,
        7.0,
    )


def test_a_server_that_falls_silent(net: Net, server: LyingServer) -> None:
    """In the middle of the body; what came before is handed on."""
    server.manners = [Manner(stall_at=100_000)]
    found = net.fetch(asking(server, read_seconds=0.5))
    assert found.failure is Failure.TIMEOUT
    assert found.body == BODY[:100_000]


def test_nobody_is_there(near: Near) -> None:
    """A closed port, and a name that nobody has."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    closed = NetRequest(Purpose.MODEL, f"https://127.0.0.1:{port}/", max_bytes=9)
    assert near.fetch(closed).failure is Failure.REFUSED
    nameless = NetRequest(Purpose.MODEL, "https://nobody.invalid/", max_bytes=9)
    found = near.fetch(nameless)
    assert found.failure is Failure.NO_NAME
    assert found.failed
    assert (found.failed.bytes_out, found.failed.bytes_in) == (0, 0)


class RawServer:
    """Talks as a function of the connection does, once. A context manager.

    Args:
        talk: Called with the accepted connection.
    """

    def __init__(self, talk: Callable[[socket.socket], None]) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._talk = talk
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(DEADLINE)
        self._listening.close()
        assert not self._thread.is_alive()

    def request(self, **changes: object) -> NetRequest:
        """A request to it, without TLS."""
        url = f"http://127.0.0.1:{self.port}/a"
        plain = NetRequest(Purpose.MODEL, url, max_bytes=10_000, plain_allowed=True)
        return replace(plain, **changes)  # type: ignore[arg-type] # its own fields

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, suppress(OSError):
            connection.settimeout(DEADLINE)
            self._talk(connection)


def hear(connection: socket.socket, until: bytes = b"\r\n\r\n") -> bytes:
    """Read a request's head, or up to some bytes of its body."""
    heard = b""
    while until not in heard:
        heard += connection.recv(4096)
    return heard


def drip(connection: socket.socket, head: bytes, piece: bytes) -> None:
    """Send a head, then a piece of a few bytes again and again, until the other side goes."""
    hear(connection)
    connection.sendall(head)
    connection.settimeout(0.02)
    while True:
        connection.sendall(piece)
        with suppress(TimeoutError):
            if not connection.recv(1):
                return


def test_a_body_that_only_drips(near: Near) -> None:
    """Each byte comes in time, and all of them come to nothing."""
    head = b"HTTP/1.1 200 So\r\nContent-Length: 10000\r\n\r\n"
    with RawServer(lambda connection: drip(connection, head, b"a")) as server:
        found = near.fetch(server.request(stall=(1000, 0.5)))
    assert found.failure is Failure.STALLED
    assert set(found.body) == {ord("a")}


def test_a_head_that_only_drips(net: Net) -> None:
    """There is a time for all of it, though no single read takes long."""
    with RawServer(lambda connection: drip(connection, b"HTTP/1.1 200 So\r\n", b"A: b\r\n")) as one:
        found = net.fetch(one.request(connect_seconds=0.3, read_seconds=0.3))
    assert found.failure is Failure.TIMEOUT


def test_a_time_for_all_of_it(net: Net) -> None:
    """However well it flows."""
    head = b"HTTP/1.1 200 So\r\n\r\n"
    with RawServer(lambda connection: drip(connection, head, b"a" * 10)) as server:
        found = net.fetch(server.request(total_seconds=0.7, max_bytes=10**9))
    assert found.failure is Failure.TIMEOUT
    assert found.failed
    assert found.failed.bytes_in


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a connection's bytes")
@pytest.mark.parametrize("length", [b"Content-Length: 5000\r\n", b""], ids=["length", "no length"])
def test_bytes_are_counted_as_the_other_side_counts_them(near: Near, length: bytes) -> None:
    """To the byte, both ways, whoever hangs up first."""
    heard, answer = b"", b"HTTP/1.1 200 So\r\n" + length + b"\r\n" + b"a" * 5000

    def talk(connection: socket.socket) -> None:
        nonlocal heard
        heard = hear(connection)
        connection.sendall(answer)
        if not length:
            connection.shutdown(socket.SHUT_WR)
        while more := connection.recv(4096):
            heard += more

    with RawServer(talk) as server:
        found = near.fetch(server.request())
    assert found.done == Done(len(heard), len(answer), exact=True)


def test_a_body_is_sent_whole(net: Net) -> None:
    """What was approved arrives, to the byte, larger than any frame."""
    body = random.Random(3).randbytes(700_000)  # noqa: S311 - seeded
    heard = b""

    def talk(connection: socket.socket) -> None:
        nonlocal heard
        while len(heard.partition(b"\r\n\r\n")[2]) < len(body):
            heard += connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 So\r\nContent-Length: 2\r\n\r\nok")

    with RawServer(talk) as server:
        found = net.fetch(server.request(method="POST", body=body))
    head, _, sent = heard.partition(b"\r\n\r\n")
    assert sent == body
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert found.body == b"ok"


# --- Stopping -------------------------------------------------------------------------------------


def test_stopped_from_another_thread(net: Net, server: LyingServer) -> None:
    """At once, with the reason that was given, and with its bytes counted."""
    server.manners = [Manner(stall_at=100_000)]
    transfer = Transfer(net.line(), asking(server))
    heard = 0
    events = transfer.events()
    while heard < 100_000:
        event = next(events)
        heard += len(event.data) if isinstance(event, Data) else 0
    transfer.stop(Failure.LOCAL_ONLY)
    with pytest.raises(TransferFailed) as raised:
        next(events)
    assert raised.value.failure is Failure.LOCAL_ONLY
    assert raised.value.bytes_in is not None
    assert raised.value.bytes_in > 100_000


def test_stopped_before_it_begins(net: Net, server: LyingServer) -> None:
    """Then nothing is asked."""
    transfer = Transfer(net.line(), asking(server))
    transfer.stop(Failure.CANCELLED)
    with pytest.raises(TransferFailed) as raised:
        list(transfer.events())
    assert raised.value.failure is Failure.CANCELLED
    assert server.asked == []


def test_nobody_wants_more_of_it(net: Net, server: LyingServer) -> None:
    """Who goes away in the middle ends it; its last word says how many bytes there were."""
    server.manners = [Manner(stall_at=100_000)]
    transfer = Transfer(net.line(), asking(server))
    events = transfer.events()
    assert isinstance(next(events), Answered)
    heard = transfer.last_word()
    assert heard
    assert heard.failure is Failure.CANCELLED
    assert heard.bytes_out
    events.close()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
def test_it_ends_with_its_parent(authority: Authority, server: LyingServer) -> None:
    """Whose end of the conversation closes when it is killed."""
    server.manners = [Manner(stall_at=100_000)]
    child = subprocess.Popen(
        [sys.executable, "-I", "-m", "assistant.net.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"SSL_CERT_FILE": str(authority.path)},
        cwd=sys.prefix,
    )
    requests, replies = cast("BinaryIO", child.stdin), cast("BinaryIO", child.stdout)
    transfer = Transfer(Line(requests, replies, child.kill), asking(server))
    events = transfer.events()
    next(events)
    requests.close()
    assert child.wait(DEADLINE) == 0
    replies.close()
    with pytest.raises(TransferFailed):
        for _ in events:
            pass


# --- What the child is ----------------------------------------------------------------------------

TRIES = """
import json, os, subprocess, sys
from pathlib import Path
import assistant.net.child
from assistant.net.confined import read_only_system
from assistant.net.tls import trusted_context
from assistant.sealing import landlock
from assistant.sealing.kernel import LinuxKernel
place = Path(sys.argv[1])
ways = {
    "read": lambda: (place / "note").read_text(),
    "list": lambda: os.listdir(place),
    "write": lambda: (place / "note").open("r+").close(),
    "cut": lambda: os.truncate(place / "note", 0),
    "make": lambda: (place / "new").touch(),
    "link": lambda: (place / "link").symlink_to("note"),
    "move": lambda: (place / "note").rename(place / "moved"),
    "remove": lambda: (place / "other").unlink(),
    "start": lambda: subprocess.run(["/bin/true"]),
}
stands = read_only_system()
print(json.dumps([stands, landlock.version(LinuxKernel())]), flush=True)
def tried(way):
    try:
        way()
    except PermissionError:
        return "refused"
    return "done"
found = {name: tried(way) for name, way in ways.items()}
import html.parser, xmlrpc.client
trusted_context()
found["resolver"] = tried(lambda: Path("/etc/resolv.conf").read_text())
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")
def test_it_has_no_file_of_the_persons(tmp_path: Path) -> None:
    """It reads its own program, how names are asked for and certificates, and writes nothing."""
    (tmp_path / "note").write_text("a secret")
    (tmp_path / "other").write_text("another")
    done = subprocess.run(
        [sys.executable, "-I", "-c", TRIES, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said = [json.loads(row) for row in done.stdout.splitlines()]
    stands, version = said[0]
    if not stands:
        pytest.skip(f"Landlock is not in this kernel (version {version})")
    found = said[1]
    assert found.pop("resolver") == "done"
    if version < 3:
        found.pop("cut")
    assert set(found.values()) == {"refused"}, found
    assert (tmp_path / "note").read_text() == "a secret" or version < 3
    assert sorted(it.name for it in tmp_path.iterdir()) == ["note", "other"]


@needs_strace
def test_the_real_child_is_confined(authority: Authority, tmp_path: Path) -> None:
    """Before it is told anything."""
    trace = tmp_path / "trace"
    calls = "trace=landlock_restrict_self,landlock_add_rule,prctl"
    command = ("strace", "-f", "-o", str(trace), "-e", calls)
    done = subprocess.run(
        [*command, sys.executable, "-I", "-m", "assistant.net.child"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={"SSL_CERT_FILE": str(authority.path)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0
    said = trace.read_text()
    if "landlock_add_rule" not in said:
        pytest.skip("Landlock is not in this kernel")
    assert "PR_SET_DUMPABLE, SUID_DUMP_DISABLE" in said
    assert [row for row in said.splitlines() if "landlock_restrict_self" in row and "= 0" in row]


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_nobody_looks_into_it_from_the_first_line_on() -> None:
    """What it imports takes a while: before that it shuts its memory."""
    import assistant.net.child

    body = ast.parse(Path(assistant.net.child.__file__).read_text()).body
    future, first = body[1], body[2]  # after its docstring
    assert isinstance(future, ast.ImportFrom)
    assert future.module == "__future__"
    assert isinstance(first, ast.If)
    assert ast.unparse(first.test) == "__name__ == '__main__'"
    assert ast.unparse(first.body[-1]) == "harden_process()"


def test_it_holds_nothing_of_the_rest_of_hush() -> None:
    """No vault, no window, no model is even loaded; and it says so by what it imported."""
    code = (
        "import sys, assistant.net.child as c; [load() for load in c.HANDLERS.values()];"
        "bad = [m for m in sys.modules if m.split('.')[0] in"
        " {'PySide6', 'sqlcipher3', 'llama_cpp', 'keyring', 'numpy', 'ui', 'models'}"
        " or m.startswith(('assistant.store', 'assistant.access', 'assistant.app'))];"
        "print(','.join(bad))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"J",
        b"J\x00\x00\x00\x02{}",
        b"D\x00\x00\x00\x01a",
        b"J\xff\xff\xff\xff",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=range(6),
)
def test_a_request_that_is_none(raw: bytes) -> None:
    """It ends, quietly, and opens nothing."""
    done = subprocess.run(
        [sys.executable, "-I", "-m", "assistant.net.child"],
        input=raw,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.stderr == b""
    assert b"connecting" not in done.stdout


# --- Proxies --------------------------------------------------------------------------------------


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_through_a_proxy(authority: Authority, server: LyingServer, variable: str) -> None:
    """It sees a host and a port, and TLS goes through it; the certificate is still checked."""
    with Tunnel() as tunnel:
        proxy = f"http://me:secret@127.0.0.1:{tunnel.port}"
        found = Net(authority.path, **{variable: proxy}).fetch(asking(server))
    assert found.body == BODY
    (told,) = tunnel.asked
    assert told.startswith(f"CONNECT localhost:{server.port} ".encode())
    assert b"Proxy-Authorization: Basic" in told
    assert b"model.gguf" not in told
    assert "proxy-authorization" not in server.asked[0].headers


def test_not_through_a_proxy(authority: Authority, server: LyingServer) -> None:
    """Where the system says that this host needs none."""
    nobody = {"HTTPS_PROXY": "http://127.0.0.1:1", "NO_PROXY": "elsewhere.test,localhost"}
    assert Net(authority.path, **nobody).fetch(asking(server)).body == BODY


@pytest.mark.parametrize(
    "proxy", ["http://127.0.0.1:1", "socks5://127.0.0.1:1", "http://[", "x://y"]
)
def test_a_proxy_that_is_not_there(authority: Authority, server: LyingServer, proxy: str) -> None:
    """Is no reason to go past it."""
    found = Net(authority.path, HTTPS_PROXY=proxy).fetch(asking(server))
    assert found.failure is Failure.PROXY
    assert server.asked == []


def test_this_computer_is_never_reached_through_a_proxy(authority: Authority) -> None:
    """Without TLS it would read along."""
    with LyingServer(BODY) as server:
        away = Net(authority.path, HTTP_PROXY="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1")
        assert away.fetch(asking(server, plain_allowed=True)).body == BODY


def test_a_proxy_that_refuses(authority: Authority, server: LyingServer) -> None:
    """Likewise."""
    with Tunnel(refuses=True) as tunnel:
        proxy = f"http://127.0.0.1:{tunnel.port}"
        found = Net(authority.path, HTTPS_PROXY=proxy).fetch(asking(server))
    assert found.failure is Failure.PROXY
    assert server.asked == []
