"""The command line: options anywhere, pipes, exit codes, and nothing that drives a terminal."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from assistant.app import Parts
from assistant.entrance import Entrance
from assistant.errors import KeyringUnavailable, ModelDamaged
from assistant.paths import Profile
from assistant.store.passphrase import Argon2Policy
from assistant.terminal import parse
from assistant.terminal.command import run_command
from assistant.terminal.console import Console
from assistant.terminal.doctor import display_server
from tests.fakes.engine import FakeEngine

CHEAP = Argon2Policy(floor_kib=8, ceiling_kib=8, passes=1, lanes=1, seconds=0.0)
PASSPHRASE = "correct horse battery"


class Terminal:
    """Runs ``hush`` commands in one profile, with a fake engine and no keyring."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine: Callable[[], FakeEngine] = FakeEngine
        self.out = ""
        self.err = ""

    def run(self, *words: str, piped: str = "", passphrase: str | None = PASSPHRASE) -> int:
        """Run one command; what it printed is in ``out`` and ``err``."""
        argv = ["--profile", str(self.root), *words]
        if passphrase is not None:
            argv += ["--passphrase-fd", str(readable(passphrase + "\n"))]
        out, err = io.StringIO(), io.StringIO()
        stdin = io.TextIOWrapper(io.BytesIO(piped.encode("utf-8", "surrogateescape")))
        code = run_command(parse(argv), Console(stdin, out, err), self.parts())
        self.out, self.err = out.getvalue(), err.getvalue()
        return code

    def parts(self) -> Parts:
        """No keyring, cheap key derivation, the fake engine."""
        return Parts(
            engine=lambda: self.engine(),
            entrance=lambda profile, clock: Entrance(
                profile, clock, keyring=no_keyring, cost=CHEAP
            ),
        )


def no_keyring() -> NoReturn:
    """A machine without a safe keyring."""
    raise KeyringUnavailable("No safe keyring is running here.")


def readable(text: str) -> int:
    """A file descriptor from which ``text`` can be read."""
    reader, writer = os.pipe()
    os.write(writer, text.encode())
    os.close(writer)
    return reader


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal over an empty profile."""
    return Terminal(tmp_path / "profile")


@pytest.mark.parametrize(
    "argv",
    [
        ["--profile", "/p", "--passphrase-fd", "3", "ask", "hi"],
        ["ask", "--profile", "/p", "--passphrase-fd", "3", "hi"],
        ["--profile", "/p", "ask", "hi", "--passphrase-fd", "3"],
    ],
)
def test_global_options_stand_anywhere(argv: list[str]) -> None:
    """Before or after the subcommand, or one on each side."""
    found = parse(argv)
    assert (found.command, found.profile, found.passphrase_fd) == ("ask", "/p", 3)
    assert found.text == ("hi",)


def test_no_command_is_the_window() -> None:
    """``hush`` alone, and with options."""
    assert parse([]).command == ""
    assert parse(["--profile", "/p"]).profile == "/p"


@pytest.mark.parametrize("argv", [["nonsense"], ["show", "abc"], ["ask", "--nope"]])
def test_usage_errors_exit_with_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Argparse's own words, exit code 2."""
    with pytest.raises(SystemExit) as end:
        parse(argv)
    assert end.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_ask_list_show_export(terminal: Terminal, tmp_path: Path) -> None:
    """A question from words, kept, listed, shown and exported."""
    assert terminal.run("ask", "Hello", "there") == 0
    assert terminal.out == "You said: Hello there\n"
    assert terminal.run("list") == 0
    assert "Hello there" in terminal.out
    assert terminal.run("list", "nothing like it") == 0
    assert terminal.out == ""
    assert terminal.run("show", "1") == 0
    assert "You said: Hello there" in terminal.out
    target = tmp_path / "out.json"
    assert terminal.run("export", "1", "--format", "json", "-o", str(target)) == 0
    assert json.loads(target.read_text())["messages"][1]["text"] == "You said: Hello there"
    assert target.stat().st_mode & 0o077 == 0


def test_question_from_a_pipe_and_words_before_it(terminal: Terminal) -> None:
    """The words say what to do with what is piped."""
    assert terminal.run("ask", piped="What is it?\n") == 0
    assert terminal.out == "You said: What is it?\n"
    assert terminal.run("ask", "Summarise:", piped="long text\n") == 0
    assert terminal.out == "You said: Summarise:\n\nlong text\n"


def test_going_on_with_a_conversation(terminal: Terminal) -> None:
    """--conversation adds to it; one that does not exist is exit code 4."""
    terminal.run("ask", "one")
    assert terminal.run("ask", "--conversation", "1", "two") == 0
    terminal.run("show", "1", "--json")
    assert len(json.loads(terminal.out)["messages"]) == 4
    assert terminal.run("ask", "--conversation", "99", "three") == 4


def test_json_is_one_event_a_line(terminal: Terminal) -> None:
    """Every line parses; text events joined are the answer."""
    assert terminal.run("ask", "--json", "Hello") == 0
    events = [json.loads(line) for line in terminal.out.splitlines()]
    assert [e["event"] for e in events if e["event"] != "text"] == ["began", "prompt-read", "ended"]
    said = "".join(e["text"] for e in events if e["event"] == "text")
    assert said == events[-1]["message"]["text"] == "You said: Hello"


def test_nothing_piped_and_no_words(terminal: Terminal) -> None:
    """Exit code 2 and an example."""
    assert terminal.run("ask") == 2
    assert "hush ask" in terminal.err


def test_ten_megabytes_through_a_pipe(terminal: Terminal) -> None:
    """Refused with the limit; nothing is kept."""
    assert terminal.run("ask", piped="x" * 10_000_000) == 2
    assert "200,000" in terminal.err
    assert terminal.run("list") == 0
    assert terminal.out == ""


def test_bytes_that_are_no_utf8(terminal: Terminal) -> None:
    """Replaced, not refused."""
    assert terminal.run("ask", piped="a\udcffb") == 0
    assert terminal.out == "You said: a\ufffdb\n"


def test_wrong_passphrase_is_exit_3(terminal: Terminal) -> None:
    """And nothing is printed of what is inside."""
    terminal.run("ask", "secret question")
    assert terminal.run("show", "1", passphrase="not the one at all") == 3
    assert terminal.out == ""
    assert "passphrase" in terminal.err


def test_no_way_in_answers_without_keeping(terminal: Terminal) -> None:
    """In a pipe with no keyring and no passphrase: the answer comes, unsaved, and it says so."""
    assert terminal.run("ask", "Hello", passphrase=None) == 0
    assert terminal.out == "You said: Hello\n"
    assert "not kept" in terminal.err
    assert not (terminal.root / "vault.db").exists()


def test_unsaved_keeps_nothing(terminal: Terminal) -> None:
    """--unsaved, although there is a vault."""
    terminal.run("ask", "kept")
    assert terminal.run("ask", "--unsaved", "not kept") == 0
    terminal.run("list")
    assert len(terminal.out.splitlines()) == 1


def test_model_output_cannot_drive_the_terminal(terminal: Terminal) -> None:
    """Escape sequences in an answer are shown as replacement characters."""
    terminal.engine = lambda: FakeEngine(lambda request: "\x1b]52;c;evil\x07 \x9b31m red")
    assert terminal.run("ask", "Hello") == 0
    assert "\x1b" not in terminal.out
    assert "\x07" not in terminal.out
    assert "\x9b" not in terminal.out


@pytest.mark.parametrize(
    ("engine", "word"),
    [
        (lambda: FakeEngine(die_after=2), "stopped unexpectedly"),
        (lambda: FakeEngine(load_error=ModelDamaged("The model file is empty.")), "empty"),
    ],
)
def test_engine_problems_are_exit_5(
    terminal: Terminal, engine: Callable[[], FakeEngine], word: str
) -> None:
    """With the sentence on stderr, and the question kept."""
    terminal.engine = engine
    assert terminal.run("ask", "Hello") == 5
    assert word in terminal.err
    terminal.run("list")
    assert "Hello" in terminal.out


def test_reading_an_empty_profile_makes_no_vault(terminal: Terminal) -> None:
    """``list`` must not choose a key for the person."""
    assert terminal.run("list") == 4
    assert not (terminal.root / "vault.db").exists()


def test_descriptor_that_is_not_open(terminal: Terminal) -> None:
    """Named, exit code 3."""
    assert terminal.run("ask", "Hello", "--passphrase-fd", "999", passphrase=None) == 3
    assert "999" in terminal.err


def test_busy_profile_reads_but_does_not_write(terminal: Terminal) -> None:
    """Beside an open window: list works, ask says where to go, exit code 6."""
    from assistant.instance import Instance

    terminal.run("ask", "Hello")
    with Instance(Profile(terminal.root)):
        assert terminal.run("list") == 0
        assert "Hello" in terminal.out
        assert terminal.run("ask", "again") == 6
    assert "already open" in terminal.err


def test_doctor_reports(terminal: Terminal) -> None:
    """Every topic, as words and as JSON."""
    assert terminal.run("doctor", "--json") == 0
    report = json.loads(terminal.out)
    assert set(report) == {"versions", "vault", "keyring", "model", "machine", "network"}
    assert "keyrings.alt.file.PlaintextKeyring" in report["keyring"]["refused"]
    assert report["versions"]["SQLCipher"].startswith("4.")
    assert report["model"]["file"] == "whole, digest verified"
    assert terminal.run("doctor") == 0
    assert "keyrings.alt.file.PlaintextKeyring" in terminal.out


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, ""),
        ({"DISPLAY": ":0"}, "x11"),
        ({"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "wayland"),
        ({"QT_QPA_PLATFORM": "offscreen"}, "offscreen"),
    ],
)
def test_display(environment: dict[str, str], expected: str) -> None:
    """Which display a window would open on."""
    assert display_server(environment, "linux") == expected
