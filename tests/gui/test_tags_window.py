"""Tags in the furnished window: how one comes to them, and what follows from where."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.events import IndexChanged, PowerChanged, TagsChanged
from assistant.importing.records import ImportReport
from assistant.power.plan import Mode, Plan, Readings
from assistant.search.records import IndexState, IndexStatus
from tests.gui.fakes import FakeApp
from tests.gui.notes_fakes import NOON
from tests.gui.tags_fakes import TagsBench, suggestion
from ui.notes.place import NotesPlace
from ui.search.picker import Picker
from ui.tags.manager import TagsPage
from ui.tags.review import ReviewPage
from ui.window import NOTES, REVIEW, TAGS
from ui.workplace import Workplace


class WindowBench(TagsBench):
    """The whole window, with real notes and tags in it.

    Args:
        qtbot: Of the test.
        offered: Whether the session has tags at all.
    """

    def __init__(self, qtbot: QtBot, *, offered: bool = True) -> None:
        super().__init__(qtbot)
        self.pool = ThreadPoolExecutor(1)
        self.first = self.note("Undo a commit\nWith git. #version", "til")
        self.second = self.note("Night train\nTwo berths.")
        self.suggests.found[self.first] = [suggestion("git", 0.98), suggestion("shell", 0.8)]
        app = FakeApp(self.bridge.sink)
        tags = SimpleNamespace(suggest=self.suggests, bulk=self.bulk, manager=self.manager)
        self.session = replace(
            app.session, notes=self.notes, tags=cast("Any", tags) if offered else None
        )
        self.workplace = Workplace(
            app.as_app, self.session, self.bridge, self.window, self.pool, lambda: NOON
        )
        self.bridge.received.connect(self.workplace.handle)
        self.place = self.window.findChild(NotesPlace)
        self.page = self.place.page
        with qtbot.waitActive(self.window):
            self.window.show()
        self.settle()

    @property
    def tags_page(self) -> TagsPage:
        """The page of the tags."""
        return self.workplace._places.tags.page

    @property
    def review(self) -> ReviewPage:
        """The page of suggestions for many notes."""
        return self.workplace._places.review.page

    @property
    def row(self) -> list[str]:
        """What is suggested below the note."""
        return self.page.suggestions.words

    def open(self, note_id: int) -> None:
        """Go to a note."""
        self.workplace.open_note(note_id)
        self.settle()
        self.qtbot.waitUntil(lambda: not self.page.editor.is_filling)

    def settle(self) -> None:
        """Also what the pool does."""
        for _ in range(2):
            self.pool.submit(lambda: None).result()
            super().settle()

    def close(self) -> None:
        """Let the threads go."""
        super().close()
        self.pool.shutdown()


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[WindowBench]:
    """Two notes; for the first, tags are suggested."""
    bench = WindowBench(qtbot)
    yield bench
    bench.close()


# Below a note -----------------------------------------------------------------------------


def test_a_note_is_opened(bench: WindowBench) -> None:
    """Its suggestions stand below its tags; a note without any has no such row."""
    bench.open(bench.first)
    assert bench.row == ["#git", "#shell"]
    bench.open(bench.second)
    assert bench.page.suggestions.isHidden()


def test_the_key(bench: WindowBench) -> None:
    """Ctrl+Shift+T gives the ticked one: it stands among the tags; and is taken back."""
    bench.open(bench.first)
    bench.qtbot.keyClick(
        bench.window,
        Qt.Key.Key_T,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    bench.settle()
    assert bench.tags_of(bench.first) == {"version", "til", "git"}
    assert "git" in bench.page.tags.tags
    assert bench.row == ["#shell"]
    bench.click(bench.page.notice.action)
    assert "git" not in bench.page.tags.tags
    assert bench.row == ["#git", "#shell"]


def test_the_key_elsewhere(bench: WindowBench) -> None:
    """Where no note is seen it gives no tag."""
    bench.open(bench.first)
    bench.window.go_to(0)
    bench.workplace.actions["accept_tags"]()
    bench.settle()
    assert "git" not in bench.tags_of(bench.first)


def test_a_new_note(bench: WindowBench) -> None:
    """Nothing is suggested until it was saved, and a moment has passed."""
    bench.window.go_to(NOTES)
    bench.open(bench.first)
    bench.workplace.notes.new()
    bench.settle()
    assert bench.page.suggestions.isHidden()
    bench.suggests.found[3] = [suggestion("travel", 0.9)]
    bench.qtbot.keyClicks(bench.page.editor, "Lisbon")
    bench.workplace.notes.writing.pause.timeout.emit()
    bench.settle()
    bench.workplace.tags.below.pause.timeout.emit()
    bench.settle()
    assert bench.row == ["#travel"]


def test_a_note_in_the_trash(bench: WindowBench) -> None:
    """Nothing is suggested for it."""
    bench.notes.trash([bench.first]).result(10)
    bench.open(bench.first)
    assert bench.page.suggestions.isHidden()


def test_what_was_learned_or_indexed(bench: WindowBench) -> None:
    """The row looks again, a moment later."""
    bench.open(bench.second)
    bench.suggests.found[bench.second] = [suggestion("travel", 0.9)]
    for event in (TagsChanged(), IndexChanged(IndexStatus(IndexState.READY))):
        bench.bridge.sink(event)
        bench.settle()
        assert bench.workplace.tags.below.pause.isActive()
        bench.workplace.tags.below.pause.timeout.emit()
        bench.settle()
    assert bench.row == ["#travel"]


def test_a_tag_given_by_hand(bench: WindowBench) -> None:
    """It is suggested no longer."""
    bench.open(bench.first)
    bench.page.tags.added.emit("shell")
    bench.settle()
    bench.workplace.tags.below.pause.timeout.emit()
    bench.settle()
    assert bench.row == ["#git"]


# In bulk ----------------------------------------------------------------------------------


def test_by_name_and_back(bench: WindowBench) -> None:
    """Ctrl+K goes there; the rail says where that belongs; Esc goes back to the notes."""
    bench.open(bench.first)
    bench.workplace.actions["go"]()
    picker = bench.window.findChild(Picker)
    assert picker
    bench.qtbot.keyClicks(picker.field, "tag notes")
    bench.press("Return", picker.field)
    bench.settle()
    assert bench.window.place == REVIEW
    assert bench.window.rail._group.checkedId() == NOTES
    assert "2 notes" in bench.review.form.start_button.text()
    bench.workplace.actions["escape"]()
    assert bench.window.place == NOTES


def test_from_the_list_of_notes(bench: WindowBench) -> None:
    """Its menu has both."""
    assert not bench.place.list.more_button.isHidden()
    review, manage = bench.place.list.more_button.menu().actions()
    review.trigger()
    assert bench.window.place == REVIEW
    manage.trigger()
    assert bench.window.place == TAGS


def test_a_run_while_another_place_is_seen(bench: WindowBench) -> None:
    """Progress and what holds it come along; a note opens from the review."""
    bench.workplace.tags.review()
    bench.settle()
    bench.click(bench.review.form.start_button)
    assert bench.workplace.is_busy
    paused = Plan(Mode.PAUSED, words="Paused: the battery is at 8 %.")
    bench.bridge.sink(PowerChanged(paused, Readings()))
    bench.settle()
    assert "battery" in bench.review.strip.text
    bench.window.go_to(NOTES)
    bench.bulk.step(1)
    bench.settle()
    assert "1 of 2 notes" in bench.review.strip.text
    bench.bulk.step(1)
    bench.workplace.tags.review()
    bench.settle()
    assert bench.review.shows_review
    bench.press("Return", bench.review.lines.view)
    bench.settle()
    assert bench.window.place == NOTES
    assert bench.workplace.notes.note_id == bench.first


def test_reviewed_while_the_note_is_open(bench: WindowBench) -> None:
    """Its tags stand there when one comes back."""
    bench.open(bench.first)
    bench.bulk.wait_for((bench.first, "Undo a commit", "unix", 0.97))
    bench.workplace.tags.review()
    bench.settle()
    bench.click(bench.review.lines.accept_button)
    bench.settle()
    assert "unix" in bench.page.tags.tags


# The tags themselves ----------------------------------------------------------------------


def test_the_tags(bench: WindowBench) -> None:
    """Ctrl+F finds one, F2 renames it, Esc empties the field and then goes back."""
    bench.workplace.tags.manage()
    bench.settle()
    assert bench.tags_page.count.startswith("2 tags")
    bench.workplace.actions["find"]()
    assert bench.tags_page.field.hasFocus()
    bench.tags_page.field.setText("til")
    bench.workplace.actions["escape"]()
    assert bench.tags_page.field.text() == ""
    bench.tags_page.show_tag("til")
    bench.workplace.actions["rename"]()
    assert bench.tags_page.view.state() is bench.tags_page.view.State.EditingState
    bench.workplace.actions["escape"]()
    assert bench.window.place == NOTES


def test_the_text_of_the_open_note_is_rewritten(bench: WindowBench) -> None:
    """It reads as it is kept: what is typed next goes on from there, and nothing forks."""
    bench.open(bench.first)
    bench.workplace.tags.manage()
    bench.settle()
    bench.tags_page.model.renamed.emit("version", "history")
    bench.settle()
    assert "#history" in bench.page.editor.text_now()
    assert "history" in bench.page.tags.tags
    bench.qtbot.keyClicks(bench.page.editor, "x")
    bench.workplace.notes.writing.pause.timeout.emit()
    bench.settle()
    assert len(bench.notes.list().result(10)) == 2


def test_the_notes_of_a_tag(bench: WindowBench) -> None:
    """They are listed in the place for notes."""
    bench.workplace.tags.manage()
    bench.settle()
    bench.tags_page.view.notes_wanted.emit("til")
    bench.settle()
    assert bench.window.place == NOTES
    assert [note.id for note in bench.place.list.notes] == [bench.first]


def test_tab_follows_the_eye(bench: WindowBench) -> None:
    """What is made late comes before the status line as well."""
    bench.workplace.tags.manage()
    bench.settle()
    bench.tags_page.back_button.setFocus()
    order = []
    for _ in range(24):
        order.append(bench.focus)
        bench.press("Tab", bench.focus)
    status = order.index(bench.window.status.buttons[0])
    for part in (bench.tags_page.field, bench.tags_page.view):
        assert order.index(part) < status
    assert not bench.workplace._places.review.is_made


# Beginning and end ------------------------------------------------------------------------


def test_a_session_without_tags(qtbot: QtBot) -> None:
    """Nothing leads to them."""
    bench = WindowBench(qtbot, offered=False)
    bench.open(bench.first)
    assert bench.workplace.tags is None
    assert bench.place.list.more_button.isHidden()
    assert bench.page.suggestions.isHidden()
    bench.workplace.actions["accept_tags"]()
    bench.close()


def test_the_window_is_taken_down(bench: WindowBench) -> None:
    """What comes while Hush locks is nobody's business."""
    bench.open(bench.first)
    bench.suggests.hold()
    bench.workplace.tags.below.refresh()
    bench.workplace.leave()
    bench.bridge.close()
    bench.suggests.release()
    QApplication.processEvents()


def test_after_an_import(bench: WindowBench) -> None:
    """A report of new notes leads to suggestions; one of none does not."""
    imports = bench.workplace.importing
    imports._show_report(ImportReport(new=3))
    stage = imports._desk.stage
    assert stage
    words = [button.text() for button in stage.findChildren(type(bench.review.again_button))]
    assert "Suggest tags…" in words
    imports._show_report(ImportReport(same=3))
    stage = imports._desk.stage
    assert stage
    words = [button.text() for button in stage.findChildren(type(bench.review.again_button))]
    assert "Suggest tags…" not in words
    imports._show_report(ImportReport(new=3))
    stage = imports._desk.stage
    assert stage
    buttons = stage.findChildren(type(bench.review.again_button))
    bench.click(next(one for one in buttons if one.text() == "Suggest tags…"))
    assert bench.window.place == REVIEW
    assert not imports._desk.is_open


def test_after_an_import_whose_panel_is_closed(bench: WindowBench) -> None:
    """The notice has the report, and the suggestions beside it."""
    bench.window.go_to(NOTES)
    imports = bench.workplace.importing
    imports._run = cast("Any", SimpleNamespace(id=1))
    imports._ended(ImportReport(new=3))
    notice = bench.page.notice
    assert notice.action.text() == "Show report"
    assert notice.more.text() == "Suggest tags"
    bench.click(notice.more)
    assert bench.window.place == REVIEW
