"""Which engine runs a generator, by the settings, the model and the machine."""

import shutil
import threading
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from rag.errors import ConfigError, WeightsError
from rag.models.generator import engines, load_generator
from rag.models.generator.engines import Engine, choose_engine, engine_at_hand
from rag.models.generator.llama_cpp.model import LlamaCppChatModel
from rag.presenting.reasons import ENGINE_REASONS, engine_text
from rag.settings import GeneratorSettings

NAMED = "qwen2.5-coder-1.5b-instruct"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A machine with a plain CPU, much memory, llama.cpp, and no model."""
    monkeypatch.setattr(engines, "has_accelerator", lambda device: device == "cuda")
    monkeypatch.setattr(engines, "multiplies_bfloat16", lambda: False)
    monkeypatch.setattr(engines, "available_memory", lambda: 10**12)
    monkeypatch.setattr(engines, "model_state", lambda model: "absent")
    return monkeypatch


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"model": NAMED}, Engine("llama.cpp", "cpu")),
        ({"model": NAMED, "device": "cuda"}, Engine("transformers", "gpu")),
        ({"model": NAMED, "engine": "transformers"}, Engine("transformers", "asked")),
        ({"model": NAMED, "engine": "llama.cpp", "device": "cuda"}, Engine("llama.cpp", "asked")),
        ({"model": "~/models/any.GGUF"}, Engine("llama.cpp", "file")),
        ({"model": "a/hub-id"}, Engine("transformers", "folder")),
        ({"model": "./folder"}, Engine("transformers", "folder")),
    ],
)
def test_the_engine_suits_the_model_and_the_machine(settings: dict[str, str], expected: Engine) -> None:
    assert choose_engine(GeneratorSettings.model_validate(settings)) == expected


def test_a_cpu_with_bfloat16_runs_transformers_while_memory_lasts(machine: pytest.MonkeyPatch) -> None:
    machine.setattr(engines, "multiplies_bfloat16", lambda: True)
    assert choose_engine(GeneratorSettings()) == Engine("transformers", "bfloat16")
    assert choose_engine(GeneratorSettings(dtype="float32")) == Engine("llama.cpp", "cpu")
    machine.setattr(engines, "available_memory", lambda: 3 * 10**9)
    assert choose_engine(GeneratorSettings()) == Engine("llama.cpp", "memory")


def test_without_llama_cpp_a_named_model_runs_by_transformers_and_a_file_not(
    machine: pytest.MonkeyPatch,
) -> None:
    machine.setattr(engines, "_has_llama_cpp", lambda: False)
    assert choose_engine(GeneratorSettings()) == Engine("transformers", "not installed")
    for settings in (GeneratorSettings(model="x.gguf"), GeneratorSettings(engine="llama.cpp")):
        with pytest.raises(ConfigError, match=r"isn't installed here.* run .*pip install xllamacpp"):
            choose_engine(settings)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": "x.gguf", "engine": "transformers"}, r"can't run the GGUF file x\.gguf; set"),
        ({"model": "./folder", "engine": "llama.cpp"}, r"runs GGUF files, and '\./folder' is none"),
    ],
)
def test_an_engine_that_cannot_run_the_model_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        choose_engine(GeneratorSettings.model_validate(settings))


def test_what_has_been_pulled_runs_where_the_better_form_has_not(machine: pytest.MonkeyPatch) -> None:
    assert engine_at_hand(GeneratorSettings()) == Engine("llama.cpp", "cpu")  # neither is there
    machine.setattr(engines, "model_state", lambda m: "present" if m.name == NAMED else "absent")
    assert engine_at_hand(GeneratorSettings()) == Engine("transformers", "form")
    assert engine_at_hand(GeneratorSettings(engine="llama.cpp")) == Engine("llama.cpp", "asked")
    machine.setattr(engines, "model_state", lambda m: "present" if m.name != NAMED else "absent")
    machine.setattr(engines, "multiplies_bfloat16", lambda: True)
    assert engine_at_hand(GeneratorSettings()) == Engine("llama.cpp", "form")


def test_every_reason_has_words_in_both_languages() -> None:
    for reason in ENGINE_REASONS:
        assert engine_text("llama.cpp", reason, "en").startswith("llama.cpp: ")
        assert engine_text("llama.cpp", reason, "zh").startswith("llama.cpp：")
    assert engine_text("", "", "zh") == ""


def test_a_gguf_file_becomes_a_local_model_with_the_settings(tiny_gguf: Path) -> None:
    settings = GeneratorSettings(model=str(tiny_gguf), seed=3, max_tokens=9, prompt_lookup_tokens=4)
    model = load_generator(settings)
    assert isinstance(model, LlamaCppChatModel)
    assert (model.seed, model.max_tokens, model.prompt_lookup_tokens) == (3, 9, 4)
    assert model.abilities.engine == Engine("llama.cpp", "file")
    answer = model.invoke("水泵多久清洗一次？", max_tokens=5)
    assert answer.usage_metadata is not None and answer.usage_metadata["output_tokens"] == 5
    assert answer.response_metadata["likelihoods"] == []  # guessed tokens have none


def test_a_file_that_is_no_model_is_reported_before_a_question_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "wrong.gguf"
    file.write_text("not a model", encoding="utf-8")
    with pytest.raises(WeightsError, match=r"wrong\.gguf isn't a GGUF file"):
        load_generator(GeneratorSettings(model=str(file)))


def test_llama_cpp_can_be_loaded_ahead_and_errors_wait_for_the_first_use(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.gguf"
    shutil.copy(tiny_gguf, gone)
    models = [load_generator(GeneratorSettings(model=str(each))) for each in (tiny_gguf, gone)]
    gone.unlink()
    for model in models:
        load_ahead = model.abilities.load_ahead
        assert load_ahead is not None
        load_ahead()
    for thread in threading.enumerate():
        if thread.name == "loading":
            thread.join(60)
    assert [model._loaded is not None for model in models if isinstance(model, LlamaCppChatModel)] == [
        True,
        False,
    ]
    with pytest.raises(WeightsError, match=r"gone\.gguf can't be read"):
        models[1].invoke([HumanMessage("hello")])


def test_that_memory_is_short_is_said_before_it_is_spent(
    tiny_gguf: Path,
    tiny_generator_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr("rag.models.weights.memory.available_memory", lambda: 10**12)
    load_generator(GeneratorSettings(model=str(tiny_gguf)))
    assert not caplog.messages
    monkeypatch.setattr("rag.models.weights.memory.available_memory", lambda: 10**8)
    for model in (tiny_gguf, tiny_generator_folder):
        load_generator(GeneratorSettings(model=str(model), device="cpu"))
        assert "GB of memory and 0.1 GB are free" in caplog.messages[-1]
