"""What five other programs keep is found, checked by content, and linked or copied, never moved."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.cancel import Cancel
from assistant.errors import FileRefused, InputRefused, ModelUnsafe
from assistant.shelf import keepers
from assistant.shelf.adopting import Adopting
from assistant.shelf.preflight import refused
from assistant.shelf.records import Found
from assistant.shelf.space import Space
from assistant.shelf.taking_in import TakingIn
from tests.fakes.shelf import FakeShelf, done

DATA = b"GGUF a model of somebody else"
SHA256 = hashlib.sha256(DATA).hexdigest()


class Bench(FakeShelf):
    """The room over a shelf, and a home folder of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.home = self.outside / "home"
        self.home.mkdir()
        self.around = keepers.Surroundings(self.home, {}, "linux")
        space = Space(free=lambda _: 10**12)
        taking_in = TakingIn(
            self.shelf, self.folder / "downloads", self.events.append, self.work, space
        )
        self.room = Adopting(self.shelf, taking_in, self.events.append, self.work, self.around)

    def keep(self, path: str, data: bytes = DATA) -> Path:
        """A file of another program."""
        return self.write(f"home/{path}", data)

    def found(self) -> list[Found]:
        """What is found now."""
        return done(self.room.look())

    def names(self) -> list[tuple[str, str]]:
        """Programs and names."""
        return [(it.program, it.name) for it in self.found()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty shelf and an empty home."""
    return Bench(tmp_path)


def manifest(digest: str, media: str = "application/vnd.ollama.image.model") -> bytes:
    """As Ollama keeps one."""
    layers = [
        {"mediaType": "application/vnd.ollama.image.template", "digest": "sha256:" + "1" * 64},
        {"mediaType": media, "digest": f"sha256:{digest}"},
    ]
    return json.dumps({"schemaVersion": 2, "layers": layers}).encode()


def test_ollama(bench: Bench) -> None:
    """By its manifests, of any registry; a blob that is not there is none."""
    folder = ".ollama/models"
    bench.keep(f"{folder}/blobs/sha256-{SHA256}")
    bench.keep(f"{folder}/manifests/registry.ollama.ai/library/qwen3/1.7b", manifest(SHA256))
    bench.keep(f"{folder}/manifests/hf.co/some/one/latest", manifest("2" * 64))
    (model,) = bench.found()
    assert (model.program, model.name, model.sha256) == ("Ollama", "qwen3:1.7b", SHA256)
    assert model.size == len(DATA)


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"[]", b"[" * 50_000, b'{"layers": 3}', b'{"layers": [3]}', b'{"layers": []}',
     b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "../../x"}]}',
     b'{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": 7}]}'],
)  # fmt: skip
def test_manifests_that_make_no_sense(bench: Bench, text: bytes) -> None:
    """They name nothing, least of all a path."""
    bench.keep(f".ollama/models/blobs/sha256-{SHA256}")
    bench.keep(".ollama/models/manifests/a/b/c/d", text)
    assert bench.found() == []


def test_lm_studio(bench: Bench) -> None:
    """In its home, or where its pointer says."""
    bench.keep(".lmstudio/models/org/repo/One.Q4.gguf")
    moved = bench.outside / "moved"
    bench.write("moved/models/org/repo/Two.gguf", DATA + b"2")
    bench.keep(".lmstudio-home-pointer", f"{moved}\n".encode())
    assert bench.names() == [("LM Studio", "Two"), ("LM Studio", "One.Q4")]


@pytest.mark.parametrize("pointer", [b"", b"relative", b"/a\0b", b"\xff\xfe", b"/" + b"x" * 9000])
def test_a_pointer_that_makes_no_sense(bench: Bench, pointer: bytes) -> None:
    """It is passed over."""
    bench.keep(".lmstudio-home-pointer", pointer)
    assert bench.found() == []


def test_jan(bench: Bench) -> None:
    """Each model is called like its folder; an older folder counts, too."""
    bench.keep(".local/share/Jan/data/llamacpp/models/qwen3-4b/model.gguf")
    bench.keep("jan/models/old/Old-Name.gguf", DATA + b"2")
    assert bench.names() == [("Jan", "qwen3-4b"), ("Jan", "Old-Name")]


def test_gpt4all(bench: Bench) -> None:
    """One folder, by system."""
    bench.keep(".local/share/nomic.ai/GPT4All/Llama.gguf")
    assert bench.names() == [("GPT4All", "Llama")]


def test_hugging_face(bench: Bench) -> None:
    """Snapshots lead to blobs, and a blob is called by its digest."""
    folder = bench.home / ".cache/huggingface/hub/models--org--name"
    blob = bench.keep(f".cache/huggingface/hub/models--org--name/blobs/{SHA256}")
    snapshot = folder / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (snapshot / "Model-Q8.gguf").symlink_to(f"../../blobs/{SHA256}")
    (snapshot / "broken.gguf").symlink_to("../../blobs/none")
    (snapshot / "README.md").symlink_to(f"../../blobs/{SHA256}")
    bench.keep(".cache/huggingface/hub/datasets--a--b/snapshots/x/d.gguf")
    (model,) = bench.found()
    assert (model.program, model.name, model.path) == ("Hugging Face", "Model-Q8", blob)
    assert model.sha256 == SHA256


@pytest.mark.parametrize(
    ("system", "environment", "path"),
    [
        ("darwin", {}, "Library/Application Support/nomic.ai/GPT4All/M.gguf"),
        ("darwin", {}, "Library/Application Support/Jan/data/llamacpp/models/M/model.gguf"),
        ("win32", {}, "AppData/Local/nomic.ai/GPT4All/M.gguf"),
        ("win32", {}, "AppData/Roaming/Jan/data/llamacpp/models/M/model.gguf"),
        ("linux", {"XDG_DATA_HOME": "{home}/data"}, "data/nomic.ai/GPT4All/M.gguf"),
        ("linux", {"HF_HOME": "{home}/hf"}, "hf/hub/models--a/snapshots/r/M.gguf"),
        ("linux", {"HF_HUB_CACHE": "{home}/c"}, "c/models--a/snapshots/r/M.gguf"),
        ("linux", {"HF_HUB_CACHE": "/a\0b"}, ".cache/huggingface/hub/models--a/snapshots/r/M.gguf"),
    ],
)
def test_places_by_system_and_environment(
    bench: Bench, system: str, environment: dict[str, str], path: str
) -> None:
    """As each program chooses them."""
    bench.keep(path)
    named = {key: value.format(home=bench.home) for key, value in environment.items()}
    around = keepers.Surroundings(bench.home, named, system)
    assert [it.name for it in keepers.look(around)] == ["M"]


def test_ollama_may_keep_models_elsewhere(bench: Bench) -> None:
    """Where its variable says."""
    bench.keep(f"o/blobs/sha256-{SHA256}")
    bench.keep("o/manifests/r/l/n/t", manifest(SHA256))
    around = replace(bench.around, environment={"OLLAMA_MODELS": str(bench.home / "o")})
    assert [it.sha256 for it in keepers.look(around)] == [SHA256]


def test_what_is_no_model_is_not_found(bench: Bench) -> None:
    """Eyes and parts of models, other files, pipes; folders that are links are not followed."""
    folder = ".lmstudio/models/org/repo"
    bench.keep(f"{folder}/mmproj-model-f16.gguf")
    bench.keep(f"{folder}/big-00001-of-00003.gguf")
    bench.keep(f"{folder}/text.gguf", b"not one")
    bench.keep(f"{folder}/readme.txt")
    os.mkfifo(bench.home / folder / "pipe.gguf")
    bench.write("other/hidden.gguf", DATA)
    (bench.home / ".lmstudio/models/link").symlink_to(bench.outside / "other")
    (bench.home / ".lmstudio/models/round").symlink_to(bench.home)
    assert bench.found() == []


def test_deep_and_many_folders_end(bench: Bench) -> None:
    """Nobody's folders are walked for ever."""
    bench.keep(".lmstudio/models/" + "deep/" * 30 + "x.gguf")
    assert bench.found() == []


def test_a_cancelled_look_ends(bench: Bench) -> None:
    """With what it has."""
    bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    cancel = Cancel()
    cancel.ask()
    assert done(bench.room.look(cancel)) == []


def test_each_file_is_found_once_and_not_when_it_is_here(bench: Bench) -> None:
    """Two programs may share a file; what the shelf has is not offered again."""
    path = bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    bench.keep(".lmstudio/models/o/r/x")
    (bench.home / ".lmstudio/models/o/r/M.gguf").symlink_to(path)
    (model,) = bench.found()
    done(bench.room.adopt(model, "link"))
    assert bench.found() == []


def test_linking_reads_it_and_leaves_it(bench: Bench) -> None:
    """Its content decides what it is; the file is not touched."""
    path = bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    before = path.stat()
    model = done(bench.room.adopt(bench.found()[0], "link"))
    assert (model.sha256, model.path, model.linked, model.source) == (SHA256, path, True, "adopted")
    assert (model.name, model.state) == ("M", "ready")
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert bench.examined == [path]


def test_copying_makes_it_independent(bench: Bench) -> None:
    """The other program may remove its own."""
    path = bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    model = done(bench.room.adopt(bench.found()[0], "copy"))
    path.unlink()
    assert (model.source, model.linked) == ("adopted", False)
    assert bench.library.get(SHA256).state == "ready"  # type: ignore[union-attr] # it is there


@pytest.mark.parametrize("how", ["link", "copy"])
def test_a_blob_that_is_not_what_it_is_called(bench: Bench, how: str) -> None:
    """It is said, and not taken over."""
    bench.keep(f".ollama/models/blobs/sha256-{SHA256}", DATA + b"!")
    bench.keep(".ollama/models/manifests/r/l/n/t", manifest(SHA256))
    with pytest.raises(FileRefused, match="SHA-256"):
        done(bench.room.adopt(bench.found()[0], how))  # type: ignore[arg-type] # either
    assert len(bench.library.all()) == 1


@pytest.mark.parametrize("how", ["link", "copy"])
def test_what_does_not_pass_is_not_adopted(bench: Bench, how: str) -> None:
    """Whoever keeps it."""
    bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    bench.verdict = refused("template")
    with pytest.raises(ModelUnsafe, match="“M”"):
        done(bench.room.adopt(bench.found()[0], how))  # type: ignore[arg-type] # either
    assert len(bench.library.all()) == 1


def test_a_file_that_is_replaced_while_it_is_read(bench: Bench) -> None:
    """What was read is not what lies there now."""
    path = bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    model = bench.found()[0]

    def swap(words: str, _share: float) -> None:
        if words == "Examining the file":
            fresh = bench.write("fresh", DATA[:-1] + b"!")
            fresh.replace(path)

    with pytest.raises(FileRefused, match="replaced"):
        done(bench.room.adopt(model, "link", swap))


def test_a_file_whose_name_is_no_text_can_only_be_copied(bench: Bench) -> None:
    """llama.cpp could not be told where it lies."""
    bench.keep(".local/share/nomic.ai/GPT4All/M\udcff.gguf")
    (model,) = bench.found()
    assert model.name == "M"
    with pytest.raises(FileRefused, match="no text"):
        done(bench.room.adopt(model, "link"))
    assert done(bench.room.adopt(model, "copy")).name == "M"


def test_a_cancelled_adoption_changes_nothing(bench: Bench) -> None:
    """Linked or copied."""
    bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    cancel = Cancel()
    cancel.ask()
    with pytest.raises(InputRefused):
        done(bench.room.adopt(bench.found()[0], "link", cancel=cancel))
    assert len(bench.library.all()) == 1


def test_a_linked_file_that_is_already_copied_is_not_linked(bench: Bench) -> None:
    """The shelf has it."""
    mine = bench.put(DATA)
    bench.keep(".local/share/nomic.ai/GPT4All/M.gguf")
    model = done(
        bench.room.adopt(
            Found("x", "M", bench.home / ".local/share/nomic.ai/GPT4All/M.gguf", len(DATA), None),
            "link",
        )
    )
    assert model == mine
