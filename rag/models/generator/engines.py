"""Which engine runs a local generator: transformers or llama.cpp; decided by the model and the machine.

llama.cpp reads a GGUF file as it is published, in a quarter of the memory. transformers reads prompts more
quickly where there is a GPU, or a CPU that multiplies bfloat16, and needs a folder.
"""

from dataclasses import dataclass

from rag.errors import ConfigError
from rag.models.hardware import has_accelerator, multiplies_bfloat16
from rag.models.weights import MODELS
from rag.models.weights.cache import model_state
from rag.models.weights.memory import available_memory, memory_of_folder
from rag.settings import EngineName, GeneratorSettings


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs a model, and why; ``rag.presenting.reasons`` says it in words."""

    name: EngineName
    reason: str  # "asked", "file", "folder", "not installed", "gpu", "bfloat16", "memory", "cpu", "form"


def choose_engine(settings: GeneratorSettings) -> Engine:
    """The engine that the settings name, or for "auto" the one that suits the model and the machine.

    Raises:
        ConfigError: the engine can't run the model, or isn't installed.
    """
    file = is_gguf(settings.model)
    published = settings.model in MODELS and MODELS[settings.model].published is not None
    installed = _has_llama_cpp()
    if settings.engine == "transformers":
        if file:
            raise ConfigError(
                f"transformers can't run the GGUF file {settings.model}; set generator.engine to auto, or "
                "name a model folder in rag.toml"
            )
        return Engine("transformers", "asked")
    if (file or settings.engine == "llama.cpp") and not installed:
        raise ConfigError(
            "llama.cpp isn't installed here, or lacks the system's OpenMP library (libgomp1); run "
            "`python -m pip install xllamacpp`, or set "
            'generator.engine = "transformers" and a model folder in rag.toml'
        )
    if settings.engine == "llama.cpp":
        if not (file or published):
            raise ConfigError(
                f"llama.cpp runs GGUF files, and '{settings.model}' is none; name a .gguf file, or set "
                "generator.engine to auto in rag.toml"
            )
        return Engine("llama.cpp", "asked")
    if file:
        return Engine("llama.cpp", "file")
    if not published:
        return Engine("transformers", "folder")
    if not installed:
        return Engine("transformers", "not installed")
    return _by_machine(settings)


def engine_at_hand(settings: GeneratorSettings) -> Engine:
    """The same, but for "auto" the other one where only its form of the model has been pulled.

    Raises:
        ConfigError: as `choose_engine`.
    """
    chosen = choose_engine(settings)
    model = MODELS.get(settings.model)
    published = model.published if model is not None else None
    if settings.engine != "auto" or model is None or published is None or chosen.reason == "not installed":
        return chosen
    forms = {"transformers": model, "llama.cpp": published}
    there = {name for name, form in forms.items() if model_state(form) == "present"}
    if chosen.name in there or not there:
        return chosen
    return Engine("transformers" if chosen.name == "llama.cpp" else "llama.cpp", "form")


def is_gguf(model: str) -> bool:
    """Whether a generator's name is that of a GGUF file."""
    return model.lower().endswith(".gguf")


def _has_llama_cpp() -> bool:
    from rag.models.generator.llama_cpp.server import llama_cpp

    try:
        llama_cpp()
    except ImportError:
        return False
    return True


def _by_machine(settings: GeneratorSettings) -> Engine:
    if has_accelerator(settings.device):
        return Engine("transformers", "gpu")
    if settings.dtype == "float32" or not multiplies_bfloat16():
        return Engine("llama.cpp", "cpu")
    model, available = MODELS[settings.model], available_memory()
    needed = memory_of_folder(model.converted_size, model.kv_values, False)
    if available is not None and needed > available:
        return Engine("llama.cpp", "memory")
    return Engine("transformers", "bfloat16")
