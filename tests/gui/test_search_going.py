"""Ctrl+K: what is offered, what a few letters mean, and where Enter leads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from assistant.errors import StorageFull
from assistant.notes.records import TagCount
from assistant.records import FIRST_PRIVATE_ID
from tests.gui.fakes import NOON, conversation
from tests.gui.search_bench import SearchBench
from tests.gui.search_fakes import DAY, HOUR, note
from ui.search.commands import commands
from ui.search.entries import Catalogue, Command, Entry, EntryKind, folded
from ui.search.picker_rows import PickerModel
from ui.shortcuts import SHORTCUTS
from ui.theme.style import Theme
from ui.theme.tokens import DARK


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[SearchBench]:
    """Three notes, two chats and a tag."""
    bench = SearchBench(qtbot)
    bench.notes.lines = [
        note(1, "Café list", NOON - DAY),
        note(2, "Packing for Lisbon", NOON - 2 * HOUR),
        note(3, "The list of lists", NOON - 40 * DAY),
    ]
    bench.notes.counts = [TagCount("travel", 2)]
    bench.conversations.add(conversation(7, "Night train", NOON - HOUR))
    bench.conversations.add(conversation(8, "Lisbon budget", NOON - 3 * DAY))
    yield bench
    bench.close()


def titles(catalogue: Catalogue, query: str) -> list[str]:
    """What a query means, headings left out."""
    return [row.title for row in catalogue.rows(query) if isinstance(row, Entry)]


# The picker -------------------------------------------------------------------------------


def test_before_anything_is_typed(bench: SearchBench) -> None:
    """What is recent, the newest first, then what can be done."""
    bench.go_to.open()
    bench.settle()
    assert bench.rows == [
        *("Recent", "Night train", "Packing for Lisbon", "Café list", "Lisbon budget"),
        *("The list of lists", "Commands", "New chat", "Quit"),
    ]
    assert bench.marked == "Night train"


def test_commands_are_there_at_once(bench: SearchBench) -> None:
    """Before any name is read."""
    bench.notes.hold()
    bench.go_to.open()
    assert bench.rows == ["Commands", "New chat", "Quit"]
    bench.type("exit")
    bench.press("Return")
    assert bench.went == [("quit", "")]
    bench.notes.release()
    bench.settle()
    assert bench.picker is None


def test_names_come_while_one_types(bench: SearchBench) -> None:
    """What is typed by then counts."""
    bench.notes.hold()
    bench.go_to.open()
    bench.type("pack")
    bench.notes.release()
    bench.settle()
    assert bench.rows == ["Notes", "Packing for Lisbon", "Search everywhere for “pack”"]


@pytest.mark.parametrize(
    ("typed", "went"),
    [
        ("packing", ("note", 2)),
        ("cafe", ("note", 1)),
        ("night", ("chat", 7)),
        ("travel", ("tag", "travel")),
        ("new", ("new", "")),
        ("xylophone", ("search", "xylophone")),
    ],
)
def test_enter_goes_there(bench: SearchBench, typed: str, went: tuple[str, object]) -> None:
    """To a note, a chat, a tag, a command, or to the search for the same words."""
    bench.go_to.open()
    bench.type(typed)
    bench.press("Return")
    assert bench.went == [went]
    assert bench.picker is None
    assert bench.place.field.hasFocus()


def test_arrows_pass_headings_by(bench: SearchBench) -> None:
    """And go round the end; the keyboard stays in the field."""
    bench.go_to.open()
    bench.type("lisbon")
    assert bench.rows == [
        *("Chats", "Lisbon budget", "Notes", "Packing for Lisbon"),
        "Search everywhere for “lisbon”",
    ]
    marked = []
    for _ in range(3):
        bench.press("Down")
        marked.append(bench.marked)
    assert marked == ["Packing for Lisbon", "Search everywhere for “lisbon”", "Lisbon budget"]
    bench.press("Up")
    assert bench.marked == "Search everywhere for “lisbon”"
    bench.press("PgUp")
    assert bench.marked == "Lisbon budget"
    bench.press("PgDown")
    assert bench.marked == "Search everywhere for “lisbon”"


def test_escape_changes_nothing(bench: SearchBench) -> None:
    """The keyboard is where it was."""
    bench.type("train")
    bench.go_to.open()
    bench.press("Esc")
    assert bench.picker is None
    assert bench.place.field.hasFocus()
    assert bench.place.query == "train"


def test_it_opens_once(bench: SearchBench) -> None:
    """A second Ctrl+K opens nothing in front of it."""
    bench.go_to.open()
    bench.go_to.open()
    bench.press("Esc")
    assert bench.picker is None


def test_a_click_goes_there(bench: SearchBench) -> None:
    """A heading is no place to go."""
    bench.go_to.open()
    bench.settle()
    assert bench.picker
    view = bench.picker.view
    for row in (0, 2):
        where = view.visualRect(view.model().index(row, 0)).center()
        bench.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert bench.went == [("note", 2)]


def test_names_that_cannot_be_read(bench: SearchBench) -> None:
    """Leave the others and the commands."""
    bench.notes.problem = StorageFull("The disk cannot be read.")
    bench.go_to.open()
    bench.settle()
    assert "Night train" in bench.rows
    assert "Quit" in bench.rows


def test_a_session_without_notes(bench: SearchBench) -> None:
    """Chats and commands are there."""
    bench.session.notes = None
    bench.go_to.open()
    bench.settle()
    assert "Night train" in bench.rows


def test_hostile_names_are_painted(bench: SearchBench) -> None:
    """Endless, reversed, on several lines, as HTML; in dark, large and from the right."""
    bench.notes.lines = [
        note(n, title) for n, title in enumerate(["W" * 9_000, "\u202egnp", "a\nb", "<b>x</b>"], 1)
    ]
    bench.window.apply(Theme(DARK, scale=3.0))
    bench.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bench.window.resize(640, 420)
    bench.go_to.open()
    bench.settle()
    assert {"⟨U+202E⟩gnp", "a b", "<b>x</b>"} <= set(bench.rows)
    assert bench.picker
    assert not bench.picker.grab().isNull()
    assert bench.window.rect().contains(bench.picker.panel.geometry())


# The catalogue ----------------------------------------------------------------------------


def test_the_better_match_comes_first() -> None:
    """A title's beginning, then the beginnings of its words, then any part of it."""
    names = ["A relisted thing", "My list", "List of names", "Nothing"]
    catalogue = Catalogue(notes=[note(n, name, NOON - n) for n, name in enumerate(names)])
    assert titles(catalogue, "list") == ["List of names", "My list", "A relisted thing"]
    assert titles(catalogue, "LIST my") == ["My list"]
    assert titles(catalogue, "thing list") == ["A relisted thing"]
    assert titles(catalogue, "listless") == []


def test_few_of_many() -> None:
    """Five of each kind, the newest of equals first."""
    catalogue = Catalogue(notes=[note(n, f"Note {n}", NOON + n) for n in range(10_000)])
    assert titles(catalogue, "note") == [f"Note {n}" for n in range(9_999, 9_994, -1)]


def test_what_is_typed_is_folded() -> None:
    """No case, no accents, no marks between words."""
    assert folded("Ça—va_BIEN?") == " ca va bien"
    assert folded("") == " "
    catalogue = Catalogue(tags=[TagCount("projects/hush", 1)])
    assert titles(catalogue, "#projects hu") == ["#projects/hush"]
    assert titles(catalogue, "?!") == [
        "#projects/hush"
    ]  # nothing is typed that could be looked for


def test_a_private_chat_is_named_as_one() -> None:
    """Its row says so, where the others have their time."""
    rows = Catalogue(chats=[conversation(FIRST_PRIVATE_ID, "Secret")]).rows("secret")
    assert [row.hint for row in rows if isinstance(row, Entry)] == ["Private"]


def test_nothing_of_a_person_in_a_repr() -> None:
    """Entries may reach a log."""
    assert "Secret" not in repr(Entry(EntryKind.NOTE, "Secret", "Secret"))


def test_the_rows_keep_qts_rules() -> None:
    """Headings cannot be chosen; a screen reader hears what a row is."""
    model = PickerModel()
    tester = QAbstractItemModelTester(model)
    model.show(["Notes", Entry(EntryKind.NOTE, 1, "Café", NOON - HOUR)], NOON)
    assert model.index(0).flags() == Qt.ItemFlag.NoItemFlags
    assert model.index(1).data(Qt.ItemDataRole.AccessibleTextRole) == "Café, note, 1h"
    assert tester.model() is model


def test_every_action_of_the_window_has_a_name() -> None:
    """And its key beside it; what only makes sense as a key is left out."""
    named = {entry.action for entry in SHORTCUTS if entry.action}
    actions = dict.fromkeys(named, lambda: None)
    made = commands(actions)
    assert {command.name for command in made} == named - {"escape", "go"}
    assert all(command.keys for command in made)
    assert all(isinstance(command, Command) and command.title for command in made)
