"""Keys for the catalogue of models, and its signatures. For whoever publishes it, not for the app.

Private keys never lie in this tree: make them on a disk of your own, each signer theirs. It takes
a threshold of signers, so none of them can publish alone.

    python packaging/sign_catalogue.py keys FOLDER root-1 root-2 catalogue-1 …
    python packaging/sign_catalogue.py root --root-keys HEX … --catalogue-keys HEX … --sign FILE …
    python packaging/sign_catalogue.py sign --sign FILE FILE
    python packaging/sign_catalogue.py offer --out FILE
    python packaging/sign_catalogue.py check
"""

from __future__ import annotations

import argparse
import json
import os
import stat
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

TREE: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TREE))  # run as a script, from anywhere

from models.catalogue import Catalogue  # noqa: E402 - after the path is set
from models.signing import (  # noqa: E402 - likewise
    CatalogueFault,
    Envelope,
    Role,
    first_root,
    key_id,
    next_root,
    read_envelope,
    signed_bytes,
)
from models.trust import Offer, offer_bytes, read_catalogue  # noqa: E402 - likewise

BUNDLED: Final = TREE / "models" / "catalogue"
DRAFT: Final = TREE / "packaging" / "catalogue.json"
_THRESHOLD: Final = 2


class Refused(Exception):
    """What was asked for is not done, in a sentence."""


def make_key(path: Path) -> bytes:
    """Make a private key, in a file that only you can read; its public key, raw.

    Raises:
        Refused: the file would lie in this tree, or stands already.
    """
    _keep_out(path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Refused(f"{path} stands already.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return key.public_key().public_bytes_raw()


def read_key(path: Path) -> Ed25519PrivateKey:
    """Read a private key.

    Raises:
        Refused: it lies in this tree, others can read it, or it is no such key.
    """
    _keep_out(path)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused(f"Others can read {path}. Make it yours alone: chmod 600.")
    try:
        key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        raise Refused(f"{path} is no private key.") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path} is not an Ed25519 key.")
    return key


def sign(payload: bytes, role: Role, keys: Sequence[Ed25519PrivateKey]) -> Envelope:
    """Sign a payload for a role with some keys."""
    data = signed_bytes(role, payload)
    return Envelope(
        payload,
        tuple((key_id(key.public_key().public_bytes_raw()), key.sign(data)) for key in keys),
    )


def root_payload(
    version: int, expires: str, root_keys: Sequence[bytes], catalogue_keys: Sequence[bytes]
) -> bytes:
    """What a root says: every key, and two of each role's to sign for it."""
    roles = {Role.ROOT: root_keys, Role.CATALOGUE: catalogue_keys}
    return canonical(
        {
            "type": Role.ROOT.value,
            "version": version,
            "expires": expires,
            "keys": {key_id(key): key.hex() for keys in roles.values() for key in keys},
            "roles": {
                role.value: {"keys": sorted(map(key_id, keys)), "threshold": _THRESHOLD}
                for role, keys in roles.items()
            },
        }
    )


def canonical(content: Any) -> bytes:
    """The one way to write a payload down."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def envelope_bytes(envelope: Envelope) -> bytes:
    """An envelope as its file holds it."""
    return json.dumps(envelope.to_json(), indent=1).encode("ascii") + b"\n"


def check(folder: Path) -> Catalogue:
    """Read a root and a catalogue as the app does.

    Raises:
        CatalogueFault: it would not believe them.
    """
    root = first_root((folder / "root.json").read_bytes())
    return read_catalogue((folder / "catalogue.json").read_bytes(), root, None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; 0 where it was done."""
    asked = _parser().parse_args(arguments)
    try:
        asked.run(asked)
    except (Refused, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except CatalogueFault as error:
        print(f"The app would not believe it: {error.reason.value}.", file=sys.stderr)
        return 1
    return 0


def _keys(asked: argparse.Namespace) -> None:
    for name in asked.names:
        public = make_key(asked.folder / f"{name}.pem")
        print(f"{name}  {key_id(public)}  {public.hex()}")


def _root(asked: argparse.Namespace) -> None:
    payload = root_payload(
        asked.version,
        asked.expires,
        [_public(text) for text in asked.root_keys],
        [_public(text) for text in asked.catalogue_keys],
    )
    data = envelope_bytes(sign(payload, Role.ROOT, [read_key(path) for path in asked.sign]))
    if asked.version == 1:
        first_root(data)
    else:
        next_root(data, first_root(asked.previous.read_bytes()))
    asked.out.write_bytes(data)


def _sign(asked: argparse.Namespace) -> None:
    payload = canonical(json.loads(asked.draft.read_text(encoding="utf-8")))
    keys = [read_key(path) for path in asked.sign]
    data = envelope_bytes(sign(payload, Role.CATALOGUE, keys))
    read_catalogue(data, first_root(asked.root.read_bytes()), None)
    asked.out.write_bytes(data)


def _offer(asked: argparse.Namespace) -> None:
    roots = tuple(read_envelope(path.read_bytes()) for path in asked.roots)
    catalogue = read_envelope(asked.catalogue.read_bytes())
    asked.out.write_bytes(offer_bytes(Offer(roots, catalogue)))


def _check(asked: argparse.Namespace) -> None:
    found = check(asked.folder)
    print(f"version {found.version}, {len(found.entries)} models, until {found.expires}")


def _public(text: str) -> bytes:
    raw = bytes.fromhex(text)
    if len(raw) != 32:
        raise Refused("A public key is 64 hexadecimal digits.")
    return raw


def _keep_out(path: Path) -> None:
    if path.resolve().is_relative_to(TREE):
        raise Refused("Private keys never lie in the source tree. Name a folder elsewhere.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    commands = parser.add_subparsers(required=True)

    keys = commands.add_parser("keys", help="make private keys")
    keys.add_argument("folder", type=Path)
    keys.add_argument("names", nargs="+")
    keys.set_defaults(run=_keys)

    root = commands.add_parser("root", help="say whose signatures count")
    root.add_argument("--version", type=int, default=1)
    root.add_argument("--expires", required=True)
    root.add_argument("--root-keys", nargs="+", required=True)
    root.add_argument("--catalogue-keys", nargs="+", required=True)
    root.add_argument("--sign", type=Path, nargs="+", required=True)
    root.add_argument("--previous", type=Path, default=BUNDLED / "root.json")
    root.add_argument("--out", type=Path, default=BUNDLED / "root.json")
    root.set_defaults(run=_root)

    signing = commands.add_parser("sign", help="sign the draft of a catalogue")
    signing.add_argument("--draft", type=Path, default=DRAFT)
    signing.add_argument("--root", type=Path, default=BUNDLED / "root.json")
    signing.add_argument("--sign", type=Path, nargs="+", required=True)
    signing.add_argument("--out", type=Path, default=BUNDLED / "catalogue.json")
    signing.set_defaults(run=_sign)

    offer = commands.add_parser("offer", help="put together what a mirror sends")
    offer.add_argument("--roots", type=Path, nargs="*", default=[])
    offer.add_argument("--catalogue", type=Path, default=BUNDLED / "catalogue.json")
    offer.add_argument("--out", type=Path, required=True)
    offer.set_defaults(run=_offer)

    checking = commands.add_parser("check", help="read it as the app does")
    checking.add_argument("folder", type=Path, nargs="?", default=BUNDLED)
    checking.set_defaults(run=_check)
    return parser


if __name__ == "__main__":
    sys.exit(main())
