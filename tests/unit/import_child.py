"""Imports a folder and ends itself without any tidying, as ``kill -9`` would.

Run as ``python -m tests.unit.import_child VAULT FOLDER AFTER``, the key in hex on stdin: it dies at
the first word that so many files are in.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from assistant.events import Event, ImportProgress
from assistant.store.vault import Vault
from tests.unit.import_bench import ImportBench


def main() -> None:
    """Import, and die on the way."""
    after = int(sys.argv[3])

    def hear(event: Event) -> None:
        if isinstance(event, ImportProgress) and event.done >= after:
            os.kill(os.getpid(), signal.SIGKILL)

    vault = Vault.open(Path(sys.argv[1]), bytes.fromhex(sys.stdin.read()))
    ImportBench(vault, hear).take(Path(sys.argv[2]))


if __name__ == "__main__":
    main()
