"""Changing the lexical index: making it anew, adding, removing."""

import logging
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tantivy

from rag.knowledge_base.catalogue.catalogue import NEWEST, Catalogue, IndexedPassage, State
from rag.knowledge_base.indexes.manifest import DerivedIndexProblem, read_manifest, write_manifest
from rag.knowledge_base.indexes.tantivy_terms import (
    LEXICAL_FORM,
    LexicalFile,
    LexicalManifest,
    create_index,
    describe_files,
    new_folder_name,
    open_index,
    write_index,
)
from rag.text.analysis import Analyzer

logger = logging.getLogger(__name__)


def read_lexical_manifest(folder: Path, state: State) -> LexicalManifest:
    """Read the manifest and see that the index can stand for the published generation.

    Raises:
        DerivedIndexProblem: the index is missing, damaged, stale or of another catalogue.
    """
    manifest = read_manifest(folder, LexicalManifest, LEXICAL_FORM)
    if manifest.identity != state.identity:
        raise DerivedIndexProblem(f"{folder} belongs to another catalogue")
    if manifest.last_key < state.published_key:
        raise DerivedIndexProblem(f"{folder} is older than the catalogue")
    return manifest


def build_in_memory(catalogue: Catalogue, state: State, analyzer: Analyzer) -> tantivy.Index:
    """An index of the published generation that isn't on disk."""
    index = create_index(None)
    passages = catalogue.texts_to_index(after=0, up_to=state.published_key, dead=state.published)
    write_index(index, _analyzed(passages, analyzer))
    return index


def rebuild_lexical(
    catalogue: Catalogue, folder: Path, state: State, analyzer: Analyzer, up_to: int
) -> LexicalManifest:
    """Make the index anew in a fresh folder: all that isn't dead, up to the key ``up_to``."""
    name = new_folder_name()
    index = create_index(folder / name)
    passages = catalogue.texts_to_index(after=0, up_to=up_to, dead=state.published)
    write_index(index, _analyzed(passages, analyzer))
    return _replace(folder, name, state.identity, up_to, analyzer.digest, {})


def extend_lexical(
    catalogue: Catalogue, folder: Path, manifest: LexicalManifest, analyzer: Analyzer, up_to: int
) -> LexicalManifest:
    """Add what was written since the manifest's watermark, up to the key ``up_to``."""
    if up_to <= manifest.last_key:
        return manifest
    passages = catalogue.texts_to_index(after=manifest.last_key, up_to=up_to, dead=NEWEST)
    return _change(folder, manifest, _analyzed(passages, analyzer), (), up_to)


def prune_lexical(folder: Path, manifest: LexicalManifest, removed: Sequence[int]) -> LexicalManifest:
    """Take removed passages out."""
    return _change(folder, manifest, (), removed, manifest.last_key) if removed else manifest


def _change(
    folder: Path,
    manifest: LexicalManifest,
    added: Iterable[tuple[int, list[str]]],
    removed: Sequence[int],
    up_to: int,
) -> LexicalManifest:
    place = folder / manifest.folder
    _check_sizes(place, manifest)
    write_index(open_index(place), added, above=manifest.last_key, removed=removed)
    return _replace(folder, manifest.folder, manifest.identity, up_to, manifest.analyzer, manifest.files)


def _check_sizes(place: Path, manifest: LexicalManifest) -> None:
    """A quick look before tantivy touches its files; readers compare checksums."""
    for name, entry in manifest.files.items():
        file = place / name
        if file.exists() and file.stat().st_size != entry.size:
            raise DerivedIndexProblem(f"{file} doesn't have the size its manifest states")


def _replace(
    folder: Path, name: str, identity: str, last_key: int, analyzer: str, known: dict[str, LexicalFile]
) -> LexicalManifest:
    manifest = LexicalManifest(
        form=LEXICAL_FORM,
        identity=identity,
        last_key=last_key,
        folder=name,
        analyzer=analyzer,
        files=describe_files(folder / name, known),
    )
    write_manifest(folder, manifest)
    for stray in folder.iterdir():
        if stray.is_dir() and stray.name != name:
            shutil.rmtree(stray, ignore_errors=True)  # a reader on Windows may have it open; next time, then
        elif stray.suffix == ".tmp":
            stray.unlink(missing_ok=True)
    return manifest


def _analyzed(passages: Iterable[IndexedPassage], analyzer: Analyzer) -> Iterator[tuple[int, list[str]]]:
    for passage in passages:
        yield passage.key, analyzer.terms(passage.text)
