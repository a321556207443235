"""What is foretold of a model's speed before it is there, against what is measured once it is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import EngineOptions
from assistant.shelf.measuring import measure
from assistant.shelf.synthetic import Build, write_synthetic
from assistant.shelf.yardstick import Measuring
from assistant.tuning.job import machine_key
from benchmarks.report import Row
from models.speed import Speed, Yardstick, predict

MOST_OFF: Final = 30.0
"""Per cent, of reading and of writing alike."""

FORMS: Final = ("Q8_0", "Q4_0", "Q4_K_M")


def sizes(form: str) -> tuple[Build, ...]:
    """Three models in this form, of about 30, 160 and 600 million parameters.

    None is one that the yardstick measured.
    """
    return (
        Build(form, 8, 512, 8, 2, 1536, 8192),
        Build(form, 21, 768, 12, 4, 2304, 16_384),
        Build(form, 29, 1280, 20, 4, 3584, 65_536),
    )


def foretold(*, quick: bool = False) -> list[Row]:
    """How far the forecast is off, in per cent of what was measured, for each size and form.

    The yardstick is the app's own ten-second run; the truth comes from the engine's child, as the
    app's own bench measures it.

    Args:
        quick: One round each instead of three.
    """
    rounds = 1 if quick else 3
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        yardstick = Measuring(place, machine_key).run(Cancel())
        by_size = zip(*(sizes(form) for form in FORMS), strict=True)
        return [_row(place, build, yardstick, rounds) for builds in by_size for build in builds]


def _row(folder: Path, build: Build, yardstick: Yardstick, rounds: int) -> Row:
    path = folder / "model.gguf"
    model = write_synthetic(path, build)
    size = path.stat().st_size
    name = f"foretold speed, {build.parameters / 1e6:.0f} M parameters, {build.form}"
    expected = predict(build.shape(size), size, build.form, yardstick)
    if expected is None:
        return Row(name, None, "%", "the ten-second run did not get to this form", MOST_OFF)
    engine = ChildEngine()
    try:
        info = engine.load(model, EngineOptions(snapshot_bytes=0))
        figures = measure(engine, info, lambda _share: None, Cancel(), rounds=rounds)
    finally:
        engine.close()
        path.unlink()
    found = Speed(figures.prompt_speed, figures.decode_speed)
    reading, writing = _off(expected.prompt, found.prompt), _off(expected.decode, found.decode)
    how = (
        f"the worse of reading ({expected.prompt:.0f} foretold, {found.prompt:.0f} measured) and "
        f"writing ({expected.decode:.1f}, {found.decode:.1f} tokens/s); {figures.runs} rounds"
    )
    return Row(name, max(reading, writing), "%", how, MOST_OFF)


def _off(expected: float, found: float) -> float:
    return 100 * abs(expected / found - 1)
