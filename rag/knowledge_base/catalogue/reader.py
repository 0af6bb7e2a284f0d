"""Reading the catalogue as it stands for one generation, and only what may be seen of it.

There is one place that says what may be seen: ``_SEEN``. Every query of a reader runs behind it, and in such
a query the names of tables stand for their visible rows, those of living documents of the view's roots. A
query can't forget that, for it has no other name for a table; one that says ``main.documents`` is refused.
"""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from rag.filter import EVERYTHING, Roots
from rag.knowledge_base.catalogue.catalogue import Catalogue
from rag.knowledge_base.catalogue.schema import reporting_trouble
from rag.models.fingerprint import EmbedderFingerprint

_SEEN = """
WITH roots AS NOT MATERIALIZED (SELECT * FROM main.roots WHERE {in_view}),
documents AS NOT MATERIALIZED (
    SELECT * FROM main.documents WHERE born <= :g AND (died IS NULL OR died > :g) AND {by_root}),
glossaries AS NOT MATERIALIZED (
    SELECT * FROM main.glossaries WHERE born <= :g AND (died IS NULL OR died > :g) AND {by_root}),
texts AS NOT MATERIALIZED (
    SELECT * FROM main.texts t WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = t.document)),
sketches AS NOT MATERIALIZED (
    SELECT * FROM main.sketches s WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = s.document)),
bands AS NOT MATERIALIZED (
    SELECT * FROM main.bands b WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = b.document)),
passages AS NOT MATERIALIZED (
    SELECT * FROM main.passages p WHERE EXISTS (SELECT 1 FROM documents d WHERE d.key = p.document)),
entries AS NOT MATERIALIZED (
    SELECT * FROM main.entries e WHERE EXISTS (SELECT 1 FROM passages p WHERE p.key = e.passage)),
questions AS NOT MATERIALIZED (
    SELECT * FROM main.questions q WHERE EXISTS (SELECT 1 FROM passages p WHERE p.key = q.passage)),
vectors AS NOT MATERIALIZED (
    SELECT * FROM main.vectors v WHERE EXISTS (SELECT 1 FROM passages p WHERE p.digest = v.digest)
    OR EXISTS (SELECT 1 FROM questions q WHERE q.digest = v.digest))
"""  # without a hint SQLite would make a table of whatever a query names twice


@lru_cache(maxsize=256)  # whole, for SQLite to know again what it has prepared
def _guarded(sql: str, all_roots: bool) -> str:
    """The query behind the guard.

    Raises:
        ValueError: it goes around that.
    """
    if re.search(r"\bmain\b", sql, re.IGNORECASE):
        raise ValueError(f"a reader's query can't name tables as they are: {sql}")
    if all_roots:
        return _SEEN.format(in_view="TRUE", by_root="TRUE") + sql
    in_view = "path IN (SELECT value FROM json_each(:roots))"
    return _SEEN.format(in_view=in_view, by_root="root IN (SELECT id FROM roots)") + sql


class Reader:
    """What may be seen of one generation. Threads may share one, within its catalogue's transaction."""

    def __init__(
        self,
        catalogue: Catalogue,
        generation: int,
        embedder: int,
        fingerprint: EmbedderFingerprint,
        roots: Roots,
    ) -> None:
        """
        Args:
            catalogue: a connection; the generation must stay readable while the reader is used.
            generation: the one that is read.
            embedder: whose vectors are.
            fingerprint: that embedder.
            roots: what may be seen. A path that is no root of the knowledge base adds nothing.
        """
        self.generation = generation
        self.fingerprint = fingerprint
        self.sees_all = roots == EVERYTHING
        self._catalogue = catalogue
        self._lock = Lock()
        self._values: dict[str, Any] = {"g": generation, "embedder": embedder}
        if not self.sees_all:
            self._values["roots"] = json.dumps(sorted(roots))

    @property
    def folder(self) -> Path:
        """The knowledge base's, for messages."""
        return self._catalogue.folder

    def fetch(self, sql: str, values: dict[str, Any] | None = None) -> list[Any]:
        """All rows of a query in which every table has only the rows that may be seen.

        ``:g`` is the generation, ``:embedder`` the embedder; other values are ``values``.

        Raises:
            ValueError: the query goes around that.
        """
        with self._lock:
            return self._catalogue.fetch(_guarded(sql, self.sees_all), {**(values or {}), **self._values})

    def batches(self, sql: str, rows: int) -> Iterator[list[Any]]:
        """The same of a query without other values, at most so many rows at a time."""
        with self._lock:
            cursor = self._catalogue.execute(_guarded(sql, self.sees_all), self._values)
        while True:
            with self._lock, reporting_trouble(self.folder):
                batch = cursor.fetchmany(rows)
            if not batch:
                return
            yield batch
