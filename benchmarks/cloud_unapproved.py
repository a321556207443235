"""Requests that no ledger has, over every test that lets something go; counted by the servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Row
from tests.cloud_count import REPORT

_ROOT = Path(__file__).parent.parent


def unapproved_rows() -> list[Row]:
    """Run the tests marked ``cloud``, and add up what came to their servers."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-m", "cloud", "-p", "no:cacheprovider"],
            cwd=_ROOT,
            env={**os.environ, REPORT: folder},
            capture_output=True,
            check=False,
        )
        lines = [
            json.loads(line)
            for file in Path(folder).iterdir()
            for line in file.read_text().splitlines()
        ]
    came = sum(line["came"] for line in lines)
    against = f"{came} requests in {len(lines)} tests; pytest ended with {done.returncode}"
    counted = sum(line["unapproved"] for line in lines) if came and not done.returncode else None
    return [Row("requests without an approval", counted, "", against, bar=0)]
