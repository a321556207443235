"""``hush notes tag``, ``tags``, ``title`` and ``act``, from the command line to the vault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.engine.protocol import GenerationRequest
from assistant.errors import EngineDied
from assistant.power.plan import Heat, Readings
from tests.fakes.engine import FakeEngine
from tests.fakes.power import FakeProbe
from tests.unit.terminals import Terminal

LONG = "Yesterday we went all the way to the old harbour to look at the ships that were sold."


def answers(request: GenerationRequest) -> str:
    """A model that gives titles and summaries."""
    return json.dumps({"title": "Old ships"}) if request.schema else "We looked at old ships."


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A profile with one note."""
    terminal = Terminal(tmp_path / "profile")
    terminal.engine = lambda: FakeEngine(answers)
    assert terminal.run("notes", "new", "--tag", "harbour", piped=LONG) == 0
    return terminal


def test_title(terminal: Terminal) -> None:
    """It is there the next time."""
    assert terminal.run("notes", "title") == 0
    assert terminal.out == "     1  Old ships\n"
    terminal.run("notes", "show", "1")
    assert "“Old ships”" in terminal.err


def test_act(terminal: Terminal) -> None:
    """Printed, and with ``--apply`` written."""
    assert terminal.run("notes", "act", "summarise", "1") == 0
    assert terminal.out == "We looked at old ships.\n"
    assert terminal.run("notes", "act", "summarise", "1", "--apply", "--json") == 0
    assert json.loads(terminal.out.splitlines()[-1])["note"] == 1
    terminal.run("notes", "show", "1")
    assert terminal.out == f"{LONG}\n\nWe looked at old ships.\n"


def test_tags(terminal: Terminal) -> None:
    """Listed, described, renamed."""
    assert terminal.run("notes", "tags", "describe", "harbour", "Ships", "and", "quays") == 0
    assert terminal.run("notes", "tags", "rename", "harbour", "port") == 0
    assert terminal.run("notes", "tags") == 0
    assert terminal.out == "     1  #port  Ships and quays\n"
    assert terminal.run("notes", "tags", "alike") == 0


def test_tag(terminal: Terminal) -> None:
    """A run over what there is; that nothing is suggested is no error."""
    assert terminal.run("notes", "tag", "--json") == 0
    ended = json.loads(terminal.out.splitlines()[-1])
    assert (ended["event"], ended["notes"], ended["applied"]) == ("ended", 1, 0)
    assert terminal.run("notes", "tag", "--log") == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("tag", "9"), 4),
        (("tag", "--resume"), 4),
        (("tag", "--review"), 2),
        (("title", "9"), 4),
        (("act", "summarise", "9"), 4),
        (("act", "translate", "1"), 2),
        (("tags", "describe", "none", "x"), 4),
        (("tags", "merge", "none", "neither"), 4),
    ],
)
def test_what_cannot_be_done(terminal: Terminal, words: tuple[str, ...], code: int) -> None:
    """In words, with the documented exit code; as JSON, too."""
    assert terminal.run("notes", *words) == code
    assert terminal.err.startswith("hush: ") or "\nhush: " in terminal.err
    assert terminal.run("notes", *words, "--json") == code
    assert json.loads(terminal.out.splitlines()[-1])["event"] == "error"


def test_a_model_that_fails(terminal: Terminal) -> None:
    """Exit code 5, and nothing is written."""
    terminal.engine = lambda: FakeEngine(load_error=EngineDied("The model stopped."))
    assert terminal.run("notes", "title") == 5
    assert terminal.run("notes", "act", "summarise", "1", "--apply") == 5
    terminal.run("notes", "show", "1")
    assert terminal.out == f"{LONG}\n"


def test_slowly(terminal: Terminal) -> None:
    """Where Hush would pause, it comes all the same."""
    terminal.probe = FakeProbe(Readings(on_mains=False, battery=0.5, heat=Heat.CRITICAL))
    assert terminal.run("notes", "act", "summarise", "1", "--slowly") == 0
    assert "old ships" in terminal.out


def test_an_empty_profile(tmp_path: Path) -> None:
    """There is nothing to list yet, and no vault is made for that."""
    terminal = Terminal(tmp_path / "nothing")
    assert terminal.run("notes", "tags") == 4
