"""``python -m rag models``: list, pull and verify the models that have short names."""

import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from rag.command_line import Config, Kb, new_app
from rag.models.fingerprint import declares_plain_encoder
from rag.models.generator.engines import choose_engine
from rag.models.hardware import choose_device, choose_dtype
from rag.models.int8_file import prepare_int8, suits_int8
from rag.models.reader import READER_ENCODER
from rag.models.weights.cache import Manifest, find_damage, model_folder, model_state
from rag.models.weights.memory import memory_of_folder, memory_of_gguf, shortage
from rag.models.weights.pull import bytes_on_disk, bytes_to_fetch, pull_model
from rag.models.weights.registry import MODELS, Model, find_model
from rag.retrievers.candidates import question_groups
from rag.settings import EmbedderSettings, Settings, load_settings
from rag.text.analysis import Analyzer

Engine = Literal["auto", "transformers", "llama.cpp"]

app = new_app("List, fetch and check the models that have short names.")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="a short name")]


@app.command("list")
def list_models(kb: Kb = None, config: Config = None) -> int:
    """All models, those for llama.cpp in both forms: role, size, licence, state, folder."""
    load_settings(config)
    rows = [("NAME", "ROLE", "DOWNLOAD", "ON DISK", "LICENCE", "STATE", "FOLDER")]
    rows += [
        (
            model.name,
            model.role,
            _megabytes(model.size),
            _megabytes(model.converted_size),
            model.licence,
            model_state(model),
            str(model_folder(model.name)),
        )
        for model in _forms()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


@app.command("pull")
def pull(
    names: Names = None,
    all_defaults: Annotated[
        bool,
        typer.Option("--all-defaults", help="the default embedder and generator, whatever rag.toml says"),
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(help="what shall run the generator; auto: as rag.toml says"),
    ] = "auto",
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Fetch, check and convert models (by default those that rag.toml names)."""
    settings = load_settings(config)
    models = [_find_form(name) for name in names or ()]
    if all_defaults:
        models += _named_by(Settings())
    explicit = bool(models)
    for each in dict.fromkeys(models or _named_by(settings)):
        model = _wanted_form(each, engine, settings)
        if model_state(model) != "present":
            _announce(model, settings)
        folder = pull_model(model, thorough=explicit)
        print(f"{model.name}: {folder}")
        if model.role == "embedder":
            _prepare(model, folder, settings.embedder)
    if not names:
        _prepare_reader(settings)
    question_groups("", Analyzer())  # makes the dictionary
    return 0


@app.command("verify")
def verify(names: Names = None, kb: Kb = None, config: Config = None) -> int:
    """Read models from end to end (by default all that are there)."""
    load_settings(config)
    models = [_there(_find_form(name)) for name in names or ()]
    models = models or [model for model in _forms() if model_state(model) != "absent"]
    sound = True
    for model in models:
        problems = _problems(model)
        sound = sound and not problems
        print(f"{model.name}: {'damaged' if problems else 'ok'}")
        for problem in problems:
            print(f"  {problem}")
        if problems:
            print(f"  run `python -m rag models pull {model.name}`")
    if not models:
        print("no model has been pulled; run `python -m rag models pull`", file=sys.stderr)
    return 0 if sound else 1


def _prepare(model: Model, folder: Path, settings: EmbedderSettings) -> None:
    """Have the 8-bit form of an embedder where that will run."""
    wanted = settings.dtype == "int8" or (settings.dtype == "auto" and suits_int8(settings.device))
    if wanted and declares_plain_encoder(folder):
        print(f"{model.name}, in 8 bits for this processor: {prepare_int8(folder)}")


def _prepare_reader(settings: Settings) -> None:
    """Have the reader's file for this machine, if the settings want a reader."""
    from rag.build import build_reader

    if (reader := build_reader(settings)) is not None:
        print(f"the reader, for this machine: {reader.prepare()}")


def _named_by(settings: Settings) -> list[Model]:
    """The models that the settings name by a short name; others aren't ours to pull."""
    names = [settings.embedder.model, settings.generator.model]
    if settings.reader.model != "none" and READER_ENCODER not in names:
        names.append(READER_ENCODER)
    for name in names:
        if name not in MODELS:
            print(f"'{name}' isn't a short name and isn't pulled", file=sys.stderr)
    return [MODELS[name] for name in names if name in MODELS]


def _forms() -> list[Model]:
    """All models, each that llama.cpp can run in both forms."""
    return [form for model in MODELS.values() for form in (model, model.published) if form is not None]


def _wanted_form(model: Model, engine: Engine, settings: Settings) -> Model:
    """The form of a model that the engine runs; by default the one that would run it here."""
    if model.published is None:
        return model
    wanted = {"model": model.name} if engine == "auto" else {"model": model.name, "engine": engine}
    chosen = choose_engine(settings.generator.model_copy(update=wanted))
    return model.published if chosen.name == "llama.cpp" else model


def _find_form(name: str) -> Model:
    return next((form for form in _forms() if form.name == name), None) or find_model(name)


def _there(model: Model) -> Model:
    """The model, or its published form where only that was pulled."""
    published = model.published
    absent = model_state(model) == "absent"
    return published if published and absent and model_state(published) != "absent" else model


def _announce(model: Model, settings: Settings) -> None:
    """Say what fetching and using a model will take, before it begins."""
    print(
        f"{model.name}: fetches {_megabytes(bytes_to_fetch(model))}, takes up to "
        f"{_megabytes(bytes_on_disk(model))} of disk, {_megabytes(model.converted_size)} in the end",
        file=sys.stderr,
    )
    if model.role != "generator":
        return
    if model.converter == "folder":
        needed = memory_of_gguf(model.size, model.kv_values)
    else:
        device = choose_device(settings.generator.device)
        if device != "cpu":
            return
        float32 = str(choose_dtype(settings.generator.dtype, device)) == "torch.float32"
        needed = memory_of_folder(model.converted_size, model.kv_values, float32)
    print(
        f"{model.name}: " + (shortage(needed) or f"answering holds about {needed / 1e9:.1f} GB of memory"),
        file=sys.stderr,
    )


def _problems(model: Model) -> list[str]:
    folder = model_folder(model.name)
    manifest = Manifest.read(folder)
    if manifest is None:
        return [f"{folder} isn't complete"]
    problems = find_damage(folder, manifest.files)
    if not problems and model_state(model) != "present":
        return [f"{folder} was made from other files than this version of the program names"]
    return problems


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB"
