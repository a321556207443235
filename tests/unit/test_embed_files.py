"""An embedding model's folder, read without trust."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.encoders import (
    MAX_LENGTH,
    EncoderFault,
    EncoderFiles,
    EncoderFilesFault,
    Reading,
    encoder_at,
    starter_encoder,
)
from tests.unit.encoder_folders import MODULES, make_folder


def fault_of(files: EncoderFiles) -> EncoderFault:
    """What is wrong with it."""
    with pytest.raises(EncoderFilesFault) as raised:
        files.check()
    return raised.value.fault


def with_module(**changed: Any) -> list[dict[str, Any]]:
    """The usual modules and one more."""
    return [*MODULES, {"path": "2_Dense", "type": "sentence_transformers.models.Dense"} | changed]


class TestStarter:
    """The model that comes with Hush."""

    def test_is_the_one_that_is_known(self) -> None:
        """Every file by its digest, weights included."""
        files = starter_encoder()
        assert set(files.verify()) == set(files.known)
        assert files.reading() == Reading(max_length=256)

    def test_its_key_needs_no_reading(self) -> None:
        """What is prepared already serves even where the original is gone."""
        files = starter_encoder()
        elsewhere = EncoderFiles(Path("nowhere"), files.name, files.known)
        assert elsewhere.key() == files.key()
        assert fault_of(elsewhere) is EncoderFault.NO_FOLDER

    def test_an_altered_file_is_found(self, tmp_path: Path) -> None:
        """By its size at a glance, by its digest when it is read."""
        files = starter_encoder()
        copy = tmp_path / "model"
        for file in files.known:
            (copy / file.name).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.name).write_bytes((files.folder / file.name).read_bytes())
        copied = EncoderFiles(copy, files.name, files.known)
        copied.check()
        tokenizer = copy / "tokenizer.json"
        tokenizer.write_bytes(tokenizer.read_bytes().replace(b"the", b"teh", 1))
        with pytest.raises(EncoderFilesFault, match="altered"):
            copied.tokenizer()
        with pytest.raises(EncoderFilesFault, match="altered"):
            copied.verify()
        with (copy / "model.safetensors").open("ab") as weights:
            weights.write(b"\0")
        assert fault_of(copied) is EncoderFault.ALTERED


class TestOthers:
    """Models that the person chose."""

    def test_a_whole_folder_will_do(self, tmp_path: Path) -> None:
        """Named after its folder; its key is the content's, not the place's."""
        files = encoder_at(str(make_folder(tmp_path / "mine")))
        files.check()
        other = encoder_at(str(make_folder(tmp_path / "other")))
        assert files.name == "mine"
        assert files.key() == other.key()
        assert files.key() != starter_encoder().key()

    def test_nothing_chosen_is_the_starter(self) -> None:
        """An empty setting."""
        assert encoder_at("") == starter_encoder()

    def test_another_file_is_another_key(self, tmp_path: Path) -> None:
        """Vectors of changed weights must not stand beside the old ones."""
        folder = make_folder(tmp_path / "mine")
        files = encoder_at(str(folder))
        key, stamp = files.key(), files.stamp()
        (folder / "model.safetensors").write_bytes(b"other weights")
        assert files.key() != key
        assert files.stamp() != stamp

    def test_files_of_other_names_count_for_nothing(self, tmp_path: Path) -> None:
        """Code, pickles and adapters are neither read nor part of the model."""
        folder = make_folder(tmp_path / "mine")
        files = encoder_at(str(folder))
        key = files.key()
        for name in ("modeling_evil.py", "pytorch_model.bin", "adapter_config.json", "README.md"):
            (folder / name).write_text("anything")
        assert files.key() == key
        assert {file.name for file in files.verify()} == {
            "modules.json",
            "config.json",
            "model.safetensors",
            "tokenizer.json",
            "tokenizer_config.json",
            "sentence_bert_config.json",
            "1_Pooling/config.json",
        }

    def test_weights_that_may_run_code_are_no_weights(self, tmp_path: Path) -> None:
        """A pickle alone is a model without weights."""
        folder = make_folder(tmp_path / "mine")
        (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
        assert fault_of(encoder_at(str(folder))) is EncoderFault.MISSING

    def test_weights_too_large_for_one_file_are_refused(self, tmp_path: Path) -> None:
        """A sparse file: as large as it says, with nothing in it."""
        folder = make_folder(tmp_path / "mine")
        with (folder / "model.safetensors").open("r+b") as weights:
            weights.truncate(3_000_000_000)
        assert fault_of(encoder_at(str(folder))) is EncoderFault.UNSUPPORTED

    @pytest.mark.parametrize(
        ("changed", "fault"),
        [
            ({"modules": None}, EncoderFault.MISSING),
            ({"modules": "not JSON"}, EncoderFault.NONSENSE),
            ({"modules": "[" * 100_000}, EncoderFault.NONSENSE),
            ({"modules": {"0": "Transformer"}}, EncoderFault.NONSENSE),
            ({"modules": []}, EncoderFault.UNSUPPORTED),
            ({"modules": ["Transformer"]}, EncoderFault.NONSENSE),
            ({"modules": MODULES[::-1]}, EncoderFault.UNSUPPORTED),
            ({"modules": with_module(type="os.system")}, EncoderFault.UNSUPPORTED),
            ({"modules": with_module(type="evil.Dense")}, EncoderFault.UNSUPPORTED),
            ({"modules": with_module(type="sentence_transformers.models.Router")},
             EncoderFault.UNSUPPORTED),
            ({"modules": with_module(path="../elsewhere")}, EncoderFault.NONSENSE),
            ({"modules": with_module(path="/etc")}, EncoderFault.NONSENSE),
            ({"modules": with_module(path=7)}, EncoderFault.NONSENSE),
            ({"modules": with_module()}, EncoderFault.MISSING),
            ({"config": None}, EncoderFault.MISSING),
            ({"config": [], "sentence_bert_config": None}, EncoderFault.NONSENSE),
            ({"sentence_bert_config": {"max_seq_length": 0}}, EncoderFault.NONSENSE),
            ({"sentence_bert_config": {"max_seq_length": "many"}}, EncoderFault.NONSENSE),
            ({"config_sentence_transformers": {"prompts": ["q"]}}, EncoderFault.NONSENSE),
            ({"config_sentence_transformers": {"prompts": {"query": 1}}}, EncoderFault.NONSENSE),
            ({"config_sentence_transformers": {"prompts": {"query": "x" * 2_000}}},
             EncoderFault.NONSENSE),
        ],
        ids=str,
    )  # fmt: skip
    def test_what_makes_no_sense_is_refused(
        self, tmp_path: Path, changed: dict[str, Any], fault: EncoderFault
    ) -> None:
        """Missing, broken, of other kinds, or reaching out of the folder."""
        assert fault_of(encoder_at(str(make_folder(tmp_path / "mine", **changed)))) is fault

    @pytest.mark.parametrize(
        ("changed", "reading"),
        [
            ({}, Reading(64)),
            ({"sentence_bert_config": None}, Reading(512)),
            ({"sentence_bert_config": {"max_seq_length": None}}, Reading(512)),
            ({"sentence_bert_config": {"max_seq_length": 8192}}, Reading(MAX_LENGTH)),
            ({"sentence_bert_config": {}, "tokenizer_config": {"model_max_length": 10**30},
              "config": {"max_position_embeddings": 128}}, Reading(128)),
            ({"config_sentence_transformers": {"prompts": {"query": "q: ", "passage": "p: "}}},
             Reading(64, "q: ", "p: ")),
            ({"config_sentence_transformers": {"prompts": {"query": None, "document": ""}}},
             Reading(64)),
        ],
        ids=str,
    )  # fmt: skip
    def test_tells_how_it_reads(
        self, tmp_path: Path, changed: dict[str, Any], reading: Reading
    ) -> None:
        """Its limit and its prompts, as sentence-transformers understands them."""
        assert encoder_at(str(make_folder(tmp_path / "mine", **changed))).reading() == reading
