"""What was not approved, looked for on the wire; see ``tests.trials.cloud_canaries``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from benchmarks.report import Row
from benchmarks.trial_rows import done
from tests.trials import cloud_canaries
from tests.trials.outcome import Unable

_NAME: Final = "canaries, the key or unencrypted words seen where they must not be"


def canary_rows(*, quick: bool, seed: int | None = None) -> Sequence[Row]:
    """Send approved requests while tcpdump looks. Some 2 s each where the cores are shared.

    Args:
        quick: Few.
        seed: Of an earlier run; None: a new one.
    """
    count = cloud_canaries.QUICK if quick else cloud_canaries.FULL
    try:
        outcome, how = done(cloud_canaries.run, count, seed)
    except Unable as reason:
        return [Row(_NAME, None, "", str(reason), 0)]
    numbers = dict(outcome.numbers)
    seen = numbers.pop("control words seen")
    name = "control words seen behind nginx, or the looking proves nothing"
    return [
        Row(_NAME, len(outcome.faults), "", f"both hops, {how}", 0),
        Row(name, seen, "", "one in each question", count, "more"),
        *(
            Row(what.removesuffix("_mb"), number, "MB" if what.endswith("_mb") else "", "in all")
            for what, number in numbers.items()
        ),
    ]
