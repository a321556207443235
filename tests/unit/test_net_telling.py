"""The net child's words: one after the other, one last one, and none after it."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator

import pytest

from assistant.net.framing import read_frame
from assistant.net.records import Failure
from assistant.net.telling import Broken, Telling


def words(stream: io.BytesIO) -> list[object]:
    """All that was said."""
    stream.seek(0)
    found: list[object] = []
    while (frame := read_frame(stream)) is not None:
        found.append(frame["op"] if isinstance(frame, dict) else frame)
    return found


@pytest.fixture
def stream() -> io.BytesIO:
    """To a parent that takes everything."""
    return io.BytesIO()


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """A connection to somewhere, and nobody who closes it."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as ours,
        server.accept()[0],
    ):
        yield ours


def test_nothing_is_said_after_the_last_word(stream: io.BytesIO) -> None:
    """Whatever another thread still has to say."""
    telling = Telling(stream)
    telling.connecting("models.test")
    telling.answered(200, "https://models.test/", {})
    telling.data(b"a")
    telling.ended()
    telling.data(b"b")
    telling.failed(Broken(Failure.CUT))
    telling.connecting("elsewhere.test")
    assert words(stream) == ["connecting", "answered", b"a", "ended"]


def test_a_stop_is_the_reason_of_what_breaks_by_it(
    stream: io.BytesIO, connection: socket.socket
) -> None:
    """The connection is cut, the reason said, the process ended; what it breaks says no other."""
    left: list[int] = []
    telling = Telling(stream, left.append)
    telling.count.watch(connection)
    telling.stop(Failure.TIMEOUT)
    assert connection.recv(1) == b""
    telling.failed(Broken(Failure.CUT))
    assert left == [0]
    stream.seek(0)
    said = read_frame(stream)
    assert isinstance(said, dict)
    assert (said["op"], said["failure"]) == ("failed", "timeout")
    assert read_frame(stream) is None


def test_an_end_that_is_a_cut_of_ours_is_none(
    stream: io.BytesIO, connection: socket.socket
) -> None:
    """A body without a length ends with its connection: also when we cut that."""
    telling = Telling(stream, lambda _: None)
    telling.count.watch(connection)
    held = threading.Lock()
    telling._turn = held
    with held:  # the last word cannot be said now
        stopping = threading.Thread(target=telling.stop, args=(Failure.CANCELLED,))
        stopping.start()
        assert connection.recv(1) == b""
        stopping.join()
    telling.ended()
    assert words(stream) == ["failed"]


def test_a_connection_that_comes_after_the_cut_is_cut(
    stream: io.BytesIO, connection: socket.socket
) -> None:
    """Nothing goes out any more."""
    telling = Telling(stream, lambda _: None)
    telling.count.cut()
    telling.count.watch(connection)
    assert connection.recv(1) == b""
    telling.count.close()


def test_no_connection_is_nothing_sent(stream: io.BytesIO) -> None:
    """And that is exact."""
    Telling(stream).failed(Broken(Failure.NO_NAME))
    stream.seek(0)
    said = read_frame(stream)
    assert isinstance(said, dict)
    assert (said["bytes_out"], said["bytes_in"], said["exact"]) == (0, 0, True)
