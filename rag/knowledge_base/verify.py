"""Proving that a knowledge base agrees with itself."""

from collections import Counter
from typing import Any

import numpy as np

from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING
from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.catalogue.questions import stored_questions
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import VerifyReport, digest_of, question_digest
from rag.knowledge_base.catalogue.vectors import Vector, decode_vector, describe_flaw
from rag.knowledge_base.derived import DerivedIndex, indexes_of
from rag.knowledge_base.index import IndexProblem
from rag.knowledge_base.publication import has_leftovers, has_unpublished
from rag.passage import embedding_text

_LISTED = 20  # problems of one kind that are spelled out


class _Problems:
    """Problem lines; of each kind the first few, then how many more there are."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._counts: Counter[str] = Counter()

    def add(self, kind: str, line: str) -> None:
        self._counts[kind] += 1
        if self._counts[kind] <= _LISTED:
            self._lines.append(line)

    def lines(self) -> tuple[str, ...]:
        more = [
            f"… and {count - _LISTED} more of this kind: {kind}"
            for kind, count in self._counts.items()
            if count > _LISTED
        ]
        return (*self._lines, *more)


def verify_catalogue(catalogue: Catalogue) -> VerifyReport:
    """Prove everything about the published generation; the writer's lock must be held, nothing is changed."""
    catalogue.execute("BEGIN")
    state = catalogue.state()
    problems = _Problems()
    counts = dict.fromkeys(("documents", "passages", "vectors", "questions", "dense_rows", "lexical_rows"), 0)
    behind = False
    try:
        for row in catalogue.fetch("PRAGMA integrity_check"):
            if row[0] != "ok":
                problems.add("SQLite", f"catalogue.sqlite: {row[0]}")
        for row in catalogue.fetch("PRAGMA foreign_key_check"):
            problems.add("reference", f"catalogue.sqlite: table {row[0]}, row {row[1]} points nowhere")
        check = _Check(catalogue, state, problems)
        counts["passages"] = len(check.names)
        counts["documents"] = check.documents()
        counts["vectors"] = check.vectors()
        counts["questions"] = check.questions()
        for index in indexes_of(catalogue.folder):
            counts[f"{index.name}_rows"] = check.index(index)
        behind = has_unpublished(catalogue, state) or has_leftovers(catalogue, state)
    except KnowledgeBaseError as error:
        problems.add("damage", str(error))
    return VerifyReport(problems=problems.lines(), behind=behind, generation=state.published, **counts)


class _Check:
    """Looks at one part after the other. Each method says how many of it are there and sound."""

    def __init__(self, catalogue: Catalogue, state: State, problems: _Problems) -> None:
        self._catalogue = catalogue
        self._state = state
        self._add = problems.add
        self._fingerprint = catalogue.fingerprint(state.embedder)
        self.names: dict[int, str] = {}  # by key: words that name each published passage
        self._others: set[int] = set()  # written but not published, or dead but not dropped
        sql = (
            'SELECT p.key, p.passage_id, d.source, p.start, p."end", '
            "d.born <= :g AND (d.died IS NULL OR d.died > :g) "
            "FROM passages p JOIN documents d ON d.key = p.document"
        )
        for key, passage_id, source, start, end, alive in catalogue.fetch(sql, {"g": state.published}):
            if alive:
                self.names[key] = f"passage {passage_id} ({source}, {start}–{end})"
            else:
                self._others.add(key)

    def documents(self) -> int:
        """Each passage is the slice of its document's text that it claims to be."""
        sql = (
            "SELECT key, source, characters, passages FROM documents "
            "WHERE born <= :g AND (died IS NULL OR died > :g)"
        )
        passages_of = (
            'SELECT key, ordinal, start, "end", text, context, digest FROM passages '
            "WHERE document = ? ORDER BY ordinal"
        )
        documents = self._catalogue.fetch(sql, {"g": self._state.published})
        for key, source, characters, count in documents:
            stored = self._catalogue.fetch("SELECT text FROM texts WHERE document = ?", (key,))
            if not stored:
                self._add("no text", f"{source} has no stored text")
                continue
            text = stored[0][0]
            if len(text) != characters:
                line = f"the text of {source} has {len(text)} characters instead of {characters}"
                self._add("length", line)
            passages = self._catalogue.fetch(passages_of, (key,))
            if len(passages) != count:
                self._add("count", f"{source} has {len(passages)} passages instead of {count}")
            for place, (passage, ordinal, start, end, slice_, context, digest) in enumerate(passages):
                name = self._name(passage)
                if ordinal != place:
                    self._add("order", f"{name} is number {ordinal} instead of {place} of its document")
                if text[start:end] != slice_:
                    self._add("slice", f"{name} isn't that slice of its document's text")
                if digest_of(embedding_text(context, slice_)) != digest.hex():
                    self._add("digest", f"{name} points to the vector of another text")
        return len(documents)

    def vectors(self) -> int:
        """Each passage has a flawless vector."""
        sound = 0
        sql = (
            "SELECT p.key, v.vector FROM passages p "
            "LEFT JOIN vectors v ON v.digest = p.digest AND v.embedder = ? ORDER BY p.key"
        )
        for key, blob in self._catalogue.execute(sql, (self._state.embedder,)):
            if key not in self.names:
                continue
            if flaw := self._vector_flaw(blob):
                self._add("vector", f"the vector of {self.names[key]} {flaw}")
            else:
                sound += 1
        return sound

    def questions(self) -> int:
        """Each curated question is part of its passage and has a flawless vector of its own."""
        sound = 0
        state = self._state
        reader = Reader(self._catalogue, state.published, state.embedder, self._fingerprint, EVERYTHING)
        for each in stored_questions(reader):
            name = f"question {each.ordinal + 1} of passage {each.passage_id}"
            if not each.inside:
                self._add("question's place", f"{name} or its answer isn't part of the passage")
            elif question_digest(each.text) != each.digest.hex():
                self._add("question's digest", f"{name} points to the vector of another text")
            elif flaw := self._vector_flaw(each.vector):
                self._add("question's vector", f"the vector of {name} {flaw}")
            else:
                sound += 1
        return sound

    def _name(self, key: int) -> str:
        return self.names.get(key, f"the passage with key {key}")

    def _vector_flaw(self, blob: bytes | None) -> str | None:
        dimension = self._fingerprint.dimension
        if blob is None:
            return "is missing"
        if len(blob) != 2 * dimension:
            return f"has {len(blob)} bytes instead of {2 * dimension}"
        return describe_flaw(decode_vector(blob), dimension)

    def index(self, index: DerivedIndex[Any, Any]) -> int:
        """An index holds exactly the living passages, with their vectors if it has any."""
        if self._state.published == 0:
            return 0
        name = f"{index.name} index"
        found = index.problems(self._catalogue, self._state)
        for line in found:
            self._add(name, f"{name}: {line}")
        if found:
            return 0
        held: Counter[int] = Counter()
        try:
            for keys, vectors in index.contents(self._catalogue, self._state):
                held.update(keys.tolist())
                if vectors is not None:
                    self._compare_vectors(name, dict(zip(keys.tolist(), vectors, strict=True)))
        except IndexProblem as problem:
            self._add(name, f"{name}: {problem}")
        for key, passage in self.names.items():
            if key not in held:
                self._add(f"missing from the {name}", f"{passage} is missing from the {name}")
        for key, times in held.items():
            if key not in self.names and key not in self._others:
                line = f"the {name} holds a passage that was removed (key {key})"
                self._add(f"removed but in the {name}", line)
            elif times > 1:
                self._add(f"twice in the {name}", f"{self._name(key)} is {times} times in the {name}")
        return len(held.keys() & self.names.keys())

    def _compare_vectors(self, name: str, held: dict[int, Vector]) -> None:
        """An index's vectors by key are those of the catalogue."""
        sql = (
            "SELECT p.key, v.vector FROM passages p JOIN vectors v ON v.digest = p.digest "
            "AND v.embedder = ? WHERE p.key BETWEEN ? AND ?"
        )
        between = (min(held, default=0), max(held, default=0))
        for key, blob in self._catalogue.execute(sql, (self._state.embedder, *between)):
            if key in held and key in self.names and not np.array_equal(held[key], decode_vector(blob)):
                self._add("other vector", f"the {name} has another vector for {self.names[key]}")
