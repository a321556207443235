"""``hush models quantise|bench|compare``: models measured, made smaller, and held side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Final

from assistant.errors import InputRefused
from assistant.shelf.measuring import PROMPT_TOKENS
from assistant.shelf.records import BenchResult, Measured, Pair, Quantised, Winner
from assistant.terminal.model_desk import Desk, named, one_of_your_own, size
from assistant.text import percent
from models.library import Installed

_MAX_QUESTIONS_BYTES: Final = 1 << 20
_UNKNOWN: Final = "–"
_KEYS: Final = "l left · r right · b both good · n neither · q quit: "
_WINNERS: Final[dict[str, Winner]] = {"l": "left", "r": "right", "b": "both", "n": "neither"}


def bench(desk: Desk) -> int:
    """Measure a model, the one in use where none is named. Raises as ``Bench.run`` does."""
    model = desk.find(desk.arguments.name) if desk.arguments.name else desk.active()
    result = desk.work(lambda tell, cancel: desk.service.bench.run(model.sha256, tell, cancel))
    if desk.arguments.json:
        desk.console.data({"name": model.name, **asdict(result)})
        return 0
    for line in _table(model, result):
        desk.console.line(line)
    return 0


def quantise(desk: Desk) -> int:
    """Make a smaller copy. Raises as ``Quantising.start`` does."""
    model = desk.find(desk.arguments.name)
    prompts = _questions(desk)
    form = desk.arguments.form
    made = desk.work(
        lambda tell, cancel: desk.service.quantising.start(
            model.sha256, form, prompts, tell, cancel
        )
    )
    if desk.arguments.json:
        desk.console.data({"form": form, "made_from": model.sha256, **asdict(made)})
        return 0
    for line in _report(made):
        desk.console.line(line)
    desk.console.remark(f"Use it: hush models activate {made.sha256[:12]}")
    return 0


def compare(desk: Desk) -> int:
    """Have two models answer, and ask which is better; or tell what that came to so far.

    Raises:
        InputRefused: nobody is there to ask, or there is nothing to ask the models.
    """
    first, second = desk.find(desk.arguments.name), desk.find(desk.arguments.into)
    if not desk.arguments.tally:
        if not desk.console.interactive:
            raise InputRefused(
                "There is nobody here to ask which answer is better.",
                "With --tally your earlier decisions are printed.",
            )
        _decide(desk, first, second)
    tally = desk.service.comparing.tally(first.sha256, second.sha256).result()
    if desk.arguments.json:
        digests = {"first_model": first.sha256, "second_model": second.sha256}
        desk.console.data({**digests, **asdict(tally)})
        return 0
    for words, count in (
        (first.name, tally.first),
        (second.name, tally.second),
        ("both good", tally.both),
        ("neither", tally.neither),
    ):
        desk.console.line(f"{words:<32}  {count:>4}")
    return 0


def _decide(desk: Desk, first: Installed, second: Installed) -> None:
    """Have all pairs written, then ask of each; a name is told after each decision alone."""
    prompts = _questions(desk)
    pairs: list[Pair] = []
    desk.work(
        lambda _, cancel: desk.service.comparing.begin(
            first.sha256, second.sha256, prompts, pairs.append, cancel
        )
    )
    names = named((first, second))
    for number, pair in enumerate(pairs, 1):
        _show(desk, pair, f"{number} of {len(pairs)}")
        winner = _winner(desk)
        if winner is None:
            return
        desk.service.comparing.decide(pair.id, winner).result()
        left, right = (names[sha256] for sha256 in desk.service.comparing.sides(pair.id))
        desk.console.remark(f"Left was {left}, right was {right}.")


def _show(desk: Desk, pair: Pair, where: str) -> None:
    for heading, text in ((where, pair.prompt), ("left", pair.left), ("right", pair.right)):
        desk.console.remark(f"— {heading} —")
        desk.console.remark(text)


def _winner(desk: Desk) -> Winner | None:
    """What the person says; None: no more."""
    while True:
        typed = desk.console.reply(_KEYS).strip().lower()
        if typed in _WINNERS:
            return _WINNERS[typed]
        if typed == "q":
            return None


def _questions(desk: Desk) -> list[str]:
    """Those of the command line, and those of a file, one a line.

    Raises:
        InputRefused: the file cannot be read, or is no such list.
    """
    found = list(desk.arguments.text)
    if desk.arguments.path:
        try:
            with one_of_your_own(desk.arguments.path).open("rb") as file:
                data = file.read(_MAX_QUESTIONS_BYTES + 1)
        except OSError as error:
            raise InputRefused(
                "The file with your questions cannot be read.", "Nothing was begun."
            ) from error
        if len(data) > _MAX_QUESTIONS_BYTES:
            raise InputRefused(
                "The file with your questions is larger than 1 MB.", "Nothing was begun."
            )
        found += data.decode("utf-8-sig", "replace").splitlines()
    return [line for line in found if line.strip()]


def _table(model: Installed, result: BenchResult) -> list[str]:
    """What was measured, as aligned lines."""
    foretold = f"{result.predicted_decode:.1f} tokens/s" if result.predicted_decode else _UNKNOWN
    rows = (
        ("prompt", f"{result.prompt_tokens_per_second:.1f} tokens/s"),
        ("decode", f"{result.decode_tokens_per_second:.1f} tokens/s"),
        ("foretold", foretold),
        ("first token", f"{result.first_token_ms / 1000:.2f} s"),
        ("peak memory", size(result.peak_memory)),
    )
    runs = f"{result.runs} round{'' if result.runs == 1 else 's'}"
    threads = f"{result.threads} thread{'' if result.threads == 1 else 's'}"
    return [
        f"{model.name}: {runs}, {threads}, after a prompt of about {PROMPT_TOKENS} tokens",
        *(f"{name:<11}  {figure:>16}" for name, figure in rows),
    ]


def _report(made: Quantised) -> list[str]:
    """Before and after."""
    asked = f"{made.prompts} question{'' if made.prompts == 1 else 's'}"

    def row(name: str, figure: Callable[[Measured], str]) -> str:
        return f"{name:<8}  {figure(made.before):>16}  {figure(made.after):>16}"

    return [
        f"{'':<8}  {'before':>16}  {'after':>16}",
        row("size", lambda one: size(one.size)),
        row("prompt", lambda one: f"{one.prompt_speed:.1f} tokens/s"),
        row("decode", lambda one: f"{one.decode_speed:.1f} tokens/s"),
        f"The same next word in {percent(made.agreement)} of places; {asked} asked.",
    ]
