"""Generators: what writes answers from passages, or picks the answers out of them."""

import hashlib
import logging
import re
from pathlib import Path
from typing import Any

from rag.errors import WeightsError
from rag.files import file_digest
from rag.models.generator.engines import engine_at_hand
from rag.models.generator.protocols import Abilities, Generator, Local, Quoting
from rag.models.generator.provider_chat import ChatGenerator, init_provider_model
from rag.models.hardware import has_accelerator, multiplies_bfloat16
from rag.models.weights import MODELS, resolve_gguf, resolve_model
from rag.models.weights.gguf_header import read_gguf_header
from rag.models.weights.memory import memory_of_folder, memory_of_gguf, shortage
from rag.settings import GeneratorSettings

_logger = logging.getLogger(__name__)

_PROVIDER_MODEL = re.compile(r"[a-z][a-z0-9_]+:[^\\/].*")  # and not a Windows drive, which has one letter


def adapter_file(settings: GeneratorSettings) -> Path | None:
    """The adapter that the settings name: by default the one that comes with the program for the model.

    Raises:
        WeightsError: there is no such file.
    """
    if settings.adapter == "none":
        return None
    if settings.adapter != "auto":
        chosen = Path(settings.adapter).expanduser()
        if not chosen.is_file():
            raise WeightsError(f"there is no adapter {chosen}; correct generator.adapter in rag.toml")
        return chosen
    if settings.model not in MODELS:
        return None
    file = Path(__file__).with_name("adapters") / f"{settings.model}.safetensors"
    return file if file.exists() else None


def finder_file(settings: GeneratorSettings) -> Path | None:
    """The second adapter, that finds what is asked for: ``NAME.finder.safetensors`` beside the first, if any.

    Raises:
        WeightsError: there is no such file as the settings name.
    """
    file = adapter_file(settings)
    beside = file.with_suffix(f".finder{file.suffix}") if file is not None else None
    return beside if beside is not None and beside.exists() else None


def adapter_digest(settings: GeneratorSettings) -> str:
    """The SHA-256 (hex) of the settings' adapter, of both where there are two, "" without one.

    Raises:
        WeightsError: there is no such file.
    """
    digests = [
        file_digest(each) for each in (adapter_file(settings), finder_file(settings)) if each is not None
    ]
    if len(digests) < 2:
        return "".join(digests)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def load_generator(settings: GeneratorSettings) -> Generator:
    """The language model that ``settings.model`` names; a local one is loaded when it is first used.

    "provider:model" is any LangChain chat model, everything else a GGUF file, or a folder by short name, path
    or hub id.

    Raises:
        WeightsError: the model isn't there; the message names the command that fetches it.
        ConfigError: a provider that doesn't exist, isn't installed or needs an API key; or an engine that
            can't run the model.
    """
    if _PROVIDER_MODEL.fullmatch(settings.model):
        return init_provider_model(settings)
    engine = engine_at_hand(settings)
    options: dict[str, Any] = {
        "engine": engine,
        "model_name": settings.model,
        "device": settings.device,
        "temperature": settings.temperature,
        "seed": settings.seed,
        "max_tokens": settings.max_tokens,
        "adapter": adapter_file(settings),
        "finder": finder_file(settings),
    }
    if settings.prompt_lookup_tokens is not None:
        options["prompt_lookup_tokens"] = settings.prompt_lookup_tokens
    if engine.name == "llama.cpp":
        file = resolve_gguf(settings.model)
        header = read_gguf_header(file)  # what isn't a model is reported before anything waits for it
        _warn(memory_of_gguf(header.size, header.kv_values))
        from rag.models.generator.llama_cpp.model import LlamaCppChatModel

        return LlamaCppChatModel(file=file, **options)
    folder = resolve_model(settings.model)
    if not has_accelerator(settings.device):
        float32 = settings.dtype == "float32" or not multiplies_bfloat16()
        size = sum(each.stat().st_size for each in folder.glob("*.safetensors"))
        kv_values = MODELS[settings.model].kv_values if settings.model in MODELS else 0
        _warn(memory_of_folder(size, kv_values, float32))
    from rag.models.generator.transformers.chat import TransformersChatModel  # takes seconds to load

    return TransformersChatModel(folder=folder, dtype=settings.dtype, **options)


def _warn(needed: int) -> None:
    """Say that memory is short before it is spent."""
    if (said := shortage(needed)) is not None:
        _logger.warning("%s", said)


__all__ = [
    "Abilities",
    "ChatGenerator",
    "Generator",
    "Local",
    "Quoting",
    "adapter_digest",
    "adapter_file",
    "finder_file",
    "load_generator",
]
