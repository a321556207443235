"""The panel for import and export: every step, by keyboard, and with the panel closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from assistant.errors import FileRefused, InputRefused, StorageFull
from assistant.events import ExportProgress, ImportProgress
from assistant.importing.records import (
    MOST_NAMED,
    ExportReport,
    ImportPlan,
    ImportReport,
    Named,
    PastImport,
    UnfinishedImport,
)
from tests.gui.fakes import NOON
from tests.gui.hands import dressed
from tests.gui.search_fakes import FakeImports
from ui.bridge import Bridge
from ui.controls import PlainLabel, TextButton
from ui.importing import words
from ui.importing.bar import ThinBar
from ui.importing.controller import ImportController
from ui.importing.panel import TransferPanel
from ui.switch import Switch
from ui.theme.style import Theme
from ui.theme.tokens import DARK, LIGHT

NOTES = Path("/home/ada/Notes")
REPORT = ImportReport(new=1_860, changed=8, same=3, tags=214)


class ImportBench:
    """A window with a field in it, and the controller over the fake service."""

    def __init__(self, qtbot: QtBot, *, offered: bool = True) -> None:
        self.qtbot = qtbot
        self.service = FakeImports()
        self.bridge = Bridge()
        self.told: list[tuple[str, str]] = []
        self.acts: list[Callable[[], None]] = []
        self.shown = 0  # how often the notes were gone to
        self.changes = 0
        self.window = dressed(Theme(LIGHT))
        qtbot.addWidget(self.window)
        self.place = TextButton("Elsewhere")
        self.window.furnish([self.place])
        self.imports = ImportController(
            self.service if offered else None,  # type: ignore[arg-type] # the fake answers like it
            self.bridge,
            self.window,
            self._show_notes,
            self._note_change,
            self._tell,
        )
        self.bridge.received.connect(self.imports.handle)
        with qtbot.waitActive(self.window):
            self.window.show()
        self.place.setFocus()
        self.settle()

    def _show_notes(self) -> None:
        self.shown += 1

    def _note_change(self) -> None:
        self.changes += 1

    def _tell(self, sentence: str, action: str, act: Callable[[], None]) -> None:
        self.told.append((sentence, action))
        self.acts.append(act)

    def settle(self) -> None:
        """Wait until everything that arrived is delivered and drawn."""
        QApplication.processEvents()
        self.qtbot.waitUntil(lambda: not self.bridge.is_busy)
        QApplication.processEvents()

    def press(self, name: str) -> None:
        """Press a button of the panel with the keyboard."""
        button = next(b for b in self.buttons if name in b.accessibleName())
        button.setFocus()
        assert button.hasFocus()
        self.qtbot.keyClick(button, Qt.Key.Key_Space)
        self.settle()

    def key(self, key: Qt.Key) -> None:
        """Press a key where the keyboard is."""
        self.qtbot.keyClick(self.window.focusWidget(), key)
        self.settle()

    def plan(self, path: Path = NOTES) -> None:
        """Come as far as the plan."""
        self.imports.open()
        self.settle()
        self.imports.take(path)
        self.settle()

    def run(self) -> None:
        """Begin an import of the notes."""
        self.plan()
        self.key(Qt.Key.Key_Return)

    def progress(self, done: int, total: int) -> None:
        """Come so far."""
        self.bridge.sink(ImportProgress(self.last_run, done, total))
        self.settle()

    def end(self, report: ImportReport | Exception) -> None:
        """End the import."""
        future = self.service.runs[self.last_run]
        if isinstance(report, Exception):
            future.set_exception(report)
        else:
            future.set_result(report)
        self.settle()

    @property
    def last_run(self) -> int:
        """The import that was begun last."""
        return max(self.service.runs)

    @property
    def panel(self) -> TransferPanel | None:
        """The panel, where it is open."""
        found = [p for p in self.window.findChildren(TransferPanel) if p.isVisible()]
        return found[0] if found else None

    @property
    def text(self) -> str:
        """What can be read in the panel; empty where there is none."""
        labels = self.panel.findChildren(PlainLabel) if self.panel else []
        return "\n".join(label.text() for label in labels if label.isVisible())

    @property
    def buttons(self) -> list[TextButton]:
        """What can be pressed in it."""
        found = self.panel.findChildren(TextButton) if self.panel else []
        return [button for button in found if button.isVisible() and button.isEnabled()]

    @property
    def names(self) -> list[str]:
        """Their words."""
        return [button.text() for button in self.buttons]


@pytest.fixture
def bench(qtbot: QtBot) -> ImportBench:
    """A window and a service that is ready."""
    return ImportBench(qtbot)


@pytest.fixture
def dialogs(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[QFileDialog]]:
    """The dialogs that were opened, not shown: the offscreen platform has none of its own."""
    opened: list[QFileDialog] = []
    monkeypatch.setattr(QFileDialog, "open", lambda dialog: opened.append(dialog))
    yield opened
    for dialog in opened:
        dialog.deleteLater()


# Choosing ---------------------------------------------------------------------------------


def test_what_can_be_imported(bench: ImportBench) -> None:
    """Three things, each with a button; the first has the keyboard."""
    bench.imports.open()
    bench.settle()
    assert "The originals stay as they are." in bench.text
    assert [button.accessibleName() for button in bench.buttons] == [
        "A folder of notes: Choose…",
        "A file: Choose…",
        "Chats from ChatGPT: Choose…",
    ]
    assert bench.buttons[0].hasFocus()


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("A folder of notes", QFileDialog.FileMode.Directory),
        ("A file", QFileDialog.FileMode.ExistingFile),
        ("Chats from ChatGPT", QFileDialog.FileMode.ExistingFile),
    ],
)
def test_a_dialog_asks_for_the_path(
    bench: ImportBench, dialogs: list[QFileDialog], name: str, mode: QFileDialog.FileMode
) -> None:
    """And what is chosen there is looked at, not imported yet."""
    bench.imports.open()
    bench.settle()
    bench.press(name)
    (dialog,) = dialogs
    assert dialog.fileMode() is mode
    dialog.fileSelected.emit(str(NOTES))
    bench.settle()
    assert bench.service.looked == [NOTES]
    assert not bench.service.started


def test_a_folder_let_fall_on_the_panel(bench: ImportBench) -> None:
    """Is looked at; two at once, or an address, are not taken."""
    bench.imports.open()
    bench.settle()
    assert bench.panel
    for urls in (["https://example.org/x"], ["file:///a", "file:///b"], [f"file://{NOTES}"]):
        data = QMimeData()
        data.setUrls([QUrl(url) for url in urls])
        common = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
        enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, *common)
        enter.ignore()
        bench.panel.dragEnterEvent(enter)
        assert enter.isAccepted() is (urls == [f"file://{NOTES}"])
        drop = QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, *common)
        bench.panel.dropEvent(drop)
    bench.settle()
    assert bench.service.looked == [NOTES]


def test_escape_leaves(bench: ImportBench) -> None:
    """With nothing done, and the keyboard where it was."""
    bench.imports.open()
    bench.settle()
    bench.key(Qt.Key.Key_Escape)
    assert bench.panel is None
    assert bench.place.hasFocus()


def test_a_session_that_keeps_nothing(qtbot: QtBot) -> None:
    """It says why there is nothing to do here."""
    bench = ImportBench(qtbot, offered=False)
    bench.imports.offer_unfinished()
    bench.imports.open()
    bench.settle()
    assert "In this session there is none." in bench.text
    bench.press("Close")
    bench.imports.export()
    bench.settle()
    assert "In this session there is none." in bench.text
    bench.imports.take(NOTES)
    assert not bench.service.looked


# What would happen ------------------------------------------------------------------------


def test_the_plan(bench: ImportBench) -> None:
    """What would be imported, what not and why, before anything is."""
    bench.service.plan = ImportPlan(
        1_800, 70, 1, 6_200_000, ("a.png", "b.png"), (Named("link.md", "It is a link."),)
    )
    bench.plan()
    assert "Import “Notes”?" in bench.text
    assert "1,800 notes, 70 PDF or Word documents and 1 file of chats, 6.2 MB." in bench.text
    assert "2 other files in it, like pictures, stay there." in bench.text
    assert "1 file cannot be imported." in bench.text
    assert bench.names == ["Show", "Import 1,871 files", "Choose something else"]
    assert bench.buttons[1].hasFocus()
    bench.press("Show")
    (shown,) = bench.panel.findChildren(QPlainTextEdit) if bench.panel else []
    assert shown.toPlainText() == "link.md: It is a link."
    bench.press("Hide")
    assert not shown.isVisible()


def test_nothing_to_import(bench: ImportBench) -> None:
    """There is no button to begin with."""
    bench.service.plan = ImportPlan(0, 0, 0, 0)
    bench.plan()
    assert "nothing in it that Hush can import" in bench.text
    assert bench.names == ["Choose something else"]


def test_something_that_cannot_be_looked_at(bench: ImportBench) -> None:
    """Why, and back to the choice."""
    bench.service.problem = FileRefused("It is a link to elsewhere.")
    bench.plan()
    assert "It is a link to elsewhere." in bench.text
    bench.press("Choose something else")
    assert "A folder of notes" in bench.text


def test_looking_can_be_cancelled(bench: ImportBench) -> None:
    """What comes after that is not shown."""
    bench.service.hold()
    bench.plan()
    assert "Looking at what is in “Notes”…" in bench.text
    bench.press("Cancel")
    bench.service.release()
    bench.settle()
    assert "A folder of notes" in bench.text


def test_closed_while_looking(bench: ImportBench) -> None:
    """The panel does not come back by itself."""
    bench.service.hold()
    bench.plan()
    bench.key(Qt.Key.Key_Escape)
    bench.service.release()
    bench.settle()
    assert bench.panel is None


# While it runs ----------------------------------------------------------------------------


def test_progress(bench: ImportBench) -> None:
    """In the panel and in the status line, in words and as a bar."""
    bench.run()
    assert bench.service.started == [NOTES]
    assert "Counting what there is…" in bench.text
    bench.progress(320, 1_871)
    assert "320 of 1,871" in bench.text
    (bar,) = bench.panel.findChildren(ThinBar) if bench.panel else []
    assert bar.value() == 171
    assert bar.accessibleName() == "Import"
    assert "importing 320 of 1,871" in bench.window.status.text
    assert bench.imports.is_working


def test_it_goes_on_without_the_panel(bench: ImportBench) -> None:
    """The status line opens it again, where it is by then."""
    bench.run()
    assert bench.window.focusWidget().accessibleName() == "Leave it running"
    bench.key(Qt.Key.Key_Return)
    assert bench.panel is None
    bench.progress(1_000, 1_871)
    bench.window.status.index_button.click()
    bench.settle()
    assert "1,000 of 1,871" in bench.text


def test_progress_of_another_run(bench: ImportBench) -> None:
    """Is passed over: it was ended, or is the terminal's."""
    bench.run()
    bench.bridge.sink(ImportProgress(99, 5, 6))
    bench.settle()
    assert "5 of 6" not in bench.text


def test_another_size_of_window(bench: ImportBench) -> None:
    """The panel stays, and inside."""
    bench.run()
    bench.window.resize(640, 420)
    bench.settle()
    assert bench.panel
    assert bench.window.rect().contains(bench.panel.panel.geometry())


def test_cancelling(bench: ImportBench) -> None:
    """It says so until it is over, and what stays."""
    bench.run()
    bench.press("Cancel")
    assert bench.service.cancelled == [bench.last_run]
    assert "Stopping…" in bench.text
    bench.progress(330, 1_871)
    assert "Stopping…" in bench.text
    bench.end(ImportReport(new=320, cancelled=True))
    assert "The import was stopped" in bench.text
    assert "What is in already stays. Import the same again to go on." in bench.text
    assert not bench.imports.is_working


def test_one_import_at_a_time(bench: ImportBench) -> None:
    """Whatever is asked for meanwhile shows the one that runs."""
    bench.run()
    bench.key(Qt.Key.Key_Escape)
    bench.imports.take(Path("/other"))
    bench.settle()
    assert "Importing…" in bench.text
    assert bench.service.looked == [NOTES]


# How it ends ------------------------------------------------------------------------------


def test_the_report(bench: ImportBench) -> None:
    """What came of it, what was left out and why; the notes are one press away."""
    bench.run()
    skipped = tuple(Named(f"{n}.md", "It is no text.") for n in range(12))
    bench.end(
        ImportReport(
            new=1_860, changed=8, same=3, kept_both=1, in_trash=2, conversations=40, tags=214,
            skipped=skipped, remarks=(Named("x.md", "Its front matter is no YAML."),),
            attachments=("a.png",),
        )
    )  # fmt: skip
    for line in (
        "1,860 new, 8 brought up to date and 3 unchanged.",
        "40 of them are chats.",
        "They brought 214 tags along.",
        "1 note had changed in Hush, too: both are kept.",
        "2 notes stayed in the trash.",
        "12 files skipped.",
        "1 file imported with a remark.",
        "1 other file left in place.",
    ):
        assert line in bench.text
    assert bench.changes == 1
    assert "importing" not in bench.window.status.text
    bench.press("Show notes")
    assert bench.shown == 1
    assert bench.panel is None


def test_the_end_while_the_panel_is_closed(bench: ImportBench) -> None:
    """One sentence beside what the person does, and a way to the report."""
    bench.run()
    bench.key(Qt.Key.Key_Escape)
    bench.end(REPORT)
    assert bench.panel is None
    sentence = "The import is done: 1,860 new and 8 brought up to date."
    assert bench.told == [(sentence, "Show report")]
    bench.acts[0]()
    bench.settle()
    assert "1,860 new" in bench.text


def test_the_disk_is_full_half_way(bench: ImportBench) -> None:
    """What happened, what is safe, and going on with the same run."""
    bench.run()
    bench.progress(900, 1_871)
    first = bench.last_run
    bench.end(StorageFull("The disk is full. What is imported so far stays.", "Free some space."))
    assert "The disk is full." in bench.text
    assert bench.buttons[0].hasFocus()
    bench.press("Go on")
    assert bench.service.started == [NOTES, first]
    bench.end(REPORT)
    assert "1,860 new" in bench.text


def test_the_disk_is_full_while_the_panel_is_closed(bench: ImportBench) -> None:
    """Nothing covers what the person does by then."""
    bench.run()
    bench.key(Qt.Key.Key_Escape)
    bench.end(StorageFull("The disk is full."))
    assert bench.panel is None
    assert bench.told == [("The import stopped. The disk is full.", "Go on")]
    bench.acts[0]()
    bench.settle()
    assert bench.imports.is_working


def test_it_cannot_begin(bench: ImportBench) -> None:
    """The folder is gone by now: why, and back to the choice."""
    bench.plan()
    bench.service.refusal = InputRefused("There is no such folder any more.")
    bench.key(Qt.Key.Key_Return)
    assert "There is no such folder any more." in bench.text
    assert not bench.imports.is_working
    assert "importing" not in bench.window.status.text


# Going on later ---------------------------------------------------------------------------


def test_an_import_that_was_cut_off(bench: ImportBench) -> None:
    """It is offered at the start, and goes on where it was."""
    bench.service.left = [UnfinishedImport(7, NOTES, NOON, 320)]
    bench.imports.offer_unfinished()
    bench.settle()
    assert bench.told[0][0] == "An import of “Notes” was cut off after 320. Nothing of it is lost."
    bench.acts[0]()
    bench.settle()
    assert bench.service.started == [7]
    assert bench.imports.is_working


def test_an_import_that_was_cut_off_in_the_panel(bench: ImportBench) -> None:
    """It stands before anything else there."""
    bench.service.left = [UnfinishedImport(7, NOTES, NOON, 0)]
    bench.imports.open()
    bench.settle()
    assert "An import of “Notes” was cut off." in bench.text
    assert bench.buttons[0].hasFocus()
    bench.key(Qt.Key.Key_Return)
    assert bench.service.started == [7]


def test_an_import_that_is_left_as_it_is(bench: ImportBench) -> None:
    """It is not offered again."""
    bench.service.left = [UnfinishedImport(7, NOTES, NOON, 0)]
    bench.imports.open()
    bench.settle()
    bench.press("Leave it")
    assert "cut off" not in bench.text
    assert "A folder of notes" in bench.text
    assert not bench.service.started


# Export -----------------------------------------------------------------------------------


def test_exporting_to_a_folder(bench: ImportBench, dialogs: list[QFileDialog]) -> None:
    """The person reads first that files are not encrypted."""
    bench.imports.export()
    bench.settle()
    assert "not encrypted" in bench.text
    bench.press("Markdown files")
    dialogs[0].fileSelected.emit(str(NOTES))
    bench.settle()
    assert bench.service.exported == [NOTES]
    assert "1,871 notes are in “Notes” now." in bench.text
    bench.press("Close")
    assert bench.panel is None


def test_exporting_to_a_file(bench: ImportBench, dialogs: list[QFileDialog]) -> None:
    """With a name that tells what it is; what was left out is listed."""
    bench.service.export_report = ExportReport(3, 1, (Named("CON", "No file may have its name."),))
    bench.imports.export()
    bench.settle()
    bench.press("One JSON file")
    assert dialogs[0].defaultSuffix() == "json"
    dialogs[0].fileSelected.emit("/tmp/notes.json")  # noqa: S108 - nothing is written
    bench.settle()
    assert "3 notes and chats are in “notes.json” now." in bench.text
    assert "1 of them stood there already, just so." in bench.text
    assert "1 not written." in bench.text


def test_an_export_that_fails(bench: ImportBench, dialogs: list[QFileDialog]) -> None:
    """Why, and where else."""
    bench.service.problem = StorageFull("The disk is full.")
    bench.imports.export()
    bench.settle()
    bench.press("Markdown files")
    dialogs[0].fileSelected.emit(str(NOTES))
    bench.settle()
    assert "The disk is full." in bench.text
    bench.press("Choose again")
    assert "Markdown files" in bench.text
    assert not bench.imports.is_working


def test_an_export_goes_on_without_the_panel(
    bench: ImportBench, dialogs: list[QFileDialog]
) -> None:
    """Its end is told in one sentence."""
    bench.service.hold()
    bench.imports.export()
    bench.settle()
    bench.press("Markdown files")
    dialogs[0].fileSelected.emit(str(NOTES))
    bench.settle()
    assert bench.imports.is_working
    bench.key(Qt.Key.Key_Escape)
    bench.service.release()
    bench.settle()
    assert bench.panel is None
    assert "1,871 notes are in “Notes” now." in bench.told[0][0]


def test_an_export_can_be_called_off(bench: ImportBench, dialogs: list[QFileDialog]) -> None:
    """It says how far it is; closed and asked for again, it is shown still; then what there is."""
    bench.service.export_report = ExportReport(written=44, cancelled=True)
    bench.service.hold()
    bench.imports.export()
    bench.settle()
    bench.press("Markdown files")
    dialogs[0].fileSelected.emit(str(NOTES))
    bench.settle()
    bench.bridge.sink(ExportProgress(1, 40, 1_871))
    bench.settle()
    assert "40 of 1,871" in bench.text
    bench.key(Qt.Key.Key_Escape)
    bench.imports.export()
    bench.settle()
    assert "40 of 1,871" in bench.text
    bench.bridge.sink(ExportProgress(9, 900, 1_871))  # of another one
    bench.settle()
    assert "900" not in bench.text
    bench.press("Cancel")
    assert bench.service.cancelled == [1]
    assert "Stopping" in bench.text
    bench.service.release()
    bench.settle()
    assert "The export was stopped" in bench.text
    assert "44 notes are in “Notes” now." in bench.text
    assert "“EXPORT NOT FINISHED”" in bench.text


def test_a_file_that_was_called_off_is_none(bench: ImportBench, dialogs: list[QFileDialog]) -> None:
    """Nothing half-written stays."""
    bench.service.export_report = ExportReport(cancelled=True)
    bench.imports.export()
    bench.settle()
    bench.press("One JSON file")
    dialogs[0].fileSelected.emit("/tmp/notes.json")  # noqa: S108 - nothing is written
    bench.settle()
    assert "nothing was written to “notes.json”" in bench.text


# Folders as tags --------------------------------------------------------------------------


@pytest.mark.parametrize("before", [False, True])
def test_folders_as_tags(bench: ImportBench, before: bool) -> None:
    """Off at first, as it was later; the example is one of the folders."""
    folders = ("travel", "travel/japan")
    bench.service.plan = ImportPlan(
        notes=3, documents=0, chats=0, bytes=9, folders=folders, by_folder=before
    )
    bench.plan()
    assert "“travel/japan” gets the tag “travel/japan”" in bench.text
    assert bench.panel is not None
    switch = bench.panel.findChild(Switch)
    assert switch.isChecked() is before
    bench.qtbot.keyClick(switch, Qt.Key.Key_Space)
    bench.press("Import 3 files")
    assert bench.service.by_folder == [not before]


def test_no_folders_to_tag(bench: ImportBench) -> None:
    """Nothing is asked where there is nothing to choose."""
    bench.run()
    assert bench.service.by_folder == [None]


# Reports that are kept --------------------------------------------------------------------


def past(number: int, name: str = "Vault") -> PastImport:
    """An import that ended."""
    skipped = tuple(Named(f"{n}.md", "It is no text.") for n in range(300))
    return PastImport(number, Path("/home/ada") / name, NOON, replace(REPORT, skipped=skipped))


def test_a_report_is_there_after_a_restart(bench: ImportBench, qtbot: QtBot) -> None:
    """A long list scrolls and can be copied whole; the report can be forgotten."""
    bench.service.past = [past(1)]
    bench.imports.open()
    bench.settle()
    assert "“Vault”: 1,860 new, 8 brought up to date and 300 skipped." in bench.text
    bench.press("Show report")
    assert "Import of “Vault”" in bench.text
    assert "300 files skipped." in bench.text
    assert bench.panel is not None
    listed = bench.panel.findChild(QPlainTextEdit)
    assert listed.isVisible()
    assert listed.verticalScrollBar().maximum() > 0
    bench.press("Copy: 300 files")
    copied = QApplication.clipboard().text().splitlines()
    assert (len(copied), copied[7]) == (300, "7.md: It is no text.")
    bench.press("Forget this report")
    assert "A folder of notes" in bench.text
    assert "“Vault”" not in bench.text


def test_a_short_list_is_seen_whole(bench: ImportBench) -> None:
    """Also where its sentences take two lines each: nothing scrolls that has room."""
    why = "It is not valid text in UTF-8, nor in UTF-16 or UTF-32 with a byte order mark."
    bench.run()
    bench.end(ImportReport(new=1, skipped=(Named("a.txt", why), Named("b.txt", why))))
    assert bench.panel is not None
    listed = bench.panel.findChild(QPlainTextEdit)
    assert listed.isVisible()
    assert listed.verticalScrollBar().maximum() == 0


def test_what_is_behind_is_dimmed(bench: ImportBench) -> None:
    """So that the panel does not read as a part of it; and not a moment longer."""

    def corner() -> int:
        return bench.window.grab().toImage().pixelColor(3, 3).lightness()

    before = corner()
    bench.imports.open()
    bench.settle()
    assert corner() < before
    bench.key(Qt.Key.Key_Escape)
    assert corner() == before


def test_earlier_reports(bench: ImportBench) -> None:
    """One leads to the one before."""
    bench.service.past = [past(2), past(1, "Older")]
    bench.imports.open()
    bench.settle()
    bench.press("Show report")
    bench.press("Earlier import")
    assert "Import of “Older”" in bench.text
    assert "Earlier import" not in bench.names


def test_a_report_that_cannot_be_forgotten(bench: ImportBench) -> None:
    """It says so, and the way on."""
    bench.service.past = [past(1)]
    bench.imports.open()
    bench.settle()
    bench.press("Show report")
    bench.service.problem = StorageFull("The disk is full.")
    bench.press("Forget this report")
    assert "The report is still there" in bench.text
    bench.press("Choose something else")
    assert "A folder of notes" in bench.text


# Hostile names ----------------------------------------------------------------------------


def test_names_of_files_are_anybodys(bench: ImportBench) -> None:
    """Endless, reversed, as HTML, many: shown as they are, on a line each, to an end."""
    skipped = tuple(Named("W" * 4_000 + "\u202egnp\n<b>", "It is too long.") for _ in range(5))
    bench.run()
    bench.end(ImportReport(new=1, skipped=skipped, attachments=("a",) * 5_000))
    bench.press("Show: 5,000 other")
    lists = bench.panel.findChildren(QPlainTextEdit) if bench.panel else []
    shown, others = (entry.toPlainText() for entry in lists)
    assert shown.count("\n") == 4
    assert "\u202e" not in shown
    assert len(shown) < 2_000
    assert others.endswith(f"… and {5_000 - MOST_NAMED:,} more")


def test_names_are_no_html() -> None:
    """In titles either."""
    assert words.called(Path("/x/<b>y")) == "“<b>y”"
    assert words.called(Path("/")) == "“/”"


def test_another_look(bench: ImportBench, qtbot: QtBot) -> None:
    """Dark, large and in a small window, right to left: all of it is inside."""
    bench.window.apply(Theme(DARK, scale=2.0))
    bench.window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    bench.window.resize(640, 420)
    bench.run()
    bench.progress(900, 1_871)
    assert bench.panel
    assert bench.window.rect().contains(bench.panel.panel.geometry())
    assert not bench.panel.grab().isNull()


def test_the_report_in_words() -> None:
    """Singular, nothing at all, chats alone."""
    assert words.report_title(ImportReport()) == "Nothing new"
    assert words.report_words(ImportReport()) == ["There was nothing to import."]
    assert words.report_words(ImportReport(new=1, conversations=1)) == ["1 new.", "It is a chat."]
    assert words.report_words(ImportReport(new=2, conversations=2))[1] == "All of them are chats."
    assert words.report_words(ImportReport(new=2, conversations=1))[1] == "1 of them is a chat."
    assert "skipped" in words.report_line(ImportReport(skipped=(Named("a", "b"),)))


def test_the_bar_has_ends(show_alone: Callable[[QWidget], None]) -> None:
    """More than all is all; unknown is nothing."""
    bar = ThinBar("Import", Theme(LIGHT))
    show_alone(bar)
    for done, total, value in ((0, 0, 0), (5, 0, 0), (1, 3, 333), (9, 3, 1_000)):
        bar.show_share(done, total)
        assert bar.value() == value
        assert not bar.grab().isNull()
