"""From scores to probabilities. Pure.

First which tag it is, of several and of none: a log-linear model over scores and names' evidence
(conditional logit). Then of each tag alone whether it belongs to the note, as a note may have
several: a logistic regression over the tag's own strength and that of its rivals. Twelve numbers
in all, fitted to decided notes as if those had not been taught, and held near to what is used
before anything is known.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.names import EVIDENCE

Values = NDArray[np.float64]
Loss = Callable[[Values], float]
Slope = Callable[[Values], tuple[Values, Values]]

FEWEST: Final = 30
"""Decided notes: with fewer nothing is said to be sure."""

FIRST: Final = 8
"""Decided notes: of fewer nothing is fitted. Of thirty small notes with three tags the first
suggestion was right for 35 of the 39 that nobody had decided on yet, after 9 and 12 decisions; but
all but four were said to be improbable, and after this fit 30 were not, of which 29 were right."""

CANDIDATES: Final = 32
"""Tags with the best scores that are rivals. Of 12 to 76 the figures differ by 0.003 at most."""

_FLOOR: Final = 0.01  # of a score's logarithm, and of that of "none of them"
_WHICH: Final = EVIDENCE + 3  # log score, score, evidence, "none"
_START: Final = np.array([1.0, *[0.0] * (_WHICH - 1)])  # as likely as the score says
_ALONE: Final = np.array([1.0, 1.0, 0.0])  # as likely as among its rivals
_STRENGTH: Final = 1.0  # of L2, towards these
_ROUNDS: Final = 30
_SAME: Final = 1e-4
_LAYOUT: Final = struct.Struct(f"<B{_WHICH + 3}d")
_VERSION: Final = 1
_SHARES: Final = (0.1, 10.0)  # how much less and more than others a note may count
_UPRIGHT: Final = 0.1  # at least: a stronger tag is never less probable than a weaker one


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The best tags of one note.

    Attributes:
        tags: Their places among all tags, ``[n]``.
        scores: ``[n]``.
        columns: What is known of each, and in the last row of "none of them", ``[n + 1, 9]``.
    """

    tags: NDArray[np.intp]
    scores: Values
    columns: Values

    @classmethod
    def of(
        cls, scores: Values, evidence: NDArray[np.float32], also: Sequence[int] = ()
    ) -> Candidates:
        """The best of all tags.

        Args:
            scores: ``[tags]``.
            evidence: ``[tags, EVIDENCE]``.
            also: Tags that are among them in any case.
        """
        tags = top(scores, CANDIDATES)
        left_out = [tag for tag in also if tag not in tags]
        tags = np.concatenate([tags, np.array(left_out, np.intp)])
        some = scores[tags]
        columns = np.zeros((len(tags) + 1, _WHICH))
        columns[:-1, 0] = np.log(np.maximum(some, _FLOOR))
        columns[:-1, 1] = some
        columns[:-1, 2:-1] = evidence[tags]
        columns[-1, 0] = np.log(max(1 - float(scores.sum()), _FLOOR))
        columns[-1, -1] = 1
        return cls(tags, some, columns)


@dataclass(frozen=True, slots=True, eq=False)
class Decided:
    """A note that was decided on, with the scores it would have if it had not been taught.

    Attributes:
        right: Which candidates belong to it, ``[n]``.
        known: Of which that is known, ``[n]``: of all once one was accepted, else of the rejected.
        weight: How much it counts, 1 on average.
    """

    candidates: Candidates
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """Twelve numbers: nine tell which tag it is, three of each alone whether it belongs."""

    which: tuple[float, ...] = tuple(_START.tolist())
    alone: tuple[float, ...] = tuple(_ALONE.tolist())

    @classmethod
    def fitted(cls, decided: Sequence[Decided]) -> Calibration:
        """Fit to decided notes; at least ``FIRST`` of them."""
        which = _fit_which(decided)
        first = cls(tuple(which.tolist()))
        alone = _fit_alone(first, decided)
        return cls(first.which, tuple(alone.tolist()))

    def probabilities(self, candidates: Candidates) -> Values:
        """How probable it is that each candidate belongs to the note, ``[n]``."""
        return _logistic(self._strengths(candidates) @ np.array(self.alone))

    def to_bytes(self) -> bytes:
        """For ``tag_state``."""
        return _LAYOUT.pack(_VERSION, *self.which, *self.alone)

    @classmethod
    def from_bytes(cls, data: bytes) -> Calibration | None:
        """What ``to_bytes`` gave; None where the bytes are of another version, or damaged."""
        if len(data) != _LAYOUT.size or data[0] != _VERSION:
            return None
        numbers = _LAYOUT.unpack(data)[1:]
        if not np.isfinite(numbers).all():
            return None
        return cls(numbers[:_WHICH], numbers[_WHICH:])

    def _strengths(self, candidates: Candidates) -> Values:
        """Each candidate's strength, less that of its rivals together, and 1, ``[n, 3]``."""
        strength = candidates.columns @ np.array(self.which)
        most = float(strength.max())
        likely = np.exp(strength - most)
        rivals = np.log(np.maximum(likely.sum() - likely, 1e-12)) + most
        ones = np.ones(len(strength) - 1)
        return np.column_stack([strength[:-1], -rivals[:-1], ones])


def top(values: Values, count: int) -> NDArray[np.intp]:
    """Places of the greatest values, the greatest first; of equals the first one."""
    if 0 < count < len(values):
        places = np.argpartition(-values, count)[:count]
        least = values[places].min()
        places = np.flatnonzero(values >= least)  # equals of the least, too: which is no chance
    else:
        places = np.arange(len(values))
    return places[np.argsort(-values[places], kind="stable")][:count]


def weighted(decided: Sequence[Decided], there: Values) -> Sequence[Decided]:
    """Have notes count less whose tags were decided more often than they are expected.

    Args:
        decided: Notes.
        there: How often each tag is expected, in sum 1, ``[tags]``; empty: nobody knows.
    """
    if not len(there):
        return decided
    here = np.zeros(len(there))
    for one in decided:
        here[one.candidates.tags[one.right]] += 1
    here /= max(float(here.sum()), 1.0)
    rights = [one.candidates.tags[one.right] for one in decided]
    counts = [
        float(np.clip(there[tags] / here[tags], *_SHARES).mean()) if len(tags) else 1.0
        for tags in rights
    ]
    mean = sum(counts) / len(counts)
    return [replace(one, weight=count / mean) for one, count in zip(decided, counts, strict=True)]


def _fit_which(decided: Sequence[Decided]) -> Values:
    """Conditional logit by Newton's method, damped: each event is one right tag, or none."""
    events = [event for one in decided for event in _events(one)]
    most = max(len(columns) for columns, _, _ in events)
    table = np.zeros((len(events), most, _WHICH))
    there = np.zeros((len(events), most), bool)
    right = np.array([place for _, place, _ in events])
    weight = np.array([weight for _, _, weight in events])
    for at, (columns, _, _) in enumerate(events):
        table[at, : len(columns)] = columns
        there[at, : len(columns)] = True
    chosen = (weight[:, np.newaxis] * table[np.arange(len(events)), right]).sum(axis=0)

    def loss(theta: Values) -> float:
        strength = np.where(there, table @ theta, -np.inf)
        most = strength.max(axis=1)
        total = np.log(np.exp(strength - most[:, np.newaxis]).sum(axis=1)) + most
        return float(weight @ total - chosen @ theta) + _penalty(theta, _START)

    def slope(theta: Values) -> tuple[Values, Values]:
        strength = np.where(there, table @ theta, -np.inf)
        likely = np.exp(strength - strength.max(axis=1, keepdims=True))
        likely /= likely.sum(axis=1, keepdims=True)
        mean = np.einsum("nt,ntk->nk", likely, table)
        share = np.sqrt(likely * weight[:, np.newaxis])
        wide = (table * share[:, :, np.newaxis]).reshape(-1, _WHICH)
        bend = wide.T @ wide - (mean * weight[:, np.newaxis]).T @ mean
        return weight @ mean - chosen + _STRENGTH * (theta - _START), bend

    return _newton(_START, loss, slope)


def _events(one: Decided) -> list[tuple[Values, int, float]]:
    """Columns of rivals, which of them is right, and the weight, for each right tag.

    Right tags are no rivals of each other. Of a note where tags were only rejected it is known
    that none of those is right, and nothing of the others.
    """
    columns = one.candidates.columns
    none = np.array([len(columns) - 1])
    rights = np.flatnonzero(one.right)
    if not len(rights):
        rivals = np.concatenate([np.flatnonzero(one.known), none])
        return [(columns[rivals], len(rivals) - 1, one.weight)]
    wrong = np.concatenate([np.flatnonzero(~one.right), none])
    return [(columns[np.append(right, wrong)], 0, one.weight) for right in rights]


def _fit_alone(first: Calibration, decided: Sequence[Decided]) -> Values:
    """Logistic regression by Newton's method, damped, over all pairs that are known."""
    table = np.concatenate([first._strengths(one.candidates)[one.known] for one in decided])
    right = np.concatenate([one.right[one.known] for one in decided]).astype(np.float64)
    weight = np.concatenate([np.full(int(one.known.sum()), one.weight) for one in decided])

    def loss(theta: Values) -> float:
        logit = table @ theta
        total = np.logaddexp(0, logit) - right * logit
        return float(weight @ total) + _penalty(theta, _ALONE)

    def slope(theta: Values) -> tuple[Values, Values]:
        said = _logistic(table @ theta)
        bend = (table * (weight * said * (1 - said))[:, np.newaxis]).T @ table
        return table.T @ (weight * (said - right)) + _STRENGTH * (theta - _ALONE), bend

    found = _newton(_ALONE, loss, slope)
    found[:2] = np.maximum(found[:2], _UPRIGHT)
    return found


def _newton(start: Values, loss: Loss, slope: Slope) -> Values:
    theta, now = start.copy(), loss(start)
    for _ in range(_ROUNDS):
        gradient, bend = slope(theta)
        move = np.linalg.solve(bend + _STRENGTH * np.eye(len(theta)), gradient)
        step = 1.0
        while (new := loss(theta - step * move)) > now and step > _SAME:
            step /= 2
        if step <= _SAME:
            break
        theta = theta - step * move
        if now - new < _SAME:
            break
        now = new
    return theta


def _penalty(theta: Values, start: Values) -> float:
    return 0.5 * _STRENGTH * float(((theta - start) ** 2).sum())


def _logistic(logit: Values) -> Values:
    found: Values = 1 / (1 + np.exp(-np.clip(logit, -30, 30)))
    return found
