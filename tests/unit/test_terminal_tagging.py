"""``hush notes tag``: what is suggested, reviewed, given at once and taken off again."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest

from assistant.errors import InputRefused, NotFound
from assistant.power.plan import Mode, Plan, Reason
from assistant.tags.records import Suggestion
from assistant.terminal.arguments import parse
from assistant.terminal.console import Console
from assistant.terminal.tagging import tag
from assistant.terminal.waiting import Interrupted
from tests.unit.terminal_notes import Desk, typing
from tests.unit.terminals import Person


@pytest.fixture
def desk() -> Iterator[Desk]:
    """Three notes, of which two have suggestions."""
    desk = Desk()
    for text in ("A rebase.", "An index.", "Bread."):
        desk.note(text)
    desk.suggest(1, "git", 0.97)
    desk.suggest(2, "postgres", 0.8)
    desk.suggest(2, "git", 0.5)
    yield desk
    desk.close()


def tags_of(desk: Desk) -> list[tuple[str, ...]]:
    """The three notes' tags."""
    return [desk.get(number).tags for number in (1, 2, 3)]


def test_suggestions_are_printed(desk: Desk) -> None:
    """Of all notes, the most probable first; nothing is given."""
    assert desk.run(tag, "tag") == 0
    assert desk.out.splitlines() == [
        "     1   97 %  #git  A rebase.",
        "     2   80 %  #postgres  An index.",
    ]
    assert "3 notes looked at. Of 1 there is nothing to suggest." in desk.err
    assert tags_of(desk) == [(), (), ()]
    assert desk.bulk.started == [(None, None)]


def test_certain_notes(desk: Desk) -> None:
    """Only those are looked at; of them, new tags are named, too."""
    desk.suggests.new[2] = [Suggestion("query plan", 0.75, 0.75, is_new=True)]
    assert desk.run(tag, "tag", "2", "3") == 0
    assert desk.bulk.started == [((2, 3), None)]
    assert desk.out.splitlines() == [
        "     2   80 %  #postgres  An index.",
        "     2    new  #query plan  An index.",
    ]


def test_a_note_that_is_not_there(desk: Desk) -> None:
    """Nothing is begun."""
    with pytest.raises(NotFound):
        desk.run(tag, "tag", "2", "9")
    assert desk.bulk.started == []


def test_given_at_once_and_taken_off_again(desk: Desk) -> None:
    """With ``--apply-above``; it tells how many, and how to undo that."""
    assert desk.run(tag, "tag", "--apply-above", "0.95") == 0
    assert tags_of(desk) == [("git",), (), ()]
    assert "1 tag added. “hush notes tag --undo 1” takes them off again." in desk.err
    assert desk.run(tag, "tag", "--log") == 0
    assert desk.out.startswith("run   1  ")
    assert desk.out.endswith("     1   97 %  #git  A rebase.\n")
    assert desk.run(tag, "tag", "--undo", "1") == 0
    assert desk.out == "1 tag taken off again.\n"
    assert tags_of(desk) == [(), (), ()]
    desk.run(tag, "tag", "--log")
    assert desk.out == ""
    assert "No tag" in desk.err


def test_as_json(desk: Desk) -> None:
    """One event a line."""
    desk.run(tag, "tag", "--json", "--apply-above", "0.95")
    suggestion, ended = desk.lines()
    assert suggestion == {
        "event": "suggestion",
        "id": 2,
        "title": "An index.",
        "tag": "postgres",
        "probability": 0.8,
        "score": 0.8,
        "new": False,
    }
    assert ended == {
        "event": "ended",
        "run": 1,
        "notes": 3,
        "suggested": 1,
        "applied": 1,
        "silent": 1,
        "skipped": 0,
        "cancelled": False,
    }
    desk.run(tag, "tag", "--log", "--json")
    (applied,) = desk.lines()
    assert (applied["event"], applied["id"], applied["tag"], applied["run"]) == (
        "applied",
        1,
        "git",
        1,
    )
    desk.run(tag, "tag", "--undo", "1", "--json")
    assert desk.lines() == [{"event": "undone", "run": 1, "tags": 1}]


def test_review(desk: Desk) -> None:
    """One after the other: yes, why, no."""
    assert desk.run(tag, "tag", "--review", person=typing("y", "w", "what?", "N")) == 0
    assert tags_of(desk) == [("git",), (), ()]
    assert desk.out == ""
    assert "1 of 2       1   97 %  #git  A rebase." in desk.err
    assert "because of note 2" in desk.err
    assert "because of these words: rye" in desk.err
    assert "1 tag added, 1 turned down, 0 left for later." in desk.err
    assert desk.bulk.waiting().result(10) == []


@pytest.mark.parametrize("answers", [("", "q"), ("", None), ("q",), ()])
def test_review_is_left(desk: Desk, answers: tuple[str | None, ...]) -> None:
    """Later, quit, Ctrl+D: the rest waits."""
    assert desk.run(tag, "tag", "--review", person=typing(*answers)) == 0
    assert "0 tags added, 0 turned down, 2 left for later." in desk.err
    assert ("2 of 2" in desk.err) == (answers[:1] == ("",))
    assert len(desk.bulk.waiting().result(10)) == 2


def test_review_is_interrupted(desk: Desk) -> None:
    """Ctrl+C keeps what was decided."""
    person = typing("y")
    answer = person.readline

    def interrupted(size: int | None = -1, /) -> str:
        found = answer(size)
        if not found:
            raise KeyboardInterrupt
        return found

    person.readline = interrupted  # type: ignore[method-assign] # Ctrl+C is no line
    assert desk.run(tag, "tag", "--review", person=person) == 130
    assert tags_of(desk) == [("git",), (), ()]
    assert "1 tag added, 0 turned down, 1 left for later." in desk.err


def test_review_of_new_tags(desk: Desk) -> None:
    """They are made by saying yes."""
    desk.suggests.new[3] = [Suggestion("rye", 0.8, 0.8, is_new=True)]
    assert desk.run(tag, "tag", "3", "--review", "--json", person=typing("w", "y")) == 0
    assert desk.get(3).tags == ("rye",)
    decided, ended = desk.lines()
    assert decided == {"event": "decided", "id": 3, "tag": "rye", "accepted": True}
    assert ended["event"] == "ended"


def test_review_of_what_changed_meanwhile(desk: Desk) -> None:
    """It is said, and counts for nothing."""
    answers = iter(["y", "y"])

    def say(_: str) -> str:
        answer = next(answers)
        if not desk.get(1).tags:  # asked of the first
            desk.notes.trash([2]).result(10)
            desk.notes.empty_trash().result(10)
        return answer

    assert desk.run(tag, "tag", "--review", person=Person(say)) == 0
    assert "That is not suggested any more." in desk.err
    assert "1 tag added, 0 turned down, 1 left for later." in desk.err


def test_nobody_to_ask(desk: Desk) -> None:
    """Before anything begins."""
    with pytest.raises(InputRefused, match="nobody"):
        desk.run(tag, "tag", "--review")
    assert desk.bulk.started == []


def test_stopped_and_gone_on_with(desk: Desk) -> None:
    """Ctrl+C keeps what was found; ``--resume`` does the rest."""
    desk.bulk.holds = 1
    desk.events.put(Interrupted())
    assert desk.run(tag, "tag", "--apply-above", "0.8") == 130
    assert tags_of(desk) == [("git",), (), ()]
    assert "Stopped. What was found stays; “hush notes tag --resume” goes on." in desk.err
    assert desk.run(tag, "tag", "--resume") == 0
    assert tags_of(desk) == [("git",), ("postgres",), ()]
    with pytest.raises(NotFound):
        desk.run(tag, "tag", "--resume")


def test_how_far_it_is(desk: Desk) -> None:
    """On a terminal, beside the output, and gone when the suggestions come."""
    desk.run(tag, "tag", screen=True)
    assert "\r3 of 3 notes\r" in desk.err
    assert "notes" not in desk.out


def test_where_the_machine_is_too_hot(desk: Desk) -> None:
    """It is told why nothing goes on."""
    desk.plan = Plan(Mode.PAUSED, Reason.CRITICAL_HEAT, "Too hot.")
    desk.run(tag, "tag")
    assert "Too hot. The run waits." in desk.err


@pytest.mark.parametrize("option", ["--resume", "--log", "--undo=1"])
def test_only_a_new_run_is_of_certain_notes(desk: Desk, option: str) -> None:
    """That is said."""
    with pytest.raises(InputRefused, match="new run"):
        desk.run(tag, "tag", "2", option)


@pytest.mark.parametrize("option", [(), ("--review",)])
def test_nothing_at_all(desk: Desk, option: tuple[str, ...]) -> None:
    """How to come to suggestions; there is nothing to ask."""
    desk.bulk.found.clear()
    assert desk.run(tag, "tag", *option, person=typing()) == 0
    assert "left for later" not in desk.err
    assert "Hush learns from the tags that you give" in desk.err


def test_a_screen_is_safe_from_titles_and_tags(desk: Desk) -> None:
    """Both may be of somebody else's making."""
    note = desk.note("A note", title="Evil \x1b[2J \u202e title")
    desk.suggests.new[note] = [Suggestion("we\x1b[31mird", 0.9, 0.9, is_new=True)]
    desk.suggest(note, "fine", 0.9)
    desk.run(tag, "tag", str(note), screen=True)
    assert "ird" in desk.out
    assert "title" in desk.out
    assert not {"\x1b", "\u202e"} & set(desk.out + desk.err)
    desk.run(tag, "tag", str(note), "--review", person=typing("w", "", "w", "q"))
    assert not {"\x1b", "\u202e"} & set(desk.out + desk.err)


@pytest.mark.parametrize("typed", ["0.5", "1.01", "nan", "inf", "95", "much", "0.9" + "0" * 20, ""])
def test_strange_shares(typed: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing below what is even offered is given without asking."""
    with pytest.raises(SystemExit) as ended:
        parse(["notes", "tag", "--apply-above", typed])
    assert ended.value.code == 2
    assert "a share from 0.70 to 1 is wanted" in capsys.readouterr().err


def test_no_vault() -> None:
    """A session that keeps nothing has no tags."""
    from types import SimpleNamespace
    from typing import Any

    session: Any = SimpleNamespace(tags=None, notes=None)
    console = Console(io.StringIO(), io.StringIO(), io.StringIO())
    with pytest.raises(InputRefused):
        tag(parse(["notes", "tag"]), session, session, session, console)


def test_percentages_are_rounded_down(desk: Desk) -> None:
    """No limit is shown that was not reached."""
    desk.suggest(3, "bread", 0.9499)
    desk.run(tag, "tag", "3")
    assert "94 %" in desk.out
    desk.run(tag, "tag", "3", "--json")
    assert json.loads(desk.out.splitlines()[0])["probability"] == 0.9499
