from pathlib import Path

import pytest
from langchain_core.embeddings import DeterministicFakeEmbedding

from rag.answering.extractive import ExtractiveReader
from rag.build import build_generator
from rag.errors import WeightsError
from rag.models.generator.transformers.chat import TransformersChatModel
from rag.settings import GeneratorSettings
from rag.text.analysis import Analyzer


def test_a_folder_becomes_a_local_model_with_the_settings(tiny_generator_folder: Path) -> None:
    settings = GeneratorSettings(
        model=str(tiny_generator_folder),
        device="cpu",
        dtype="float32",
        temperature=0.5,
        seed=3,
        max_tokens=9,
        prompt_lookup_tokens=0,
    )
    model = build_generator(settings)
    assert isinstance(model, TransformersChatModel)
    chosen = (
        model.device,
        model.dtype,
        model.temperature,
        model.seed,
        model.max_tokens,
        model.prompt_lookup_tokens,
    )
    assert chosen == ("cpu", "float32", 0.5, 3, 9, 0)
    assert model.model_name == str(tiny_generator_folder)
    answer = model.invoke("水泵多久清洗一次？")
    assert answer.usage_metadata is not None and answer.usage_metadata["output_tokens"] <= 9


def test_extractive_is_the_reader_without_a_model() -> None:
    analyzer, embeddings = Analyzer(), DeterministicFakeEmbedding(size=4)
    reader = build_generator(GeneratorSettings(model="extractive"), analyzer=analyzer, embeddings=embeddings)
    assert isinstance(reader, ExtractiveReader)
    assert reader.analyzer is analyzer and reader.embeddings is embeddings
    assert isinstance(build_generator(GeneratorSettings(model="extractive")), ExtractiveReader)


@pytest.mark.parametrize("model", ["qwen2.5-coder-0.5b-instruct", "nonesuch", "./no/such/folder"])
def test_a_model_that_is_not_there_is_reported(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(WeightsError):
        build_generator(GeneratorSettings(model=model))
