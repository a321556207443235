"""The page of a note and what stands beside it: tags, links, finding, versions, the look."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from tests.gui.notes_bench import NotesBench
from tests.gui.notes_fakes import hit
from ui.chat.links import LinkDialog
from ui.notes.place import NotesPlace
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

POPUP = pytest.mark.qt_log_ignore("This plugin does not support")  # on the offscreen platform


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[NotesBench]:
    """The place with two notes that know of each other."""
    bench = NotesBench(qtbot)
    bench.service.add("Lisbon\nBy [[Night train]]. #travel", tags=["trips"], hours_ago=1)
    bench.service.add("Night train\nTwo berths.", hours_ago=2)
    bench.refresh()
    yield bench
    bench.close()


# Opening ----------------------------------------------------------------------------------


def test_nothing_is_open_at_first(bench: NotesBench) -> None:
    """The page says what this place is for, and offers to begin or to bring notes in."""
    assert bench.page.is_empty
    assert "encrypted" in bench.page.empty.words
    bench.click(bench.page.empty.import_button)
    bench.click(bench.list.import_button)
    assert bench.went == ["import", "import"]
    bench.click(bench.page.empty.new_button)
    assert not bench.page.is_empty
    assert bench.editor.hasFocus()


def test_a_passage_opens_highlighted(bench: NotesBench) -> None:
    """Where a search or a citation leads."""
    bench.controller.open(1, (7, 2))
    bench.settle()
    (found,) = bench.editor.extraSelections()
    assert found.cursor.selectedText() == "By"  # type: ignore[attr-defined] # the stubs lack it
    assert bench.list.view.selectedIndexes() == [bench.row(1)]


def test_the_last_that_was_asked_for_is_shown(bench: NotesBench) -> None:
    """However the answers come."""
    bench.service.hold()
    bench.controller.open(1)
    bench.controller.open(2)
    bench.service.release()
    bench.settle()
    assert bench.text.startswith("Night train")


def test_asking_about_a_note(bench: NotesBench) -> None:
    """What is written is saved first: the answer is from the note as it reads."""
    bench.open(2)
    bench.write("Slow ")
    bench.page.header.ask.trigger()
    bench.settle()
    assert bench.service.note(2).text.startswith("Slow Night train")
    assert bench.went == ["ask 2"]


# Tags -------------------------------------------------------------------------------------


def test_tags_stand_above_the_text(bench: NotesBench) -> None:
    """Those given and those in the text alike."""
    bench.open(1)
    assert bench.page.tags.tags == ("travel", "trips")


@POPUP
def test_adding_a_tag(bench: NotesBench) -> None:
    """Enter or a comma; the mark may be typed or not."""
    bench.open(2)
    field = bench.page.tags.field
    field.setFocus()
    bench.qtbot.keyClicks(field, "#sleep")
    bench.press("Return", field)
    bench.qtbot.keyClicks(field, "rail,")
    bench.settle()
    assert bench.service.note(2).tags == ("rail", "sleep")
    assert bench.page.tags.tags == ("rail", "sleep")
    assert field.text() == ""


@POPUP
def test_a_tag_that_was_typed_is_not_lost(bench: NotesBench) -> None:
    """Going back to the text adds it."""
    bench.open(2)
    field = bench.page.tags.field
    field.setFocus()
    bench.qtbot.keyClicks(field, "sleep")
    bench.editor.setFocus()
    bench.settle()
    assert bench.service.note(2).tags == ("sleep",)


def test_taking_a_tag_off(bench: NotesBench) -> None:
    """One that stands in the text stays, and the line says why."""
    bench.open(1)
    bench.page.tags.removed.emit("trips")
    bench.settle()
    assert bench.service.note(1).tags == ("travel",)
    bench.page.tags.removed.emit("travel")
    bench.settle()
    assert bench.page.tags.tags == ("travel",)
    assert bench.page.notice.text == "“#travel” stands in the text: take it out there."


def test_tags_of_a_note_that_has_not_begun(bench: NotesBench) -> None:
    """It takes them along."""
    bench.click(bench.list.new_button)
    bench.page.tags.added.emit("ideas")
    bench.settle()
    assert bench.page.tags.tags == ("ideas",)
    bench.write("Kite")
    bench.pause()
    assert bench.service.note(3).tags == ("ideas",)


def test_a_hashtag_becomes_a_tag_as_it_is_saved(bench: NotesBench) -> None:
    """And is offered for other notes from then on."""
    bench.open(2)
    bench.write("#rail ")
    bench.pause()
    assert bench.page.tags.tags == ("rail",)
    completer = bench.page.tags.field.completer()
    completer.setCompletionPrefix("ra")
    assert completer.currentCompletion() == "rail"


def test_a_click_on_a_tag_lists_its_notes(bench: NotesBench) -> None:
    """The note stays on the page."""
    bench.open(1)
    bench.page.tags.opened.emit("trips")
    bench.settle()
    assert bench.rows == ["Lisbon"]
    assert bench.text.startswith("Lisbon")


def test_ten_thousand_tags(bench: NotesBench) -> None:
    """Some are shown, and how many more there are."""
    bench.page.tags.show_tags([f"tag{n}" for n in range(10_000)])
    chips = [
        button
        for button in bench.page.tags.findChildren(QAbstractButton)
        if button.accessibleName().startswith("#")
    ]
    assert len(chips) == 24


# Links ------------------------------------------------------------------------------------


def test_a_link_leads_to_its_note(bench: NotesBench) -> None:
    """By its name."""
    bench.open(1)
    bench.editor.target_wanted.emit("note", "Night train")
    bench.settle()
    assert bench.text.startswith("Night train")


@POPUP
def test_titles_are_offered_while_a_link_is_typed(bench: NotesBench) -> None:
    """Enter takes the one that is marked and closes the link; Esc leaves it as it is."""
    bench.open(1)
    bench.editor.setFocus()
    bench.write("[[TRA")
    bench.settle()
    completer = bench.editor.links.completer
    assert completer.popup().isVisible()
    assert completer.currentCompletion() == "Night train"
    bench.press("Return", completer.popup())
    assert bench.text.startswith("[[Night train]]Lisbon")
    bench.write("[[Li")
    bench.settle()
    bench.press("Esc", completer.popup())
    assert not completer.popup().isVisible()
    assert bench.text.startswith("[[Night train]][[LiLisbon")


def test_a_link_to_nowhere_offers_to_begin_the_note(bench: NotesBench) -> None:
    """Nothing is made until the person says so."""
    bench.open(1)
    bench.editor.target_wanted.emit("note", "Porto")
    bench.settle()
    assert bench.page.notice.text == "There is no note “Porto” yet."
    assert len(bench.service.kept) == 2
    bench.click(bench.page.notice.action)
    assert bench.service.note(3).title == "Porto"
    assert bench.page.header.title == "Porto"


def test_an_address_is_asked_about(bench: NotesBench) -> None:
    """Nothing leaves Hush by a click alone."""
    bench.open(1)
    bench.editor.target_wanted.emit("address", "https://a.example/x")
    bench.settle()
    dialog = bench.page.findChild(LinkDialog)
    assert dialog.isVisible()
    assert bench.went == []
    dialog.open_button.click()
    assert bench.went == ["https://a.example/x"]


@pytest.mark.parametrize("address", ["file:///etc/passwd", "javascript:alert(1)", "smb://host/x"])
def test_other_addresses_are_refused(bench: NotesBench, address: str) -> None:
    """With a sentence."""
    bench.open(1)
    bench.editor.target_wanted.emit("address", address)
    bench.settle()
    assert bench.page.notice.text == "Only web, mail and telephone addresses can be opened."
    assert bench.went == []


# Finding ----------------------------------------------------------------------------------


def test_finding_in_a_note(bench: NotesBench) -> None:
    """Round the end, backwards too; Esc gives the keyboard back to the text."""
    bench.service.add("one two one", hours_ago=-1)
    bench.refresh()
    bench.open(3)
    bench.page.begin_find()
    field = bench.focus
    assert isinstance(field, QLineEdit)
    assert field.accessibleName() == "Find in this note"
    bench.qtbot.keyClicks(field, "ONE")
    places = []
    for keys in ("Return", "Return", "Return", "Shift+Return"):
        bench.press(keys, field)
        places.append(bench.editor.textCursor().selectionStart())
    assert places == [0, 8, 0, 8]
    bench.qtbot.keyClicks(field, "x")
    bench.press("Return", field)
    assert bench.page.find_bar.result == "Not found"
    bench.controller.escape()
    assert not bench.page.find_bar.isVisible()
    assert bench.editor.hasFocus()


# Beside the note --------------------------------------------------------------------------


def test_the_panel_shows_what_belongs_to_the_note(bench: NotesBench) -> None:
    """Links to it, what is related, and its earlier versions; each row leads there."""
    note = bench.service.note(1)
    bench.related.hits[2] = [hit(note)]
    bench.open(2)
    bench.controller.toggle_panel()
    bench.settle()
    panel = bench.place.panel
    assert panel.isVisible()
    assert panel.linked.texts == ["Lisbon"]
    assert panel.related.texts == ["Lisbon"]
    assert panel.earlier.words == "What you change is kept here."
    bench.click(panel.related.rows[0])
    assert bench.opened == [hit(note)]
    bench.click(panel.linked.rows[0])
    assert bench.text.startswith("Lisbon")
    assert panel.linked.words.startswith("No note links here yet")


def test_the_panel_gives_way_to_the_page(bench: NotesBench) -> None:
    """In a narrow window it waits for more room, and comes back with it."""
    bench.open(1)
    bench.controller.toggle_panel()
    bench.window.resize(700, 500)
    bench.settle()
    assert not bench.place.panel.isVisible()
    bench.window.resize(1_180, 760)
    bench.settle()
    assert bench.place.panel.isVisible()


def changed(bench: NotesBench) -> None:
    """Note 2 is on the page, with one earlier version, and the panel beside it."""
    bench.open(2)
    bench.controller.toggle_panel()
    bench.write("Slow ")
    bench.pause()
    bench.refresh()


def test_an_earlier_version(bench: NotesBench) -> None:
    """It shows what went and what came; Esc leaves it."""
    changed(bench)
    (row,) = bench.place.panel.earlier.rows
    bench.click(row)
    assert bench.page.shows_version
    assert "As it was today" in bench.page.version.title.text()
    lines = bench.page.version.body.toPlainText().split("\n")
    assert lines == ["− Night train", "+ Slow Night train", "  Two berths."]
    bench.controller.escape()
    assert not bench.page.shows_version
    assert bench.editor.hasFocus()


def test_bringing_an_earlier_version_back(bench: NotesBench) -> None:
    """The text of now becomes an earlier version itself."""
    changed(bench)
    bench.click(bench.place.panel.earlier.rows[0])
    bench.click(bench.page.version.bring_back)
    assert bench.text == "Night train\nTwo berths."
    assert bench.service.note(2).text == "Night train\nTwo berths."
    assert len(bench.place.panel.earlier.rows) == 2
    bench.write("x")
    bench.pause()
    assert bench.service.note(2).text == "xNight train\nTwo berths."


def test_what_was_typed_is_compared_too(bench: NotesBench) -> None:
    """Also what is not saved yet; and bringing back loses none of it."""
    changed(bench)
    bench.write("very ")
    bench.click(bench.place.panel.earlier.rows[0])
    assert "+ Slow very Night train" in bench.page.version.body.toPlainText()
    bench.click(bench.page.version.bring_back)
    assert bench.text == "Night train\nTwo berths."
    earlier = [text for _, text in bench.service.kept[2].earlier.values()]
    assert "Slow very Night train\nTwo berths." in earlier


# The look ---------------------------------------------------------------------------------


def test_every_control_has_a_name(bench: NotesBench) -> None:
    """A screen reader can say what each one is."""
    changed(bench)
    bench.page.begin_find()
    controls = [
        *bench.place.findChildren(QAbstractButton),
        *bench.place.findChildren(QLineEdit),
        *bench.place.findChildren(QPlainTextEdit),
    ]
    nameless = [
        type(control).__name__
        for control in controls
        if control.focusPolicy() is not Qt.FocusPolicy.NoFocus
        and control.isVisible()
        and not control.accessibleName()
    ]
    assert nameless == []


@pytest.mark.parametrize("scale", [1.0, 2.0, 3.0])
def test_large_text_in_a_small_window(bench: NotesBench, scale: float) -> None:
    """Nothing reaches beyond its place."""
    bench.service.add("Unbrokenwordwithoutend" * 20, title="Long" * 60, tags=["tag" * 30] * 2)
    bench.refresh()
    bench.window.apply(Theme(LIGHT, scale=scale))
    bench.window.resize(900, 600)
    QApplication.processEvents()
    bench.controller.open(3)
    bench.settle()
    bench.page.begin_find()
    bench.page.notice.say("A long sentence about what happened. " * 3, "Show the other")
    QApplication.processEvents()
    assert bench.window.width() == 900
    for widget in (bench.page.header, bench.page.tags, bench.editor, bench.page.notice):
        right = widget.mapTo(bench.place, widget.rect().topRight()).x()
        assert right < bench.place.width()
    assert bench.editor.height() > 40


def test_it_turns_dark(bench: NotesBench) -> None:
    """Everything takes the colours; what is being written stays."""
    changed(bench)
    bench.write("half a thought ")
    bench.window.apply(Theme(DARK))
    QApplication.processEvents()
    picture = bench.place.grab().toImage()
    middle = bench.place.list.width() + 40
    assert picture.pixelColor(middle, bench.place.height() - 40).name() == DARK.page
    assert picture.pixelColor(4, 300).name() == DARK.list
    assert "half a thought" in bench.text


def test_a_session_without_notes(show_alone: Callable[[QWidget], None]) -> None:
    """The place says why, and offers nothing that would not work."""
    place = NotesPlace(Theme(LIGHT), lambda: 0)
    place.rest("Nothing of this session is written down.")
    show_alone(place)
    assert not place.list.isVisible()
    assert "Nothing of this session is written down." in place.page.empty.words
    assert not place.page.empty.new_button.isVisible()
