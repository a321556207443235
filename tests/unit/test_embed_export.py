"""Exporting an embedding model: whole or not at all, in a child that may do anything."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from assistant.cancel import Cancel
from assistant.children.frames import BrokenFrame
from assistant.embed.export import COMMAND
from assistant.embed.request import ExportRequest, read_request
from assistant.embed.shelf import UNFINISHED, EncoderShelf
from assistant.embed.source import ChosenEncoder
from assistant.errors import (
    EncoderDamaged,
    EncoderError,
    EncoderMissing,
    EncoderNoRoom,
    EncoderRefused,
    EncoderUnprepared,
    StorageFull,
)
from models.encoders import EncoderFiles, encoder_at, starter_encoder
from tests.unit.encoder_folders import MODULES, make_folder
from tests.unit.talking import TALK

SCRIPT = (
    TALK
    + """
def write(name, data):
    with open(os.path.join(asked["folder"], name), "wb") as file:
        file.write(data)
    return dict(name=name, size=len(data), sha256=hashlib.sha256(data).hexdigest())
def record(**changed):
    files = [write("model.onnx", b"model"), write("tokenizer.json", b"tokenizer")]
    good = dict(format=1, key=asked["key"], name=asked["name"], form="int8", dimensions=384,
        machine=asked["machine"], reading=dict(max_length=256, query_prompt="", text_prompt=""),
        parity=dict(cosine=0.99, lowest=0.9, overlap=0.9, texts=160), files=files)
    write("encoder.json", json.dumps(good | changed).encode())
"""
)
WORKS = 'say(op="progress", share=0.5); record(); say(op="exported")'
REFUSES = """
write("plain.onnx", b"half")
say(op="refused", code="encoder-refused", message="Too large.", advice="Choose another.")
"""
FULL = 'say(op="refused", code="storage", message="The disk is full.", advice="")'
HANGS = """
write("plain.onnx", b"half")
say(op="progress", share=0.1)
sys.stdin.buffer.read()
import time
time.sleep(60)
"""
FAILS = {
    "crashes": 'write("plain.onnx", b"half"); say(op="crashed", rows=[])',
    "talks nonsense": 'sys.stdout.buffer.write(b"Loading weights: 100%"); sys.stdout.flush()',
    "ends": 'write("plain.onnx", b"half")',
    "has no record": 'say(op="exported")',
    "has another's record": 'record(key="another"); say(op="exported")',
    "has half a record": 'write("encoder.json", b"{"); say(op="exported")',
    "tells a share that is none": 'say(op="progress", share="much")',
}


@dataclass
class Bench:
    """A model, a shelf and what exports say."""

    folder: Path
    shelf: EncoderShelf
    shares: list[float] = field(default_factory=list)
    cancel: Cancel = field(default_factory=Cancel)

    def source(self, code: str) -> ChosenEncoder:
        """A source whose child runs this."""
        return ChosenEncoder(self.shelf, self.files, [sys.executable, "-c", SCRIPT + code])

    def files(self) -> EncoderFiles:
        """The model as it lies there now."""
        return encoder_at(str(self.folder))

    def names(self) -> list[str]:
        """What lies on the shelf."""
        return [path.name for path in self.shelf.folder.iterdir()]

    def prepare(self, code: str, progress: Callable[[float], None] | None = None) -> bool:
        """Export with such a child."""
        return self.source(code).prepare(self.cancel, progress or self.shares.append)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A model that nobody loads."""
    return Bench(make_folder(tmp_path / "mine"), EncoderShelf(tmp_path / "encoders", "here"))


class TestParent:
    """What the parent makes of its child."""

    def test_an_export_is_placed(self, bench: Bench) -> None:
        """Under the model's key, and its progress was told."""
        assert bench.prepare(WORKS)
        assert bench.names() == [bench.files().key()]
        assert bench.shelf.find(bench.files().key()) is not None
        assert bench.shares == [0.5]

    def test_what_is_prepared_is_not_prepared_again(self, bench: Bench) -> None:
        """This child would fail."""
        assert bench.prepare(WORKS)
        assert bench.prepare(FAILS["ends"])

    def test_a_changed_model_is_prepared_beside(self, bench: Bench) -> None:
        """The old one serves until another index is built."""
        bench.prepare(WORKS)
        before = bench.files().key()
        (bench.folder / "model.safetensors").write_bytes(b"other weights")
        with pytest.raises(EncoderUnprepared):
            bench.source(WORKS).open()
        assert bench.prepare(WORKS)
        assert set(bench.names()) == {before, bench.files().key()}

    @pytest.mark.logs_problems
    @pytest.mark.parametrize("code", FAILS.values(), ids=FAILS)
    def test_a_child_that_fails_leaves_nothing(self, bench: Bench, code: str) -> None:
        """An error in words, and no file."""
        with pytest.raises(EncoderError) as raised:
            bench.prepare(code)
        assert raised.value.code == "encoder"
        assert bench.names() == []

    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (REFUSES, EncoderRefused),
            (REFUSES.replace("encoder-refused", "encoder-no-room"), EncoderNoRoom),
            (FULL, StorageFull),
        ],
    )
    def test_a_refusal_comes_in_the_child_s_words(
        self, bench: Bench, code: str, kind: type[Exception]
    ) -> None:
        """As the error that it is."""
        with pytest.raises(kind, match=r"Too large\.|The disk is full\."):
            bench.prepare(code)
        assert bench.names() == []

    def test_a_cancel_kills_the_child(self, bench: Bench) -> None:
        """It says nothing, leaves nothing, and its process is gone."""
        children: list[psutil.Process] = []

        def stop(_: float) -> None:
            children.extend(psutil.Process().children())
            bench.cancel.ask()

        assert not bench.prepare(HANGS, stop)
        assert bench.names() == []
        assert children
        assert not any(child.is_running() for child in children)

    def test_cancelled_before_nothing_is_made(self, bench: Bench) -> None:
        """Its child ends as soon as it is there."""
        bench.cancel.ask()
        assert not bench.prepare(WORKS)
        assert bench.names() == []

    def test_what_a_kill_left_is_swept(self, bench: Bench) -> None:
        """Of the whole program, say: the next export takes halves away."""
        half = bench.shelf.folder / f"x{UNFINISHED}"
        half.mkdir(parents=True)
        (half / "plain.onnx").write_bytes(b"half")
        bench.prepare(WORKS)
        assert not half.exists()

    def test_a_shelf_that_cannot_be_written_is_said_in_words(self, bench: Bench) -> None:
        """A file stands where the folder should be."""
        bench.shelf.folder.write_bytes(b"")
        with pytest.raises(StorageFull):
            bench.prepare(WORKS)


class TestMissingAndDamaged:
    """Folders that are not what they should be: words, never a traceback."""

    def test_a_folder_that_is_not_there(self, bench: Bench) -> None:
        """In every way that one may ask for it."""
        bench.folder = bench.folder / "gone"
        source = bench.source(WORKS)
        for ask in (source.tokenizer, source.open, lambda: bench.prepare(WORKS)):
            with pytest.raises(EncoderMissing):
                ask()
        assert not bench.shelf.folder.exists()

    def test_a_tokenizer_that_is_none(self, bench: Bench) -> None:
        """Cut off in the middle."""
        path = bench.folder / "tokenizer.json"
        path.write_bytes(path.read_bytes()[:1_000])
        with pytest.raises(EncoderDamaged):
            bench.source(WORKS).tokenizer()

    def test_a_kind_that_hush_does_not_know(self, tmp_path: Path, bench: Bench) -> None:
        """Refused before any child is started."""
        bench.folder = make_folder(tmp_path / "other", modules=MODULES[:1])
        with pytest.raises(EncoderRefused):
            bench.prepare(FAILS["ends"])

    def test_the_tokenizer_needs_no_export(self, bench: Bench) -> None:
        """So passages are there, and words are found, before meaning is."""
        tokenizer = bench.source(WORKS).tokenizer()
        assert tokenizer.spans("two words") == [(0, 3), (4, 9)]
        assert tokenizer.max_tokens == 62
        assert tokenizer.key == bench.files().key()

    def test_an_earlier_model_is_there_by_its_key(self, bench: Bench) -> None:
        """None where it is not; damaged in words where its tokenizer is none."""
        source = bench.source(WORKS)
        assert source.open_earlier("nothing") is None
        source.prepare(bench.cancel, lambda _: None)
        with pytest.raises(EncoderDamaged):
            source.open_earlier(bench.files().key())


class TestChild:
    """The real child, as far as it goes without torch."""

    def test_refuses_a_damaged_model(self, tmp_path: Path) -> None:
        """The starter with one byte changed: found by its digest, through the pipe."""
        known = starter_encoder()
        copy = tmp_path / "model"
        for file in known.known:
            (copy / file.name).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.name).write_bytes((known.folder / file.name).read_bytes())
        with (copy / "model.safetensors").open("r+b") as weights:
            weights.seek(50_000_000)
            weights.write(b"\1\2\3\4")
        shelf = EncoderShelf(tmp_path / "encoders", "here")
        files = EncoderFiles(copy, known.name, known.known)
        with pytest.raises(EncoderDamaged):
            ChosenEncoder(shelf, lambda: files, COMMAND).prepare(Cancel(), lambda _: None)
        assert list(shelf.folder.iterdir()) == []

    def test_has_no_network(self) -> None:
        """Connecting and asking for names is refused in the process itself."""
        code = (
            "import socket, sys; from assistant.embed.child import stay_offline; stay_offline()\n"
            "for reach in (lambda: socket.create_connection(('127.0.0.1', 9)),\n"
            "              lambda: socket.getaddrinfo('localhost', 80)):\n"
            "    try: reach()\n"
            "    except PermissionError: continue\n"
            "    sys.exit(1)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_knows_neither_vault_nor_key(self) -> None:
        """The process that reads foreign models imports nothing of the store."""
        code = (
            "import sys; import assistant.embed.child, assistant.embed.exporter;"
            "bad = ('assistant.store', 'sqlcipher3', 'keyring', 'cryptography', 'PySide6');"
            "sys.exit(any(name.startswith(bad) for name in sys.modules))"
        )
        subprocess.run([sys.executable, "-c", code], check=True)

    def test_its_request_comes_back_as_it_was(self) -> None:
        """Through JSON, as over the pipe."""
        request = ExportRequest(starter_encoder(), "key", Path("/x"), "here", 2)
        assert read_request(json.loads(json.dumps(request.frame()))) == request

    @pytest.mark.parametrize("frame", [{"op": "export"}, {"op": "export", "known": 7}], ids=str)
    def test_a_request_that_is_none_is_refused(self, frame: dict[str, object]) -> None:
        """What comes through the pipe is checked, too."""
        with pytest.raises(BrokenFrame):
            read_request(frame)
