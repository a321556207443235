"""The publisher's tool makes what the app believes, and keeps private keys out of the tree."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from models.signing import first_root, next_root
from models.trust import Trust, read_catalogue, read_offer
from tests.unit.catalogue_signers import payload

TREE = Path(__file__).parents[2]
NAMES = ("root-1", "root-2", "root-3", "catalogue-1", "catalogue-2", "catalogue-3")


class Desk:
    """A publisher's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        told = self.run("keys", str(folder / "keys"), *NAMES)
        self.public = {line.split()[0]: line.split()[2] for line in told.stdout.splitlines()}
        (folder / "draft.json").write_bytes(payload(3))

    def run(self, *arguments: str, fails: bool = False) -> subprocess.CompletedProcess[str]:
        """Run the tool as a person does."""
        command = [sys.executable, str(TREE / "packaging" / "sign_catalogue.py"), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == fails, done.stderr
        return done

    def keys(self, *names: str) -> list[str]:
        """Private keys' files."""
        return [str(self.folder / "keys" / f"{name}.pem") for name in names]

    def path(self, name: str) -> str:
        """A file here."""
        return str(self.folder / name)

    def root(self, *more: str, signers: tuple[str, ...] = ("root-1", "root-2")) -> list[str]:
        """What to say for a root."""
        said = [self.public[name] for name in NAMES]
        return [
            "root", "--expires", "2030-01-01", "--root-keys", *said[:3],
            "--catalogue-keys", *said[3:], "--sign", *self.keys(*signers), *more,
        ]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Six keys, a root and a signed catalogue."""
    desk = Desk(tmp_path_factory.mktemp("publisher"))
    desk.run(*desk.root("--out", desk.path("root.json")))
    signing = ["--draft", desk.path("draft.json"), "--root", desk.path("root.json")]
    signers = desk.keys("catalogue-1", "catalogue-3")
    desk.run("sign", *signing, "--sign", *signers, "--out", desk.path("catalogue.json"))
    return desk


def test_the_app_believes_it(desk: Desk) -> None:
    """Both files, and the offer that a mirror sends."""
    root = first_root((desk.folder / "root.json").read_bytes())
    assert read_catalogue((desk.folder / "catalogue.json").read_bytes(), root, None).version == 3
    assert "version 3, 1 models" in desk.run("check", str(desk.folder)).stdout
    desk.run("offer", "--catalogue", desk.path("catalogue.json"), "--out", desk.path("offer.json"))
    offer = read_offer((desk.folder / "offer.json").read_bytes())
    assert Trust(root).follow(offer.roots).accept(offer.catalogue)[1].version == 3


def test_the_keys_can_change(desk: Desk) -> None:
    """Where the old ones sign, too."""
    more = ["--version", "2", "--previous", desk.path("root.json"), "--out", desk.path("2.json")]
    desk.run(*desk.root(*more))
    root = first_root((desk.folder / "root.json").read_bytes())
    assert next_root((desk.folder / "2.json").read_bytes(), root).version == 2
    skipped = ["--version", "3", *more[2:]]
    assert "unknown-root" in desk.run(*desk.root(*skipped), fails=True).stderr


def test_one_key_is_not_enough(desk: Desk) -> None:
    """Nothing is written that the app would not believe."""
    out = desk.folder / "alone.json"
    arguments = desk.root("--out", str(out), signers=("root-1",))
    assert "signatures" in desk.run(*arguments, fails=True).stderr
    assert not out.exists()


def test_private_keys_are_private(desk: Desk) -> None:
    """Their files are yours alone, and never in the tree."""
    if os.name != "posix":
        pytest.skip("modes are POSIX")
    for name in NAMES:
        path = desk.folder / "keys" / f"{name}.pem"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE((desk.folder / "keys").stat().st_mode) == 0o700
    told = desk.run("keys", str(TREE / "packaging" / "keys"), "one", fails=True)
    assert "never lie in the source tree" in told.stderr
    assert not (TREE / "packaging" / "keys").exists()
    assert "PRIVATE" not in json.dumps(desk.public)


def test_a_key_is_never_written_over_and_never_read_where_others_can(desk: Desk) -> None:
    """A lost key cannot be had again; a read one is no secret any more."""
    told = desk.run("keys", desk.path("keys"), "root-1", fails=True)
    assert "stands already" in told.stderr
    if os.name != "posix":
        return
    open_one = desk.folder / "open.pem"
    open_one.write_bytes((desk.folder / "keys" / "root-1.pem").read_bytes())
    open_one.chmod(0o644)
    arguments = desk.root("--out", desk.path("x.json"))
    arguments[arguments.index("--sign") + 1] = str(open_one)
    assert "Others can read" in desk.run(*arguments, fails=True).stderr
