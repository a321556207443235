"""Tags suggested for many notes: a run, its progress, what is reviewed, and taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from assistant.errors import VaultLocked
from assistant.power.plan import Mode, Plan
from assistant.tags.records import BulkProgress, UnfinishedRun
from assistant.vaults import combined
from tests.gui.notes_fakes import NOON
from tests.gui.tags_fakes import TagsBench, suggestion
from ui.search.picker import Picker
from ui.tags.review import ReviewPage
from ui.tags.review_model import SHOWN_ROLE, Line, ReviewModel
from ui.tags.reviewing import Reviewing, ReviewWays
from ui.tags.scopes import ScopeKind, TagScope
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

MANY = 20_000


class ReviewBench(TagsBench):
    """The page over three notes; what waits for review is put there by the test."""

    def __init__(self, qtbot: QtBot) -> None:
        super().__init__(qtbot)
        self.page = ReviewPage(self.theme)
        self.plan = Plan()
        self.changed = 0
        self.controller = Reviewing(
            self.bulk,
            self.suggests,
            self.bridge,
            self.page,
            ReviewWays(
                lambda: combined([self.notes.list()], lambda found: len(found[0])),
                lambda note_id: self.went.append(note_id),
                lambda: self.went.append("left"),
                lambda: NOON,
                lambda: self.plan,
                self._change,
            ),
        )
        self.bridge.received.connect(self._handle)
        self.furnish(self.page)

    def _change(self) -> None:
        self.changed += 1

    def _handle(self, event: object) -> None:
        if isinstance(event, BulkProgress):
            self.controller.show_progress(event)

    def arrive(self) -> None:
        """Come here."""
        self.controller.arrive()
        self.settle()

    @property
    def view(self) -> object:
        """The rows."""
        return self.page.lines.view

    @property
    def rows(self) -> list[tuple[str, str, bool]]:
        """Title, tag and tick of each row."""
        model = self.page.lines.view.model()
        shown = [model.index(row, 0).data(SHOWN_ROLE) for row in range(model.rowCount())]
        return [(one.title, one.tag, one.ticked) for one in shown]

    @property
    def scopes(self) -> list[tuple[str, int]]:
        """What can be looked at."""
        return [(scope.words, scope.count) for scope in self.page.all_scopes]


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ReviewBench]:
    """Three notes."""
    bench = ReviewBench(qtbot)
    for title in ("Undo a commit", "List the tables", "Night train"):
        bench.note(f"{title}\nSome words.")
    yield bench
    bench.close()


@pytest.fixture
def waiting(bench: ReviewBench) -> ReviewBench:
    """Four suggestions, two of them sure."""
    bench.bulk.wait_for(
        (1, "Undo a commit", "git", 0.99),
        (2, "List the tables", "sql", 0.96),
        (1, "Undo a commit", "shell", 0.8),
        (3, "Night train", "git", 0.71),
    )
    bench.arrive()
    return bench


# A run ------------------------------------------------------------------------------------


def test_how_to_begin(bench: ReviewBench) -> None:
    """It says what it will do, and for how many notes; nothing is added without asking."""
    bench.arrive()
    assert bench.page.form.start_button.text() == "Suggest tags for all 3 notes"
    assert "Nothing changes before you accept it" in bench.page.form.text
    assert bench.page.form.apply_above is None
    assert not bench.page.shows_review


def test_no_notes(qtbot: QtBot) -> None:
    """There is nothing to begin with: it says so."""
    bench = ReviewBench(qtbot)
    bench.arrive()
    assert "no notes yet" in bench.page.form.text
    assert bench.page.form.start_button.isHidden()
    bench.close()


def test_a_run_from_beginning_to_end(bench: ReviewBench) -> None:
    """Progress while it runs, then its suggestions, ticked where they are sure."""
    bench.suggests.found = {1: [suggestion("git", 0.97)], 2: [suggestion("sql", 0.8)]}
    bench.arrive()
    bench.click(bench.page.form.start_button)
    assert bench.controller.is_working
    assert "Counting" in bench.page.strip.text
    bench.bulk.step(2)
    bench.settle()
    assert bench.page.strip.text == "2 of 3 notes"
    bench.bulk.step(1)
    bench.settle()
    assert not bench.controller.is_working
    assert bench.page.strip.text == ""
    assert "2 suggestions to review" in bench.page.notice.text
    assert bench.page.shows_review
    assert {row[1:] for row in bench.rows} == {("#git", True), ("#sql", False)}


def test_adding_without_asking(bench: ReviewBench) -> None:
    """Only where it is turned on, only from there on; all of it is listed and can be undone."""
    bench.suggests.found = {1: [suggestion("git", 0.97)], 2: [suggestion("sql", 0.8)]}
    bench.arrive()
    assert bench.page.form.field.isHidden()
    bench.click(bench.page.form.at_once.switch)
    assert bench.page.form.apply_above == 0.95
    bench.click(bench.page.form.start_button)
    bench.bulk.step(3)
    bench.settle()
    assert bench.tags_of(1) == {"git"}
    assert bench.tags_of(2) == set()
    assert bench.scopes == [("All", 1), ("Added by Hush", 1), ("#sql", 1)]
    bench.click(bench.page.notice.action)  # Take them off
    assert bench.tags_of(1) == set()
    assert "1 tag taken off again" in bench.page.notice.text


def test_the_log(bench: ReviewBench) -> None:
    """What was added is not ticked at first; what is ticked can be taken off."""
    bench.suggests.found = {1: [suggestion("git", 0.97)], 3: [suggestion("travel", 0.99)]}
    bench.controller.start(0.9)
    bench.bulk.step(3)
    bench.settle()
    bench.page.choose(TagScope(ScopeKind.ADDED, 2))
    assert {row[2] for row in bench.rows} == {False}
    assert not bench.page.lines.take_off_button.isEnabled()
    assert bench.page.lines.accept_button.isHidden()
    bench.page.lines.view.model().toggle(bench.page.lines.view.model().index(0))
    bench.press("Del", bench.page.lines.view)  # turns nothing down: it was added
    bench.click(bench.page.lines.take_off_button)
    assert len(bench.bulk.added) == 1
    assert bench.tags_of(1) | bench.tags_of(3) in ({"git"}, {"travel"})


def test_stopping_and_going_on(bench: ReviewBench) -> None:
    """A run that was stopped is offered again, and goes on where it was."""
    bench.controller.start()
    bench.bulk.step(1)
    bench.settle()
    bench.click(bench.page.strip.stop_button)
    assert "Stopped after 1 note" in bench.page.notice.text
    assert not bench.controller.is_working
    bench.page.show_form()
    assert "stopped after 1 of 3 notes" in bench.page.form.text
    bench.click(bench.page.form.resume_button)
    bench.bulk.step(2)
    bench.settle()
    assert "Looked at 3 notes" in bench.page.notice.text


def test_cut_off_by_a_kill(bench: ReviewBench) -> None:
    """What was cut off before this start is offered as well."""
    bench.bulk.cut_off = [UnfinishedRun(7, NOON, 412, 1_871, None)]
    bench.arrive()
    assert "412 of 1,871 notes" in bench.page.form.text


def test_what_holds_it(bench: ReviewBench) -> None:
    """Paused, it says why in the governor's words; slower does not hold what a person began."""
    bench.plan = Plan(Mode.PAUSED, words="Paused: the battery is at 8 %.")
    bench.controller.start()
    assert "battery is at 8 %" in bench.page.strip.text
    bench.controller.hold(Plan(Mode.THROTTLED, words="Running slower.", background_allowed=False))
    assert "slower" not in bench.page.strip.text
    bench.bulk.step(3)
    bench.settle()


def test_one_run_at_a_time(bench: ReviewBench) -> None:
    """A second start does nothing; another run's progress is nobody's business."""
    bench.controller.start()
    first = bench.bulk.run
    bench.controller.start()
    assert bench.bulk.run is first
    bench.controller.show_progress(BulkProgress(99, 7, 7))
    assert "7" not in bench.page.strip.text
    bench.bulk.step(3)
    bench.settle()


def test_a_run_that_cannot_begin(bench: ReviewBench) -> None:
    """It says why."""
    bench.bulk.problem = VaultLocked("The vault is locked.")
    bench.controller.start()
    assert "locked" in bench.page.notice.text
    assert not bench.controller.is_working


def test_a_run_that_fails(bench: ReviewBench) -> None:
    """What it has found until then waits."""
    bench.controller.start()
    run = bench.bulk.run
    assert run
    run.done.set_exception(VaultLocked("The vault is locked."))
    bench.settle()
    assert "locked" in bench.page.notice.text
    assert not bench.controller.is_working


# Reviewing --------------------------------------------------------------------------------


def test_what_waits(waiting: ReviewBench) -> None:
    """By tag at the left, with counts; ticked from 95 % on."""
    assert waiting.page.said == "4 suggestions for 3 notes"
    assert waiting.scopes == [("All", 4), ("#git", 2), ("#shell", 1), ("#sql", 1)]
    assert [row[2] for row in waiting.rows] == [True, True, False, False]
    assert waiting.page.lines.accept_button.text() == "Accept 2"


def test_accepting_what_is_ticked(waiting: ReviewBench) -> None:
    """The rows go at once, the notes have the tags, and it can be taken back."""
    waiting.suggests.hold()
    waiting.qtbot.mouseClick(waiting.page.lines.accept_button, Qt.MouseButton.LeftButton)
    assert len(waiting.rows) == 2
    waiting.suggests.release()
    waiting.settle()
    assert waiting.tags_of(1) == {"git"}
    assert waiting.tags_of(2) == {"sql"}
    assert waiting.page.notice.text == "2 tags added."
    assert waiting.changed
    waiting.click(waiting.page.notice.action)
    assert waiting.tags_of(1) == set()
    assert len(waiting.rows) == 4


def test_another_limit(waiting: ReviewBench) -> None:
    """All are ticked from there on, in what is looked at."""
    field = waiting.page.lines.field
    field.setFocus()
    field.selectAll()
    waiting.qtbot.keyClicks(field, "80")
    waiting.press("Return", field)
    assert field.text() == "80 %"
    assert [row[2] for row in waiting.rows] == [True, True, True, False]
    waiting.press("Up", field)
    assert [row[2] for row in waiting.rows] == [True, True, False, False]
    for typed, kept in (("3", "70 %"), ("no number", "70 %"), ("1000", "99 %")):
        field.setText(typed)
        field.editingFinished.emit()
        assert field.text() == kept
    waiting.click(waiting.page.lines.none_button)
    assert not waiting.page.lines.accept_button.isEnabled()
    waiting.click(waiting.page.lines.all_button)
    assert waiting.page.lines.accept_button.text() == "Accept 4"


def test_by_tag(waiting: ReviewBench) -> None:
    """Only the rows of the tag; buttons act on these alone; ticks elsewhere stay."""
    scopes = waiting.page.scopes
    index = scopes.model().index(1, 0)
    waiting.qtbot.mouseClick(
        scopes.viewport(), Qt.MouseButton.LeftButton, pos=scopes.visualRect(index).center()
    )
    assert [row[1] for row in waiting.rows] == ["#git", "#git"]
    waiting.click(waiting.page.lines.reject_button)
    assert waiting.suggests.decided == {(1, "git"): False}
    assert "turned down" in waiting.page.notice.text
    waiting.page.choose(TagScope(ScopeKind.ALL, 0))
    assert [row[1:] for row in waiting.rows] == [
        ("#sql", True),
        ("#shell", False),
        ("#git", False),
    ]


def test_by_note(waiting: ReviewBench) -> None:
    """All suggestions of one note; when they are decided, all others are there."""
    waiting.page.lines.view.note_chosen.emit(Line(1, "Undo a commit", "", "git", 0.99))
    assert {row[0] for row in waiting.rows} == {"Undo a commit"}
    assert ("“Undo a commit”", 2) in waiting.scopes
    waiting.click(waiting.page.lines.all_button)
    waiting.click(waiting.page.lines.accept_button)
    assert waiting.tags_of(1) == {"git", "shell"}
    assert len(waiting.rows) == 2


def test_by_keyboard(waiting: ReviewBench) -> None:
    """Space ticks, Delete turns down, Enter opens the note; the ring stays where it was."""
    view = waiting.page.lines.view
    waiting.page.take_focus()
    waiting.press("Down")
    waiting.press("Space")
    assert [row[2] for row in waiting.rows] == [True, False, False, False]
    waiting.press("Del")
    assert waiting.suggests.decided == {(2, "sql"): False}
    assert view.currentIndex().row() == 1
    waiting.press("Return")
    assert waiting.went == [1]


def test_by_mouse(waiting: ReviewBench) -> None:
    """A click anywhere ticks; on "Open" it opens the note."""
    view = waiting.page.lines.view
    area = view.visualRect(view.model().index(2, 0))
    waiting.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=area.center())
    assert waiting.rows[2][2]
    at = area.bottomRight()
    at.setX(at.x() - 30)
    at.setY(at.y() - 14)
    waiting.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    waiting.settle()
    assert waiting.went == [1]
    assert waiting.rows[2][2]


def test_everything_is_reviewed(waiting: ReviewBench) -> None:
    """Then it says so; more can be suggested, or one goes back."""
    waiting.click(waiting.page.lines.all_button)
    waiting.click(waiting.page.lines.accept_button)
    assert waiting.page.message.title == "All reviewed"
    waiting.click(waiting.page.message.action)
    waiting.click(waiting.page.back_button)
    assert waiting.went == ["left", "left"]
    waiting.click(waiting.page.again_button)
    assert waiting.page.form.isVisible()
    waiting.page.take_focus()
    assert waiting.focus is waiting.page.form.start_button


def test_a_failure_loses_nothing(waiting: ReviewBench) -> None:
    """What could not be decided waits as before."""
    waiting.bulk.problem = VaultLocked("The vault is locked.")
    waiting.click(waiting.page.lines.accept_button)
    assert "locked" in waiting.page.notice.text
    assert len(waiting.rows) == 4


def test_a_note_that_was_deleted_meanwhile(waiting: ReviewBench) -> None:
    """Taking back what was given to it fails with a sentence."""
    waiting.click(waiting.page.lines.accept_button)
    waiting.notes.trash([1]).result(10)
    waiting.notes.empty_trash().result(10)
    waiting.click(waiting.page.notice.action)
    assert waiting.page.notice.text


def test_coming_back(waiting: ReviewBench) -> None:
    """What the person ticked is ticked still."""
    waiting.page.lines.view.model().toggle(waiting.page.lines.view.model().index(3))
    waiting.arrive()
    assert [row[2] for row in waiting.rows] == [True, True, False, True]


# The list ---------------------------------------------------------------------------------


def lines(count: int) -> list[Line]:
    """Many suggestions, the most probable first."""
    return [
        Line(n, f"Note {n}", "How it begins", f"tag-{n % 200}", 1 - n / count * 0.3)
        for n in range(count)
    ]


def test_20_000_suggestions(qtbot: QtBot) -> None:
    """The view is handed a piece of them, and ticks and scopes reach them all."""
    page = ReviewPage(Theme(LIGHT))
    qtbot.addWidget(page)
    page.show_lines(lines(MANY), [])
    page.show_review()
    model = page.lines.view.model()
    assert model.rowCount() == 500
    assert len(page.all_scopes) == 201
    page.lines.all_button.click()
    assert page.lines.accept_button.text() == "Accept 20,000"
    model.fetchMore(QModelIndex())
    assert model.rowCount() == 1_000


def test_the_model_keeps_its_promises(qtbot: QtBot) -> None:
    """Qt's own tester, through all that happens to it."""
    model = ReviewModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show(lines(400), 0.95)
    model.toggle(model.index(3))
    model.narrow(lambda line: line.tag == "tag-3", model.lines)
    assert model.rowCount() == 2
    model.tick_all(ticked=True)
    assert model.ticks == len(model.ticked) == 2
    model.tick_from(2.0)
    assert model.ticks == len(model.ticked) == 0
    model.narrow(None, [])
    assert model.line(QModelIndex()) is None
    assert model.data(QModelIndex()) is None
    tester.deleteLater()


def test_what_no_one_would_draw(qtbot: QtBot) -> None:
    """Hostile titles and tags, long ones, and a probability that is no number."""
    page = ReviewPage(Theme(LIGHT))
    qtbot.addWidget(page)
    hostile = Line(1, "<b>\u202eevil</b>\n" * 99, "x" * 9_999, "t" * 100, nan)
    page.show_lines([hostile, Line(2, "", "", "קניות", 0.8)], [])
    page.show_review()
    model = page.lines.view.model()
    shown = model.index(0, 0).data(SHOWN_ROLE)
    assert "\n" not in shown.title
    assert "\u202e" not in shown.title
    assert shown.sure == "?"
    assert not shown.ticked
    assert model.index(1, 0).data() == "New note"
    assert "not ticked" in model.index(0, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert not page.grab().isNull()


@pytest.mark.parametrize("theme", [Theme(DARK), Theme(LIGHT, 3.0)], ids=["dark", "300 %"])
def test_another_look(waiting: ReviewBench, theme: Theme) -> None:
    """Where there is no room for the tags beside the rows, a button asks which."""
    waiting.window.resize(900, 600)
    waiting.window.apply(theme)
    waiting.page.apply(theme)
    waiting.settle()
    is_large = theme.scale > 1
    assert waiting.page.scopes.isVisible() is not is_large
    assert waiting.page.lines.scope_button.isVisible() is is_large
    if is_large:
        waiting.click(waiting.page.lines.scope_button)
        picker = waiting.window.findChild(Picker)
        assert picker
        waiting.qtbot.keyClicks(picker.field, "sql")
        waiting.press("Return", picker.field)
        assert [row[1] for row in waiting.rows] == ["#sql"]
    assert not waiting.page.grab().isNull()


def test_from_right_to_left(waiting: ReviewBench) -> None:
    """The box stands at the right, and "Open" at the left is where it is painted."""
    waiting.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    waiting.settle()
    view = waiting.page.lines.view
    area = view.visualRect(view.model().index(0, 0))
    at = area.bottomLeft()
    at.setX(at.x() + 26)
    at.setY(at.y() - 14)
    waiting.qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert waiting.went == [1]
    assert not waiting.page.grab().isNull()
