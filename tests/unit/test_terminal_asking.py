"""``hush ask --notes``: the answer with its citations, and what they stand for."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.notes.service import NoteService
from assistant.power.plan import Plan
from assistant.records import FIRST_PRIVATE_ID
from assistant.settings import Settings
from assistant.terminal import parse
from assistant.terminal.console import Console
from assistant.terminal.conversing import ask, chat
from tests.fakes.engine import FakeEngine
from tests.fakes.retriever import FakeRetriever, hit, said
from tests.unit.services import Services

TRAIN = "The night train to Lisbon leaves at 21:43 from platform 4."
QUESTION = "When does the night train to Lisbon leave?"


@pytest.fixture
def services() -> Iterator[Services]:
    """Two notes in a tag, one of which answers."""
    services = Services(
        engine=FakeEngine(lambda _: f"{TRAIN} Enjoy [7]."),
        retriever=FakeRetriever([hit(TRAIN, "Trains \x1b[31m"), hit("Salt.", "Bread", note=2)]),
    )
    services.vault.write(_two_notes).result(10)
    yield services
    services.close()


def _two_notes(connection: Any) -> None:
    for number in (1, 2):
        connection.execute(
            "INSERT INTO note (id, title, title_by, text, revision, created_at, updated_at)"
            " VALUES (?, 'A note', 'text', '', 1, 0, 0)",
            (number,),
        )


class Tty(io.StringIO):
    """Output to a terminal."""

    def isatty(self) -> bool:
        return True


def run(
    services: Services, *argv: str, output: io.StringIO | None = None, typed: str | None = None
) -> tuple[int, str, str]:
    """Ask, or chat where something is typed; returns exit code, output and remarks."""
    output, remarks = output or io.StringIO(), io.StringIO()
    console = Console(io.StringIO(typed or ""), output, remarks)
    governor = SimpleNamespace(plan=Plan())
    kept: list[bool] = []  # whether the index was brought up to date
    app: Any = SimpleNamespace(
        settings=Settings(),
        warm_engine=lambda: None,
        governor=governor,
        keep_index=lambda: kept.append(True),
    )
    status = SimpleNamespace(reason="Only words are searched." if services.retriever else "")
    search = SimpleNamespace(settled=lambda _seconds: kept == [True], status=lambda: status)
    session: Any = SimpleNamespace(
        chat=services.chat,
        search=search,
        notes=NoteService(services.vaults, services.clock, lambda: None),
        conversations=services.conversations,
    )
    arguments = parse(["ask" if typed is None else "chat", *argv])
    if typed is not None:
        code = chat(arguments, app, session, services.events, console)
    else:
        code = ask(" ".join(arguments.text), arguments, app, session, services.events, console)
    return code, output.getvalue(), remarks.getvalue()


def test_an_answer_with_its_sources(services: Services) -> None:
    """Citations in it, numbers that stand for nothing out of it, the notes below."""
    code, out, remarks = run(services, "--notes", QUESTION)
    assert code == 0
    assert remarks == "Only words are searched.\n"
    assert out == (f"{TRAIN[:-1]} [1]. Enjoy.\n\nFrom:\n  [1] Trains \x1b[31m (note 1)\n")


def test_a_title_drives_no_terminal(services: Services) -> None:
    """Escape sequences of a note's title are made harmless where a terminal reads them."""
    _, out, _ = run(services, "--notes", QUESTION, output=Tty())
    assert "\x1b" not in out


def test_nothing_found(services: Services) -> None:
    """The honest sentence, and the nearest titles."""
    code, out, _ = run(services, "--notes", "How", "tall", "is", "Mont", "Blanc?")
    assert code == 0
    assert out.startswith("Nothing in your notes answers this")
    assert "What comes nearest:\n" in out
    assert "Bread (note 2)" in out
    assert services.engine.requests == []


def test_json_has_all_of_it(services: Services) -> None:
    """The text as it comes; at the end the message with scope, sources and citations."""
    _, out, _ = run(services, "--notes", "--json", QUESTION)
    events = [json.loads(line) for line in out.splitlines()]
    assert "".join(e["text"] for e in events if e["event"] == "text") == f"{TRAIN} Enjoy [7]."
    end = events[-1]
    assert end["cited_text"] == f"{TRAIN[:-1]} [1]. Enjoy."
    message = end["message"]
    assert message["scope"]["kind"] == "all"
    assert [(one["number"], one["note_id"]) for one in message["sources"]] == [(1, 1)]
    assert message["citations"] == [{"place": len(TRAIN) - 1, "number": 1}]


def test_without_notes_nothing_changes(services: Services) -> None:
    """The words come as they are written, and nothing is searched."""
    _, out, remarks = run(services, QUESTION)
    assert remarks == ""
    assert out == f"{TRAIN} Enjoy [7].\n"
    assert cast("FakeRetriever", services.retriever).asked == []


@pytest.mark.parametrize(
    ("argv", "stored"),
    [
        (["--notes"], "all"),
        (["--tag", "#travel"], "tag:travel"),
        (["--note", "1"], "note:1"),
    ],
)
def test_scopes(services: Services, argv: list[str], stored: str) -> None:
    """Each names where to look."""
    run(services, *argv, QUESTION)
    ((_, scope),) = cast("FakeRetriever", services.retriever).asked
    assert scope.stored == stored


def test_another_chat(services: Services) -> None:
    """Its messages are what is listed."""
    first = services.ask(TRAIN)
    where = first.conversation_id
    question = services.thread(where).messages[0]
    retriever = cast("FakeRetriever", services.retriever)
    retriever.hits = [said(TRAIN, message=question.id, conversation=where, title="Travel")]
    _, out, _ = run(services, "--chat", str(where), QUESTION)
    assert f"[1] Travel (chat {where})" in out


@pytest.mark.parametrize(
    "argv",
    [
        ["--notes", "--tag", "x", "Why?"],
        ["--note", "x", "Why?"],
        ["--note", "0", "Why?"],
        ["--chat", "9" * 40, "Why?"],
        ["--tag"],
    ],
)
def test_what_is_not_understood(argv: list[str]) -> None:
    """Usage, before anything is opened."""
    with pytest.raises(SystemExit) as end:
        parse(["ask", *argv])
    assert end.value.code == 2


@pytest.mark.parametrize("argv", [["--tag", "#"], ["--chat", str(FIRST_PRIVATE_ID)]])
def test_what_cannot_be_asked(services: Services, argv: list[str]) -> None:
    """Refused in words; nothing is stored."""
    with pytest.raises(InputRefused):
        run(services, *argv, "Why?")
    assert services.conversations.list().result(10) == []


@pytest.mark.parametrize("argv", [["--note", "99"], ["--chat", "99"]])
def test_what_is_not_there_cannot_be_asked(services: Services, argv: list[str]) -> None:
    """Told before anything is stored, and not as if it held no answer."""
    with pytest.raises(NotFound):
        run(services, *argv, "Why?")
    assert services.conversations.list().result(10) == []


def test_an_index_that_is_not_whole_is_told_with_the_answer(services: Services) -> None:
    """Beside the answer."""
    cast("FakeRetriever", services.retriever).lacks = "3 of 9 notes are not indexed yet."
    _, out, remarks = run(services, "--notes", QUESTION)
    assert "3 of 9 notes are not indexed yet." in remarks
    assert "not indexed" not in out


def test_a_chat_asks_the_notes(services: Services) -> None:
    """From a command on; its answers have citations, and what they rest on below them."""
    typed = f"Hello\n/notes\n{QUESTION}\n/notes off\nThanks\n"
    code, out, remarks = run(services, typed=typed)
    assert code == 0
    assert f"Hush: {TRAIN[:-1]} [1]. Enjoy.\n\nFrom:\n  [1] Trains" in out
    assert out.count("From:") == 1
    assert out.count("You, of your notes: ") == 2
    assert "Answers come from your notes now." in remarks
    assert "Answers come from the model alone now." in remarks
    assert [query for query, _ in cast("FakeRetriever", services.retriever).asked] == [QUESTION]


@pytest.mark.parametrize(
    ("typed", "stored", "you"),
    [
        ("/notes all", "all", "You, of your notes: "),
        ("/notes tag:travel/trains", "tag:travel/trains", "You, of your notes tagged #travel/t"),
        ("/notes #🎉", "tag:🎉", "You, of your notes tagged #🎉: "),
        ("/notes tag: #two words", "tag:two words", "You, of your notes tagged #two words: "),
        ("/notes note:1", "note:1", "You, of “A note”: "),
    ],
)
def test_scopes_of_a_chat(services: Services, typed: str, stored: str, you: str) -> None:
    """As they are typed, and named in the prompt."""
    _, out, _ = run(services, typed=f"{typed}\n{QUESTION}\n")
    ((_, scope),) = cast("FakeRetriever", services.retriever).asked
    assert scope.stored == stored
    assert you in out


def test_a_chat_asks_another_one(services: Services) -> None:
    """By its number; and begins so with an option."""
    where = services.ask(TRAIN).conversation_id
    _, out, _ = run(services, "--chat", str(where), typed=f"{QUESTION}\n/notes chat:{where}\n")
    ((_, scope),) = cast("FakeRetriever", services.retriever).asked
    assert scope.id == where
    assert out.count("You, of “The night train") == 3


@pytest.mark.parametrize(
    "typed",
    [
        "/notes everything",
        "/notes note",
        "/notes note:x",
        "/notes note:0",
        "/notes note:99",
        "/notes chat:99",
        f"/notes chat:{FIRST_PRIVATE_ID}",
        "/notes tag:",
        "/notes #",
    ],
)
def test_what_a_chat_cannot_ask(services: Services, typed: str) -> None:
    """Said in words; the chat goes on as it was."""
    code, out, remarks = run(services, typed=f"{typed}\n{QUESTION}\n")
    assert code == 0
    assert "hush: " in remarks
    assert "You, of" not in out
    assert cast("FakeRetriever", services.retriever).asked == []


def test_a_file_goes_along(services: Services, tmp_path: Path) -> None:
    """Its text is quoted; one that is not there is refused before anything is stored."""
    file = tmp_path / "packing.txt"
    file.write_text("Pack warm socks.\n")
    run(services, "--attach", str(file), "What do I pack?")
    assert "> Pack warm socks." in services.engine.requests[-1].turns[-1].text
    (conversation,) = services.conversations.list().result(10)
    attached = services.thread(conversation.id).messages[0].attached
    assert [one.name for one in attached] == ["packing.txt"]
    with pytest.raises(InputRefused) as problem:
        run(services, "--attach", str(tmp_path / "nowhere.txt"), "What do I pack?")
    assert "packing" not in problem.value.sentence
    assert len(services.conversations.list().result(10)) == 1
