"""``python -m rag models``: list, pull and verify the models that have short names."""

import sys
from typing import Annotated

import typer

from rag.command_line import Config, Kb, new_app
from rag.models.weights.cache import Manifest, find_damage, model_folder, model_state
from rag.models.weights.pull import pull_model
from rag.models.weights.registry import MODELS, Model, find_model
from rag.retrievers.candidates import question_groups
from rag.settings import Settings, load_settings
from rag.text.analysis import Analyzer

app = new_app("List, fetch and check the models that have short names.")

Names = Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="a short name")]


@app.command("list")
def list_models(kb: Kb = None, config: Config = None) -> int:
    """All models: role, size, licence, state, folder."""
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
        for model in MODELS.values()
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
    kb: Kb = None,
    config: Config = None,
) -> int:
    """Fetch, check and convert models (by default those that rag.toml names)."""
    settings = load_settings(config)
    models = [find_model(name) for name in names or ()]
    if all_defaults:
        models += _named_by(Settings())
    explicit = bool(models)
    for model in dict.fromkeys(models or _named_by(settings)):
        print(f"{model.name}: {pull_model(model, thorough=explicit)}")
    question_groups("", Analyzer())  # makes the dictionary
    return 0


@app.command("verify")
def verify(names: Names = None, kb: Kb = None, config: Config = None) -> int:
    """Read models from end to end (by default all that are there)."""
    load_settings(config)
    models = [find_model(name) for name in names or ()]
    models = models or [model for model in MODELS.values() if model_state(model) != "absent"]
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


def _named_by(settings: Settings) -> list[Model]:
    """The models that the settings name by a short name; others aren't ours to pull."""
    names = [settings.embedder.model, settings.generator.model]
    if settings.reranker.model:
        names.append(settings.reranker.model)
    for name in names:
        if name not in MODELS:
            print(f"'{name}' isn't a short name and isn't pulled", file=sys.stderr)
    return [MODELS[name] for name in names if name in MODELS]


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
