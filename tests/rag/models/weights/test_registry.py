import re
from pathlib import Path

import pytest

import rag.models.generator
from rag.errors import WeightsError
from rag.models.generator.adapter import read_facts
from rag.models.weights.registry import MODELS, Model, find_model
from rag.settings import Settings

_MODELS = pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))


@_MODELS
def test_slices_make_up_their_files(model: Model) -> None:
    for file in model.files:
        assert sum(piece.size for piece in file.slices) == file.size
        assert all(piece.size > 0 for piece in file.slices)


@_MODELS
def test_every_source_is_pinned(model: Model) -> None:
    for file in model.files:
        for digest in (file.sha256, *(piece.sha256 for piece in file.slices)):
            assert re.fullmatch(r"[0-9a-f]{64}", digest)
        for piece in file.slices:
            assert re.fullmatch(r"[a-z0-9-]+==[0-9.]+", piece.requirement)


@_MODELS
def test_no_two_slices_are_the_same(model: Model) -> None:
    pieces = [piece for file in model.files for piece in file.slices]
    assert len({piece.sha256 for piece in pieces}) == len(pieces)
    assert len({(piece.requirement, piece.member) for piece in pieces}) == len(pieces)


def test_the_default_settings_name_models_of_the_right_role() -> None:
    assert find_model(Settings().embedder.model).role == "embedder"
    assert find_model(Settings().generator.model).role == "generator"


def test_an_unknown_name_is_refused_with_the_closest() -> None:
    with pytest.raises(WeightsError, match=r"did you mean 'qwen2\.5-coder-0\.5b-instruct'"):
        find_model("qwen2.5-coder-0.5b")


def test_the_adapters_that_come_along_add_to_the_converted_weights() -> None:
    files = list(Path(rag.models.generator.__file__).parent.glob("adapters/*.safetensors"))
    assert files
    for file in files:
        model = max((each for each in MODELS if file.name.startswith(each)), key=len)
        assert read_facts(file)["base"] == MODELS[model].converted
