"""The statements that put curated questions and answers beside their passages; callers hold the transaction.

An entry's spans are code points into its document's text, like a passage's. Both go when the passage goes.
"""

from collections.abc import Sequence

from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.records import FaqEntry, NewPassage, question_digest
from rag.knowledge_base.catalogue.schema import reporting_trouble


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


def insert_entries(catalogue: Catalogue, document: int, passages: Sequence[NewPassage]) -> None:
    """Add the entries among a document's passages, which are there already."""
    if all(each.entry is None for each in passages):
        return
    sql = "SELECT ordinal, key FROM passages WHERE document = ?"
    keys: dict[int, int] = dict(catalogue.fetch(sql, (document,)))
    with reporting_trouble(catalogue.folder):
        for ordinal, passage in enumerate(passages):
            if passage.entry is None:
                continue
            key = keys[ordinal]
            catalogue.execute("INSERT INTO entries VALUES (?, ?, ?)", (key, *passage.entry.answer))
            catalogue.connection.executemany(
                "INSERT INTO questions VALUES (?, ?, ?, ?, ?)",
                [
                    (key, number, *span, bytes.fromhex(question_digest(question)))
                    for number, (span, question) in enumerate(
                        zip(passage.entry.questions, passage.questions, strict=True)
                    )
                ],
            )


def copy_entries(catalogue: Catalogue, document: int, copy: int) -> None:
    """Give a document's copy, which has its passages already, the entries of the original."""
    pairs = "FROM passages a JOIN passages b ON b.document = ? AND b.ordinal = a.ordinal JOIN"
    of = "WHERE a.document = ?"
    sql = f'INSERT INTO entries SELECT b.key, e.start, e."end" {pairs} entries e ON e.passage = a.key {of}'
    catalogue.execute(sql, (copy, document))
    columns = 'b.key, q.ordinal, q.start, q."end", q.digest'
    sql = f"INSERT INTO questions SELECT {columns} {pairs} questions q ON q.passage = a.key {of}"
    catalogue.execute(sql, (copy, document))
