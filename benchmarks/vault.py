"""What the vault survives, at the full counts, and what it costs: ``python -m benchmarks vault``.

Each trial's result is saved when it is done, so that a run of forty minutes can be gone on with.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import secrets
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from assistant.store.sqlcipher import versions
from benchmarks.report import RESULTS, Row, table
from benchmarks.vault_figures import FIGURES
from tests.trials.catalogue import TRIALS
from tests.trials.outcome import Outcome, Unable

RESULT_FILE: Final = RESULTS / "vault.json"
_SHOWN_FAULTS: Final = 12

_Json = dict[str, Any]  # Any: read from a file, written to one


def run(options: argparse.Namespace) -> bool:
    """Run trials and figures; whether all of them hold.

    Args:
        options: ``trial`` (names; None for all), ``full``, ``resume``, ``seed`` (None: a new one).
    """
    wanted = options.trial or [*TRIALS, *FIGURES]
    held = True
    for name in wanted:
        if options.resume and _stands(name, full=options.full):
            print(f"{name}: stands in {RESULT_FILE.name}")
            continue
        if name in TRIALS:
            held &= _run_trial(name, options)
        else:
            held &= _run_figure(name, FIGURES[name], full=options.full)
    return held


def _run_trial(name: str, options: argparse.Namespace) -> bool:
    trial = TRIALS[name]
    count = trial.full if options.full else trial.quick
    seed = secrets.randbits(32) if options.seed is None else options.seed
    print(f"\n{name}: count {count:,}, seed {seed} …", flush=True)
    began = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory() as folder:
            outcome = trial.run(count, seed, Path(folder))
    except Unable as reason:
        print(f"  not run: {reason}")
        return False
    seconds = time.perf_counter() - began
    _print(outcome, trial.meaning, seconds)
    _save(
        "trials",
        name,
        {**asdict(outcome), "count": count, "full": options.full, "meaning": trial.meaning},
        seconds,
    )
    return not outcome.faults


def _run_figure(name: str, measure: Callable[..., Sequence[Row]], *, full: bool) -> bool:
    print(f"\n{name} …", flush=True)
    began = time.perf_counter()
    rows = measure(full=full)
    print(table(rows))
    found = {"rows": [asdict(row) | {"holds": row.holds} for row in rows], "full": full}
    _save("figures", name, found, time.perf_counter() - began)
    return all(row.holds for row in rows)


def _print(outcome: Outcome, meaning: str, seconds: float) -> None:
    verdict = f"{len(outcome.faults)} FAULTS" if outcome.faults else "holds"
    print(f"  {outcome.rounds:,} rounds in {seconds:.0f} s: {verdict} ({meaning})")
    for what, number in outcome.numbers.items():
        print(f"    {what}: {number:,.10g}")
    for fault in outcome.faults[:_SHOWN_FAULTS]:
        print(f"    ! {fault}")
    if len(outcome.faults) > _SHOWN_FAULTS:
        print(f"    ! … all of them in {RESULT_FILE.name}")


def _stands(name: str, *, full: bool) -> bool:
    known = _read()
    found = known["trials"].get(name) or known["figures"].get(name)
    return bool(found and found["full"] == full)


def _save(part: str, name: str, found: _Json, seconds: float) -> None:
    known = _read()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    known["machine"] = _machine()
    known[part][name] = found | {"date": when, "seconds": round(seconds, 1)}
    RESULTS.mkdir(exist_ok=True)
    fresh = RESULT_FILE.with_suffix(".new")
    fresh.write_text(json.dumps(known, indent=1) + "\n")
    fresh.replace(RESULT_FILE)


def _read() -> _Json:
    empty: _Json = {"machine": {}, "trials": {}, "figures": {}}
    return empty | json.loads(RESULT_FILE.read_text()) if RESULT_FILE.exists() else empty


def _machine() -> _Json:
    """What was measured on; nothing that names its owner."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        **versions(),
    }
