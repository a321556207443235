"""Which tags a note may want, learned from what the person said of other notes.

A score is what names and descriptions lead to expect (``names``), and what the taught notes add to
that (``taught``); of scores the calibration makes probabilities.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.calibration import FEWEST, FIRST, Calibration, Candidates, Decided, weighted
from assistant.tags.features import Features, Reader
from assistant.tags.names import Names, TagName
from assistant.tags.records import SURE
from assistant.tags.taught import Taught
from assistant.tags.verdicts import Verdicts as Verdicts  # it is the model's own word

MOST_TAUGHT: Final = 3_000
"""Notes that teach: 36 MB, and milliseconds a suggestion. Of more the first taught are let go."""

_OVER: Final = 256  # so many more are held until there is time to let go of the first

_UNSURE: Final = SURE - 0.01
"""The most probable that anything is before there is a calibration: nothing is ticked."""

_BATCH: Final = 64  # notes that are scored at once
_REASONS: Final = 3  # notes that are named
_WORDS: Final = 5
_CALIBRATED_ON: Final = 2_000  # notes, those taught last
_WORTH_SAYING: Final = 0.05  # probability: of what is less likely nothing was suggested


@dataclass(frozen=True, slots=True)
class Scored:
    """A tag with its score (about 0 to 1, before calibration) and its probability."""

    tag_id: int
    score: float
    probability: float


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a tag is suggested: notes (id, exact share of the score) and words, the weightiest first.

    Attributes:
        from_description: Name and description speak for it more than all notes together.
    """

    notes: tuple[tuple[int, float], ...]
    words: tuple[str, ...] = field(repr=False)
    from_description: bool


@dataclass(frozen=True, slots=True)
class Shares:
    """Of what a score is made: it is the sum of ``prior`` and all of ``notes``.

    Attributes:
        prior: What name and description lead to expect.
        notes: What each taught note adds or takes, by id.
        words: What each word of the note adds or takes: a part of what ``notes`` do, the rest of
            which is their meaning.
    """

    prior: float
    notes: dict[int, float]
    words: dict[str, float] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """A note as it was looked at last: what ``suggest`` found out, ``teach`` need not."""

    note: Features
    evidence: NDArray[np.float32]
    prior: NDArray[np.float64]
    likeness: NDArray[np.float32]
    solved: NDArray[np.float32]


class TagModel:
    """Not for several threads at once. No chance is in it: the same teaching gives the same bits.

    Args:
        reader: Has read, and will read, every note that comes here.
        tags: Those that may be suggested.
        most: Notes that teach in the long run.
    """

    def __init__(self, reader: Reader, tags: Sequence[TagName], *, most: int = MOST_TAUGHT) -> None:
        self._reader = reader
        self._most = most
        self._names = Names(tags, reader)
        self._taught = Taught(reader)
        self._stale: list[int] = []  # notes of which is expected what other names led to expect
        self._look: _Look | None = None
        self.calibration: Calibration | None = None
        """Makes probabilities of scores; None until there were enough decisions."""

    @property
    def taught(self) -> int:
        """How many notes it learned from."""
        return len(self._taught)

    def teach(self, features: Features, verdicts: Verdicts) -> None:
        """Learn a note, or learn it anew. Without any verdict it is forgotten.

        Quickest right after ``suggest`` of the same note.
        """
        if features.is_empty or verdicts.is_empty or not self._is_held(features, verdicts):
            self.forget(features.id)
        if features.is_empty or verdicts.is_empty:
            return
        if features.id not in self._taught.places:
            self._add(features, verdicts)
        self._taught.aim(features.id, verdicts, self._names.places)

    def teach_all(self, pairs: Iterable[tuple[Features, Verdicts]]) -> None:
        """Learn many at once, in the order of age (the newest last): seconds for thousands."""
        new = {note.id: (note, said) for note, said in pairs}
        old = {
            note_id: (self._taught.note(note_id), self._taught.verdicts(note_id))
            for note_id in self._taught.places
            if note_id not in new
        }
        everything = [
            (note, said)
            for note, said in [*old.values(), *new.values()]
            if not note.is_empty and not said.is_empty
        ][-self._most :]
        self._taught = Taught(self._reader)
        self._taught.put_all(everything)
        for note, _ in everything:
            self._taught.expect(note.id, self._prior(note))
        for note, said in everything:
            self._taught.aim(note.id, said, self._names.places)
        self._stale, self._look = [], None

    def forget(self, note_id: int) -> None:
        """As if the note had never been taught; nothing where it was not."""
        if note_id in self._taught.places:
            self._taught.drop(note_id)
            self._look = None

    def set_tags(self, tags: Sequence[TagName]) -> None:
        """Tags were made, renamed, described or deleted. At once; ``settle`` does the rest."""
        before, self._names = self._names, Names(tags, self._reader)
        places = np.full(max(1, len(before)), -1, np.int32)
        for place, tag_id in enumerate(before.ids):
            places[place] = self._names.places.get(tag_id, -1)
        self._taught.renumber(places)
        self._stale = list(self._taught.places)
        self._look = None

    def settle(self, rows: int = 64) -> bool:
        """Do some of what can wait until nobody does; whether there is more (call it again)."""
        over = max(0, self.taught - self._most)
        for note_id in list(self._taught.places)[: min(over, rows)]:
            self.forget(note_id)
        self._taught.compact()
        self._look = None
        some, self._stale = self._stale[-rows:], self._stale[:-rows]
        for note_id in some:
            if note_id in self._taught.places:
                self._taught.expect(note_id, self._prior(self._taught.note(note_id)))
                self._taught.aim(note_id, self._taught.verdicts(note_id), self._names.places)
        return bool(self._stale) or self.taught > self._most

    def suggest(self, features: Features, limit: int = 8) -> list[Scored]:
        """The most probable tags, those that the note has among them."""
        if features.is_empty or not len(self._names):
            return []
        look = self._looked_at(features)
        return self._best(look.prior, look.solved, look.evidence, limit)

    def suggest_all(self, many: Sequence[Features], limit: int = 8) -> list[list[Scored]]:
        """As ``suggest``, quicker a note where there are many (64 at once are enough)."""
        found: list[list[Scored]] = []
        for start in range(0, len(many), _BATCH):
            some = many[start : start + _BATCH]
            likeness = np.stack([self._taught.likeness(note) for note in some], axis=1)
            solved = self._taught.solve(likeness)
            for at, note in enumerate(some):
                if note.is_empty or not len(self._names):
                    found.append([])
                    continue
                evidence = self._names.evidence(note)
                prior = self._names.prior(evidence)
                found.append(self._best(prior, solved[:, at], evidence, limit))
        return found

    def explain(self, features: Features, tag_id: int) -> Reasons:
        """Why a tag has its score; nothing where there is no such tag."""
        if tag_id not in self._names.places or features.is_empty:
            return Reasons((), (), from_description=False)
        shares = self.shares(features, tag_id)
        speaking = {
            note_id: share
            for note_id, share in shares.notes.items()
            if share > 0 and tag_id in self._taught.verdicts(note_id).right
        }
        notes = sorted(speaking.items(), key=lambda one: (-one[1], one[0]))
        by_name = shares.prior > 0 and shares.prior >= sum(speaking.values())
        told = sorted(shares.words.items(), key=lambda one: -one[1])
        learned = [word for word, share in told if share > 0]
        named = self._names.words_of(tag_id, features)
        words = [*named, *learned] if by_name else [*learned, *named]
        return Reasons(tuple(notes[:_REASONS]), _without_repeats(words)[:_WORDS], by_name)

    def shares(self, features: Features, tag_id: int) -> Shares:
        """Of what the score of a tag is made, exactly.

        Raises:
            KeyError: there is no such tag.
        """
        tag = self._names.places[tag_id]
        look = self._looked_at(features)
        by_word = self._taught.word_shares(features, tag)
        words: dict[str, float] = {}
        for column, share in zip(features.columns, by_word, strict=True):
            phrase = self._reader.phrase(int(column))
            words[phrase] = words.get(phrase, 0.0) + float(share)
        words.pop("", None)
        return Shares(float(look.prior[tag]), self._taught.shares(look.solved, tag), words)

    def calibrate(self, shares: Mapping[int, float] | None = None) -> Calibration | None:
        """Fit the calibration to what was decided, each note as if it had not been taught.

        Args:
            shares: How often each tag is expected in the vault (``expected``): notes of a tag that
                was taught more often than it occurs then count less.

        Returns:
            What is used from now on; None with fewer than 8 decided notes. As long as there are
            fewer than 30, nothing is sure all the same.
        """
        decided = self._decided()
        self.calibration = None
        if len(decided) >= FIRST:
            there = [shares.get(tag_id, 0.0) for tag_id in self._names.ids] if shares else []
            self.calibration = Calibration.fitted(weighted(decided, np.array(there)))
        return self.calibration

    def expected(self, suggested: Iterable[Sequence[Scored]]) -> dict[int, float]:
        """``shares`` for ``calibrate``: how often each tag is likely in the vault, in sum 1.

        Args:
            suggested: What was suggested for the notes that were never decided on.
        """
        total: dict[int, float] = {}
        for note_id in self._taught.places:
            for tag_id in sorted(self._taught.verdicts(note_id).accepted):
                total[tag_id] = total.get(tag_id, 0.0) + 1
        for some in suggested:
            for one in some:
                total[one.tag_id] = total.get(one.tag_id, 0.0) + one.probability
        everything = sum(total.values())
        return {tag_id: share / everything for tag_id, share in total.items()}

    def reliability(self) -> list[tuple[float, bool]]:
        """For each suggestion on a decided note, as if that had not been taught: said, and right.

        The calibration was fitted to these, so it looks a little better here than it is.
        """
        found: list[tuple[float, bool]] = []
        for one in self._decided():
            said = self._probabilities(one.candidates)
            told = one.known & (said >= _WORTH_SAYING)
            found += zip(said[told].tolist(), one.right[told].tolist(), strict=True)
        return found

    def _add(self, note: Features, said: Verdicts) -> None:
        """Have a note teach that does not."""
        if self.taught >= self._most + _OVER:
            self.forget(next(iter(self._taught.places)))
        if self._taught.is_full_of_dropped:
            self._taught.compact()
            self._look = None
        look = self._looked_at(note)
        self._taught.put(note, said, look.likeness, look.solved)
        self._taught.expect(note.id, look.prior)
        self._look = None

    def _is_held(self, note: Features, said: Verdicts) -> bool:
        """Whether this very note teaches, and is as much to be relied on."""
        if note.id not in self._taught.places:
            return False
        is_as_noisy = self._taught.verdicts(note.id).noise == said.noise
        return is_as_noisy and self._taught.note(note.id).is_like(note)

    def _prior(self, note: Features) -> NDArray[np.float64]:
        return self._names.prior(self._names.evidence(note))

    def _looked_at(self, note: Features) -> _Look:
        if self._look is None or not self._look.note.is_like(note):
            evidence = self._names.evidence(note)
            likeness = self._taught.likeness(note)
            solved = self._taught.solve(likeness)
            self._look = _Look(note, evidence, self._names.prior(evidence), likeness, solved)
        return self._look

    def _best(
        self,
        prior: NDArray[np.float64],
        solved: NDArray[np.float32],
        evidence: NDArray[np.float32],
        limit: int,
    ) -> list[Scored]:
        scores = prior + self._taught.beyond(solved, len(prior))
        some = Candidates.of(scores, evidence)
        said = self._probabilities(some)
        return [
            Scored(self._names.ids[some.tags[at]], float(some.scores[at]), float(said[at]))
            for at in np.argsort(-said, kind="stable")[:limit]
        ]

    def _probabilities(self, candidates: Candidates) -> NDArray[np.float64]:
        said = (self.calibration or Calibration()).probabilities(candidates)
        if self.calibration is None or not self._taught.has_decided(FEWEST):
            return np.minimum(said, _UNSURE)
        return said

    def _decided(self) -> list[Decided]:
        """The notes that the person decided on, those taught last, each left out."""
        self._taught.compact()
        self._look = None
        known = self._names.places
        found: list[Decided] = []
        for note_id in reversed(self._taught.places):
            said = self._taught.verdicts(note_id)
            right = [known[one] for one in sorted(said.accepted) if one in known]
            wrong = [known[one] for one in sorted(said.rejected) if one in known]
            if right or (wrong and not said.accepted):
                scores = self._taught.left_out(note_id, len(self._names))
                evidence = self._names.evidence(self._taught.note(note_id))
                some = Candidates.of(scores, evidence, also=right or wrong)
                is_right = np.isin(some.tags, right)
                is_known = np.ones_like(is_right) if right else np.isin(some.tags, wrong)
                found.append(Decided(some, is_right, is_known))
            if len(found) == _CALIBRATED_ON:
                break
        return found[::-1]


def _without_repeats(words: Sequence[str]) -> tuple[str, ...]:
    """Words in their order, without those that are in an earlier one."""
    found: list[str] = []
    for word in words:
        if not any(word == other or word in other.split(" ") for other in found):
            found.append(word)
    return tuple(found)
