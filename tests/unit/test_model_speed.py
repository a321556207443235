"""What is foretold follows from what was measured, and where nothing was, nothing is."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from models.gguf import ModelShape
from models.speed import Timing, Weights, Yardstick, calibrate, predict

SHAPE = ModelShape("llama", 16, 8192, 8192, 32, 2048, 8192, 32_000, 8192, 700_000_000)
BARE = Yardstick("here", 1, {"Q4_K_M": 7e9}, {"Q4_K_M": 9e10}, 0.0, 0.0, 0)


def test_writing_takes_the_time_of_reading_the_weights() -> None:
    """And twice as long where there are twice as many."""
    one = predict(SHAPE, 700_000_000, "Q4_K_M", BARE)
    two = predict(SHAPE, 1_400_000_000, "Q4_K_M", BARE)
    assert one is not None
    assert two is not None
    assert one.decode == pytest.approx(10.0)
    assert two.decode == pytest.approx(5.0)
    assert two.prompt < one.prompt / 2 * 1.1


def test_what_a_layer_and_a_token_take_is_added() -> None:
    """Small models feel it, large ones hardly."""
    slower = replace(BARE, token_overhead=0.01, layer_overhead=0.005)
    speed = predict(SHAPE, 700_000_000, "Q4_K_M", slower)
    assert speed is not None
    assert 1 / speed.decode == pytest.approx(0.1 + 0.01 + 16 * 0.005)


def test_looking_back_is_added_to_both() -> None:
    """Head by head, position by position."""
    attentive = replace(BARE, decode_attention=1e-7, prompt_attention=1e-8)
    before, after = (predict(SHAPE, 700_000_000, "Q4_K_M", it) for it in (BARE, attentive))
    assert before is not None
    assert after is not None
    assert 1 / after.decode - 1 / before.decode == pytest.approx(16 * 32 * 544 * 1e-7)
    assert 1 / after.prompt - 1 / before.prompt == pytest.approx(16 * 32 * 256 * 1e-8)


def test_a_first_matrix_of_its_own_is_not_read() -> None:
    """Of it one row is looked up."""
    shared = Weights.of(SHAPE, 700_000_000, "Q8_0")
    own = Weights.of(SHAPE, 700_000_000, "Q8_0", shared_embedding=False)
    assert shared.decode_bytes == 700_000_000
    assert own.decode_bytes == 700_000_000 - 32_000 * 2048 * 8.5 / 8


@pytest.mark.parametrize("form", ["Q4_1", "IQ4_XS", "F16", "", "Q5_K_M"])
def test_of_a_form_that_was_not_measured_nothing_is_told(form: str) -> None:
    """Its kernels may be twice as fast, or half."""
    assert predict(SHAPE, 700_000_000, form, BARE) is None


def test_a_shape_that_is_not_true_gives_no_nonsense() -> None:
    """A vocabulary larger than the whole file: still a speed that there can be."""
    wrong = replace(SHAPE, vocabulary=10**8)
    speed = predict(wrong, 700_000_000, "Q4_K_M", BARE, shared_embedding=False)
    assert speed is not None
    assert 0 < speed.decode < math.inf
    assert 0 < speed.prompt < math.inf


def test_times_that_make_no_sense_give_no_negative_speed() -> None:
    """On a busy machine the small model may come out slower than the large one."""
    tiny = replace(SHAPE, layers=4, heads=4)
    high = replace(tiny, layers=24)
    odd = calibrate(
        BARE,
        Timing(tiny, 128, 0.002, 136, 0.009),
        Timing(high, 128, 0.001, 136, 0.003),
        Timing(high, 640, 0.0005, 648, 0.002),
        [("Q4_K_M", Timing(SHAPE, 128, 0.0001, 136, 0.0001))],
    )
    assert odd.layer_overhead >= 0
    assert odd.token_overhead >= 0
    assert odd.decode_attention == odd.prompt_attention == 0
    assert odd.bytes_per_second["Q4_K_M"] > 0
    assert odd.flops_per_second["Q4_K_M"] > 0
