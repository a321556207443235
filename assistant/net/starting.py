"""How a sealed process starts net children: through a broker that began before the seal."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol, cast

from assistant.errors import NetworkRefused
from assistant.net import broker

_ANSWER_SECONDS: Final = 3.0  # it takes milliseconds; opening an address up to a second
_TURN_SECONDS: Final = 7.0  # longer than one question may take: sending it, and its answer
_MAX_HEARD: Final = 4096  # bytes before an answer, or it is none
_END_SECONDS: Final = 1.0
_GONE: Final = "The part of Hush that starts transfers has ended, so nothing can be fetched now."
_NOT_STARTED: Final = "The part of Hush that starts transfers could not be started."
_AGAIN: Final = "Close Hush and open it again."
_NO_MORE: Final = "Another transfer could not be started."
_LATER: Final = "Try again when one has ended."


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation with a net child.

    Attributes:
        requests: What the child reads. Buffered: flush.
        replies: What the child says; ends with it.
        close: Ends the child at once. On any thread, also while another one reads or writes;
            safe to call twice.
    """

    requests: BinaryIO
    replies: BinaryIO
    close: Callable[[], None]


class NetStarter(Protocol):
    """Starts net children. The seal does not let a process do it for itself; any thread."""

    @property
    def reason(self) -> str:
        """Empty where children can be started, else why not, as a sentence."""

    def start(self) -> Line:
        """Start a child that waits for its request.

        Raises:
            NetworkRefused: none can be started.
        """

    def open_address(self, address: str) -> bool:
        """Hand a link's address to the desktop's browser, unsealed; whether it was taken.

        Web, mail and telephone addresses only. Takes up to a second.
        """


@dataclass(frozen=True, slots=True)
class PassedOn:
    """What goes on with the image that takes this process's place.

    Attributes:
        pid: The broker's process number.
        descriptor: Of the conversation with it.
    """

    pid: int
    descriptor: int


class NoStarter:
    """Starts nothing.

    Args:
        reason: Why, as a sentence.
    """

    def __init__(self, reason: str = _NOT_STARTED) -> None:
        self._reason = reason

    @property
    def reason(self) -> str:
        """See ``NetStarter.reason``."""
        return self._reason

    def start(self) -> Line:
        """See ``NetStarter.start``."""
        raise NetworkRefused(self._reason, _AGAIN)

    def open_address(self, address: str) -> bool:
        """See ``NetStarter.open_address``."""
        del address
        return False


class DirectStarter:
    """Starts children itself: where no process is sealed.

    Args:
        child: Starts one.
        environment: What the children's is taken from.
    """

    def __init__(
        self, child: Sequence[str] = broker.CHILD, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._child = tuple(child)
        self._environment = environment

    @property
    def reason(self) -> str:
        """See ``NetStarter.reason``."""
        return ""

    def start(self) -> Line:
        """See ``NetStarter.start``."""
        kept = broker.KEPT_VARIABLES
        try:
            process = subprocess.Popen(
                self._child,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: self._environment[name] for name in kept if name in self._environment},
                cwd=sys.prefix,
                start_new_session=True,
            )
        except OSError as error:
            raise NetworkRefused(_NO_MORE, _LATER) from error
        # Both are there: they were asked for.
        requests, replies = cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)

        def close() -> None:
            process.kill()
            process.wait()
            _close(requests, replies)

        return Line(requests, replies, close)

    def open_address(self, address: str) -> bool:
        """See ``NetStarter.open_address``. Windows alone has no broker to do it."""
        if sys.platform != "win32" or not broker.may_be_opened(address):
            return False
        try:
            os.startfile(address)  # noqa: S606 # an address of a link's scheme
        except OSError:
            return False
        return True


class BrokerStarter:
    """Asks the broker.

    Args:
        control: The conversation with it.
        process: It, where this process started it.
    """

    def __init__(
        self, control: socket.socket, process: subprocess.Popen[bytes] | None = None
    ) -> None:
        self._turn = threading.Lock()
        self._process = process
        self._control: socket.socket | None = control
        self._is_passed_on = False
        # Whoever had this conversation before may have gone between a question and its answer,
        # which then comes to this one; it does not begin with what this one's questions do.
        self._marks = (f"{os.urandom(4).hex()}{turn:x}" for turn in itertools.count())
        control.settimeout(_ANSWER_SECONDS)

    @classmethod
    def begin(cls, program: Path = Path(broker.__file__)) -> BrokerStarter:
        """Start a broker. To be called before the seal; returns at once.

        Args:
            program: The broker's.

        Raises:
            OSError: the system refuses.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                process = subprocess.Popen(
                    (sys.executable, "-I", "-S", str(program)),
                    stdin=theirs.fileno(),
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    # The desktop's variables stay: a browser needs them. Which profile is nobody's.
                    env={key: at for key, at in os.environ.items() if not key.startswith("HUSH_")},
                    cwd=sys.prefix,
                    start_new_session=True,  # Ctrl+C in a terminal is not for it
                )
        except BaseException:
            ours.close()
            raise
        return cls(ours, process)

    @property
    def reason(self) -> str:
        """See ``NetStarter.reason``. Never waits: while somebody asks, the broker was there."""
        if self._turn.acquire(blocking=False):
            try:
                self._look()
            finally:
                self._turn.release()
        return "" if self._control else f"{_GONE} {_AGAIN}"

    def known(self) -> PassedOn | None:
        """Ask the broker for its number; None where it is gone."""
        pid = self._ask(b"who")
        control = self._control
        return PassedOn(pid, control.fileno()) if pid and control else None

    def passed_on(self) -> PassedOn | None:
        """End all children, and leave the broker to the image that takes this process's place.

        This was the last turn: a question whose answer came after ``exec`` would leave the next
        image with it. Waits for one that is being asked. None where the broker is gone, or keeps
        silent.
        """
        self._is_passed_on = True  # who waits for a turn gets none
        if not self._turn.acquire(timeout=_TURN_SECONDS):
            return None
        try:
            self._spoken(b"end all")
            pid, control = self._spoken(b"who"), self._control
            return PassedOn(pid, control.fileno()) if pid and control else None
        finally:
            self._turn.release()

    def start(self) -> Line:
        """See ``NetStarter.start``."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with theirs:
                number = self._ask(b"start", theirs.fileno())
            if not number:
                raise NetworkRefused(*((_NO_MORE, _LATER) if self._control else (_GONE, _AGAIN)))
        except BaseException:
            ours.close()
            raise
        return self._line(ours, number)

    def open_address(self, address: str) -> bool:
        """See ``NetStarter.open_address``."""
        return broker.may_be_opened(address) and self._ask(f"open {address}".encode()) is not None

    def close(self) -> None:
        """End the broker and what it started. Safe to call twice."""
        with self._turn:
            self._lose()
        if self._process:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _line(self, ours: socket.socket, number: int) -> Line:
        requests, replies = ours.makefile("wb"), ours.makefile("rb")
        once = threading.Lock()

        def close() -> None:
            if not once.acquire(blocking=False):
                return
            with suppress(OSError):  # wakes who reads or writes here; the child sees the end, too
                ours.shutdown(socket.SHUT_RDWR)
            self._ask(b"end %d" % number)  # also where it does not want to see it
            _close(requests, replies)
            ours.close()

        return Line(requests, replies, close)

    def _ask(self, request: bytes, descriptor: int | None = None) -> int | None:
        """Ask when it is one's turn; see ``_spoken``."""
        with self._turn:
            return None if self._is_passed_on else self._spoken(request, descriptor)

    def _spoken(self, request: bytes, descriptor: int | None = None) -> int | None:
        """Ask, and wait: the number in the answer, 0 without one; None for a no, or for none."""
        if not self._control:
            return None
        mark = next(self._marks).encode()
        try:
            sent = [] if descriptor is None else [descriptor]
            socket.send_fds(self._control, [mark + b" " + request + b"\n"], sent)
            answer = self._answer_to(mark, self._control)
        except OSError:  # gone, or so late that nobody waits for it any more
            self._lose()
            return None
        word, _, number = answer.partition(" ")
        if word != "ok":
            return None
        return int(number) if number.isdecimal() else 0

    @staticmethod
    def _answer_to(mark: bytes, control: socket.socket) -> str:
        """What is answered to the question with this mark; others' answers are passed over.

        Raises:
            OSError: nothing is.
        """
        heard = b""
        while not (heard.endswith(b"\n") and heard.splitlines()[-1].startswith(mark + b" ")):
            more = control.recv(64)
            if not more or len(heard) > _MAX_HEARD:
                raise ConnectionError
            heard += more
        return heard.splitlines()[-1][len(mark) + 1 :].decode("ascii", "replace")

    def _look(self) -> None:
        """Notice where the broker has hung up."""
        if not self._control:
            return
        try:
            self._control.setblocking(False)
            is_over = self._control.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            is_over = False
        except OSError:
            is_over = True
        self._control.settimeout(_ANSWER_SECONDS)
        if is_over:
            self._lose()

    def _lose(self) -> None:
        control, self._control = self._control, None
        if control:
            control.close()


def begin_network(descriptor: int | None = None) -> NetStarter:
    """Get ready to start net children. To be called before the seal; never raises.

    Args:
        descriptor: Of the conversation with a broker that the process before this one began, which
            this one replaced; see ``ui/lock/relaunch.py``. None begins one.
    """
    if sys.platform == "win32":  # where nothing is sealed
        return DirectStarter()
    try:
        if descriptor is None:
            return BrokerStarter.begin()
        os.set_inheritable(descriptor, False)
        known = BrokerStarter(socket.socket(fileno=descriptor))
    except OSError:
        return NoStarter()
    if not known.known():
        known.close()
        return NoStarter()
    return known


def passed_on(net: NetStarter) -> PassedOn | None:
    """What a process that is replaced leaves to the new one; None where that begins its own.

    Nothing can be started in this one after it; see ``BrokerStarter.passed_on``.
    """
    return net.passed_on() if isinstance(net, BrokerStarter) else None


def _close(*files: BinaryIO) -> None:
    for file in files:
        with suppress(OSError):  # what was not sent stays unsent
            file.close()
