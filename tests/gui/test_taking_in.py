"""What “hush notes edit” left when it was killed: the window takes it in, as the terminal does."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from assistant.notes.private_file import PrivateFile, left
from assistant.paths import Profile
from tests.gui.test_vault_real import House
from ui.notice import Notice


def test_the_window_takes_in_what_an_editor_had(qtbot: QtBot, profile: Profile) -> None:
    """It is a note then, which is told and leads there; the file in the clear is gone."""
    PrivateFile.write(profile.root, None, "half a thought")
    house = House(qtbot, profile)
    try:
        said = house.window.findChildren(Notice)
        house.until(lambda: any("kept as note 1" in notice.text for notice in said))
        assert left(profile.root) == []
        notice = next(notice for notice in said if notice.text)
        notice.action.click()
        notes = house.workplace.notes
        assert notes
        house.until(lambda: notes.note_id == 1)
    finally:
        house.close()


def test_a_file_that_is_no_text_stays_and_is_named(qtbot: QtBot, profile: Profile) -> None:
    """It may matter; the person is told where it lies."""
    file = PrivateFile.write(profile.root, None, "x")
    file.path.write_bytes(b"\x00" * 100)
    house = House(qtbot, profile)
    try:
        said = house.window.findChildren(Notice)
        house.until(lambda: any("is from an earlier edit" in notice.text for notice in said))
        assert len(left(profile.root)) == 1
    finally:
        house.close()
