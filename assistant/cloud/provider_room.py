"""Who can be asked, and whether they answer."""

from __future__ import annotations

from concurrent.futures import Future

from assistant.background import Background
from assistant.cancel import Cancel
from assistant.cloud.composing import with_key
from assistant.cloud.keys import KeySafe
from assistant.cloud.providers import ProviderShelf, models_of
from assistant.cloud.readiness import Readiness
from assistant.cloud.records import Provider
from assistant.errors import InputRefused
from assistant.net.approvals import Approval
from assistant.net.gate import NetworkGate
from assistant.net.records import Data
from assistant.net.request import NetRequest


class Providers:
    """A ``ProviderRoom``.

    Args:
        shelf: Keeps them.
        keys: Their keys.
        gate: Lets a test out that a person approved.
        readiness: Lets go of the key when nobody needs it any more.
    """

    def __init__(
        self, shelf: ProviderShelf, keys: KeySafe, gate: NetworkGate, readiness: Readiness
    ) -> None:
        self._shelf = shelf
        self._keys = keys
        self._gate = gate
        self._readiness = readiness
        self._tests = Background("cloud-test")

    @property
    def known(self) -> tuple[Provider, ...]:
        """See ``ProviderRoom.known``."""
        return self._shelf.known

    def list(self) -> Future[tuple[Provider, ...]]:
        """See ``ProviderRoom.list``."""
        return self._shelf.list()

    def save(self, provider: Provider, key: str | None) -> Future[Provider]:
        """See ``ProviderRoom.save``."""
        return self._shelf.save(provider, key)

    def remove(self, provider_id: str) -> Future[None]:
        """See ``ProviderRoom.remove``."""
        return self._shelf.remove(provider_id)

    def make_default(self, provider_id: str) -> Future[None]:
        """See ``ProviderRoom.make_default``."""
        return self._shelf.make_default(provider_id)

    def trust(self, provider_id: str, *, trusted: bool) -> Future[Provider]:
        """See ``ProviderRoom.trust``."""
        return self._shelf.trust(provider_id, trusted=trusted)

    def test_request(self, provider: Provider) -> NetRequest:
        """See ``ProviderRoom.test_request``."""
        return self._shelf.test_request(provider)

    def test(self, provider: Provider, approval: Approval) -> Future[tuple[str, ...]]:
        """See ``ProviderRoom.test``."""
        return self._tests.submit(lambda: self._test(provider, approval))

    def key_for(self, provider: Provider) -> str:
        """The key that may go to this provider, at this address. Blocks.

        Raises:
            KeyNotKept: there is none, or the keyring is locked.
            InputRefused: the provider is another one by now, and the key perhaps another's.
        """
        if not provider.has_key:
            return ""
        key = self._keys.get(provider.id)
        # Read anew, behind whatever is being changed just now: a key is of one address.
        if (provider.id, provider.address) in {
            (one.id, one.address) for one in self._shelf.list().result()
        }:
            return key
        raise not_what_was_seen(provider)

    def _test(self, provider: Provider, approval: Approval) -> tuple[str, ...]:
        request = self._shelf.test_request(provider)
        self._readiness.enter()
        try:
            key = self.key_for(provider)
            with self._gate.open(approval, request, provider.name, metered_ok=True) as permit:
                events = permit.run(with_key(request, key), Cancel())
                body = b"".join(event.data for event in events if isinstance(event, Data))
        finally:
            self._readiness.leave()
        return models_of(body)


def not_what_was_seen(provider: Provider) -> InputRefused:
    """For whoever asks one that is not what it was."""
    return InputRefused(
        f"{provider.name} is no longer what you looked at. Nothing was sent.",
        "Ask again, and look at it as it is now.",
    )
