"""What a model needs, whether it fits, and which of its layers a GPU takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.engine.devices import Device, DeviceKind, best_gpu, device_words, list_devices
from assistant.engine.fit import (
    GPU_RESERVE_BYTES,
    check_fit,
    context_that_fits,
    layers_for,
    layers_that_fit,
    need,
)
from assistant.engine.placing import Placement, place
from assistant.engine.protocol import EngineOptions
from assistant.errors import ModelRefused
from models.gguf import ModelShape, read_shape
from models.starter import starter_model

MIB = 1024 * 1024
BATCH = 128
SEVEN_B = ModelShape(
    architecture="llama",
    layers=32,
    key_width=32 * 8 * 128,
    value_width=32 * 8 * 128,
    heads=32,
    embedding=4096,
    feed_forward=14_336,
    vocabulary=32_000,
    trained_context=32_768,
    file_bytes=4_000_000_000,
)
NVIDIA = Device("CUDA0", "NVIDIA RTX", DeviceKind.GPU, 8_000_000_000, 8_000_000_000)
SHARED = Device("Vulkan0", "Iris", DeviceKind.SHARED_GPU, 20_000_000_000, 20_000_000_000)
CPU = Device("CPU", "A processor", DeviceKind.CPU, 0, 0)


@pytest.mark.parametrize(
    ("options", "batch", "kv_mib", "compute_mib"),
    [
        (EngineOptions(512), 128, 11.25, 24.56),
        (EngineOptions(2048), 128, 45.0, 25.63),
        (EngineOptions(8192), 128, 180.0, 24.56),
        (EngineOptions(2048), 512, 45.0, 102.51),
        (EngineOptions(8192, flash_attention=False), 128, 180.0, 41.60),
        (EngineOptions(2048, kv_type="q8_0", flash_attention=True), 128, 23.91, 24.84),
    ],
)
def test_the_sums_are_what_llama_cpp_allocates(
    options: EngineOptions, batch: int, kv_mib: float, compute_mib: float
) -> None:
    """Held against what llama.cpp's log said of the starter model, for the same options."""
    needed = need(read_shape(starter_model().path), options, batch)
    assert needed.kv_cache / MIB == pytest.approx(kv_mib, abs=0.01)
    assert needed.compute / MIB == pytest.approx(compute_mib, rel=0.1)


def test_a_context_is_cut_to_what_the_model_was_trained_for() -> None:
    """Asking for more costs no more."""
    assert need(SEVEN_B, EngineOptions(131_072), BATCH) == need(
        SEVEN_B, EngineOptions(32_768), BATCH
    )


def test_a_model_that_fits_is_not_refused() -> None:
    """To the byte."""
    check_fit(SEVEN_B, EngineOptions(), BATCH, need(SEVEN_B, EngineOptions(), BATCH).total)


def test_a_model_that_cannot_fit_says_what_it_needs() -> None:
    """Both figures, and no context is advised where none helps."""
    with pytest.raises(ModelRefused) as problem:
        check_fit(SEVEN_B, EngineOptions(8192), BATCH, 3_100_000_000)
    assert problem.value.message == ("This model needs about 5.1 GB of memory and 3.1 GB are free.")
    assert problem.value.advice == "Close other programs, or choose a smaller model."


def test_a_context_that_would_fit_is_advised() -> None:
    """The largest one: it fits, and the next one does not."""
    available = need(SEVEN_B, EngineOptions(3000), BATCH).total
    with pytest.raises(ModelRefused) as problem:
        check_fit(SEVEN_B, EngineOptions(8192), BATCH, available)
    assert "Lower the context to 2,816 tokens" in problem.value.advice
    options = EngineOptions(8192)
    assert context_that_fits(SEVEN_B, options, BATCH, available) == 2816
    check_fit(SEVEN_B, EngineOptions(2816), BATCH, available)


def test_the_way_the_cache_is_kept_counts_for_the_advice() -> None:
    """A cache of half the size leaves room for about twice the context."""
    available = need(SEVEN_B, EngineOptions(2048), BATCH).total
    full = context_that_fits(SEVEN_B, EngineOptions(16_384), BATCH, available)
    half = context_that_fits(SEVEN_B, EngineOptions(16_384, kv_type="q8_0"), BATCH, available)
    assert full == 2048
    assert 3584 <= half <= 4096


def test_layers_on_a_gpu_take_none_of_the_memory() -> None:
    """All of them there leave the compute buffer only."""
    options = EngineOptions()
    check_fit(SEVEN_B, options, BATCH, need(SEVEN_B, options, BATCH).compute, 32)


@pytest.mark.parametrize(
    ("free", "layers"),
    [(0, 0), (99, 0), (100 + 29, 0), (100 + 30, 1), (100 + 10 * 30 - 1, 9), (10**9, 10)],
)
def test_layers_that_fit(free: int, layers: int) -> None:
    """Never more than there are, never fewer than none."""
    assert layers_that_fit(free, 10, 20, 10, 100) == layers


def test_layers_without_a_size_are_not_counted() -> None:
    """A header that claims nothing must not divide by nothing."""
    assert layers_that_fit(1000, 10, 0, 0, 0) == 0


def test_automatic_layers_leave_the_reserve_free() -> None:
    """What they take and the reserve are within what is free; one more would not be."""
    free = 3_000_000_000
    layers = layers_for(SEVEN_B, EngineOptions(), BATCH, free)
    needed = need(SEVEN_B, EngineOptions(), BATCH)
    each = (needed.weights + needed.kv_cache) / 32
    assert 0 < layers < 32
    assert layers * each + needed.compute + GPU_RESERVE_BYTES <= free
    assert (layers + 1) * each + needed.compute + GPU_RESERVE_BYTES > free


def test_a_person_may_choose_the_layers() -> None:
    """As many as there are at most."""
    assert layers_for(SEVEN_B, EngineOptions(gpu_layers=7), BATCH, 0) == 7
    assert layers_for(SEVEN_B, EngineOptions(gpu_layers=99), BATCH, 0) == 32
    assert layers_for(SEVEN_B, EngineOptions(gpu_layers=0), BATCH, 10**12) == 0


def test_the_best_gpu_has_memory_of_its_own() -> None:
    """Then the most of it; a processor is none."""
    smaller = replace(NVIDIA, name="CUDA1", free_bytes=4_000_000_000)
    assert best_gpu([CPU, SHARED, smaller, NVIDIA]) == NVIDIA
    assert best_gpu([CPU, SHARED]) == SHARED
    assert best_gpu([CPU]) is None
    assert best_gpu([]) is None


def test_where_a_model_computes_is_said_in_words() -> None:
    """With the layers where they are not all."""
    assert device_words(None, 0, 30) == "CPU"
    assert device_words(NVIDIA, 0, 30) == "CPU"
    assert device_words(NVIDIA, 24, 30) == "NVIDIA RTX (24 of 30 layers)"
    assert device_words(NVIDIA, 30, 30) == "NVIDIA RTX"
    assert device_words(replace(NVIDIA, description="", name=""), 30, 30) == "GPU"


def test_llama_cpp_lists_this_machine() -> None:
    """The real library names a processor."""
    assert DeviceKind.CPU in {device.kind for device in list_devices()}


def test_without_a_gpu_the_starter_computes_on_the_cpu() -> None:
    """With what this machine really has free."""
    placement = place(starter_model().path, EngineOptions(), BATCH, devices=lambda: [CPU])
    assert placement == Placement(0, 0, "CPU")


def test_a_gpu_takes_the_whole_starter() -> None:
    """One layer more than it has: what follows the last one goes along. The second GPU is named."""
    small = replace(NVIDIA, name="CUDA0", free_bytes=1_000_000_000)
    second = replace(NVIDIA, name="CUDA1")
    placement = place(
        starter_model().path,
        EngineOptions(),
        BATCH,
        available=lambda: 100 * MIB,
        devices=lambda: [CPU, small, second],
    )
    assert placement == Placement(31, 1, "NVIDIA RTX")


def test_a_gpu_that_shares_memory_leaves_no_more_of_it() -> None:
    """Layers on it still take the machine's memory, so the model is refused all the same."""
    with pytest.raises(ModelRefused, match=r"0\.1 GB are free"):
        place(
            starter_model().path,
            EngineOptions(),
            BATCH,
            available=lambda: 100 * MIB,
            devices=lambda: [SHARED],
        )


def test_too_little_memory_refuses_before_loading() -> None:
    """In the words of ``check_fit``."""
    with pytest.raises(ModelRefused, match=r"needs about 0\.2 GB of memory and 0\.1 GB are free"):
        place(starter_model().path, EngineOptions(), BATCH, available=lambda: 100_000_000)


@pytest.mark.parametrize("content", [None, b"", b"GGUF" + bytes(100)])
def test_a_header_that_makes_no_sense_is_refused(tmp_path: Path, content: bytes | None) -> None:
    """Missing, empty, or a version that nobody has."""
    path = tmp_path / "model.gguf"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelRefused, match="header"):
        place(path, EngineOptions(), BATCH)
