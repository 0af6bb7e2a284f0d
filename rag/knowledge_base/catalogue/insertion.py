"""The statements that put documents into the catalogue and take them out; callers hold the transaction."""

import hashlib
import json
from collections.abc import Iterable, Sequence

from rag.errors import KnowledgeBaseError
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.metadata import encode_metadata
from rag.knowledge_base.catalogue.records import FaqEntry, NewDocument, NewPassage, question_digest
from rag.text.similarity import band_keys, encode_sketch, sketch_of, text_key

_GIVEN = ("sha256", "size", "parser", "status", "problem", "title", "lang", "modified", "pages")
_COPIED = f"{', '.join(_GIVEN)}, characters, passages, report"
_DOCUMENT = f"INSERT INTO documents (doc_id, born, root, source, mtime_ns, {_COPIED})"


def document_id(root: str, source: str) -> str:
    """The id of a document: the same whenever the same path of the same root is ingested."""
    return hashlib.sha256(f"{root}\n{source}".encode()).hexdigest()[:24]


def derive_passage_id(doc_id: str, sha256: str, start: int, end: int, digest: str) -> str:
    """The id of a passage: the same whenever the same file is split in the same way."""
    return hashlib.sha256(f"{doc_id} {sha256} {start} {end} {digest}".encode()).hexdigest()[:32]


def entry_flaw(passage: NewPassage, entry: FaqEntry) -> str | None:
    """What is wrong with an entry's spans, or None: they hold text, follow each other, and lie inside."""
    spans = (*entry.questions, entry.answer)
    edge = passage.start
    for start, end in spans:
        if not edge <= start < end <= passage.end:
            return "has a question or an answer that isn't part of it in this order"
        if not passage.text[start - passage.start : end - passage.start].strip():
            return "has a question or an answer without text"
        edge = end
    return None if entry.questions else "has no question"


def retire_document(catalogue: Catalogue, root: int, source: str, generation: int) -> None:
    """End the current version of a document, if there is one, with the given generation."""
    sql = "UPDATE documents SET died = ? WHERE root = ? AND source = ? AND died IS NULL"
    catalogue.execute(sql, (generation, root, source))


def insert_document(
    catalogue: Catalogue, root: int, document: NewDocument, passages: Sequence[NewPassage], generation: int
) -> None:
    """Add a document with its text, passages and curated entries.

    Raises:
        ValueError: two passages are the same slice with the same context.
    """
    doc_id = document_id(_root_path(catalogue, root), document.source)
    values = [doc_id, generation, root, document.source, document.mtime_ns]
    values += [getattr(document, name) for name in _GIVEN]
    values += [len(document.text), len(passages), json.dumps(dict(document.report), ensure_ascii=False)]
    key = catalogue.execute(f"{_DOCUMENT} VALUES (?{', ?' * (len(values) - 1)})", values).lastrowid
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
    for ordinal, each in enumerate(passages):
        if each.entry is not None:
            sql = "SELECT key FROM passages WHERE document = ? AND ordinal = ?"
            _insert_entry(catalogue, catalogue.fetch(sql, (key, ordinal))[0][0], each, each.entry)
    if (sketch := sketch_of(document.text)) is not None:
        catalogue.execute("INSERT INTO sketches VALUES (?, ?)", (key, encode_sketch(sketch)))
        bands = [(band, key) for band in set(band_keys(sketch))]
        catalogue.execute_many("INSERT INTO bands VALUES (?, ?)", bands)


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
    sql = f"{_DOCUMENT} SELECT ?, ?, root, ?, ?, {_COPIED} FROM documents WHERE key = ?"
    copy = catalogue.execute(sql, (doc_id, generation, new_source, mtime_ns, key)).lastrowid
    for table, columns in (("texts", "?, text"), ("sketches", "?, sketch"), ("bands", "band, ?")):
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
    for table, columns in (
        ("entries", 't.start, t."end"'),
        ("questions", 't.ordinal, t.start, t."end", t.digest'),
    ):
        catalogue.execute(
            f"INSERT INTO {table} SELECT b.key, {columns} FROM passages a JOIN passages b ON b.document = ? "
            f"AND b.ordinal = a.ordinal JOIN {table} t ON t.passage = a.key WHERE a.document = ?",
            (copy, key),
        )


def _insert_passages(catalogue: Catalogue, rows: Iterable[Sequence[object]]) -> None:
    catalogue.execute_many(
        "INSERT INTO passages (passage_id, document, ordinal, digest, page, heading, start, "
        '"end", context, kind, lang, text, text_key, metadata) '
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )


def _insert_entry(catalogue: Catalogue, key: int, passage: NewPassage, entry: FaqEntry) -> None:
    """Put a curated question and its answer beside their passage; they go when it goes."""
    catalogue.execute("INSERT INTO entries VALUES (?, ?, ?)", (key, *entry.answer))
    questions = enumerate(zip(entry.questions, passage.questions, strict=True))
    catalogue.execute_many(
        "INSERT INTO questions VALUES (?, ?, ?, ?, ?)",
        [(key, at, *span, bytes.fromhex(question_digest(question))) for at, (span, question) in questions],
    )


def _root_path(catalogue: Catalogue, root: int) -> str:
    return str(catalogue.fetch("SELECT path FROM roots WHERE id = ?", (root,))[0][0])
