"""A GGUF header from anybody is found fit, or refused with a reason; nothing else ever happens."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from models.preflight import Unfit, examine, name_for_people, shape_row
from models.starter import starter_model
from tests.gguf_files import (
    ARRAY,
    BOOL,
    F32,
    I8,
    I32,
    SMALL,
    STRING,
    TENSOR_F16,
    TENSOR_Q8_0,
    U32,
    Items,
    Plan,
    Raw,
    Row,
    Tokenizer,
    Typed,
    Value,
    entries_of,
    header,
    mutated,
    pad,
    write_model,
)

NAN = float("nan")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a test puts its file."""
    return tmp_path / "model.gguf"


def code_of(path: Path) -> str:
    """Why a file is refused; empty where it is not."""
    try:
        examine(path)
    except Unfit as error:
        return error.code
    return ""


def with_rows(path: Path, *rows: Row, weights: int = 64, **entries: Value) -> str:
    """Write a header with these tensors and so many bytes of weights; why it is refused."""
    every = entries_of(SMALL) | {key.replace("__", "."): it for key, it in entries.items()}
    path.write_bytes(pad(header(every, rows)) + bytes(weights))
    return code_of(path)


def test_the_starter_model_passes() -> None:
    """With its shape, its template and the texts of the tokens that begin and end."""
    found = examine(starter_model().path)
    assert (found.architecture, found.kind, found.parameters) == ("llama", "chat", 134_515_008)
    assert shape_row(found.shape) == (30, 576, 9, 5760, 5760, 1536, 49_152)
    assert "<|im_start|>" in found.template
    assert (found.bos, found.eos) == ("<|im_start|>", "<|im_end|>")


@pytest.mark.parametrize(
    ("tokenizer", "form"),
    [("small", TENSOR_F16), ("small", TENSOR_Q8_0), ("starter", TENSOR_Q8_0)],
)
def test_whole_models_pass(path: Path, tokenizer: Tokenizer, form: int) -> None:
    """Of either kind of vocabulary, in blocks and in numbers."""
    write_model(path, replace(SMALL, tokenizer=tokenizer, form=form))
    assert examine(path).name == "Test model"


def test_row_15_an_empty_file(path: Path) -> None:
    """Zero bytes."""
    path.touch()
    assert code_of(path) == "empty"


@pytest.mark.parametrize("data", [b"G", b"GGUF", b"GGML" + bytes(60), b"PK\3\4" + bytes(60)])
def test_row_16_bad_magic(path: Path, data: bytes) -> None:
    """Too short for one, or another."""
    path.write_bytes(data)
    assert code_of(path) in {"magic", "beyond-end"}


@pytest.mark.parametrize("version", [0, 1, 4, 3 << 24])
def test_row_16_bad_version(path: Path, version: int) -> None:
    """Too old, too new, and turned round, as big-endian machines write."""
    path.write_bytes(header(entries_of(), version=version))
    assert code_of(path) == "version"


@pytest.mark.parametrize("count", [2**63, 2**64 - 1, 2_000_001])
def test_row_17_array_length(path: Path, count: int) -> None:
    """A list that says it is longer than any file."""
    for kind in (STRING, F32):
        long = Items(kind, [], count)
        path.write_bytes(header(entries_of(replace(SMALL, extra={"x.list": long}))))
        assert code_of(path) == "limit"


def test_row_17_more_elements_than_bytes(path: Path) -> None:
    """Within the limits, and longer than the file."""
    plan = replace(SMALL, extra={"x.list": Items(F32, [], 1_000_000)})
    path.write_bytes(header(entries_of(plan)))
    assert code_of(path) == "beyond-end"


def test_row_17_counts_of_entries_and_tensors(path: Path) -> None:
    """Both are limited before anything is read."""
    path.write_bytes(header(entries_of(), entry_count=2**63))
    assert code_of(path) == "limit"
    path.write_bytes(header(entries_of(), row_count=2**63))
    assert code_of(path) == "limit"


def test_row_18_a_tensor_beyond_the_end(path: Path) -> None:
    """Its end counts, not its beginning alone; so a file that is cut is refused."""
    row = Row("a", (32,))
    assert with_rows(path, row, weights=128) == ""
    assert with_rows(path, row, weights=127) == "beyond-end"
    assert with_rows(path, replace(row, offset=2**40)) == "beyond-end"
    assert with_rows(path, replace(row, offset=2**63)) == "beyond-end"


def test_a_truncated_model(path: Path) -> None:
    """Anywhere: in its header, in its table, in its weights."""
    write_model(path)
    data = path.read_bytes()
    for size in (8, 24, 100, 5_000, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        assert code_of(path) == "beyond-end", size


def test_tensors_over_each_other(path: Path) -> None:
    """Two readers could write into one what the other reads."""
    rows = (Row("a", (32,), offset=0), Row("b", (32,), offset=64))
    assert with_rows(path, *rows, weights=256) == "beyond-end"


def test_a_tensor_that_is_not_aligned(path: Path) -> None:
    """llama.cpp would look for it elsewhere."""
    assert with_rows(path, Row("a", (4,), offset=8)) == "alignment"


@pytest.mark.parametrize("alignment", [0, 13, 2**31])
def test_row_19_alignment(path: Path, alignment: int) -> None:
    """No power of two, or larger than a mebibyte."""
    assert with_rows(path, Row("a", (4,)), general__alignment=alignment) == "alignment"


@pytest.mark.parametrize("kind", [4, 5, 31, 99, 2**32 - 1])
def test_a_tensor_of_an_unknown_kind(path: Path, kind: int) -> None:
    """Nobody knows how long it is."""
    assert with_rows(path, Row("a", (4,), kind)) == "version"


def test_a_quantised_row_of_no_whole_blocks(path: Path) -> None:
    """A block is 32 numbers, or 256."""
    assert with_rows(path, Row("a", (33, 32), TENSOR_Q8_0), weights=4096) == "limit"


def test_a_tensor_of_an_impossible_size(path: Path) -> None:
    """A product beyond 63 bits, none, and too many dimensions."""
    for shape in ((2**32, 2**32), (0, 4), (1, 1, 1, 1, 1)):
        assert with_rows(path, Row("a", shape)) == "limit"


@pytest.mark.parametrize("name", ["", "x" * 63, "blk.0.ä"])
def test_tensors_may_be_called_so(path: Path, name: str) -> None:
    """Up to 63 bytes."""
    assert with_rows(path, Row(name, (4,))) == ""


@pytest.mark.parametrize("name", ["a\0b", "\0", "x" * 64, "a\udcff"])
def test_tensors_may_not_be_called_so(path: Path, name: str) -> None:
    """For one reader a NUL ends it, for another it does not."""
    assert with_rows(path, Row(name, (4,))) == "limit"


def test_names_twice(path: Path) -> None:
    """Which of them is meant, readers may think differently about."""
    assert with_rows(path, Row("a", (4,)), Row("a", (4,)), weights=128) == "limit"
    data = header(entries_of(), (Row("a", (4,)),))
    twice = data.replace(b"llama.context_length", b"llama.block_count\0\0\0")
    path.write_bytes(pad(twice) + bytes(64))
    assert code_of(path) == "limit"  # a NUL in a key
    plan = entries_of() | {"llama.context_lengt2": 5}
    data = header(plan, (Row("a", (4,)),))
    path.write_bytes(pad(data.replace(b"context_lengt2", b"context_length")) + bytes(64))
    assert code_of(path) == "limit"


@pytest.mark.parametrize("token", ["<0x-1>", "<0xZZ>", "<0x>", "<0x100>", "<0x0a>"])
def test_row_20_a_token_that_looks_like_a_byte(path: Path, token: str) -> None:
    """It would be read as a number, into a table of 256."""
    tokens = entries_of()["tokenizer.ggml.tokens"]
    assert isinstance(tokens, Items)
    spoilt = Items(STRING, [*tokens.values[:-1], token])
    write_model(path, replace(SMALL, extra={"tokenizer.ggml.tokens": spoilt}))
    assert code_of(path) == "tokens"


def test_a_vocabulary_without_bytes(path: Path) -> None:
    """llama.cpp ends the process at the first letter that it does not know."""
    write_model(path, replace(SMALL, tokenizer="letters"))
    assert code_of(path) == "tokens"


@pytest.mark.parametrize(
    "extra",
    [
        {"tokenizer.ggml.tokens": None},
        {"tokenizer.ggml.tokens": "text"},
        {"tokenizer.ggml.tokens": Items(STRING, [])},
        {"tokenizer.ggml.tokens": Items(I32, [1, 2])},
        {"tokenizer.ggml.scores": Items(F32, [1.0])},
        {"tokenizer.ggml.scores": Items(I8, [1] * 289)},
        {"tokenizer.ggml.scores": 3.0},
        {"tokenizer.ggml.token_type": Items(I32, [1] * 288)},
        {"tokenizer.ggml.token_type": Items(F32, [1.0] * 289)},
        {"tokenizer.ggml.token_type": Items(BOOL, [True] * 289)},
        {"tokenizer.ggml.merges": Items(I32, [1])},
    ],
)
def test_lists_that_do_not_fit_the_tokens(path: Path, extra: dict[str, Value | None]) -> None:
    """llama.cpp reads as many of each as there are tokens, and as the kind it expects."""
    write_model(path, replace(SMALL, extra=extra))
    assert code_of(path) == "tokens"


def test_token_types_may_be_told_in_either_sign(path: Path) -> None:
    """Both are four bytes."""
    kinds = entries_of()["tokenizer.ggml.token_type"]
    assert isinstance(kinds, Items)
    write_model(path, replace(SMALL, extra={"tokenizer.ggml.token_type": Items(U32, kinds.values)}))
    assert code_of(path) == ""


@pytest.mark.parametrize("number", [-1, 289, 2**32 - 1])
def test_a_token_beyond_the_list_is_none(path: Path, number: int) -> None:
    """As llama.cpp does: it has a warning for it."""
    kind = Typed(I32, number) if number < 0 else number
    write_model(path, replace(SMALL, extra={"tokenizer.ggml.bos_token_id": kind}))
    assert examine(path).bos == ""


@pytest.mark.parametrize("layers", [10**6, 0, 513, "two", 2.5])
def test_row_21_block_count(path: Path, layers: Value) -> None:
    """Far from any model."""
    write_model(path, replace(SMALL, extra={"llama.block_count": layers}))
    assert code_of(path) == "layers"


@pytest.mark.parametrize("epsilon", [-1.0, NAN, float("inf"), "small", Raw(ARRAY, b"")])
def test_numbers_that_llama_cpp_aborts_over(path: Path, epsilon: Value) -> None:
    """Measured: an epsilon of -1 or NaN ends the process."""
    key = "llama.attention.layer_norm_rms_epsilon"
    write_model(path, replace(SMALL, extra={key: epsilon}))
    assert code_of(path) != ""


@pytest.mark.parametrize(
    "extra",
    [{"llama.expert_used_count": 4}, {"llama.expert_count": 2, "llama.expert_used_count": 3},
     {"general.architecture": ""}, {"general.architecture": "../x"}, {"general.architecture": 3},
     {"general.architecture": None}],
)  # fmt: skip
def test_shapes_that_are_none(path: Path, extra: dict[str, Value | None]) -> None:
    """More experts used than there are; no architecture."""
    write_model(path, replace(SMALL, extra=extra))
    assert code_of(path) == "layers"


@pytest.mark.parametrize(
    "extra",
    [{"general.type": "adapter"}, {"general.type": "mmproj"}, {"general.architecture": "clip"},
     {"split.count": 2}, {"split.count": "two"}],
)  # fmt: skip
def test_files_that_are_no_model_by_themselves(path: Path, extra: dict[str, Value | None]) -> None:
    """Additions, and one part of several."""
    write_model(path, replace(SMALL, extra=extra))
    assert code_of(path) == "kind"


def test_a_vocabulary_alone(path: Path) -> None:
    """No tensors."""
    assert with_rows(path) == "kind"


def test_embedding_models_are_told_apart(path: Path) -> None:
    """By their architecture, or by what they do with a text's vectors."""
    write_model(path, replace(SMALL, extra={"llama.pooling_type": 3}))
    assert examine(path).kind == "embedding"
    assert examine(starter_model().path).kind == "chat"


@pytest.mark.parametrize("template", [Items(STRING, ["a"]), 7, "x" * 70_000])
def test_a_template_that_is_none(path: Path, template: Value) -> None:
    """No text, or one that is too long."""
    write_model(path, replace(SMALL, extra={"tokenizer.chat_template": template}))
    assert code_of(path) == "template"


def test_names_are_fit_to_be_shown() -> None:
    """No line, no NUL, nothing that turns text round; not longer than a line."""
    assert name_for_people("Qwen3 1.7B") == "Qwen3 1.7B"
    assert name_for_people("a\0b\n\u202ec\ufffd\udcff d") == "a b c d"
    assert name_for_people("x" * 5000) == "x" * 100
    assert name_for_people(7) == ""


def test_mutated_headers_raise_nothing_else(path: Path) -> None:
    """Of 200 damaged headers each passes or is refused."""
    write_model(path, Plan(layers=1))
    data = path.read_bytes()
    chance = random.Random(7)  # noqa: S311 - a test's own dice
    codes = set()
    for _ in range(200):
        path.write_bytes(mutated(data[:9_000], chance) + data[9_000:])
        codes.add(code_of(path))
    assert {"", "version", "limit", "beyond-end"} <= codes
