"""``hush models``: what is here, what suits this machine, and which model is in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Final

from assistant.app import App, Session
from assistant.cancel import Cancel
from assistant.errors import HushError, InputRefused
from assistant.shelf.records import Fit, Verdict
from assistant.shelf.service import ModelService
from assistant.terminal import model_getting, model_renewing, model_trying
from assistant.terminal.arguments import Arguments
from assistant.terminal.console import Console
from assistant.terminal.model_desk import Desk, as_data, as_line, size
from assistant.terminal.waiting import EXIT_STOPPED, Events
from models.catalogue import Entry

_EXIT_BAD_MODEL: Final = 5
_STOPPED: Final = "Stopped."
_PAUSED: Final = "Stopped. What is here stays; the same command goes on with it."
_GET_AGAIN: Final = (
    "What is not “ready” is not loaded. “hush models download” or “import” puts a whole file in "
    "its place."
)
_OWN_FILE: Final = "Your settings name a model file of their own, which goes on being used."
_IN_WORDS: Final = {
    Verdict.RECOMMENDED: "recommended",
    Verdict.WORKS: "will work",
    Verdict.TIGHT: "tight",
    Verdict.TOO_BIG: "too big",
    Verdict.NO_DISK: "no room on the disk",
}


def models(
    arguments: Arguments, app: App, session: Session, events: Events, console: Console
) -> int:
    """Do one of the actions on models.

    Returns:
        The exit code.

    Raises:
        InputRefused: there is no shelf in this session.
        HushError: as the action raises.
    """
    if session.models is None:
        raise InputRefused("Models need a vault that is kept.", "Open yours first.")
    code = work(arguments, session.models, events, console)
    if arguments.action in _OF_THE_ONE_IN_USE and app.settings.model_path:
        console.remark(_OWN_FILE)
    return code


def work(arguments: Arguments, service: ModelService, events: Events, console: Console) -> int:
    """Do it with this service; see ``models``."""
    desk = Desk(service, arguments, console, events)
    try:
        code = _ACTIONS[arguments.action](desk)
    except HushError:
        if not desk.interrupted:  # else its words would tell of a failure
            raise
    if desk.interrupted:
        console.remark(_PAUSED if arguments.action == "download" else _STOPPED)
        return EXIT_STOPPED
    return code


def _list(desk: Desk) -> int:
    """Print the models that are here, with what each measured last."""
    measured = {row.model: row for row in desk.service.bench.latest().result()}
    for model in desk.models():
        row = measured.get(model.sha256)
        if desk.arguments.json:
            speed = row and {
                "at": row.at,
                "prompt_tokens_per_second": row.prompt_speed,
                "decode_tokens_per_second": row.decode_speed,
                "first_token_ms": row.first_token_ms,
                "peak_memory": row.peak_memory,
            }
            desk.console.data({**as_data(model), "measured": speed})
        else:
            desk.console.line(as_line(model, f"{row.decode_speed:.0f} tokens/s" if row else ""))
    for state in desk.service.downloads.states():
        if state.can_resume:
            here = f"{size(state.done)} of {size(state.total)} are here"
            desk.console.remark(f"{state.name}: {here}. Go on: hush models download.")
    return 0


def _recommend(desk: Desk) -> int:
    """Print how each model of the catalogue would do here, the one to take first."""
    service = desk.service
    fits = service.fitting.fits().result()
    if not any(fit.expected for fit in fits) and any(fit.verdict not in _NOT_HERE for fit in fits):
        desk.console.remark("Measuring this machine: ten seconds at most.")
        cancel = Cancel()
        desk.wait(service.fitting.measure(cancel), cancel.ask)
        fits = service.fitting.fits().result()
    catalogue = service.catalogue.current()
    entries = {entry.id: entry for entry in catalogue.entries}
    for fit in sorted(fits, key=lambda fit: fit.verdict is not Verdict.RECOMMENDED):
        if entry := entries.get(fit.entry_id):
            _tell_fit(desk, entry, fit)
    if words := service.catalogue.words():
        newer = " Look for one: hush models update." if service.catalogue.request() else ""
        desk.console.remark(f"{words}{newer}")
    return 0


def _tell_fit(desk: Desk, entry: Entry, fit: Fit) -> None:
    if desk.arguments.json:
        told = asdict(fit)
        del told["entry_id"]
        about = {
            "id": entry.id,
            "name": entry.name,
            "kind": entry.kind,
            "usable": entry.usable,
            "bytes": entry.size,
            "sha256": entry.sha256,
            "licence": entry.licence,
            "good_at": entry.good_at,
            "languages": list(entry.languages),
        }
        desk.console.data({**about, **told})
        return
    speed = f"{fit.expected.decode:.0f} tokens/s" if fit.expected else "–"
    verdict = _IN_WORDS[fit.verdict] if entry.usable else "not used yet"
    desk.console.line(
        f"{entry.id:<28}  {size(entry.size):>7}  {speed:>12}  {verdict:<19}  {entry.name}"
    )
    if fit.verdict is Verdict.RECOMMENDED:
        desk.console.remark(f"{fit.words} Get it: hush models download {entry.id}")


def _verify(desk: Desk) -> int:
    """Read whole files; 5 where one is not what it was."""
    wanted = desk.arguments.name
    bad = 0
    for before in (desk.find(wanted),) if wanted else desk.models():
        verify = partial(desk.service.library.verify, before.sha256)
        model = desk.work(verify)
        bad += model.state != "ready"
        if desk.interrupted:
            break
        if desk.arguments.json:
            desk.console.data(as_data(model))
        else:
            desk.console.line(as_line(model))
    if bad:
        desk.console.remark(_GET_AGAIN)
    return _EXIT_BAD_MODEL if bad else 0


def _activate(desk: Desk) -> int:
    model = desk.find(desk.arguments.name)
    chosen = desk.work(
        lambda tell, cancel: desk.service.activation.activate(model.sha256, tell, cancel)
    )
    return _in_use(desk, as_data(chosen), chosen.name)


def _roll_back(desk: Desk) -> int:
    chosen = desk.service.activation.roll_back().result()
    return _in_use(desk, as_data(chosen), chosen.name)


def _in_use(desk: Desk, data: Mapping[str, object], name: str) -> int:
    if desk.arguments.json:
        desk.console.data(dict(data))
    else:
        desk.console.line(f"“{name}” is used from now on.")
    return 0


def _remove(desk: Desk) -> int:
    """Delete a model, after asking."""
    model = desk.find(desk.arguments.name)
    if not desk.arguments.yes:
        if not desk.console.interactive:
            raise InputRefused("Nothing was removed.", "Say --yes where nobody can be asked.")
        stays = "Its file stays where it is. " if model.linked else ""
        if not desk.agrees(f"Remove “{model.name}”, {size(model.size)}? {stays}"):
            raise InputRefused("Nothing was removed.")
    freed = desk.service.library.remove(model.sha256).result()
    if desk.arguments.json:
        desk.console.data({"sha256": model.sha256, "name": model.name, "freed": freed})
    else:
        desk.console.line(f"“{model.name}” is removed; {size(freed)} are free again.")
    return 0


_ACTIONS: Final[dict[str, Callable[[Desk], int]]] = {
    "list": _list,
    "recommend": _recommend,
    "update": model_renewing.update,
    "download": model_getting.download,
    "import": model_getting.take_in,
    "adopt": model_getting.adopt,
    "verify": _verify,
    "activate": _activate,
    "rollback": _roll_back,
    "remove": _remove,
    "quantise": model_trying.quantise,
    "bench": model_trying.bench,
    "compare": model_trying.compare,
}
_OF_THE_ONE_IN_USE: Final = frozenset({"activate", "bench", "list", "rollback"})
_NOT_HERE: Final = frozenset({Verdict.TOO_BIG, Verdict.NO_DISK})
