"""Search, go to anything and import in the whole window: their keys, and where they lead."""

from __future__ import annotations

from assistant.events import ImportProgress, IndexChanged
from assistant.search.records import IndexState, IndexStatus, Kind
from tests.gui.bench import Bench
from tests.gui.search_fakes import hit
from ui.importing.panel import TransferPanel
from ui.search.picker import Picker
from ui.search.place import SearchPlace
from ui.settings.encoder import EncoderRow
from ui.window import CHATS, SEARCH, SETTINGS

PAUSED = IndexStatus(IndexState.PAUSED, 1_871, 320, "MiniLM", "Resting to save battery (18 %).")


def test_from_anywhere_to_a_message(bench: Bench) -> None:
    """Ctrl+3, a word, Enter: the chat is open, with the message that was found."""
    bench.app.search.found = [
        hit(12, "Light layers.", title="Packing list", kind=Kind.MESSAGE, conversation_id=1)
    ]
    bench.press("Ctrl+3")
    place = bench.window.findChild(SearchPlace)
    assert place.field.hasFocus()
    bench.type("layers")
    bench.settle()
    assert [found.owner_id for found in place.hits] == [12]
    bench.press("Return")
    assert bench.window.place == CHATS
    assert bench.title == "Packing list"


def test_escape_empties_the_field_and_then_leaves(bench: Bench) -> None:
    """The window's Esc waits its turn."""
    bench.press("Ctrl+3")
    bench.type("layers")
    bench.press("Esc")
    place = bench.window.findChild(SearchPlace)
    assert (place.query, bench.window.place) == ("", SEARCH)
    bench.press("Esc")
    assert bench.window.place == CHATS


def test_go_to_anything(bench: Bench) -> None:
    """Ctrl+K from the composer: a chat by some of its name, a place by its own."""
    bench.press("Ctrl+K")
    assert bench.window.findChild(Picker).field.hasFocus()
    bench.type("night")
    bench.pool.submit(lambda: None).result()
    bench.settle()
    bench.press("Return")
    assert bench.title == "Night train"
    bench.press("Ctrl+K")
    bench.type("preferences")
    bench.press("Return")
    assert bench.window.place == SETTINGS


def test_import_by_name(bench: Bench) -> None:
    """What has no key can be gone to as well."""
    bench.press("Ctrl+K")
    bench.type("obsidian")
    bench.press("Return")
    assert bench.shows(TransferPanel)


def test_how_far_the_index_is_is_told_everywhere(bench: Bench) -> None:
    """In the status line and beside its setting, to which the line leads."""
    bench.app.sink(IndexChanged(PAUSED))
    bench.settle()
    assert "indexing paused · 320 of 1,871" in bench.window.status.text
    bench.window.status.index_button.click()
    bench.press("Return")
    assert bench.window.place == SETTINGS
    row = bench.window.findChild(EncoderRow)
    assert row.choose.hasFocus()
    assert "Resting to save battery (18 %)." in row.text
    row.rebuild.click()
    assert bench.app.search.rebuilt == 1


def test_an_import_of_the_terminal(bench: Bench) -> None:
    """Is another process's: its progress concerns nobody here."""
    bench.app.sink(ImportProgress(99, 1, 2))
    bench.settle()
    assert "importing" not in bench.window.status.text
