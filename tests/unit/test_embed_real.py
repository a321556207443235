"""The embedding model that comes with Hush, really exported and run."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.embed.exporter import LEAST_COSINE, LEAST_OVERLAP
from assistant.embed.onnx_encoder import OnnxEncoder
from assistant.embed.record import MODEL_FILE, RECORD_FILE, TOKENIZER_FILE
from assistant.embed.shelf import EncoderShelf, Exported
from assistant.embed.source import ChosenEncoder
from assistant.embed.tokens import Tokens
from assistant.errors import EncoderDamaged, EncoderUnprepared
from models.encoders import starter_encoder


@pytest.fixture(scope="module")
def exported(encoder_shelf: EncoderShelf) -> Exported:
    """What lies on the shelf."""
    found = encoder_shelf.find(starter_encoder().key())
    assert found is not None
    return found


@pytest.fixture
def copied(exported: Exported, tmp_path: Path) -> Exported:
    """A copy to be damaged."""
    folder = tmp_path / "encoders" / exported.record.key
    shutil.copytree(exported.folder, folder)
    return Exported(folder, exported.record)


def test_the_record_says_how_near_it_comes(exported: Exported) -> None:
    """Of the form that won, against sentence-transformers itself."""
    found = exported.record.parity
    assert found.texts == 148
    assert found.cosine >= LEAST_COSINE
    assert found.overlap >= LEAST_OVERLAP
    assert exported.record.dimensions == 384


def test_nothing_but_what_is_served_is_kept(exported: Exported) -> None:
    """No weights of the way there."""
    names = {path.name for path in exported.folder.iterdir()}
    assert names == {MODEL_FILE, TOKENIZER_FILE, RECORD_FILE}


def test_meaning_is_found(exported_encoder: ChosenEncoder) -> None:
    """A question's nearest text shares no word with it."""
    encoder = exported_encoder.open()
    texts = [
        "The physician prescribed tablets against high blood pressure.",
        "Knead the dough and let it rise for an hour.",
        "The lease ends three months after written notice.",
    ]
    (asked,) = encoder.encode(["Which medicine did my doctor give me?"], query=True)
    cosines = encoder.encode(texts) @ asked
    encoder.close()
    assert int(np.argmax(cosines)) == 0


def test_the_tokenizer_is_the_same_before_and_after(exported_encoder: ChosenEncoder) -> None:
    """Passages that were split before the export fit the model that serves."""
    before, after = exported_encoder.tokenizer(), exported_encoder.open()
    text = "Structure-aware splitting: headings, code, sentences."
    assert before.spans(text) == after.spans(text)
    assert (before.key, before.max_tokens) == (after.key, after.max_tokens)
    assert before.max_tokens == 254


class Counted(Tokens):
    """A tokenizer that counts what it is asked."""

    asked = 0

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where its words are."""
        self.asked += 1
        return super().spans(text)


def test_a_tokenizer_is_loaded_once(exported: Exported, exported_encoder: ChosenEncoder) -> None:
    """The encoder takes the one that is there, and one of another model it does not."""
    assert exported_encoder.tokenizer() is exported_encoder.tokenizer()
    data = starter_encoder().tokenizer()
    record = exported.record
    for key, asked in ((record.key, 1), ("of another", 0)):
        tokens = Counted(data, record.name, key, record.reading)
        encoder = OnnxEncoder(exported, tokens=tokens)
        assert encoder.spans("two words") == [(0, 3), (4, 9)]
        assert (encoder.key, tokens.asked) == (record.key, asked)
        encoder.close()


def test_the_running_program_imports_no_torch(exported: Exported) -> None:
    """Opening and encoding, in a process of its own."""
    code = (
        "import sys; from pathlib import Path\n"
        "from assistant.embed.shelf import EncoderShelf\n"
        "from assistant.embed.source import ChosenEncoder\n"
        "from models.encoders import starter_encoder\n"
        "shelf = EncoderShelf(Path(sys.argv[1]), sys.argv[2])\n"
        "source = ChosenEncoder(shelf, starter_encoder)\n"
        "early = {'numpy', 'onnxruntime', 'tokenizers'} & set(sys.modules)\n"
        "source.tokenizer().spans('text')\n"
        "source.open().encode(['text'], threads=2)\n"
        "bad = {'torch', 'transformers', 'sentence_transformers', 'onnx', 'huggingface_hub'}\n"
        "sys.exit(f'{early} {bad & set(sys.modules)}' if early or bad & set(sys.modules) else 0)\n"
    )
    shelf = (str(exported.folder.parent), exported.record.machine)
    subprocess.run([sys.executable, "-c", code, *shelf], check=True)


def test_memory_goes_when_nobody_asks(exported: Exported) -> None:
    """And comes back with the next text, the same as before."""
    encoder = OnnxEncoder(exported, idle_seconds=0.01)
    assert not encoder.loaded
    first = encoder.encode(["once"])
    looks = threading.Event()  # never set
    while encoder.loaded:  # the test's own time limit ends it
        looks.wait(0.005)
    assert np.array_equal(encoder.encode(["once"]), first)
    encoder.close()


@pytest.mark.parametrize("threads", [1, 2])
def test_closing_lets_what_runs_end(exported: Exported, threads: int) -> None:
    """A lock closes it in the middle of a batch: the batch still gets its vectors."""
    encoder = OnnxEncoder(exported)

    class Closing(list[str]):
        """Texts; who reads the last one closes the encoder."""

        def __getitem__(self, number: Any) -> Any:
            if number == len(self) - 1:
                encoder.close()
            return super().__getitem__(number)

    vectors = encoder.encode(Closing(["a text"] * 8), threads=threads)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert not encoder.loaded


def test_a_damaged_export_is_prepared_again(copied: Exported) -> None:
    """One byte of the weights: it is not opened, and the source asks for another export."""
    path = copied.folder / MODEL_FILE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    shelf = EncoderShelf(copied.folder.parent, copied.record.machine)
    with pytest.raises(EncoderUnprepared):
        ChosenEncoder(shelf, starter_encoder).open()


def test_files_that_go_while_it_is_idle_are_said_in_words(copied: Exported) -> None:
    """Somebody emptied the folder after it was opened."""
    encoder = OnnxEncoder(copied)
    (copied.folder / MODEL_FILE).unlink()
    with pytest.raises(EncoderDamaged):
        encoder.encode(["text"])
    (copied.folder / MODEL_FILE).write_bytes(b"no model")
    with pytest.raises(EncoderDamaged):
        encoder.encode(["text"])
    assert not encoder.loaded
