"""Asking one's notes in the window: the scope in the composer, citations, sources, attachments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from assistant.asking.records import (
    MAX_ATTACHMENTS,
    Attached,
    Attachment,
    Citation,
    Scope,
    ScopeKind,
    Source,
)
from assistant.asking.shown import UNSUPPORTED
from assistant.errors import NotFound
from assistant.notes.records import Note
from assistant.records import FIRST_PRIVATE_ID, Message
from tests.gui.bench import Bench
from tests.gui.conversations import answer, draw, question, text_of, thread_pool, tools
from ui.chat.asking import Asking, only
from ui.chat.entries import Entry
from ui.chat.given_row import GivenRow
from ui.chat.message import MessageView
from ui.chat.prose import ProseView
from ui.chat.sources import SourceButton, SourceList
from ui.search.entries import Entry as Choice
from ui.search.entries import EntryKind
from ui.search.picker import Picker
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

TRAIN = "The night train leaves at 21:43."


def source(number: int = 1, title: str = "Trains", *, given: bool = True) -> Source:
    """A passage."""
    return Source(number, given, number, None, None, title, "", 5, len(TRAIN), TRAIN, 0.8)


def answered(text: str = TRAIN, *sources: Source, cited: bool = True) -> Message:
    """An answer from notes, its first sentence cited."""
    found = sources or (source(),)
    place = Citation(len(text) - 1, found[0].number)
    return replace(
        answer(2, text),
        scope=Scope(),
        sources=found,
        citations=(place,) if cited else (),
    )


@pytest.fixture
def pool() -> Iterator[Executor]:
    """Reads code for its colours, and files."""
    with thread_pool() as executor:
        yield executor


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    """Where a message stands."""
    widget = QWidget()
    widget.resize(800, 800)
    qtbot.addWidget(widget)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def view(page: QWidget, pool: Executor) -> Callable[[Message], MessageView]:
    """Draws a message."""

    def make(message: Message) -> MessageView:
        drawn = MessageView(Entry(message), tools(pool), page)
        drawn.show()
        draw(drawn)
        return drawn

    return make


@pytest.fixture
def note(bench: Bench) -> Note:
    """A note with a tag, in the bench's vault."""
    made: Note = bench.app.notes.add("Leaves at 21:43.", title="Trains", tags=("travel",))
    return made


@pytest.fixture
def asking(bench: Bench, note: Note) -> Asking:
    """The composer's plus, over a bench with a note."""
    del note
    return bench.workplace.asking


def captions(view: MessageView) -> list[str]:
    """What stands below a message, quietly."""
    return [one.text() for one in view.findChildren(QLabel) if one.isVisible() and one.text()]


# An answer ---------------------------------------------------------------------------------


def test_a_citation_opens_its_passage(qtbot: QtBot, view: Callable[[Message], MessageView]) -> None:
    """It stands in the text as a number, and a click asks for the source."""
    drawn = view(answered())
    assert text_of(drawn) == "The night train leaves at 21:43 [1]."
    prose = drawn.findChild(ProseView)
    assert prose
    with qtbot.waitSignal(drawn.link_requested) as asked:
        prose.anchorClicked.emit("0")
    assert asked.args == ["hush:source/1"]


def test_sources_stand_below(qtbot: QtBot, view: Callable[[Message], MessageView]) -> None:
    """Those that are cited, each with its place; a click opens it."""
    other = source(2, "Bread")
    drawn = view(answered(TRAIN, source(), other))
    listed = drawn.findChild(SourceList)
    assert listed
    assert listed.heading == "From:"
    (button,) = listed.buttons
    assert button.accessibleName() == "Source 1, note: Trains"
    assert TRAIN in button.toolTip()
    assert button in drawn.tab_stops()
    with qtbot.waitSignal(drawn.source_requested) as asked:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert asked.args == [source()]
    assert listed.geometry().bottom() < drawn.height()


@pytest.mark.parametrize(
    ("message", "heading"),
    [
        (answered(cited=False), UNSUPPORTED),
        (answered("Nothing.", source(given=False), cited=False), "What comes nearest:"),
    ],
)
def test_honest_headings(
    view: Callable[[Message], MessageView], message: Message, heading: str
) -> None:
    """Where nothing supports an answer, and where nothing was found."""
    listed = view(message).findChild(SourceList)
    assert listed
    assert listed.heading == heading
    assert len(listed.buttons) == 1


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_the_heading_is_never_cut(page: QWidget, scale: float) -> None:
    """At any width it has the lines that it needs there."""
    look = Theme(LIGHT, scale).look
    listed = SourceList(answered(cited=False), look, page)
    (heading,) = listed.findChildren(QLabel)
    for width in range(200, 900, 7):
        whole = listed.fit(width)
        assert heading.height() >= heading.heightForWidth(heading.width())
        assert listed.buttons[0].y() >= heading.geometry().bottom()
        assert whole >= listed.buttons[-1].geometry().bottom()


def test_no_sources_no_list(view: Callable[[Message], MessageView]) -> None:
    """An ordinary answer has none, whatever it says."""
    drawn = view(answer(2, "As [1] says: \ue0001\ue001 [see](hush:source/1)."))
    assert drawn.findChild(SourceList) is None
    prose = drawn.findChild(ProseView)
    assert prose
    assert prose.anchorAt(prose.rect().center()) == ""
    assert "hush:source" not in prose.toHtml().replace("(hush:source/1)", "")
    assert "\ufffd1\ufffd" in text_of(drawn)


@pytest.mark.parametrize(
    "title", ["", "<img src='file:///x'>", "\u202eneddih", "long " * 200, "\x00\ud800", "a\nb"]
)
def test_hostile_titles(view: Callable[[Message], MessageView], title: str) -> None:
    """One quiet line, whatever a note is called."""
    drawn = view(answered(TRAIN, source(1, title)))
    (button,) = drawn.findChildren(SourceButton)
    assert button.width() <= drawn.width()
    assert "\n" not in button.accessibleName()
    assert "\u202e" not in button.accessibleName()
    button.grab()


def test_copying_takes_the_sources_along(view: Callable[[Message], MessageView]) -> None:
    """The text with its numbers, and what they stand for."""
    view(answered()).copy()
    assert QGuiApplication.clipboard().text() == (
        "The night train leaves at 21:43 [1].\n\n[1] Trains"
    )


def test_a_question_says_what_it_was_asked_of(view: Callable[[Message], MessageView]) -> None:
    """And what came with it."""
    attached = (Attached(1, "report.pdf", 12_000),)
    asked = replace(question(1, "When?"), scope=Scope(), attached=attached)
    assert "Asked of: Your notes · Attached: report.pdf" in captions(view(asked))


def test_sources_come_when_the_answer_ends(bench: Bench) -> None:
    """Its text grows as ever; at the end come numbers and sources."""
    bench.open(1)
    bench.send("When does it leave?")
    run = bench.chat.last
    run.save()
    run.begin()
    run.say(TRAIN)
    bench.settle()
    assert bench.texts[-1] == TRAIN
    run.exchange = replace(
        run.exchange,
        answer=replace(
            run.exchange.answer,
            scope=Scope(),
            sources=(source(),),
            citations=(Citation(len(TRAIN) - 1, 1),),
        ),
    )
    run.end()
    bench.settle()
    bench.qtbot.waitUntil(lambda: bench.page.timeline.is_settled and bench.shows(SourceList))
    last = next(view for view in reversed(bench.messages) if not view.isHidden())
    assert text_of(last) == "The night train leaves at 21:43 [1]."
    opened: list[Source] = []
    bench.page.timeline.source_requested.connect(opened.append)
    last.link_requested.emit("hush:source/1")
    last.link_requested.emit("hush:source/9")
    assert opened == [source()]


# The composer ------------------------------------------------------------------------------


def test_asking_all_notes(bench: Bench, asking: Asking) -> None:
    """The chip says so; it stays for the next question, and the cross ends it."""
    asking.ask_of(Scope())
    assert bench.composer.given.words == ["Asks: Your notes"]
    bench.send("When does it leave?")
    assert bench.chat.given[-1] == (Scope(), ())
    assert bench.composer.given.words == ["Asks: Your notes"]
    bench.chat.last.save()
    bench.chat.last.end()
    bench.settle()
    bench.composer.given.chips[0].cross.click()
    assert not bench.composer.given.isVisible()
    bench.send("And now?")
    assert bench.chat.given[-1] == (None, ())


def test_each_chat_has_a_scope_of_its_own(bench: Bench, asking: Asking) -> None:
    """Another chat is not asked of what this one is."""
    bench.open(1)
    asking.ask_of(Scope())
    bench.open(2)
    assert bench.composer.given.words == []
    bench.open(1)
    assert bench.composer.given.words == ["Asks: Your notes"]


def test_nothing_typed_is_read_ahead_behind_passages(bench: Bench, asking: Asking) -> None:
    """They come between: only what is before them can be read."""
    bench.open(1)
    asking.ask_of(Scope())
    bench.composer.set_text("When does")
    bench.workplace.chat.around.ahead.now()
    assert bench.chat.prepared[-1] == (1, "", False)


@pytest.mark.parametrize(
    ("query", "scope", "chip"),
    [
        ("", Scope(), "Asks: Your notes"),
        ("travel", Scope(ScopeKind.TAG, tag="travel"), "Asks: #travel"),
        ("trains", Scope(ScopeKind.NOTE, id=1), "Asks: Trains"),
        ("night", Scope(ScopeKind.CONVERSATION, id=2), "Asks: Night train"),
    ],
)
def test_choosing_a_scope(
    bench: Bench, asking: Asking, qtbot: QtBot, query: str, scope: Scope, chip: str
) -> None:
    """By name, with the keyboard alone."""
    asking.choose_scope()
    picker = bench.window.findChild(Picker)
    assert picker
    qtbot.waitUntil(lambda: picker.view.model().rowCount() > 1)
    qtbot.keyClicks(picker.field, query)
    qtbot.keyClick(picker.field, Qt.Key.Key_Return)
    assert bench.composer.given.words == [chip]
    assert bench.workplace.chat.drafts.current.scope == scope


def test_private_chats_are_not_offered() -> None:
    """Nobody searches them. A heading with nothing below it goes, too."""
    private = Choice(EntryKind.CHAT, FIRST_PRIVATE_ID, "Secret")
    chat = Choice(EntryKind.CHAT, 1, "Packing")
    note = Choice(EntryKind.NOTE, 1, "Trains")
    rows = ["Chats", private, "Notes", note, "More", chat]
    kinds = (EntryKind.CHAT, EntryKind.NOTE)
    assert only(rows, kinds, ()) == ["Notes", note, "More", chat]
    assert only(rows, (EntryKind.TAG,), ()) == []


def test_the_menu_offers_what_there_is(bench: Bench, asking: Asking) -> None:
    """Without notes only files can be given."""
    words = [action.text() for action in asking.menu().actions() if action.text()]
    assert words == [
        "Answer from your notes",
        "Answer from a tag, a note or a chat…",
        "Attach a note…",
        "Attach a file…",
    ]
    bench.chat.can_ask_notes = False
    words = [action.text() for action in asking.menu().actions() if action.text()]
    assert words == ["Attach a note…", "Attach a file…"]


# Attachments -------------------------------------------------------------------------------


def test_attaching_a_note(bench: Bench, asking: Asking, note: Note) -> None:
    """It goes with the next question, and only with that."""
    asking.attach(note.id)
    bench.settle()
    assert bench.composer.given.words == ["Trains"]
    bench.send("When?")
    ((_, attachments),) = bench.chat.given
    assert attachments == (Attachment("Trains", "Leaves at 21:43.", note.id),)
    assert bench.composer.given.words == []


def test_a_note_that_is_gone(bench: Bench, asking: Asking, note: Note) -> None:
    """Said in words; nothing is attached."""
    asking.attach(note.id + 1)
    bench.settle()
    assert bench.page.notice.text
    assert bench.composer.given.words == []


def test_attaching_a_file(bench: Bench, asking: Asking, qtbot: QtBot, tmp_path: Path) -> None:
    """Read off the GUI thread; the cross takes it away again."""
    file = tmp_path / "packing.txt"
    file.write_text("Socks.")
    asking.attach_from(file)
    qtbot.waitUntil(lambda: bench.composer.given.words == ["packing.txt"])
    bench.composer.given.chips[0].cross.click()
    assert bench.composer.given.words == []
    asking.attach_from(tmp_path / "nowhere.txt")
    qtbot.waitUntil(lambda: "was not attached" in bench.page.notice.text)


def test_too_many_attachments(bench: Bench, asking: Asking, note: Note) -> None:
    """The ninth is refused in words."""
    for _ in range(MAX_ATTACHMENTS + 1):
        asking.attach(note.id)
    bench.settle()
    assert len(bench.composer.given.words) == MAX_ATTACHMENTS
    assert "8 attachments" in bench.page.notice.text


def test_what_could_not_be_saved_comes_back(bench: Bench, asking: Asking, note: Note) -> None:
    """Words and attachments alike."""
    asking.attach(note.id)
    bench.settle()
    bench.send("When?")
    bench.chat.last.refuse(NotFound("Gone."))
    bench.settle()
    assert bench.composer.text == "When?"
    assert bench.composer.given.words == ["Trains"]


def test_editing_shows_what_the_first_version_was_asked_of(
    bench: Bench, asking: Asking, note: Note
) -> None:
    """It cannot be changed there; what was prepared for the next question waits."""
    bench.open(1)
    asking.attach(note.id)
    bench.settle()
    first = bench.messages[0].entry.message
    edited = replace(first, scope=Scope())
    bench.page.timeline.edit_requested.emit(edited)
    assert bench.composer.given.words == ["Asks: Your notes"]
    assert not bench.composer.given.isEnabled()
    bench.composer.cancel_button.click()
    assert bench.composer.given.words == ["Trains"]


@pytest.mark.parametrize("name", ["<b>x</b>", "\u202egnp.exe", "y" * 500, "", "a\nb"])
def test_hostile_names_in_chips(show_alone: Callable[[QWidget], None], name: str) -> None:
    """Short, plain, on one line."""
    row = GivenRow(Theme(LIGHT))
    show_alone(row)
    row.show_given(None, [Attachment(name, "x", missing=3)])
    (chip,) = row.chips
    assert len(chip.name.text()) <= 32 + len("⟨U+202E⟩")
    assert "\n" not in chip.name.text()
    assert "\u202e" not in chip.name.accessibleName() + chip.cross.accessibleName()
    row.apply(Theme(DARK))
