"""One download: what it asks for, what it believes, when it tries again, what it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import ModelDamaged, NetworkError, StorageFull
from assistant.net.records import Answered, Data, Done, Failure, TransferFailed
from assistant.shelf import download
from assistant.shelf.download import Fetching
from assistant.shelf.part import Part, left_behind
from assistant.shelf.records import Step
from assistant.shelf.space import Space
from models.catalogue import Entry
from tests.fakes.net import Course, failed
from tests.lying_server import shaken
from tests.unit.fetching import (
    ADDRESS,
    ETAG,
    ROOMY,
    Connections,
    answer,
    begun,
    broken,
    entry_of,
    random_body,
)

BODY = random_body(1000)
ENTRY = entry_of(BODY)
CUT = failed(Failure.CUT)


class Run:
    """One download over connections of a test's choosing."""

    def __init__(
        self,
        folder: Path,
        *courses: Course,
        entry: Entry = ENTRY,
        space: Space = ROOMY,
        cancel: Cancel | None = None,
    ) -> None:
        self.folder = folder
        self.way = Connections(courses)
        self.part = Part(folder, entry.sha256)
        self.waits: list[float] = []
        self.told: list[tuple[Step, int]] = []
        self.words: list[str] = []
        self.cancel = cancel or Cancel()
        self._fetching = Fetching(
            entry,
            self.part,
            self.way,
            self.cancel,
            self._hear,
            now=1,
            space=space,
            wait=lambda cancel, seconds: self.waits.append(seconds),
        )

    def _hear(self, step: Step, done: int, words: str = "") -> None:
        self.told.append((step, done))
        self.words.append(words)

    def go(self) -> bytes:
        """Fetch; the part's bytes afterwards."""
        try:
            self._fetching.run()
        finally:
            self.part.close()
        return self.part.path.read_bytes()

    @property
    def left(self) -> bytes | None:
        """The part's bytes; None: there is no part."""
        return self.part.path.read_bytes() if self.part.path.exists() else None


def test_a_file_comes_whole(tmp_path: Path) -> None:
    """In one connection, with no range asked for, told step by step."""
    run = Run(tmp_path, answer(BODY))
    assert run.go() == BODY
    assert run.way.ranges == [""]
    assert run.told[0] == (Step.CONNECTING, 0)
    assert run.told[-1] == (Step.VERIFYING, 1000)
    assert (Step.RUNNING, 512) in run.told


def test_a_request_holds_no_more_than_it_needs() -> None:
    """The address, where redirects may lead, and a limit of the answer's size."""
    request = download.request_for(ENTRY)
    assert (request.url, request.hosts, request.max_bytes) == (ADDRESS, ENTRY.hosts, 1000)
    assert request.headers == ()
    assert request.is_sound


def test_a_range_is_asked_with_the_approval_of_the_whole(tmp_path: Path) -> None:
    """Where to go on is no part of what was approved."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, 400))
    run.go()
    assert run.way.requests[0].payload_sha256 == download.request_for(ENTRY).payload_sha256


def test_what_an_earlier_run_left_is_gone_on_with(tmp_path: Path) -> None:
    """From the byte where it ended, on condition that the file is the same."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, 400))
    assert run.go() == BODY
    assert (run.way.ranges, run.way.conditions) == (["bytes=400-"], [ETAG])
    assert run.told[0] == (Step.VERIFYING, 400)


@pytest.mark.parametrize(
    ("headers", "condition"),
    [
        ({"etag": ETAG}, ETAG),
        ({"etag": 'W/"one"', "last-modified": "Sat, 21 Nov 2026 10:00:00 GMT"}, "Sat, 21 Nov"),
        ({"etag": 'W/"one"'}, ""),
        ({"etag": "", "last-modified": ""}, ""),
        ({"etag": '"a\r\nHost: evil"'}, ""),
        ({"etag": f'"{"a" * 300}"'}, ""),
    ],
)
def test_only_a_strong_name_is_a_condition(
    tmp_path: Path, headers: dict[str, str], condition: str
) -> None:
    """A weak ETag is none; a date is; what cannot stand in a header is neither."""
    run = Run(tmp_path, broken(answer(BODY, until=300, headers=headers), CUT), answer(BODY, 300))
    assert run.go() == BODY
    assert run.way.ranges[1] == "bytes=300-"
    assert run.way.conditions[1].startswith(condition)
    assert bool(run.way.conditions[1]) == bool(condition)


def test_a_whole_part_needs_no_network(tmp_path: Path) -> None:
    """It was killed between the last byte and the shelf."""
    begun(tmp_path, ENTRY, BODY)
    run = Run(tmp_path)
    assert run.go() == BODY
    assert run.way.requests == []


def test_a_whole_part_that_is_wrong_is_fetched_once_anew(tmp_path: Path) -> None:
    """Nobody knows any more what it was put together of."""
    begun(tmp_path, ENTRY, shaken(BODY))
    run = Run(tmp_path, answer(BODY))
    assert run.go() == BODY
    assert run.way.ranges == [""]


def test_a_part_that_is_too_long_is_begun_anew(tmp_path: Path) -> None:
    """Something else wrote to it."""
    begun(tmp_path, ENTRY, BODY + b"x")
    assert Run(tmp_path, answer(BODY)).go() == BODY


def test_a_part_without_a_record_is_nothing(tmp_path: Path) -> None:
    """The record comes first, so its bytes are of nobody knows what."""
    (tmp_path / f"{ENTRY.sha256}.part").write_bytes(BODY[:400])
    run = Run(tmp_path, answer(BODY))
    assert run.go() == BODY
    assert run.way.ranges == [""]


def test_a_record_that_cannot_be_read_now_costs_nothing(tmp_path: Path) -> None:
    """No file descriptor is left, or the disk hiccups: the bytes are another time's."""
    begun(tmp_path, ENTRY, BODY[:400])
    with unreadable(tmp_path / f"{ENTRY.sha256}.json"):
        run = Run(tmp_path)
        with pytest.raises(StorageFull):
            run.go()
        assert list(left_behind(tmp_path)) == []  # not listed in this run, and not removed
    assert run.left == BODY[:400]
    ((record, size),) = left_behind(tmp_path)
    assert (record.entry, size) == (ENTRY, 400)
    assert Run(tmp_path, answer(BODY, 400)).go() == BODY


@contextmanager
def unreadable(path: Path) -> Iterator[None]:
    """A file that is there, and whose opening the system refuses: a link that leads to itself."""
    aside = path.with_suffix(".aside")
    path.rename(aside)
    path.symlink_to(path)
    try:
        yield
    finally:
        path.unlink()
        aside.rename(path)


def test_another_address_is_asked_without_condition(tmp_path: Path) -> None:
    """The newer catalogue names another server: the bytes stay, its ETag is not known."""
    begun(tmp_path, entry_of(BODY, "https://old.test/model.gguf"), BODY[:400])
    run = Run(tmp_path, answer(BODY, 400, etag='"two"'))
    assert run.go() == BODY
    assert (run.way.ranges, run.way.conditions) == (["bytes=400-"], [""])


# Trying again -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        failed(failure)
        for failure in (
            Failure.NO_NAME,
            Failure.REFUSED,
            Failure.TIMEOUT,
            Failure.STALLED,
            Failure.CUT,
            Failure.CHILD,
        )
    ]
    + [failed(Failure.STATUS, status) for status in (408, 425, 429, 500, 502, 503, 599)],
    ids=lambda error: f"{error.failure.value}{error.status or ''}",
)
def test_what_passes_is_tried_again(tmp_path: Path, error: TransferFailed) -> None:
    """From the byte where it ended."""
    run = Run(tmp_path, broken(answer(BODY, until=640), error), answer(BODY, 640))
    assert run.go() == BODY
    assert run.way.ranges == ["", "bytes=640-"]
    assert run.waits == [0.5]


@pytest.mark.parametrize(
    "error",
    [
        failed(failure)
        for failure in (Failure.TLS, Failure.REDIRECT, Failure.PROXY, Failure.NOT_HTTP)
    ]
    + [failed(Failure.STATUS, status) for status in (400, 401, 403, 404, 410, 451)],
    ids=lambda error: f"{error.failure.value}{error.status or ''}",
)
def test_what_does_not_pass_ends_it(tmp_path: Path, error: TransferFailed) -> None:
    """What is here stays: it may be asked for again later."""
    run = Run(tmp_path, broken(answer(BODY, until=640), error))
    with pytest.raises(TransferFailed):
        run.go()
    assert run.left == BODY[:640]
    assert run.waits == []


def test_it_is_tried_eight_times_and_no_more(tmp_path: Path) -> None:
    """Longer and longer apart."""
    run = Run(tmp_path, *[[CUT]] * 9)
    with pytest.raises(TransferFailed):
        run.go()
    assert run.waits == [0.5, 2.0, 8.0, 32.0, 60.0, 60.0, 60.0, 60.0]


def test_a_byte_more_than_ever_begins_the_tries_anew(tmp_path: Path) -> None:
    """A slow train still arrives: only standing still is given up."""
    cuts = [broken(answer(BODY, at, until=at + 100), CUT) for at in range(0, 1000, 100)]
    run = Run(tmp_path, *cuts[:-1], answer(BODY, 900))
    assert run.go() == BODY
    assert run.waits == [0.5] * 9


def test_a_server_without_ranges_that_always_cuts_is_given_up(tmp_path: Path) -> None:
    """It would send the same half nine times; two halves are enough, and the last one stays."""
    course = broken(answer(BODY, until=500), CUT)
    run = Run(tmp_path, *[course] * 4)
    with pytest.raises(NetworkError, match="does not go on"):
        run.go()
    assert run.left == BODY[:500]


def test_a_file_that_is_shorter_than_it_should_be_is_given_up(tmp_path: Path) -> None:
    """The catalogue has a wrong size, and no head says so: there is no end to be asked for."""
    short = answer(BODY, until=900, headers={"content-length": ""})
    refusal = [failed(Failure.STATUS, 416)]
    run = Run(tmp_path, short, refusal, short)
    with pytest.raises(NetworkError, match="does not go on"):
        run.go()
    assert run.left == BODY[:900]


def test_a_server_may_have_us_wait(tmp_path: Path) -> None:
    """Retry-After counts where it is the longer one."""
    busy = failed(Failure.STATUS, 429, retry_after=90.0)
    run = Run(tmp_path, [busy], [failed(Failure.STATUS, 503, retry_after=1.0)], answer(BODY))
    assert run.go() == BODY
    assert run.waits == [90.0, 2.0]
    assert [words for words in run.words if words] == [
        "It failed. Hush tries again in 90 s.",
        "It failed. Hush tries again in 2 s.",
    ]


def test_a_server_may_not_have_us_wait_for_long(tmp_path: Path) -> None:
    """Beyond ten minutes it is the person who decides."""
    run = Run(tmp_path, [failed(Failure.STATUS, 429, retry_after=601.0)])
    with pytest.raises(TransferFailed):
        run.go()
    assert run.waits == []


def test_an_end_before_the_end_is_a_cut(tmp_path: Path) -> None:
    """Without a length in its head an answer may be short and look whole."""
    short = answer(BODY, until=640, headers={"content-length": ""})
    run = Run(tmp_path, short, answer(BODY, 640))
    assert run.go() == BODY


def test_how_a_connection_ends_after_the_last_byte_does_not_matter(tmp_path: Path) -> None:
    """All is here; the digest decides."""
    run = Run(tmp_path, broken(answer(BODY), failed(Failure.STALLED)))
    assert run.go() == BODY
    assert run.waits == []


# Lies ---------------------------------------------------------------------------------------


def test_a_wrong_digest_is_thrown_away_and_not_tried_again(tmp_path: Path) -> None:
    """The server has another file: asking it again would bring that again."""
    run = Run(tmp_path, answer(shaken(BODY)))
    with pytest.raises(ModelDamaged, match="SHA-256"):
        run.go()
    assert run.left is None
    assert len(run.way.requests) == 1


def test_a_file_that_changed_between_ranges_is_fetched_once_anew(tmp_path: Path) -> None:
    """The server says that it is the same and lies: only the digest sees it."""
    begun(tmp_path, ENTRY, shaken(BODY[:400]))
    run = Run(tmp_path, answer(BODY, 400), answer(BODY))
    assert run.go() == BODY
    assert run.way.ranges == ["bytes=400-", ""]


def test_it_is_begun_anew_only_once(tmp_path: Path) -> None:
    """Wrong again: refused, and nothing stays."""
    begun(tmp_path, ENTRY, BODY[:400])
    wrong = shaken(BODY)
    run = Run(
        tmp_path,
        answer(wrong, 400),
        broken(answer(wrong, until=500), CUT),
        answer(wrong, 500),
    )
    with pytest.raises(ModelDamaged):
        run.go()
    assert run.left is None


def test_the_whole_file_instead_of_a_range_begins_it_anew(tmp_path: Path) -> None:
    """The server does not know ranges, or its file is another one now."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, etag='"two"'))
    assert run.go() == BODY


def test_a_large_part_is_not_given_up_for_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another edge has another ETag: the range is asked for once more, without the condition."""
    monkeypatch.setattr(download, "ASK_TWICE_BYTES", 300)
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, etag='"two"'), answer(BODY, 400, etag='"two"'))
    assert run.go() == BODY
    assert run.way.ranges == ["bytes=400-", "bytes=400-"]
    assert run.way.conditions == [ETAG, ""]


def test_a_large_part_of_another_file_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was joined without the condition does not pass, and is fetched once anew."""
    monkeypatch.setattr(download, "ASK_TWICE_BYTES", 300)
    begun(tmp_path, ENTRY, shaken(BODY[:400]))
    run = Run(
        tmp_path,
        answer(BODY, etag='"two"'),
        answer(BODY, 400, etag='"two"'),
        answer(BODY, etag='"two"'),
    )
    assert run.go() == BODY


def test_a_range_of_a_file_with_another_name_begins_it_anew(tmp_path: Path) -> None:
    """It should not have sent one: the condition does not hold."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, 400, etag='"two"'), answer(BODY, etag='"two"'))
    assert run.go() == BODY
    assert run.way.ranges == ["bytes=400-", ""]


@pytest.mark.parametrize(
    "told",
    [
        "",
        "bytes 0-999/1000",
        "bytes 401-999/1000",
        "bytes 400-999/*",
        "bytes 400-399/1000",
        "bytes 400-999/1001",
        "bytes 400-999/99999999999999999999999",
        "lines 400-999/1000",
    ],
)
def test_a_range_that_is_not_the_one_is_not_taken(tmp_path: Path, told: str) -> None:
    """Not a byte of it; what is here stays."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, 400, headers={"content-range": told}))
    with pytest.raises(NetworkError):
        run.go()
    assert run.left == BODY[:400]


def test_a_range_that_nobody_asked_for_is_not_taken(tmp_path: Path) -> None:
    """206 is an answer to a range only."""
    course: Course = [Answered(206, {"content-range": "bytes 0-999/1000"}, ADDRESS), Data(BODY)]
    with pytest.raises(NetworkError):
        Run(tmp_path, course).go()


@pytest.mark.parametrize("status", [201, 203, 204, 304])
def test_another_success_is_none(tmp_path: Path, status: int) -> None:
    """A file comes with 200 or 206."""
    with pytest.raises(NetworkError, match=str(status)):
        Run(tmp_path, [Answered(status, {}, ADDRESS), Done(1, 1)]).go()


def test_a_length_that_is_not_the_files_is_refused_before_a_byte(tmp_path: Path) -> None:
    """Right address, other file: nothing of what is here is given up for it."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY + b"x", etag='"two"'))
    with pytest.raises(NetworkError, match="1,001 bytes, not 1,000"):
        run.go()
    assert run.left == BODY[:400]


def test_a_child_that_refuses_by_the_length_costs_nothing(tmp_path: Path) -> None:
    """It says so before there is an answer: what is here stays."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, [failed(Failure.TOO_LARGE)])
    with pytest.raises(NetworkError, match="another file"):
        run.go()
    assert run.left == BODY[:400]


@pytest.mark.parametrize("offset", [0, 400])
def test_more_than_the_file_has_is_refused(tmp_path: Path, offset: int) -> None:
    """At the first byte too much; nothing stays."""
    if offset:
        begun(tmp_path, ENTRY, BODY[:offset])
    flood = [*answer(BODY, offset)[:-1], Data(b"x"), Data(b"y" * 10**6)]
    run = Run(tmp_path, flood)
    with pytest.raises(ModelDamaged, match="More came"):
        run.go()
    assert run.left is None


def test_a_child_that_says_too_much_came_is_believed(tmp_path: Path) -> None:
    """It counts as well, and stops first."""
    run = Run(tmp_path, broken(answer(BODY), failed(Failure.TOO_LARGE)))
    with pytest.raises(ModelDamaged, match="More came"):
        run.go()
    assert run.left is None


@pytest.mark.parametrize(
    "refusal", [[failed(Failure.STATUS, 416)], [Answered(416, {}, ADDRESS), Done(1, 1)]]
)
def test_a_range_that_cannot_be_had_begins_it_anew(tmp_path: Path, refusal: Course) -> None:
    """The server says so, and then offers the whole file, at its right length."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, refusal, answer(BODY))
    assert run.go() == BODY
    assert run.way.ranges == ["bytes=400-", ""]
    assert run.waits == []


@pytest.mark.parametrize(
    "better",
    [
        [failed(Failure.STATUS, 416)],
        [failed(Failure.STATUS, 403)],
        [Answered(416, {}, ADDRESS), Done(1, 1)],
        answer(BODY + b"x"),
        answer(BODY, headers={"content-length": ""}),
        answer(BODY, 400),
    ],
    ids=["416 again", "403", "416 answered", "another length", "no length", "a range"],
)
def test_a_range_that_is_refused_costs_nothing_of_what_is_here(
    tmp_path: Path, better: Course
) -> None:
    """A proxy says 416 to anything: what is here stays until a file of the right length comes."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, [failed(Failure.STATUS, 416)], better)
    with pytest.raises(NetworkError):
        run.go()
    assert run.left == BODY[:400]
    assert run.way.ranges == ["bytes=400-", ""]


def test_what_comes_after_a_refused_range_is_gone_on_with(tmp_path: Path) -> None:
    """The whole file came in two pieces: the second one is asked for as a range again."""
    begun(tmp_path, ENTRY, BODY[:400])
    whole = broken(answer(BODY, until=700), CUT)
    run = Run(tmp_path, [failed(Failure.STATUS, 416)], whole, answer(BODY, 700))
    assert run.go() == BODY
    assert run.way.ranges == ["bytes=400-", "", "bytes=700-"]


def test_a_server_that_refuses_ranges_for_ever_is_given_up(tmp_path: Path) -> None:
    """It cuts, and refuses to go on: what it costs has an end, and the last piece stays."""
    cut = broken(answer(BODY, until=400), CUT)
    refusal = [failed(Failure.STATUS, 416)]
    run = Run(tmp_path, cut, refusal, cut, refusal, cut, refusal)
    with pytest.raises(NetworkError, match="does not go on"):
        run.go()
    assert run.left == BODY[:400]


def test_a_server_that_refuses_without_a_range_is_given_up(tmp_path: Path) -> None:
    """416 to a whole file is nonsense."""
    with pytest.raises(TransferFailed):
        Run(tmp_path, [failed(Failure.STATUS, 416)]).go()


def test_a_server_that_changes_its_file_all_the_time_is_given_up(tmp_path: Path) -> None:
    """It cuts, has another file, cuts: what it costs has an end."""
    courses: list[Course] = []
    for turn in range(3):
        courses.append(broken(answer(BODY, until=400, etag=f'"{turn}"'), CUT))
        courses.append(answer(BODY, 400, etag=f'"{turn} and a half"'))
    run = Run(tmp_path, *courses)
    with pytest.raises(NetworkError, match="does not go on"):
        run.go()


# Stopping, and the disk ---------------------------------------------------------------------


def test_a_stop_keeps_what_is_here(tmp_path: Path) -> None:
    """Heard between two pieces."""
    cancel = Cancel()

    def stopping() -> Course:
        return broken(answer(BODY, until=640), failed(Failure.CANCELLED))

    run = Run(tmp_path, stopping(), cancel=cancel)
    run.told = _Asking(cancel, at=512)
    with pytest.raises(CancelledError):
        run.go()
    assert run.left == BODY[:512]


class _Asking(list[tuple[Step, int]]):
    """Asks for a stop once so many bytes are here."""

    def __init__(self, cancel: Cancel, at: int) -> None:
        super().__init__()
        self._cancel = cancel
        self._at = at

    def append(self, told: tuple[Step, int]) -> None:
        super().append(told)
        if told[1] >= self._at:
            self._cancel.ask()


def test_a_stop_before_the_first_byte_connects_nowhere(tmp_path: Path) -> None:
    """Asked while it waited for its turn."""
    cancel = Cancel()
    cancel.ask()
    run = Run(tmp_path, cancel=cancel)
    with pytest.raises(CancelledError):
        run.go()
    assert run.way.requests == []


def test_a_stop_while_the_part_is_read_again(tmp_path: Path) -> None:
    """Reading four gigabytes takes a while; it can be called off."""
    body = random_body(5 << 20)
    entry = entry_of(body)
    begun(tmp_path, entry, body[: 4 << 20])
    cancel = Cancel()
    run = Run(tmp_path, entry=entry, cancel=cancel)
    run.told = _Asking(cancel, at=1 << 20)
    with pytest.raises(CancelledError):
        run.go()
    assert max(done for _, done in run.told) == 1 << 20
    assert run.left == body[: 4 << 20]


def test_room_is_asked_for_before_anything_is_sent(tmp_path: Path) -> None:
    """The file, a twentieth more, and what the vault needs."""
    run = Run(tmp_path, space=Space(free=lambda _: 1000 + 50 + 200_000_000 - 1))
    with pytest.raises(StorageFull, match=r"0\.20 GB are needed"):
        run.go()
    assert run.way.requests == []
    assert Run(tmp_path, answer(BODY), space=Space(free=lambda _: 200_001_050)).go() == BODY


def test_room_is_asked_for_the_rest_only(tmp_path: Path) -> None:
    """What is here takes no more room."""
    begun(tmp_path, ENTRY, BODY[:400])
    run = Run(tmp_path, answer(BODY, 400), space=Space(free=lambda _: 600 + 50 + 200_000_000))
    assert run.go() == BODY


def test_room_is_asked_for_while_it_runs(tmp_path: Path) -> None:
    """Others write, too: it stops before the vault has no room left."""
    free = iter([10**12, 10**12, 200_000_000])
    run = Run(tmp_path, answer(BODY), space=Space(free=lambda _: next(free), every=128))
    with pytest.raises(StorageFull):
        run.go()
    assert run.left == BODY[:256]
