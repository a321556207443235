"""Typed settings in one JSON file. A value is valid or it is refused with a sentence."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from assistant.disk import write_atomically
from assistant.errors import SettingRefused
from assistant.text import clean

DEFAULT_SYSTEM_PROMPT: Final = (
    "You are a helpful assistant. Give short, clear answers in plain words."
)
"""Of nine tried on twenty questions the one with the most right answers from the starter model
(docs/decisions/0002-system-prompt.md). No clock and no name in it: it begins every prompt, and
the KV cache is kept for what stays the same."""

_MAX_BYTES: Final = 256 * 1024
_MAX_SEED: Final = 2**32 - 2  # the next one means "random" to llama.cpp
_MAX_PROMPT_CHARACTERS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Range:
    """What a number may be, and what it is called in a sentence."""

    name: str
    low: float
    high: float


def _number(default: float, name: str, low: float, high: float) -> Any:
    return field(default=default, metadata={"range": _Range(name, low, high)})


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a person can choose.

    Token counts in tokens, ``reading_size`` in pixels at 100 %, ``threads`` 0 means automatic,
    ``seed`` None means a new one each time, ``lock_minutes`` 0 never locks by itself,
    ``gpu_layers`` -1 means as many as fit. ``use_tuned`` takes a copy of the model that was
    measured to be faster here, where there is one. ``give_titles`` and ``teach_tags`` let the
    model name chats and propose tags when nobody asked. ``local_only`` lets nothing out, whatever
    else is allowed; ``check_catalogue`` lets Hush ask ``catalogue_address`` for newer models,
    once a day at most.

    ``cloud`` lets Hush offer to ask elsewhere, of which each request is approved; ``cloud_redact``
    swaps personal data in it. The ``offer_…`` are for what an offer is made: the machine rests,
    the model is less sure than ``offer_below``, not all fitted into the context, and one of
    ``cloud_only_tasks``. ``compare_answers`` tells where a cloud's answer is further than
    ``divergence_from`` from the local one.

    Raises:
        SettingRefused: a value of the wrong kind or outside its range.
    """

    context_tokens: int = _number(2048, "Context", 512, 32_768)
    reply_tokens: int = _number(256, "Longest answer", 16, 8192)
    temperature: float = _number(0.2, "Creativity", 0.0, 2.0)
    top_p: float = _number(0.9, "Top-p", 0.05, 1.0)
    min_p: float = _number(0.05, "Min-p", 0.0, 1.0)
    seed: int | None = field(default=None, metadata={"range": _Range("Seed", 0, _MAX_SEED)})
    threads: int = _number(0, "Threads", 0, 64)
    system_prompt: str = DEFAULT_SYSTEM_PROMPT
    model_path: str = ""  # empty: the starter model
    reading_size: int = _number(15, "Text size", 12, 45)
    list_visible: bool = True
    lock_minutes: int = _number(10, "Lock after", 0, 1440)
    gpu_layers: int = _number(-1, "GPU layers", -1, 999)
    use_tuned: bool = True
    always_quiet: bool = False
    background_on_battery: bool = False
    give_titles: bool = True
    teach_tags: bool = False
    encoder_path: str = ""  # empty: the embedding model that comes with Hush
    local_only: bool = False
    check_catalogue: bool = False
    catalogue_address: str = ""  # empty: the catalogue that comes with Hush
    cloud: bool = False
    cloud_redact: bool = True
    cloud_reply_tokens: int = _number(1024, "Longest cloud answer", 16, 32_768)
    cloud_only_tasks: str = "translate"  # values of ``actions.records.Action``, by commas
    offer_paused: bool = True
    offer_unsure: bool = True
    offer_long: bool = True
    offer_beyond: bool = True
    offer_below: float = _number(0.7, "Offer below", 0.0, 1.0)  # as confidence.records.DOUBTFUL
    compare_answers: bool = True
    divergence_from: float = _number(0.15, "Divergence", 0.0, 2.0)  # cloud.divergence.distance

    def __post_init__(self) -> None:
        for entry in fields(self):
            _check(entry.name, entry.type, entry.metadata.get("range"), getattr(self, entry.name))


def _check(name: str, kind: Any, limits: _Range | None, value: object) -> None:
    if limits is None:
        expected = bool if kind == "bool" else str
        if not isinstance(value, expected):
            raise SettingRefused(f"The setting {name} has the wrong kind of value.")
        if isinstance(value, str):
            _check_text(name, value)
        return
    if value is None and "None" in str(kind):
        return
    numeric = isinstance(value, int) or (isinstance(value, float) and "float" in str(kind))
    # A comparison with NaN is False, so NaN is refused here too.
    if isinstance(value, bool) or not numeric or not limits.low <= value <= limits.high:  # type: ignore[operator] # numeric says it compares
        raise SettingRefused(f"{limits.name} must be between {_written(limits)}.")


def _written(limits: _Range) -> str:
    return f"{limits.low:,.10g} and {limits.high:,.10g}"


def _check_text(name: str, value: str) -> None:
    if len(value) > _MAX_PROMPT_CHARACTERS:
        what = "The instructions hold" if name == "system_prompt" else f"The setting {name} holds"
        raise SettingRefused(f"{what} at most {_MAX_PROMPT_CHARACTERS:,} characters.")
    if value != clean(value):
        raise SettingRefused(f"The setting {name} holds characters that cannot be stored.")
    if name in ("model_path", "encoder_path") and value and not Path(value).is_absolute():
        raise SettingRefused("The model's path must be absolute.")


class SettingsFile:
    """The settings on disk.

    Args:
        path: The file; it need not exist.
        now: Seconds since 1970, for the name under which a broken file is kept.
    """

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path = path
        self._now = now

    def load(self) -> tuple[Settings, str]:
        """Read the settings.

        A file that is no settings file is kept beside, under another name, and the defaults are
        used; a single bad or unknown value is left out.

        Returns:
            The settings, and a sentence for the person where something was wrong, else empty.
        """
        try:
            with self._path.open("rb") as stream:
                stored = json.loads(stream.read(_MAX_BYTES))
            if not isinstance(stored, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return Settings(), ""
        except OSError:
            return Settings(), "Your settings could not be read. The defaults are used."
        except (ValueError, RecursionError):
            return Settings(), self._set_aside()
        return _adopt(stored)

    def save(self, settings: Settings) -> None:
        """Write the settings, atomically.

        Raises:
            StorageFull: the disk is full or read-only; the file is as it was.
        """
        data = json.dumps(asdict(settings), indent=2, ensure_ascii=False) + "\n"
        write_atomically(self._path, data.encode())

    def _set_aside(self) -> str:
        kept = self._path.with_name(f"settings.damaged-{int(self._now())}.json")
        try:
            self._path.replace(kept)
        except OSError:
            return "Your settings file is damaged. The defaults are used."
        return f"Your settings file was damaged. It is kept as {kept.name}; the defaults are used."


def _adopt(stored: dict[str, Any]) -> tuple[Settings, str]:
    settings, refused = Settings(), 0
    for entry in fields(Settings):
        if entry.name not in stored:
            continue
        try:
            settings = replace(settings, **{entry.name: stored[entry.name]})
        except SettingRefused:
            refused += 1
    if refused:
        return (
            settings,
            f"{refused} of your settings could not be used; the defaults stand for them.",
        )
    return settings, ""
