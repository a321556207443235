"""What is foretold of a model's speed before it is there, against what is measured once it is."""

from __future__ import annotations

import tempfile
from pathlib import Path
from statistics import fmean, median
from typing import Final

from assistant.cancel import Cancel
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import EngineOptions
from assistant.shelf.measuring import measure
from assistant.shelf.synthetic import Build, write_synthetic
from assistant.shelf.yardstick import FORM_BUILDS, Measuring
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

    The forecast comes from the app's own ten-second run (of that form alone), the truth from the
    engine's child as the app's own bench measures it. They take turns: each truth is held against
    the mean of the forecasts just before and just after it, and the row is the median of the
    ratios. The same model on the same loaned machine was read at 86 and at 145 tokens/s within two
    minutes, which no forecast can know.

    Args:
        quick: One round each instead of five.
    """
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        by_size = zip(*(sizes(form) for form in FORMS), strict=True)
        return [_row(Path(folder), build, rounds) for builds in by_size for build in builds]


def _row(folder: Path, build: Build, rounds: int) -> Row:
    path = folder / "model.gguf"
    model = write_synthetic(path, build)
    shape = build.shape(path.stat().st_size)
    name = f"foretold speed, {build.parameters / 1e6:.0f} M parameters, {build.form}"
    found: list[tuple[Speed, Speed]] = []

    def foretell() -> Speed | None:
        return predict(shape, shape.file_bytes, build.form, _yardstick(folder, build.form))

    engine = ChildEngine()
    try:
        before = foretell()
        for _ in range(rounds):
            # Anew for each: a prompt that was read before would not be read again.
            info = engine.load(model, EngineOptions(snapshot_bytes=0))
            figures = measure(engine, info, lambda _share: None, Cancel(), rounds=1)
            after = foretell()
            if before is None or after is None:
                return Row(name, None, "%", "the run did not get to this form", MOST_OFF)
            expected = Speed(
                fmean((before.prompt, after.prompt)), fmean((before.decode, after.decode))
            )
            found.append((expected, Speed(figures.prompt_speed, figures.decode_speed)))
            before = after
    finally:
        engine.close()
        path.unlink()
    reading = median(100 * (expected.prompt / true.prompt - 1) for expected, true in found)
    writing = median(100 * (expected.decode / true.decode - 1) for expected, true in found)
    slowest, fastest = (choose(true.prompt for _, true in found) for choose in (min, max))
    how = (
        f"the worse of reading ({reading:+.0f}) and writing ({writing:+.0f}); {len(found)} rounds, "
        f"in which the truth itself was {slowest:.0f} to {fastest:.0f} tokens/s read"
    )
    return Row(name, max(abs(reading), abs(writing)), "%", how, MOST_OFF)


def _yardstick(folder: Path, form: str) -> Yardstick:
    forms = tuple(build for build in FORM_BUILDS if build.form == form)
    return Measuring(folder / "yardstick", machine_key, forms=forms).run(Cancel())
