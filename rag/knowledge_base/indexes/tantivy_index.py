"""A lexical index of tantivy's in a folder.

The index of one analyzer lies in a folder of its own below that, which the manifest names.
"""

import os
import shutil
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from rag.knowledge_base.index import Batch, IndexProblem, Mark, Terms
from rag.knowledge_base.indexes.manifest import read_manifest, write_manifest
from rag.knowledge_base.indexes.tantivy_terms import (
    LEXICAL_FORM,
    LexicalFile,
    LexicalManifest,
    TantivySearcher,
    check_files,
    create_index,
    describe_files,
    open_copy,
    open_index,
    write_index,
)


class TantivyIndex:
    """Implements ``Index`` for terms; a maker is an analyzer's digest. It keeps the newest one's only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def place(self) -> str:
        """The folder."""
        return str(self._folder)

    def mark(self) -> Mark:
        manifest = self._manifest()
        return Mark(manifest.identity, manifest.last_key, frozenset([manifest.analyzer]))

    def make(self, batches: Iterable[Batch], maker: str, identity: str, last_key: int) -> None:
        name = uuid.uuid4().hex[:16]
        write_index(create_index(self._folder / name), _rows(batches))
        self._replace(name, identity, last_key, maker, {})

    def take_in(self, batches: Iterable[Batch], maker: str, last_key: int) -> None:
        manifest = self._manifest_by(maker)
        self._change(manifest, _rows(batches), (), last_key)

    def let_go(self, keys: Sequence[int], makers: Collection[str]) -> None:
        if keys:
            manifest = self._manifest()
            self._change(manifest, (), keys, manifest.last_key)

    def open(self, maker: str, before: object = None) -> TantivySearcher:
        manifest = self._manifest_by(maker)
        place = self._folder / manifest.folder
        if not os.access(place, os.W_OK):
            check_files(place, manifest, set())
            return TantivySearcher(open_copy(place))
        old = before if isinstance(before, TantivySearcher) and before.folder == manifest.folder else None
        handle = old.handle if old is not None else open_index(place)
        checked = check_files(place, manifest, set(old.checked if old is not None else ()))
        try:
            handle.reload()
            return TantivySearcher(handle, manifest.folder, frozenset(checked))
        except ValueError as error:
            raise IndexProblem(f"{place} can't be read by tantivy: {error}") from error

    def in_memory(self, batches: Iterable[Batch]) -> TantivySearcher:
        index = create_index(None)
        write_index(index, _rows(batches))
        return TantivySearcher(index)

    def problems(self) -> list[str]:
        try:
            manifest = self._manifest()
            check_files(self._folder / manifest.folder, manifest, set())
            self._opened(manifest)
        except IndexProblem as problem:
            return [str(problem)]
        return []

    def contents(self, maker: str) -> Iterator[Batch]:
        """See ``Index``; terms can't be told back."""
        yield Batch(self._opened(self._manifest_by(maker)).keys(), None)

    def _opened(self, manifest: LexicalManifest) -> TantivySearcher:
        place = self._folder / manifest.folder
        return TantivySearcher(open_index(place) if os.access(place, os.W_OK) else open_copy(place))

    def _manifest(self) -> LexicalManifest:
        return read_manifest(self._folder, LexicalManifest, LEXICAL_FORM)

    def _manifest_by(self, maker: str) -> LexicalManifest:
        manifest = self._manifest()
        if manifest.analyzer != maker:
            raise IndexProblem("the lexical index was made with another version of the analyzer")
        return manifest

    def _change(
        self,
        manifest: LexicalManifest,
        added: Iterable[tuple[int, Terms]],
        removed: Sequence[int],
        last_key: int,
    ) -> None:
        place = self._folder / manifest.folder
        _check_sizes(place, manifest)
        write_index(open_index(place), added, above=manifest.last_key, removed=removed)
        self._replace(manifest.folder, manifest.identity, last_key, manifest.analyzer, manifest.files)

    def _replace(
        self, name: str, identity: str, last_key: int, analyzer: str, known: dict[str, LexicalFile]
    ) -> None:
        manifest = LexicalManifest(
            form=LEXICAL_FORM,
            identity=identity,
            last_key=last_key,
            folder=name,
            analyzer=analyzer,
            files=describe_files(self._folder / name, known),
        )
        write_manifest(self._folder, manifest)
        for stray in self._folder.iterdir():
            if stray.is_dir() and stray.name != name:
                shutil.rmtree(stray, ignore_errors=True)  # a reader on Windows may have it open; next time
            elif stray.suffix == ".tmp":
                stray.unlink(missing_ok=True)


def _check_sizes(place: Path, manifest: LexicalManifest) -> None:
    """A quick look before tantivy touches its files; readers compare checksums."""
    for name, entry in manifest.files.items():
        file = place / name
        if file.exists() and file.stat().st_size != entry.size:
            raise IndexProblem(f"{file} doesn't have the size its manifest states")


def _rows(batches: Iterable[Batch]) -> Iterator[tuple[int, Terms]]:
    for keys, terms in batches:
        yield from zip(keys.tolist(), terms, strict=True)
