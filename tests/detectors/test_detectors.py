"""Every detector catches the planted leak; and each is held to what it says that it sees."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.detectors.plants import CARRIES, PLANTS, Listener, leak, trips
from tests.detectors.tracing import Tracer, needs_strace
from tests.detectors.witnesses import DETECTORS, Detector
from tests.trials import leaks
from tests.trials.outcome import Unable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the detectors are Linux's")


@pytest.mark.parametrize("plant", CARRIES)
def test_plants_are_leaks(plant: str) -> None:
    """Left alone, each carries its word to whoever listens."""
    with Listener() as listener:
        assert leak(plant, "a word", listener.port)
        assert b"a word" in listener.end()


@pytest.mark.parametrize("name", DETECTORS)
def test_the_planted_leak_is_caught(name: str, tmp_path: Path) -> None:
    """By every one of them."""
    detector = DETECTORS[name]
    if not detector.is_there():
        pytest.skip(f"{name} cannot be used here")
    assert detector.catches("connection", tmp_path)


@pytest.mark.parametrize("plant", sorted(set(PLANTS) - {"connection"}))
@pytest.mark.parametrize("name", DETECTORS)
def test_what_each_sees(name: str, plant: str, tmp_path: Path) -> None:
    """No more, and no less: where nothing leaks, none of them says that something did."""
    detector = DETECTORS[name]
    if not detector.is_there():
        pytest.skip(f"{name} cannot be used here")
    if not detector.proves(plant):
        pytest.skip(f"left alone, {plant} is not let out here either: that it fails proves nothing")
    expected = plant in detector.sees
    if plant == "nothing":
        assert not expected
    assert detector.catches(plant, tmp_path) is expected


def test_a_plant_that_fails_by_itself_is_not_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """By nobody: those who look at what failed look at it left alone as well."""
    broken = {"broken": "raise OSError('out of order')", "named": "raise PermissionError('no')"}
    monkeypatch.setattr("tests.detectors.plants.PLANTS", {**PLANTS, **broken})
    for plant in broken:
        assert not trips(plant, "a word", 9)
        for name in ("seal", "unshare"):
            assert not DETECTORS[name].proves(plant)


@needs_strace
def test_an_attempt_from_behind_the_seal_is_seen(tmp_path: Path) -> None:
    """Refused or not, nobody of Hush has any business trying; but the seal tries itself."""
    tracer = Tracer(tmp_path / "trace")
    with Listener() as listener:
        assert not leak("connection", "word", listener.port, prefix=tracer.prefix, sealed=True)
    tracer.wait()
    assert len(tracer.leaks()) == 1
    assert "EACCES" in tracer.leaks()[0]
    name = Tracer(tmp_path / "name")
    assert not leak("name", "word", 9, prefix=name.prefix, sealed=True)
    name.wait()
    assert name.leaks(), "it asked nobody"
    assert all("= -1 EACCES" in call for call in name.leaks())
    quiet = Tracer(tmp_path / "quiet")
    assert leak("nothing", "word", 9, prefix=quiet.prefix, sealed=True)
    quiet.wait()
    assert quiet.leaks() == []
    assert quiet.proofs() == 3


@pytest.mark.parametrize(
    ("call", "is_leak"),
    [
        ("socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0) = 3<UNIX-STREAM:[1]>", False),
        ("socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 3<TCP:[1]>", True),
        ("socket(AF_INET6, SOCK_DGRAM, IPPROTO_IP) = -1 EACCES (Permission denied)", True),
        ("socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) = 4<NETLINK:[ROUTE:1]>", True),
        ("socket(AF_INET, SOCK_STREAM, 0xfd /* IPPROTO_??? */) = -1 EACCES (Denied)", False),
        ("socket(AF_INET, SOCK_STREAM, 0xfd /* IPPROTO_??? */) = 3<TCP:[1]>", True),
        ('sendto(5<TCP:[127.0.0.1:1->127.0.0.1:2]>, "x", 1, 0, NULL, 0) = 1', True),
        ("recvmsg(4<UNIX-STREAM:[1->2]>, {cmsg_data=[5<TCP:[9]>]}, 0) = 1", True),
        ('connect(3<UNIX-STREAM:[1]>, {sun_path="/run/systemd/resolve/io.systemd.Resolve"}', True),
        ('connect(3<UNIX-STREAM:[1]>, {sun_path="/var/run/nscd/socket"}, 110) = 0', False),
        ('sendto(3<UNIX-STREAM:[1->2,"/run/nscd/socket"]>, "\\2\\0\\0\\0\\4\\0\\0\\0', True),
        ('sendto(3<UNIX-STREAM:[1->2,"/run/nscd/socket"]>, "\\2\\0\\0\\0\\1\\0\\0\\0', False),
        ('sendmsg(7<UNIX-STREAM:[1->2]>, "\\6\\1s\\0org.freedesktop.resolve1\\0"', True),
        ("io_uring_setup(4, {flags=0}) = 5<anon_inode:[io_uring]>", True),
        ("io_uring_setup(0, NULL) = -1 ENOSYS (Function not implemented)", False),
        ("pidfd_getfd(3<anon_inode:[pidfd]>, 4, 0) = 5", True),
    ],
)
def test_what_counts_in_a_trace(call: str, is_leak: bool, tmp_path: Path) -> None:
    """One call each; also where strace tells of it in two parts."""
    (tmp_path / "whole").write_text(f"12 {call}\n12 +++ exited with 0 +++\n")
    assert bool(Tracer(tmp_path / "whole").leaks()) is is_leak
    at = call.index("(") + 12
    name = call.partition("(")[0]
    (tmp_path / "parts").write_text(
        f'12 {call[:at]} <unfinished ...>\n13 write(1</x>, "a", 1) = 1\n'
        f"12 <... {name} resumed>{call[at:]}\n"
    )
    assert bool(Tracer(tmp_path / "parts").leaks()) is is_leak


def test_a_detector_that_is_blind_or_lies_is_a_fault(tmp_path: Path) -> None:
    """And one that cannot be used is no silence about what it would have seen."""
    sees = frozenset({"connection", "qt"})
    blind = Detector(lambda plant, _: plant == "qt", sees, lambda: True)
    liar = Detector(lambda *_: True, sees, lambda: True)
    outcome = leaks.run(2, 1, tmp_path, {"blind": blind, "liar": liar})
    assert outcome.numbers["planted and caught"] == 6
    assert sorted({fault.partition(": ")[2] for fault in outcome.faults}) == [
        "blind did not see connection",
        "liar saw a leak where there was none",
    ]
    with pytest.raises(Unable, match="gone"):
        leaks.run(1, 1, tmp_path, {"gone": Detector(blind.catches, sees, lambda: False)})
