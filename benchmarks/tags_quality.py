"""How well tags are suggested, beside scikit-learn's classifiers on the same splits.

How rare words are, and where the middle of all meaning lies, is taken of all notes, as in the
program; their tags are not. The weights of names and of features were chosen with these very
notes: hardly any of them changes a figure by more than 0.003.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.features import Features, Reader
from assistant.tags.model import Scored, TagModel, Verdicts
from assistant.tags.names import TagName
from assistant.tags.records import OFFERED, SURE
from benchmarks.report import Row
from benchmarks.tags_data import KNOWN, SPLITS, Places, Vault, vault
from benchmarks.tags_peer import Guesses, guesses

LEAST_AMONG_THREE: Final = 0.95
LEAST_FIRST: Final = 0.84
LEAST_COLD: Final = 0.80
LEAST_AFTER_FIVE: Final = 0.88
MOST_ERROR: Final = 0.05
LEAST_PRECISION: Final = 0.95

_FEW: Final = 5  # accepted notes a tag
_BINS: Final = 15
_AMONG: Final = 3


@dataclass(frozen=True, slots=True)
class Figures:
    """What came of one split; shares of the guessed notes.

    Attributes:
        first: The right tag is the first.
        among: It is among the first three.
        error: Expected calibration error of the first, 15 bins.
        pairs: That of all suggestions of 5 % and more.
        precision: Of the first ones at 95 % and above; not a number where there are none.
        coverage: Notes whose first one is that probable.
        offered: Precision from 70 % to 95 %.
    """

    first: float
    among: float
    error: float
    pairs: float = float("nan")
    precision: float = float("nan")
    coverage: float = float("nan")
    offered: float = float("nan")


def quality_rows() -> list[Row]:
    """All rows that tell how often the right tag is suggested, and how well Hush knows."""
    notes = vault()
    reader = Reader.of(notes.notes)
    features = [reader.read(note) for note in notes.notes]
    known = list(_tried(notes, reader, features, notes.splits()))
    bare = list(_tried(notes, reader, features, notes.splits(), notes.bare))
    few = list(_tried(notes, reader, features, notes.shots(_FEW)))
    even = list(_tried(notes, reader, features, notes.shots(_FEW), is_weighted=True))
    return [
        *_known_rows(known),
        *_peer_rows(notes, features, known),
        _row("without descriptions: first of all", bare, "first"),
        _row("without descriptions: among the first 3", bare, "among"),
        *_cold_rows(notes, reader, features),
        _row("5 notes a tag: among the first 3", few, "among", LEAST_AFTER_FIVE),
        _row("5 notes a tag: first of all", few, "first"),
        _row("5 notes a tag: calibration error", few, "error"),
        _row("5 notes a tag: precision at 95 %", few, "precision"),
        _row("5 notes a tag: coverage at 95 %", few, "coverage"),
        _row("the same, after a pass over all notes: calibration error", even, "error"),
        _row("the same: precision at 95 %", even, "precision"),
        _row("the same: coverage at 95 %", even, "coverage"),
    ]


def measured(suggested: Sequence[Sequence[Scored]], right: NDArray[np.int64]) -> Figures:
    """Figures of what was suggested for notes with these tags."""
    first = np.array(
        [bool(some) and some[0].tag_id == tag for some, tag in zip(suggested, right, strict=True)]
    )
    said = np.array([some[0].probability if some else 0.0 for some in suggested])
    among = [
        tag in [one.tag_id for one in some[:_AMONG]]
        for some, tag in zip(suggested, right, strict=True)
    ]
    pairs = [
        (one.probability, one.tag_id == tag)
        for some, tag in zip(suggested, right, strict=True)
        for one in some
        if one.probability >= 0.05
    ]
    sure = said >= SURE
    offered = (said >= OFFERED) & ~sure
    return Figures(
        float(first.mean()),
        float(np.mean(among)),
        calibration_error(said, first),
        calibration_error(*map(np.array, zip(*pairs, strict=True))),
        float(first[sure].mean()) if sure.any() else float("nan"),
        float(sure.mean()),
        float(first[offered].mean()) if offered.any() else float("nan"),
    )


def calibration_error(said: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error in 15 bins of equal width."""
    which = np.minimum((said * _BINS).astype(int), _BINS - 1)
    return float(
        sum(
            abs(right[which == one].mean() - said[which == one].mean()) * (which == one).mean()
            for one in np.unique(which)
        )
    )


def accepted(tag: int) -> Verdicts:
    """The person gave the note this tag."""
    return Verdicts(accepted=frozenset({int(tag)}))


def _tried(
    notes: Vault,
    reader: Reader,
    features: Sequence[Features],
    splits: Iterator[tuple[Places, Places]],
    tags: Sequence[TagName] = (),
    *,
    is_weighted: bool = False,
) -> Iterator[Figures]:
    """Teach the known notes of each split, calibrate, and guess the others.

    ``is_weighted``: calibrate anew with how often each tag was guessed, as after bulk tagging.
    """
    for known, others in splits:
        model = TagModel(reader, tags or notes.tags)
        model.teach_all((features[one], accepted(notes.right[one])) for one in known)
        model.calibrate()
        guessed = [features[one] for one in others]
        suggested = model.suggest_all(guessed)
        if is_weighted:
            model.calibrate(model.expected(suggested))
            suggested = model.suggest_all(guessed)
        yield measured(suggested, notes.right[others])


def _known_rows(known: Sequence[Figures]) -> list[Row]:
    share = f"{KNOWN:.0%} known"
    return [
        _row(f"{share}: among the first 3", known, "among", LEAST_AMONG_THREE),
        _row(f"{share}: first of all", known, "first", LEAST_FIRST),
        _row(f"{share}: calibration error", known, "error", MOST_ERROR, is_less=True),
        _row(f"{share}: calibration error of all pairs from 5 %", known, "pairs"),
        _row(f"{share}: precision at 95 %", known, "precision", LEAST_PRECISION),
        _row(f"{share}: coverage at 95 %", known, "coverage"),
        _row(f"{share}: precision from 70 % to 95 %", known, "offered"),
    ]


def _cold_rows(notes: Vault, reader: Reader, features: Sequence[Features]) -> list[Row]:
    rows = []
    for name, tags in (("names and descriptions", notes.tags), ("names", notes.bare)):
        found = measured(TagModel(reader, tags).suggest_all(features), notes.right)
        bar = LEAST_COLD if tags is notes.tags else None
        how = f"{len(features):,} notes, nothing taught"
        rows += [
            Row(f"only {name}: among the first 3", found.among, "", how, bar, better="more"),
            Row(f"only {name}: first of all", found.first, "", how),
        ]
    return rows


def _peer_rows(notes: Vault, features: Sequence[Features], ours: Sequence[Figures]) -> list[Row]:
    """The peers by name, and Hush against the best of them."""
    rows: list[Row] = []
    best = {"first": 0.0, "among": 0.0}
    found = guesses(features, notes.right, list(notes.splits()))
    for name in sorted({one.name for one in found}):
        theirs = [_of_peer(one, notes) for one in found if one.name == name]
        rows += [
            _row(f"{name}: first of all", theirs, "first"),
            _row(f"{name}: among the first 3", theirs, "among"),
            _row(f"{name}: calibration error", theirs, "error"),
        ]
        for figure in best:
            best[figure] = max(best[figure], _mean(theirs, figure))
    words = {"first": "first of all", "among": "among the first 3"}
    return [
        *rows,
        *(
            Row(
                f"{words[figure]}, against the best of these",
                _mean(ours, figure) / best[figure],
                "x",
                f"{best[figure]:.3f}",
                1.0,
                better="more",
            )
            for figure in best
        ),
    ]


def _of_peer(guess: Guesses, notes: Vault) -> Figures:
    _, others = list(notes.splits())[guess.split]
    right = notes.right[others]
    first = guess.tags[:, 0] == right
    return Figures(
        float(first.mean()),
        float((guess.tags == right[:, np.newaxis]).any(axis=1).mean()),
        calibration_error(guess.said, first),
    )


def _row(
    name: str,
    figures: Sequence[Figures],
    figure: str,
    bar: float | None = None,
    *,
    is_less: bool = False,
) -> Row:
    values = [float(getattr(one, figure)) for one in figures]
    how = f"mean of {SPLITS} splits, {min(values):.3f} to {max(values):.3f}"
    return Row(name, _mean(figures, figure), "", how, bar, "less" if is_less else "more")


def _mean(figures: Sequence[Figures], figure: str) -> float:
    return float(np.mean([getattr(one, figure) for one in figures]))
