"""Tags notes in bulk and ends itself without any tidying, as ``kill -9`` would.

Run as ``python -m tests.unit.tag_child VAULT AFTER [ABOVE]``, the key in hex on stdin: it dies at
the first word that so many notes are done. ``ABOVE``: from which probability on tags are given.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from assistant.events import BulkProgress, Event
from assistant.store.vault import Vault
from tests.unit.tag_bench import SECONDS, TagBench


def main() -> None:
    """Tag, and die on the way."""
    after = int(sys.argv[2])
    above = float(sys.argv[3]) if len(sys.argv) > 3 else None

    def hear(event: Event) -> None:
        if isinstance(event, BulkProgress) and event.done >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    vault = Vault.open(Path(sys.argv[1]), bytes.fromhex(sys.stdin.read()))
    bench = TagBench(vault=vault, hear=hear)
    bench.index()
    bench.bulk.start(apply_above=above).done.result(SECONDS)


if __name__ == "__main__":
    main()
