"""What the taught notes say of another one: Gaussian-process regression, kept in step.

    score(x) = M(x) + k(x, S) A R      A = (K + noise)^-1, R = verdicts - M on the taught notes S

``M`` is what names and descriptions lead to expect. ``A`` depends on the taught notes alone, never
on the tags: renaming, merging, describing and deciding anew do not touch it, and one note more or
less is a term of rank one. ``R`` has a few numbers a note, so 5,000 tags cost little more than
five. C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning" (MIT Press
2006), chapter 2, and 5.4.2 for leaving one out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Final

import numpy as np
from numpy.typing import NDArray

from assistant.tags.features import Features, Reader
from assistant.tags.inverse import Inverse
from assistant.tags.memory import Memory
from assistant.tags.targets import WIDTH, Sparse, most_of
from assistant.tags.verdicts import Verdicts

_LEAST: Final = 1e-3  # of a target; what is nearer to 0 is nothing
_MOST_DROPPED: Final = 256  # notes whose places wait to be given up


class Taught:
    """Notes with their verdicts, by id; tags are places in ``Names``."""

    def __init__(self, reader: Reader) -> None:
        self.places: dict[int, int] = {}
        """Of the notes that teach, in the order in which they were taught."""
        self._memory = Memory(reader)
        self._inverse = Inverse()
        self._expected = Sparse()  # M, its largest numbers
        self._beyond = Sparse()  # R
        self._verdicts: list[Verdicts] = []

    def __len__(self) -> int:
        """How many notes teach."""
        return len(self.places)

    def note(self, note_id: int) -> Features:
        """A note that teaches."""
        return self._memory.notes[self.places[note_id]]

    def verdicts(self, note_id: int) -> Verdicts:
        """What was said of it."""
        return self._verdicts[self.places[note_id]]

    def has_decided(self, count: int) -> bool:
        """Whether the person said something of so many notes; proposals do not count."""
        said = (place for place in self.places.values() if self._verdicts[place].is_said)
        return sum(1 for _ in islice(said, count)) == count

    def likeness(self, note: Features) -> NDArray[np.float32]:
        """The kernel of any note with each place, ``[n]``."""
        return self._memory.likeness(note)

    def solve(self, likeness: NDArray[np.float32]) -> NDArray[np.float32]:
        """How much each place counts, ``A k``, ``[n]`` or ``[n, notes]``."""
        return self._inverse.solve(likeness)

    def beyond(self, solved: NDArray[np.float32], tags: int) -> NDArray[np.float64]:
        """What is added to the expectation of each tag, ``[tags]``."""
        return self._beyond.weighted(solved, tags)

    def shares(self, solved: NDArray[np.float32], tag: int) -> dict[int, float]:
        """What each note adds to one tag, by id; in sum ``beyond``."""
        by_place = solved * self._beyond.of_tag(tag)
        return {note_id: float(by_place[place]) for note_id, place in self.places.items()}

    def word_shares(self, note: Features, tag: int) -> NDArray[np.float64]:
        """What each word of any note adds to one tag, as the words of ``note.columns``."""
        return self._memory.shared(note, self._inverse.solve(self._beyond.of_tag(tag)))

    def put_all(self, pairs: Sequence[tuple[Features, Verdicts]]) -> None:
        """Have these notes teach from the beginning; no others may be there."""
        self._put(pairs)
        kernel = self._memory.gram()
        kernel[np.diag_indices(len(pairs))] += [said.noise for _, said in pairs]
        self._inverse.rebuild(kernel)

    def put(
        self,
        note: Features,
        said: Verdicts,
        likeness: NDArray[np.float32],
        solved: NDArray[np.float32],
    ) -> None:
        """Have another note teach, for which the kernel and its solution are known."""
        self._inverse.add(likeness, note.likeness_to_itself + said.noise, solved)
        self._put([(note, said)])

    def drop(self, note_id: int) -> None:
        """As if a note had never taught; its place is given up by ``compact``."""
        place = self.places.pop(note_id)
        self._inverse.drop(place)
        self._beyond.set(place, {})

    @property
    def is_full_of_dropped(self) -> bool:
        """Nobody has called ``compact`` for long."""
        return len(self._memory) - len(self) >= _MOST_DROPPED

    def compact(self) -> None:
        """Give up the places of dropped notes, and do what was put off."""
        if len(self._memory) > len(self):
            kept = np.array(sorted(self.places.values()), np.intp)
            self._inverse.keep(kept)
            self._expected.keep(kept)
            self._beyond.keep(kept)
            self._memory.keep(kept)
            self._verdicts = [self._verdicts[place] for place in kept]
            self.places = {note.id: place for place, note in enumerate(self._memory.notes)}
        self._inverse.fold()

    def expect(self, note_id: int, prior: NDArray[np.float64]) -> None:
        """Tell what names and descriptions lead to expect of a note, ``[tags]``."""
        self._expected.set(self.places[note_id], most_of(prior, WIDTH, _LEAST))

    def aim(self, note_id: int, said: Verdicts, known: Mapping[int, int]) -> None:
        """Set what a note says beyond what is expected of its tags.

        Tags that were decided on are 1 or 0. Of the others all are 0 once one was accepted; else
        they are what the other notes say of them, which is to say nothing.

        Args:
            note_id: A note that teaches.
            said: Its verdicts from now on, as noisy as those it was put with.
            known: The places of tags, by id. Others do not count, until they are known.
        """
        place = self.places[note_id]
        self._verdicts[place] = said
        right = {known[tag_id] for tag_id in said.right if tag_id in known}
        wrong = {known[tag_id] for tag_id in said.rejected if tag_id in known} - right
        expected = self._expected.row(place)
        targets = {tag: (tag in right) - expected.get(tag, 0.0) for tag in sorted(right | wrong)}
        if right:
            others = {tag: -prior for tag, prior in expected.items()}
        else:
            self._beyond.set(place, {})
            others = most_of(self._by_others(place, len(known)), WIDTH, _LEAST)
        for tag in sorted(others, key=lambda tag: (-abs(others[tag]), tag)):
            targets.setdefault(tag, others[tag])
        self._beyond.set(place, dict(list(targets.items())[:WIDTH]))

    def left_out(self, note_id: int, tags: int) -> NDArray[np.float64]:
        """Scores of a taught note as if it had not been taught, in closed form, ``[tags]``."""
        place = self.places[note_id]
        found = self._by_others(place, tags)
        for sparse in (self._beyond, self._expected):
            for tag, value in sparse.row(place).items():
                found[tag] += value
        return found

    def renumber(self, places: NDArray[np.int32]) -> None:
        """Tags have other places: ``places[old]``, -1 for one that is gone."""
        self._expected.renumber(places)
        self._beyond.renumber(places)

    def _by_others(self, place: int, tags: int) -> NDArray[np.float64]:
        """Less what the note says itself: ``-(A R)_i / A_ii``, ``[tags]``."""
        row = self._inverse.row(place)
        found: NDArray[np.float64] = -self._beyond.weighted(row, tags) / row[place]
        return found

    def _put(self, pairs: Sequence[tuple[Features, Verdicts]]) -> None:
        for place, (note, said) in enumerate(pairs, len(self._memory)):
            self.places[note.id] = place
            self._verdicts.append(said)
        self._memory.add([note for note, _ in pairs])
        self._expected.add(len(pairs))
        self._beyond.add(len(pairs))
