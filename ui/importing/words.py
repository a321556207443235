"""What import and export say. All pure."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from assistant.importing.placing import UNFINISHED_NAME
from assistant.importing.records import (
    MOST_NAMED,
    ExportReport,
    ImportPlan,
    ImportReport,
    Named,
    PastImport,
    UnfinishedImport,
)
from ui.days import local, long_date
from ui.markdown.safe_text import harmless
from ui.search.words import quoted
from ui.vault.words import number, size

STAYS: Final = "What is in already stays."
NOT_ENCRYPTED: Final = (
    "Exported files are not encrypted: whoever can read them can read what is in them."
)
_NAME: Final = 200  # characters of a file's name or path in a list
_WHY: Final = 300
_FOLDER: Final = 60


def called(path: Path) -> str:
    """A folder or file by its own name, in quotation marks."""
    return quoted(path.name or str(path))


# Before -----------------------------------------------------------------------------------


def plan_words(plan: ImportPlan) -> list[str]:
    """What would be imported, and what stays, one sentence a line."""
    kinds = (
        (plan.notes, "note"),
        (plan.documents, "PDF or Word document"),
        (plan.chats, "file of chats"),
    )
    there = [_files(count, one) for count, one in kinds if count]
    if not there:
        return ["There is nothing in it that Hush can import."]
    lines = [f"{_listed(there)}, {size(plan.bytes)}."]
    if plan.attachments:
        others = number(len(plan.attachments), "other file")
        lines.append(f"{others} in it, like pictures, {_stay(len(plan.attachments))} there.")
    lines.append(
        "What you imported from it before is brought up to date. "
        "Where you changed it in Hush as well, both versions are kept."
    )
    return lines


def import_button(plan: ImportPlan) -> str:
    """What the button that begins says."""
    return f"Import {number(plan.files, 'file')}"


def folder_words(plan: ImportPlan) -> str:
    """What folders as tags come to, by one of these folders."""
    nested = (folder for folder in plan.folders if "/" in folder)
    example = quoted(_line(next(nested, plan.folders[0]), _FOLDER))
    return f"What lies in {example} gets the tag {example}. The files stay as they are."


def unfinished_words(run: UnfinishedImport) -> str:
    """That an import was cut off, and how far it had come."""
    done = f" after {run.done:,}" if run.done else ""
    return f"An import of {called(run.path)} was cut off{done}. Nothing of it is lost."


# While ------------------------------------------------------------------------------------


def progress_words(done: int, total: int) -> str:
    """How far it is."""
    return f"{done:,} of {total:,}" if total else "Counting what there is…"


# After ------------------------------------------------------------------------------------


def report_title(report: ImportReport) -> str:
    """How it ended, in a few words."""
    if report.cancelled:
        return "The import was stopped"
    return "Imported" if report.new or report.changed or report.kept_both else "Nothing new"


def report_words(report: ImportReport) -> list[str]:
    """What it came to, one sentence a line."""
    lines = []
    if report.cancelled:
        lines.append(f"{STAYS} Import the same again to go on.")
    added = [
        f"{count:,} {words}"
        for count, words in (
            (report.new, "new"),
            (report.changed, "brought up to date"),
            (report.same, "unchanged"),
        )
        if count
    ]
    if added:
        lines.append(f"{_listed(added)}.")
    lines += [
        sentence
        for count, sentence in (
            (report.conversations, _chats_among(report)),
            (report.tags, f"They brought {number(report.tags, 'tag')} along."),
            (
                report.kept_both,
                f"{number(report.kept_both, 'note')} had changed in Hush, too: both are kept.",
            ),
            (report.in_trash, f"{number(report.in_trash, 'note')} stayed in the trash."),
        )
        if count
    ]
    return lines or ["There was nothing to import."]


def when_words(run: PastImport) -> str:
    """When an import ended."""
    then = local(run.ended_at)
    return f"Ended on {long_date(then)} at {then:%H:%M}."


def past_words(run: PastImport) -> str:
    """An import that ended, in one sentence."""
    return f"{called(run.path)}: {_listed(_counts(run.report))}."


def report_line(report: ImportReport) -> str:
    """The same in one sentence, for whoever went on with something else meanwhile."""
    begin = "The import was stopped" if report.cancelled else "The import is done"
    return f"{begin}: {_listed(_counts(report))}."


def _counts(report: ImportReport) -> list[str]:
    parts = [f"{report.new:,} new"]
    if report.changed:
        parts.append(f"{report.changed:,} brought up to date")
    if report.skipped:
        parts.append(f"{len(report.skipped):,} skipped")
    return parts


def export_words(report: ExportReport, target: Path, *, with_chats: bool) -> list[str]:
    """What an export came to, one sentence a line; ``with_chats`` where there are chats in it."""
    if report.cancelled and with_chats:
        return [f"It was called off: nothing was written to {called(target)}."]
    both = "note or chat" if report.written == 1 else "notes and chats"
    written = f"{report.written:,} {both}" if with_chats else number(report.written, "note")
    lines = [f"{written} {_are(report.written)} in {called(target)} now."]
    if report.unchanged:
        lines.append(f"{report.unchanged:,} of them stood there already, just so.")
    lines.append("They are not encrypted there.")
    if report.cancelled:
        lines.append(f"That is not all: a file {quoted(UNFINISHED_NAME)} beside them says so.")
    return lines


def named_lines(named: Sequence[Named]) -> str:
    """Files and what there is to say about each, one a line."""
    return "\n".join(f"{_line(entry.name, _NAME)}: {_line(entry.why, _WHY)}" for entry in named)


def name_lines(names: Sequence[str], more: int = 0) -> str:
    """Files, one a line, as many as anybody reads; ``more`` are not among them."""
    lines = [_line(name, _NAME) for name in names[:MOST_NAMED]]
    more += max(0, len(names) - MOST_NAMED)
    if more:
        lines.append(f"… and {more:,} more")
    return "\n".join(lines)


def _line(text: str, most: int) -> str:
    cut = text if len(text) <= most else f"{text[:most]}…"
    return " ".join(harmless(cut).split())


def _files(count: int, one: str) -> str:
    if one.startswith("file of"):
        return f"{count:,} file{'' if count == 1 else 's'} of chats"
    return number(count, one)


def _stay(count: int) -> str:
    return "stays" if count == 1 else "stay"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _chats_among(report: ImportReport) -> str:
    if report.conversations == report.new + report.changed + report.same:
        return "All of them are chats." if report.conversations > 1 else "It is a chat."
    chats = "a chat" if report.conversations == 1 else "chats"
    return f"{report.conversations:,} of them {_are(report.conversations)} {chats}."


def _listed(parts: Sequence[str]) -> str:
    """Some things, as a sentence lists them: "a, b and c"."""
    if len(parts) == 1:
        return parts[0]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
