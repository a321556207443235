"""What the window says of tags. All pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from assistant.tags.records import (
    SURE,
    Bin,
    BulkReport,
    Explanation,
    NearDuplicate,
    Reliability,
    Renamed,
    TagInfo,
    UnfinishedRun,
)
from assistant.text import percent
from ui.markdown.safe_text import harmless
from ui.vault.words import number

_NAME_CHARACTERS: Final = 40
_SHORT_CHARACTERS: Final = 24  # of a tag in a sentence or on a button
_NAMED: Final = 3  # tags that a sentence names one by one
_WORDS: Final = 6  # of a note that speak for a tag
_LEFT_TO_RIGHT: Final = "\u200e"  # a mark, which is not seen
_WHYS: Final = {
    "spelling": "They are spelt alike.",
    "meaning": "They mean about the same.",
    "notes": "They stand on mostly the same notes.",
}


def tag_label(name: str, most: int = _NAME_CHARACTERS) -> str:
    """A tag's name as it is drawn: with its sign, on one line, harmless, not too long."""
    shown = " ".join(harmless(name[: most + 1]).split())
    return f"#{shown[: most - 1]}…" if len(name) > most else f"#{shown}"


def short_tag(name: str) -> str:
    """A tag's name within a sentence or on a button."""
    return tag_label(name, _SHORT_CHARACTERS)


def one_line(text: str, most: int) -> str:
    """A text on one line, harmless, and no longer than is ever seen."""
    return " ".join(harmless(text[:most]).split())


def listed(names: Sequence[str]) -> str:
    """Tags in a sentence: "#git", "#git and #sql", or "7 tags"."""
    if len(names) > _NAMED:
        return number(len(names), "tag")
    shown = [short_tag(name) for name in names]
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "No tag"


def share(probability: float) -> str:
    """A share of a hundred as it is drawn, in its order whichever way the window is read.

    Read from the right, "%" would stand before its number: a blank parts the two (UAX #9, W5).
    """
    return f"{_LEFT_TO_RIGHT}{percent(probability)}{_LEFT_TO_RIGHT}"


# Below a note -----------------------------------------------------------------------------


def accept_label(count: int) -> str:
    """The button that gives all tags that are ticked."""
    return f"Accept {count}" if count > 1 else "Accept"


def added(names: Sequence[str]) -> str:
    """What was done, for the notice."""
    return f"{listed(names)} added."


def turned_down(name: str) -> str:
    """What was done, for the notice."""
    return f"{short_tag(name)} is not suggested for this note any more."


def how_sure(found: Explanation) -> str:
    """What the probability means."""
    right = percent(found.probability).removesuffix(" %")
    said = share(found.probability)
    return f"{said} sure: of 100 suggestions like this one, about {right} are right."


def speaking_words(found: Explanation) -> str:
    """The words of the note that speak for a tag; empty where there are none."""
    words = ", ".join(f"“{one_line(word, 40)}”" for word in found.words[:_WORDS])
    return f"Words of this note that speak for it: {words}." if words else ""


# In bulk ----------------------------------------------------------------------------------


def progress(done: int, total: int) -> str:
    """How far a run is."""
    return f"{done:,} of {number(total, 'note')}" if total else "Counting your notes…"


def start_label(notes: int | None) -> str:
    """The button that begins."""
    if notes is None:
        return "Suggest tags for all notes"
    if notes == 1:
        return "Suggest tags for your note"
    return f"Suggest tags for all {notes:,} notes"


def unfinished(run: UnfinishedRun) -> str:
    """That a run was cut off, and where."""
    return f"The last run stopped after {run.done:,} of {number(run.total, 'note')}."


def ended(report: BulkReport) -> str:
    """What a run came to."""
    begin = "Stopped after" if report.cancelled else "Looked at"
    said = [f"{begin} {number(report.notes, 'note')}."]
    if report.suggested:
        said.append(f"{number(report.suggested, 'suggestion')} to review.")
    if report.applied:
        said.append(f"{number(report.applied, 'tag')} added.")
    if not report.suggested and not report.applied:
        said.append("Hush was not sure enough of any tag.")
    if report.skipped:
        said.append(f"{number(report.skipped, 'note')} skipped: empty, or not indexed yet.")
    return " ".join(said)


def accepted(count: int) -> str:
    """What was done, for the notice."""
    return f"{number(count, 'tag')} added."


def rejected(count: int) -> str:
    """What was done, for the notice."""
    return f"{number(count, 'suggestion')} turned down. Hush learns from that."


def taken_off(count: int) -> str:
    """What was done, for the notice."""
    return f"{number(count, 'tag')} taken off again."


def waiting_words(suggestions: int, notes: int) -> str:
    """What there is to review."""
    return f"{number(suggestions, 'suggestion')} for {number(notes, 'note')}"


def added_words(count: int) -> str:
    """What there is to be taken off again."""
    return f"{number(count, 'tag')} added without asking. Take off what does not fit."


# The tags themselves ----------------------------------------------------------------------


def tag_count(tags: Sequence[TagInfo]) -> str:
    """How many there are, and how many of them are described."""
    described = sum(1 for tag in tags if tag.description)
    return f"{number(len(tags), 'tag')}, {described:,} described"


def alike(pair: NearDuplicate) -> str:
    """Why two tags may be one."""
    return _WHYS[pair.why]


def exists(name: str) -> str:
    """Why a tag cannot be called so, and what can be done instead."""
    return f"{short_tag(name)} is there already. Nothing was changed."


def renamed(name: str, to: str, came: Renamed) -> str:
    """What renaming, or nesting, came to."""
    return f"{short_tag(name)} is {short_tag(to)} now{_on(came)}.{_skipped(came, name)}"


def merged(name: str, into: str, came: Renamed) -> str:
    """What merging came to."""
    return f"{short_tag(name)} is part of {short_tag(into)} now{_on(came)}.{_skipped(came, name)}"


def deleted(name: str, came: Renamed) -> str:
    """What deleting came to."""
    return f"{short_tag(name)} is deleted{_off(came)}.{_skipped(came, name)}"


def brought_back(came: Renamed) -> str:
    """What taking that back came to."""
    return f"Taken back{_on(came)}."


def _on(came: Renamed) -> str:
    return f", on {number(came.notes, 'note')}" if came.notes else ""


def _off(came: Renamed) -> str:
    return f", from {number(came.notes, 'note')}" if came.notes else ""


def _skipped(came: Renamed, name: str) -> str:
    if not came.skipped:
        return ""
    keep = "keeps" if len(came.skipped) == 1 else "keep"
    return f" {number(len(came.skipped), 'note')} {keep} {short_tag(name)} in the text."


# How sure ---------------------------------------------------------------------------------


def calibration(found: Reliability) -> str:
    """How far what was said and what happened are apart."""
    if not found.decisions:
        return "Nothing is known yet: accept or turn down a few suggestions first."
    points = round(100 * found.error)
    apart = "less than one point" if points < 1 else number(points, "point")
    if found.is_decided:
        return (
            f"Over {number(found.decisions, 'decision')}, what Hush said and what you decided are "
            f"{apart} of 100 apart on average."
        )
    return (
        "You decided too little yet to tell. Tried on what your notes are tagged with, as if it "
        f"were not known, what Hush says and what is right are {apart} of 100 apart on average."
    )


def at_sure(found: Reliability) -> str:
    """How good those are that are ticked beforehand; empty where there was none."""
    if found.precision is None:
        return ""
    right, part = percent(found.precision), percent(found.coverage)
    if found.is_decided:
        return (
            f"Of the tags it ticked for you, from {percent(SURE)} on, you accepted {right}. They "
            f"are {part} of all you accepted."
        )
    return (
        f"Of the tags it would tick for you, from {percent(SURE)} on, {right} are right. They are "
        f"{part} of all that are."
    )


def plot_words(*, is_decided: bool) -> str:
    """How the plot is read."""
    happened = "how often you accepted" if is_decided else "how often it was right"
    below = "your decisions" if is_decided else "how many were tried"
    return (
        f"Across: how sure Hush said it was. Up: {happened}. On the dashed line both are the "
        f"same. The numbers below are {below}."
    )


def reading(one: Bin, *, is_decided: bool = True) -> str:
    """One bin of the plot, in words."""
    count = number(one.count, "decision" if is_decided else "trial")
    return f"Said {percent(one.said)} · happened {percent(one.right)} · {count}"
