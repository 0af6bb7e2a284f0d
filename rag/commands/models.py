"""``python -m rag models``: list, pull and verify the models that have short names."""

import argparse
import sys
from typing import Any

from rag.knowledge_base.translating import prepare_dictionary
from rag.models.reranker import BILINGUAL
from rag.models.weights.cache import Manifest, find_damage, model_folder, model_state
from rag.models.weights.pull import pull_model
from rag.models.weights.registry import MODELS, Model, find_model
from rag.settings import Settings


def add_parser(subparsers: Any, common: argparse.ArgumentParser) -> None:
    """Declare the command and its actions."""
    parser = subparsers.add_parser("models", help="list, fetch and check the models that have short names")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", parents=[common], help="all models: role, size, licence, state, folder")
    pull = actions.add_parser(
        "pull",
        parents=[common],
        help="fetch, check and convert models (by default those that rag.toml names)",
    )
    pull.add_argument("names", nargs="*", metavar="NAME", help="a short name")
    pull.add_argument(
        "--all-defaults",
        action="store_true",
        help="the default embedder and generator, whatever rag.toml says",
    )
    verify = actions.add_parser(
        "verify", parents=[common], help="read models from end to end (by default all that are there)"
    )
    verify.add_argument("names", nargs="*", metavar="NAME", help="a short name")
    parser.set_defaults(handler=run)


def run(args: argparse.Namespace) -> int:
    """Carry out the command; returns the exit status.

    Raises:
        WeightsError: a name isn't known, or a model can't be had.
    """
    if args.action == "list":
        return _list()
    models = [find_model(name) for name in args.names]
    if args.action == "verify":
        return _verify(models or [model for model in MODELS.values() if model_state(model) != "absent"])
    if args.all_defaults:
        models += _named_by(Settings())
    explicit = bool(models)
    for model in dict.fromkeys(models or _named_by(args.settings)):
        print(f"{model.name}: {pull_model(model, thorough=explicit)}")
    prepare_dictionary()
    return 0


def _named_by(settings: Settings) -> list[Model]:
    """The models that the settings name by a short name; others aren't ours to pull."""
    names = [settings.embedder.model, settings.generator.model]
    if settings.reranker.model not in ("", BILINGUAL):  # the bilingual one comes with the program
        names.append(settings.reranker.model)
    for name in names:
        if name not in MODELS:
            print(f"'{name}' isn't a short name and isn't pulled", file=sys.stderr)
    return [MODELS[name] for name in names if name in MODELS]


def _list() -> int:
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


def _verify(models: list[Model]) -> int:
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
