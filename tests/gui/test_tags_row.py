"""Tags that are suggested below a note: shown, given, turned down, explained, taken back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.errors import VaultLocked
from assistant.notes.records import Note
from assistant.tags.records import Because, Suggestions
from tests.gui.tags_fakes import TagsBench, suggestion
from ui.notes.page import NotePage
from ui.tags.suggesting import Suggesting
from ui.tags.suggestions import SuggestionsRow
from ui.tags.why import WhyPanel
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

HOSTILE = "<b>\u202eevil</b>\nline"


class RowBench(TagsBench):
    """The page of one note, with the row below its tags."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.page = NotePage(self.theme)
        self.row = SuggestionsRow(self.theme)
        self.page._above.addWidget(self.row)
        self.controller = Suggesting(
            self.suggests, self.bridge, self.row, self.page.notice, lambda: self.theme
        )
        self.changed: list[Note] = []
        self.controller.changed.connect(self.changed.append)
        self.controller.note_wanted.connect(self.went.append)
        self.furnish(self.page)

    def open(self, note_id: int) -> None:
        """Show a note."""
        note = self.notes.get(note_id).result(10)
        self.page.show_note(note, note.text)
        self.controller.show(note_id)
        self.settle()

    def enter(self) -> None:
        """Move the pointer over the row."""
        at = QPointF(1, 1)
        QApplication.sendEvent(self.row, QEnterEvent(at, at, at))

    def leave(self) -> None:
        """Move the pointer elsewhere."""
        QApplication.sendEvent(self.row, QEvent(QEvent.Type.Leave))
        self.settle()

    @property
    def panel(self) -> WhyPanel | None:
        """The panel that says why."""
        found = [one for one in self.window.findChildren(WhyPanel) if one.isVisible()]
        return found[0] if found else None


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[RowBench]:
    """A note with two tags that are sure, one that is offered, one that is not, and a new one."""
    bench = RowBench(qtbot)
    first = bench.note("Undo a commit\nWith git.", "til")
    bench.note("Another note")
    bench.suggests.found[first] = [
        suggestion("git", 0.98),
        suggestion("workflow", 0.95),
        suggestion("shell", 0.83),
        suggestion("cooking", 0.4),
        suggestion("undo", 0.6, new=True),
    ]
    bench.open(first)
    yield bench
    bench.close()


def test_what_is_shown(bench: RowBench) -> None:
    """Those that are probable enough, ticked where they are sure; the rest is silence."""
    assert bench.row.caption == "Suggested"
    assert bench.row.words == ["#git", "#workflow", "#shell", "#undo"]
    assert bench.row.ticked == ("git", "workflow")
    assert bench.row.accept_button.text() == "Accept 2"
    assert "new" in bench.row.chips[3].why.text()
    assert not bench.row.chips[3].is_ticked


def test_a_new_tag_is_never_ticked(bench: RowBench) -> None:
    """However sure: making a tag is for the person."""
    bench.row.show_suggestions(Suggestions(9, new=(suggestion("x", 0.99, new=True),)))
    assert bench.row.ticked == ()


def test_a_click_gives_the_tag(bench: RowBench) -> None:
    """The chip goes at once, the note has the tag, and the notice takes it back."""
    bench.suggests.hold()
    bench.qtbot.mouseClick(bench.row.chips[0].name, Qt.MouseButton.LeftButton)
    assert bench.row.words == ["#workflow", "#shell", "#undo"]
    bench.suggests.release()
    bench.settle()
    assert bench.tags_of(1) == {"til", "git"}
    assert bench.changed[-1].tags
    assert bench.page.notice.text == "#git added."
    bench.click(bench.page.notice.action)
    assert bench.tags_of(1) == {"til"}
    assert bench.row.words == ["#git", "#workflow", "#shell", "#undo"]


def test_the_cross_turns_down(bench: RowBench) -> None:
    """It is not suggested again; the note stays as it is; that can be taken back, too."""
    bench.click(bench.row.chips[0].cross)
    assert bench.suggests.decided == {(1, "git"): False}
    assert bench.tags_of(1) == {"til"}
    assert "not suggested for this note any more" in bench.page.notice.text
    bench.click(bench.page.notice.action)
    assert not bench.suggests.decided
    assert bench.row.words[0] == "#git"


def test_all_that_are_ticked(bench: RowBench) -> None:
    """One button gives both, and one undo takes both back."""
    bench.click(bench.row.accept_button)
    assert bench.tags_of(1) == {"til", "git", "workflow"}
    assert bench.page.notice.text == "#git and #workflow added."
    assert bench.row.accept_button.isHidden()
    bench.controller.accept_ticked()  # nothing is ticked any more
    bench.click(bench.page.notice.action)
    assert bench.tags_of(1) == {"til"}


def test_nothing_moves_under_the_pointer(bench: RowBench) -> None:
    """What was decided leaves its place empty, and what comes waits until the pointer is gone."""
    bench.enter()
    third = bench.row.chips[2].x()
    bench.qtbot.mouseClick(bench.row.chips[1].name, Qt.MouseButton.LeftButton)
    bench.settle()
    assert bench.row.words == ["#git", "#shell", "#undo"]
    assert bench.row.chips[2].x() == third
    bench.suggests.found[1].insert(0, suggestion("first", 0.99))
    bench.controller.refresh()
    bench.settle()
    assert bench.row.words == ["#git", "#shell", "#undo"]
    bench.leave()
    assert bench.row.words == ["#first", "#git", "#shell", "#undo"]


def test_nothing_moves_under_the_keyboard(bench: RowBench) -> None:
    """The keyboard goes on to the next chip; other suggestions wait until it is elsewhere."""
    bench.row.chips[0].name.setFocus(Qt.FocusReason.TabFocusReason)
    bench.press("Space")
    assert bench.focus is bench.row.chips[0].name
    assert bench.row.words == ["#workflow", "#shell", "#undo"]
    bench.suggests.found[1].insert(0, suggestion("first", 0.99))
    bench.controller.refresh()
    bench.settle()
    assert bench.row.words == ["#workflow", "#shell", "#undo"]
    bench.page.editor.setFocus()
    bench.settle()
    assert bench.row.words == ["#first", "#workflow", "#shell", "#undo"]


def test_the_last_one(bench: RowBench) -> None:
    """With it the row goes, and tells that the keyboard has to go somewhere."""
    bench.suggests.found[1] = [suggestion("git", 0.98)]
    bench.controller.refresh()
    bench.settle()
    bench.row.chips[0].name.setFocus(Qt.FocusReason.TabFocusReason)
    with bench.qtbot.waitSignal(bench.row.left):
        bench.press("Space")
    assert bench.row.isHidden()


def test_nothing_to_suggest(bench: RowBench) -> None:
    """Then there is no row; why not is one quiet line."""
    bench.open(2)
    assert bench.row.isHidden()
    bench.suggests.remark = "Not indexed yet."
    bench.controller.refresh()
    bench.settle()
    assert bench.row.caption == "Not indexed yet."
    assert bench.row.words == []
    bench.controller.show(None)
    assert bench.row.isHidden()


def test_an_answer_for_another_note(bench: RowBench) -> None:
    """What comes late is not shown below the note that is open by then."""
    bench.suggests.hold()
    bench.controller.refresh()
    bench.controller.show(2)
    bench.suggests.release()
    bench.settle()
    assert bench.row.isHidden()


def test_a_decision_when_another_note_is_open(bench: RowBench) -> None:
    """It is kept; nothing is said below the other note."""
    bench.suggests.hold()
    bench.qtbot.mouseClick(bench.row.chips[0].name, Qt.MouseButton.LeftButton)
    bench.controller.show(2)
    bench.suggests.release()
    bench.settle()
    assert bench.tags_of(1) == {"til", "git"}
    assert not bench.page.notice.text


def test_a_failure_loses_nothing(bench: RowBench) -> None:
    """It says so, and the suggestion is there again."""
    bench.suggests.problem = VaultLocked("The vault is locked.")
    bench.click(bench.row.chips[0].name)
    assert "locked" in bench.page.notice.text
    assert bench.row.words[0] == "#git"
    assert bench.tags_of(1) == {"til"}


def test_a_note_that_is_gone(bench: RowBench) -> None:
    """Deleted elsewhere: nothing is suggested, and a decision says why it failed."""
    bench.notes.trash([1]).result(10)
    bench.notes.empty_trash().result(10)
    bench.click(bench.row.chips[0].name)
    assert bench.page.notice.text
    assert bench.row.isHidden()


def test_looking_again_after_a_pause(bench: RowBench) -> None:
    """Saves ask once, when no other follows; so does what was learned."""
    asked = len(bench.suggests.asked)
    for _ in range(3):
        bench.controller.settle(1)
    bench.controller.look_again()
    bench.settle()
    assert len(bench.suggests.asked) == asked
    bench.controller.pause.timeout.emit()
    bench.settle()
    assert len(bench.suggests.asked) == asked + 1
    bench.controller.settle(2)  # it had not begun before
    bench.settle()
    assert bench.suggests.asked[-1] == 2


def test_why(bench: RowBench) -> None:
    """The notes that speak for it, which open; the words; how sure."""
    bench.suggests.because = (Because(2, "Another note", 0.9),)
    bench.suggests.words = ("commit", HOSTILE)
    bench.click(bench.row.chips[0].why)
    panel = bench.panel
    assert panel
    assert "98 %\u200e sure: of 100 suggestions" in panel.text
    assert "commit" in panel.text
    assert "\u202e" not in panel.text
    assert [row.title for row in panel.rows] == ["Another note"]
    assert bench.focus is panel.rows[0]
    bench.click(panel.rows[0])
    assert bench.went == [2]
    assert bench.panel is None


def test_why_from_a_description_and_new(bench: RowBench) -> None:
    """A tag without notes has other reasons; Esc closes and gives the keyboard back."""
    bench.suggests.from_description = True
    bench.row.chips[0].why.setFocus(Qt.FocusReason.TabFocusReason)
    assert bench.row.chips[0].why.text() == "Why?"
    bench.press("Space")
    assert bench.panel
    assert "description" in bench.panel.text
    bench.press("Esc")
    assert bench.panel is None
    assert bench.focus is bench.row.chips[0].why
    bench.suggests.from_description = False
    bench.click(bench.row.chips[3].why)
    assert bench.panel
    assert "No note has this tag yet" in bench.panel.text


def test_why_of_what_was_decided_meanwhile(bench: RowBench) -> None:
    """No panel opens for a chip that is gone; what failed is said."""
    bench.suggests.hold()
    bench.qtbot.mouseClick(bench.row.chips[0].why, Qt.MouseButton.LeftButton)
    bench.qtbot.mouseClick(bench.row.chips[0].name, Qt.MouseButton.LeftButton)
    bench.suggests.release()
    bench.settle()
    assert bench.panel is None
    bench.suggests.problem = VaultLocked("The vault is locked.")
    bench.click(bench.row.chips[0].why)
    assert "locked" in bench.page.notice.text


def test_asking_the_model(bench: RowBench) -> None:
    """The row says that it thinks; what it thought of stands among the others."""
    bench.suggests.proposals[1] = [suggestion("version-control", 0.9, new=True)]
    bench.suggests.hold()
    bench.controller.propose()
    bench.controller.propose()  # one question at a time
    assert bench.row.caption == "The model is thinking of tags…"
    bench.suggests.release()
    bench.settle()
    assert "#version-control" in bench.row.words


def test_stopping_the_model(bench: RowBench) -> None:
    """What was suggested before stands there again; what it says later is not shown."""
    bench.suggests.proposals[1] = [suggestion("late", 0.9, new=True)]
    bench.suggests.hold()
    bench.controller.propose()
    bench.qtbot.mouseClick(bench.row.stop_button, Qt.MouseButton.LeftButton)
    bench.suggests.release()
    bench.settle()
    assert bench.row.words == ["#git", "#workflow", "#shell", "#undo"]


def test_the_model_thinks_of_nothing(bench: RowBench) -> None:
    """Nor is anything else suggested: it says so; a failure is said as well."""
    bench.open(2)
    bench.controller.propose()
    bench.settle()
    assert "no tag" in bench.row.caption
    bench.suggests.problem = VaultLocked("The vault is locked.")
    bench.controller.propose()
    bench.settle()
    assert "locked" in bench.page.notice.text


def test_names_that_no_one_would_draw(bench: RowBench) -> None:
    """Long, from the right, with markup and controls: on one line, harmless, in the window."""
    names = ("x" * 100, "קניות", HOSTILE, "a&b")
    bench.suggests.found[1] = [suggestion(name, 0.9) for name in names]
    bench.controller.refresh()
    bench.settle()
    assert len(bench.row.words) == 4
    assert all(len(words) <= 42 and "\n" not in words for words in bench.row.words)
    assert not any("\u202e" in words for words in bench.row.words)
    assert bench.row.chips[3].name.accessibleName().startswith("Add #a&b")
    assert not bench.row.grab().isNull()


@pytest.mark.parametrize("theme", [Theme(DARK), Theme(LIGHT, 3.0)], ids=["dark", "300 %"])
def test_another_look(bench: RowBench, theme: Theme) -> None:
    """Dark, or three times as large: the first is there, and a button shows the others."""
    bench.window.resize(500, 600)
    bench.window.apply(theme)
    bench.page.apply(theme)
    bench.row.apply(theme)
    bench.settle()
    assert bench.row.words[0] == "#git"
    if not bench.row.more_button.isHidden():
        before = len(bench.row.words)
        bench.row.more_button.setFocus(Qt.FocusReason.TabFocusReason)
        bench.press("Space")
        assert len(bench.row.words) == 4 > before
        assert bench.focus is bench.row.chips[before].name
    assert not bench.row.grab().isNull()


def test_three_times_as_large_folds(bench: RowBench) -> None:
    """The note keeps its room: two lines of suggestions at the most."""
    theme = Theme(LIGHT, 3.0)
    bench.window.resize(700, 600)
    bench.window.apply(theme)
    bench.page.apply(theme)
    bench.row.apply(theme)
    bench.settle()
    assert bench.row.more_button.isVisible()
    assert bench.row.more_button.text().endswith("more")


def test_a_menu_for_each(bench: RowBench) -> None:
    """All three things by name."""
    add, refuse, why = bench.row.chips[0].menu().actions()
    words = [action.text() for action in (add, refuse, why)]
    assert words == ["Add to this note", "Do not suggest it here", "Why?"]
    why.trigger()
    bench.settle()
    assert bench.panel
    bench.press("Esc")
    add.trigger()
    bench.settle()
    assert "git" in bench.tags_of(1)
