"""The house's rules that imports can show, and those that only reading can."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("assistant", "models", "ui")
MAX_FILE_LINES = 500
MAX_CLASS_LINES = 300


def sources() -> list[Path]:
    """Every Python file of the product."""
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def test_import_contracts_hold() -> None:
    """import-linter's contracts in pyproject.toml: ui -> assistant -> models, and the rooms'."""
    run = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_classes_stay_small(path: Path) -> None:
    """A file over 500 lines or a class over 300 wants splitting."""
    text = path.read_text()
    assert text.count("\n") <= MAX_FILE_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef):
            assert (node.end_lineno or 0) - node.lineno < MAX_CLASS_LINES, node.name


def test_core_runs_without_qt() -> None:
    """The terminal's parts import no Qt, even where it is installed."""
    code = (
        "import sys; import assistant.app, assistant.terminal.command;"
        "sys.exit(any(name.startswith('PySide6') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_window_process_never_imports_a_client() -> None:
    """What speaks HTTP belongs to the net child; what finds personal data comes when needed."""
    code = (
        "import sys; import assistant.app, ui.window;"
        "late = ('openai', 'httpx2', 'phonenumbers', 'assistant.redaction.people');"
        "sys.exit(any(name in sys.modules for name in late))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_window_process_never_imports_llama_or_torch() -> None:
    """llama.cpp belongs to the child alone: an abort there must not take the key along."""
    code = (
        "import sys; import assistant.app, ui.window;"
        "sys.exit(any(name in sys.modules for name in ('llama_cpp', 'torch', 'numpy')))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_engine_child_knows_neither_vault_nor_key() -> None:
    """The process that reads model files imports nothing of the store."""
    code = (
        "import sys; import assistant.engine.child;"
        "bad = ('assistant.store', 'sqlcipher3', 'keyring', 'cryptography', 'PySide6');"
        "sys.exit(any(name.startswith(bad) for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
