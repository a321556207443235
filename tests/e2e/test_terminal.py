"""``hush`` as a person runs it in a terminal: the real model, a real store, no network."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

import psutil
import pytest

from tests.detectors.tracing import Tracer, needs_strace

HUSH = [sys.executable, "-m", "assistant"]
PASSPHRASE = "correct horse battery staple"
STORY = "Tell me a very long story about the sea."
CANARY = "zebra-umbrella-4711"


def hush(
    profile: Path,
    *words: str,
    prefix: tuple[str, ...] = (),
    piped: str | None = None,
    passphrase: str | None = PASSPHRASE,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    with start(
        profile, *words, prefix=prefix, piped=piped is not None, passphrase=passphrase
    ) as it:
        out, err = it.communicate(piped, timeout=100)
    return subprocess.CompletedProcess(it.args, it.returncode, out, err)


def start(
    profile: Path,
    *words: str,
    prefix: tuple[str, ...] = (),
    piped: bool = False,
    passphrase: str | None = PASSPHRASE,
    stdin: IO[str] | None = None,
) -> subprocess.Popen[str]:
    """Start one command and leave it running; the passphrase goes through a descriptor."""
    descriptors = []
    options = ["--profile", str(profile)]
    if passphrase is not None:
        reader, writer = os.pipe()
        os.write(writer, f"{passphrase}\n".encode())
        os.close(writer)
        descriptors.append(reader)
        options += ["--passphrase-fd", str(reader)]
    try:
        return subprocess.Popen(
            [*prefix, *HUSH, *options, *words],
            stdin=stdin or (subprocess.PIPE if piped else subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=descriptors,
        )
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def eventually(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait for a condition, looking often."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never happened"
        os.sched_yield()


@pytest.fixture
def story_folder(folder: Path) -> Path:
    """A profile whose answers are 160 tokens long, and the same each time."""
    folder.mkdir()
    settings = {
        "system_prompt": "You write long novels.",
        "temperature": 1.2,
        "seed": 3,
        "reply_tokens": 160,
    }
    (folder / "settings.json").write_text(json.dumps(settings))
    return folder


def without_network() -> tuple[str, ...]:
    """A command prefix that takes the network away; skips where the kernel refuses."""
    prefix = ("unshare", "-rn")
    if not shutil.which("unshare") or subprocess.run([*prefix, "true"], check=False).returncode:
        pytest.skip("unshare -rn is not allowed here")
    return prefix


def test_capital_of_france_with_the_network_unplugged(folder: Path) -> None:
    """The question that the README shows, through a pipe, in an empty network namespace."""
    done = hush(folder, "ask", prefix=without_network(), piped="What is the capital of France?\n")
    assert done.returncode == 0, done.stderr
    assert "Paris" in done.stdout


def test_nothing_typed_or_answered_is_readable_on_disk(folder: Path) -> None:
    """Scan every byte of every file; the answer is there again after a restart."""
    done = hush(folder, "ask", f"Repeat the words {CANARY} and nothing else.")
    assert done.returncode == 0, done.stderr
    answer = done.stdout.strip()
    needles = [CANARY.encode(), CANARY.encode("utf-16-le"), answer[:24].encode()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"vault.db", "keyslots.json", "hush.log"} <= {path.name for path in files}
    for path in files:
        data = path.read_bytes()
        assert not [needle for needle in needles if needle and needle in data], path.name
        assert path.stat().st_mode & 0o077 == 0, path.name
    shown = hush(folder, "show", "1")
    assert CANARY in shown.stdout
    assert answer in shown.stdout


@needs_strace
def test_no_internet_socket_is_opened(folder: Path, tmp_path: Path) -> None:
    """Every process of a whole chat, watched by strace: no AF_INET, no AF_INET6, no DNS."""
    tracer = Tracer(tmp_path / "trace")
    done = hush(folder, "ask", "Hello", prefix=tuple(tracer.prefix))
    assert done.returncode == 0, done.stderr
    tracer.wait()
    assert tracer.leaks() == []
    assert tracer.proofs(), "the seal tried itself"
    leak = "import socket; socket.socket(socket.AF_INET).connect_ex(('127.0.0.1', 9))"
    planted = Tracer(tmp_path / "planted")
    subprocess.run([*planted.prefix, sys.executable, "-c", leak], check=True, timeout=60)
    planted.wait()
    assert planted.leaks(), "the witness is blind"


def test_killed_engine_is_told_and_the_next_question_works(story_folder: Path) -> None:
    """Kill -9 of the child in the middle of an answer: a sentence, the text kept, exit code 5."""
    running = start(story_folder, "ask", "--json", STORY)
    assert running.stdout
    said = ""
    for line in running.stdout:
        event = json.loads(line)
        if event["event"] == "text":
            said += event["text"]
        if len(said) > 40:
            break
    (child,) = psutil.Process(running.pid).children()
    child.kill()
    _, stderr = running.communicate(timeout=60)
    assert running.returncode == 5
    assert "stopped unexpectedly" in stderr
    shown = json.loads(hush(story_folder, "show", "1", "--json").stdout)
    answer = shown["messages"][1]
    assert answer["state"] == "failed"
    assert answer["text"].startswith(said)
    assert hush(story_folder, "ask", "What is 2 + 2?").returncode == 0


def test_killed_hush_loses_nothing_it_acknowledged(story_folder: Path) -> None:
    """Kill -9 of Hush itself: the question and the durable text are there, marked interrupted."""
    running = start(story_folder, "ask", "--json", STORY)
    assert running.stdout
    tokens = 0
    for line in running.stdout:
        tokens += json.loads(line).get("event") == "text"
        if tokens == 80:
            break
    (child,) = psutil.Process(running.pid).children()
    running.kill()
    running.communicate(timeout=60)
    eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert hush(story_folder, "ask", "--conversation", "1", "Go on.").returncode == 0
    shown = json.loads(hush(story_folder, "show", "1", "--json").stdout)
    question, answer = shown["messages"][:2]
    assert question["text"] == STORY
    assert answer["state"] == "interrupted"
    assert answer["text"]


def test_ctrl_c_keeps_the_answer(story_folder: Path) -> None:
    """SIGINT stops the answer, keeps it, exit code 130."""
    with start(story_folder, "ask", STORY) as running:
        assert running.stdout
        assert running.stderr
        first = running.stdout.read(20)
        running.send_signal(signal.SIGINT)
        # Not communicate(): it would pass over what the text stream has read ahead.
        rest = running.stdout.read()
        assert "Stopped" in running.stderr.read()
    assert running.returncode == 130
    shown = json.loads(hush(story_folder, "show", "1", "--json").stdout)
    assert shown["messages"][1]["state"] == "stopped"
    assert shown["messages"][1]["text"] == (first + rest).rstrip("\n")


def test_many_ctrl_c_end_as_one_does(story_folder: Path) -> None:
    """A storm of SIGINT, SIGTERM and SIGHUP: no deadlock, the answer kept, exit code 130."""
    with start(story_folder, "ask", STORY) as running:
        assert running.stdout
        first = running.stdout.read(20)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            running.send_signal(number)
        rest = running.stdout.read()
        assert running.wait(20) == 130
    shown = json.loads(hush(story_folder, "show", "1", "--json").stdout)
    assert shown["messages"][1]["text"] == (first + rest).rstrip("\n")


def test_passphrase_and_question_in_one_pipe(folder: Path) -> None:
    """Its first line is the passphrase, the rest is the question."""
    piped = f"{PASSPHRASE}\nWhat is the capital of France?\n"
    done = hush(folder, "ask", "--passphrase-fd", "0", piped=piped, passphrase=None)
    assert done.returncode == 0, done.stderr
    shown = json.loads(hush(folder, "show", "1", "--json").stdout)
    assert shown["messages"][0]["text"] == "What is the capital of France?"


def test_answers_go_from_one_hush_to_the_next(folder: Path) -> None:
    """``hush show 1 | hush ask …`` and ``hush ask … | hush ask …``, with one profile."""
    assert hush(folder, "ask", "Name a colour.").returncode == 0
    for words in (["show", "1"], ["ask", "Name a fruit."]):
        with (
            start(folder, *words) as first,
            start(folder, "ask", "Repeat:", stdin=first.stdout) as second,
        ):
            _, problem = second.communicate(timeout=100)
            assert first.wait(100) == 0
        assert second.returncode == 0, problem


@pytest.mark.skipif(not shutil.which("sh"), reason="no POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams(folder: Path, closed: str) -> None:
    """A stream that the caller closed reads or writes nothing; the command works."""
    prefix = ("sh", "-c", f'"$@" {closed}', "sh")
    assert hush(folder, "ask", "Hello", prefix=prefix).returncode == 0
    assert "Hello" in hush(folder, "list").stdout


def test_terminal_that_knows_few_characters(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot show becomes a question mark, and ends nothing."""
    hush(folder, "ask", "A smile: 😀")
    monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
    shown = hush(folder, "list")
    assert shown.returncode == 0
    assert "A smile: ?" in shown.stdout


def test_doctor_names_the_keyrings_it_refuses(folder: Path) -> None:
    """In a process of its own: the keyring package remembers what it found first."""
    report = json.loads(hush(folder, "doctor", "--json", passphrase=None).stdout)
    assert "keyrings.alt.file.PlaintextKeyring" in report["keyring"]["refused"]
    assert "keyrings.alt" not in report["keyring"]["used"]
