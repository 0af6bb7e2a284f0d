"""Names to folders, and the digest that names a model's weights."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from rag.errors import WeightsError
from rag.models.weights import MODELS, gguf_digest, resolve_gguf, resolve_model, weights_digest
from rag.models.weights.pull import pull_model
from rag.models.weights.registry import Model

pytestmark = pytest.mark.processes

MakeModel = Callable[..., Model]


@pytest.fixture
def known(make_model: MakeModel, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Model:
    model = make_model(data)
    monkeypatch.setitem(MODELS, "tiny", model)
    return model


def test_a_short_name_is_its_folder_once_it_is_pulled(cache: Path, known: Model) -> None:
    with pytest.raises(
        WeightsError, match="'tiny' isn't on this machine yet; run `python -m rag models pull tiny`"
    ):
        resolve_model("tiny")
    pull_model(known)
    assert resolve_model("tiny") == cache / "tiny"


def test_a_model_that_lost_a_file_is_not_used(cache: Path, known: Model) -> None:
    (pull_model(known) / "model.safetensors").write_bytes(b"cut")
    with pytest.raises(WeightsError, match="isn't complete; run `python -m rag models pull tiny`"):
        resolve_model("tiny")


def test_a_folder_is_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "org" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_model(str(tmp_path / "org")) == tmp_path / "org"
    assert resolve_model("org/model") == Path("org/model")
    assert resolve_model("~/org") == tmp_path / "org"


@pytest.mark.parametrize("name", ["/no/such/folder", "./none", "~/none", "../none/at/all"])
def test_a_folder_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(WeightsError, match="there is no model folder"):
        resolve_model(name)


@pytest.mark.parametrize("name", ["multilingual-e5-smal", "Multilingual-E5-Small"])
def test_a_misspelt_short_name_gets_the_closest(name: str) -> None:
    with pytest.raises(WeightsError, match="did you mean 'multilingual-e5-small'"):
        resolve_model(name)


def test_a_name_like_no_other_gets_the_list() -> None:
    with pytest.raises(WeightsError, match=r"known names: .*qwen2"):
        resolve_model("通义")


def test_a_hub_id_that_is_not_here_is_refused_offline_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(WeightsError, match=r"nobody/nothing.*HF_HUB_OFFLINE") as raised:
        resolve_model("nobody/nothing")
    assert "\n" not in str(raised.value)


def test_a_hub_id_is_found_in_the_hubs_own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--somebody--something"
    snapshot = repository / "snapshots" / ("0" * 40)
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    save_file({"a": np.zeros(2)}, snapshot / "model.safetensors")
    assert resolve_model("somebody/something") == snapshot


def test_the_digest_is_that_of_the_weights_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(data)
    assert weights_digest(tmp_path) == hashlib.sha256(data).hexdigest()


def test_the_digest_covers_every_weights_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "model.safetensors").write_bytes(data)
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"one")
    before = weights_digest(tmp_path)
    (tmp_path / "2_Dense" / "model.safetensors").write_bytes(b"two")
    assert weights_digest(tmp_path) != before


def test_a_pulled_models_digest_comes_from_its_manifest(cache: Path, known: Model, data: bytes) -> None:
    folder = pull_model(known)
    (folder / "model.safetensors").write_bytes(bytes(len(data)))  # would differ if it were read
    assert weights_digest(folder) == hashlib.sha256(data).hexdigest()


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"no \*\.safetensors"):
        weights_digest(tmp_path)


@pytest.fixture
def published(make_model: MakeModel, data: bytes, monkeypatch: pytest.MonkeyPatch) -> Model:
    """A known model's published form."""
    model = replace(make_model(data, path="model.gguf", converter="gguf"), converted="c0ffee")
    monkeypatch.setitem(MODELS, "tiny", model)
    assert model.published is not None
    return model.published


def test_a_short_names_file_is_the_published_one(cache: Path, published: Model, data: bytes) -> None:
    with pytest.raises(WeightsError, match=r"'tiny' isn't on this machine yet; run .* models pull tiny`"):
        resolve_gguf("tiny")
    pull_model(published)
    assert resolve_gguf("tiny") == cache / "tiny-gguf" / "model.gguf"
    with pytest.raises(WeightsError, match="'tiny' isn't on this machine yet"):  # for transformers
        resolve_model("tiny")


def test_a_file_is_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.GGUF").touch()
    monkeypatch.setenv("HOME", str(tmp_path))
    assert resolve_gguf("~/a.GGUF") == resolve_gguf(str(tmp_path / "a.GGUF")) == tmp_path / "a.GGUF"
    with pytest.raises(WeightsError, match=r"there is no model file .*b\.gguf; correct generator\.model"):
        resolve_gguf("~/b.gguf")


def test_a_model_without_such_a_file_is_refused() -> None:
    with pytest.raises(WeightsError, match="can't run the model 'multilingual-e5-small'"):
        resolve_gguf("multilingual-e5-small")
    with pytest.raises(WeightsError, match="did you mean"):
        resolve_gguf("qwen2.5-coder-1.5b")


def test_both_forms_of_a_model_are_the_same_weights(
    cache: Path, published: Model, data: bytes, tmp_path: Path
) -> None:
    (tmp_path / "mine.gguf").write_bytes(data)
    assert gguf_digest(tmp_path / "mine.gguf") == "c0ffee"
    file = pull_model(published) / "model.gguf"
    file.write_bytes(bytes(len(data)))  # would differ if it were read
    assert gguf_digest(file) == "c0ffee"


def test_another_file_is_read_once(tmp_path: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.gguf"
    file.write_bytes(data)
    assert gguf_digest(file) == hashlib.sha256(data).hexdigest()
    monkeypatch.setattr("rag.models.weights.resolution.file_digest", None)
    assert gguf_digest(file) == hashlib.sha256(data).hexdigest()
