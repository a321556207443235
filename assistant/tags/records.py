"""What the tags hand out, as frozen values. Times are milliseconds since 1970, UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

SURE: Final = 0.95
"""From this probability on a suggestion is ticked beforehand."""

OFFERED: Final = 0.70
"""From this probability on a suggestion is offered; below, Hush is silent."""

HUES: Final = ("red", "orange", "yellow", "green", "teal", "blue", "violet", "pink", "grey")
"""What a tag's colour may be called; the window knows what each looks like in light and dark."""

MAX_DESCRIPTION_CHARACTERS: Final = 500
"""Of a tag: some sentences, and no more than the encoder reads of them at once."""


class Level(StrEnum):
    """What becomes of a suggestion."""

    SURE = "sure"  # ticked beforehand
    OFFERED = "offered"
    SILENT = "silent"


def level_of(probability: float) -> Level:
    """What becomes of a suggestion of this probability; silent where it is no number."""
    if probability >= SURE:
        return Level.SURE
    return Level.OFFERED if probability >= OFFERED else Level.SILENT


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A tag that a note may want.

    Attributes:
        tag: Its name, without ``#``.
        probability: Calibrated: of so many suggestions like it so many are accepted.
        score: What the model said before that was made a probability of.
        is_new: Nobody has this tag yet: a phrase of the note, or the language model's idea.
    """

    tag: str = field(repr=False)
    probability: float
    score: float
    is_new: bool = False

    @property
    def level(self) -> Level:
        """What becomes of it."""
        return level_of(self.probability)


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is suggested for one note, the most probable first.

    Attributes:
        note_id: The note.
        known: Tags that there are.
        new: Tags that there would be; and, of those that there are, what the language model
            proposed and is not probable enough to be among the others.
        remark: Why there are none, in a sentence for the person; empty where there are some.
    """

    note_id: int
    known: tuple[Suggestion, ...] = field(default=(), repr=False)
    new: tuple[Suggestion, ...] = field(default=(), repr=False)
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Because:
    """A note that speaks for a suggestion: it has the tag, and is like the one at hand."""

    note_id: int
    title: str = field(repr=False)
    weight: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a tag is suggested.

    Attributes:
        tag: Its name.
        probability: As in the suggestion.
        notes: At most three, the weightiest first.
        words: Words of the note at hand that speak for it.
        from_description: The tag's name and description speak for it more than any note does.
    """

    tag: str = field(repr=False)
    probability: float
    notes: tuple[Because, ...] = field(default=(), repr=False)
    words: tuple[str, ...] = field(default=(), repr=False)
    from_description: bool = False


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions whose suggestions were about equally probable.

    Attributes:
        low: The least probability of the bin.
        high: Its greatest.
        count: How many decisions.
        said: Their mean probability, as it was told before the decision.
        right: The share of them that was accepted.
    """

    low: float
    high: float
    count: int
    said: float
    right: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How far the probabilities were right.

    Attributes:
        bins: Those with decisions, the least probable first.
        decisions: How many there are in all.
        error: Expected calibration error: the mean of |said - right|, each bin by its count.
        precision: The share of those at ``SURE`` or above that was accepted; None without any.
        coverage: The share of all accepted that was at ``SURE`` or above.
        is_decided: It is by the person's own decisions; else, as long as there are too few of
            them, by what is known of the notes, each asked about as if it were not known.
    """

    bins: tuple[Bin, ...]
    decisions: int
    error: float
    precision: float | None
    coverage: float
    is_decided: bool = True


@dataclass(frozen=True, slots=True)
class TagInfo:
    """One tag as its manager shows it.

    Attributes:
        name: As it is written; ``a/b`` is nested in ``a``.
        notes: How many notes outside of the trash have it itself.
        description: What it is for, in the person's own sentence; may be empty.
        colour: One of ``HUES``, or empty.
        kept: It was made or described by the person: it stays when no note has it.
    """

    name: str = field(repr=False)
    notes: int
    description: str = field(default="", repr=False)
    colour: str = ""
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Renamed:
    """What renaming, merging, deleting a tag, or taking that back, came to.

    Attributes:
        notes: How many notes have another tag now, or one less.
        in_texts: How many of them had it in their text, which was rewritten; each has its text
            before as an earlier version.
        changed: Those whose text was rewritten, by id: whoever shows one has to read it again.
        skipped: Those that have the old tag in their text still: changed meanwhile, or it stands
            in a link there, or there is no room for the longer name.
        token: For ``TagManager.undo``; 0 where there is nothing to take back.
    """

    notes: int
    in_texts: int = 0
    changed: tuple[int, ...] = ()
    skipped: tuple[int, ...] = ()
    token: int = 0


Why = Literal["spelling", "meaning", "notes"]


@dataclass(frozen=True, slots=True)
class NearDuplicate:
    """Two tags that may be one.

    Attributes:
        a: The one that more notes have.
        b: The other.
        why: They are spelt alike, mean about the same, or stand on the same notes.
        likeness: From 0 to 1; comparable only among those with the same ``why``.
    """

    a: str = field(repr=False)
    b: str = field(repr=False)
    why: Why
    likeness: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """One suggestion that is to be reviewed."""

    note_id: int
    title: str = field(repr=False)
    excerpt: str = field(repr=False)
    tag: str = field(repr=False)
    probability: float
    score: float


@dataclass(frozen=True, slots=True)
class AppliedLine:
    """One tag that Hush gave a note by itself, as it was allowed to, and that is still there."""

    note_id: int
    title: str = field(repr=False)
    tag: str = field(repr=False)
    probability: float
    at: int
    run_id: int


@dataclass(frozen=True, slots=True)
class BulkProgress:
    """How far a run is: so many notes of so many."""

    run_id: int
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class BulkReport:
    """What a run came to.

    Attributes:
        run_id: The run.
        notes: How many were looked at.
        suggested: Suggestions that wait to be reviewed.
        applied: Tags that were given at once.
        silent: Notes of which nothing was probable enough to be said.
        skipped: Notes that are gone, empty or not indexed.
        cancelled: Whether it was ended before its last note; it can be gone on with.
    """

    run_id: int
    notes: int
    suggested: int
    applied: int
    silent: int
    skipped: int
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class UnfinishedRun:
    """A run that was cut off or cancelled, and can be gone on with."""

    run_id: int
    started_at: int
    done: int
    total: int
    apply_above: float | None
