"""The five detectors, each as one question: does it catch this plant?"""

from __future__ import annotations

import functools
import secrets
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.detectors.capturing import Capture, may_capture
from tests.detectors.plants import CARRIES, PLANTS, Listener, leak, trips
from tests.detectors.tracing import Tracer


def caught_by_strace(plant: str, folder: Path) -> bool:
    """It names the call."""
    tracer = Tracer(folder / f"trace-{secrets.token_hex(4)}")
    with Listener() as listener:
        leak(plant, _word(), listener.port, prefix=tracer.prefix)
    tracer.wait()
    return bool(tracer.leaks())


def caught_by_seal(plant: str, folder: Path) -> bool:
    """The system refuses it, and nothing arrives; without the seal it would have gone."""
    del folder
    with Listener() as listener:
        word = _word()
        was_let_out = leak(plant, word, listener.port, sealed=True)
        return not was_let_out and word.encode() not in listener.end()


def caught_by_unplugging(plant: str, folder: Path) -> bool:
    """In a network of its own, which leads nowhere, it fails, and nothing arrives."""
    del folder
    with Listener() as listener:
        word = _word()
        was_let_out = leak(plant, word, listener.port, prefix=("unshare", "-rn"))
        return not was_let_out and word.encode() not in listener.end()


def caught_by_audit(plant: str, folder: Path) -> bool:
    """Python itself refuses it: a tripwire, which sees no library and no other process."""
    del folder
    with Listener() as listener:
        return trips(plant, _word(), listener.port)


def caught_by_capture(plant: str, folder: Path) -> bool:
    """The word is in a packet."""
    del folder
    with Listener() as listener, Capture(listener.port) as capture:
        word = _word()
        leak(plant, word, listener.port)
        return word.encode() in capture.end()


@functools.cache
def is_let_out(plant: str) -> bool:
    """Whether a plant gets out where nothing stops it: else that it fails proves nothing."""
    with Listener() as listener:
        return leak(plant, _word(), listener.port)


def _word() -> str:
    return "heron" + secrets.token_hex(8)


def can_unplug() -> bool:
    """Whether the system lets a program be put into an empty network."""
    if not shutil.which("unshare"):
        return False
    tried = ["unshare", "-rn", "true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@dataclass(frozen=True, slots=True)
class Detector:
    """One witness.

    Attributes:
        catches: Whether it catches a plant, in an empty folder.
        sees: The plants that it must catch; of the others it must say nothing.
        is_there: Whether this machine lets it look.
        by_failing: Whether it takes a plant that fails for one that it caught.
    """

    catches: Callable[[str, Path], bool]
    sees: frozenset[str]
    is_there: Callable[[], bool]
    by_failing: bool = False

    def proves(self, plant: str) -> bool:
        """Whether what it says of a plant proves anything on this machine."""
        return not self.by_failing or is_let_out(plant)


_ALL: Final = frozenset(PLANTS) - {"nothing"}

DETECTORS: Final[Mapping[str, Detector]] = {
    "strace": Detector(caught_by_strace, _ALL, lambda: shutil.which("strace") is not None),
    # A local socket is let through, so it must not lead to a resolver: strace looks at that.
    "seal": Detector(caught_by_seal, _ALL - {"resolver"}, lambda: True, by_failing=True),
    "unshare": Detector(
        caught_by_unplugging, _ALL - {"resolver", "ring"}, can_unplug, by_failing=True
    ),
    "audit hook": Detector(
        caught_by_audit,
        frozenset({"connection", "datagram", "thread", "name", "resolver"}),
        lambda: True,
    ),
    "packets": Detector(caught_by_capture, frozenset(CARRIES), may_capture),
}
