"""The model shelf in memory: every room does at once what it is asked, or what the test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused, NotFound
from assistant.events import DownloadChanged, EventSink, ModelsChanged
from assistant.net.approvals import Approval
from assistant.net.records import By, ChainVerdict, LedgerRow, NetworkSummary, Purpose
from assistant.net.request import NetRequest
from assistant.shelf.catalogue import Updated
from assistant.shelf.downloads import Download
from assistant.shelf.protocols import Progress
from assistant.shelf.records import (
    BenchResult,
    DownloadState,
    Fit,
    Found,
    MachineProfile,
    Measured,
    Pair,
    Quantised,
    Source,
    Speed,
    Step,
    Tally,
    Verdict,
    Winner,
    Yardstick,
)
from assistant.shelf.service import ModelService
from models.catalogue import Catalogue, Entry
from models.library_folder import Installed
from tests.fakes.net import FakeGate

T = TypeVar("T")

GB: Final = 1_000_000_000
STARTER: Final = "5" * 64
SENT: Final = NetworkSummary(3, 12_345, 1_107_409_272, 1_750_000_000_000, 0, True, True, "")


def entry(
    number: int,
    name: str,
    gigabytes: float,
    *,
    parameters: float = 1.7,
    usable: bool = True,
    pinned: bool = True,
    good_at: str = "Everyday questions, and short texts.",
) -> Entry:
    """A model of the catalogue; its SHA-256 is made of its number."""
    return Entry(
        id=f"model-{number}",
        name=name,
        version="1",
        kind="chat" if usable else "embedding",
        family=name.split()[0],
        parameters=round(parameters * GB),
        quantisation="Q4_K_M",
        architecture="qwen3",
        size=round(gigabytes * GB),
        sha256=f"{number:064x}",
        url=f"https://huggingface.co/someone/repository/resolve/main/model-{number}.gguf",
        pinned=pinned,
        hosts=("*.hf.co", "*.huggingface.co"),
        licence="Apache-2.0",
        licence_url="https://www.apache.org/licenses/LICENSE-2.0",
        context=32_768,
        languages=("en", "de", "fr", "es", "zh"),
        good_at=good_at,
        memory=round(gigabytes * GB * 1.4),
        usable=usable,
    )


FOR_SEARCH: Final = "For search: this Hush does not use it yet."
BEST: Final = entry(1, "Qwen3 1.7B", 1.1, good_at="Questions, summaries and plans.")
SMALL: Final = entry(2, "SmolLM2 360M", 0.39, parameters=0.36)
LARGE: Final = entry(3, "Qwen2.5 7B", 4.7, parameters=7.6)
HUGE: Final = entry(4, "Mistral Small 24B", 14.3, parameters=24)
ENCODER: Final = entry(5, "BGE small", 0.04, parameters=0.03, usable=False, good_at=FOR_SEARCH)
ALL: Final = (BEST, SMALL, LARGE, HUGE, ENCODER)


def fit(
    entry: Entry,
    verdict: Verdict,
    decode: float | None = None,
    words: str = "",
    seconds: float | None = None,
) -> Fit:
    """How an entry fits."""
    speed = None if decode is None else Speed(decode * 8, decode)
    return Fit(entry.id, verdict, entry.memory, entry.size, speed, words, seconds)


FITS: Final = (
    fit(BEST, Verdict.RECOMMENDED, 14.2, "Runs well here.", 230.0),
    fit(SMALL, Verdict.WORKS, 61.0, "Runs well here."),
    fit(LARGE, Verdict.TIGHT, 3.4, "Slow here, and little memory is left beside it."),
    fit(HUGE, Verdict.TOO_BIG, None, "It needs 20 GB of memory; this laptop has 16 GB."),
    fit(ENCODER, Verdict.WORKS, None),
)


def installed(
    sha256: str,
    name: str,
    size: int,
    source: Source = "download",
    *,
    active: bool = False,
    linked: bool = False,
) -> Installed:
    """A model on the shelf."""
    return Installed(
        sha256=sha256,
        name=name,
        size=size,
        source=source,
        entry_id="",
        family=name.split()[0],
        version="1",
        path=Path("/models") / name,
        linked=linked,
        installed_at=0,
        used_at=0,
        state="ready",
        active=active,
    )


def from_entry(of: Entry, *, active: bool = False) -> Installed:
    """An entry that was downloaded."""
    return installed(of.sha256, of.name, of.size, active=active)


def done(value: T) -> Future[T]:
    """A future that has its result."""
    future: Future[T] = Future()
    future.set_result(value)
    return future


def failed(error: HushError) -> Future[Any]:
    """A future that failed."""
    future: Future[Any] = Future()
    future.set_exception(error)
    return future


@dataclass
class Work:
    """Something that was asked for, in the test's hands."""

    what: tuple[Any, ...]
    progress: Progress
    cancel: Cancel
    future: Future[Any] = field(default_factory=Future)

    def end(self, value: object) -> None:
        """It worked."""
        self.future.set_result(value)

    def fail(self, error: HushError) -> None:
        """It did not."""
        self.future.set_exception(error)


class FakeCatalogue:
    """A list of models."""

    def __init__(self) -> None:
        self.entries: tuple[Entry, ...] = ALL
        self.age = ""  # what there is to say of it
        self.asks: NetRequest | None = None  # what looking for a newer one sends

    def current(self) -> Catalogue:
        return Catalogue(3, "2026-11-01", "2027-11-01", self.entries)

    def words(self) -> str:
        return self.age

    def request(self) -> NetRequest | None:
        return self.asks

    def update(self, permit: Any, request: NetRequest, cancel: Cancel) -> Any:
        raise NotFound("There is no newer list.")

    def due(self, now_ms: int) -> bool:
        return False


ASKS: Final = NetRequest(
    Purpose.CATALOGUE, "https://lists.example/hush/models.json", max_bytes=1024 * 1024
)


class FakeRenewing:
    """Looks for a newer list, which the test has come or not."""

    def __init__(self, gate: FakeGate) -> None:
        self.gate = gate
        self.asked: list[Work] = []

    def look(
        self, request: NetRequest, approval: Approval, cancel: Cancel, *, metered_ok: bool = False
    ) -> Future[Updated]:
        self.gate.open(approval, request, "catalogue", metered_ok=metered_ok)
        self.asked.append(Work((request, metered_ok), lambda _w, _s: None, cancel))
        return self.asked[-1].future


class FakeFitting:
    """Knows what it is told. ``hold`` keeps answers back until ``release``."""

    def __init__(self) -> None:
        self.known: tuple[Fit, ...] = FITS
        self.measured: Future[Yardstick] = Future()
        self.held: list[tuple[Future[Any], Any]] | None = None

    def _answer(self, value: T) -> Future[T]:
        if self.held is None:
            return done(value)
        future: Future[T] = Future()
        self.held.append((future, value))
        return future

    def hold(self) -> None:
        """Keep answers back."""
        self.held = []

    def release(self) -> None:
        """Give them."""
        held, self.held = self.held or [], None
        for future, value in held:
            future.set_result(value)

    def machine(self) -> Future[MachineProfile]:
        return done(MachineProfile(4, 16 * GB, 9 * GB, ("avx2",), "", 0, 120 * GB))

    def measure(self, cancel: Cancel) -> Future[Yardstick]:
        self.measured = Future()
        return self.measured

    def unmeasure(self) -> None:
        """No speed is known, so nothing is recommended."""
        self.known = tuple(replace(one, expected=None) for one in FITS)

    def end_measuring(self, error: HushError | None = None) -> None:
        """It worked, or it did not."""
        if error:
            self.measured.set_exception(error)
        else:
            self.known = FITS
            self.measured.set_result(Yardstick("here", 4, {}, {}, 0.0, 0.0, 0))

    def fits(self) -> Future[tuple[Fit, ...]]:
        return self._answer(self.known)

    def recommend(self) -> Future[Fit | None]:
        best = (one for one in self.known if one.verdict is Verdict.RECOMMENDED and one.expected)
        return done(next(best, None))


class FakeDownloads:
    """Downloads that the test drives."""

    def __init__(self, gate: FakeGate, sink: EventSink) -> None:
        self.gate = gate
        self.sink = sink
        self.known: dict[str, DownloadState] = {}
        self.started: list[tuple[str, bool]] = []
        self.resumed: list[str] = []
        self.futures: dict[str, Future[Installed]] = {}
        self.problem: HushError | None = None  # what the next start fails with

    def request_for(self, entry: Entry) -> NetRequest:
        return NetRequest(Purpose.MODEL, entry.url, hosts=entry.hosts, max_bytes=entry.size)

    def entry_of(self, sha256: str) -> Entry:
        found = next((one for one in ALL if one.sha256 == sha256), None)
        if found is None:
            raise NotFound("There is no such download.")
        return found

    def start(self, entry: Entry, approval: Approval, *, metered_ok: bool = False) -> Download:
        problem, self.problem = self.problem, None
        if problem:
            raise problem
        self.gate.open(approval, self.request_for(entry), entry.id, metered_ok=metered_ok)
        self.started.append((entry.sha256, metered_ok))
        self.put(entry, Step.CONNECTING, 0)
        return self._handle(entry.sha256)

    def resume(self, sha256: str, approval: Approval, *, metered_ok: bool = False) -> Download:
        self.resumed.append(sha256)
        self._tell(replace(self.known[sha256], step=Step.RUNNING))
        return self._handle(sha256)

    def pause(self, sha256: str) -> None:
        self._tell(replace(self.known[sha256], step=Step.PAUSED, can_resume=True))

    def cancel(self, sha256: str, *, keep: bool) -> None:
        state = self.known.pop(sha256)
        if state.step is not Step.PAUSED:  # what runs is told of a last time
            gone = replace(state, step=Step.PAUSED, done=0, can_resume=False)
            self.sink(DownloadChanged(gone))

    def states(self) -> tuple[DownloadState, ...]:
        return tuple(self.known.values())

    # For the tests ------------------------------------------------------------------------

    def put(self, entry: Entry, step: Step, done: int, words: str = "") -> None:
        """A download is so far."""
        speed = 3_400_000.0 if step is Step.RUNNING else 0.0
        left = (entry.size - done) / speed if speed else None
        resumes = step is Step.PAUSED
        self._tell(
            DownloadState(
                entry.sha256, entry.name, step, done, entry.size, speed, left, words, resumes
            )
        )

    def _tell(self, state: DownloadState) -> None:
        self.known[state.sha256] = state
        self.sink(DownloadChanged(state))

    def _handle(self, sha256: str) -> Download:
        future = self.futures[sha256] = Future()
        return Download(sha256, future)


class FakeShelf:
    """Models on the shelf."""

    def __init__(self, sink: EventSink) -> None:
        self.sink = sink
        starter = installed(STARTER, "SmolLM2 135M", 98_362_432, "starter", active=True)
        self.models: dict[str, Installed] = {STARTER: starter}
        self.verifying: list[Work] = []
        self.problem: HushError | None = None  # what the next removal fails with

    def put(self, model: Installed) -> Installed:
        """Put one there."""
        self.models[model.sha256] = model
        self.sink(ModelsChanged())
        return model

    def use(self, sha256: str) -> Installed:
        """Let one answer."""
        self.models = {
            one: replace(model, active=one == sha256) for one, model in self.models.items()
        }
        self.sink(ModelsChanged())
        return self.models[sha256]

    def all(self) -> Future[tuple[Installed, ...]]:
        return done(tuple(self.models.values()))

    def verify(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        self.verifying.append(Work((sha256,), progress, cancel))
        return self.verifying[-1].future

    def remove(self, sha256: str) -> Future[int]:
        problem, self.problem = self.problem, None
        if problem:
            return failed(problem)
        gone = self.models.pop(sha256)
        self.sink(ModelsChanged())
        return done(0 if gone.linked else gone.size)


class FakeTakingIn:
    """Takes in what the test says."""

    def __init__(self) -> None:
        self.asked: list[Work] = []

    def take(self, path: Path, progress: Progress, cancel: Cancel) -> Future[Installed]:
        self.asked.append(Work((path,), progress, cancel))
        return self.asked[-1].future


class FakeAdopting:
    """Finds what the test says."""

    def __init__(self) -> None:
        self.found: list[Found] = []
        self.asked: list[Work] = []

    def look(self, cancel: Cancel) -> Future[list[Found]]:
        return done(list(self.found))

    def adopt(
        self, found: Found, how: Literal["link", "copy"], progress: Progress, cancel: Cancel
    ) -> Future[Installed]:
        self.asked.append(Work((found, how), progress, cancel))
        return self.asked[-1].future


class FakeActivation:
    """Changes what answers once the test lets it."""

    def __init__(self, shelf: FakeShelf) -> None:
        self.shelf = shelf
        self.asked: list[Work] = []

    def activate(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[Installed]:
        work = Work((sha256,), progress, cancel)
        cancel.listen(lambda: work.fail(InputRefused("Stopped. The model before still answers.")))
        self.asked.append(work)
        return work.future

    def end(self) -> None:
        """The last one worked."""
        work = self.asked[-1]
        work.end(self.shelf.use(work.what[0]))

    def roll_back(self) -> Future[Installed]:
        return done(self.shelf.use(STARTER))


class FakeQuantising:
    """Makes smaller copies once the test lets it."""

    def __init__(self) -> None:
        self.asked: list[Work] = []

    def start(
        self, sha256: str, form: str, prompts: Sequence[str], progress: Progress, cancel: Cancel
    ) -> Future[Quantised]:
        self.asked.append(Work((sha256, form, tuple(prompts)), progress, cancel))
        return self.asked[-1].future


QUANTISED: Final = Quantised(
    "9" * 64, Measured(1_100_000_000, 92.0, 14.2), Measured(640_000_000, 121.0, 22.8), 0.83, 6
)
BENCHED: Final = BenchResult(STARTER, 342.0, 128.4, 84.0, 217_000_000, 2, 3, 120.0)


class FakeComparing:
    """Two models that answer as the test says."""

    def __init__(self) -> None:
        self.work: Work | None = None
        self.on_pair: Callable[[Pair], None] = lambda _: None
        self.decided: list[tuple[int, Winner]] = []

    def begin(
        self,
        a: str,
        b: str,
        prompts: Sequence[str],
        on_pair: Callable[[Pair], None],
        cancel: Cancel,
    ) -> Future[int]:
        self.on_pair = on_pair
        self.work = Work((a, b, tuple(prompts)), lambda _w, _s: None, cancel)
        return self.work.future

    def decide(self, pair_id: int, winner: Winner) -> Future[Tally]:
        self.decided.append((pair_id, winner))
        return self.tally("", "")

    def sides(self, pair_id: int) -> tuple[str, str]:
        return ("", "")

    def tally(self, a: str, b: str) -> Future[Tally]:
        counts = [winner for _, winner in self.decided]
        return done(
            Tally(*(counts.count(winner) for winner in ("left", "right", "both", "neither")))
        )


class FakeBench:
    """Measures as the test says."""

    def __init__(self) -> None:
        self.asked: list[Work] = []

    def run(self, sha256: str, progress: Progress, cancel: Cancel) -> Future[BenchResult]:
        self.asked.append(Work((sha256,), progress, cancel))
        return self.asked[-1].future

    def latest(self) -> Future[tuple[Any, ...]]:
        return done(())


def row(number: int, **changes: Any) -> LedgerRow:
    """One transfer."""
    made = LedgerRow(
        transfer_id=f"{number:032x}",
        began=1_750_000_000_000 - number * 3_600_000,
        ended=1_750_000_000_000 - number * 3_600_000 + 60_000,
        purpose=Purpose.MODEL,
        host="huggingface.co",
        what="qwen3-1.7b-q4",
        by=By.PERSON,
        approval_id="a" * 32,
        payload_sha256="b" * 64,
        bytes_out=4_115,
        bytes_in=1_107_409_272,
        result="ok",
    )
    return replace(made, **changes)


class FakeLedger:
    """Transfers as the test says."""

    def __init__(self) -> None:
        self.kept: list[LedgerRow] = []
        self.verdict = ChainVerdict(intact=True, rows=0, first_bad=None)
        self.problem: HushError | None = None  # what the next export fails with

    def rows(self, limit: int = 500, before: int | None = None) -> Future[list[LedgerRow]]:
        return done(self.kept[:limit])

    def check(self) -> Future[ChainVerdict]:
        return done(self.verdict)

    def export(self, form: Literal["json", "csv"]) -> Future[bytes]:
        problem, self.problem = self.problem, None
        return failed(problem) if problem else done(f"{form}: 0 bytes sent\n".encode())


class FakeModels:
    """All rooms, by name.

    Args:
        sink: Gets the events.
    """

    def __init__(self, sink: EventSink) -> None:
        self.gate = FakeGate([()])
        self.catalogue = FakeCatalogue()
        self.renewing = FakeRenewing(self.gate)
        self.fitting = FakeFitting()
        self.downloads = FakeDownloads(self.gate, sink)
        self.library = FakeShelf(sink)
        self.taking_in = FakeTakingIn()
        self.adopting = FakeAdopting()
        self.activation = FakeActivation(self.library)
        self.quantising = FakeQuantising()
        self.comparing = FakeComparing()
        self.bench = FakeBench()
        self.ledger = FakeLedger()

    @property
    def service(self) -> ModelService:
        """These, as the window's type."""
        return ModelService(
            catalogue=self.catalogue,
            renewing=self.renewing,
            fitting=self.fitting,
            downloads=self.downloads,
            library=self.library,
            taking_in=self.taking_in,
            adopting=self.adopting,
            activation=self.activation,
            quantising=self.quantising,
            comparing=self.comparing,
            bench=self.bench,
            gate=self.gate,
        )
