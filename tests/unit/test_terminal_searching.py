"""``hush search`` and ``hush index``: what is printed, for people and for programs."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

import pytest

from assistant.errors import EncoderDamaged, EnvironmentProblem, InputRefused
from assistant.search.records import IndexState, IndexStatus
from assistant.terminal.arguments import parse
from assistant.terminal.console import Console
from assistant.terminal.searching import index, search, status_as_data, status_as_lines
from tests.fakes.encoder import FakeEncoderSource
from tests.unit.indexed import RESTING, Indexed


def run(hush: Indexed | None, *words: str) -> tuple[int, str, str]:
    """Run a command over a library: exit code, output, remarks."""
    console = Console(io.StringIO(), io.StringIO(), io.StringIO())
    session: Any = SimpleNamespace(search=hush.search if hush else None)
    arguments = parse(words)
    command = search if arguments.command == "search" else index
    code = command(arguments, session, console)
    out, err = console.stdout, console.stderr
    assert isinstance(out, io.StringIO)
    assert isinstance(err, io.StringIO)
    return code, out.getvalue(), err.getvalue()


def test_search_prints_where_and_what() -> None:
    """Kind, number, title, headings and the part that was found."""
    with Indexed() as hush:
        note = hush.note("# Bread\n\nFlour and water.", "Bread")
        room, _ = hush.chat("How much flour?", title="Baking")
        hush.run()
        code, out, err = run(hush, "search", "flour")
        assert code == 0
        assert f"note {note:>5}" in out
        assert f"chat {room:>5}" in out
        assert "Flour and water." in out
        assert err == ""
        assert run(hush, "search", "--kind", "message", "flour")[1].count("flour") == 1
        assert run(hush, "search", "--limit", "1", "flour")[1].count("\n") == 2
        assert run(hush, "search", "--tag", "none", "flour")[1] == ""


def test_search_says_what_it_understood_and_what_it_did_not_find() -> None:
    """Beside the output."""
    with Indexed() as hush:
        hush.note("An appointment.", "Dentist")
        hush.run()
        assert "Showing results for “appointment”." in run(hush, "search", "apointment")[2]
        assert "Nothing was found." in run(hush, "search", "xylophone")[2]
        with pytest.raises(InputRefused):
            run(hush, "search", "  ")


def test_search_prints_json_a_line_each() -> None:
    """All that a program needs to open the place."""
    with Indexed() as hush:
        hush.note("Flour and water.", "Bread")
        hush.run()
        (line,) = run(hush, "search", "--json", "flour")[1].splitlines()
        found = json.loads(line)
        assert (found["kind"], found["title"], found["text"]) == (
            "note",
            "Bread",
            "Flour and water.",
        )
        assert found["marks"] == [[0, 5]]
        assert (found["start"], found["length"], found["conversation"]) == (0, 16, None)


def test_search_by_words_alone_says_why() -> None:
    """A model that is damaged, or that has not come to it yet."""
    error = EncoderDamaged("The embedding model is damaged.", "Install Hush again.")
    with Indexed(FakeEncoderSource(error=error)) as hush:
        hush.note("Flour.", "Bread")
        hush.run()
        assert error.sentence in run(hush, "search", "flour")[2]


def test_index_tells_updates_and_rebuilds() -> None:
    """As lines and as one object."""
    with Indexed() as hush:
        hush.note("Flour.", "Bread")
        hush.run()
        assert "1 passages, 1 by meaning" in run(hush, "index", "status")[1]
        hush.note("Water.", "More")
        hush.indexer.wake()
        assert "2 passages" in run(hush, "index", "update")[1]
        found = json.loads(run(hush, "index", "rebuild", "--json")[1])
        assert (found["state"], found["passages"], found["encoded"]) == ("ready", 2, 2)


def test_index_that_rests_is_not_waited_for() -> None:
    """It says why."""
    with Indexed(plan=RESTING) as hush:
        hush.note("Flour.", "Bread")
        hush.run()
        assert RESTING.words in run(hush, "index", "update")[1]


def test_session_without_an_index_says_so() -> None:
    """Nothing is written down there."""
    for words in (["search", "x"], ["index", "status"]):
        with pytest.raises(EnvironmentProblem):
            run(None, *words)


def test_status_tells_what_is_built_beside() -> None:
    """And how far it is."""
    status = IndexStatus(IndexState.WORKING, 5, 4, "Old", "", "New", 0.5)
    assert "Being built beside it: New, 50%" in status_as_lines(status)


def test_status_tells_what_is_missing() -> None:
    """Notes that wait, and what the embedding model cannot read."""
    status = IndexStatus(IndexState.WORKING, 5, 4, "Old", unreadable=1, notes=9, notes_left=2)
    lines = status_as_lines(status)
    assert "2 of 9 notes are not indexed yet." in lines
    assert "1 passage the embedding model cannot read: found by words alone." in lines
    described = status_as_data(status)
    assert (described["unreadable"], described["notes"], described["notes_left"]) == (1, 9, 2)
