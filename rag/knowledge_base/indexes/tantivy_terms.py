"""The lexical index: BM25 over terms, kept by tantivy.

Chosen by measurement against SQLite FTS5 and bm25s (``python -m benchmarks.lexical_index``). The terms come
from our analyzer; tantivy only splits them at spaces. A document of the index is a passage's key and terms,
nothing else. The index of one analyzer lives in a folder of its own below ``lexical/``: when the glossary
or the analyzer changes, all text is segmented anew into another folder.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tantivy
from pydantic import BaseModel, ConfigDict

from rag.files import file_digest
from rag.knowledge_base.index import Hit, IndexProblem, Keys, Terms
from rag.knowledge_base.indexes.manifest import Manifest, check_file
from rag.knowledge_base.indexes.tantivy_groups import group_query
from rag.text.translation import TermGroup

LEXICAL_FORM = 1
_TOKENIZER = "terms"
_HEAP_BYTES = 50_000_000
_BATCH = 1000  # keys of one delete query
_FEW_KEYS = 1000  # up to which a query for each is quicker than one for their set: 0.2 ms of 0.7 at 100
_MOST_TERMS = 512  # of a query; a longer one is no question


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


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("key", indexed=True, fast=True)
    builder.add_text_field("terms", tokenizer_name=_TOKENIZER, index_option="freq")
    return builder.build()


class TantivySearcher:
    """The index as it stood when it was opened, and what of it can be used when it is next opened."""

    def __init__(self, index: tantivy.Index, folder: str = "", checked: frozenset[str] = frozenset()) -> None:
        self.handle = index
        self.folder = folder
        self.checked = checked  # names of files whose checksums were right
        self._schema = index.schema
        self._searcher = index.searcher()

    def search(self, query: Terms, k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` passages of highest BM25 score that have any of the terms; equal scores by key.

        ``among``: only passages with one of these keys, whose scores are the same as without.
        """
        clauses = [
            (tantivy.Occur.Should, tantivy.Query.term_query(self._schema, "terms", term, "freq"))
            for term in query[:_MOST_TERMS]
        ]
        if not clauses or k < 1:
            return []
        return self._best(tantivy.Query.boolean_query(clauses), k, among)

    def search_groups(self, groups: Sequence[TermGroup], k: int, among: Keys | None = None) -> list[Hit]:
        """The ``k`` passages of highest score by groups of translations (see ``group_query``) likewise."""
        query = group_query(self._searcher, self._schema, groups)
        return self._best(query, k, among) if query is not None and k > 0 else []

    def _best(self, query: tantivy.Query, k: int, among: Keys | None) -> list[Hit]:
        if among is not None:
            allowed = tantivy.Query.const_score_query(self._keys_query(among.tolist()), 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, query), (tantivy.Occur.Must, allowed)])
        found = self._searcher.search(query, k, count=False).hits
        keys = self._searcher.fast_field_values("key", [address for _, address in found])
        hits = [Hit(int(key or 0), score) for key, (score, _) in zip(keys, found, strict=True)]
        return sorted(hits, key=lambda hit: (-hit.score, hit.key))

    def _keys_query(self, keys: Sequence[int]) -> tantivy.Query:
        if len(keys) > _FEW_KEYS:
            return tantivy.Query.term_set_query(self._schema, "key", keys)
        each = [tantivy.Query.term_query(self._schema, "key", key, "basic") for key in keys]
        return tantivy.Query.boolean_query([(tantivy.Occur.Should, query) for query in each])

    def keys(self) -> Keys:
        """The keys of all passages it holds, with repetitions if it holds one twice: shape (rows,)."""
        rows = self._searcher.num_docs
        if rows == 0:
            return np.empty(0, dtype=np.int64)
        found = self._searcher.search(tantivy.Query.all_query(), rows, count=False).hits
        values = self._searcher.fast_field_values("key", [address for _, address in found])
        return np.array([int(key or 0) for key in values], dtype=np.int64)


def create_index(folder: Path | None) -> tantivy.Index:
    """An empty index in a new folder below ``folder``'s parent, or in memory."""
    if folder is None:
        return _configured(tantivy.Index(_schema()))
    folder.mkdir(parents=True)
    return _configured(tantivy.Index(_schema(), path=str(folder)))


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
