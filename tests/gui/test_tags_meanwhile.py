"""What happens while a person is in the middle of something with tags: nothing is taken away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QTextLayout, QTextOption
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from assistant.tags.records import Suggestions, TagInfo, UnfinishedRun
from tests.gui.notes_fakes import NOON
from tests.gui.tags_fakes import suggestion
from tests.gui.test_tags_page import PageBench
from tests.gui.test_tags_review import ReviewBench
from tests.gui.test_tags_row import RowBench
from tests.gui.test_tags_window import WindowBench
from ui.actions import words
from ui.tags.manager_delegate import CellField
from ui.tags.manager_model import TagTable
from ui.tags.review_model import SHOWN_ROLE, Line, ReviewModel
from ui.theme.style import Theme
from ui.theme.tokens import DARK
from ui.window import NOTES


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ReviewBench]:
    """Three notes, and two suggestions that wait."""
    bench = ReviewBench(qtbot)
    for title in ("Undo a commit", "List the tables", "Night train"):
        bench.note(f"{title}\nSome words.")
    bench.bulk.wait_for(
        (1, "Undo a commit", "git", 0.99),
        (2, "List the tables", "sql", 0.96),
    )
    bench.arrive()
    yield bench
    bench.close()


def test_a_run_that_ends_ticks_only_what_is_new(bench: ReviewBench) -> None:
    """What the person has unticked meanwhile stays so: they may accept at any moment."""
    view, model = bench.page.lines.view, bench.page.lines.view.model()
    bench.controller.start(ids=[3])
    bench.suggests.found[3] = [suggestion("travel", 0.97)]
    view.move_ring(model.index(0, 0))
    bench.press("Space", view)
    bench.bulk.step(1)
    bench.settle()
    ticked = {tag: is_ticked for _, tag, is_ticked in bench.rows}
    assert ticked == {"#git": False, "#sql": True, "#travel": True}
    assert bench.page.lines.accept_button.text() == "Accept 2"


def test_the_keyboard_stays_at_its_row(bench: ReviewBench) -> None:
    """Rows that come above it do not move the ring to another one."""
    view = bench.page.lines.view
    view.move_ring(view.model().index(1, 0))
    bench.bulk.rows.insert(0, bench.bulk.rows[0].__class__(3, "Night train", "", "x", 0.995, 0.9))
    bench.controller.refresh()
    bench.settle()
    assert [tag for _, tag, _ in bench.rows] == ["#x", "#git", "#sql"]
    assert view.currentIndex().row() == 2


def test_a_second_run_is_refused_with_words(bench: ReviewBench) -> None:
    """The button is there while one runs: it says why nothing begins, and shows what runs."""
    bench.controller.start()
    bench.click(bench.page.again_button)
    bench.click(bench.page.form.start_button)
    assert "looking at your notes already" in bench.page.notice.text
    assert bench.page.shows_review
    bench.bulk.step(3)
    bench.settle()


def test_nothing_was_reviewed(qtbot: QtBot) -> None:
    """After a run without a suggestion nobody is told that they reviewed all of them."""
    bench = ReviewBench(qtbot)
    bench.note("Night train")
    bench.arrive()
    bench.controller.start()
    bench.bulk.step(1)
    bench.settle()
    assert "Nothing to review" in bench.page.message.text
    bench.close()


def test_where_a_cut_off_run_stands_is_said_at_the_review(bench: ReviewBench) -> None:
    """Once, and it can be gone on with from there."""
    bench.bulk.cut_off = [UnfinishedRun(7, NOON, 2, 3, None)]
    bench.arrive()
    assert bench.page.notice.text == "The last run stopped after 2 of 3 notes."
    bench.page.notice.dismiss()
    bench.arrive()
    assert bench.page.notice.text == ""


def test_going_on_from_the_review(bench: ReviewBench) -> None:
    """The run goes on where it stopped; nothing is written unasked."""
    bench.bulk.cut_off = [UnfinishedRun(7, NOON, 2, 3, None)]
    bench.arrive()
    bench.click(bench.page.notice.action)
    bench.bulk.step(1)
    bench.settle()
    assert bench.page.notice.text.startswith("Looked at")
    assert not any(bench.tags_of(note) for note in (1, 2, 3))


def test_a_run_that_was_stopped_by_hand_is_no_news(bench: ReviewBench) -> None:
    """Who stopped it knows."""
    bench.controller.start()
    bench.click(bench.page.strip.stop_button)
    bench.settle()
    bench.arrive()
    assert "The last run" not in bench.page.notice.text


def test_a_whole_run_makes_up_for_one_that_was_cut_off(bench: ReviewBench) -> None:
    """All notes were looked at since: what a later run came to is said, and no earlier one."""
    bench.bulk.cut_off = [UnfinishedRun(-7, NOON, 0, 3, None)]
    bench.arrive()
    bench.controller.start()
    bench.bulk.step(3)
    bench.settle()
    bench.settle()
    assert bench.page.notice.text.startswith("Looked at 3 notes.")
    assert not bench.bulk.cut_off
    assert "The last run" not in bench.page.form.text


def test_taking_back_many_goes_on_past_one_that_is_gone(bench: ReviewBench) -> None:
    """A note that was deleted meanwhile keeps no other from being as it was."""
    pairs = [(note, "git") for note in (1, 2, 3)]
    bench.page.lines.accept_wanted.emit(pairs)
    bench.settle()
    assert bench.tags_of(3) == {"git"}
    bench.notes.trash([1]).result(10)
    bench.notes.empty_trash([1]).result(10)
    bench.click(bench.page.notice.action)
    bench.settle()
    bench.settle()
    assert not bench.tags_of(2)
    assert not bench.tags_of(3)
    assert bench.page.notice.property("kind") == "danger"


def test_taking_back_many_does_not_hand_over_all_at_once(bench: ReviewBench) -> None:
    """20,000 would hold up the window: a few, and then the next few."""
    bench.note("A fourth")
    bench.suggests.decided = {(4, f"tag-{number}"): False for number in range(100)}
    asked = []
    take_back = bench.suggests.take_back

    def count(note_id: int, tag: str) -> object:
        asked.append(tag)
        return take_back(note_id, tag)

    bench.suggests.take_back = count  # type: ignore[method-assign,assignment] # it is counted
    bench.page.lines.reject_wanted.emit([(4, f"tag-{number}") for number in range(100)])
    bench.settle()
    bench.suggests.hold()
    bench.click(bench.page.notice.action)
    assert len(asked) == 20
    bench.suggests.release()
    bench.qtbot.waitUntil(lambda: len(asked) == 100)
    bench.settle()
    assert not bench.suggests.decided


# The tags themselves ----------------------------------------------------------------------


@pytest.fixture
def manager(qtbot: QtBot) -> Iterator[PageBench]:
    """Three tags."""
    bench = PageBench(qtbot)
    bench.note("Words", "git", "sql", "travel")
    bench.refresh()
    yield bench
    bench.close()


def field_of(bench: PageBench) -> CellField:
    """The field that is open in the list."""
    fields = bench.page.view.findChildren(CellField)
    assert len(fields) == 1
    return fields[0]


def test_what_is_typed_is_not_taken_away(manager: PageBench) -> None:
    """The answer to one description comes while the next one is written: the list waits."""
    page = manager.page
    page.view.describe(page.model.index_of("git"))
    manager.qtbot.keyClicks(field_of(manager), "Keeping ver")
    manager.manager.create("later").result(10)
    manager.controller.refresh()
    manager.settle()
    manager.qtbot.keyClicks(field_of(manager), "sions")
    assert "later" not in page.model.table.places
    manager.press("Return", field_of(manager))
    manager.settle()
    assert manager.info("git").description == "Keeping versions"
    assert "later" in page.model.table.places


def test_nothing_takes_the_keyboard_from_a_field(manager: PageBench) -> None:
    """A tag that was renamed is not gone to while another one is described."""
    page = manager.page
    page.view.describe(page.model.index_of("git"))
    field = field_of(manager)
    manager.qtbot.keyClicks(field, "Ver")
    page.model.renamed.emit("travel", "journeys")
    manager.settle()
    assert field.hasFocus()
    page.describe("sql")
    assert field_of(manager) is field
    manager.press("Escape", field)
    manager.settle()
    assert "journeys" in page.model.table.places


def test_another_theme_while_a_tag_is_renamed(manager: PageBench) -> None:
    """At dusk the system turns dark: what is typed is still the name, and no description."""
    page = manager.page
    page.view.rename(page.model.index_of("git"))
    field = field_of(manager)
    field.selectAll()
    manager.qtbot.keyClicks(field, "versions")
    page.apply(Theme(DARK))
    manager.press("Return", field)
    manager.settle()
    assert manager.info("versions").description == ""


def test_five_thousand_tags(manager: PageBench) -> None:
    """They are found by a word, and gone to however far down they are."""
    many = [TagInfo(f"thema-{n % 50}/unter {n}", n % 7, f"About {n}") for n in range(5_000)]
    manager.page.show_tags(TagTable.of(many))
    assert manager.page.count == "5,000 tags, 5,000 described"
    manager.page.field.setText("unter 4999")
    assert manager.names == ["#thema-49/unter 4999"]
    manager.page.field.clear()
    manager.page.show_tag("thema-9/unter 9")
    row = manager.page.model.row(manager.page.view.currentIndex())
    assert row
    assert row.tag.description == "About 9"


# Below a note -----------------------------------------------------------------------------


@pytest.fixture
def below(qtbot: QtBot) -> Iterator[RowBench]:
    """A note with one tag that may fit."""
    bench = RowBench(qtbot)
    first = bench.note("Undo a commit\nWith git.")
    bench.suggests.found[first] = [suggestion("git", 0.98)]
    bench.open(first)
    yield bench
    bench.close()


@pytest.mark.qt_log_ignore("This plugin does not support")  # menus, on the offscreen platform
def test_a_menu_stays_while_suggestions_come(below: RowBench) -> None:
    """With its chip the menu of a chip would go: what came waits until it is closed."""
    chip = below.row.chips[0]
    at = chip.mapToGlobal(QPoint(2, 2))
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(chip, QContextMenuEvent(reason, QPoint(2, 2), at))
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    below.suggests.found[1] = [suggestion("shell", 0.9)]
    below.controller.refresh()
    below.settle()
    assert below.row.words == ["#git"]
    menu.close()
    below.qtbot.waitUntil(lambda: below.row.words == ["#shell"])


def test_a_hidden_row_is_under_no_pointer(below: RowBench) -> None:
    """No leave need be told of: what comes for the next note does not wait for it."""
    below.enter()
    below.controller.show(None)
    below.controller.show(1)
    below.settle()
    below.suggests.found[1] = [suggestion("shell", 0.9)]
    below.controller.refresh()
    below.settle()
    assert below.row.words == ["#shell"]


@pytest.mark.parametrize("share", [0.98, 0.7])
def test_a_share_reads_in_its_order_from_the_right(below: RowBench, share: float) -> None:
    """In a window that is read from the right "98 %" is not "% 98": the sign stands behind it."""
    below.row.show_suggestions(Suggestions(9, (suggestion("git", share),)))
    assert visual(below.row.chips[0].why.text()) == f"{round(100 * share)} %"
    line = Line(1, "Title", "", "git", share)
    model = ReviewModel()
    model.show([line])
    assert visual(model.index(0).data(SHOWN_ROLE).drawn_sure) == f"{round(100 * share)} %"
    assert visual("98 %").startswith("%")  # what it would be


def visual(words: str) -> str:
    """The characters of a line from left to right, as Qt lays them out from the right."""
    layout = QTextLayout(words)
    option = QTextOption()
    option.setTextDirection(Qt.LayoutDirection.RightToLeft)
    layout.setTextOption(option)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    seen = [(line.cursorToX(at)[0], line.cursorToX(at + 1)[0], one) for at, one in enumerate(words)]
    drawn = sorted((min(a, b), one) for a, b, one in seen if one != "\u200e")
    return "".join(one for _, one in drawn)


# In the window ----------------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot) -> Iterator[WindowBench]:
    """The whole of it, with two notes."""
    bench = WindowBench(qtbot)
    yield bench
    bench.close()


def ask_the_model(bench: WindowBench) -> str:
    """Have the model suggest tags, by name; answers what is said of it."""
    assert bench.workplace.acts
    bench.workplace.acts.actions["suggest_tags"]()
    said = bench.page.notice.text
    bench.settle()
    return said


def test_the_model_is_asked_of_something_only(window: WindowBench) -> None:
    """Of no note, of nothing, of an empty one and of one in the trash it is said why it is not."""
    window.window.go_to(NOTES)
    assert ask_the_model(window) == words.NO_NOTE
    assert window.workplace.notes
    window.workplace.notes.new()
    window.settle()
    assert ask_the_model(window) == words.NOTHING_WRITTEN
    window.open(window.note("", title="Empty"))
    assert ask_the_model(window) == words.NOTHING_WRITTEN
    window.notes.trash([window.second]).result(10)
    window.open(window.second)
    assert ask_the_model(window) == words.IN_TRASH


def test_the_model_is_asked_of_what_is_written_by_now(window: WindowBench) -> None:
    """What was typed a moment ago is saved first; a note that only begins is asked of later."""
    window.suggests.proposals[window.second] = [suggestion("journeys", 0.8)]
    window.open(window.second)
    window.qtbot.keyClicks(window.page.editor, "More of the ")
    assert ask_the_model(window) == ""
    window.settle()
    assert window.row == ["#journeys"]
    assert window.notes.get(window.second).result(10).text.startswith("More of the ")
    assert window.workplace.notes
    window.workplace.notes.new()
    window.settle()
    window.qtbot.keyClicks(window.page.editor, "A thought")
    assert ask_the_model(window) == words.BEING_SAVED
