"""Actions on a note: asked, shown as they come and as a difference, accepted or not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from pytestqt.qtbot import QtBot

from assistant.actions.job import NO_ITEMS
from assistant.actions.records import Action, Kind, Span
from assistant.engine.protocol import GenerationRequest
from assistant.errors import VaultLocked
from tests.gui.actions_bench import TEXT, ActionsBench
from ui.actions import words
from ui.actions.result_text import MOST_SHOWN
from ui.theme.style import Theme
from ui.theme.tokens import DARK

LATE = "The night train leaves at nine, it is often late."
CLEAR = "The night train leaves at nine and is often late."
QUOTED = re.compile(r"^> ?(.*)$", re.MULTILINE)


def clearer(request: GenerationRequest) -> str:
    """Make one sentence of it clearer, and leave the rest."""
    portion = "\n".join(QUOTED.findall(request.turns[-1].text))
    return portion.replace("nine, it is", "nine and is")


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ActionsBench]:
    """A note is open, and the model knows how to make it clearer."""
    bench = ActionsBench(qtbot)
    bench.script = clearer
    bench.begin()
    yield bench
    bench.close()


# What is shown ----------------------------------------------------------------------------


def test_a_difference_is_shown_and_nothing_written(bench: ActionsBench) -> None:
    """Signs before each change, and the note as it was until the person accepts."""
    bench.act(Action.CLEARER)
    assert "leaves at nine−, it +and is often late" in bench.shown
    assert bench.panel.ways == ["Replace", "Insert below"]
    assert "A small model often changes what a text says." in bench.panel.words
    assert "+ is new, − goes." in bench.panel.words
    assert bench.text == TEXT
    assert bench.service.note(1).text == TEXT
    assert not bench.panel.stop_button.isVisible()


def test_colours_say_the_same(bench: ActionsBench) -> None:
    """What goes is struck through, and its sign is not; what comes stands on a ground."""
    bench.act(Action.CLEARER)
    drawn = {}
    block = bench.panel.text.document().begin()
    while block.isValid():
        for spot in block:
            fragment = spot.fragment()
            drawn[fragment.text()] = fragment.charFormat()
        block = block.next()
    assert drawn[", it"].fontStrikeOut()
    assert not drawn["−"].fontStrikeOut()
    assert drawn["and"].background().style() is not Qt.BrushStyle.NoBrush
    assert not drawn["and"].fontStrikeOut()


def test_it_streams_part_by_part(bench: ActionsBench) -> None:
    """How far it is, what came so far, and a way to stop; the person may write meanwhile."""
    bench.engine.gate.clear()
    bench.act(Action.CLEARER)
    bench.qtbot.waitUntil(lambda: "Part 1 of 3" in bench.panel.words)
    assert bench.panel.stop_button.isVisible()
    assert bench.panel.ways == []
    assert bench.acting.is_working
    bench.engine.gate.set()
    bench.finish()
    assert "Part" not in bench.panel.words


def test_waiting_for_the_model(bench: ActionsBench) -> None:
    """Before the first part something is said."""
    bench.engine.gate.clear()
    bench.acting.act(bench.offered[Action.SUMMARISE])
    bench.qtbot.waitUntil(lambda: bench.panel.is_open)
    assert words.WAITING in bench.panel.words or "Writing…" in bench.panel.words
    bench.engine.gate.set()
    bench.finish()


# Accepting --------------------------------------------------------------------------------


def test_replacing_and_taking_it_back(bench: ActionsBench) -> None:
    """All of the text, in one step of the editor's own undo; and it is saved."""
    bench.act(Action.CLEARER)
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == TEXT.replace(LATE, CLEAR)
    assert not bench.panel.is_open
    assert bench.editor.hasFocus()
    assert "Ctrl+Z" in bench.page.notice.text
    bench.pause()
    assert bench.service.note(1).text == TEXT.replace(LATE, CLEAR)
    bench.press("Ctrl+Z", bench.editor)
    assert bench.text == TEXT
    bench.pause()
    assert bench.service.note(1).text == TEXT


def test_accepting_by_keyboard(bench: ActionsBench) -> None:
    """The keyboard is in the panel: Ctrl+Enter accepts, Tab reaches the buttons."""
    bench.act(Action.CLEARER)
    assert bench.panel.text.hasFocus()
    bench.press("Shift+Tab")
    assert bench.editor.hasFocus()
    for stop in (bench.panel.text, *bench.panel.way_buttons, bench.panel.copy_button):
        bench.press("Tab")
        assert stop.hasFocus()
    bench.press("Ctrl+Return", bench.panel.text)
    assert bench.text == TEXT.replace(LATE, CLEAR)


def test_only_the_selection(bench: ActionsBench) -> None:
    """Its place is kept while the person writes before it and right behind it."""
    bench.select(LATE)
    bench.engine.gate.clear()
    bench.act(Action.CLEARER)
    assert "Make clearer: the selection" in bench.panel.words
    bench.editor.moveCursor(QTextCursor.MoveOperation.Start)
    bench.editor.setFocus()
    bench.write("Night ")
    behind = bench.editor.textCursor()
    behind.setPosition(bench.text.index(LATE) + len(LATE))
    bench.editor.setTextCursor(behind)
    bench.write(" Always.")
    bench.engine.gate.set()
    bench.finish()
    assert bench.panel.ways == ["Replace", "Insert below"]
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == "Night " + TEXT.replace(LATE, f"{CLEAR} Always.")


def test_below_instead_of_replacing(bench: ActionsBench) -> None:
    """The person may want both: below the paragraph, with empty lines around."""
    bench.select("The night train")
    bench.script = lambda _: "A train by night"
    bench.act(Action.FORMAL)
    bench.click(bench.panel.way_buttons[1])
    assert bench.text == TEXT.replace(LATE, f"{LATE}\n\nA train by night")


def test_a_summary_goes_below(bench: ActionsBench) -> None:
    """At the end of the note; the text itself stays."""
    bench.script = lambda _: "A night train, and something to eat."
    bench.act(Action.SUMMARISE)
    assert bench.shown == "A night train, and something to eat."
    assert bench.panel.ways == ["Insert below", "New note"]
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == f"{TEXT}\n\nA night train, and something to eat."


def test_a_summary_as_a_note(bench: ActionsBench) -> None:
    """Kept as one of its own, which can be opened from there."""
    bench.script = lambda _: "A night train, and something to eat."
    bench.act(Action.SUMMARISE)
    bench.click(bench.panel.way_buttons[1])
    assert bench.service.note(2).text == "A night train, and something to eat."
    assert bench.text == TEXT
    assert not bench.panel.is_open
    assert "A night train" in bench.rows[0]
    bench.click(bench.page.notice.action)
    assert bench.text == "A night train, and something to eat."


def test_going_on_behind_the_text(bench: ActionsBench) -> None:
    """As the model wrote it on, with the blank that it needs."""
    bench.script = lambda request: f"{request.continue_from} Then the sea comes in sight."
    bench.act(Action.CONTINUE)
    assert bench.panel.ways == ["Add it", "New note"]
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == f"{TEXT} Then the sea comes in sight."


def test_copying(bench: ActionsBench) -> None:
    """The result, without the signs of the difference."""
    bench.act(Action.CLEARER)
    bench.click(bench.panel.copy_button)
    assert QGuiApplication.clipboard().text() == TEXT.replace(LATE, CLEAR)
    assert bench.panel.copy_button.text() == "Copied"


# The note changed meanwhile ---------------------------------------------------------------


def test_the_text_changed_meanwhile(bench: ActionsBench) -> None:
    """It is said, what the person wrote stays, and the result goes below it."""
    bench.act(Action.CLEARER)
    bench.editor.moveCursor(QTextCursor.MoveOperation.End)
    bench.write(" Or drink.")
    assert "The text changed since you asked." in bench.panel.words
    assert bench.panel.ways == ["Insert below", "New note"]
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == f"{TEXT} Or drink.\n\n{TEXT.replace(LATE, CLEAR)}"


def test_the_change_taken_back(bench: ActionsBench) -> None:
    """As it was again, it can be replaced again."""
    bench.act(Action.CLEARER)
    bench.editor.setFocus()
    bench.write("x")
    assert bench.panel.ways == ["Insert below", "New note"]
    bench.press("Ctrl+Z", bench.editor)
    assert bench.panel.ways == ["Replace", "Insert below"]
    assert "changed" not in bench.panel.words


def test_it_changed_while_the_model_wrote(bench: ActionsBench) -> None:
    """What a person types into a selection is theirs."""
    bench.select(LATE)
    bench.engine.gate.clear()
    bench.act(Action.CLEARER)
    inside = bench.editor.textCursor()
    inside.setPosition(bench.text.index("train leaves"))
    bench.editor.setTextCursor(inside)
    bench.write("slow ")
    bench.engine.gate.set()
    bench.finish()
    assert bench.panel.ways == ["Insert below", "New note"]
    bench.click(bench.panel.way_buttons[0])
    slow = LATE.replace("train", "slow train")
    assert bench.text == TEXT.replace(LATE, f"{slow}\n\n{CLEAR}")


def test_another_note_is_open(bench: ActionsBench) -> None:
    """The result waits; it can become a note, and back at its own it can still replace."""
    other = bench.service.add("Another note")
    bench.refresh()
    bench.act(Action.CLEARER)
    bench.open(other.id)
    assert bench.panel.ways == ["New note"]
    assert "is not open" in bench.panel.words
    bench.open(1)
    assert bench.panel.ways == ["Replace", "Insert below"]
    bench.open(other.id)
    bench.click(bench.panel.way_buttons[0])
    assert bench.service.note(3).text == TEXT.replace(LATE, CLEAR)
    assert bench.service.note(1).text == TEXT
    assert bench.text == "Another note"


def test_the_note_is_deleted_meanwhile(bench: ActionsBench) -> None:
    """The result is there all the same."""
    bench.engine.gate.clear()
    bench.act(Action.CLEARER)
    bench.controller.delete()
    bench.settle()
    bench.engine.gate.set()
    bench.finish()
    assert bench.page.is_empty
    assert bench.panel.isVisible()
    assert bench.panel.ways == ["New note"]


def test_a_note_that_cannot_be_made(bench: ActionsBench) -> None:
    """It is said, and the result stays."""
    bench.script = lambda _: "All is well with the trains."
    bench.act(Action.SUMMARISE)
    bench.service.problem = VaultLocked("The vault is closed.")
    bench.click(bench.panel.way_buttons[1])
    assert bench.page.notice.text == "The vault is closed."
    assert bench.panel.is_open
    assert bench.shown == "All is well with the trains."


# Stopping and failing ---------------------------------------------------------------------


def test_esc_stops_then_leaves(bench: ActionsBench) -> None:
    """Before a word came there is nothing to read."""
    bench.engine.gate.clear()
    bench.act(Action.SUMMARISE)
    assert bench.acting.escape()
    bench.qtbot.waitUntil(lambda: not bench.panel.is_open)
    assert not bench.acting.escape()
    assert bench.text == TEXT


def test_stopped_in_the_middle(bench: ActionsBench) -> None:
    """What came can be read and copied, and it can be tried again."""

    def script(request: GenerationRequest) -> str:
        if len(bench.engine.requests) == 1:  # the next reply waits
            bench.engine.gate.clear()
        return clearer(request)

    bench.script = script
    bench.act_without_waiting(Action.CLEARER)
    bench.qtbot.waitUntil(lambda: "Part 2 of 3" in bench.panel.words)
    bench.click(bench.panel.stop_button)
    bench.qtbot.waitUntil(lambda: not bench.acting.is_working)
    assert words.STOPPED in bench.panel.words
    assert bench.panel.ways == []
    bench.click(bench.panel.copy_button)
    assert CLEAR in QGuiApplication.clipboard().text()
    bench.engine.gate.set()
    bench.script = clearer
    bench.click(bench.panel.again_button)
    bench.finish()
    assert bench.panel.ways == ["Replace", "Insert below"]


def test_the_model_fails(bench: ActionsBench) -> None:
    """What happened, that the note is safe, and another try."""
    bench.engine.die_after = 2
    bench.script = lambda _: "one two three four five"
    bench.act(Action.SUMMARISE)
    assert "stopped unexpectedly" in bench.panel.words
    assert words.FAILED in bench.panel.words
    assert bench.panel.ways == []
    bench.engine.die_after = None
    bench.click(bench.panel.again_button)
    bench.finish()
    assert bench.shown == "one two three four five"


def test_nothing_comes_of_it(bench: ActionsBench) -> None:
    """No tasks found is an answer: there is nothing to accept."""
    bench.script = lambda _: '{"items": []}'
    bench.act(Action.ACTION_ITEMS)
    assert NO_ITEMS in bench.panel.words
    assert bench.panel.ways == []
    assert not bench.panel.copy_button.isVisible()
    assert bench.panel.discard_button.text() == "Close"
    bench.click(bench.panel.discard_button)
    assert not bench.panel.is_open


def test_discarding_and_bringing_back(bench: ActionsBench) -> None:
    """A slip of the hand loses nothing."""
    bench.act(Action.CLEARER)
    assert bench.acting.escape()
    bench.settle()
    assert not bench.panel.is_open
    assert bench.page.notice.text == words.DISCARDED
    bench.click(bench.page.notice.action)
    assert bench.panel.ways == ["Replace", "Insert below"]
    assert "+and is often late" in bench.shown


def test_one_at_a_time(bench: ActionsBench) -> None:
    """The second one is not begun, and the first goes on."""
    bench.engine.gate.clear()
    bench.act(Action.CLEARER)
    bench.act(Action.SUMMARISE)
    assert bench.page.notice.text == words.STILL_WRITING
    bench.engine.gate.set()
    bench.finish()
    assert bench.panel.title.text() == "Make clearer"


# What there is to act on ------------------------------------------------------------------


def test_an_empty_note(bench: ActionsBench) -> None:
    """It is said, and no panel opens."""
    bench.controller.new()
    bench.settle()
    bench.act(Action.SUMMARISE)
    assert "There is no text here yet." in bench.page.notice.text
    assert not bench.panel.is_open


def test_a_note_that_is_too_long(bench: ActionsBench) -> None:
    """It is said how long one may be; nothing was begun."""
    bench.begin("word " * 50_000)
    bench.act(Action.SUMMARISE)
    assert "200,000" in bench.page.notice.text
    assert not bench.panel.is_open


def test_no_note_and_one_in_the_trash(bench: ActionsBench) -> None:
    """There is nothing to act on, or it has to be put back first."""
    bench.controller.delete()
    bench.settle()
    bench.act(Action.SUMMARISE)
    assert bench.page.notice.text == words.NO_NOTE
    bench.controller.open(1)
    bench.settle()
    bench.act(Action.SUMMARISE)
    assert bench.page.notice.text == words.IN_TRASH


def test_a_note_that_has_not_been_saved_yet(bench: ActionsBench) -> None:
    """What was typed is what is read; where it is saved meanwhile it is the same note."""
    bench.controller.new()
    bench.settle()
    bench.write(LATE)
    bench.act(Action.CLEARER)
    bench.pause()
    assert bench.panel.ways == ["Replace", "Insert below"]
    bench.click(bench.panel.way_buttons[0])
    assert bench.text == CLEAR


def test_what_deceives_is_drawn_harmless(bench: ActionsBench) -> None:
    """Direction controls are shown as what they are, and HTML is no HTML."""
    bench.script = lambda _: "Pay \u202eeno <b>now</b> for the trains."
    bench.act(Action.SUMMARISE)
    assert "⟨U+202E⟩" in bench.shown
    assert "<b>now</b>" in bench.shown


def test_a_very_long_result(bench: ActionsBench) -> None:
    """Only so much is drawn, in slices."""
    bench.panel.text.show_text("y" * (MOST_SHOWN + 5))
    bench.qtbot.waitUntil(lambda: bench.panel.text.is_whole)
    assert bench.panel.text.is_cut
    assert len(bench.shown) == MOST_SHOWN


def test_what_comes_is_seen_before_all_that_goes(bench: ActionsBench) -> None:
    """Where all of a long text is another, its end need not be read to find the new one."""
    changes = (Span(Kind.REMOVED, "old " * MOST_SHOWN), Span(Kind.ADDED, "new " * 2_000))
    bench.panel.text.show_changes(changes)
    bench.qtbot.waitUntil(lambda: bench.panel.text.is_whole)
    assert bench.shown.startswith("−old old")
    assert bench.shown.count("new") == 2_000
    assert not bench.panel.text.is_cut


def test_what_stays_is_left_out_far_from_changes(bench: ActionsBench) -> None:
    """A change in a long note is found at once."""
    far = "word " * 100
    bench.begin(f"{far}\n\n{LATE}\n\n{far}")
    bench.select(f"{far}\n\n{LATE}\n\n{far}")
    bench.act(Action.CLEARER)
    assert "−, it +and is often late" in bench.shown
    assert bench.shown.count("…") == 2
    assert len(bench.shown) < 600


# Into which language ----------------------------------------------------------------------


def test_translating(bench: ActionsBench) -> None:
    """One of a few, by a click; the next time the keyboard is on it."""
    bench.script = lambda _: "Der Nachtzug."
    bench.select(LATE)
    bench.act(Action.TRANSLATE)
    assert bench.panel.form.isVisible()
    assert "translates badly" in bench.panel.words
    assert bench.engine.requests == []
    bench.click(next(b for b in bench.panel.form.buttons if b.text() == "German"))
    bench.finish()
    assert bench.panel.title.text() == "Translate into German: the selection"
    assert "into German" in bench.engine.requests[-1].turns[-1].text
    bench.click(bench.panel.discard_button)
    bench.act(Action.TRANSLATE)
    assert bench.focus.accessibleName() == "German"


def test_any_other_language(bench: ActionsBench) -> None:
    """It is typed; what is no language is said to be none, and Esc leaves."""
    bench.act(Action.TRANSLATE)
    form = bench.panel.form
    form.field.setFocus()
    bench.qtbot.keyClicks(form.field, "7")
    bench.press("Return", form.field)
    assert "no name of a language" in form.problem
    assert bench.engine.requests == []
    form.field.clear()
    bench.qtbot.keyClicks(form.field, "Faroese")
    bench.press("Return", form.field)
    bench.finish()
    assert "into Faroese" in bench.engine.requests[-1].turns[-1].text
    assert bench.acting.escape()
    bench.act(Action.TRANSLATE)
    assert form.field.text() == "Faroese"
    assert bench.acting.escape()
    assert not bench.panel.is_open


# The look ---------------------------------------------------------------------------------


def test_large_text_has_the_page_to_itself(bench: ActionsBench) -> None:
    """At 300 % in a small window; the note is back when the panel goes."""
    bench.act(Action.CLEARER)
    assert bench.editor.isVisible()
    bench.window.resize(900, 600)
    bench.window.apply(Theme(DARK, 3.0))
    bench.place.apply(Theme(DARK, 3.0))
    bench.settle()
    assert not bench.editor.isVisible()
    assert bench.panel.text.isVisible()
    assert bench.panel.text.height() >= 2 * Theme(DARK, 3.0).look.line_height
    assert bench.panel.discard_button.geometry().bottom() <= bench.panel.height()
    assert "+and is often late" in bench.shown
    bench.click(bench.panel.discard_button)
    assert bench.editor.isVisible()


def test_everything_has_a_name(bench: ActionsBench) -> None:
    """For who does not see it."""
    bench.act(Action.CLEARER)
    panel = bench.panel
    for part in (panel, panel.text, panel.form.field, *panel.way_buttons, panel.copy_button):
        assert part.accessibleName()
