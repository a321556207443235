"""What the app is built from; the tests and the benchmarks bring their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.access.entrance import Entrance
from assistant.access.proving import ChildProver, Prover
from assistant.clock import Clock, SystemClock
from assistant.engine.process import ChildEngine
from assistant.engine.protocol import Engine
from assistant.library import encoder_files
from assistant.outside import Outside, as_it_is
from assistant.paths import Profile
from assistant.power.probe import PowerProbe, system_probe
from assistant.settings import Settings
from assistant.shelf.catalogue import Bundle, bundled
from assistant.store.keyring_guard import TextStore, open_texts
from models.encoders import EncoderFiles
from models.file import ModelFile
from models.starter import starter_model


@dataclass(frozen=True, slots=True)
class Parts:
    """Makers of everything that a test may want otherwise.

    ``tunes`` allows minutes of work on a copy of the model while nobody asks: not over a fake.
    """

    engine: Callable[[], Engine] = ChildEngine
    clock: Clock = field(default_factory=SystemClock)
    entrance: Callable[[Profile, Clock], Entrance] = Entrance
    prover: Prover = field(default_factory=ChildProver)
    starter: Callable[[], ModelFile] = starter_model
    probe: Callable[[Clock], PowerProbe] = system_probe
    encoder: Callable[[Settings], EncoderFiles] = encoder_files
    outside: Outside = field(default_factory=as_it_is)
    bundle: Callable[[], Bundle] = bundled
    key_texts: Callable[[], TextStore] = open_texts
    tunes: bool = False
