"""strace as a witness: every call by which a program of Hush could come to a socket, or use one."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")

_CALLS: Final = (
    "socket,socketpair,connect,bind,sendto,sendmsg,sendmmsg,recvmsg,write,writev,"
    "io_uring_setup,pidfd_getfd,execve"
)
_WAIT_SECONDS: Final = 30.0

_CALL: Final = re.compile(r"^(?P<pid>\d+) +(?P<rest>.*)$")
_UNFINISHED: Final = " <unfinished ...>"
_RESUMED: Final = re.compile(r"^<\.\.\. \w+ resumed>(?P<rest>.*)$")
_MADE: Final = re.compile(r"^(?:socket|socketpair)\((?P<family>\w+)")
_PROOF: Final = re.compile(r"^socket\(AF_INET6?, .*\b(?:0xfd|253)\b.*\) = -1 E(?:ACCES|PERM)\b")
_INTERNET: Final = re.compile(r"<(?:TCP|UDP|RAW|ICMP|PING|NETLINK|PACKET|SCTP|DCCP)\w*:")
_RESOLVERS: Final = re.compile(
    r'sun_path=@?"[^"]*(?:systemd/resolve|io\.systemd\.Resolve|avahi-daemon|dnsmasq|unbound)'
)
_RESOLVE_SERVICE: Final = re.compile(r"org\.freedesktop\.resolve1|org\.freedesktop\.Avahi")
_NSCD_HOSTS: Final = re.compile(r'\bnscd/socket.*"\\2\\0\\0\\0\\(?:[4567]|r|16)\\0\\0\\0')
"""A question of glibc to its cache (nscd-client.h): version 2, then what of; these are hosts.
Users' names are asked for in the same way, and those stay here."""

_TAKEN: Final = re.compile(r"^(?:io_uring_setup|pidfd_getfd)\(.*\) = \d+")
_SEEN: Final = re.compile(r"^(\d+) ", re.MULTILINE)
_BECAME: Final = re.compile(r"superseded by execve in pid (\d+)")
_ENDED: Final = re.compile(r"^(\d+) +\+\+\+ (?:exited|killed|superseded)", re.MULTILINE)


class Tracer:
    """What strace saw of a program, its threads and its children.

    Args:
        trace: strace's report; it grows while the program runs.
    """

    def __init__(self, trace: Path) -> None:
        self._trace = trace

    @property
    def prefix(self) -> list[str]:
        """Runs a command under strace; its process keeps the number that it was started with."""
        watched = ["-yy", "-s", "160", "-e", f"trace={_CALLS}", "-e", "signal=kill"]
        return ["strace", "-D", "-f", "-q", *watched, "-o", str(self._trace)]

    def wait(self) -> None:
        """Until all has been reported: strace is another process, and comes behind."""
        end = time.monotonic() + _WAIT_SECONDS
        while not self._is_over():
            assert time.monotonic() < end, "strace never saw the end"
            time.sleep(0.02)

    def leaks(self) -> list[str]:
        """Calls that reach out, try to, or could; not the seal's own proof that it cannot."""
        return [call for _, call in self.leaks_by_thread()]

    def leaks_by_thread(self) -> list[tuple[str, str]]:
        """The same, each with the number of the thread that made it."""
        return [(thread, call) for thread, call in self._calls() if _is_leak(call)]

    def sockets(self) -> int:
        """How many sockets, of those that can reach out, came to be."""
        return sum(bool(_MADE.match(call)) and " = -1 " not in call for call in self.leaks())

    def proofs(self) -> int:
        """How often a process of Hush tried its seal, and was refused."""
        return sum(bool(_PROOF.match(call)) for _, call in self._calls())

    def started(self, words: str) -> list[str]:
        """The numbers of the programs that were started with these words in their command."""
        return [
            process
            for process, call in self._calls()
            if call.startswith("execve(") and words in call and call.endswith(" = 0")
        ]

    def _is_over(self) -> bool:
        text = self._trace.read_text(errors="replace") if self._trace.exists() else ""
        seen = set(_SEEN.findall(text))
        # A thread that replaces the process takes its number: its own is never heard of again.
        return bool(seen) and seen <= {*_ENDED.findall(text), *_BECAME.findall(text)}

    def _calls(self) -> Iterator[tuple[str, str]]:
        """Every call, by whom, in one piece: one that waited is reported in two."""
        begun: dict[str, str] = {}
        with self._trace.open(errors="replace") as rows:
            for row in rows:
                if not (found := _CALL.match(row.rstrip("\n"))):
                    continue
                pid, call = found["pid"], found["rest"]
                if call.endswith(_UNFINISHED):
                    begun[pid] = call.removesuffix(_UNFINISHED)
                    continue
                if resumed := _RESUMED.match(call):
                    call = begun.pop(pid, "") + resumed["rest"]
                yield pid, call
        yield from begun.items()  # the process was ended in the middle


def _is_leak(call: str) -> bool:
    if made := _MADE.match(call):
        return made["family"] != "AF_UNIX" and not _PROOF.match(call)
    return any(
        pattern.search(call)
        for pattern in (_INTERNET, _RESOLVERS, _RESOLVE_SERVICE, _NSCD_HOSTS, _TAKEN)
    )
