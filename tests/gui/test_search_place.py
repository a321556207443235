"""The place for search: what is asked while one types, and what is shown of the answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from assistant.errors import StorageFull, VaultLocked
from assistant.events import IndexChanged
from assistant.notes.records import TagCount
from assistant.search.records import Filters, IndexState, IndexStatus, Kind, Snippet
from tests.gui.fakes import NOON, conversation
from tests.gui.search_bench import SearchBench
from tests.gui.search_fakes import DAY, HOUR, READY, hit
from ui.search.controller import FIRST
from ui.search.hits import SHOWN_ROLE, HitModel
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

TRAIN = hit(1, "The night train to Lisbon leaves at nine.", title="Night train")
HOTEL = hit(2, "A hotel in Lisbon, in Alfama.", title="Lisbon", context="Trips › Hotels")
ASKED = hit(3, "What should I pack for Lisbon?", title="Packing list", kind=Kind.MESSAGE)
WORKING = IndexStatus(IndexState.WORKING, 1_871, 320, "all-MiniLM-L6-v2")


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[SearchBench]:
    """A search place over three passages."""
    bench = SearchBench(qtbot)
    bench.service.found = [TRAIN, HOTEL, ASKED]
    yield bench
    bench.close()


# Typing -----------------------------------------------------------------------------------


def test_results_while_typing(bench: SearchBench) -> None:
    """The first letter asks already; what is found stands there without Enter."""
    bench.type("lisb")
    assert bench.service.asked[0][0] == "l"
    assert bench.service.asked[-1][0] == "lisb"
    assert bench.titles == ["Night train", "Lisbon", "Packing list"]
    assert bench.place.said == "3 results"


def test_a_space_at_the_end_goes_along(bench: SearchBench) -> None:
    """It says that the last word is no beginning; spaces alone ask nothing."""
    bench.type(" ")
    assert not bench.service.asked
    bench.place.field.clear()
    bench.type("train ")
    assert bench.service.asked[-1][0] == "train "


def test_one_search_at_a_time(bench: SearchBench) -> None:
    """What is typed while one runs is asked once, as it stands when that is over."""
    bench.service.hold()
    bench.type("lisbon")
    assert [query for query, _, _ in bench.service.asked] == ["l"]
    bench.service.release()
    bench.settle()
    assert [query for query, _, _ in bench.service.asked] == ["l", "lisbon"]
    assert len(bench.titles) == 3


def test_a_stale_answer_is_dropped(bench: SearchBench) -> None:
    """What came for other words is never shown."""
    bench.service.hold()
    bench.type("train")
    bench.place.field.setText("hotel")
    bench.service.release()
    bench.settle()
    assert bench.titles == ["Lisbon"]


def test_an_answer_after_the_field_was_emptied(bench: SearchBench) -> None:
    """Nothing is asked any more: the place says what it is for."""
    bench.service.hold()
    bench.type("train")
    bench.place.field.clear()
    bench.service.release()
    bench.settle()
    assert not bench.titles
    assert "by meaning" in bench.message


def test_a_stale_failure_is_dropped(bench: SearchBench) -> None:
    """What failed for other words concerns nobody."""
    bench.service.hold()
    bench.type("t")
    bench.place.field.setText("train")
    bench.service.fail(StorageFull("The disk is full."))
    bench.settle()
    assert bench.titles == ["Night train"]


def test_a_typing_mistake_is_mended_in_sight(bench: SearchBench) -> None:
    """It says what was searched for instead."""
    bench.service.meant["lisbom"] = "lisbon"
    bench.type("lisbom")
    assert "Showing results for “lisbon”." in bench.place.said
    assert len(bench.titles) == 3


def test_what_is_typed_is_no_html(bench: SearchBench) -> None:
    """Neither in what is repeated nor in a title that was found."""
    bench.type("<b>no</b>")
    assert "Nothing found for “<b>no</b>”" in bench.message


def test_a_pasted_book_is_cut(bench: SearchBench) -> None:
    """A query has its limit; what is repeated of it another."""
    bench.place.field.setText("word " * 10_000)
    bench.settle()
    assert len(bench.service.asked[-1][0]) <= 1_000
    assert len(bench.message) < 300


# Nothing, and trouble ---------------------------------------------------------------------


def test_what_the_place_is_for(bench: SearchBench) -> None:
    """Before anything is typed it says so, and how much can be found."""
    assert "Search by words or by meaning" in bench.message
    assert "All 1,200 passages can be found by meaning" in bench.message
    assert bench.service.warmed >= 1


def test_nothing_to_search_yet(bench: SearchBench) -> None:
    """An empty vault offers the first thing to do."""
    bench.bridge.sink(IndexChanged(IndexStatus(IndexState.READY)))
    bench.settle()
    assert "Nothing to search yet" in bench.message
    bench.click(bench.place.message.action)
    assert bench.went == [("import", "")]


def test_nothing_found(bench: SearchBench) -> None:
    """What to try; no button where nothing is left out."""
    bench.type("xylophone")
    assert "Nothing found for “xylophone”" in bench.message
    assert not bench.place.message.action.isVisible()


def test_nothing_found_here_but_elsewhere(bench: SearchBench) -> None:
    """With a filter set, one press takes it away."""
    bench.type("train")
    bench.now = NOON + 30 * DAY
    bench.place.filters.choose_time(1)
    bench.settle()
    assert "somewhere else" in bench.message
    bench.click(bench.place.message.action)
    assert bench.titles == ["Night train"]


def test_words_only(bench: SearchBench) -> None:
    """Where meaning is not searched, the person reads why."""
    bench.service.by_meaning = False
    bench.service.now = IndexStatus(
        IndexState.WORDS_ONLY, 10, reason="The embedding model is damaged."
    )
    bench.controller.refresh()
    assert "Search finds words, not meaning." in bench.message
    bench.type("train")
    assert "By words only. The embedding model is damaged." in bench.place.said


def test_search_fails(bench: SearchBench) -> None:
    """What happened, and one button to try again."""
    bench.service.problem = StorageFull("The disk cannot be read.")
    bench.type("t")
    assert "The disk cannot be read." in bench.message
    bench.click(bench.place.message.action)
    assert bench.titles == ["Night train"]


def test_a_closed_vault(bench: SearchBench) -> None:
    """A service that refuses at once is trouble like any other."""

    def refuse(*_: object) -> None:
        raise VaultLocked("The vault is closed.")

    bench.service.search = refuse  # type: ignore[method-assign,assignment]
    bench.type("t")
    assert "The vault is closed." in bench.message


def test_a_session_without_search(qtbot: QtBot) -> None:
    """Nothing is asked; the place says why."""
    bench = SearchBench(qtbot, offered=False)
    bench.type("train")
    assert "Search rests in this session" in bench.message
    bench.close()


# The index --------------------------------------------------------------------------------


def test_more_can_be_found_now(bench: SearchBench) -> None:
    """When the index is done, what is on the page is asked again, and the marked hit stays."""
    bench.bridge.sink(IndexChanged(WORKING))
    bench.type("lisbon")
    assert "320 of 1,871 passages can be found by meaning so far." in bench.place.said
    bench.press("Down")
    bench.service.found = [ASKED, TRAIN, HOTEL]
    bench.bridge.sink(IndexChanged(READY))
    bench.settle()
    assert bench.titles == ["Packing list", "Night train", "Lisbon"]
    bench.press("Return")
    assert bench.opened[0].owner_id == HOTEL.owner_id
    assert "so far" not in bench.place.said


def test_the_index_grows_while_results_are_shown(bench: SearchBench) -> None:
    """The figure grows; nothing is asked again, so nothing moves."""
    bench.bridge.sink(IndexChanged(WORKING))
    bench.type("lisbon")
    asked = len(bench.service.asked)
    bench.bridge.sink(IndexChanged(replace(WORKING, encoded=900)))
    bench.settle()
    assert "900 of 1,871" in bench.place.said
    assert len(bench.service.asked) == asked


# Where to search --------------------------------------------------------------------------


def test_notes_or_chats(bench: SearchBench) -> None:
    """One press each."""
    bench.type("lisbon")
    bench.click(bench.place.filters._kinds.button(2))
    assert bench.titles == ["Packing list"]
    assert bench.service.asked[-1][1] == Filters(kind=Kind.MESSAGE)
    bench.click(bench.place.filters._kinds.button(1))
    assert bench.titles == ["Night train", "Lisbon"]


def test_in_a_tag(bench: SearchBench) -> None:
    """The picker offers tags and chats; what is chosen stands on the button."""
    bench.notes.counts = [TagCount("travel", 2), TagCount("home", 7)]
    bench.service.tags[2] = ("travel",)
    bench.type("lisbon")
    bench.click(bench.place.filters.where_button)
    bench.type("trav")
    assert bench.rows == ["Tags", "#travel"]
    bench.press("Return")
    assert bench.picker is None
    assert bench.titles == ["Lisbon"]
    assert bench.place.filters.where_button.text() == "#travel"
    assert bench.place.filters.where_button.accessibleName() == "Where: #travel"


def test_in_a_chat_and_back(bench: SearchBench) -> None:
    """Messages of one conversation; the first row leads back to everywhere."""
    bench.conversations.add(conversation(3, "Packing list"))
    bench.type("lisbon")
    bench.click(bench.place.filters.where_button)
    bench.type("pack")
    bench.press("Return")
    assert bench.service.asked[-1][1] == Filters(conversation_id=3)
    assert bench.titles == ["Packing list"]
    bench.click(bench.place.filters.where_button)
    assert bench.marked == "Anywhere"
    bench.press("Return")
    assert bench.service.asked[-1][1] == Filters()


def test_at_a_time(bench: SearchBench) -> None:
    """Today began at midnight where the person is; the past 7 days count whole days."""
    bench.type("train")
    bench.place.filters.choose_time(1)
    bench.settle()
    since = bench.service.asked[-1][1].since
    assert since is not None
    assert 0 <= NOON - since < DAY
    bench.place.filters.choose_time(2)
    bench.settle()
    earlier = bench.service.asked[-1][1].since
    assert earlier is not None
    assert 5 * DAY < since - earlier < 7 * DAY  # a clock may have been changed within them


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_the_times_are_a_menu(bench: SearchBench) -> None:
    """A press opens it; the one in use is checked."""
    bench.click(bench.place.filters.time_button)
    menu = bench.place.filters.findChild(QMenu)
    names = [action.text() for action in menu.actions()]
    assert names == ["Any time", "Today", "Past 7 days", "Past 30 days", "Past year"]
    assert [action.isChecked() for action in menu.actions()] == [True, *[False] * 4]
    menu.actions()[4].trigger()
    menu.close()
    bench.settle()
    assert bench.place.filters.time_button.text() == "Past year"
    assert bench.place.filters.time_button.isChecked()


# Keys -------------------------------------------------------------------------------------


def test_the_keyboard_begins_in_the_field(bench: SearchBench) -> None:
    """Wherever the place is come to from."""
    assert bench.place.field.hasFocus()


def test_arrows_move_and_enter_opens(bench: SearchBench) -> None:
    """From the field, without leaving it; the ends are ends."""
    bench.type("lisbon")
    bench.press("Up")
    for _ in range(9):
        bench.press("Down")
    bench.press("Up")
    bench.press("Return")
    assert [entry.owner_id for entry in bench.opened] == [HOTEL.owner_id]
    assert bench.place.field.hasFocus()


def test_the_first_result_is_what_enter_opens(bench: SearchBench) -> None:
    """Without an arrow."""
    bench.type("lisbon")
    bench.press("Return")
    assert [entry.owner_id for entry in bench.opened] == [TRAIN.owner_id]


def test_enter_with_nothing_found(bench: SearchBench) -> None:
    """Opens nothing."""
    bench.press("Return")
    bench.type("xylophone")
    bench.press("Return")
    assert not bench.opened


def test_escape_empties_the_field_first(bench: SearchBench) -> None:
    """Only then it is the window's."""
    bench.type("train")
    bench.press("Esc")
    assert bench.place.query == ""
    assert "by meaning" in bench.message


def test_a_click_opens(bench: SearchBench) -> None:
    """The mouse finds the same."""
    bench.type("lisbon")
    view = bench.place.view
    index = view.model().index(1, 0)
    bench.qtbot.mouseClick(
        view.viewport(), Qt.MouseButton.LeftButton, pos=view.visualRect(index).center()
    )
    assert [entry.owner_id for entry in bench.opened] == [HOTEL.owner_id]


def test_the_list_can_have_the_keyboard(bench: SearchBench) -> None:
    """Tab comes to it; arrows and Enter work there, too."""
    bench.type("lisbon")
    for _ in range(8):
        if bench.place.view.hasFocus():
            break
        bench.press("Tab")
    assert bench.place.view.hasFocus()
    bench.press("Down")
    bench.press("Return")
    assert [entry.owner_id for entry in bench.opened] == [HOTEL.owner_id]


def test_begin_with_words(bench: SearchBench) -> None:
    """Whoever comes from elsewhere brings them along."""
    bench.place.begin("train")
    bench.settle()
    assert bench.titles == ["Night train"]
    assert bench.place.field.selectedText() == "train"


# Many -------------------------------------------------------------------------------------


def test_more_at_the_end(bench: SearchBench) -> None:
    """Whoever scrolls to the end gets more, and stays where they are."""
    bench.service.found = [hit(n, "word", title=f"Note {n}") for n in range(1, 101)]
    bench.type("word")
    assert bench.place.said == f"The best {FIRST}"
    bar = bench.place.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    value = bar.value()
    bench.settle()
    assert len(bench.titles) >= 2 * FIRST
    assert bar.value() == value
    for _ in range(5):
        bar.setValue(bar.maximum())
        bench.settle()
    assert len(bench.titles) == 100
    assert bench.place.said == "100 results"


def test_new_words_begin_at_the_top(bench: SearchBench) -> None:
    """And ask for the first few again."""
    bench.service.found = [hit(n, "word world", title=f"Note {n}") for n in range(1, 101)]
    bench.type("word")
    bar = bench.place.view.verticalScrollBar()
    bar.setValue(bar.maximum())
    bench.settle()
    bench.place.field.setText("world")
    bench.settle()
    assert bar.value() == 0
    assert bench.service.asked[-1][2] == FIRST


# Rows -------------------------------------------------------------------------------------


def test_a_row_says_it_all() -> None:
    """Title, headings, time and text, with the words found marked."""
    model = HitModel()
    tester = QAbstractItemModelTester(model)
    found = replace(HOTEL, snippet=Snippet("A hotel in Lisbon, in Alfama.", ((11, 6),)))
    model.show([found], NOON)
    shown = model.index(0).data(SHOWN_ROLE)
    assert (shown.title, shown.context, shown.time) == ("Lisbon", "Trips › Hotels", "1h")
    assert shown.marks == [(11, 6)]
    spoken = model.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert spoken == "Lisbon, note, Trips › Hotels, 1h, A hotel in Lisbon, in Alfama."
    assert model.data(QModelIndex()) is None
    assert tester.model() is model


def test_hostile_text_in_a_row() -> None:
    """Direction controls are shown, lines are one line, lengths have an end."""
    model = HitModel()
    hostile = "\u202eevil\n" * 500
    model.show([replace(TRAIN, title=hostile, context=hostile, snippet=Snippet(hostile))], NOON)
    shown = model.index(0).data(SHOWN_ROLE)
    for text in (shown.title, shown.context, shown.text):
        assert "\u202e" not in text
        assert "\n" not in text
        assert len(text) < 6_000


@pytest.mark.parametrize("theme", [Theme(DARK), Theme(DARK, scale=3.0)])
def test_rows_are_painted(bench: SearchBench, theme: Theme) -> None:
    """Dark, three times as large, right to left and with one endless word: nothing breaks."""
    endless = replace(TRAIN, title="W" * 5_000, snippet=Snippet("lisbon" * 900, ((0, 6),)))
    arabic = replace(
        HOTEL, title="فندق في لشبونة", snippet=Snippet("Lisbon فندق في لشبونة 🏨 Alfama")
    )
    bench.service.found = [endless, arabic, replace(ASKED, snippet=Snippet(""))]
    bench.window.apply(theme)
    bench.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bench.window.resize(640, 420)
    bench.type("w")
    bench.place.show_hits(bench.service.found, "3 results", "", keep=False)
    bench.settle()
    assert not bench.place.view.viewport().grab().isNull()
    assert bench.place.view.horizontalScrollBar().maximum() == 0


def test_time_of_a_row_is_short() -> None:
    """As in the other lists."""
    model = HitModel()
    model.show([replace(TRAIN, at=NOON - 26 * HOUR)], NOON)
    assert len(model.index(0).data(SHOWN_ROLE).time) == len("13:06")


def test_a_text_is_laid_out_for_its_place(bench: SearchBench) -> None:
    """Painted again it looks the same; in a narrow window, in the dark or after it as it must."""
    long = " ".join(["The night train to Lisbon leaves at nine."] * 9)
    bench.service.found = [hit(1, long, title="Night train")]
    bench.type("train")
    painted = bench.place.view.viewport().grab
    first = painted().toImage()
    assert painted().toImage() == first
    width, height = bench.window.width(), bench.window.height()
    bench.window.resize(width // 2, height)
    assert painted().toImage() != first
    bench.window.apply(Theme(DARK))
    bench.window.resize(width, height)
    assert painted().toImage() != first
    bench.window.apply(Theme(LIGHT))
    assert painted().toImage() == first
