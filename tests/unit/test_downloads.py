"""Downloads as the window sees them: begun, joined, paused, called off, and over restarts."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from assistant.errors import (
    ApprovalRefused,
    HushError,
    InputRefused,
    ModelDamaged,
    ModelUnsafe,
    NetworkRefused,
    NotFound,
    StorageFull,
)
from assistant.events import DownloadChanged, Event
from assistant.net.approvals import Approval
from assistant.net.metered import Metered
from assistant.net.records import Failure, TransferEvent, TransferFailed
from assistant.shelf.downloads import Download, DownloadService
from assistant.shelf.part import Part, PartRecord
from assistant.shelf.records import DownloadState, Refused, Step
from assistant.shelf.space import Space
from models.catalogue import Entry
from models.library import Installed
from tests.fakes.clock import FakeClock
from tests.fakes.net import FakeGate, failed
from tests.lying_server import shaken
from tests.unit.fetching import ROOMY, FolderShelf, answer, begun, broken, entry_of, random_body
from tests.unit.small_disks import small_disk_or_skip

BODY = random_body(1000)
ENTRY = entry_of(BODY)
OTHER = entry_of(random_body(2000, seed=2), "https://files.test/other.gguf")
SECONDS = 20.0  # that anything may take at most here


class Home:
    """A service over a fake gate, with what it said."""

    def __init__(
        self,
        folder: Path,
        gate: FakeGate,
        space: Space = ROOMY,
        clock: FakeClock | None = None,
    ) -> None:
        self.folder = folder
        self.gate = gate
        self.clock = clock or FakeClock()
        self.shelf = FolderShelf(folder / "shelf")
        self.events: list[Event] = []
        self.service = DownloadService(
            folder / "downloads",
            gate,
            self.shelf,
            self.clock,
            self.events.append,
            space=space,
            wait=lambda cancel, seconds: None,
        )

    @property
    def parts(self) -> Path:
        """Where its parts lie."""
        return self.folder / "downloads"

    def approval(self, entry: Entry = ENTRY) -> Approval:
        """A person's yes."""
        return self.gate.approve(self.service.request_for(entry))

    def start(self, entry: Entry = ENTRY) -> Download:
        """Begin, with a person's yes."""
        return self.service.start(entry, self.approval(entry))

    def fetch(self, entry: Entry = ENTRY) -> Installed:
        """Begin, and wait for the end."""
        return self.start(entry).future.result(SECONDS)

    def state(self, entry: Entry = ENTRY) -> DownloadState:
        """The only one of an entry."""
        (state,) = [one for one in self.service.states() if one.sha256 == entry.sha256]
        return state

    @property
    def steps(self) -> list[Step]:
        """What was told, repetitions left out."""
        told = [event.state.step for event in self.events if isinstance(event, DownloadChanged)]
        return [step for at, step in enumerate(told) if at == 0 or told[at - 1] is not step]


class Held:
    """A connection that stops after its first steps until it is let go."""

    def __init__(self, steps: list[TransferEvent | Exception], hold_after: int = 3) -> None:
        self._steps = steps
        self._hold_after = hold_after
        self.held = threading.Event()
        self.free = threading.Event()

    def __iter__(self) -> Iterator[TransferEvent | Exception]:
        for number, step in enumerate(self._steps):
            if number == self._hold_after:
                self.held.set()
                assert self.free.wait(SECONDS)
            yield step


def held(body: bytes = BODY) -> Held:
    """A connection that stops when 128 bytes came."""
    return Held(list(answer(body)))


def holding(connection: Held) -> FakeGate:
    """A gate of this connection."""
    return FakeGate([connection])  # type: ignore[list-item] # it is only iterated over


def error_of(download: Download) -> BaseException:
    """How a download failed."""
    error = download.future.exception(SECONDS)
    assert error is not None
    return error


def test_a_model_comes_to_the_shelf(tmp_path: Path) -> None:
    """Fetched, verified, examined, put away; nothing else is left."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    found = home.fetch()
    assert found.path.read_bytes() == BODY
    assert home.shelf.examined == [BODY]
    assert list(home.parts.iterdir()) == []
    assert home.steps == [
        Step.WAITING,
        Step.CONNECTING,
        Step.RUNNING,
        Step.VERIFYING,
        Step.PREFLIGHT,
        Step.DONE,
    ]
    assert home.state().done == home.state().total == 1000
    assert home.gate.opened == [(home.service.request_for(ENTRY), ENTRY.id)]
    assert home.gate.permits[0].closed


def test_two_downloads_of_one_file_are_one(tmp_path: Path) -> None:
    """The second joins the first: one connection, one permit, one end."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    first = home.start()
    assert connection.held.wait(SECONDS)
    second = home.start()
    connection.free.set()
    assert second is first
    assert second.future.result(SECONDS).sha256 == ENTRY.sha256
    assert len(home.gate.permits) == 1
    assert len(home.gate.permits[0].requests) == 1


def test_one_runs_and_the_others_wait(tmp_path: Path) -> None:
    """Its approval is used up at once, for it is good for five minutes only."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    first = home.start()
    assert connection.held.wait(SECONDS)
    home.gate.courses = [answer(random_body(2000, seed=2))]
    second = home.start(OTHER)
    assert home.state(OTHER).step is Step.WAITING
    connection.free.set()
    assert first.future.result(SECONDS).sha256 == ENTRY.sha256
    assert second.future.result(SECONDS).sha256 == OTHER.sha256


def test_a_pause_while_it_is_examined_keeps_the_file(tmp_path: Path) -> None:
    """Whatever came of that: the examination was broken off."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    home.shelf.examined = _Pausing(home)
    home.shelf.verdict = Refused("limit", "It was broken off.")
    assert isinstance(error_of(home.start()), InputRefused)
    assert (home.state().step, home.state().done) == (Step.PAUSED, 1000)


class _Pausing(list[bytes]):
    """Pauses the download whose file is examined."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._home = home

    def append(self, data: bytes) -> None:
        self._home.service.pause(ENTRY.sha256)


def test_whoever_hears_of_the_end_may_ask_for_more(tmp_path: Path) -> None:
    """In the future's own callback; the future itself cannot be cancelled."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    heard: list[DownloadState] = []
    download = home.start()
    assert not download.future.cancel()
    download.future.add_done_callback(lambda _: heard.extend(home.service.states()))
    connection.free.set()
    download.future.result(SECONDS)
    home.service.close()
    assert [state.step for state in heard] == [Step.DONE]


def test_one_begun_while_the_one_before_ends_goes_on(tmp_path: Path) -> None:
    """Paused, and resumed before the pause was through: nothing is told of the old one any more."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    first = home.start()
    assert connection.held.wait(SECONDS)
    home.service.pause(ENTRY.sha256)
    home.gate.courses = [answer(BODY, 128)]
    second = home.start()
    connection.free.set()
    assert isinstance(error_of(first), InputRefused)
    assert second.future.result(SECONDS).path.read_bytes() == BODY
    assert Step.PAUSED not in home.steps


def test_a_pause_keeps_what_is_here(tmp_path: Path) -> None:
    """And the rest is fetched after a new approval."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    first = home.start()
    assert connection.held.wait(SECONDS)
    home.service.pause(ENTRY.sha256)
    connection.free.set()
    assert isinstance(error_of(first), InputRefused)
    paused = home.state()
    assert (paused.step, paused.done, paused.can_resume) == (Step.PAUSED, 128, True)
    assert home.gate.permits[0].closed
    home.gate.courses = [answer(BODY, 128)]
    assert home.service.entry_of(ENTRY.sha256) == ENTRY
    again = home.service.resume(ENTRY.sha256, home.approval())
    assert again.future.result(SECONDS).path.read_bytes() == BODY
    assert dict(home.gate.permits[1].requests[0].headers)["Range"] == "bytes=128-"


def test_one_that_waits_is_paused_at_once(tmp_path: Path) -> None:
    """Whatever the one before it does."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    home.start()
    assert connection.held.wait(SECONDS)
    second = home.start(OTHER)
    home.service.pause(OTHER.sha256)
    assert isinstance(error_of(second), InputRefused)
    assert home.state(OTHER).step is Step.PAUSED
    connection.free.set()
    home.service.close()
    assert [len(permit.requests) for permit in home.gate.permits[1:]] in ([], [0])


def test_what_is_called_off_is_gone(tmp_path: Path) -> None:
    """Bytes and record; it is not listed any more."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    first = home.start()
    assert connection.held.wait(SECONDS)
    home.service.cancel(ENTRY.sha256, keep=False)
    connection.free.set()
    assert isinstance(error_of(first), InputRefused)
    home.service.close()
    assert home.service.states() == ()
    assert list(home.parts.iterdir()) == []
    with pytest.raises(NotFound):
        home.service.entry_of(ENTRY.sha256)


def test_one_that_stands_still_is_called_off_as_well(tmp_path: Path) -> None:
    """It was left by an earlier run."""
    begun(tmp_path / "downloads", ENTRY, BODY[:400])
    home = Home(tmp_path, FakeGate())
    assert home.state().can_resume
    home.service.pause(ENTRY.sha256)
    assert home.state().can_resume
    home.service.cancel(ENTRY.sha256, keep=False)
    assert home.service.states() == ()
    assert list(home.parts.iterdir()) == []


class _Between(FakeClock):
    """Does something once, between a download's turn and its first step."""

    def __init__(self) -> None:
        super().__init__()
        self.do: list[Callable[[], object]] = []

    def now(self) -> int:
        while self.do:
            self.do.pop(0)()
        return super().now()


def test_one_called_off_in_its_first_instant_stays_gone(tmp_path: Path) -> None:
    """What its thread made after its end is removed, and is not there after a restart."""
    clock = _Between()
    home = Home(tmp_path, FakeGate([answer(BODY)]), clock=clock)
    clock.do = [lambda: home.service.cancel(ENTRY.sha256, keep=False)]
    assert "called off" in str(error_of(home.start()))
    home.service.close()  # its thread is done
    assert list(home.parts.iterdir()) == []
    assert Home(tmp_path, FakeGate([])).service.states() == ()


def test_one_called_off_in_its_first_instant_and_begun_again(tmp_path: Path) -> None:
    """What is here is the new one's: it stays, and is gone on with after a restart."""
    clock = _Between()
    home = Home(tmp_path, FakeGate([answer(BODY)]), clock=clock)
    later: list[Download] = []
    clock.do = [
        lambda: home.service.cancel(ENTRY.sha256, keep=False),
        lambda: later.append(home.start()),
        lambda: home.service.pause(ENTRY.sha256),
    ]
    assert "called off" in str(error_of(home.start()))
    home.service.close()
    assert "paused" in str(error_of(later[0]))
    assert Home(tmp_path, FakeGate([])).state().step is Step.PAUSED


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    """Which model, how far, and from where; how far the part itself tells."""
    begun(tmp_path / "downloads", ENTRY, BODY[:400])
    home = Home(tmp_path, FakeGate([answer(BODY, 400)]))
    state = home.state()
    assert (state.name, state.step, state.done, state.total) == (
        ENTRY.name,
        Step.PAUSED,
        400,
        1000,
    )
    assert state.can_resume
    again = home.service.resume(ENTRY.sha256, home.approval(home.service.entry_of(ENTRY.sha256)))
    assert again.future.result(SECONDS).path.read_bytes() == BODY
    assert [one.step for one in home.service.states()] == [Step.DONE]


def test_one_that_ended_before_its_first_byte_is_there_after_a_restart(tmp_path: Path) -> None:
    """It was approved, and its record is written before its first byte."""
    home = Home(tmp_path, FakeGate())
    home.parts.mkdir()
    (home.parts / f"{ENTRY.sha256}.json").write_bytes(PartRecord(ENTRY).to_json())
    assert (home.state().done, home.state().step) == (0, Step.PAUSED)


@pytest.mark.parametrize(
    "record",
    [
        None,
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff" * 70_000,
        json.dumps({"format": 2}).encode(),
        json.dumps({"format": 1, "entry": 1, "etag": "", "last_modified": "", "at": 1}).encode(),
        PartRecord(ENTRY).to_json().replace(ENTRY.sha256.encode(), b"../" * 21 + b"."),
        PartRecord(ENTRY).to_json().replace(b'"size": 1000', b'"size": -1'),
        PartRecord(ENTRY).to_json().replace(b"https://", b"file://"),
        PartRecord(OTHER).to_json(),
        json.dumps({"format": 1, "entry": asdict(ENTRY), "etag": 5}).encode(),
    ],
)
def test_a_part_with_a_record_that_makes_no_sense_is_nothing(
    tmp_path: Path, record: bytes | None
) -> None:
    """It is removed, and the model can be fetched; files of others stay."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    home.parts.mkdir()
    (home.parts / f"{ENTRY.sha256}.part").write_bytes(BODY[:400])
    (home.parts / "import-1.part").write_bytes(b"another room's")
    if record is not None:
        (home.parts / f"{ENTRY.sha256}.json").write_bytes(record)
    assert home.service.states() == ()
    assert [path.name for path in home.parts.iterdir()] == ["import-1.part"]
    assert home.fetch().path.read_bytes() == BODY


def test_what_is_on_the_shelf_is_not_fetched(tmp_path: Path) -> None:
    """Nor is the approval used up; what an earlier run left of it is removed."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    home.fetch()
    begun(home.parts, ENTRY, BODY[:400])
    assert home.fetch().sha256 == ENTRY.sha256
    assert len(home.gate.permits) == 1
    assert list(home.parts.iterdir()) == []


# What goes wrong ----------------------------------------------------------------------------


def test_an_approval_is_needed(tmp_path: Path) -> None:
    """For this very entry, and once."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    of_another = home.approval(OTHER)
    assert isinstance(error_of(home.service.start(ENTRY, of_another)), ApprovalRefused)
    assert home.state().step is Step.PAUSED
    assert home.gate.permits == []


def test_a_metered_connection_is_asked_about(tmp_path: Path) -> None:
    """Nothing leaves before that."""
    home = Home(tmp_path, FakeGate([answer(BODY)], metered=Metered.YES))
    assert isinstance(error_of(home.start()), NetworkRefused)
    assert (home.state().step, home.state().can_resume) == (Step.PAUSED, False)
    agreed = home.service.start(ENTRY, home.approval(), metered_ok=True)
    assert agreed.future.result(SECONDS).sha256 == ENTRY.sha256


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (failed(Failure.LOCAL_ONLY), Step.PAUSED),
        (failed(Failure.CANCELLED), Step.PAUSED),
        (NetworkRefused("Not now."), Step.PAUSED),
        (ApprovalRefused("Spent."), Step.PAUSED),
        (StorageFull("No room in the vault."), Step.PAUSED),
        (failed(Failure.TLS), Step.FAILED),
        (failed(Failure.STATUS, 404), Step.FAILED),
    ],
    ids=str,
)
def test_what_is_here_survives_a_failure(tmp_path: Path, error: HushError, step: Step) -> None:
    """It says why in words, and can be gone on with."""
    home = Home(tmp_path, FakeGate([broken(answer(BODY, until=640), error)]))
    assert type(error_of(home.start())) is type(error)
    state = home.state()
    assert (state.step, state.done, state.can_resume) == (step, 640, True)
    assert state.words == error.sentence


def test_a_download_that_is_cut_off_for_good_can_be_resumed(tmp_path: Path) -> None:
    """Nine times in a row: it is given up, and what came stays."""
    home = Home(tmp_path, FakeGate([broken(answer(BODY, until=640), failed(Failure.CUT)), []]))
    home.gate.courses[1:] = [[failed(Failure.CUT)]]
    assert isinstance(error_of(home.start()), TransferFailed)
    assert (home.state().step, home.state().done) == (Step.FAILED, 640)
    home.gate.courses = [answer(BODY, 640)]
    assert home.fetch().path.read_bytes() == BODY


def test_a_wrong_file_never_reaches_the_shelf(tmp_path: Path) -> None:
    """It is not even examined; there is nothing to go on with."""
    home = Home(tmp_path, FakeGate([answer(shaken(BODY))]))
    assert isinstance(error_of(home.start()), ModelDamaged)
    state = home.state()
    assert (state.step, state.done, state.can_resume) == (Step.FAILED, 0, False)
    assert home.shelf.examined == []
    assert list(home.parts.iterdir()) == []


def test_a_file_that_does_not_pass_is_thrown_away(tmp_path: Path) -> None:
    """Its digest is right, and still nothing of it may be loaded."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    home.shelf.verdict = Refused("limit", "It is no model that Hush can load.")
    error = error_of(home.start())
    assert isinstance(error, ModelUnsafe)
    assert "no model" in home.state().words
    assert not home.state().can_resume
    assert list(home.parts.iterdir()) == []
    assert not home.shelf.folder.exists()


@pytest.mark.parametrize("code", ["time", "memory"])
def test_a_file_that_may_pass_another_time_is_kept(tmp_path: Path, code: str) -> None:
    """The machine was busy; four gigabytes are not thrown away for that."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    passed, home.shelf.verdict = home.shelf.verdict, Refused(code, "It took too long.")
    assert isinstance(error_of(home.start()), ModelUnsafe)
    assert home.state().can_resume
    home.shelf.verdict = passed
    assert home.fetch().path.read_bytes() == BODY
    assert home.gate.permits[1].requests == []


def test_a_shelf_without_room_keeps_the_file(tmp_path: Path) -> None:
    """All of it is here: going on needs no network."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    put = home.shelf.put

    def full(file: Path, entry: Entry) -> Installed:
        raise StorageFull("The disk is full.")

    home.shelf.put = full  # type: ignore[method-assign] # a disk that is full for a while
    assert isinstance(error_of(home.start()), StorageFull)
    assert (home.state().step, home.state().done) == (Step.PAUSED, 1000)
    home.shelf.put = put  # type: ignore[method-assign]
    assert home.fetch().path.read_bytes() == BODY
    assert home.gate.permits[1].requests == []


@pytest.mark.logs_problems
def test_a_mistake_of_ours_ends_one_download_only(tmp_path: Path) -> None:
    """The next one runs."""
    home = Home(tmp_path, FakeGate([[ValueError("something written")]]))
    assert isinstance(error_of(home.start()), ValueError)
    assert home.state().step is Step.FAILED
    assert "something written" not in home.state().words
    home.gate.courses = [answer(BODY)]
    assert home.fetch().path.read_bytes() == BODY


def test_a_model_that_hush_does_not_use_is_not_fetched(tmp_path: Path) -> None:
    """The catalogue shows some for search, later."""
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    entry = entry_of(BODY, usable=False)
    with pytest.raises(InputRefused, match="does not use"):
        home.service.start(entry, home.approval(entry))
    assert home.service.states() == ()


def test_what_is_not_here_cannot_be_gone_on_with(tmp_path: Path) -> None:
    """Nor paused, nor called off; the latter two say nothing."""
    home = Home(tmp_path, FakeGate())
    with pytest.raises(NotFound):
        home.service.resume("0" * 64, home.approval())
    home.service.pause("0" * 64)
    home.service.cancel("0" * 64, keep=False)


def test_closing_stops_all(tmp_path: Path) -> None:
    """What is here stays for the next run, which finds it."""
    connection = held()
    home = Home(tmp_path, holding(connection))
    running, waiting = home.start(), home.start(OTHER)
    assert connection.held.wait(SECONDS)
    connection.free.set()
    home.service.close()
    for download in (running, waiting):
        assert download.future.done()
    late = home.start()
    assert isinstance(error_of(late), NetworkRefused)


def test_a_full_disk_pauses_it_and_keeps_what_is_here(tmp_path: Path) -> None:
    """At nine tenths, on a real disk; with room again it goes on from that byte."""
    body = random_body(4 << 20, seed=3)
    entry = entry_of(body)
    with small_disk_or_skip(tmp_path / "disk", 8) as disk:
        home = Home(disk.root, FakeGate([answer(body, piece=1 << 18)]))  # believes in any room
        (disk.root / "downloads").mkdir()
        disk.leave_free(len(body) * 9 // 10 // 4096)
        assert isinstance(error_of(home.start(entry)), StorageFull)
        state = home.state(entry)
        assert (state.step, state.can_resume) == (Step.PAUSED, True)
        assert len(body) * 8 // 10 < state.done < len(body)
        part = Part(home.parts, entry.sha256).path.read_bytes()
        assert part == body[: len(part)]
        disk.empty()
        home.gate.courses = [answer(body, len(part), piece=1 << 18)]
        assert home.fetch(entry).path.read_bytes() == body


def test_what_a_full_disk_took_is_counted(tmp_path: Path) -> None:
    """A write may be done in half: size and digest are those of what is on the disk."""
    with small_disk_or_skip(tmp_path / "disk", 1) as disk:
        part = Part(disk.root / "downloads", ENTRY.sha256)
        part.open(lambda: False, lambda _: None)
        disk.leave_free(3)
        with pytest.raises(StorageFull):
            part.append(random_body(1 << 20))
        kept = part.path.read_bytes()
        assert 0 < len(kept) == part.size
        assert part.sha256 == hashlib.sha256(kept).hexdigest()
        part.close()


def test_a_read_only_disk_is_said_in_words(tmp_path: Path) -> None:
    """Nothing is sent."""
    with small_disk_or_skip(tmp_path / "disk", 1) as disk:
        home = Home(disk.root, FakeGate([answer(BODY)]))
        disk.set_writable(False)
        error = error_of(home.start())
        disk.set_writable(True)
    assert isinstance(error, StorageFull)
    assert "read-only" in error.message
    assert home.gate.permits[0].requests == []


def test_a_link_in_the_parts_place_is_not_followed(tmp_path: Path) -> None:
    """Whoever may write to the folder may not have Hush write elsewhere."""
    target = tmp_path / "precious"
    target.write_bytes(b"precious")
    home = Home(tmp_path, FakeGate([answer(BODY)]))
    home.parts.mkdir()
    (home.parts / f"{ENTRY.sha256}.part").symlink_to(target)
    (home.parts / f"{ENTRY.sha256}.json").write_bytes(PartRecord(ENTRY).to_json())
    assert isinstance(error_of(home.start()), StorageFull)
    assert target.read_bytes() == b"precious"


# Speed --------------------------------------------------------------------------------------


def test_speed_and_time_left_are_told(tmp_path: Path) -> None:
    """Over the last seconds; not while nothing runs."""
    home = Home(tmp_path, FakeGate())

    class Slow(list[TransferEvent | Exception]):
        """A piece of 64 bytes each second."""

        def __iter__(self) -> Iterator[TransferEvent | Exception]:
            for step in super().__iter__():
                home.clock.advance(1.0)
                yield step

    home.gate.courses = [Slow(answer(BODY))]
    home.fetch()
    told = [event.state for event in home.events if isinstance(event, DownloadChanged)]
    running = [state for state in told if state.step is Step.RUNNING and 128 < state.done < 1000]
    assert {state.bytes_per_second for state in running} == {64.0}
    assert [state.seconds_left for state in running] == [
        (1000 - state.done) / 64 for state in running
    ]
    assert told[-1].seconds_left is None
    assert home.service.last_speed == pytest.approx(1000 / 18)


def test_pieces_of_one_step_are_not_all_told(tmp_path: Path) -> None:
    """Nobody reads more than four a second."""
    home = Home(tmp_path, FakeGate([answer(BODY, piece=1)]))
    home.fetch()
    assert len(home.events) < 10
