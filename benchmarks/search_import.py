"""How long importing and indexing a real notebook takes: 1,871 notes, to the last vector."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from assistant.clock import SystemClock
from assistant.importing.service import ImportService
from assistant.power.plan import Plan
from assistant.search.indexer import Indexer
from assistant.store.vault import Vault
from assistant.vaults import Vaults
from benchmarks.report import Row
from benchmarks.search_data import KEY, data_folder
from benchmarks.search_library import chosen_encoder

MOST_SECONDS: Final = 60.0
_DEADLINE: Final = 1800.0


def import_rows() -> list[Row]:
    """Import the folder and index it, both at once as in the program; without a window."""
    with tempfile.TemporaryDirectory() as folder:
        vaults = Vaults(Vault.open(Path(folder) / "vault.db", KEY))
        indexer = Indexer(vaults, chosen_encoder(), Plan, lambda _: None)
        importing = ImportService(vaults, SystemClock(), lambda _: indexer.wake())
        indexer.start()
        assert indexer.settled(_DEADLINE)
        began = time.perf_counter()
        report = importing.start(data_folder() / "notes").done.result(_DEADLINE)
        imported = time.perf_counter() - began
        indexer.wake()
        assert indexer.settled(_DEADLINE)
        seconds = time.perf_counter() - began
        status = indexer.status
        importing.close()
        indexer.stop()
        vaults.close()
    assert status.encoded == status.passages
    how = f"{report.new:,} notes, {status.passages:,} passages; importing alone {imported:.1f} s"
    return [Row("importing and indexing a notebook", seconds, "s", how, MOST_SECONDS)]
