"""The room of models in a whole app: what a killed Hush left goes, and closing ends what runs."""

from __future__ import annotations

import os
import shutil
import threading
from pathlib import Path

import pytest

from assistant.access.entrance import Entrance
from assistant.app import App, FirstKeys, Parts, Session
from assistant.cancel import Cancel
from assistant.errors import InputRefused
from assistant.paths import Profile
from assistant.shelf.closing import Closing
from assistant.shelf.leftovers import LEAST_AGE, sweep, sweep_records
from assistant.shelf.protocols import unheard
from tests.fakes.door import CHEAP, PASSPHRASE, Door, FakeProver
from tests.fakes.engine import FakeEngine
from tests.unit.side_engines import small_model


def start(profile: Profile) -> App:
    """A Hush over a new vault."""
    door = Door(profile)
    parts = Parts(
        engine=FakeEngine,
        entrance=lambda profile, clock: Entrance(
            profile, clock, keyring=door.find_keyring, cost=CHEAP
        ),
        prover=FakeProver(door),
    )
    return App(profile, lambda _: None, parts)


def open_vault(app: App) -> Session:
    """Its services."""
    return app.create_vault(FirstKeys(keyring=False, passphrase=PASSPHRASE)).result(20)


def test_what_a_killed_hush_left_goes_when_the_next_one_opens(profile: Profile) -> None:
    """Not when something is imported, quantised or measured again: that may be never."""
    parts = profile.models / "downloads"
    (parts / "yardstick-abc").mkdir(parents=True)
    (parts / "yardstick-abc" / "model.gguf").write_bytes(b"GGUF")
    for name in (".import-abc", "quantise-ab-Q4_0.partial", "other"):
        (parts / name).write_bytes(b"GGUF")
    with start(profile) as app:
        models = open_vault(app).models
        assert models
        (starter,) = models.library.all().result(20)
        models.library.verify(starter.sha256, unheard, Cancel()).result(20)  # in turn, behind it
        assert [path.name for path in parts.iterdir()] == ["other"]


def test_the_ledger_is_read_beside_a_window(profile: Profile) -> None:
    """A second Hush that only reads shows what was sent; it can send nothing itself."""
    with start(profile) as app:
        assert open_vault(app).network
        with start(profile) as beside:
            session = beside.open_vault(secret=PASSPHRASE, read_only=True).result(20)
            assert session.network is None
            assert session.models is None
            assert session.ledger
            assert session.ledger.rows().result(20) == []
            assert session.ledger.check().result(20).intact


def test_closing_calls_off_what_is_imported(profile: Profile, tmp_path: Path) -> None:
    """Nobody waits for gigabytes, and nothing is left of them."""
    app = start(profile)
    models = open_vault(app).models
    assert models
    model = small_model(tmp_path)
    copying, may_go_on = threading.Event(), threading.Event()

    def hold(_words: str, _share: float) -> None:
        copying.set()
        assert may_go_on.wait(20)

    cancel = Cancel()
    cancel.listen(may_go_on.set)
    taken = models.taking_in.take(model.path, hold, cancel)
    assert copying.wait(20)
    app.close()
    with pytest.raises(InputRefused, match="Stopped"):
        taken.result(20)
    assert not list((profile.models / "downloads").glob(".import-*"))


def test_what_begins_after_the_end_is_called_off_at_once() -> None:
    """It waited for its turn. What ended before is not asked."""
    closing, earlier, now, later = Closing(), Cancel(), Cancel(), Cancel()
    with closing.over(earlier):
        pass
    with closing.over(now):
        closing.close()
        assert now.asked
    with closing.over(later):
        assert later.asked
    assert not earlier.asked


def test_records_that_were_not_finished_go(tmp_path: Path) -> None:
    """Old ones, of the shelf and of its models; one that is young may be under way."""
    place = tmp_path / "sha256-ab"
    place.mkdir()
    old = [tmp_path / ".unfinished-a", place / ".unfinished-b"]
    kept = [tmp_path / ".unfinished-young", tmp_path / "index.json"]
    for path in (*old, *kept):
        path.write_bytes(b"{")
        os.utime(path, (1e9, 1e9))
    os.utime(kept[0], (1e9 + LEAST_AGE, 1e9 + LEAST_AGE))
    sweep_records(tmp_path, 1e9 + LEAST_AGE + 1)
    assert [path.exists() for path in (*old, *kept)] == [False, False, True, True]


def test_sweeping_follows_no_link_and_fails_at_nothing(tmp_path: Path) -> None:
    """A folder that is not there, one that may not be written to, a link to somewhere else."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine").touch()
    folder = tmp_path / "folder"
    sweep(folder, ["x-*"])
    folder.mkdir()
    (folder / "x-link").symlink_to(elsewhere)
    sweep(folder, ["x-*"])
    assert (elsewhere / "mine").exists()
    assert list(folder.iterdir()) == []
    shutil.rmtree(folder)
