"""``hush cloud``: who can be asked elsewhere, what waits for it, and the switch."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Final, TypeVar

from assistant.app import App, Session
from assistant.cloud.records import LimitField, Provider
from assistant.errors import InputRefused, VaultLocked
from assistant.net.request import NetRequest
from assistant.settings import Settings
from assistant.terminal.arguments import Arguments
from assistant.terminal.cloud_asking import NOTHING, CloudDesk
from assistant.terminal.console import Console
from assistant.terminal.reading import local_time
from assistant.text import title_from

T = TypeVar("T")

_SWITCH: Final = frozenset({"on", "off"})
_ON: Final = "Hush may offer to ask elsewhere. It never does so by itself."
_OFF: Final = "Everything is answered on this computer."
_IS_OFF: Final = "None of them is asked: that is off. Turn it on: hush cloud on"
_LOCAL_ONLY: Final = "Hush is set to stay on this computer: nobody is asked before that is changed."
_NOBODY: Final = "No provider yet. Add one: hush cloud add NAME ADDRESS MODEL"
_NONE_WAITS: Final = "No question waits."
_PLAIN: Final = "Not encrypted: who shares this network can read what is sent."
_NOT_KEPT: Final = (
    "There is no safe keyring here: the key is gone when this command ends. Unlock or set up your "
    "system's keyring, then add it again."
)
_MAX_KEY: Final = 1000
_LIMIT_FIELDS: Final[dict[str, LimitField]] = {
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_completion_tokens",
    "none": "",
}


def cloud(arguments: Arguments, app: App, session: Callable[[], Session], console: Console) -> int:
    """Do one of the actions.

    Args:
        arguments: Which.
        app: Its settings hold the switch.
        session: Opens the vault; not called for the switch.
        console: Where to.

    Returns:
        The exit code.

    Raises:
        HushError: as the action raises.
    """
    if arguments.action in _SWITCH:
        return _switch(app, console, on=arguments.action == "on", as_json=arguments.json)
    code = work(CloudDesk.over(session(), arguments, console))
    if arguments.action == "providers" and not _may_ask(app.settings):
        console.remark(_LOCAL_ONLY if app.settings.local_only else _IS_OFF)
    return code


def work(desk: CloudDesk) -> int:
    """Do it at this desk; see ``cloud``."""
    return _ACTIONS[desk.arguments.action](desk)


def _may_ask(settings: Settings) -> bool:
    return settings.cloud and not settings.local_only


def _switch(app: App, console: Console, *, on: bool, as_json: bool) -> int:
    settings = app.save_settings(replace(app.settings, cloud=on)).result()
    if as_json:
        console.data({"cloud": on, "local_only": settings.local_only})
        return 0
    console.line(_ON if on else _OFF)
    if on and settings.local_only:
        console.remark(_LOCAL_ONLY)
    return 0


def _list(desk: CloudDesk) -> int:
    """Print who can be asked, the one that is offered first."""
    found = desk.cloud.providers.list().result()
    for provider in found:
        if desk.arguments.json:
            desk.console.data(asdict(provider))
        else:
            desk.console.line(_as_line(provider))
    if not found:
        desk.console.remark(_NOBODY)
    return 0


def _add(desk: CloudDesk) -> int:
    """Keep a provider; one of this name is changed."""
    rooms, arguments = desk.cloud.providers, desk.arguments
    name = arguments.name.strip()
    same = [one for one in rooms.list().result() if one.name.casefold() == name.casefold()]
    if len(same) > 1:
        raise InputRefused("More than one provider is called so.", "Give it another name.")
    before = same[0] if same else None
    wanted = _made(before, arguments, name)
    saved = rooms.save(wanted, _key(desk, before)).result()
    if arguments.json:
        desk.console.data({**asdict(saved), "key_lasts": desk.cloud.key_lasts})
    else:
        desk.console.line(_as_line(saved))
    if saved.is_plain:
        desk.console.remark(_PLAIN)
    if saved.has_key and not desk.cloud.key_lasts:
        desk.console.remark(_NOT_KEPT)
    desk.console.remark(f"{NOTHING} Try it: hush cloud test {saved.id}")
    return 0


def _made(before: Provider | None, arguments: Arguments, name: str) -> Provider:
    if before is None:
        # Who keeps it looks at the address, and says whether it is on one's own network.
        before = Provider("", name, arguments.address, arguments.model, own_network=False)
    return replace(
        before,
        name=name,
        address=arguments.address,
        model=arguments.model,
        limit_field=_LIMIT_FIELDS.get(arguments.limit_field, before.limit_field),
        price_in=_or(arguments.price_in, before.price_in),
        price_out=_or(arguments.price_out, before.price_out),
        currency=_or(arguments.currency, before.currency),
    )


def _or(given: T | None, before: T) -> T:
    """What was given; else as it was."""
    return before if given is None else given


def _key(desk: CloudDesk, before: Provider | None) -> str | None:
    """The key as it was given; None: as it was, empty: none."""
    descriptor = desk.arguments.key_fd
    if descriptor is not None:
        return _key_from(descriptor)
    had_one = before is not None and before.has_key
    if not desk.console.interactive:
        return None if had_one else ""
    otherwise = "as it was" if had_one else "none"
    try:
        typed = desk.console.ask(f"Key (it is not shown; Enter: {otherwise}): ").strip()
    except VaultLocked as error:
        raise InputRefused("No key was given.", "Nothing was changed.") from error
    return typed or (None if had_one else "")


def _key_from(descriptor: int) -> str:
    """The first line that can be read there, without its end.

    Raises:
        InputRefused: it cannot be read, or is longer than a key.
    """
    data = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
            data += byte
            if len(data) > _MAX_KEY:
                raise InputRefused(
                    f"A key has at most {_MAX_KEY:,} characters.", "Nothing was changed."
                )
    except OSError as error:
        raise InputRefused(
            f"No key could be read from file descriptor {descriptor}.",
            "Open it first, for example with 3<FILE. Nothing was changed.",
        ) from error
    return data.removesuffix(b"\r").decode("utf-8", "replace")


def _remove(desk: CloudDesk) -> int:
    """Forget a provider, after asking."""
    provider = desk.find(desk.arguments.name)
    if not desk.arguments.yes:
        if not desk.console.interactive:
            raise InputRefused("Nothing was removed.", "Say --yes where nobody can be asked.")
        if not desk.agrees(f"Forget “{provider.name}” and its key?"):
            raise InputRefused("Nothing was removed.")
    desk.cloud.providers.remove(provider.id).result()
    if desk.arguments.json:
        desk.console.data({"id": provider.id, "name": provider.name})
    else:
        desk.console.line(f"“{provider.name}” and its key are forgotten.")
    return 0


def _test(desk: CloudDesk) -> int:
    """Ask a provider which models it has, once somebody said yes to exactly that."""
    rooms, arguments = desk.cloud.providers, desk.arguments
    provider = desk.find(arguments.name)
    request = rooms.test_request(provider)
    if arguments.dry_run:
        _show(desk, provider, request)
        return 0
    desk.get_yes(
        request,
        lambda: desk.console.remark(_sent(provider, request)),
        f"Ask {provider.host} which models it has?",
    )
    names = rooms.test(provider, desk.gate.approve(request)).result()
    if arguments.json:
        desk.console.data({"id": provider.id, "models": list(names)})
        return 0
    for name in names:
        desk.console.line(f"{'*' if name == provider.model else ' '} {name}")
    if provider.model not in names:
        desk.console.remark(f"It does not name “{provider.model}”, which you chose.")
    return 0


def _show(desk: CloudDesk, provider: Provider, request: NetRequest) -> None:
    shown = {
        "provider": provider.name,
        "host": request.host,
        "method": request.method,
        "url": request.url,
        "has_key": provider.has_key,
        "payload_sha256": request.payload_sha256,
    }
    desk.console.facts(shown, as_json=desk.arguments.json)


def _sent(provider: Provider, request: NetRequest) -> str:
    what = "your key, and nothing of yours" if provider.has_key else "nothing of yours"
    plain = f" {_PLAIN}" if provider.is_plain else ""
    return f"{request.method} {request.url}\nSent is {what}.{plain}"


def _waiting(desk: CloudDesk) -> int:
    """Print what waits for a network, the oldest first."""
    found = desk.cloud.waiting.list().result()
    names = {one.id: one.name for one in desk.cloud.providers.list().result()}
    for one in found:
        if desk.arguments.json:
            desk.console.data(asdict(one))
        else:
            whom = names.get(one.provider_id, "a provider that is gone")
            desk.console.line(
                f"{one.id:>6}  {local_time(one.at)}  chat {one.conversation_id}  {whom}  "
                f"{title_from(one.text)}"
            )
    desk.console.remark(_ELSEWHERE_APPROVED if found else _NONE_WAITS)
    return 0


def _as_line(provider: Provider) -> str:
    mark = "*" if provider.is_default else " "
    where = "own network" if provider.own_network else "hosted"
    notes = [
        where,
        *(["key"] if provider.has_key else []),
        *(["trusted in the window"] if provider.trusted else []),
    ]
    return (
        f"{mark} {provider.name:<24}  {provider.host:<28}  {provider.model:<28}  "
        f"{', '.join(notes)}  {provider.id}"
    )


_ELSEWHERE_APPROVED: Final = "Each is looked at and approved by itself, in the window: Cloud."
_ACTIONS: Final[dict[str, Callable[[CloudDesk], int]]] = {
    "providers": _list,
    "add": _add,
    "remove": _remove,
    "test": _test,
    "waiting": _waiting,
}
