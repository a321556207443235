"""Leaks, planted: each is a program that tries to carry a word out, in its own way."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

ROOT: Final = Path(__file__).parent.parent.parent
DEADLINE: Final = 60.0

_SEALED: Final = "from assistant.sealing.choose import install\ninstall()\n"
_AUDITED: Final = "from assistant.children.offline import refuse_network\nrefuse_network()\n"

# Each has the word (bytes) and a port of this machine where somebody listens. It ends with an
# error where it was not let out, and with 0 where it was.
PLANTS: Final[Mapping[str, str]] = {
    # The one that every detector must catch.
    "connection": """
import socket
with socket.create_connection(("127.0.0.1", port), 10) as out:
    out.sendall(word)
""",
    "datagram": """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
    out.sendto(word, ("127.0.0.1", port))
""",
    "thread": """
import socket, threading
failed = []
def leak():
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as out:
            out.sendall(word)
    except OSError as error:
        failed.append(error)
thread = threading.Thread(target=leak)
thread.start()
thread.join()
if failed:
    raise failed[0]
""",
    "child": """
import subprocess, sys
code = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 10)"
code += ".sendall(sys.argv[2].encode())"
subprocess.run([sys.executable, "-c", code, str(port), word.decode()], check=True,
    stderr=subprocess.DEVNULL)
""",
    # Past Python: its audit hears nothing of these two.
    "library": """
import ctypes, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
out = libc.socket(2, 1, 0)
there = struct.pack("=HH4s8x", 2, socket.htons(port), bytes((127, 0, 0, 1)))
if out < 0 or libc.connect(out, there, 16) or libc.send(out, word, len(word), 0) < 0:
    raise OSError(ctypes.get_errno(), "refused")
""",
    "qt": """
from PySide6.QtCore import QCoreApplication
from PySide6.QtNetwork import QTcpSocket
application = QCoreApplication([])
out = QTcpSocket()
out.connectToHost("127.0.0.1", port)
if not out.waitForConnected(10_000):
    raise OSError("refused")
out.write(word)
out.waitForBytesWritten(10_000)
out.disconnectFromHost()
""",
    # Names: what asks for one has said it to somebody.
    "name": """
import socket
socket.getaddrinfo(word.decode() + ".invalid", port)
""",
    "resolver": """
import socket
with socket.socket(socket.AF_UNIX) as out:
    out.connect("/run/systemd/resolve/io.systemd.Resolve")
""",
    # Makes sockets without ``socket``; to make the ring is enough to be caught.
    "ring": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
ring = libc.syscall(425, 4, ctypes.create_string_buffer(120))
if ring < 0:
    raise OSError(ctypes.get_errno(), "refused")
os.close(ring)
""",
    "nothing": "",
}

TRIPPED: Final = b"PermissionError: this process has no network"

CARRIES: Final = ("connection", "datagram", "thread", "child", "library", "qt")
"""Those whose word arrives, where nothing stops them."""


class Listener:
    """Hears what arrives at a port of this machine, by either way."""

    def __init__(self) -> None:
        self._stream = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._stream.getsockname()[1]
        self._datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._datagram.bind(("127.0.0.1", self.port))
        self._heard = b""
        self._ended = False
        self._threads = [
            threading.Thread(target=work) for work in (self._take_stream, self._take_datagram)
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> bytes:
        """Stop; all that was heard."""
        if not self._ended:
            self._ended = True
            socket.create_connection(("127.0.0.1", self.port)).close()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", self.port))
            for thread in self._threads:
                thread.join(DEADLINE)
            self._stream.close()
            self._datagram.close()
        return self._heard

    def _take_stream(self) -> None:
        while True:
            with self._stream.accept()[0] as line:
                line.settimeout(DEADLINE)
                said = b""
                while more := line.recv(4096):
                    said += more
                self._heard += said
            if self._ended and not said:
                return

    def _take_datagram(self) -> None:
        while said := self._datagram.recv(4096):
            self._heard += said

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


def leak(
    plant: str,
    word: str,
    port: int,
    *,
    prefix: Sequence[str] = (),
    sealed: bool = False,
) -> bool:
    """Run a plant to its end; whether it was let out, as far as it knows.

    Args:
        plant: One of ``PLANTS``.
        word: What it carries.
        port: Where it carries it.
        prefix: A command to run it under.
        sealed: Seal it first, as Hush is.
    """
    return not _run(plant, word, port, prefix=prefix, sealed=sealed).returncode


def trips(plant: str, word: str, port: int) -> bool:
    """Whether a plant trips over the wire that children have which take files apart.

    It is the wire's own exception that counts: a plant may fail by itself.
    """
    done = _run(plant, word, port, audited=True)
    return bool(done.returncode) and TRIPPED in done.stderr.splitlines()


def _run(
    plant: str,
    word: str,
    port: int,
    *,
    prefix: Sequence[str] = (),
    sealed: bool = False,
    audited: bool = False,
) -> subprocess.CompletedProcess[bytes]:
    code = (_SEALED if sealed else "") + (_AUDITED if audited else "")
    code += f"word, port = {word.encode()!r}, {port}\n{PLANTS[plant]}"
    return subprocess.run(
        [*prefix, sys.executable, "-c", code],
        cwd=ROOT,
        env={name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
