"""How far the index is: in the status line, and beside the setting for its model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from assistant.events import ImportProgress
from assistant.search.records import IndexState, IndexStatus
from assistant.settings import Settings
from tests.gui.bench import Bench
from tests.gui.search_fakes import READY
from ui.controls import TextButton
from ui.settings.encoder import EncoderRow
from ui.settings.page import SettingsPage
from ui.status.explanation import Explanation
from ui.status.line import StatusLine
from ui.theme.style import Theme
from ui.theme.tokens import LIGHT

WORKING = IndexStatus(IndexState.WORKING, 1_871, 320, "all-MiniLM-L6-v2")
PAUSED = IndexStatus(IndexState.PAUSED, 1_871, 320, "MiniLM", "Resting to save battery (18 %).")
MODEL = "/home/ada/models/all-mpnet-base-v2"


@pytest.fixture
def status(show_alone: Callable[[QWidget], None]) -> StatusLine:
    """A status line on its own."""
    status = StatusLine(Theme(LIGHT))
    show_alone(status)
    return status


# The status line --------------------------------------------------------------------------


def test_all_is_well_and_nothing_is_said(status: StatusLine) -> None:
    """The part is there only while there is something to know."""
    status.show_index(READY)
    assert "index" not in status.text
    assert not status.index_button.isVisible()


def test_work_is_shown_once_it_lasts(status: StatusLine) -> None:
    """What is over soon would only flicker; what lasts is kept up to date."""
    status.show_index(WORKING)
    assert "indexing" not in status.text
    status.index_button.delay.timeout.emit()
    assert "indexing 320 of 1,871" in status.text
    status.show_index(IndexStatus(IndexState.WORKING, 1_871, 900))
    assert "indexing 900 of 1,871" in status.text
    status.show_index(READY)
    assert "indexing" not in status.text


def test_short_work_is_never_shown(status: StatusLine) -> None:
    """A note of three passages."""
    status.show_index(WORKING)
    status.show_index(READY)
    assert not status.index_button.delay.isActive()
    assert "indexing" not in status.text


def test_a_pause_is_said_at_once(status: StatusLine) -> None:
    """With the reason, and that words are found all the same."""
    status.show_index(PAUSED)
    assert "indexing paused · 320 of 1,871" in status.text
    assert "Resting to save battery (18 %)." in status.index_button.toolTip()
    assert status.index_button.accessibleName() == "Search: indexing paused · 320 of 1,871"


def test_an_import_comes_first(status: StatusLine) -> None:
    """While it runs; then the index again."""
    status.show_index(PAUSED)
    status.show_import(ImportProgress(1, 0, 0))
    assert "importing…" in status.text
    status.show_import(ImportProgress(1, 5, 10))
    assert "importing 5 of 10" in status.text
    assert "paused" not in status.text
    status.show_import(None)
    assert "indexing paused" in status.text


def test_little_room(status: StatusLine) -> None:
    """It says less, and still all to a screen reader."""
    status.show_index(PAUSED)
    status.resize(200, status.height())
    assert status.index_button.text() == ""
    assert status.index_button.isVisible()
    assert "320 of 1,871" in status.index_button.accessibleName()


def test_what_it_opens(bench: Bench) -> None:
    """The facts, and the way to the setting."""
    wanted: list[bool] = []
    status = bench.window.status
    status.index_wanted.connect(lambda: wanted.append(True))
    status.show_index(PAUSED)
    status.index_button.click()
    panel = bench.window.findChild(Explanation)
    assert "320 of 1,871 passages can be found by meaning." in panel.text
    bench.press("Return")
    assert wanted == [True]


def test_an_import_opens_its_panel(status: StatusLine) -> None:
    """No sentences: the panel itself."""
    wanted: list[bool] = []
    status.import_wanted.connect(lambda: wanted.append(True))
    status.show_import(ImportProgress(1, 5, 10))
    status.index_button.click()
    assert wanted == [True]


# The setting ------------------------------------------------------------------------------


def names(page: QWidget) -> list[str]:
    """The buttons that can be pressed."""
    return [b.text() for b in page.findChildren(TextButton) if b.isVisible()]


def test_the_model_that_comes_with_hush(show_alone: Callable[[QWidget], None]) -> None:
    """There is no button for what is so already, and none for an index that is not there."""
    row = EncoderRow("")
    show_alone(row)
    assert "the one that comes with Hush" in row.text
    assert names(row) == ["Choose a folder…"]


def test_another_model_and_back(show_alone: Callable[[QWidget], None], qtbot: QtBot) -> None:
    """What is chosen holds at once; the keyboard does not stay on a button that goes."""
    page = SettingsPage(Settings(encoder_path=MODEL), Theme(LIGHT))
    show_alone(page)
    qtbot.waitUntil(page.isActiveWindow)
    given: list[Settings] = []
    page.changed.connect(given.append)
    page.focus_on("encoder_path")
    row = page.findChild(EncoderRow)
    assert "all-mpnet-base-v2" in row.text.replace("\u200b", "")
    row.default.setFocus()
    row.default.click()
    assert [settings.encoder_path for settings in given] == [""]
    assert "comes with Hush" in row.text
    assert row.choose.hasFocus()


def test_choosing_a_folder(
    show_alone: Callable[[QWidget], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the system's dialog."""
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: opened.append(dialog))
    page = SettingsPage(Settings(), Theme(LIGHT))
    show_alone(page)
    given: list[Settings] = []
    page.changed.connect(given.append)
    row = page.findChild(EncoderRow)
    row.choose.click()
    assert opened[0].fileMode() is QFileDialog.FileMode.Directory
    opened[0].fileSelected.emit(MODEL)
    assert [settings.encoder_path for settings in given] == [MODEL]
    opened[0].deleteLater()


def test_a_folder_that_cannot_be_one(show_alone: Callable[[QWidget], None]) -> None:
    """It says why, and the earlier one stands."""
    page = SettingsPage(Settings(), Theme(LIGHT))
    show_alone(page)
    row = page.findChild(EncoderRow)
    row.given.emit("not/absolute")
    assert page.settings.encoder_path == ""
    assert "comes with Hush" in row.text


def test_how_far_the_index_is(show_alone: Callable[[QWidget], None]) -> None:
    """Beside the setting, as in the status line; and one press builds it anew."""
    rebuilt: list[bool] = []
    page = SettingsPage(Settings(), Theme(LIGHT), rebuild=lambda: rebuilt.append(True))
    show_alone(page)
    page.show_index(PAUSED)
    row = page.findChild(EncoderRow)
    assert "Resting to save battery (18 %)." in row.text
    row.rebuild.click()
    assert rebuilt == [True]


def test_settings_that_were_changed_elsewhere(show_alone: Callable[[QWidget], None]) -> None:
    """The row shows them."""
    page = SettingsPage(Settings(), Theme(LIGHT))
    show_alone(page)
    page.adopt(Settings(encoder_path=MODEL))
    assert "all-mpnet-base-v2" in page.findChild(EncoderRow).text.replace("\u200b", "")
