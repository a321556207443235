"""What works over an open vault does as the person's settings say."""

from __future__ import annotations

import pytest

from assistant.app import FirstKeys
from assistant.net.gatekeeper import GateKeeper
from assistant.net.records import Purpose
from assistant.net.request import NetRequest
from assistant.paths import Profile
from assistant.settings import Settings
from tests.fakes.door import PASSPHRASE
from tests.unit.test_app import Running

MODEL = NetRequest(Purpose.MODEL, "https://models.test/a.gguf", max_bytes=10)
QUESTION = NetRequest(Purpose.CLOUD, "https://cloud.test/v1/models")


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (Settings(), [Purpose.MODEL]),
        (Settings(cloud=True, local_only=True), []),
        (Settings(local_only=True), []),
        (Settings(cloud=True, check_catalogue=True), [Purpose.MODEL, Purpose.CLOUD]),
    ],
    ids=["the cloud", "local only", "both", "another"],
)
def test_a_switch_stops_what_it_is_for(
    profile: Profile, after: Settings, left: list[Purpose]
) -> None:
    """Without the cloud models still come; local only stops everything."""
    with Running(profile).start() as app:
        session = app.create_vault(FirstKeys(keyring=True, passphrase=PASSPHRASE)).result(20)
        app.save_settings(Settings(cloud=True)).result(20)
        gate = session.network
        assert isinstance(gate, GateKeeper)
        for request in (MODEL, QUESTION):
            gate.approve(request)
        app.save_settings(after).result(20)
        assert [one.purpose for one in gate._approvals._open.values()] == left
