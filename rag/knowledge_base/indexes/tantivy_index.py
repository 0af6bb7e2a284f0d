"""The lexical index: terms, kept by tantivy in a folder.

Chosen by measurement against SQLite FTS5 and bm25s (``python -m benchmarks.lexical_index``). The terms come
from our analyzer; tantivy only splits them at spaces. A document of the index is a passage's key and terms,
nothing else. The index of one analyzer lies in a folder of its own below that, which the manifest names: when
the glossary or the analyzer changes, all text is segmented anew into another.
"""

import json
import os
import shutil
import tempfile
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import tantivy
from pydantic import BaseModel, ConfigDict

from rag.files import file_digest
from rag.knowledge_base.index import Batch, IndexProblem, Mark, Terms
from rag.knowledge_base.indexes.manifest import Manifest, check_file, read_manifest, write_manifest
from rag.knowledge_base.indexes.tantivy_search import TantivySearcher

LEXICAL_FORM = 1
_TOKENIZER = "terms"
_HEAP_BYTES = 50_000_000
_BATCH = 1000  # keys of one delete query


class LexicalFile(BaseModel):
    """One of tantivy's files, which never change once written."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: int
    sha256: str


class LexicalManifest(Manifest):
    """Which folder holds the index, by which analyzer, and its files as of the last publication."""

    folder: str
    analyzer: str  # Analyzer.digest
    files: dict[str, LexicalFile]


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
                shutil.rmtree(stray, ignore_errors=True)
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


def create_index(folder: Path | None) -> tantivy.Index:
    """An empty index in a new folder below ``folder``'s parent, or in memory."""
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name=_TOKENIZER, index_option="freq")
    if folder is None:
        return _configured(tantivy.Index(builder.build()))
    folder.mkdir(parents=True)
    return _configured(tantivy.Index(builder.build(), path=str(folder)))


def open_index(folder: Path) -> tantivy.Index:
    """Open the index in a folder.

    Raises:
        IndexProblem: tantivy can't open it.
    """
    try:
        return _configured(tantivy.Index.open(str(folder)))
    except (ValueError, OSError) as error:
        raise IndexProblem(f"{folder} can't be opened by tantivy: {error}") from error


def open_copy(folder: Path) -> tantivy.Index:
    """Open the index in a folder that can't be written to, where tantivy can't put its lock: by a copy of it.

    Raises:
        IndexProblem: tantivy can't open it.
    """
    with tempfile.TemporaryDirectory(prefix="wenju-", ignore_cleanup_errors=True) as name:
        copy = Path(name) / folder.name
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        copy.chmod(0o700)
        opened = open_index(copy)
        opened.searcher()  # maps the files, so that they may go
        return opened


def _configured(index: tantivy.Index) -> tantivy.Index:
    analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
    index.register_tokenizer(_TOKENIZER, analyzer)
    index.config_reader("manual")
    return index


def write_index(
    index: tantivy.Index,
    added: Iterable[tuple[int, Terms]] = (),
    *,
    above: int = 0,
    removed: Sequence[int] = (),
) -> None:
    """Change the index in one durable commit, and wait until tantivy has merged what it wants to.

    Args:
        index: from ``open_index`` or ``create_index``.
        added: keys and terms of passages; all keys are greater than ``above``.
        above: whatever the index has beyond that key is an interrupted change's, and goes first.
        removed: keys of passages to take out.

    Raises:
        IndexProblem: tantivy can't write.
    """
    schema = index.schema
    unfinished = tantivy.Query.range_query(
        schema, "key", tantivy.FieldType.Unsigned, lower_bound=above, include_lower=False
    )
    try:
        writer = index.writer(heap_size=_HEAP_BYTES, num_threads=1)
        writer.delete_documents_by_query(unfinished)
        for start in range(0, len(removed), _BATCH):
            batch = list(removed[start : start + _BATCH])
            writer.delete_documents_by_query(tantivy.Query.term_set_query(schema, "key", batch))
        for key, terms in added:
            document = tantivy.Document()
            document.add_unsigned("key", key)
            document.add_text("terms", " ".join(terms))
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
    except ValueError as error:
        raise IndexProblem(f"the lexical index can't be written: {error}") from error


def list_files(folder: Path) -> list[str]:
    """The names of the files that the index in the folder consists of at this moment.

    Raises:
        IndexProblem: its list can't be read.
    """
    file = folder / "meta.json"
    try:
        segments: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["segments"]
        ids = {segment["segment_id"].replace("-", "") for segment in segments}
    except FileNotFoundError as error:
        raise IndexProblem(f"{file} is missing") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise IndexProblem(f"{file} can't be read ({type(error).__name__})") from error
    return sorted(each.name for each in folder.iterdir() if each.name.partition(".")[0] in ids)


def describe_files(folder: Path, known: dict[str, LexicalFile]) -> dict[str, LexicalFile]:
    """Sizes and checksums of the index's files, taking those already known as they are."""
    return {
        name: known.get(name)
        or LexicalFile(size=(folder / name).stat().st_size, sha256=file_digest(folder / name))
        for name in list_files(folder)
    }


def check_files(folder: Path, manifest: LexicalManifest, checked: set[str]) -> set[str]:
    """Compare the index's files with their checksums, leaving out those in ``checked``.

    A file that the manifest doesn't name yet was written by a publication that isn't finished.

    Returns:
        The names of all files that are now checked.

    Raises:
        IndexProblem: a file is missing or isn't what the manifest says.
    """
    names = set(list_files(folder))
    ids = {name.partition(".")[0] for name in names}
    for name in sorted(manifest.files.keys() - checked):
        replaced = name.partition(".")[0] not in ids or (name.endswith(".del") and name not in names)
        if not replaced:
            check_file(folder / name, manifest.files[name].sha256)
    return names
