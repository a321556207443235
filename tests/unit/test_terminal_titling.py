"""``hush notes title``: what gets a title, what keeps its own, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from assistant.engine.protocol import GenerationRequest
from assistant.errors import EngineDied, EngineError, InputRefused, NotFound
from assistant.notes.records import TitleBy
from assistant.power.plan import Mode, Override, Plan, Reason
from assistant.terminal.titling import title
from assistant.terminal.waiting import Interrupted
from tests.unit.terminal_notes import Desk

LONG = "Yesterday we went all the way to the old harbour to look at the ships that were sold."
SHORT = "Buy tea"
PAUSED = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Too hot.")


def old_ships(request: GenerationRequest) -> str:
    """A model with one idea."""
    assert request.schema
    return json.dumps({"title": "Old ships in the harbour"})


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Nothing written yet."""
    desk = Desk(old_ships)
    yield desk
    desk.close()


def test_all_that_want_one(desk: Desk) -> None:
    """Those called after the beginning of a sentence; the others stay as they are."""
    first, short, own = desk.note(LONG), desk.note(SHORT), desk.note(LONG, title="Mine …")
    assert desk.run(title, "title") == 0
    assert desk.out == f"{first:>6}  Old ships in the harbour\n"
    assert (desk.get(first).title, desk.get(first).title_by) == (
        "Old ships in the harbour",
        TitleBy.HUSH,
    )
    assert (desk.get(short).title, desk.get(own).title) == (SHORT, "Mine …")
    assert desk.run(title, "title") == 0
    assert (desk.out, desk.err) == ("", "No note wants a title.\n")


def test_its_own_heading_needs_no_model(desk: Desk) -> None:
    """It comes first, also where the note is named."""
    note = desk.note(f"# Lisbon\n\n{LONG}")
    assert desk.run(title, "title", str(note)) == 0
    assert desk.get(note).title == "Lisbon"
    assert desk.services.engine.requests == []


def test_a_heading_that_it_is_called_after_is_left(desk: Desk) -> None:
    """Also a long one: it goes on following the text. Named, it is told."""
    note = desk.note("# Count the number of trues in an aggregate query of Postgres\n\nMore.")
    before = desk.get(note)
    assert desk.run(title, "title") == 0
    assert desk.out == ""
    assert desk.run(title, "title", str(note), "--json") == 0
    (told,) = desk.lines()
    assert (told["title"], told["written"]) == (before.title, False)
    assert desk.get(note) == before


def test_a_dry_run_gives_none(desk: Desk) -> None:
    """It prints what they would be."""
    note = desk.note(LONG)
    before = desk.get(note)
    assert desk.run(title, "title", "--dry-run", "--json") == 0
    (told,) = desk.lines()
    assert told == {
        "id": note,
        "title": "Old ships in the harbour",
        "before": before.title,
        "written": False,
    }
    assert desk.get(note) == before


def test_as_json(desk: Desk) -> None:
    """One note a line, with what it was called."""
    note = desk.note(LONG)
    before = desk.get(note).title
    desk.run(title, "title", str(note), "--json")
    (told,) = desk.lines()
    assert (told["id"], told["before"], told["written"]) == (note, before, True)


@pytest.mark.parametrize("option", [(), ("--dry-run",)])
def test_a_persons_title_stays(desk: Desk, option: tuple[str, ...]) -> None:
    """Named alone, the note is refused; among others, they get theirs and it is named."""
    own, other = desk.note(LONG, title="Mine"), desk.note(LONG)
    with pytest.raises(InputRefused, match="you gave it"):
        desk.run(title, "title", str(own), *option)
    with pytest.raises(InputRefused, match="1 of 2 notes"):
        desk.run(title, "title", str(own), str(other), *option)
    assert f"note {own}: " in desk.err
    assert "Old ships" in desk.out
    assert desk.get(own).title == "Mine"


def test_a_note_that_is_not_there(desk: Desk) -> None:
    """Nothing is changed then."""
    note = desk.note(LONG)
    before = desk.get(note)
    with pytest.raises(NotFound):
        desk.run(title, "title", str(note), "99")
    assert desk.get(note) == before


def test_a_note_without_words(desk: Desk) -> None:
    """Named, that is said; among all it is passed over."""
    note = desk.note("…")
    assert desk.run(title, "title") == 0
    assert desk.out == ""
    with pytest.raises(InputRefused, match="no words"):
        desk.run(title, "title", str(note))


def test_stopped(desk: Desk) -> None:
    """Ctrl+C keeps what was given, and begins nothing more."""
    first, second = desk.note(LONG), desk.note(LONG)

    def once(request: GenerationRequest) -> str:
        desk.services.engine.gate.clear()
        desk.events.put(Interrupted())
        return old_ships(request)

    desk.script = once
    assert desk.run(title, "title", str(first), str(second)) == 130
    assert "Stopped." in desk.err
    titles = [desk.get(one).title_by for one in (first, second)]
    assert titles in ([TitleBy.HUSH, TitleBy.TEXT], [TitleBy.TEXT, TitleBy.TEXT])


def test_stopped_before_the_first(desk: Desk) -> None:
    """Also while the model is still busy with it."""
    note = desk.note(LONG)
    desk.services.engine.gate.clear()
    desk.events.put(Interrupted())
    assert desk.run(title, "title") == 130
    assert desk.get(note).title_by is TitleBy.TEXT


def test_a_model_that_fails(desk: Desk) -> None:
    """The error is told; the note stays as it was."""
    note = desk.note(LONG)
    desk.services.engine.load_error = EngineDied("No model.")
    with pytest.raises(EngineError):
        desk.run(title, "title")
    assert desk.get(note).title_by is TitleBy.TEXT


def test_where_the_machine_is_too_hot(desk: Desk) -> None:
    """It is told why nothing comes; ``--slowly`` goes on."""
    desk.note(LONG)
    desk.plan = PAUSED
    desk.services.obey(PAUSED)
    assert desk.run(title, "title", "--slowly") == 0
    assert desk.overrides == [Override.GO_ON_SLOWLY]
    assert "Old ships" in desk.out
    desk.note(LONG)
    desk.services.obey(PAUSED)
    desk.events.put(Interrupted())
    assert desk.run(title, "title") == 130
    assert "Too hot. The next title waits." in desk.err


def test_a_screen_is_safe_from_titles(desk: Desk) -> None:
    """What the model says may hold escape sequences."""
    desk.script = lambda _: json.dumps({"title": "Old \x1b[2Jships \u202eharbour"})
    desk.note(LONG)
    desk.run(title, "title", screen=True)
    assert "ships" in desk.out
    assert "\x1b" not in desk.out
    assert "\u202e" not in desk.out
