"""What the models' place says: sizes, speeds, how far a download is. All pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLocale

from assistant.shelf.records import BenchResult, DownloadState, Fit, Quantised, Step, Tally
from ui.vault.words import number, size

if TYPE_CHECKING:
    from models.catalogue import Entry
    from models.library import Installed

_MINUTE: Final = 60
_HOUR: Final = 3_600
_LANGUAGES: Final = 4  # named; of more, only how many there are

_SOURCES: Final = {
    "starter": "came with Hush",
    "download": "downloaded",
    "import": "taken in from a file",
    "adopted": "of another program",
    "quantised": "made smaller here",
}
_CONDITIONS: Final = {
    "ready": "",
    "changed": "Its file was changed by another program since Hush checked it. It is not used.",
    "missing": "Its file is not where it was. It can be used again once it is back.",
    "damaged": "Its file is not what was checked before. It is not used.",
    "unverified": "It came here without Hush. It is checked before it is used.",
}
_UNIT: Final = re.compile(r" (?=[kMGT]?B\b)")
_APART: Final = " · "


def joined(*facts: str) -> str:
    """Facts in one line; empty ones are left out."""
    return _APART.join(filter(None, facts))


def duration(seconds: float) -> str:
    """How long something takes: "less than a minute", "4 min", "1 h 20 min"."""
    minutes = round(seconds / _MINUTE)
    if minutes < 1:
        return "less than a minute"
    if seconds < _HOUR:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, _MINUTE)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def of_total(done: int, total: int) -> str:
    """How much of something is here: "0.3 of 1.1 GB"; the unit is said once where it is one."""
    here, whole = size(done), size(total)
    unit = _UNIT.split(whole)[-1]
    return f"{here.removesuffix(f' {unit}')} of {whole}"


def tokens(speed: float) -> str:
    """A speed: "14 tokens/s", "3.2 tokens/s". Words would be a guess: languages differ."""
    return f"{speed:.0f} tokens/s" if speed >= 10 else f"{speed:.1f} tokens/s"


def offered_facts(entry: Entry, fit: Fit | None) -> str:
    """What one weighs before a download, in one line."""
    speed = fit.expected if fit else None
    memory = fit.memory if fit else entry.memory
    return joined(
        size(entry.size),
        f"about {tokens(speed.decode)}" if speed else "",
        f"needs {size(memory)} of memory" if memory else "",
        entry.licence,
    )


def more_facts(entry: Entry) -> str:
    """What else there is to know about a model that is offered."""
    return joined(
        f"Reads {entry.context:,} tokens at once",
        _languages(entry.languages),
        f"from {_host(entry.url)}",
    )


def _languages(languages: tuple[str, ...]) -> str:
    if len(languages) > _LANGUAGES:
        return number(len(languages), "language")
    return ", ".join(_language(code) for code in languages)


def _language(code: str) -> str:
    language = QLocale(code).language()
    known = language not in {QLocale.Language.C, QLocale.Language.AnyLanguage}
    return QLocale.languageToString(language) if known else code


def _host(address: str) -> str:
    return address.split("//", 1)[-1].split("/", 1)[0]


def installed_facts(model: Installed) -> str:
    """Where a model came from and what it takes."""
    source = _SOURCES[model.source]
    linked = "its file stays where it is" if model.linked else ""
    return joined(size(model.size), source, linked, "in use" if model.active else "")


def condition(model: Installed) -> str:
    """What is wrong with a model that is here; empty where nothing is."""
    return _CONDITIONS[model.state]


def download_words(state: DownloadState) -> str:
    """How far a download is."""
    share = of_total(state.done, state.total)
    match state.step:
        case Step.WAITING:
            return state.words or "Waiting for another download."  # or for another try
        case Step.CONNECTING:
            return "Connecting…"
        case Step.RUNNING:
            speed = f"{size(round(state.bytes_per_second))}/s" if state.bytes_per_second else ""
            left = "" if state.seconds_left is None else f"{duration(state.seconds_left)} left"
            return joined(share, speed, left)
        case Step.PAUSED:
            return f"Paused at {share}. {state.words}".strip()
        case Step.VERIFYING:
            return "Checking that it is the file it claims to be…"
        case Step.PREFLIGHT:
            return "Checking that it is safe to open…"
        case Step.DONE:
            return "It is here, and checked."
    return state.words or "The download did not work."


def share_of(state: DownloadState) -> float | None:
    """How far it is, from 0 to 1; None where that is not the question."""
    if state.step in {Step.DONE, Step.FAILED, Step.WAITING} or not state.total:
        return None
    return min(1.0, state.done / state.total)


def discarding(state: DownloadState) -> str:
    """What is asked before a download is given up."""
    here = size(state.done)
    return f"Give up {state.name}, and delete the {here} that are here? Keeping them costs nothing."


def deleting(model: Installed) -> str:
    """What is asked before a model is deleted."""
    gone = "Its file stays where it is." if model.linked else f"{size(model.size)} are freed."
    return f"Delete {model.name}? {gone}"


def freed(name: str, count: int) -> str:
    """What deleting a model came to."""
    if not count:
        return f"{name} is off the list. Its file stays where it is."
    return f"{name} is deleted. {size(count)} are free again."


def bench_rows(result: BenchResult) -> tuple[tuple[str, str], ...]:
    """A model as it was measured: what, and how much."""
    foretold = result.predicted_decode
    expected = (("Foretold before", tokens(foretold)),) if foretold else ()
    return (
        ("Writes", tokens(result.decode_tokens_per_second)),
        *expected,
        ("Reads", tokens(result.prompt_tokens_per_second)),
        ("First word after", f"{result.first_token_ms / 1000:.2f} s"),
        ("Memory at most", size(result.peak_memory)),
        ("Measured with", f"{number(result.threads, 'core')}, {number(result.runs, 'run')}"),
    )


def smaller_rows(result: Quantised) -> tuple[tuple[str, str, str], ...]:
    """A smaller copy beside what it was made from: what, before, after."""
    before, after = result.before, result.after
    return (
        ("Size", size(before.size), size(after.size)),
        ("Writes", tokens(before.decode_speed), tokens(after.decode_speed)),
        ("Reads", tokens(before.prompt_speed), tokens(after.prompt_speed)),
    )


def agreement(result: Quantised) -> str:
    """How far a smaller copy says the same."""
    asked = number(result.prompts, "question")
    return f"The two agree in {round(100 * result.agreement)} % of what they wrote to {asked}."


def tally_words(first: str, second: str, tally: Tally) -> str:
    """How often which was preferred."""
    total = tally.first + tally.second + tally.both + tally.neither
    if not total:
        return "Nothing decided yet."
    rest = joined(
        f"{first}: {tally.first}",
        f"{second}: {tally.second}",
        f"both good: {tally.both}",
        f"neither: {tally.neither}",
    )
    return f"Of {number(total, 'question')} that you judged: {rest}."
