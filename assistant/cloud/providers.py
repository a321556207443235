"""Who can be asked elsewhere: kept in the vault, their keys in the system's keyring."""

from __future__ import annotations

import json
import math
import re
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Final, get_args

from assistant.background import Background
from assistant.clock import Clock
from assistant.cloud.keys import KeySafe, checked_key
from assistant.cloud.records import LimitField, Provider
from assistant.errors import InputRefused, KeyNotKept, VaultError
from assistant.events import CloudChanged, EventSink
from assistant.net.policy import Address, BadAddress, may_ask, read_address
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.store import cloud_rows
from assistant.store.cloud_accounts import MOST
from assistant.store.sqlcipher import Connection
from assistant.store.vault import Vault

STAND_IN: Final = ("Authorization", "Bearer key")
"""Says in a request that a key goes with it; the real one is put in when it is sent."""

MAX_LIST_BYTES: Final = 1024 * 1024
"""Of a provider's list of models. The largest hosted ones take some 300 KB."""
MAX_MODELS: Final = 500

_MAX_NAME: Final = 60
_MAX_ADDRESS: Final = 1000
_MAX_PRICE: Final = 1_000_000.0
_ID: Final = re.compile("[0-9a-f]{16}")
_MODEL: Final = re.compile(r"[\x20-\x7e]{1,200}")
_CURRENCY: Final = re.compile("[A-Z]{3}")  # ISO 4217
_ENDINGS: Final = ("/chat/completions", "/models")
_NO_LIST: Final = "What came is no list of models. Nothing of it was kept."


class ProviderShelf:
    """The providers of one vault. For any thread; what can take time answers with a future.

    Args:
        vault: Open. It is read once now, and then only for ``list``.
        keys: Where their keys are.
        clock: When one was added.
        publish: Hears that something changed.
    """

    def __init__(
        self,
        vault: Vault,
        keys: KeySafe,
        clock: Clock,
        publish: EventSink = lambda _event: None,
    ) -> None:
        self._vault = vault
        self._keys = keys
        self._clock = clock
        self._publish = publish
        self._known: tuple[Provider, ...] = ()
        self._work = Background("providers")  # one change at a time: a keyring may ask the person
        self.list()

    @property
    def known(self) -> tuple[Provider, ...]:
        """All of them, the default one first; from memory, at once. Empty until they were read."""
        return self._known

    def list(self) -> Future[tuple[Provider, ...]]:
        """All of them, read anew."""
        return self._work.submit(self._read)

    def save(self, provider: Provider, key: str | None) -> Future[Provider]:
        """Keep a provider, or what changed of it.

        Args:
            provider: A new one has no id. One that is another server's by now gets another id: a
                key lies under its provider's, and so is never two servers', whatever fails in
                the middle of a change, and whatever backup is restored. Whether it is trusted,
                or the default one, is changed by ``trust`` and ``make_default`` alone; the first
                one is the default.
            key: None: as it was. Empty: it has none.

        Raises:
            InputRefused: name, address, model, price or key cannot be; or the address is another
                server's, and its key is not said anew: a key goes to nobody it was not entered for.
            KeyNotKept: the keyring does not let go of the key that it had.
        """
        return self._work.submit(lambda: self._save(provider, key))

    def remove(self, provider_id: str) -> Future[None]:
        """Forget a provider, its key first.

        Raises:
            NotFound: there is none.
            KeyNotKept: the keyring does not let go of its key; the provider stays.
        """

        def work() -> None:
            if self._stored(provider_id).has_key:
                self._keys.forget(provider_id)
            self._write(lambda c: cloud_rows.remove_provider(c, provider_id))

        return self._work.submit(work)

    def make_default(self, provider_id: str) -> Future[None]:
        """Offer this one.

        Raises:
            NotFound: there is none.
        """
        return self._work.submit(
            lambda: self._write(lambda c: cloud_rows.make_default(c, provider_id))
        )

    def trust(self, provider_id: str, *, trusted: bool) -> Future[Provider]:
        """Let a press be enough for a box of one's own network, or no longer.

        Raises:
            NotFound: there is none.
            InputRefused: it is not on one's own network, or any machine there may have its address.
        """
        return self._work.submit(lambda: self._trust(provider_id, trusted=trusted))

    def trusts(self, request: NetRequest) -> bool:
        """Whether a press is enough for this: a question to a box that is trusted. At once."""
        if (request.purpose, request.method) != (Purpose.CLOUD, "POST") or not request.own_network:
            return False
        with suppress(BadAddress):
            asked = read_address(request.url)
            return any(
                asked == _question_address(provider)
                for provider in self._known
                if provider.trusted and provider.can_be_trusted
            )
        return False

    def test_request(self, provider: Provider) -> NetRequest:
        """What asks a provider which models it has; its key is ``STAND_IN``."""
        return NetRequest(
            purpose=Purpose.CLOUD,
            url=f"{provider.address}/models",
            headers=(STAND_IN,) if provider.has_key else (),
            max_bytes=MAX_LIST_BYTES,
            total_seconds=60.0,
            own_network=provider.own_network,
        )

    def _save(self, provider: Provider, key: str | None) -> Provider:
        wanted = _checked(provider)
        key = checked_key(key) if key else key
        self._read()
        before = next((one for one in self._known if one.id == wanted.id), None)
        self._refuse_twins(wanted)
        is_other = before is None or _origin(before) != _origin(wanted)
        if before and before.has_key and is_other and key is None:
            raise InputRefused(
                "This address is another server's, and the key is for the one before.",
                "Enter the key for this one, or none.",
            )
        same = before is not None and before.address == wanted.address
        wanted = replace(
            wanted,
            id=secrets.token_hex(8) if is_other else wanted.id,
            trusted=before is not None and before.trusted and same,
            has_key=bool(key) if key is not None else before is not None and before.has_key,
        )
        return self._kept(before, wanted, key)

    def _kept(self, before: Provider | None, wanted: Provider, key: str | None) -> Provider:
        """Keep one that can be, its key first; what a server had that it is no more goes last."""
        is_other = before is None or before.id != wanted.id
        if key:
            self._keys.put(wanted.id, key)
        elif key is not None and before and before.has_key and not is_other:
            self._keys.forget(wanted.id)

        def write(connection: Connection) -> None:
            if before and is_other:
                cloud_rows.rename_provider(connection, before.id, wanted.id)
            cloud_rows.put_provider(connection, wanted, self._clock.now())

        try:
            self._write(write)
        except BaseException:
            if key and is_other:
                self._forget_if_it_can(wanted.id)
            raise
        if before and before.has_key and is_other:
            self._forget_if_it_can(before.id)
        return self._stored(wanted.id)

    def _forget_if_it_can(self, provider_id: str) -> None:
        with suppress(KeyNotKept):  # no provider leads to it any more; erasing finds it
            self._keys.forget(provider_id)

    def _refuse_twins(self, wanted: Provider) -> None:
        others = [one for one in self._known if one.id != wanted.id]
        if any(one.name.casefold() == wanted.name.casefold() for one in others):
            raise InputRefused("Another provider has this name.", "Give this one another.")
        if len(others) >= MOST:
            raise InputRefused(f"There is room for {MOST} providers.", "Remove one first.")

    def _trust(self, provider_id: str, *, trusted: bool) -> Provider:
        provider = self._stored(provider_id)
        if trusted and not provider.own_network:
            raise InputRefused(
                "Only a box on your own network can be trusted.",
                "What goes to the internet is shown to you each time.",
            )
        if trusted and not provider.can_be_trusted:
            raise InputRefused(
                "Only a box whose connection is encrypted can be trusted, or this computer.",
                "On another network, another machine may have its address.",
            )
        changed = replace(provider, trusted=trusted)
        self._write(lambda c: cloud_rows.put_provider(c, changed, self._clock.now()))
        return self._stored(provider_id)

    def _stored(self, provider_id: str) -> Provider:
        """As it is kept.

        Raises:
            NotFound: there is none.
        """
        for provider in self._read():
            if provider.id == provider_id:
                return provider
        raise cloud_rows.no_such_provider()

    def _read(self) -> tuple[Provider, ...]:
        self._known = self._vault.read(cloud_rows.providers).result()
        return self._known

    def _write(self, work: Callable[..., None]) -> None:
        self._vault.write(work).result()
        with suppress(VaultError):  # it is kept, whatever becomes of reading it again
            self._read()
        self._publish(CloudChanged())


def normalised(text: str) -> str:
    """A provider's address in the one way to write it: a base, as ``https://example.com/v1``.

    Raises:
        InputRefused: it is none; or it is http, and not on one's own network.
    """
    address = _read_base(text.strip())
    if not may_ask(address, own_network=address.is_own_network):
        raise InputRefused(
            "Hush sends nothing to the internet that others can read on the way.",
            "Use an address that begins with https://.",
        )
    return address.text.rstrip("/")


def models_of(body: bytes) -> tuple[str, ...]:
    """The models that a provider says it has: up to 500 names that could be sent back.

    Args:
        body: The answer to ``ProviderShelf.test_request``.

    Raises:
        InputRefused: it is no such list. Nothing of what came is in the words.
    """
    try:
        said = json.loads(body) if len(body) <= MAX_LIST_BYTES else None
    except (ValueError, RecursionError):
        said = None
    rows = said.get("data") if isinstance(said, dict) else None
    if not isinstance(rows, list):
        raise InputRefused(_NO_LIST, "Look whether the address is the one of its API.")
    found = dict.fromkeys(_names(rows))
    return tuple(found)[:MAX_MODELS]


def _names(rows: list[object]) -> Iterator[str]:
    for row in rows:
        name = row.get("id") if isinstance(row, dict) else None
        if isinstance(name, str) and _MODEL.fullmatch(name) and name == name.strip():
            yield name


def _read_base(text: str) -> Address:
    for ending in _ENDINGS:
        text = text.rstrip("/").removesuffix(ending)
    text = text.rstrip("/")
    try:
        address = read_address(text) if len(text) <= _MAX_ADDRESS else None
    except BadAddress:
        address = None
    parts = address.target.split("/")[1:] if address else []
    if (
        address is None
        or "?" in text
        or "#" in text
        or {".", ".."} & set(parts)
        or "" in parts[:-1]
    ):
        raise InputRefused(
            "This is no address that Hush can ask.",
            "Write it as https://api.example.com/v1, or as http://192.168.1.20:8080/v1.",
        )
    return address


def _checked(provider: Provider) -> Provider:
    """A provider as it can be kept.

    Raises:
        InputRefused: what cannot be.
    """
    name = " ".join(provider.name.split())
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise InputRefused(f"A provider needs a name of up to {_MAX_NAME} ordinary characters.")
    address = normalised(provider.address)
    model = provider.model.strip()
    if not _MODEL.fullmatch(model):
        raise InputRefused(
            "A model's name has up to 200 characters, without accents.",
            "Copy it from your provider's page, or test the connection and choose one.",
        )
    for price in (provider.price_in, provider.price_out):
        if price is not None and not (math.isfinite(price) and 0 <= price <= _MAX_PRICE):
            raise InputRefused("A price is a number from 0 up, for a million tokens.")
    if not _CURRENCY.fullmatch(provider.currency):
        raise InputRefused("A currency has three capital letters, like USD.")
    if provider.limit_field not in get_args(LimitField):
        raise InputRefused("The limit of an answer has no such name.")
    if provider.id and not _ID.fullmatch(provider.id):
        raise InputRefused("This is no provider of yours.")
    return replace(
        provider,
        name=name,
        address=address,
        model=model,
        own_network=read_address(address).is_own_network,
    )


def _origin(provider: Provider) -> tuple[str, str, int]:
    """Whose a key is."""
    address = read_address(provider.address)
    return address.scheme, address.host, address.port


def _question_address(provider: Provider) -> Address:
    return read_address(f"{provider.address}/chat/completions")
