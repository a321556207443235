"""Each system call by which something is written fails once, and is a moment to be killed at.

strace lets the n-th call of a kind fail, or ends the process there. So no step is left to chance:
the rename that decides, the flush before it, and each page of a database on its way.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from assistant.errors import HushError
from assistant.paths import Profile
from tests.trials.failing import left_behind
from tests.trials.operations import OPERATIONS, FirstRun, Held, Operation, held
from tests.trials.outcome import Outcome, Unable

DEADLINE_SECONDS: Final = 60.0
QUICK: Final = 2  # places in each operation beside its renames; a benchmark tries all
ALL: Final = 10_000

_STRACE: Final = shutil.which("strace") or ""
_ERRORS: Final = {
    "write": "ENOSPC",
    "pwrite64": "ENOSPC",
    "ftruncate": "EIO",
    "fsync": "EIO",
    "fdatasync": "EIO",
    "rename": "EROFS",
    "mkdir": "EROFS",
    "unlink": "EROFS",
}
_CALL: Final = re.compile(r"^(\d+) +(\w+)\(", re.MULTILINE)
_IN_TIME: Final = re.compile(r"next (time|start)|starts again")
_KILLED: Final = "killed"
_SILENCE: Final = "silence"
_WITHOUT: Final = frozenset({"save"})  # what it acknowledged is known to itself alone: see ``kill``


@dataclass(frozen=True, slots=True)
class _Place:
    """The ``number``-th call of a kind, in whichever thread comes to it first."""

    call: str
    number: int

    def __str__(self) -> str:
        return f"{self.call} {self.number}"


def run(count: int, seed: int, folder: Path) -> Outcome:
    """Let each operation fail, and be killed, at each rename and up to ``count`` other places.

    Raises:
        Unable: strace is not installed, or may not trace.
    """
    faults: list[str] = []
    numbers: Counter[str] = Counter()
    for name in [name for name in OPERATIONS if name not in _WITHOUT]:
        trial = _Trial(name, folder / name)
        for place in _chosen(trial.places(), count):
            for killed in (False, True):
                end, wrong = trial.at(place, killed=killed)
                numbers[f"{name} {end}"] += 1
                how = "killed" if killed else "failing"
                faults += [f"{name}, {how} at {place}: {what}" for what in wrong]
    ordered = {name: float(times) for name, times in sorted(numbers.items())}
    return Outcome(sum(numbers.values()), seed, tuple(faults), ordered)


def _chosen(places: list[_Place], count: int) -> list[_Place]:
    """Every rename, for that is what decides, and up to ``count`` of the other places."""
    others = [place for place in places if place.call != "rename"]
    renames = [place for place in places if place.call == "rename"]
    return renames + others[:: max(1, -(-len(others) // count))]


def require_undisturbed(name: str, answer: Mapping[str, Any]) -> None:
    """Look whether an operation worked where nothing was made to fail.

    Raises:
        Unable: it was not even begun.
        AssertionError: it did not work, so that nothing is learnt from letting it fail.
    """
    if answer["error"].startswith(_SILENCE):
        raise Unable("needs the right to trace with strace")
    if answer["error"]:
        raise AssertionError(f"{name}, undisturbed: {answer['error']}: {answer.get('words', '')}")


class _Trial:
    """One operation, tried on copies of one profile."""

    def __init__(self, name: str, folder: Path) -> None:
        self._name = name
        self._made = folder / "made"
        self._profile = Profile(folder / "profile")
        self._trace = folder / "trace"
        self._operation: Operation = OPERATIONS[name]()
        self._operation.make(Profile(self._made))
        self._before: Held = []
        if not isinstance(self._operation, FirstRun):
            self._fresh()
            self._before = held(self._profile, self._operation.secret)

    def places(self) -> list[_Place]:
        """Every call that writes something, in a run that nobody disturbs."""
        self._fresh()
        if not _STRACE:
            raise Unable("needs strace")
        require_undisturbed(self._name, self._run(["-e", f"trace={','.join(_ERRORS)}"]))
        calls = Counter(_CALL.findall(self._trace.read_text()))
        most: Counter[str] = Counter()
        for (_thread, call), times in calls.items():
            most[call] = max(most[call], times)
        return [_Place(call, number) for call in most for number in range(1, most[call] + 1)]

    def at(self, place: _Place, *, killed: bool) -> tuple[str, list[str]]:
        """How it ended at this place, and what is wrong after that."""
        self._fresh()
        what = "signal=SIGKILL" if killed else f"error={_ERRORS[place.call]}"
        inject = f"inject={place.call}:{what}:when={place.number}"
        answer = self._run(["-e", f"trace={place.call}", "-e", inject])
        if answer["error"] == _KILLED:
            return "killed", [*self._either()]
        if not answer["error"]:
            left = [] if place.call == "unlink" else left_behind(self._profile)
            return "done all the same", [*self._done(), *left]
        wrong = [*self._state(done=False)]
        # What was decided and could not be ended is ended by the next start: if it says so.
        if wrong and _IN_TIME.search(answer["words"]) and not [*self._state(done=True)]:
            return "refused, and said to be ended later", []
        if answer["error"] != "StorageFull" or not answer["words"]:
            wrong.append(f"it ended with {answer['error']}: {answer['words'] or 'no words'}")
        return "refused", wrong

    def _run(self, options: list[str]) -> dict[str, Any]:
        here, there = socket.socketpair()
        with here:
            with there:
                child = [sys.executable, "-m", "tests.trials.step_child"]
                arguments = [str(self._profile.root), self._name, str(there.fileno())]
                prefix = [_STRACE, "-f", "-qq", "-o", str(self._trace), *options]
                done = subprocess.run(
                    [*prefix, *child, *arguments],
                    env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
                    pass_fds=[there.fileno()],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=DEADLINE_SECONDS,
                    check=False,
                )
            said = here.makefile("rb").read()
        if said:
            return dict(json.loads(said))
        return {"error": _KILLED if done.returncode == -9 else f"{_SILENCE} ({done.returncode})"}

    def _fresh(self) -> None:
        shutil.rmtree(self._profile.root, ignore_errors=True)
        shutil.copytree(self._made, self._profile.root)

    def _state(self, *, done: bool) -> Iterator[str]:
        try:
            if wrong := self._operation.wrong(self._profile, self._before, done=done):
                yield wrong
        except HushError as error:
            yield f"afterwards: {type(error).__name__}: {error.message}"

    def _done(self) -> list[str]:
        """It is done at once or, for what may wait, once Hush has looked."""
        if not [*self._state(done=True)]:
            return []
        return [*self._later(), *self._state(done=True)]

    def _later(self) -> Iterator[str]:
        try:
            self._operation.look_later(self._profile)
        except HushError as error:
            yield f"at the next start: {type(error).__name__}: {error.message}"

    def _either(self) -> Iterator[str]:
        """Killed, it is as before or as after, whole; never between the two."""
        looked_at = self._profile.root
        aside = looked_at.with_name("killed")
        shutil.rmtree(aside, ignore_errors=True)
        shutil.copytree(looked_at, aside)
        if as_before := [*self._state(done=False)]:
            shutil.rmtree(looked_at)
            aside.rename(looked_at)
            if as_after := [*self._later(), *self._state(done=True)]:
                yield f"neither as before ({as_before[0]}) nor as after ({as_after[0]})"
