"""The steps of an import and of an export, each built from what there is to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.errors import HushError
from assistant.importing.records import (
    ExportReport,
    ImportPlan,
    ImportReport,
    PastImport,
    UnfinishedImport,
)
from ui.controls import PlainLabel
from ui.importing import words
from ui.importing.bar import ThinBar
from ui.importing.stage import Stage
from ui.theme.icons import Icon
from ui.theme.style import Theme
from ui.vault.words import number

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Choices:
    """What the first step of an import leads to."""

    folder: Act
    file: Act
    chats: Act
    go_on: Callable[[UnfinishedImport], object]
    forget: Callable[[UnfinishedImport], object]
    report: Act


def choosing(
    theme: Theme,
    unfinished: Sequence[UnfinishedImport],
    last: PastImport | None,
    to: Choices,
) -> Stage:
    """What to import; and what the last import came to, where that is kept."""
    stage = Stage("Import", theme)
    stage.add_text(
        "Hush copies what you choose into your vault. The originals stay as they are.", "quiet"
    )
    for run in unfinished:
        stage.add_option(
            Icon.WARNING,
            "Not finished",
            words.unfinished_words(run),
            ("Go on", partial(to.go_on, run)),
            ("Leave it", partial(to.forget, run)),
        )
    stage.add_option(
        Icon.FOLDER,
        "A folder of notes",
        "Markdown and text, PDF and Word, with the folders in it. Tags and links of an Obsidian "
        "vault are kept.",
        ("Choose…", to.folder),
    )
    stage.add_option(
        Icon.FILE,
        "A file",
        "Markdown, text, PDF or Word; or a .zip of a folder of them.",
        ("Choose…", to.file),
    )
    stage.add_option(
        Icon.CHATS,
        "Chats from ChatGPT",
        "The .zip that it exports, or conversations.json from it.",
        ("Choose…", to.chats),
    )
    if last:
        stage.add_option(
            Icon.IMPORT, "The last import", words.past_words(last), ("Show report", to.report)
        )
    stage.add_text("Or let a folder or file fall here.", "caption")
    return stage


def not_now(theme: Theme, title: str, close: Act) -> Stage:
    """That nothing can be imported or exported in this session."""
    stage = Stage(title, theme)
    stage.add_text("This needs a vault that Hush may write to. In this session there is none.")
    stage.add_buttons(("Close", "outlined", close))
    return stage


def looking(theme: Theme, path: Path, cancel: Act) -> Stage:
    """That somebody looks what there is."""
    stage = Stage("Import", theme)
    stage.add_text(f"Looking at what is in {words.called(path)}…")
    stage.add_buttons(("Cancel", "outlined", cancel))
    return stage


def planned(
    theme: Theme,
    path: Path,
    plan: ImportPlan,
    begin: Callable[[bool | None], object],
    back: Act,
) -> Stage:
    """What would be imported. ``begin`` gets whether folders are tags; None: there are none."""
    stage = Stage(f"Import {words.called(path)}?", theme)
    stage.add_lines(words.plan_words(plan))
    skipped = f"{number(len(plan.skipped), 'file')} cannot be imported."
    stage.add_list(skipped, words.named_lines(plan.skipped))
    again = ("Choose something else", "outlined", back)
    if not plan.files:
        stage.add_buttons(again)
        return stage
    by_folder = None
    if plan.folders:
        by_folder = stage.add_switch(
            "Use folders as tags", words.folder_words(plan), on=plan.by_folder
        )

    def import_it() -> None:
        begin(by_folder.switch.isChecked() if by_folder else None)

    stage.add_buttons((words.import_button(plan), "main", import_it), again)
    return stage


class Running:
    """That an import or export runs, and how far it is.

    Args:
        theme: Colours and type.
        name: What runs: "Import".
        title: That it does.
        said: What else there is to say.
        leave: Closes the panel; it goes on.
        cancel: Calls it off.
    """

    def __init__(
        self, theme: Theme, name: str, title: str, said: str, leave: Act, cancel: Act
    ) -> None:
        self.stage = Stage(title, theme)
        self._bar: ThinBar = self.stage.add_bar(name)
        self._count: PlainLabel = self.stage.add_text("")
        self.stage.add_text(said, "quiet")
        _, self._cancel = self.stage.add_buttons(
            ("Leave it running", "outlined", leave), ("Cancel", "outlined", cancel)
        )
        self._stopping = False

    def show(self, done: int, total: int) -> None:
        """Show how far it is; ``total`` 0: not known yet."""
        self._bar.show_share(done, total)
        if not self._stopping:
            self._count.setText(words.progress_words(done, total))

    def show_stopping(self) -> None:
        """Say that it was called off, and ends as soon as it can."""
        self._stopping = True
        self._count.setText("Stopping…")
        self._cancel.setEnabled(False)


def importing(theme: Theme, leave: Act, cancel: Act) -> Running:
    """That an import runs."""
    said = f"You can go on with something else. {words.STAYS}"
    return Running(theme, "Import", "Importing…", said, leave, cancel)


def exporting(theme: Theme, target: Path, leave: Act, cancel: Act) -> Running:
    """That files are written."""
    said = f"Writing to {words.called(target)}. You can go on with something else."
    return Running(theme, "Export", "Exporting…", said, leave, cancel)


def imported(
    theme: Theme, report: ImportReport, close: Act, show_notes: Act, tag: Act | None = None
) -> Stage:
    """What an import came to; ``tag`` leads to suggested tags, where there are some."""
    stage = _report(theme, words.report_title(report), words.report_words(report), report)
    more = [("Suggest tags…", "outlined", tag)] if tag else []
    stage.add_buttons(("Show notes", "main", show_notes), *more, ("Close", "outlined", close))
    return stage


def past(theme: Theme, run: PastImport, close: Act, forget: Act, earlier: Act | None) -> Stage:
    """What an import came to that ended some time ago; ``earlier`` leads to the one before."""
    lines = [words.when_words(run), *words.report_words(run.report)]
    stage = _report(theme, f"Import of {words.called(run.path)}", lines, run.report)
    more = [("Earlier import", "outlined", earlier)] if earlier else []
    stage.add_buttons(("Close", "main", close), *more, ("Forget this report", "outlined", forget))
    return stage


def _report(theme: Theme, title: str, lines: Sequence[str], report: ImportReport) -> Stage:
    stage = Stage(title, theme)
    stage.add_lines(lines)
    skipped = f"{number(len(report.skipped), 'file')} skipped."
    remarks = f"{number(len(report.remarks), 'file')} imported with a remark."
    others = f"{number(report.others, 'other file')} left in place."
    stage.add_list(skipped, words.named_lines(report.skipped), unfolded=True)
    stage.add_list(remarks, words.named_lines(report.remarks))
    stage.add_list(others, words.name_lines(report.attachments, report.more_attachments))
    return stage


def failed(theme: Theme, title: str, error: HushError, again: str, act: Act, close: Act) -> Stage:
    """What went wrong, what is safe, and what to do next: the button's words, and what it does."""
    stage = Stage(title, theme)
    stage.add_text(error.sentence)
    stage.add_buttons((again, "main", act), ("Close", "outlined", close))
    return stage


def choosing_export(theme: Theme, to_folder: Act, to_file: Act) -> Stage:
    """What to export to."""
    stage = Stage("Export", theme)
    stage.add_text(words.NOT_ENCRYPTED, "quiet")
    stage.add_option(
        Icon.FOLDER,
        "Markdown files",
        "A file for each note, with its tags and dates at the head. Obsidian and others read them.",
        ("Choose a folder…", to_folder),
    )
    stage.add_option(
        Icon.FILE,
        "One JSON file",
        "For programs: every note and every chat, with all that Hush knows of them.",
        ("Choose a file…", to_file),
    )
    return stage


def exported(theme: Theme, report: ExportReport, lines: Sequence[str], close: Act) -> Stage:
    """What an export came to; ``lines`` say it."""
    stage = Stage("The export was stopped" if report.cancelled else "Exported", theme)
    stage.add_lines(lines)
    skipped = f"{len(report.skipped):,} not written."
    stage.add_list(skipped, words.named_lines(report.skipped))
    remarks = f"{len(report.remarks):,} written with a remark."
    stage.add_list(remarks, words.named_lines(report.remarks))
    stage.add_buttons(("Close", "main", close))
    return stage
