"""Generators: what writes answers from passages, or picks the answers out of them."""

import hashlib
import re
from pathlib import Path

from rag.errors import WeightsError
from rag.files import file_digest
from rag.models.generator.protocols import Abilities, Generator, Local, Quoting
from rag.models.generator.provider_chat import ChatGenerator, init_provider_model
from rag.models.weights import MODELS, resolve_model
from rag.settings import GeneratorSettings

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

    "provider:model" is any LangChain chat model, everything else a folder by short name, path or hub id.

    Raises:
        WeightsError: the model isn't there; the message names the command that fetches it.
        ConfigError: a provider that doesn't exist, isn't installed or needs an API key.
    """
    if _PROVIDER_MODEL.fullmatch(settings.model):
        return init_provider_model(settings)
    folder = resolve_model(settings.model)
    from rag.models.generator.transformers.chat import TransformersChatModel  # takes seconds to load

    return TransformersChatModel(
        folder=folder,
        model_name=settings.model,
        device=settings.device,
        dtype=settings.dtype,
        temperature=settings.temperature,
        seed=settings.seed,
        max_tokens=settings.max_tokens,
        prompt_lookup_tokens=settings.prompt_lookup_tokens,
        adapter=adapter_file(settings),
        finder=finder_file(settings),
    )


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
