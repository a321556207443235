"""Crash reports hold types and lines, whatever the exception says; writing one never fails."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assistant import log
from assistant.children.frames import read_frame, write_frame
from assistant.log import start_log
from assistant.machine.crash import (
    KEEP,
    Crash,
    CrashReports,
    crashes_reported,
    rows_of,
    thread_kind,
)
from assistant.machine.fatal import leftovers, read_fatal
from assistant.machine.trace import safe_place, trace_of
from assistant.paths import Profile
from tests.gnome_keyring import DEADLINE

CANARY = "canary-4711"
ROOT = Path(__file__).parent.parent.parent
NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def _message() -> None:
    raise ValueError(CANARY, {"text": CANARY})


def _key() -> None:
    empty: dict[str, str] = {}
    empty[CANARY]


def _syntax() -> None:
    compile(f"{CANARY} = = 1", f"/home/{CANARY}/diary.txt", "exec")


def _unicode() -> None:
    (CANARY.encode() + b"\xff").decode("utf-8")


def _note_and_local() -> None:
    diary = CANARY * 3
    error = OSError(2, "no such file", f"/home/{CANARY}/diary.md")
    error.add_note(diary)
    raise error


def _cause() -> None:
    try:
        _key()
    except KeyError as error:
        raise RuntimeError(CANARY) from error


def _group() -> None:
    problems: list[Exception] = []
    for make in (_message, _unicode, _cause):
        try:
            make()
        except Exception as error:  # noqa: BLE001 - all are gathered
            problems.append(error)
    raise ExceptionGroup(CANARY, [ExceptionGroup(CANARY, problems), ValueError(CANARY)])


def _strange_names() -> None:
    space: dict[str, object] = {}
    code = "def f():\n raise type('X ' + c, (Exception,), {})(c)\n"
    exec(compile(code, f"/home/ada/{CANARY} secret.txt", "exec"), {"c": CANARY}, space)  # noqa: S102 - code with a hostile file name
    space["f"]()  # type: ignore[operator] # it was just made


def _own_cause() -> None:
    first, second = ValueError(CANARY), ValueError(CANARY)
    first.__cause__, second.__cause__ = second, first
    raise first


def _endless() -> None:
    def again(text: str) -> None:
        again(text + CANARY)

    again("")


def _hostile_object() -> None:
    class Sly(Exception):
        def __str__(self) -> str:
            raise ValueError(CANARY)

        __repr__ = __str__

        def __bool__(self) -> bool:
            raise ValueError(CANARY)

    raise Sly


HOSTILE = (
    _message,
    _key,
    _syntax,
    _unicode,
    _note_and_local,
    _cause,
    _group,
    _strange_names,
    _own_cause,
    _endless,
    _hostile_object,
)

# The log's own reduction, where it is not ours yet, ends on no loop and keeps a type's name.
UNLOGGED = () if log.trace_of is trace_of else (_own_cause, _strange_names)


def caught(make: Callable[[], None]) -> BaseException:
    """What it raises."""
    with pytest.raises(BaseException) as problem:  # noqa: PT011 - of any kind
        make()
    return problem.value


@pytest.mark.parametrize("make", HOSTILE)
def test_no_content_in_a_report(profile: Profile, make: Callable[[], None]) -> None:
    """Not one byte of what an exception carries; and the place is there."""
    path = CrashReports(profile.crashes).write(Crash.of("test.bug", caught(make), CANARY))
    assert path
    assert_clean(path.read_bytes())


@pytest.mark.logs_problems
@pytest.mark.parametrize("make", [make for make in HOSTILE if make not in UNLOGGED])
def test_no_content_behind_the_hooks(
    profile: Profile, make: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the report, nor in the log, nor on the person's terminal."""
    reports = CrashReports(profile.crashes)
    with start_log(profile.logs), crashes_reported("test.bug", reports.write):
        error = caught(make)
        sys.excepthook(type(error), error, error.__traceback__)
    (report,) = profile.crashes.iterdir()
    assert_clean(report.read_bytes())
    assert_clean((profile.logs / "hush.log").read_bytes())
    assert capsys.readouterr() == ("", "")


def assert_clean(written: bytes) -> None:
    """It names this module and holds no canary and no path."""
    for secret in (b"canary", b"4711", b"diary", b"/"):
        assert secret not in written
    assert b"test_crash:" in written


def test_every_member_and_cause_is_named() -> None:
    """Groups are walked, indented; causes follow; a loop of causes ends."""
    rows = trace_of(caught(_group))
    kinds = [row.split(" at ")[0] for row in rows]
    assert kinds == [
        "  ExceptionGroup",
        "    ExceptionGroup",
        "      ValueError",
        "      UnicodeDecodeError",
        "      RuntimeError",
        "      KeyError",
        "    ValueError",
    ]
    assert len(trace_of(caught(_own_cause))) == 2
    assert len(trace_of(caught(_endless))[0]) < 2_000


def test_place_names_no_folder() -> None:
    """Of either kind of path, or of none."""
    assert safe_place("/home/ada/hush/vault.py", 12) == "vault:12"
    assert safe_place(r"C:\Users\ada\vault.py", 12) == "vault:12"
    assert safe_place("<string>", None) == "other:0"
    assert safe_place("/home/ada/my diary.py", 1) == "other:1"


def test_report_is_private_and_says_what_runs(profile: Profile) -> None:
    """0600 in 0700, named by time and process, with versions."""
    path = CrashReports(profile.crashes, lambda: NOON).write(
        Crash("test.bug", "store", ("  X at y:1",))
    )
    assert path
    assert path.name == f"2026-11-21T120000Z-{os.getpid()}.txt"
    lines = path.read_text().splitlines()
    assert lines[1] == "time 2026-11-21T12:00:00Z"
    assert [line.split()[0] for line in lines[2:7]] == [
        "hush",
        "python",
        "system",
        "place",
        "thread",
    ]
    assert lines[-1] == "  X at y:1"
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(profile.crashes.stat().st_mode) == 0o700


def test_the_same_crash_is_written_once(profile: Profile) -> None:
    """A bug while painting strikes with every frame."""
    reports = CrashReports(profile.crashes)
    crash = Crash("test.bug", "main", ("  X at y:1",))
    assert reports.write(crash)
    assert reports.write(crash) is None
    assert len(list(profile.crashes.iterdir())) == 1


def test_at_most_twenty_are_kept(profile: Profile) -> None:
    """The newest, over all processes; one process writes no more than that; others' files stay."""
    profile.crashes.mkdir()
    for day in range(KEEP):
        old = NOON - timedelta(days=day + 1)
        (profile.crashes / f"{old:%Y-%m-%dT%H%M%SZ}-1.txt").write_text("old")
    (profile.crashes / "notes.txt").write_text("the person's own")
    reports = CrashReports(profile.crashes, lambda: NOON)
    for number in range(KEEP + 5):
        reports.write(Crash("test.bug", "main", (f"  X at y:{number}",)))
    kept = sorted(path.name for path in profile.crashes.iterdir())
    assert len(kept) == KEEP + 1
    assert all(name.startswith("2026-11-21T12") for name in kept[:-1])


@pytest.mark.parametrize("trouble", ["no profile", "a file", "full", "clock"])
def test_writing_never_raises(tmp_path: Path, trouble: str) -> None:
    """And makes no profile where there is none."""
    folder = tmp_path / "profile" / "crashes"
    if trouble != "no profile":
        folder.parent.mkdir()
    if trouble == "a file":
        folder.write_text("in the way")
    if trouble == "full":
        if not Path("/dev/full").exists():
            pytest.skip("there is no /dev/full")
        folder.symlink_to("/dev/full")

    def now() -> datetime:
        if trouble == "clock":
            raise RecursionError
        return NOON

    assert CrashReports(folder, now).write(Crash("test.bug", "main", ())) is None
    assert (tmp_path / "profile").exists() == (trouble != "no profile")


@pytest.mark.logs_problems
def test_threads_and_finalizers_are_reported(profile: Profile) -> None:
    """Python's other two hooks; nothing is printed; and all hooks come back."""
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    crashes: list[Crash] = []

    class Dying:
        def __del__(self) -> None:
            _message()

    with crashes_reported("test.bug", crashes.append):
        thread = threading.Thread(target=_message, name="store")
        thread.start()
        thread.join(DEADLINE)
        threading.Thread(target=sys.exit, name="quiet").start()
        Dying()
    assert [crash.thread for crash in crashes] == ["store", "MainThread"]
    assert all("ValueError at" in crash.rows[0] for crash in crashes)
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook) == before


@pytest.mark.logs_problems
def test_a_hook_that_fails_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Else Python would print the message of what was caught."""

    def fail(_: Crash) -> None:
        raise RuntimeError(CANARY)

    with crashes_reported("test.bug", fail):
        error = caught(_message)
        sys.excepthook(type(error), error, error.__traceback__)
    assert capsys.readouterr().err == ""


def test_kinds_of_threads() -> None:
    """Ours by their beginning; a foreign name may be anything."""
    assert thread_kind("window_0") == "window"
    assert thread_kind("llm-worker") == "llm-worker"
    assert thread_kind(CANARY) == "other"


def test_rows_of_another_process_are_believed_only_in_form() -> None:
    """The engine's child reads foreign files, and may say anything."""
    good = "  KeyError at child:12 llama:80"
    bad = [
        "",
        "KeyError",
        f"  X at /home/{CANARY}",
        "  X at a:1\nfake line",
        7,
        None,
        "  X at " + "a" * 9999,
    ]
    assert rows_of([good, *bad]) == (good,)
    assert rows_of({"rows": [good]}) == ()
    assert len(rows_of([good] * 1_000)) == 64


def test_engine_child_says_where_it_crashed() -> None:
    """In a last frame, for the log of its parent; its own stderr goes nowhere."""
    command = [sys.executable, "-m", "assistant.engine.child"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=ROOT) as child:
        assert child.stdin
        assert child.stdout
        assert child.stderr
        write_frame(child.stdin, {"op": "load", "path": CANARY})  # no name: a bug of ours
        frame = read_frame(child.stdout)
        assert child.wait(60) == 1
        assert child.stderr.read() == b""
    assert frame
    assert frame["op"] == "crashed"
    assert rows_of(frame["rows"]) == tuple(frame["rows"])
    assert frame["rows"][0].startswith("  KeyError at child:")
    assert CANARY not in str(frame)


# Signals ------------------------------------------------------------------------------------

DIES = """
import sys, os, signal, threading
from pathlib import Path
from assistant.children.frames import read_frame, write_frame
from assistant.machine.fatal import fatal_signals_kept
folder = Path(sys.argv[1])
def diary_of_ada(secret):
    with fatal_signals_kept(folder):
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        if sys.argv[2] != "0":
            os.kill(os.getpid(), int(sys.argv[2]))
diary_of_ada("canary-4711")
"""


def dies(folder: Path, number: int) -> int:
    """Run a process that a signal ends, or none (0)."""
    command = [sys.executable, "-c", DIES, str(folder), str(number)]
    return subprocess.run(command, cwd=ROOT, check=False, timeout=60).returncode


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("name", ["SIGSEGV", "SIGABRT"])
def test_a_signal_leaves_modules_and_lines(profile: Profile, name: str) -> None:
    """The raw file with its paths is gone after the next start."""
    number = signal.Signals[name]
    assert dies(profile.crashes, number) == -number
    (raw,) = profile.crashes.iterdir()
    assert stat.S_IMODE(raw.stat().st_mode) == 0o600
    assert "/threading.py" in raw.read_text()
    (crash,) = leftovers(profile.crashes)
    assert crash.place == "fatal.signal"
    assert crash.rows[0].startswith(f"  {name} at ")
    assert not any("/" in row or "diary" in row or "canary" in row for row in crash.rows)
    assert list(profile.crashes.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_good_end_leaves_nothing(profile: Profile) -> None:
    """And where the folder cannot be made, nothing happens at all."""
    assert dies(profile.crashes, 0) == 0
    assert list(profile.crashes.iterdir()) == []
    assert dies(profile.root / "missing" / "crashes", 0) == 0
    assert not (profile.root / "missing").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="file locks are POSIX's")
def test_a_living_process_keeps_its_file(profile: Profile) -> None:
    """Another window that only says that the profile is in use must not take it."""
    import fcntl

    profile.crashes.mkdir()
    raw = profile.crashes / ".fatal-abc"
    raw.write_text("Fatal Python error: Aborted\n")
    with raw.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert leftovers(profile.crashes) == []
        assert raw.exists()
    assert leftovers(profile.crashes) == [Crash("fatal.signal", "other", ("  SIGABRT at unknown",))]


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        f"Fatal Python error: {CANARY}",
        f'Current thread 0x1 (most recent call first):\n  File "/home/{CANARY}", line 1 in x',
        f'Current thread 0x1\n  File "/home/ada/{CANARY} b.py", line 1 in {CANARY}\n  {CANARY}',
        '  File "a.py", line 1 in x\nThread 0x',
    ],
)
def test_what_is_left_may_be_anything(text: str) -> None:
    """Cut off, edited, or not ours: nothing of it gets through."""
    assert "canary" not in "".join(read_fatal(text).rows)
