"""ONNX Runtime reports nothing to its maker: neither out, nor into the person's home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.embed.shelf import EncoderShelf
from tests.detectors.tracing import Tracer, needs_strace

ROOT = Path(__file__).parent.parent.parent
AS_HUSH = "from assistant.embed.hushed import onnxruntime"
AS_IT_COMES = "from assistant.sealing.choose import install\ninstall()\nimport onnxruntime"
"""Behind the seal: what the test provokes shall not get out, either."""


def run(importing: str, model: Path, home: Path) -> Tracer:
    """Load a model and end, unsealed, in a home of its own; what strace saw of it."""
    home.mkdir()
    tracer = Tracer(home / "trace")
    code = f"{importing}\nonnxruntime.InferenceSession({str(model)!r})\n"
    quiet = {"ORT_DISABLE_TELEMETRY", "ORT_RUNNING_UNIT_TESTS", "CI", "XDG_CACHE_HOME"}
    kept = {name: value for name, value in os.environ.items() if name not in quiet}
    subprocess.run(
        [*tracer.prefix, sys.executable, "-c", code],
        cwd=ROOT,
        env=kept | {"HOME": str(home)},
        check=True,
        timeout=60,
    )
    tracer.wait()
    return tracer


@needs_strace
def test_it_reports_nothing(tmp_path: Path, encoder_shelf: EncoderShelf) -> None:
    """No socket, no name asked for, no identifier of the machine, no list of what was done."""
    model = next(encoder_shelf.folder.rglob("*.onnx"))
    tracer = run(AS_HUSH, model, tmp_path / "quiet")
    assert tracer.leaks() == []
    assert [path.name for path in (tmp_path / "quiet").iterdir()] == ["trace"]


@needs_strace
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it reports in other ways")
def test_left_alone_it_would(tmp_path: Path, encoder_shelf: EncoderShelf) -> None:
    """Else the test above proves nothing: a version that no longer does may be trusted more."""
    model = next(encoder_shelf.folder.rglob("*.onnx"))
    tracer = run(AS_IT_COMES, model, tmp_path / "loud")
    assert (tmp_path / "loud" / ".cache" / "Microsoft").exists()
    assert tracer.sockets() == 0  # it asks for its maker's name only some seconds later
