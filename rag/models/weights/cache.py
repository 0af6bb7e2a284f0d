"""The folder that models live in, and the manifest that says a model is complete.

``<cache>/wenju/models/<name>/`` is a converted model, ``<name>-gguf/`` the file as it was published, which
llama.cpp runs. A folder appears there by one rename, with its manifest inside, so one with a manifest is
whole. Beside it, work that isn't finished is in ``.<name>.partial/`` and ``.<name>.lock`` keeps two processes
from doing it twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from rag.files import cache_folder, file_digest
from rag.models.weights.registry import Model

MANIFEST = "manifest.json"
FORMAT = 1  # of the converted folder; one that was made by another format is made anew
State = Literal["present", "partial", "absent"]


@dataclass(frozen=True, slots=True)
class FileDigest:
    """What a file must be: its path relative to its folder, its size in bytes and its SHA-256."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a converted folder was made from and what is in it."""

    format: int
    name: str
    licence: str
    sources: tuple[FileDigest, ...]
    files: tuple[FileDigest, ...]

    @classmethod
    def read(cls, folder: Path) -> "Manifest | None":
        """The manifest in ``folder``; None if there is none that can be read."""
        try:
            return _MANIFEST.validate_json((folder / MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None


_MANIFEST = TypeAdapter(Manifest)


def models_folder() -> Path:
    """Where models are, in the cache folder."""
    return cache_folder() / "models"


def model_folder(name: str) -> Path:
    """Where the converted model of that short name is, or will be."""
    return models_folder() / name


def work_folder(name: str) -> Path:
    """Where the model is put together until it is complete."""
    return models_folder() / f".{name}.partial"


def model_state(model: Model) -> State:
    """Whether the model can be used. Cheap: looks at sizes, not at contents (``find_damage`` does)."""
    if read_complete(model) is not None:
        return "present"
    return "partial" if work_folder(model.name).exists() or model_folder(model.name).exists() else "absent"


def read_complete(model: Model) -> Manifest | None:
    """The manifest of the model if it was made from what the registry says and its files have their sizes."""
    folder = model_folder(model.name)
    manifest = Manifest.read(folder)
    if manifest is None or manifest.format != FORMAT or manifest.sources != source_digests(model):
        return None
    return manifest if all(_size(folder / file.path) == file.size for file in manifest.files) else None


def source_digests(model: Model) -> tuple[FileDigest, ...]:
    """What the registry says of the model's source files, in a manifest's terms."""
    return tuple(FileDigest(file.path, file.size, file.sha256) for file in model.files)


def write_manifest(model: Model, folder: Path) -> None:
    """Say in ``folder`` what the model in it was made from and which files it has.

    Raises:
        OSError: a file can't be read, or the manifest can't be written.
    """
    files = tuple(
        FileDigest(path.relative_to(folder).as_posix(), path.stat().st_size, file_digest(path))
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )
    manifest = Manifest(FORMAT, model.name, model.licence, source_digests(model), files)
    (folder / MANIFEST).write_bytes(_MANIFEST.dump_json(manifest, indent=1))


def find_damage(folder: Path, files: Iterable[FileDigest]) -> list[str]:
    """What is wrong with the files in ``folder``, a sentence for each; reads them all."""
    problems = []
    for file in files:
        path = folder / file.path
        size = _size(path)
        if size is None:
            problems.append(f"{path} is missing")
        elif size != file.size:
            problems.append(f"{path} has {size:,} bytes instead of {file.size:,}")
        elif (found := file_digest(path)) != file.sha256:
            problems.append(f"{path} has SHA-256 {found} instead of {file.sha256}")
    return problems


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None
