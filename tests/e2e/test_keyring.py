"""The vault behind the real keyring: made, opened again, and barred when the keyring is gone."""

from __future__ import annotations

import json
from pathlib import Path

from tests.e2e.test_terminal import hush, without_network
from tests.gnome_keyring import gnome_keyring, needs_gnome_keyring


@needs_gnome_keyring
def test_keyring_opens_the_vault_without_a_prompt(tmp_path: Path) -> None:
    """First run stores a key; the second finds it; another keyring does not open it."""
    folder = tmp_path / "profile"
    with gnome_keyring(tmp_path / "home", unlock=True):
        hasty = hush(folder, "ask", "Keep this", passphrase=None)
        assert "not kept" in hasty.stderr
        assert not (folder / "vault.db").exists()
        words = ("ask", "What is the capital of France?", "--keyring-only")
        first = hush(folder, *words, passphrase=None)
        assert first.returncode == 0, first.stderr
        assert "If this keyring is lost" in first.stderr
        again = hush(folder, "show", "1", passphrase=None)
        assert "capital of France" in again.stdout
        doctor = json.loads(hush(folder, "doctor", "--json", passphrase=None).stdout)
        assert doctor["vault"]["opens_with"] == ["keyring"]
        assert "SecretService" in doctor["keyring"]["used"]
    with gnome_keyring(tmp_path / "elsewhere", unlock=True):
        barred = hush(folder, "show", "1", passphrase=None)
        assert barred.returncode == 3
        assert "does not hold this vault's key" in barred.stderr
        assert barred.stdout == ""


@needs_gnome_keyring
def test_keyring_works_with_the_network_unplugged(tmp_path: Path) -> None:
    """The bus is a file, so an empty network namespace does not part Hush from it."""
    folder = tmp_path / "profile"
    with gnome_keyring(tmp_path / "home", unlock=True):
        for _ in range(2):
            words = ("ask", "Hello", "--keyring-only")
            done = hush(folder, *words, prefix=without_network(), passphrase=None)
            assert done.returncode == 0, done.stderr
        listed = hush(folder, "list", passphrase=None)
        assert len(listed.stdout.splitlines()) == 2
