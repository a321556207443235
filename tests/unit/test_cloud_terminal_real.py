"""Asking elsewhere from a real terminal, and over a real way out."""

from __future__ import annotations

import io
import json
import os
import select
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.app import Parts
from assistant.outside import Outside, as_it_is
from assistant.terminal.arguments import parse
from assistant.terminal.cloud_asking import CloudDesk
from assistant.terminal.console import Console
from tests.cloud_server import CloudServer, Manner, echoing, starter
from tests.fakes.secrets import FakeTextStore
from tests.unit.terminal_cloud import Hush
from tests.unit.terminals import Terminal, readable

QUESTION = "Should I write to anna@example.org today?"


def _shown(terminal: int, wanted: bytes) -> bool:
    """Whether the terminal shows this, sooner or later."""
    seen = b""
    while wanted not in seen and select.select([terminal], [], [], 20)[0]:
        seen += os.read(terminal, 100)
    return wanted in seen


def test_what_was_typed_before_the_question_is_no_answer() -> None:
    """A pasted line, for one: only what comes after the question counts."""
    hush = Hush()
    ours, theirs = os.openpty()
    with os.fdopen(theirs, "r+b", buffering=0) as end:
        screen = Watched()
        console = Console(io.TextIOWrapper(end), io.StringIO(), screen)
        desk = CloudDesk(hush.cloud, hush.gate, parse(["cloud", "on"]), console)
        os.write(ours, b"y\n")
        assert _shown(ours, b"y\r\n")  # the terminal has taken it
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(desk.agrees, "Send this?")
            assert screen.asked.wait(20)
            os.write(ours, b"n\n")
            assert answer.result(20) is False
    os.close(ours)


class Watched(io.StringIO):
    """A stream on which it is seen that somebody is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()

    def write(self, text: str, /) -> int:
        if "[y/N]" in text:
            self.asked.set()
        return super().write(text)


class Wired(Terminal):
    """Commands over everything that is real but the model, with a way out to a server of ours."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.texts = FakeTextStore()

    def parts(self) -> Parts:
        outside = Outside(starter(None), as_it_is().seal)
        return replace(super().parts(), outside=outside, key_texts=lambda: self.texts)


@pytest.mark.cloud
def test_what_a_dry_run_printed_is_what_the_server_got(tmp_path: Path) -> None:
    """Byte for byte, with the key in its header; and the values are back in the answer."""
    terminal = Wired(tmp_path)
    with CloudServer(None, [Manner(pieces=echoing)]) as server:
        descriptor = readable("sk-secret\n")
        added = ("cloud", "add", "Box", server.own, "small-1", "--key-fd", str(descriptor))
        assert terminal.run(*added) == 0
        os.close(descriptor)
        asked = ("ask", "--cloud", QUESTION)
        assert terminal.run(*asked, "--dry-run") == 9  # it is off until somebody turns it on
        assert terminal.run("cloud", "on") == 0
        assert terminal.run(*asked, "--dry-run") == 0, terminal.err
        body, digest = terminal.out.split("\n", 1)
        assert server.reached == 0
        assert terminal.run("list") == 0
        assert terminal.out == ""  # nothing of it is stored
        assert terminal.run(*asked, "--approve", digest.split()[-1]) == 0, terminal.err
        (came,) = server.asked
        assert came.body == body.encode()
        assert server.payloads() == [digest.split()[-1]]
        assert came.headers["authorization"] == "Bearer sk-secret"
        assert "anna@example.org" not in body
        assert QUESTION in terminal.out
        assert terminal.run(*asked, "--approve", digest.split()[-1]) == 0, terminal.err
        assert terminal.run("cloud", "off") == 0
        assert terminal.run(*asked, "--approve", digest.split()[-1]) == 9
        assert len(server.asked) == 2


@pytest.mark.cloud
def test_what_goes_with_a_question_is_shown_and_can_be_left_out(tmp_path: Path) -> None:
    """A file's words, not its name; an earlier turn of the chat; each of them a part."""
    terminal = Wired(tmp_path / "profile")
    page = tmp_path / "secret-name.txt"
    page.write_text("The ferry leaves at noon.")
    with CloudServer(None) as server:
        assert terminal.run("cloud", "add", "Box", server.own, "small-1") == 0
        assert terminal.run("cloud", "on") == 0
        assert terminal.run("ask", "Where is the harbour?") == 0
        chat = terminal_chat(terminal)
        asked = ("ask", "--cloud", "When?", "--conversation", chat, "--attach", str(page))
        assert terminal.run(*asked, "--dry-run", "--json") == 0, terminal.err
        shown = json.loads(terminal.out)
        kinds = {one["kind"]: one["id"] for one in shown["parts"]}
        assert set(kinds) == {"system", "earlier", "attachment", "question"}
        assert "The ferry leaves at noon." in shown["body"]
        assert "Where is the harbour?" in shown["body"]
        assert "secret-name" not in shown["body"]
        less = [word for one in shown["parts"][:-1] for word in ("--leave-out", one["id"])]
        assert terminal.run(*asked, *less, "--dry-run", "--json") == 0, terminal.err
        bare = json.loads(terminal.out)
        assert [one["content"] for one in json.loads(bare["body"])["messages"]] == ["When?"]
        code = terminal.run(*asked, *less, "--approve", bare["payload_sha256"])
        assert code == 0, terminal.err
        assert server.asked[0].body == bare["body"].encode()
        assert server.payloads() == [bare["payload_sha256"]]


def terminal_chat(terminal: Terminal) -> str:
    """The number of the newest chat."""
    assert terminal.run("list") == 0
    return terminal.out.split()[0]
