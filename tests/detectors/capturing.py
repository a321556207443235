"""tcpdump as a witness: what really lay on the wire, word for word."""

from __future__ import annotations

import functools
import os
import select
import shutil
import socket
import subprocess
import time
from types import TracebackType
from typing import Final, Self

import pytest

_SECONDS: Final = 20.0


@functools.cache
def _problem() -> str:
    if not shutil.which("tcpdump"):
        return "tcpdump is not installed"
    tried = subprocess.run(
        ["tcpdump", "-i", "lo", "-c", "1", "--version"],  # noqa: S607 # looked for above
        capture_output=True,
        check=False,
    )
    if tried.returncode or os.geteuid():
        return "this user may not look at packets"
    return ""


def require_capture() -> None:
    """Skip the test where packets cannot be looked at."""
    if problem := _problem():
        pytest.skip(problem)


def may_capture() -> bool:
    """Whether packets can be looked at."""
    return not _problem()


class Capture:
    """All packets from and to a port of this machine. Use as a context manager.

    Args:
        port: Whose; -1 for all there are, in a network of the test's own.
        interface: Where; ``lo`` is this machine's own.
    """

    def __init__(self, port: int, interface: str = "lo") -> None:
        self._port = port
        which = [] if port < 0 else ["port", str(port)]
        # As root, or it gives up the right to what it has just opened; each packet at once.
        options = ["-i", interface, "-Z", "root", "-U", "--immediate-mode", "-s", "0", "-w", "-"]
        self._process = subprocess.Popen(
            ["tcpdump", *options, *which],  # noqa: S607 # looked for before
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._seen = b""
        self._wait_for(self._process.stderr, b"listening on")

    def end(self) -> bytes:
        """Stop; all that was seen, packets with their headers. A mark goes last, as a proof."""
        assert self._process.stdout
        mark = b"the end of what was captured " + os.urandom(8).hex().encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(mark, ("127.0.0.1", max(self._port, 9)))
        self._seen += self._wait_for(self._process.stdout, mark)
        self._process.terminate()
        self._process.communicate(timeout=_SECONDS)
        return self._seen.partition(mark)[0]

    def _wait_for(self, stream: object, words: bytes) -> bytes:
        descriptor = stream.fileno()  # type: ignore[attr-defined] # a pipe, asked for above
        end = time.monotonic() + _SECONDS
        heard = b""
        while words not in heard:
            left = end - time.monotonic()
            assert left > 0, "tcpdump kept silent"
            assert select.select([descriptor], [], [], left)[0], "tcpdump kept silent"
            more = os.read(descriptor, 65536)
            assert more, f"tcpdump ended: {heard!r}"
            heard += more
        return heard

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
