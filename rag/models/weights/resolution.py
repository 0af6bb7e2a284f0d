"""Models on this machine: the folder behind a name, what its weights hash to, loading them quietly."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from rag.errors import WeightsError
from rag.files import file_digest
from rag.models.weights.cache import Manifest, model_folder, model_state
from rag.models.weights.registry import MODELS, Model, find_model

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_WANTED = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model"]  # of a model in many formats


def resolve_model(name: str) -> Path:
    """The folder of a model: by its short name, as a local folder, or by its id on a model hub.

    Looks at sizes only, not at contents. A hub id is taken from the hub's local cache; what isn't there is
    downloaded, unless ``HF_HUB_OFFLINE`` is set.

    Raises:
        WeightsError: the model isn't there; the message names the command that fetches it.
    """
    if name in MODELS:
        return _pulled(name, MODELS[name])
    folder = Path(name).expanduser()
    if folder.is_dir():
        return folder
    if folder.is_absolute() or name.startswith((".", "~")):
        raise WeightsError(f"there is no model folder {folder}; correct the path in rag.toml")
    if _HUB_ID.fullmatch(name) is None:
        find_model(name)  # raises, with the closest name
    return _hub_folder(name)


def resolve_gguf(name: str) -> Path:
    """The GGUF file of a model: by its short name, or itself. Looks at the file's size only, not into it.

    Raises:
        WeightsError: it isn't there; the message names the command that fetches it.
    """
    if name.lower().endswith(".gguf"):
        file = Path(name).expanduser()
        if not file.is_file():
            raise WeightsError(f"there is no model file {file}; correct generator.model in rag.toml")
        return file
    published = find_model(name).published
    if published is None:
        raise WeightsError(f"llama.cpp can't run the model '{name}': it has no GGUF file; name another")
    return _pulled(name, published) / published.files[0].path


def gguf_digest(file: Path) -> str:
    """What names the weights in a GGUF file: SHA-256, as hexadecimal digits.

    That of the converted weights where the file is the one that a known model is converted from, so that both
    forms of a model count as the same; else the file's own. A pulled file's comes from its manifest; another
    is read, once in a process.
    """
    manifest = Manifest.read(file.parent)
    told = {each.path: each.sha256 for each in manifest.files} if manifest is not None else {}
    stat = file.stat()
    digest = told.get(file.name) or _read_digest(file, stat.st_size, stat.st_mtime_ns)
    known = {source.sha256: model.converted for model in MODELS.values() for source in model.files}
    return known.get(digest) or digest


@cache
def _read_digest(file: Path, size: int, changed: int) -> str:
    return file_digest(file)


def weights_digest(folder: Path) -> str:
    """SHA-256 over the weights of a model's folder, as hexadecimal digits.

    That of the one weights file; of several, that of their sorted lines "path sha256". A pulled model's come
    from its manifest, so that nothing is read; another's are read.

    Raises:
        WeightsError: the folder holds no weights.
    """
    manifest = Manifest.read(folder)
    if manifest is not None:
        digests = {file.path: file.sha256 for file in manifest.files if file.path.endswith(".safetensors")}
    else:
        paths = sorted(folder.rglob("*.safetensors"))
        digests = {path.relative_to(folder).as_posix(): file_digest(path) for path in paths}
    if not digests:
        raise WeightsError(f"the model folder {folder} holds no *.safetensors; name another in rag.toml")
    if len(digests) == 1:
        return next(iter(digests.values()))
    lines = "\n".join(f"{path} {digest}" for path, digest in sorted(digests.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def quiet_loading() -> Iterator[None]:
    """Without the progress bar that transformers draws for the seconds that loading takes."""
    from transformers.utils import logging

    switch: Any = logging  # its functions have no annotations
    shown = switch.is_progress_bar_enabled()
    switch.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            switch.enable_progress_bar()


def _pulled(name: str, form: Model) -> Path:
    """The folder of a form of the model that has this short name."""
    state = model_state(form)
    if state == "present":
        return model_folder(form.name)
    what = "isn't complete" if state == "partial" else "isn't on this machine yet"
    raise WeightsError(f"the model '{name}' {what}; run `python -m rag models pull {name}`")


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, local_files_only=True, allow_patterns=_WANTED))
        if any(folder.glob("*.safetensors")):
            return folder
    except LocalEntryNotFoundError:
        pass
    try:
        folder = Path(snapshot_download(name, allow_patterns=_WANTED))
        if not any(folder.glob("*.safetensors")):
            raise ValueError(f"{folder} holds no *.safetensors")
        return folder
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        cause = str(error).strip().splitlines()[0]
        raise WeightsError(
            f"can't get '{name}' from the model hub: {cause}; run `python -m rag models list` for models "
            "that need no hub, or name a local folder in rag.toml"
        ) from error
