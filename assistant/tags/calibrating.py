"""When probabilities are fitted anew to what was decided, and where the fit is kept."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

from assistant.store import tag_label_rows
from assistant.store.vault import Vault
from assistant.tags.calibration import FIRST, Calibration
from assistant.tags.model import Scored, TagModel

_CALIBRATION: Final = "calibration"
_COUNT: Final = struct.Struct("<q")

AFTER: Final = 20
"""Notes that were learned since the last time: then probabilities are fitted anew."""

_EARLY: Final = 3  # the same, where a few are much of all that there are
_QUICK: Final = 100  # taught notes, to which they are fitted in a tenth of a second


class Calibrating:
    """Keeps one model's calibration. On one thread.

    Args:
        vault: Open for writing.
        model: Whose probabilities are fitted; what was fitted before is read.
    """

    def __init__(self, vault: Vault, model: TagModel) -> None:
        self._vault = vault
        self._model = model
        self._shares: Mapping[int, float] | None = None
        self._since = model.taught  # notes that were learned since the last time
        data = vault.read(lambda c: tag_label_rows.state(c, _CALIBRATION)).result()
        found = Calibration.from_bytes(data[_COUNT.size :]) if data else None
        if data and found:
            model.calibration = found
            self._since = abs(model.taught - _COUNT.unpack_from(data)[0])

    def learned(self) -> None:
        """A note was learned."""
        self._since += 1

    @property
    def is_due(self) -> bool:
        """Whether so much was learned that probabilities should be fitted anew."""
        taught = self._model.taught
        return taught >= FIRST and self._since >= min(AFTER, max(_EARLY, taught // 4))

    @property
    def is_quick(self) -> bool:
        """Whether that takes no time worth speaking of."""
        return self._model.taught < _QUICK

    def expect(self, suggested: Sequence[Sequence[Scored]]) -> None:
        """Hear what was suggested for all notes of which nobody said anything.

        Notes that were decided on are seldom a fair sample of all.
        """
        self._shares = self._model.expected(suggested)
        self._since = max(self._since, AFTER)

    def fit(self) -> bool:
        """Fit the probabilities; whether there was enough to do so. A second for 1,000 notes."""
        self._since = 0
        found = self._model.calibrate(self._shares)
        if found is None:
            return False
        data = _COUNT.pack(self._model.taught) + found.to_bytes()
        keep = partial(tag_label_rows.keep_state, key=_CALIBRATION, data=data)
        self._vault.write(keep, patient=True).result()
        return True
