"""What the model wrote and nobody took yet: beside the note, kept once, and gone with a lock."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest
from pytestqt.qtbot import QtBot

from assistant.actions.records import Action, ActionResult, Placement
from assistant.app import App
from assistant.errors import StorageFull
from assistant.events import ActionEnded, EventSink
from assistant.notes.records import Note
from assistant.paths import Profile
from tests.gui.actions_bench import ActionsBench
from tests.gui.fakes import FakeApp
from tests.gui.test_actions import clearer
from tests.gui.test_actions_window import FakeActs
from tests.gui.test_desktop import Start
from ui.actions import words
from ui.holding import hold
from ui.lock.resumption import News
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT

LARGE = Theme(LIGHT, 3.0)


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ActionsBench]:
    """A note is open, and the model knows how to make it clearer."""
    bench = ActionsBench(qtbot)
    bench.script = clearer
    bench.begin()
    yield bench
    bench.close()


@pytest.fixture
def large(bench: ActionsBench) -> ActionsBench:
    """At 300 % in a small window."""
    bench.window.resize(900, 600)
    bench.window.apply(LARGE)
    bench.place.apply(LARGE)
    bench.settle()
    return bench


# Beside the note --------------------------------------------------------------------------


def test_the_note_can_be_read_before_it_is_changed(large: ActionsBench) -> None:
    """Where the result has all of the page, a button has the note back, and another the result."""
    large.act(Action.CLEARER)
    assert not large.editor.isVisible()
    large.click(large.panel.fold_button)
    assert large.editor.isVisible()
    assert not large.panel.text.isVisible()
    assert large.panel.height() < large.page.height() / 2
    assert large.panel.fold_button.text() == "Show the result"
    large.click(large.panel.fold_button)
    assert large.panel.text.isVisible()
    assert large.panel.ways == ["Replace", "Insert below"]


def test_nothing_unseen_is_accepted_or_stopped(large: ActionsBench) -> None:
    """The keyboard is at the way back; Ctrl+Enter takes no result that is out of sight."""
    before = large.text
    large.act(Action.CLEARER)
    large.panel.fold_button.setFocus()
    large.press("Space")
    assert large.panel.fold_button.hasFocus()
    large.press("Ctrl+Return")
    assert large.text == before
    assert large.panel.is_open


def test_a_result_that_comes_leaves_the_note_on_the_page(large: ActionsBench) -> None:
    """The person went back to the note while the model writes: it does not go under their hand."""
    large.engine.gate.clear()
    large.act_without_waiting(Action.CLEARER)
    large.qtbot.waitUntil(lambda: large.panel.is_open)
    large.click(large.panel.fold_button)
    large.engine.gate.set()
    large.finish()
    assert large.editor.isVisible()
    assert large.panel.ways == []
    assert not large.panel.stop_button.isVisible()
    large.click(large.panel.fold_button)
    assert large.panel.ways == ["Replace", "Insert below"]


def test_with_room_both_are_seen(large: ActionsBench) -> None:
    """A larger window needs no such button, and folds nothing."""
    large.act(Action.CLEARER)
    large.click(large.panel.fold_button)
    small = Theme(LIGHT)
    large.window.apply(small)
    large.place.apply(small)
    large.window.resize(1100, 800)
    large.settle()
    assert large.editor.isVisible()
    assert large.panel.text.isVisible()
    assert large.panel.ways == ["Replace", "Insert below"]
    assert not large.panel.fold_button.isVisible()


# Kept once --------------------------------------------------------------------------------


def test_two_clicks_make_one_note(bench: ActionsBench) -> None:
    """The first is on its way to the vault when the second comes."""
    bench.script = lambda _: "All is well."
    bench.act(Action.SUMMARISE)
    bench.panel.accepted.emit(words.NOTE)
    bench.panel.accepted.emit(words.NOTE)
    bench.settle()
    texts = [line.title or line.excerpt for line in bench.service.list().result(10)]
    assert len([text for text in texts if "All is well" in text]) == 1


def test_a_note_that_was_not_kept_can_be_tried_again(bench: ActionsBench) -> None:
    """The disk was full: the result stays, and so does the way to keep it."""
    bench.script = lambda _: "All is well."
    bench.act(Action.SUMMARISE)
    create = bench.acting._notes.create
    full: Future[Note] = Future()
    full.set_exception(StorageFull("The disk is full."))
    bench.acting._notes.create = lambda *_: full  # type: ignore[method-assign] # for once
    bench.panel.accepted.emit(words.NOTE)
    bench.settle()
    assert bench.panel.is_open
    assert bench.acting.has_untaken
    bench.acting._notes.create = create  # type: ignore[method-assign]
    bench.panel.accepted.emit(words.NOTE)
    bench.settle()
    assert not bench.panel.is_open


def test_what_is_untaken(bench: ActionsBench) -> None:
    """From the moment it is asked for until it is accepted or left."""
    assert not bench.acting.has_untaken
    bench.engine.gate.clear()
    bench.act_without_waiting(Action.CLEARER)
    bench.settle()
    assert bench.acting.has_untaken
    bench.engine.gate.set()
    bench.finish()
    assert bench.acting.has_untaken
    bench.click(bench.panel.way_buttons[0])
    assert not bench.acting.has_untaken


# Gone with a lock -------------------------------------------------------------------------


class AtANote(Start):
    """A note is open, and the model has written something for it."""

    def _build(self, profile: Profile, sink: EventSink) -> App:
        app = super()._build(profile, sink)
        assert isinstance(self.app, FakeApp)
        self.app.notes.add("Lisbon\nLight layers.")
        self.app.actions = FakeActs()
        return app

    def write(self) -> None:
        """Ask, and have it written."""
        self.workplace.open_note(1)
        assert self.workplace.acts
        summarise = self.workplace.acts.actions["act_summarise"]
        page = self.workplace.notes
        assert page
        self.qtbot.waitUntil(lambda: page.note_id == 1)
        summarise()
        assert self.app
        acts = self.app.actions
        assert isinstance(acts, FakeActs)
        self.qtbot.waitUntil(lambda: bool(acts.asked))
        result = ActionResult(Action.SUMMARISE, "All is well.", Placement.BESIDE)
        self.app.sink(ActionEnded(1, result))
        self.qtbot.waitUntil(lambda: not self.workplace.is_busy)


@pytest.fixture
def at_note(qtbot: QtBot, profile: Profile) -> Iterator[AtANote]:
    """The window, furnished."""
    start = AtANote(qtbot, profile)
    start.desktop.start(hold(profile, start.holds))
    qtbot.waitUntil(lambda: start.desktop.workplace is not None)
    yield start
    start.close()


def test_a_lock_says_what_went_with_it(at_note: AtANote) -> None:
    """What the model wrote is kept nowhere: the next process says so, and not what it was."""
    at_note.write()
    at_note.desktop.lock()
    at_note.qtbot.waitUntil(lambda: bool(at_note.replaced))
    arguments = at_note.replaced[0]
    assert "--after=by-hand,untaken" in arguments
    assert not [word for word in arguments if "well" in word]
    assert "not kept" in News.UNTAKEN.words


def test_a_lock_without_one_says_nothing(at_note: AtANote) -> None:
    """The person discarded it: there is no news."""
    at_note.write()
    assert at_note.workplace.acts
    at_note.workplace.acts.escape()
    at_note.desktop.lock()
    at_note.qtbot.waitUntil(lambda: bool(at_note.replaced))
    assert "--after=by-hand" in at_note.replaced[0]
