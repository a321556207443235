"""What this computer has is told, and a driver that misbehaves tells nothing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from assistant.shelf.machine import Gpu, Machine, find_gpu

SAYING = """
import sys
from assistant.children.serving import serve_once
serve_once(lambda frame, tell: {answer})
"""


def saying(answer: str) -> tuple[str, ...]:
    """A child that answers so."""
    return (sys.executable, "-c", SAYING.replace("{answer}", answer))


def test_this_machine(tmp_path: Path) -> None:
    """Whatever it is."""
    found = Machine(tmp_path / "not" / "there", lambda: Gpu()).read()
    assert found.cores >= 1
    assert 0 < found.available <= found.memory
    assert found.free_disk > 0
    assert found.instructions


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("flags\t\t: fpu sse4_2 avx avx2 f16c fma", ("avx2", "fma", "f16c", "avx", "sse4_2")),
        ("Features\t: fp asimd asimddp i8mm", ("i8mm", "asimddp", "asimd")),
    ],
)
def test_instruction_sets(tmp_path: Path, lines: str, expected: tuple[str, ...]) -> None:
    """Those that decide speed, the best first."""
    cpu_file = tmp_path / "cpuinfo"
    cpu_file.write_text(f"model name: x\n{lines}\n")
    assert Machine(tmp_path, lambda: Gpu(), cpu_file).read().instructions == expected


def test_where_nobody_tells_the_sets(tmp_path: Path) -> None:
    """The architecture's name is something."""
    (name,) = Machine(tmp_path, lambda: Gpu(), tmp_path / "none").read().instructions
    assert name


def test_the_gpu_is_asked_for_once(tmp_path: Path) -> None:
    """A driver takes a while."""
    asked: list[int] = []

    def find() -> Gpu:
        asked.append(1)
        return Gpu("A GPU", 8)

    machine = Machine(tmp_path, find)
    assert [machine.read().gpu, machine.read().gpu] == ["A GPU", "A GPU"]
    assert len(asked) == 1


def test_a_real_child_answers() -> None:
    """A build for the CPU has no GPU; another names it."""
    found = find_gpu()
    assert found.name or found.memory == 0


@pytest.mark.parametrize(
    "answer",
    [
        '{"op": "devices"}',
        '{"op": "devices", "name": "x", "memory": "much"}',
        '{"op": "devices", "name": "x", "memory": None}',
        '{"op": "refused", "code": "engine", "message": "no", "advice": ""}',
        "sys.exit(3)",
        '__import__("os").abort()',
    ],
)
@pytest.mark.logs_problems
def test_a_driver_that_misbehaves(answer: str) -> None:
    """There is no GPU then, and nothing else happens."""
    assert find_gpu(saying(answer)) == Gpu()


def test_one_that_hangs_is_not_waited_for() -> None:
    """It is killed."""
    assert find_gpu(saying('__import__("time").sleep(60)'), seconds=0.5) == Gpu()


def test_what_a_driver_says_is_cut_to_size() -> None:
    """It is shown."""
    found = find_gpu(saying('{"op": "devices", "name": "G\\n\\u202e" * 99, "memory": -5}'))
    assert found.name.isprintable()
    assert 0 < len(found.name) <= 80
    assert found.memory == 0


def test_no_such_program() -> None:
    """Nothing is raised."""
    assert find_gpu(("/no/such/program",)) == Gpu()
