"""Downloads with nothing left out: real gate, ledger and net child, TLS, and servers that lie."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from assistant.errors import HushError, InputRefused, ModelDamaged, NetworkError
from assistant.net.records import Failure, TransferFailed
from assistant.net.starting import DirectStarter
from assistant.shelf.records import DownloadState, Step
from tests.certificates import Authority, Certificate
from tests.lying_server import LyingServer, Manner, shaken
from tests.nginx import nginx
from tests.served import SECONDS, Served, served, trusting
from tests.trials.outcome import Unable
from tests.unit.fetching import FolderShelf, begun, entry_of, random_body

BODY = random_body(300_000)
HALF = Manner(cut_at=150_000)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A good one, of an authority that the net child is told to trust."""
    return Authority(tmp_path_factory.mktemp("tls")).sign()


def at_home(folder: Path, certificate: Certificate) -> AbstractContextManager[Served]:
    """A service whose net children trust the authority of this certificate alone."""
    starter = DirectStarter(environment=trusting(certificate))
    return served(folder, starter, FolderShelf(folder / "shelf"))


def state_of(home: Served) -> DownloadState:
    """Of the only download."""
    (state,) = home.service.states()
    return state


def refused(home: Served, server: LyingServer) -> HushError:
    """How fetching its file failed; the shelf is empty afterwards."""
    error = home.start(entry_of(BODY, server.url())).future.exception(SECONDS)
    assert isinstance(error, HushError)
    assert not (home.folder / "shelf").exists()
    return error


def test_a_model_comes_from_nginx(tmp_path: Path, certificate: Certificate) -> None:
    """Its second half only, where the first is here; the ledger has a row of it."""
    try:
        with (
            nginx(tmp_path / "nginx", certificate) as server,
            at_home(tmp_path, certificate) as home,
        ):
            (server.files / "model.gguf").write_bytes(BODY)
            entry = entry_of(BODY, server.url("model.gguf"))
            begun(home.parts, entry, BODY[:100_000], etag="")
            assert home.fetch(entry).path.read_bytes() == BODY
            (row,) = home.ledger.rows().result(SECONDS)
            assert (row.host, row.what, row.result) == ("127.0.0.1", entry.id, "ok")
            assert 200_000 < (row.bytes_in or 0) < 220_000
        assert server.log.read_text() == '/model.gguf 206 "bytes=100000-" 200000\n'
    except Unable as reason:
        pytest.skip(str(reason))


def test_cuts_are_gone_on_with(tmp_path: Path, certificate: Certificate) -> None:
    """By closing, by resetting, by saying nothing more; no byte on the disk comes twice."""
    manners = [
        Manner(cut_at=90_000),
        Manner(cut_at=50_000, reset=True),
        Manner(stall_at=60_000),
        Manner(chunked=True, cut_at=10_000),
    ]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY
        offsets = [asked.offset for asked in server.asked]
        assert offsets == sorted(set(offsets))  # each one farther than the one before it
        assert server.sent >= len(BODY)
        assert offsets[-1] + server.asked[-1].sent == len(BODY)
        assert home.waits == [0.5] * 4


def test_a_file_that_changed_is_fetched_anew(tmp_path: Path, certificate: Certificate) -> None:
    """It says so itself: another ETag, so all of it comes."""
    manners = [Manner(body=shaken(BODY), cut_at=150_000)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY
        assert server.asked[1].offset > 0
        assert server.asked[1].condition


def test_a_file_that_changed_in_secret_is_found_out(
    tmp_path: Path, certificate: Certificate
) -> None:
    """Two halves of two files: the digest says no, and it is fetched once anew."""
    other = bytes([BODY[0] ^ 1]) + BODY[1:]
    manners = [Manner(body=other, same_etag=True, cut_at=150_000)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY
        assert [asked.offset > 0 for asked in server.asked] == [False, True, False]


def test_a_server_without_ranges_sends_it_all_again(
    tmp_path: Path, certificate: Certificate
) -> None:
    """Nothing else can be done."""
    manners = [HALF, Manner(ignore_range=True)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY


def test_a_range_that_cannot_be_had(tmp_path: Path, certificate: Certificate) -> None:
    """416: begun anew."""
    manners = [HALF, Manner(status=416)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY
        assert [asked.offset > 0 for asked in server.asked] == [False, True, False]


def test_a_busy_server_is_waited_for(tmp_path: Path, certificate: Certificate) -> None:
    """As long as it asks for."""
    busy = Manner(status=429, headers={"Retry-After": "77"})
    with (
        LyingServer(BODY, [busy, Manner(status=503)], certificate) as server,
        at_home(tmp_path, certificate) as home,
    ):
        assert home.fetch(entry_of(BODY, server.url())).path.read_bytes() == BODY
        assert home.waits == [77.0, 2.0]


@pytest.mark.parametrize(
    ("manner", "error"),
    [
        (Manner(body=shaken(BODY)), ModelDamaged),
        (Manner(body=BODY + b"x"), NetworkError),
        (Manner(body=BODY + bytes(100_000), chunked=True), ModelDamaged),
    ],
    ids=["digest", "longer", "flood"],
)
def test_another_file_is_refused(
    tmp_path: Path, certificate: Certificate, manner: Manner, error: type[HushError]
) -> None:
    """At its head where that tells, at the first byte too many, or by its digest; once."""
    with LyingServer(BODY, [manner], certificate) as server, at_home(tmp_path, certificate) as home:
        assert type(refused(home, server)) is error
        assert len(server.asked) == 1
        assert (state_of(home).step, state_of(home).done) == (Step.FAILED, 0)


@pytest.mark.parametrize(
    ("manner", "failure"),
    [
        (Manner(status=302, headers={"Location": "https://elsewhere.test/x"}), Failure.REDIRECT),
        (Manner(status=404), Failure.STATUS),
        (Manner(raw=b"SSH-2.0-OpenSSH_9.2\r\n\r\n"), Failure.NOT_HTTP),
    ],
    ids=["elsewhere", "gone", "no HTTP"],
)
def test_what_is_no_answer_ends_it(
    tmp_path: Path, certificate: Certificate, manner: Manner, failure: Failure
) -> None:
    """In words, without another try."""
    with LyingServer(BODY, [manner], certificate) as server, at_home(tmp_path, certificate) as home:
        error = refused(home, server)
        assert isinstance(error, TransferFailed)
        assert error.failure is failure
        assert state_of(home).words == error.sentence


@pytest.mark.parametrize("fault", ["expired", "issuer"])
def test_a_certificate_that_is_not_right_ends_it(tmp_path: Path, fault: str) -> None:
    """Not a byte of the file is asked for."""
    trusted = Authority(tmp_path)
    signer = Authority(tmp_path, "stranger") if fault == "issuer" else trusted
    wrong = signer.sign(expired=fault == "expired")
    known = Certificate(wrong.chain, wrong.key, trusted.path)
    with LyingServer(BODY, [], wrong) as server, at_home(tmp_path / "home", known) as home:
        error = refused(home, server)
        assert isinstance(error, TransferFailed)
        assert error.failure is Failure.TLS
        assert server.asked == []


def test_a_pause_in_the_middle_keeps_what_came(tmp_path: Path, certificate: Certificate) -> None:
    """The net child ends at once; the rest comes later, under a new approval."""
    manners = [Manner(stall_at=200_000)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        entry = entry_of(BODY, server.url())
        running = home.start(entry)
        assert server.stalled.acquire(timeout=SECONDS)
        home.service.pause(entry.sha256)
        assert isinstance(running.future.exception(SECONDS), InputRefused)
        assert state_of(home).step is Step.PAUSED
        here = state_of(home).done
        assert home.fetch(entry).path.read_bytes() == BODY
        assert server.asked[1].offset == here
        first = home.ledger.rows().result(SECONDS)[-1]
        assert first.result == Failure.CANCELLED.value


def test_stopping_everything_pauses_it(tmp_path: Path, certificate: Certificate) -> None:
    """What the switch does that keeps everything here; a new approval is needed afterwards."""
    manners = [Manner(stall_at=200_000)]
    with LyingServer(BODY, manners, certificate) as server, at_home(tmp_path, certificate) as home:
        entry = entry_of(BODY, server.url())
        running = home.start(entry)
        assert server.stalled.acquire(timeout=SECONDS)
        home.gate.stop_all()
        assert isinstance(running.future.exception(SECONDS), TransferFailed)
        assert (state_of(home).step, len(server.asked)) == (Step.PAUSED, 1)
        assert home.fetch(entry).path.read_bytes() == BODY
