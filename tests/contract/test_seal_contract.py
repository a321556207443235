"""What holds for every ``Seal``. The real one seals a process of its own, never the tests'."""

from __future__ import annotations

import json
import subprocess
import sys
from abc import abstractmethod
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from assistant.sealing.linux import LinuxSeal
from assistant.sealing.macos import PROFILE, MacSeal
from assistant.sealing.protocol import MEMORY_OPEN, SENTENCES, Layer, Level, Seal, SealReport
from assistant.sealing.unsealed import NoSeal
from tests.fakes.seal import NONE, PARTIAL, FakeKernel, FakeSeal

ROOT = Path(__file__).parent.parent.parent


class SealContract:
    """What every seal does."""

    level = Level.WHOLE

    @pytest.fixture
    @abstractmethod
    def seal(self) -> Seal:
        """The seal under test, not put up."""

    def test_before_it_is_put_up(self, seal: Seal) -> None:
        """Looking puts nothing up."""
        for _ in range(2):
            found = seal.report()
            assert found.level is Level.NONE
            assert not found.proven
            assert not found.covers_children

    def test_it_says_what_it_put_up(self, seal: Seal) -> None:
        assert seal.install().level is self.level

    def test_what_it_says_is_what_holds(self, seal: Seal) -> None:
        """But for the reason of a failure, which only the one that tried knows."""
        first, later = seal.install(), seal.report()
        assert (first.level, first.proven) == (later.level, later.proven)
        assert first == later or first.level is not Level.WHOLE

    def test_twice_is_once(self, seal: Seal) -> None:
        assert seal.install() == seal.install()

    def test_nothing_is_claimed_that_was_not_tried(self, seal: Seal) -> None:
        found = seal.install()
        assert found.proven is (found.level is not Level.NONE)
        assert found.covers_children is found.proven
        assert any(layer.installed for layer in found.layers) is found.proven

    def test_there_are_words(self, seal: Seal) -> None:
        for found in (seal.report(), seal.install()):
            partial = {MEMORY_OPEN} if found.level is Level.PARTIAL else set()
            assert found.sentence in {SENTENCES[found.level], *partial}
            assert found.layers
            assert all(layer.name and layer.words.endswith(".") for layer in found.layers)


class TestFakeSeal(SealContract):
    """The fake that other tests use."""

    @pytest.fixture
    def seal(self) -> Seal:
        return FakeSeal()


class TestFakeSealInPart(SealContract):
    """A fake that covers TCP alone."""

    level = Level.PARTIAL

    @pytest.fixture
    def seal(self) -> Seal:
        return FakeSeal(PARTIAL)


class TestFakeSealThatFails(SealContract):
    """A fake that is refused."""

    level = Level.NONE

    @pytest.fixture
    def seal(self) -> Seal:
        return FakeSeal(NONE)


class TestNoSeal(SealContract):
    """Windows, and what nobody thought of."""

    level = Level.NONE

    @pytest.fixture(params=["win32", "freebsd14"])
    def seal(self, request: pytest.FixtureRequest) -> Seal:
        return NoSeal(request.param)


class TestMacSeal(SealContract):
    """Seatbelt's part played by the test."""

    @pytest.fixture
    def seal(self) -> Seal:
        profiles: list[bytes] = []

        def sandbox(profile: bytes) -> str:
            assert profile == PROFILE
            assert not profiles, "a second one is an error there"
            profiles.append(profile)
            return ""

        return MacSeal(sandbox, lambda: bool(profiles))


class TestMacSealThatIsRefused(SealContract):
    """A profile that the system does not take."""

    level = Level.NONE

    @pytest.fixture
    def seal(self) -> Seal:
        return MacSeal(lambda _: "the system refused it", lambda: False)


def linux_seal(kernel: FakeKernel, status: Path) -> Seal:
    """The real seal over a kernel of the test's own."""
    machine = next(name for name in ("x86_64", "aarch64") if _is(kernel, name))
    status.write_text("Name:\thush\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t1\n")
    return LinuxSeal(kernel, machine, status, kernel.refuses_sockets, lambda: kernel.landlocked > 0)


def _is(kernel: FakeKernel, name: str) -> bool:
    return kernel.machine == FakeKernel(name).machine


class TestLinuxSeal(SealContract):
    """Both layers, on both processors that are known, by the filter's own program."""

    @pytest.fixture(params=["x86_64", "aarch64"])
    def seal(self, request: pytest.FixtureRequest, tmp_path: Path) -> Seal:
        self.kernel = FakeKernel(request.param)
        return linux_seal(self.kernel, tmp_path / "status")

    def test_one_filter_however_often(self, seal: Seal) -> None:
        """A lock replaces the process, again and again; the kernel counts what is put up."""
        for _ in range(50):
            seal.install()
        assert len(self.kernel.filters) == self.kernel.landlocked == 1


class TestLinuxSealOverAnOlderLandlock(SealContract):
    """A kernel before 6.7: the filter is the wall all the same."""

    @pytest.fixture
    def seal(self, tmp_path: Path) -> Seal:
        return linux_seal(FakeKernel(landlock_version=3), tmp_path / "status")

    def test_it_says_so(self, seal: Seal) -> None:
        words = "Version 3, for other programs' memory; it knows no network."
        assert seal.install().layers[1] == Layer("Landlock (memory)", True, words)


class TestLinuxSealWithoutLandlock(SealContract):
    """A kernel before 5.19, or without it: a way past the filter is open, and that is said."""

    level = Level.PARTIAL

    @pytest.fixture(params=[0, 1])
    def seal(self, request: pytest.FixtureRequest, tmp_path: Path) -> Seal:
        return linux_seal(FakeKernel(landlock_version=request.param), tmp_path / "status")

    def test_it_says_so(self, seal: Seal) -> None:
        found = seal.install()
        assert found.sentence == MEMORY_OPEN
        assert found.layers[1].name == "Landlock (memory)"
        assert found.layers[1].words.endswith("Other programs' memory can be written to.")


class TestLinuxSealWithoutSeccomp(SealContract):
    """A kernel that was built without filters: TCP is refused, and no more is claimed."""

    level = Level.PARTIAL

    @pytest.fixture
    def seal(self, tmp_path: Path) -> Seal:
        return linux_seal(FakeKernel(seccomp_answer=-38), tmp_path / "status")

    def test_it_says_why(self, seal: Seal) -> None:
        assert seal.install().layers[0].words == "Not there: the system refused it (ENOSYS)."


class TestLinuxSealWithNothing(SealContract):
    """Neither filter nor Landlock."""

    level = Level.NONE

    @pytest.fixture(params=[{"seccomp_answer": -22}, {"privileges_answer": -1}])
    def seal(self, request: pytest.FixtureRequest, tmp_path: Path) -> Seal:
        return linux_seal(FakeKernel(landlock_version=0, **request.param), tmp_path / "status")


class TestLinuxSealWithAThreadInTheWay(TestLinuxSealWithNothing):
    """The kernel answers with a thread's number: no thread has the filter."""

    @pytest.fixture(params=[4711])
    def seal(self, request: pytest.FixtureRequest, tmp_path: Path) -> Seal:
        kernel = FakeKernel(landlock_version=0, seccomp_answer=request.param)
        return linux_seal(kernel, tmp_path / "status")

    def test_it_says_why(self, seal: Seal) -> None:
        assert "a thread that ran before" in seal.install().layers[0].words


class TestLinuxSealThatLeaks(SealContract):
    """The filter stands, and a socket is made all the same: nothing is claimed."""

    level = Level.NONE

    @pytest.fixture
    def seal(self, tmp_path: Path) -> Seal:
        kernel = FakeKernel(landlock_version=0)
        kernel.leaks_sockets = True
        return linux_seal(kernel, tmp_path / "status")

    def test_nothing_is_claimed_that_was_not_tried(self, seal: Seal) -> None:
        found = seal.install()
        assert not found.proven
        assert not found.covers_children


def test_an_unknown_processor(tmp_path: Path) -> None:
    """No filter is made up for it."""
    kernel = FakeKernel(landlock_version=0)
    seal = LinuxSeal(kernel, "riscv64", tmp_path / "none", lambda: False, lambda: False)
    found = seal.install()
    assert found.level is Level.NONE
    assert "processor" in found.layers[0].words
    assert kernel.filters == []


TOLD_FROM_INSIDE = """
import json, sys
from dataclasses import asdict
from assistant.sealing.choose import install, report
said = []
for word in sys.argv[1:]:
    said.append(asdict({"install": install, "report": report}[word]()))
print(json.dumps(said))
"""


class RealSeal:
    """This system's seal in a new process: what it did so far is done there again."""

    def __init__(self) -> None:
        self._words: list[str] = []

    def install(self) -> SealReport:
        """See ``Seal.install``."""
        return self._do("install")

    def report(self) -> SealReport:
        """See ``Seal.report``."""
        return self._do("report")

    def _do(self, word: str) -> SealReport:
        self._words.append(word)
        done = subprocess.run(
            [sys.executable, "-c", TOLD_FROM_INSIDE, *self._words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            timeout=60,
            check=True,
        )
        fields: dict[str, Any] = json.loads(done.stdout)[-1]
        layers = tuple(Layer(**layer) for layer in fields.pop("layers"))
        found = SealReport(**fields | {"layers": layers, "level": Level(fields["level"])})
        assert json.loads(json.dumps(asdict(found))) == fields | {
            "layers": [asdict(layer) for layer in layers]
        }
        return found


@pytest.mark.skipif(sys.platform != "linux", reason="no other system's seal was ever run")
class TestRealLinuxSeal(SealContract):
    """The real kernel."""

    @pytest.fixture
    def seal(self) -> Seal:
        return RealSeal()
