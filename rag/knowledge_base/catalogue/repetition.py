"""What a catalogue holds more than once: documents much like each other, and passages of the same words."""

from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.records import SimilarDocument
from rag.text.similarity import decode_sketch, similarity

ALIKE = 0.8  # Jaccard similarity of shingles from which two documents are reported
_COMPARED = 50  # documents at most, those that share most bands


def similar_documents(catalogue: Catalogue, root: int, source: str, most: int = 3) -> list[SimilarDocument]:
    """The other documents as last written that are at least ``ALIKE``, most similar first."""
    sql = (
        "SELECT d.key, s.sketch FROM documents d JOIN sketches s ON s.document = d.key "
        "WHERE d.root = ? AND d.source = ? AND d.died IS NULL"
    )
    own = catalogue.fetch(sql, (root, source))
    if not own:
        return []
    key, stored = own[0]
    sketch = decode_sketch(stored)
    candidates = catalogue.fetch(
        "SELECT r.path, d.source, s.sketch FROM bands mine JOIN bands theirs ON theirs.band = mine.band "
        "JOIN documents d ON d.key = theirs.document JOIN sketches s ON s.document = d.key "
        "JOIN roots r ON r.id = d.root "
        "WHERE mine.document = :key AND d.key <> :key AND d.died IS NULL "
        "GROUP BY d.key ORDER BY count(*) DESC, d.key LIMIT :most",
        {"key": key, "most": _COMPARED},
    )
    found = [
        SimilarDocument(path, other, round(similarity(sketch, decode_sketch(blob)), 3))
        for path, other, blob in candidates
    ]
    alike = [each for each in found if each.similarity >= ALIKE]
    return sorted(alike, key=lambda each: (-each.similarity, each.root, each.source))[:most]


def repeated_passages(catalogue: Catalogue, root: int, source: str) -> int:
    """How many of the document's passages have the same words as another, older passage."""
    sql = (
        "SELECT count(*) FROM documents d JOIN passages p ON p.document = d.key "
        "WHERE d.root = ? AND d.source = ? AND d.died IS NULL AND EXISTS ("
        "SELECT 1 FROM passages o JOIN documents e ON e.key = o.document "
        "WHERE o.text_key = p.text_key AND o.key < p.key AND e.died IS NULL)"
    )
    return int(catalogue.fetch(sql, (root, source))[0][0])
