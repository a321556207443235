"""The contract of ``Encoder``, passed by ONNX Runtime and by the deterministic fake."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from assistant.embed.protocol import Encoder
from assistant.embed.source import ChosenEncoder
from assistant.errors import EncoderError
from tests.fakes.encoder import FakeEncoder, FakeEncoderSource

TEXTS = (
    "The cat sat on the mat.",
    "The cat sat on a mat.",
    "The budget of the third quarter was cut by nine percent.",
    "Ein Satz auf Deutsch, mit Umlauten: Äpfel, Öl, Übung.",
    "def area(width, height):\n    return width * height\n",
)
HOSTILE = (
    "",
    " \n\t ",
    "\x00\x00",
    "half a pair: \ud83d and another: \udc00",
    "‮ reversed ‬ and 👩‍👩‍👧 joined",
    "[CLS] [SEP] [PAD] [MASK] <s> </s>",
    "a" * 50_000,
    "word " * 20_000,
    "東京の天気" * 4_000,
)


class EncoderContract:
    """What every encoder does. Subclasses give ``encoder``."""

    def test_gives_a_row_of_unit_length_for_each_text(self, encoder: Encoder) -> None:
        """Float32, as many columns as it says."""
        vectors = encoder.encode(TEXTS)
        assert vectors.shape == (len(TEXTS), encoder.dimensions)
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_nothing_gives_no_rows(self, encoder: Encoder) -> None:
        """An empty list has no rows, and still the columns."""
        assert encoder.encode([]).shape == (0, encoder.dimensions)

    def test_a_text_by_itself_is_as_one_among_others(self, encoder: Encoder) -> None:
        """Bit for bit: whatever stands beside it, and however many threads compute."""
        alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
        assert np.array_equal(alone, encoder.encode(TEXTS))
        assert np.array_equal(alone, encoder.encode(TEXTS, threads=2))
        assert np.array_equal(alone[::-1], encoder.encode(TEXTS[::-1], threads=3))

    def test_alike_texts_are_near(self, encoder: Encoder) -> None:
        """Two sentences on one cat, and one on a budget."""
        cat, same_cat, budget, *_ = encoder.encode(TEXTS)
        assert cat @ same_cat > cat @ budget + 0.2

    def test_many_threads_may_ask_at_once(self, encoder: Encoder) -> None:
        """Each gets its own texts' vectors."""
        expected = encoder.encode(TEXTS)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda text: encoder.encode([text]), TEXTS * 4))
        assert np.array_equal(np.concatenate(found), np.tile(expected, (4, 1)))

    def test_what_is_beyond_the_limit_is_not_read(self, encoder: Encoder) -> None:
        """The last token that fits makes a difference, the next one none."""
        full = "word " * encoder.max_tokens
        room = "word " * (encoder.max_tokens - 1)
        vectors = encoder.encode([full, full + "elephant", room + "elephant"])
        assert np.array_equal(vectors[0], vectors[1])
        assert not np.array_equal(vectors[0], vectors[2])

    def test_spans_lie_in_order_inside_the_text(self, encoder: Encoder) -> None:
        """And leave nothing out but white space."""
        for text in TEXTS:
            spans = encoder.spans(text)
            assert all(first < last for first, last in spans)
            assert all(one[1] <= two[0] for one, two in pairwise(spans))
            covered = {at for first, last in spans for at in range(first, last)}
            assert covered >= {at for at, letter in enumerate(text) if not letter.isspace()}
            assert spans[-1][1] <= len(text)

    def test_spans_of_a_long_text_are_those_of_its_parts(self, encoder: Encoder) -> None:
        """A long text is looked at in pieces, which must not show."""
        sentence = "Unbelievable internationalisation. "
        one = encoder.spans(sentence)
        count = 2_000
        expected = [
            (number * len(sentence) + first, number * len(sentence) + last)
            for number in range(count)
            for first, last in one
        ]
        assert encoder.spans(sentence * count) == expected

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_any_text_will_do(self, encoder: Encoder, text: str) -> None:
        """Nothing, NULs, half characters, special tokens spelled out, and what has no end."""
        (vector,) = encoder.encode([text])
        assert abs(np.linalg.norm(vector) - 1) < 1e-5
        assert all(0 <= first < last <= len(text) for first, last in encoder.spans(text))

    def test_tells_what_it_is(self, encoder: Encoder) -> None:
        """A name for the person, a key for the index, room for a passage."""
        assert encoder.name
        assert encoder.key
        assert encoder.max_tokens > 32

    def test_closed_it_refuses(self, encoder: Encoder) -> None:
        """And closing again changes nothing."""
        encoder.close()
        encoder.close()
        with pytest.raises(EncoderError):
            encoder.encode(TEXTS[:1])


class TestFakeEncoder(EncoderContract):
    """The fake that other tests rely on."""

    @pytest.fixture
    def encoder(self) -> Iterator[Encoder]:
        encoder = FakeEncoderSource(FakeEncoder()).open()
        yield encoder
        encoder.close()


class TestOnnxEncoder(EncoderContract):
    """all-MiniLM-L6-v2, really exported, in ONNX Runtime."""

    @pytest.fixture
    def encoder(self, exported_encoder: ChosenEncoder) -> Iterator[Encoder]:
        encoder = exported_encoder.open()
        yield encoder
        encoder.close()
