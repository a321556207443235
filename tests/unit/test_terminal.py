"""The command line: options anywhere, pipes, exit codes, and nothing that drives a terminal."""

from __future__ import annotations

import io
import json
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.access.entrance import Entrance, VaultStatus
from assistant.cancel import Cancel
from assistant.clock import Clock
from assistant.display import display_server
from assistant.engine.protocol import Finished, GenerationEvent, GenerationRequest, Piece, Prefilled
from assistant.errors import (
    EnvironmentProblem,
    InputRefused,
    ModelDamaged,
    ModelMissing,
    VaultError,
)
from assistant.instance import Instance
from assistant.paths import Profile
from assistant.records import FinishReason
from assistant.store.vault import Vault
from assistant.terminal import parse
from assistant.terminal.command import exit_code, run_command
from assistant.terminal.console import Console, read_passphrase
from assistant.terminal.waiting import Events, Interrupted, signals_as_events
from tests.fakes.door import CHEAP, PASSPHRASE
from tests.fakes.engine import FakeEngine
from tests.unit.terminals import Screen, Terminal, no_keyring, readable


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


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["ask", "--nope"],
        ["show", "abc"],
        ["show", "0"],
        ["show", "²"],
        ["show", "9" * 20],
        ["show", "9" * 5000],
        ["ask", "--conversation", str(2**63)],
        ["ask", "--passphrase-fd", str(2**31)],
    ],
)
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
    assert terminal.run("list") == 4


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
    for command in (["ask", "Hello"], ["show", "1"], ["export", "1"]):
        assert terminal.run(*command, screen=True) == 0
        assert "red" in terminal.out
        assert not {"\x1b", "\x07", "\x9b"} & set(terminal.out)


@pytest.mark.parametrize("name", ["markdown", "json"])
def test_export_through_a_pipe_is_what_is_stored(
    terminal: Terminal, tmp_path: Path, name: str
) -> None:
    """Byte for byte what ``-o`` writes, control characters and direction marks too."""
    terminal.engine = lambda: FakeEngine(lambda request: "\u2067\u05d0\u2069 \x1b[0m")
    terminal.run("ask", "Hello")
    target = tmp_path / "file"
    assert terminal.run("export", "1", "--format", name, "-o", str(target)) == 0
    assert terminal.run("export", "1", "--format", name) == 0
    assert terminal.out == target.read_text()


def test_line_end_in_two_pieces_is_one(terminal: Terminal) -> None:
    """A token may end between CR and LF."""
    screen = Screen()
    console = Console(io.StringIO(), screen, io.StringIO())
    for piece in ("one\r", "\ntwo\r", "three\r", "\r\n", "end"):
        console.write(piece)
    assert screen.getvalue() == "one\ntwo\nthree\n\nend"


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
    terminal.run("ask", "Hello")
    with Instance(Profile(terminal.root)):
        assert terminal.run("list") == 0
        assert "Hello" in terminal.out
        assert terminal.run("ask", "again") == 6
    assert "already open" in terminal.err


class Watched(Entrance):
    """Tries, while a vault is being opened, whether the profile can be held."""

    def __init__(self, profile: Profile, clock: Clock) -> None:
        super().__init__(profile, clock, keyring=no_keyring, cost=CHEAP)
        self._watched = profile

    def open(self, passphrase: str | None, *, read_only: bool = False) -> Vault:
        """Raises where somebody holds the profile."""
        Instance(self._watched).release()
        return super().open(passphrase, read_only=read_only)


@pytest.mark.parametrize("command", [["list"], ["show", "1"], ["export", "1"]])
def test_reading_holds_nothing(terminal: Terminal, command: list[str]) -> None:
    """So that ``hush show 1 | hush ask`` works, and a window can open meanwhile."""
    terminal.run("ask", "Hello")
    terminal.entrance = Watched
    assert terminal.run(*command) == 0
    assert terminal.run("ask", "Hello") == 6  # the witness sees a hold


def test_older_vault_is_brought_up_to_date_to_be_read(terminal: Terminal) -> None:
    """A reader may not change it, so for a moment a writer does; beside another, it says why."""
    terminal.run("ask", "Hello")
    terminal.entrance = Older
    with Instance(Profile(terminal.root)):
        assert terminal.run("list") == 7
    assert "not in the format" in terminal.err
    assert terminal.run("list") == 0
    assert "Hello" in terminal.out


class Older(Entrance):
    """Refuses to read before the vault was opened for writing once, as an old schema does."""

    def __init__(self, profile: Profile, clock: Clock) -> None:
        super().__init__(profile, clock, keyring=no_keyring, cost=CHEAP)
        self._updated = False

    def open(self, passphrase: str | None, *, read_only: bool = False) -> Vault:
        """As ``migrations.require_latest`` answers."""
        self._updated |= not read_only
        if not self._updated:
            raise VaultError("This vault is not in the format that this Hush reads.")
        return super().open(passphrase, read_only=read_only)


@pytest.mark.parametrize("command", [["list"], ["show", "1"], ["export", "1"], ["doctor"]])
def test_reading_makes_no_profile(terminal: Terminal, command: list[str]) -> None:
    """Looking leaves no trace."""
    terminal.run(*command)
    assert not terminal.root.exists()


def test_locked_vault_does_not_lose_a_conversation(terminal: Terminal) -> None:
    """``--conversation`` goes on with what is kept, or says why it cannot."""
    terminal.run("ask", "Hello")
    assert terminal.run("ask", "--conversation", "1", "more", passphrase=None) == 3
    assert terminal.out == ""


@pytest.mark.parametrize("name", ["", "folder", "link", "missing/file"])
def test_export_goes_to_plain_files_only(terminal: Terminal, tmp_path: Path, name: str) -> None:
    """A folder, a link or no name is refused in words; nothing is touched."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "kept").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "kept")
    terminal.run("ask", "Hello")
    target = str(tmp_path / name) if name else ""
    assert terminal.run("export", "1", "-o", target) == 2
    assert "profile folder" not in terminal.err
    assert (tmp_path / "kept").read_text() == "kept"
    assert not list(tmp_path.glob("**/.hush-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev here")
def test_export_to_a_device_is_refused(terminal: Terminal) -> None:
    """It must never be replaced by a file."""
    terminal.run("ask", "Hello")
    assert terminal.run("export", "1", "-o", "/dev/null") == 2
    assert terminal.run("export", "1", "-o", "/dev/stdout") == 2


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc here")
def test_export_that_fails_has_its_own_words(terminal: Terminal) -> None:
    """The vault is well; it is that place which takes no file."""
    terminal.run("ask", "Hello")
    assert terminal.run("export", "1", "-o", "/proc/export.md") == 7
    assert "export.md could not be written" in terminal.err
    assert "profile" not in terminal.err


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        (lambda: FakeEngine(die_after=1), "the model stopped unexpectedly"),
        (lambda: FakeEngine(load_error=ModelMissing("Gone.")), "the model's file was missing"),
        (lambda: FakeEngine(load_error=ModelDamaged("Bad.")), "could not be finished"),
    ],
)
def test_export_says_what_went_wrong(
    terminal: Terminal, engine: Callable[[], FakeEngine], words: str
) -> None:
    """Each failure by its own name."""
    terminal.engine = engine
    terminal.run("ask", "Hello")
    terminal.run("show", "1")
    assert words in terminal.out


@pytest.mark.logs_problems
def test_bug_is_logged_and_told_as_json(terminal: Terminal) -> None:
    """Exit code 1, an event for programs, and in the log where it was, without content."""
    terminal.entrance = Broken
    assert terminal.run("ask", "--json", "canary-4711") == 1
    assert json.loads(terminal.out)["code"] == "bug"
    log = (terminal.root / "logs" / "hush.log").read_text()
    assert "terminal.bug" in log
    assert "ZeroDivisionError at" in log
    assert "canary" not in log


class Broken(Entrance):
    """Has a bug."""

    def status(self) -> VaultStatus:
        """Raises what nobody expects."""
        raise ZeroDivisionError("canary-4711")


@pytest.mark.parametrize("command", [["list"], ["show", "1", "--json"], ["doctor", "--json"]])
def test_damaged_settings_are_told(terminal: Terminal, command: list[str]) -> None:
    """Beside the output, which stays what a program expects."""
    terminal.run("ask", "Hello")
    (terminal.root / "settings.json").write_text("{")
    assert terminal.run(*command) == 0
    assert "settings file was damaged" in terminal.err
    assert "settings file" not in terminal.out


def test_damaged_settings_are_an_event(terminal: Terminal) -> None:
    """Where every line is one."""
    terminal.root.mkdir()
    (terminal.root / "settings.json").write_text("{")
    terminal.run("ask", "--json", "Hello")
    first = json.loads(terminal.out.splitlines()[0])
    assert first["event"] == "notice"
    assert "damaged" in first["text"]


def test_chat_through_a_pipe(terminal: Terminal) -> None:
    """Slash commands too; one that is not understood ends nothing."""
    assert terminal.run("chat", piped="Hello\n/open ²\n/open 1\nmore\n/open 9\n/quit\n") == 0
    assert "You said: Hello" in terminal.out
    assert "You said: more" in terminal.out
    assert "Which chat?" in terminal.err
    terminal.run("show", "1", "--json")
    assert len(json.loads(terminal.out)["messages"]) == 4


class Endless(FakeEngine):
    """Begins an answer, sends this process a signal twenty times, and waits to be stopped."""

    def __init__(self, number: signal.Signals) -> None:
        super().__init__()
        self._number = number

    def generate(
        self, request: GenerationRequest, cancel: Cancel | None = None
    ) -> Iterator[GenerationEvent]:
        """A single word, then nothing until it is cancelled."""
        assert cancel
        yield Prefilled(1, 0, 0.0)
        yield Piece("Once", 1)
        for _ in range(20):
            os.kill(os.getpid(), self._number)  # as Ctrl+C does: not to this thread alone
        while not cancel.asked:
            threading.Event().wait(0.005)
        yield Finished(FinishReason.CANCELLED, 1, 0.1)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_stop_the_answer_and_keep_it(terminal: Terminal, number: signal.Signals) -> None:
    """Any number of them, in quick succession; afterwards they do what they did before."""
    terminal.engine = lambda: Endless(number)
    before = signal.getsignal(number)
    assert terminal.run("ask", "Hello") == 130
    assert terminal.out == "Once\n"
    assert "Stopped" in terminal.err
    assert signal.getsignal(number) is before
    terminal.run("show", "1", "--json")
    answer = json.loads(terminal.out)["messages"][1]
    assert (answer["state"], answer["text"]) == ("stopped", "Once")


def test_signal_may_come_while_the_loop_holds_any_lock() -> None:
    """The handler only puts: it needs no lock, so it cannot wait for what it interrupts."""
    events: Events = queue.SimpleQueue()
    with signals_as_events(events):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
    assert [events.get_nowait(), events.get_nowait()] == [Interrupted(), Interrupted()]


def test_passphrase_line_ends_where_the_question_begins() -> None:
    """With ``--passphrase-fd 0`` both come through the same pipe."""
    descriptor = readable("secret\r\nWhat is it?\n")
    assert read_passphrase(descriptor) == "secret"
    assert os.read(descriptor, 100) == b"What is it?\n"
    os.close(descriptor)


def test_passphrases_of_other_bytes_are_other_passphrases() -> None:
    """Bytes that are no UTF-8 are not all the same."""
    found = set()
    for byte in (b"\xff", b"\xfe", "\ufffd".encode()):
        reader, writer = os.pipe()
        os.write(writer, b"pass" + byte)
        os.close(writer)
        found.add(read_passphrase(reader))
        os.close(reader)
    assert len(found) == 3


def test_passphrase_has_a_longest_length() -> None:
    """4,096 bytes are read; one more is refused instead of cut."""
    longest = readable("x" * 4096)
    assert len(read_passphrase(longest)) == 4096
    os.close(longest)
    longer = readable("x" * 4097)
    with pytest.raises(InputRefused, match="4,096"):
        read_passphrase(longer)
    os.close(longer)


def test_machine_that_lacks_something_has_an_exit_code() -> None:
    """It is no bug."""
    assert exit_code(EnvironmentProblem("There is not enough memory.")) == 8


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_takes_nothing(terminal: Terminal) -> None:
    """A full disk behind ``>`` is told in words, exit code 7."""
    terminal.run("ask", "Hello")
    reader = str(readable(PASSPHRASE))
    arguments = parse(["--profile", str(terminal.root), "--passphrase-fd", reader, "show", "1"])
    err = io.StringIO()
    with Path("/dev/full").open("w") as full:
        assert run_command(arguments, Console(io.StringIO(), full, err), terminal.parts()) == 7
    assert "output could not be written" in err.getvalue()


def test_doctor_looks_at_the_chosen_model(terminal: Terminal, tmp_path: Path) -> None:
    """The one in the settings, not the starter model."""
    model = tmp_path / "chosen.gguf"
    model.write_bytes(b"GGUF and more")
    terminal.root.mkdir()
    (terminal.root / "settings.json").write_text(json.dumps({"model_path": str(model)}))
    terminal.run("doctor", "--json")
    report = json.loads(terminal.out)["model"]
    assert (report["name"], report["path"]) == ("chosen", str(model))
    assert "no digest" in report["file"]
    model.unlink()
    terminal.run("doctor", "--json")
    assert json.loads(terminal.out)["model"]["file"] == "missing"


def test_doctor_reports(terminal: Terminal) -> None:
    """Every topic, as words and as JSON."""
    assert terminal.run("doctor", "--json") == 0
    report = json.loads(terminal.out)
    topics = {"versions", "vault", "keyring", "model", "machine", "network"}
    assert set(report) == topics | {"seal", "engine's seal"}
    assert report["seal"]["level"] == "none", "the tests' own process is not sealed"
    assert report["network"]["local_only"] is False
    assert report["keyring"]["used"]
    assert isinstance(report["keyring"]["refused"], list)
    assert report["versions"]["SQLCipher"].startswith("4.")
    assert report["model"]["file"] == "whole, digest verified"
    assert terminal.run("doctor") == 0
    assert "refused" in terminal.out


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
