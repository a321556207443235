"""The list of models that can be had: the one in the package, or a newer one that was believed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

from assistant import __version__
from assistant.cancel import Cancel
from assistant.clock import Clock, SystemClock
from assistant.disk import write_atomically
from assistant.errors import CatalogueRefused
from assistant.log import log_event
from assistant.net.gate import Permit
from assistant.net.metered import Metered
from assistant.net.records import Answered, Data, Purpose, TransferEvent
from assistant.net.request import NetRequest
from assistant.settings import Settings
from models.catalogue import Catalogue
from models.signing import (
    MAX_DOCUMENT_BYTES,
    CatalogueFault,
    Envelope,
    Reason,
    Role,
    Root,
    first_root,
    read_envelope,
)
from models.trust import Offer, Seen, Trust, offer_bytes, read_offer, root_version

_DAY_MS: Final = 24 * 3600 * 1000
_FORMAT: Final = 1
_MAX_STATE_BYTES: Final = 4096
_WHOLE: Final = 200
_SECONDS: Final = 120.0  # for a file of a megabyte at most


@dataclass(frozen=True, slots=True)
class Bundle:
    """The two signed files that come with the app."""

    root: bytes
    catalogue: bytes


@dataclass(frozen=True, slots=True)
class Updated:
    """What looking for a newer catalogue came to."""

    changed: bool
    version: int
    words: str


@dataclass(frozen=True, slots=True)
class _State:
    """What is remembered beside the stored files: when it was last looked, and what was seen.

    Attributes:
        checked_at: Milliseconds since 1970; 0: never.
        newest: The newest catalogue that was believed; None: none.
        signers: Digest of who could sign it: under other keys its version means nothing.
    """

    checked_at: int = 0
    newest: Seen | None = None
    signers: str = ""


@dataclass(frozen=True, slots=True)
class _Standing:
    """Whom we believe, what came of it, and the roots on the way there from the app's own."""

    trust: Trust
    catalogue: Catalogue
    roots: tuple[Envelope, ...] = ()


class CatalogueKeeper:
    """Holds the newest catalogue that is to be trusted. ``update`` on one thread at a time.

    What is stored is believed no more than what is fetched: every start checks it again, from the
    root in the package on.

    Args:
        folder: Where a newer catalogue is kept; it need not exist.
        settings: The settings of the moment.
        bundle: What came with the app.
        clock: For the day, and for when it was last looked.
        metered: Whether the connection is paid for by volume, as far as that is known.
        app: This Hush's version.
    """

    def __init__(
        self,
        folder: Path,
        settings: Callable[[], Settings],
        bundle: Callable[[], Bundle] | None = None,
        clock: Clock | None = None,
        metered: Callable[[], Metered] = lambda: Metered.UNKNOWN,
        app: str = __version__,
    ) -> None:
        self._folder = folder
        self._settings = settings
        self._bundle = bundle or bundled
        self._clock = clock or SystemClock()
        self._metered = metered
        self._app = app
        self._standing: _Standing | None = None

    def current(self) -> Catalogue:
        """The newest catalogue that is to be trusted. Reads small files the first time.

        Models for a newer Hush are in it, and not usable. An old catalogue goes on to serve.
        """
        catalogue = self._stand().catalogue
        entries = tuple(
            entry if entry.runs_on(self._app) else replace(entry, usable=False)
            for entry in catalogue.entries
        )
        return replace(catalogue, entries=entries)

    def words(self) -> str:
        """What there is to say of the catalogue's age; empty where nothing."""
        catalogue = self._stand().catalogue
        if not catalogue.expired(self._today()):
            return ""
        return (
            f"This list of models is from {catalogue.made} and should have been renewed by "
            f"{catalogue.expires}. It still works; newer models may be missing."
        )

    def request(self) -> NetRequest | None:
        """What looking for a newer one would send; None where no address is set."""
        address = self._settings().catalogue_address.strip()
        if not address:
            return None
        return NetRequest(
            Purpose.CATALOGUE, address, max_bytes=MAX_DOCUMENT_BYTES, total_seconds=_SECONDS
        )

    def due(self, now_ms: int) -> bool:
        """Whether to look for a newer one by itself: allowed, a day has passed, and it is free.

        A connection of which nobody knows whether it costs is none to use unasked.
        """
        settings = self._settings()
        if not settings.check_catalogue or settings.local_only or self.request() is None:
            return False
        # A clock that was set back must not keep it from being looked for ever.
        a_day_ago = abs(now_ms - self._read_state().checked_at) >= _DAY_MS
        return a_day_ago and self._metered() is Metered.NO

    def update(self, permit: Permit, request: NetRequest, cancel: Cancel) -> Updated:
        """Fetch a newer one and keep it. Blocks.

        Args:
            permit: From the gate; stays open.
            request: What was approved.
            cancel: Ends it.

        Raises:
            NetworkError: it did not come; the one before stays.
            CatalogueRefused: it is not to be trusted; the one before stays.
            StorageFull: it cannot be kept; the one before stays.
        """
        before = self._stand()
        # First: where a server fails, it is not asked again and again.
        self._write_state(replace(self._read_state(), checked_at=self._clock.now()))
        data = _fetch(permit, request, cancel)
        try:
            after = self._believe(read_offer(data), before)
        except CatalogueFault as fault:
            log_event("catalogue.refused", reason=fault.reason.value)
            raise refused(fault.reason) from fault
        if (after.trust, after.catalogue) == (before.trust, before.catalogue):
            return Updated(False, before.catalogue.version, "You have the newest list of models.")
        self._keep(after, data)
        self._standing = after
        return Updated(
            after.catalogue != before.catalogue,
            after.catalogue.version,
            f"The list of models is now that of {after.catalogue.made}.",
        )

    def _believe(self, offer: Offer, before: _Standing) -> _Standing:
        followed = self._remembering(before.trust.follow(offer.roots))
        trust, catalogue = followed.accept(offer.catalogue, self._app)
        fresh = [root for root in offer.roots if root_version(root) > before.trust.root.version]
        return _Standing(trust, catalogue, (*before.roots, *fresh))

    # What is kept -------------------------------------------------------------------------

    def _stand(self) -> _Standing:
        if self._standing is None:
            self._standing = self._stored(self._own())
        return self._standing

    def _own(self) -> _Standing:
        """What came with the app. It cannot be refused: its own tests read it."""
        bundle = self._bundle()
        trust = Trust(first_root(bundle.root))
        return _Standing(*trust.accept(read_envelope(bundle.catalogue), self._app))

    def _stored(self, own: _Standing) -> _Standing:
        """What was kept, where it is to be trusted and newer than what came with the app."""
        try:
            offer = read_offer(_read(self._offer_path, MAX_DOCUMENT_BYTES))
            # Against the app's own catalogue: a newer app may have brought a newer one.
            return self._newer(own, offer)
        except FileNotFoundError:
            pass
        except (OSError, CatalogueFault) as error:
            reason = error.reason.value if isinstance(error, CatalogueFault) else "unreadable"
            log_event("catalogue.stored", reason=reason)
        # The file is gone or damaged; what was seen is remembered all the same.
        return replace(own, trust=self._remembering(own.trust))

    def _remembering(self, trust: Trust) -> Trust:
        """With what was seen under the same keys, where that is newer: a file may be put back.

        What other keys signed is forgotten, however new keys came: from a mirror, or with a newer
        app (TUF, 5.3.11). Else a number that a thief used up would shut out every later list.
        """
        state = self._read_state()
        newest, known = state.newest, trust.newest.version if trust.newest else 0
        if newest and newest.version > known and state.signers == _signers(trust.root):
            return replace(trust, newest=newest)
        return trust

    def _newer(self, own: _Standing, offer: Offer) -> _Standing:
        trust = self._remembering(own.trust.follow(offer.roots))
        try:
            trust, catalogue = trust.accept(offer.catalogue, self._app)
        except CatalogueFault as fault:
            if fault.reason is not Reason.OLDER:
                raise
            return replace(own, trust=trust)
        fresh = [root for root in offer.roots if root_version(root) > own.trust.root.version]
        return _Standing(trust, catalogue, tuple(fresh))

    def _keep(self, standing: _Standing, data: bytes) -> None:
        """Keep all roots with the catalogue: one file, so that no kill leaves half of it."""
        catalogue = read_offer(data).catalogue
        write_atomically(self._offer_path, offer_bytes(Offer(standing.roots, catalogue)))
        trust = standing.trust
        signers = _signers(trust.root)
        self._write_state(replace(self._read_state(), newest=trust.newest, signers=signers))

    @property
    def _offer_path(self) -> Path:
        return self._folder / "catalogue.json"

    @property
    def _state_path(self) -> Path:
        return self._folder / "state.json"

    def _read_state(self) -> _State:
        try:
            stored = json.loads(_read(self._state_path, _MAX_STATE_BYTES))
            if stored["format"] != _FORMAT:
                return _State()
            checked_at, version, sha256 = (
                stored["checked_at"],
                stored["version"],
                stored["sha256"],
            )
            known = isinstance(version, int) and version > 0 and isinstance(sha256, str)
            newest = Seen(version, sha256) if known else None
            return _State(int(checked_at), newest, str(stored.get("signers", "")))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return _State()

    def _write_state(self, state: _State) -> None:
        newest = state.newest or Seen(0, "")
        stored = {
            "format": _FORMAT,
            "checked_at": state.checked_at,
            "version": newest.version,
            "sha256": newest.sha256,
            "signers": state.signers,
        }
        write_atomically(self._state_path, json.dumps(stored).encode())

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.now() / 1000, UTC).date()


def bundled() -> Bundle:
    """The signed files in the package ``models``."""
    folder = files("models") / "catalogue"
    return Bundle((folder / "root.json").read_bytes(), (folder / "catalogue.json").read_bytes())


def refused(reason: Reason) -> CatalogueRefused:
    """Why a list of models that was fetched is not used, for the person."""
    return CatalogueRefused(_WORDS[reason], "The list that you have stays. " + _ADVICE[reason])


def _signers(root: Root) -> str:
    """Digest of the keys that sign catalogues, and of how many of them it takes."""
    role = root.roles[Role.CATALOGUE]
    named = [sorted(root.keys[key].hex() for key in role.keys), role.threshold]
    return hashlib.sha256(json.dumps(named).encode("ascii")).hexdigest()


def _fetch(permit: Permit, request: NetRequest, cancel: Cancel) -> bytes:
    data = bytearray()
    with closing(_events(permit, request, cancel)) as events:  # where it stops early, so do they
        for event in events:
            if isinstance(event, Answered) and event.status != _WHOLE:
                raise refused(Reason.FORMAT)
            if isinstance(event, Data):
                data += event.data
            if len(data) > MAX_DOCUMENT_BYTES:
                raise refused(Reason.TOO_LARGE)
    return bytes(data)


def _events(permit: Permit, request: NetRequest, cancel: Cancel) -> Generator[TransferEvent]:
    yield from permit.run(request, cancel)


def _read(path: Path, most: int) -> bytes:
    """A file's bytes; one more than ``most`` where there are more, which the reader refuses."""
    with path.open("rb") as stream:
        return stream.read(most + 1)


_WORDS: Final = {
    Reason.TOO_LARGE: "The list of models that came is far too large.",
    Reason.NOT_JSON: "What came is no list of models.",
    Reason.FORMAT: "What came is no list of models.",
    Reason.SIGNATURES: "The list of models that came is not signed by enough of those who may.",
    Reason.OLDER: "The list of models that came is older than the one you have.",
    Reason.REPLAYED: "The list of models that came has the number of another one.",
    Reason.UNKNOWN_ROOT: "Nobody vouches for those who signed the list of models that came.",
    Reason.MINIMUM_APP: "The newest list of models is made for a newer Hush.",
    Reason.NONSENSE: "The list of models that came makes no sense.",
}
_SUSPECT: Final = "Check the address in Settings: somebody may be deceiving you, or it is broken."
_ADVICE: Final = dict.fromkeys(Reason, _SUSPECT) | {
    Reason.OLDER: "The address may be behind. Try again later.",
    Reason.MINIMUM_APP: "Update Hush to use it.",
}
