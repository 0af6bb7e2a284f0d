"""The statements that put documents into the catalogue and take them out; callers hold the transaction."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rag.errors import KnowledgeBaseError
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.entries import copy_entries, insert_entries
from rag.knowledge_base.catalogue.metadata import encode_metadata
from rag.knowledge_base.catalogue.records import NewDocument, NewPassage
from rag.knowledge_base.catalogue.schema import CATALOGUE, reporting_trouble
from rag.text.similarity import band_keys, encode_sketch, sketch_of, text_key

_BATCH = 500  # parameters of one statement
_COPIED = "sha256, size, parser, status, problem, title, lang, modified, pages, characters, passages, report"


def document_id(root: str, source: str) -> str:
    """The id of a document: the same whenever the same path of the same root is ingested."""
    return hashlib.sha256(f"{root}\n{source}".encode()).hexdigest()[:24]


def derive_passage_id(doc_id: str, sha256: str, start: int, end: int, digest: str) -> str:
    """The id of a passage: the same whenever the same file is split in the same way."""
    return hashlib.sha256(f"{doc_id} {sha256} {start} {end} {digest}".encode()).hexdigest()[:32]


def retire_document(catalogue: Catalogue, root: int, source: str, generation: int) -> None:
    """End the current version of a document, if there is one, with the given generation."""
    sql = "UPDATE documents SET died = ? WHERE root = ? AND source = ? AND died IS NULL"
    catalogue.execute(sql, (generation, root, source))


def insert_document(
    catalogue: Catalogue, root: int, document: NewDocument, passages: Sequence[NewPassage], generation: int
) -> None:
    """Add a document with its text and passages.

    Raises:
        ValueError: two passages are the same slice with the same context.
    """
    doc_id = document_id(_root_path(catalogue, root), document.source)
    key = catalogue.execute(
        f"INSERT INTO documents (doc_id, born, root, source, mtime_ns, {_COPIED}) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            doc_id,
            generation,
            root,
            document.source,
            document.mtime_ns,
            document.sha256,
            document.size,
            document.parser,
            document.status,
            document.problem,
            document.title,
            document.lang,
            document.modified,
            document.pages,
            len(document.text),
            len(passages),
            json.dumps(dict(document.report), ensure_ascii=False),
        ),
    ).lastrowid
    catalogue.execute("INSERT INTO texts VALUES (?, ?)", (key, document.text))
    rows = [
        (
            each.passage_id or derive_passage_id(doc_id, document.sha256, each.start, each.end, each.digest),
            key,
            ordinal,
            bytes.fromhex(each.digest),
            each.page,
            json.dumps(each.heading, ensure_ascii=False),
            each.start,
            each.end,
            each.context,
            each.kind,
            each.lang,
            each.text,
            text_key(each.text),
            None if each.metadata is None else encode_metadata(dict(each.metadata)),
        )
        for ordinal, each in enumerate(passages)
    ]
    if len({row[0] for row in rows}) < len(rows):
        raise ValueError(f"{document.source}: two passages are the same slice of the text")
    _insert_passages(catalogue, rows)
    if key is not None:
        insert_entries(catalogue, key, passages)
    if key is not None and (sketch := sketch_of(document.text)) is not None:
        catalogue.execute("INSERT INTO sketches VALUES (?, ?)", (key, encode_sketch(sketch)))
        with reporting_trouble(catalogue.folder):
            catalogue.connection.executemany(
                "INSERT INTO bands VALUES (?, ?)", [(band, key) for band in set(band_keys(sketch))]
            )


def copy_document(
    catalogue: Catalogue, root: int, source: str, new_source: str, mtime_ns: int, generation: int
) -> None:
    """Move the current version of a document to another source: the old row ends, a copy begins.

    Raises:
        KnowledgeBaseError: the root has no such document.
    """
    sql = "SELECT key, sha256 FROM documents WHERE root = ? AND source = ? AND died IS NULL"
    current = catalogue.fetch(sql, (root, source))
    if not current:
        raise KnowledgeBaseError(f"can't rename {source}: the knowledge base has no such document")
    key, sha256 = current[0]
    retire_document(catalogue, root, source, generation)
    retire_document(catalogue, root, new_source, generation)
    doc_id = document_id(_root_path(catalogue, root), new_source)
    copy = catalogue.execute(
        f"INSERT INTO documents (doc_id, born, root, source, mtime_ns, {_COPIED}) "
        f"SELECT ?, ?, root, ?, ?, {_COPIED} FROM documents WHERE key = ?",
        (doc_id, generation, new_source, mtime_ns, key),
    ).lastrowid
    catalogue.execute("INSERT INTO texts SELECT ?, text FROM texts WHERE document = ?", (copy, key))
    for table, columns in (("sketches", "?, sketch"), ("bands", "band, ?")):
        sql = f"INSERT INTO {table} SELECT {columns} FROM {table} WHERE document = ?"
        catalogue.execute(sql, (copy, key))
    sql = (
        'SELECT ordinal, digest, page, heading, start, "end", context, kind, lang, text, text_key, metadata '
        "FROM passages WHERE document = ? ORDER BY ordinal"
    )
    _insert_passages(
        catalogue,
        [
            (derive_passage_id(doc_id, sha256, row[4], row[5], row[1].hex()), copy, *row)
            for row in catalogue.fetch(sql, (key,))
        ],
    )
    if copy is not None:
        copy_entries(catalogue, key, copy)


def insert_vectors(catalogue: Catalogue, embedder: int, vectors: Mapping[str, bytes]) -> None:
    """Add encoded vectors by the digest of the text they were made of."""
    with reporting_trouble(catalogue.folder):
        catalogue.connection.executemany(
            "INSERT OR IGNORE INTO vectors (embedder, digest, vector) VALUES (?, ?, ?)",
            ((embedder, bytes.fromhex(digest), blob) for digest, blob in vectors.items()),
        )


def copy_vectors(catalogue: Catalogue, embedder: int, other: Path) -> None:
    """Add what the knowledge base in another folder has of the same embedder's; not within a transaction."""
    same = " AND ".join(
        f"theirs.{each} = ours.{each}"
        for each in ("name", "dimension", "digest", "query_prefix", "passage_prefix")
    )
    with reporting_trouble(other):
        catalogue.connection.execute("ATTACH DATABASE ? AS other", (str(other / CATALOGUE),))
        try:
            catalogue.connection.execute(
                "INSERT OR IGNORE INTO main.vectors (embedder, digest, vector) "
                "SELECT ours.id, v.digest, v.vector FROM other.vectors v "
                "JOIN other.embedders theirs ON theirs.id = v.embedder "
                f"JOIN main.embedders ours ON {same} WHERE ours.id = ?",
                (embedder,),
            )
        finally:
            catalogue.connection.execute("DETACH DATABASE other")


def known_digests(catalogue: Catalogue, embedder: int, digests: Iterable[str]) -> set[str]:
    """Those of the digests that the embedder's vector is there for."""
    known: set[str] = set()
    wanted = [bytes.fromhex(digest) for digest in digests]
    for start in range(0, len(wanted), _BATCH):
        batch = wanted[start : start + _BATCH]
        marks = ", ".join("?" * len(batch))
        sql = f"SELECT digest FROM vectors WHERE embedder = ? AND digest IN ({marks})"
        known.update(row[0].hex() for row in catalogue.fetch(sql, (embedder, *batch)))
    return known


def _insert_passages(catalogue: Catalogue, rows: Iterable[tuple[object, ...]]) -> None:
    with reporting_trouble(catalogue.folder):
        catalogue.connection.executemany(
            "INSERT INTO passages (passage_id, document, ordinal, digest, page, heading, start, "
            '"end", context, kind, lang, text, text_key, metadata) '
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


def _root_path(catalogue: Catalogue, root: int) -> str:
    return str(catalogue.fetch("SELECT path FROM roots WHERE id = ?", (root,))[0][0])
