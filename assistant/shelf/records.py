"""What the shelf's rooms hand to each other and to whoever shows it. Frozen values, no logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from models.speed import Speed, Yardstick

__all__ = ["Speed", "Yardstick"]  # told of here, too: they come from a leaf

# Fit ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MachineProfile:
    """What a model has to fit. Sizes in bytes.

    Attributes:
        cores: Physical ones.
        memory: All of it.
        available: What is free of it now.
        instructions: Names of the sets that decide speed, as the processor tells them.
        gpu: Its name; empty: none that is used.
        free_disk: Where models are kept.
    """

    cores: int
    memory: int
    available: int
    instructions: tuple[str, ...]
    gpu: str
    gpu_memory: int
    free_disk: int


class Verdict(StrEnum):
    """Whether a model fits this machine."""

    RECOMMENDED = "recommended"
    WORKS = "works"
    TIGHT = "tight"
    TOO_BIG = "too-big"
    NO_DISK = "no-disk"


@dataclass(frozen=True, slots=True)
class Fit:
    """How a model of the catalogue fits.

    Attributes:
        memory: Bytes that it needs with the context of the settings.
        disk: Bytes on the disk.
        expected: Before it is there; None: not measured yet.
        words: The verdict as a sentence.
        seconds_to_download: At the speed of the last download; None: not known.
    """

    entry_id: str
    verdict: Verdict
    memory: int
    disk: int
    expected: Speed | None
    words: str
    seconds_to_download: float | None = None


# Download -----------------------------------------------------------------------------------


class Step(StrEnum):
    """Where a download is."""

    WAITING = "waiting"
    CONNECTING = "connecting"
    RUNNING = "running"
    PAUSED = "paused"
    VERIFYING = "verifying"
    PREFLIGHT = "preflight"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class DownloadState:
    """How far a download is.

    Attributes:
        done: Bytes that are here.
        words: Why it waits or failed, as a sentence.
        can_resume: What is here can be gone on with, after a new approval.
    """

    sha256: str
    name: str
    step: Step
    done: int
    total: int
    bytes_per_second: float
    seconds_left: float | None
    words: str = ""
    can_resume: bool = False


# What is on the shelf -----------------------------------------------------------------------

Source = Literal["starter", "download", "import", "adopted", "quantised"]
Condition = Literal["ready", "changed", "missing", "damaged", "unverified"]


@dataclass(frozen=True, slots=True)
class Passed:
    """A model file that may be loaded.

    Attributes:
        parameters: How many; 0: not told.
        shape: Layers, embedding, heads, key width, value width, feed forward, vocabulary.
    """

    architecture: str
    name: str
    parameters: int
    context: int
    template: bool
    shape: tuple[int, ...]
    kind: Literal["chat", "embedding", "other"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A model file that is not loaded.

    Attributes:
        code: One of empty, magic, version, limit, beyond-end, alignment, tokens, layers, template,
            template-time, memory, time, crashed, kind.
        words: What it is, and what to do, as sentences.
    """

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """A model that another program keeps on this computer.

    Attributes:
        sha256: As that program names it; None: not known until it is read.
    """

    program: str
    name: str
    path: Path
    size: int
    sha256: str | None


# Work on models -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Measured:
    """A model as it was measured here. Size in bytes, speeds in tokens a second."""

    size: int
    prompt_speed: float
    decode_speed: float


@dataclass(frozen=True, slots=True)
class Quantised:
    """A smaller copy, and what it costs.

    Attributes:
        sha256: The copy's.
        agreement: Share of answers that are the same, from 0 to 1.
        prompts: How many were asked.
    """

    sha256: str
    before: Measured
    after: Measured
    agreement: float
    prompts: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one question; which is whose only the service knows."""

    id: int
    prompt: str = field(repr=False)
    left: str = field(repr=False)
    right: str = field(repr=False)


Winner = Literal["left", "right", "both", "neither"]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often which of two models was preferred."""

    first: int
    second: int
    both: int
    neither: int


@dataclass(frozen=True, slots=True)
class BenchResult:
    """A model, measured.

    Attributes:
        model: Its SHA-256.
        first_token_ms: Time to first token.
        peak_memory: Of the engine's process, bytes.
        predicted_decode: What was foretold before; None: nothing was.
    """

    model: str
    prompt_tokens_per_second: float
    decode_tokens_per_second: float
    first_token_ms: float
    peak_memory: int
    threads: int
    runs: int
    predicted_decode: float | None
