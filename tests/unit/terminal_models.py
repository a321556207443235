"""``hush models`` and ``hush network`` over rooms that do at once what they are asked."""

from __future__ import annotations

import io
import json
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TextIO

from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused, NotFound
from assistant.events import DownloadChanged
from assistant.net.approvals import Approval
from assistant.net.request import NetRequest
from assistant.shelf.catalogue import Updated
from assistant.shelf.downloads import Download
from assistant.shelf.protocols import Progress
from assistant.shelf.records import (
    BenchResult,
    Found,
    Pair,
    Quantised,
    Step,
    Tally,
    Winner,
    Yardstick,
)
from assistant.shelf.service import ModelService
from assistant.store.bench_rows import BenchRow
from assistant.terminal.arguments import parse
from assistant.terminal.command import exit_code
from assistant.terminal.console import Console
from assistant.terminal.modelling import work
from assistant.terminal.network import work as work_network
from assistant.terminal.waiting import EXIT_STOPPED, Events, Interrupted
from models.catalogue import Entry
from models.library import Installed
from tests.fakes.models_service import (
    BENCHED,
    QUANTISED,
    FakeActivation,
    FakeAdopting,
    FakeBench,
    FakeComparing,
    FakeDownloads,
    FakeFitting,
    FakeModels,
    FakeQuantising,
    FakeRenewing,
    FakeShelf,
    FakeTakingIn,
    done,
    failed,
    from_entry,
    installed,
)
from tests.unit.terminals import Person, Screen

HELD = "7" * 64


class Downloads(FakeDownloads):
    """Fetches at once; ``interrupt`` presses Ctrl+C in the middle of one, ``late`` at its end."""

    interrupt: Callable[[], None] | None = None
    late: Callable[[], None] | None = None
    outcome: HushError | None = None

    def start(self, entry: Entry, approval: Approval, *, metered_ok: bool = False) -> Download:
        handle = super().start(entry, approval, metered_ok=metered_ok)
        self.put(entry, Step.RUNNING, entry.size // 2)
        if self.interrupt:
            self.interrupt()
        elif self.outcome:
            handle.future.set_exception(self.outcome)
        else:
            self.put(entry, Step.DONE, entry.size)
            if self.late:
                self.late()
            handle.future.set_result(from_entry(entry))
        return handle

    def pause(self, sha256: str) -> None:
        if not self.futures[sha256].done():
            super().pause(sha256)
            self.futures[sha256].set_exception(InputRefused("Paused."))


class Renewing(FakeRenewing):
    """Looks at once; ``interrupt`` presses Ctrl+C in the middle of it."""

    interrupt: Callable[[], None] | None = None
    outcome: Updated | HushError = Updated(True, 4, "The list of models is now that of 2026-11-20.")

    def look(
        self, request: NetRequest, approval: Approval, cancel: Cancel, *, metered_ok: bool = False
    ) -> Future[Updated]:
        future = super().look(request, approval, cancel, metered_ok=metered_ok)
        work = self.asked[-1]
        if self.interrupt:
            cancel.listen(lambda: work.fail(InputRefused("Stopped.")))
            self.interrupt()
        elif isinstance(self.outcome, HushError):
            work.fail(self.outcome)
        else:
            work.end(self.outcome)
        return future


class Fitting(FakeFitting):
    """Measures at once, and counts how often."""

    times = 0

    def measure(self, cancel: Cancel) -> Future[Yardstick]:
        self.times += 1
        return done(Yardstick("here", 4, {}, {}, 0.0, 0.0, 0))


class Shelf(FakeShelf):
    """Reads at once; what is in ``damaged`` is found to be so."""

    damaged: frozenset[str] = frozenset()

    def verify(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        progress("Reading.", 0.5)
        model = self.models[sha256]
        return done(replace(model, state="damaged") if sha256 in self.damaged else model)


class TakingIn(FakeTakingIn):
    """Takes in at once."""

    problem: HushError | None = None

    def take(self, path: Path, progress: Progress, cancel: Cancel) -> Future[Installed]:
        super().take(path, progress, cancel)
        progress("Copying.", 0.5)
        return failed(self.problem) if self.problem else done(installed(HELD, path.stem, 1000))


class Adopting(FakeAdopting):
    """Adopts at once."""

    def adopt(
        self, found: Found, how: Literal["link", "copy"], progress: Progress, cancel: Cancel
    ) -> Future[Installed]:
        super().adopt(found, how, progress, cancel)
        return done(installed(HELD, found.name, found.size, "adopted", linked=how == "link"))


class Activation(FakeActivation):
    """Uses at once, or says why not."""

    problem: HushError | None = None

    def activate(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        progress("Trying it out.", 0.9)
        if cancel.asked:
            return failed(InputRefused("Stopped."))
        if self.problem:
            return failed(self.problem)
        if sha256 == HELD:
            self.shelf.put(installed(HELD, "Held", 1000))
        return done(self.shelf.use(sha256))


class Quantising(FakeQuantising):
    """Makes copies at once."""

    def start(
        self, sha256: str, form: str, prompts: Sequence[str], progress: Progress, cancel: Cancel
    ) -> Future[Quantised]:
        super().start(sha256, form, prompts, progress, cancel)
        return done(QUANTISED)


class Comparing(FakeComparing):
    """Both answer at once; the first stands on the left of odd pairs."""

    refuses_until_decided = True

    def begin(
        self,
        a: str,
        b: str,
        prompts: Sequence[str],
        on_pair: Callable[[Pair], None],
        cancel: Cancel,
    ) -> Future[int]:
        super().begin(a, b, prompts, on_pair, cancel)
        self.both = (a, b)
        for number, prompt in enumerate(prompts, 1):
            on_pair(Pair(number, prompt, f"left answer {number}", f"right answer {number}"))
        return done(len(prompts))

    def sides(self, pair_id: int) -> tuple[str, str]:
        if pair_id not in {number for number, _ in self.decided}:
            raise NotFound("Not yet.")
        a, b = self.both
        return (a, b) if pair_id % 2 else (b, a)

    def decide(self, pair_id: int, winner: Winner) -> Future[Tally]:
        return super().decide(pair_id, winner)


class Bench(FakeBench):
    """Measures at once."""

    kept: tuple[BenchRow, ...] = ()

    def run(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[BenchResult]:
        super().run(sha256, progress, cancel)
        return done(replace(BENCHED, model=sha256))

    def latest(self) -> Future[tuple[Any, ...]]:
        return done(self.kept)


class Hush(FakeModels):
    """The command line over all of them."""

    renewing: Renewing
    fitting: Fitting
    downloads: Downloads
    library: Shelf
    taking_in: TakingIn
    adopting: Adopting
    activation: Activation
    quantising: Quantising
    comparing: Comparing
    bench: Bench

    def __init__(self) -> None:
        self.events: Events = queue.SimpleQueue()
        super().__init__(self.events.put)
        self.renewing = Renewing(self.gate)
        self.fitting = Fitting()
        self.downloads = Downloads(self.gate, self.events.put)
        self.library = Shelf(self.events.put)
        self.taking_in = TakingIn()
        self.adopting = Adopting()
        self.activation = Activation(self.library)
        self.quantising = Quantising()
        self.comparing = Comparing()
        self.bench = Bench()
        self.out = ""
        self.err = ""

    def run(self, *words: str, person: Person | None = None, screen: bool = False) -> int:
        """One command; what it printed is in ``out`` and ``err``."""
        out = Screen() if screen else io.StringIO()
        err = person.reads if person else io.StringIO()
        stdin: TextIO = person or io.TextIOWrapper(io.BytesIO(b""))
        console = Console(stdin, out, err)
        arguments = parse(list(words))
        try:
            if arguments.command == "network":
                code = work_network(arguments, self.ledger, console)
            else:
                code = work(arguments, self.service, self.events, console)
        except HushError as error:
            console.problem(error, as_json=arguments.json)
            code = exit_code(error)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def rows(self) -> list[dict[str, Any]]:
        """What was printed as JSON, a line each."""
        return [json.loads(line) for line in self.out.splitlines()]

    def interrupt(self) -> None:
        """Ctrl+C."""
        self.events.put(Interrupted())


def typing(*answers: str) -> Person:
    """A person who types these, one after the other, and then nothing more."""
    left = list(answers)
    return Person(lambda _: left.pop(0) if left else None)


__all__ = ["EXIT_STOPPED", "HELD", "DownloadChanged", "Hush", "ModelService", "typing"]
