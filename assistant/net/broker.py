"""Starts net children for a Hush that is sealed. A program of its own: standard library only.

The seal is inherited, so whoever is sealed can start nobody who may reach out. This process was
started before the seal, by its path, with ``python -I -S``. It has no vault, no key, no Qt and no
argument; its one conversation is a stream socket in the place of its stdin, and it ends with it.
One line is one request; what it does is in ``_ANSWERS``, and there is nothing else. A request
begins with a mark of the asker's own, and so does its answer: whoever goes on with a conversation
that another one broke off knows an answer that is not for it. After the mark::

    start + one descriptor   a net child with that socket as its stdin and stdout   ok NUMBER | no
    end NUMBER               ends such a child at once                              ok | no
    end all                  ends all of them, and waits until they are gone        ok | no
    open ADDRESS             hands an address to the desktop's browser              ok | no
    who                                                                             ok NUMBER
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

MAX_CHILDREN: Final = 4
MAX_ADDRESS: Final = 8192  # characters; a longer one is none that a person reads
MAX_LINE: Final = MAX_ADDRESS + 64  # bytes of a request
MAX_MARK: Final = 16  # characters of what begins it
SCHEMES: Final = ("http", "https", "mailto", "tel")  # what a link in Hush may lead to

CHILD: Final = (sys.executable, "-I", "-m", "assistant.net.child")
_PROXIES: Final = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
KEPT_VARIABLES: Final = (
    *("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *_PROXIES,
    *(name.lower() for name in _PROXIES),
)

_OPENING_SECONDS: Final = 1.0
"""In which a program that opens addresses says that it cannot. Some of them stay while the
browser does."""

_LOOK_SECONDS: Final = 0.02
_REAP_SECONDS: Final = 1.0
_GONE_SECONDS: Final = 1.0  # until a child that was killed is; it takes milliseconds
_PR_SET_DUMPABLE: Final = 4  # linux/prctl.h


class Broker:
    """Answers one line after the other.

    Args:
        control: The conversation.
        child: Starts a net child.
        environment: This process's own.
    """

    def __init__(
        self, control: socket.socket, child: Sequence[str], environment: Mapping[str, str]
    ) -> None:
        self._control = control
        self._child = list(child)
        self._environment = dict(environment)
        self._children: set[int] = set()  # process numbers, each until it is reaped
        self._openers: set[int] = set()

    def serve(self) -> None:
        """Serve to the end of the conversation; then its children end, too."""
        heard = b""
        held: list[int] = []  # descriptors of the line that is being heard
        try:
            while len(heard) <= MAX_LINE:
                line, newline, rest = heard.partition(b"\n")
                if newline:
                    descriptors, held = held, []
                    self._control.sendall(self._answer(line, descriptors) + b"\n")
                    heard = rest
                    continue
                data, more = self._receive()
                held += more
                if not data:
                    break
                heard += data
        finally:
            with suppress(OSError):
                self._end_all()

    def _receive(self) -> tuple[bytes, list[int]]:
        while not select.select(
            [self._control], [], [], _REAP_SECONDS if self._children | self._openers else None
        )[0]:
            self._reap()
        # Not inherited by the next child, where the system can say so at once.
        flags = getattr(socket, "MSG_CMSG_CLOEXEC", 0)
        data, descriptors, _, _ = socket.recv_fds(self._control, MAX_LINE, 8, flags)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        return data, descriptors

    def _answer(self, line: bytes, descriptors: list[int]) -> bytes:
        mark, _, asked = line.decode("ascii", "replace").partition(" ")
        word, _, rest = asked.partition(" ")
        answer = _ANSWERS.get(word)
        if not mark.isalnum() or len(mark) > MAX_MARK:
            mark, answer = "-", None
        try:
            said = answer(self, rest, descriptors) if answer else b"no"
        # The system refuses: a program that is not there, no process more. Nothing that is asked
        # may end this process: no other one could be begun.
        except (OSError, ValueError):
            said = b"no"
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return mark.encode("ascii", "replace") + b" " + said

    def _start(self, _: str, descriptors: list[int]) -> bytes:
        self._reap()
        if len(descriptors) != 1 or len(self._children) >= MAX_CHILDREN:
            return b"no"
        (line,) = descriptors
        if not stat.S_ISSOCK(os.fstat(line).st_mode):
            return b"no"
        known = self._environment
        kept = {name: known[name] for name in KEPT_VARIABLES if name in known}
        ends = [(os.POSIX_SPAWN_DUP2, line, 0), (os.POSIX_SPAWN_DUP2, line, 1)]
        number = os.posix_spawn(self._child[0], self._child, kept, file_actions=ends)
        self._children.add(number)
        return b"ok %d" % number

    def _end(self, number: str, _: list[int]) -> bytes:
        """End a child that it started and that is still there: a number may have a new owner."""
        self._reap()
        if number == "all":
            return self._end_all()
        for known in self._children:
            if str(known) == number:
                os.kill(known, signal.SIGKILL)
                return b"ok"
        return b"no"

    def _end_all(self) -> bytes:
        for number in self._children:
            os.kill(number, signal.SIGKILL)
        end = time.monotonic() + _GONE_SECONDS
        while self._children and time.monotonic() < end:
            self._reap()
            time.sleep(_LOOK_SECONDS if self._children else 0)
        return b"no" if self._children else b"ok"

    def _open(self, address: str, _: list[int]) -> bytes:
        if not may_be_opened(address):
            return b"no"
        opener = opener_of(sys.platform)
        number = os.posix_spawnp(opener, [opener, address], self._environment)
        end = time.monotonic() + _OPENING_SECONDS
        while time.monotonic() < end:
            done, status = os.waitpid(number, os.WNOHANG)
            if done:
                return b"no" if status else b"ok"
            time.sleep(_LOOK_SECONDS)
        self._openers.add(number)
        return b"ok"

    def _who(self, _: str, __: list[int]) -> bytes:
        return b"ok %d" % os.getpid()

    def _reap(self) -> None:
        for known in (self._children, self._openers):
            for number in list(known):
                with suppress(ChildProcessError):
                    if not os.waitpid(number, os.WNOHANG)[0]:
                        continue
                known.discard(number)


_ANSWERS: Final[Mapping[str, Callable[[Broker, str, list[int]], bytes]]] = {
    "start": Broker._start,
    "end": Broker._end,
    "open": Broker._open,
    "who": Broker._who,
}


def may_be_opened(address: str) -> bool:
    """Whether an address is a link's: its scheme, its length and each of its characters."""
    scheme, colon, rest = address.partition(":")
    is_plain = all("!" <= character <= "~" for character in address)
    return bool(colon and rest and is_plain) and scheme in SCHEMES and len(address) <= MAX_ADDRESS


def opener_of(platform: str) -> str:
    """The program that hands an address to the desktop."""
    return "/usr/bin/open" if platform == "darwin" else "xdg-open"


def main() -> None:
    """Take stdin for the conversation, and let nobody else in."""
    with suppress(OSError, AttributeError):  # Linux only: nobody traces it, or writes its memory
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    with suppress(OSError):  # the window was killed, or replaced by one that wants no broker
        Broker(control, CHILD, os.environ).serve()


if __name__ == "__main__":
    main()
