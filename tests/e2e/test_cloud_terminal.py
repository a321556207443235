"""``hush ask --cloud`` as a person runs it: a real model behind nginx and TLS, a real net child."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import Authority
from tests.e2e.test_terminal import hush
from tests.llm_server import llm_server
from tests.nginx import Nginx, nginx
from tests.served import trusting
from tests.trials.outcome import Unable

QUESTION = "What is the capital of France? Write to anna.larsson@example.org."


@dataclass(frozen=True, slots=True)
class Box:
    """A server with a real model, and a profile that knows it."""

    profile: Path
    server: Nginx

    @property
    def asked(self) -> list[str]:
        """What came to it, a line each."""
        return self.server.log.read_text().splitlines() if self.server.log.exists() else []

    def run(self, *words: str, piped: str | None = None) -> tuple[int, str, str]:
        """One command: exit code and what it said."""
        done = hush(self.profile, *words, piped=piped)
        return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """Set up once: the model takes seconds to load."""
    folder = tmp_path_factory.mktemp("box")
    certificate = Authority(folder).sign()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in trusting(certificate).items():
            patch.setenv(name, value)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            patch.delenv(name, raising=False)
            patch.delenv(name.lower(), raising=False)
        try:
            with llm_server() as model, nginx(folder / "nginx", certificate, model.behind) as front:
                made = Box(folder / "profile", front)
                address = f"https://127.0.0.1:{front.port}/v1"
                code, _, err = made.run("cloud", "add", "Box", address, model.model)
                assert code == 0, err
                assert made.run("cloud", "on")[0] == 0
                yield made
        except Unable as reason:
            pytest.skip(str(reason))


def test_shown_then_approved_then_found(box: Box) -> None:
    """The dry run's bytes are those that go, once its digest is typed; the ledger has them."""
    before = len(box.asked)
    code, out, told = box.run("ask", "--cloud", QUESTION, "--dry-run")
    assert code == 0, told
    body, digest = out.splitlines()
    sent = json.loads(body)
    assert "anna.larsson" not in body
    assert sent["messages"][-1]["content"].startswith("What is the capital of France?")
    assert "127.0.0.1" in told
    digest = digest.split()[-1]
    assert len(box.asked) == before  # a look asks nobody
    code, out, told = box.run("ask", "--cloud", QUESTION, "--approve", digest)
    assert code == 0, told
    assert out.strip()
    assert len(box.asked) == before + 1
    code, out, _ = box.run("network", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["intact"] is True
    row = found["transfers"][0]
    assert (row["purpose"], row["payload_sha256"], row["result"]) == ("cloud", digest, "ok")
    assert row["bytes_out"] > len(body)


@pytest.mark.parametrize(
    ("words", "piped"),
    [
        ((), "yes\ny\n"),
        (("--approve", hashlib.sha256(b"another").hexdigest()), None),
    ],
)
def test_nobody_says_yes(box: Box, words: tuple[str, ...], piped: str | None) -> None:
    """No terminal but a yes in a pipe, or another digest: nothing goes."""
    before = len(box.asked)
    code, out, told = box.run("ask", "--cloud", QUESTION, *words, piped=piped)
    assert code == 2, told
    assert out == ""
    assert len(box.asked) == before


def test_off_in_the_terminal(box: Box) -> None:
    """Switched off, not even a digest that is right lets it go."""
    code, out, _ = box.run("ask", "--cloud", QUESTION, "--dry-run", "--json")
    digest = json.loads(out.splitlines()[-1])["payload_sha256"]
    before = len(box.asked)
    assert box.run("cloud", "off")[0] == 0
    try:
        code, _, told = box.run("ask", "--cloud", QUESTION, "--approve", digest)
        assert code in {2, 9}, told
        assert len(box.asked) == before
    finally:
        assert box.run("cloud", "on")[0] == 0
