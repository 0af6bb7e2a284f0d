"""Proving that a knowledge base agrees with itself."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from rag.errors import KnowledgeBaseError
from rag.filter import EVERYTHING
from rag.knowledge_base.catalogue.catalogue import Catalogue, State
from rag.knowledge_base.catalogue.questions import stored_questions
from rag.knowledge_base.catalogue.reader import Reader
from rag.knowledge_base.catalogue.records import VerifyReport, digest_of, question_digest
from rag.knowledge_base.catalogue.vectors import decode_vector, describe_flaw
from rag.knowledge_base.derived import DerivedIndex, indexes_of
from rag.knowledge_base.index import IndexProblem
from rag.knowledge_base.publication import has_leftovers, has_unpublished
from rag.passage import embedding_text

Progress = Callable[[int, int], None]

_LISTED = 20  # problems of one kind that are spelled out
_STEP = 1000  # passages between two calls of the progress function


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


def verify_catalogue(catalogue: Catalogue, progress: Progress | None = None) -> VerifyReport:
    """Prove everything about the published generation; the writer's lock must be held, nothing is changed."""
    problems = _Problems()
    catalogue.execute("BEGIN")
    state = catalogue.state()
    counts = {"documents": 0, "passages": 0, "vectors": 0, "questions": 0, "dense": 0, "lexical": 0}
    try:
        for row in catalogue.fetch("PRAGMA integrity_check"):
            if row[0] != "ok":
                problems.add("SQLite", f"catalogue.sqlite: {row[0]}")
        for row in catalogue.fetch("PRAGMA foreign_key_check"):
            problems.add("reference", f"catalogue.sqlite: table {row[0]}, row {row[1]} points nowhere")
        living = _Living(catalogue, state)
        counts["passages"] = len(living.names)
        counts["documents"] = _verify_documents(catalogue, state, problems)
        counts["vectors"] = _verify_vectors(catalogue, state, living, problems, progress)
        counts["questions"] = _verify_questions(catalogue, state, problems)
        for index in indexes_of(catalogue.folder):
            counts[index.name] = _verify_index(index, catalogue, state, living, problems)
        behind = has_unpublished(catalogue, state) or has_leftovers(catalogue, state)
    except KnowledgeBaseError as error:
        problems.add("damage", str(error))
        behind = False
    return VerifyReport(
        problems=problems.lines(),
        behind=behind,
        generation=state.published,
        documents=counts["documents"],
        passages=counts["passages"],
        vectors=counts["vectors"],
        dense_rows=counts["dense"],
        lexical_rows=counts["lexical"],
        questions=counts["questions"],
    )


class _Living:
    """The published generation's passage keys, with words that name each, and the other known keys."""

    def __init__(self, catalogue: Catalogue, state: State) -> None:
        self.names: dict[int, str] = {}
        self.others: set[int] = set()  # written but not published, or dead but not dropped
        sql = (
            'SELECT p.key, p.passage_id, d.source, p.start, p."end", '
            "d.born <= :g AND (d.died IS NULL OR d.died > :g) "
            "FROM passages p JOIN documents d ON d.key = p.document"
        )
        for key, passage_id, source, start, end, alive in catalogue.fetch(sql, {"g": state.published}):
            if alive:
                self.names[key] = f"passage {passage_id} ({source}, {start}–{end})"
            else:
                self.others.add(key)

    def compare(self, index: str, keys: Iterable[int], problems: _Problems) -> int:
        """Report living passages that an index lacks and passages it shouldn't have; returns how many fit."""
        found = Counter(keys)
        for key, name in self.names.items():
            if key not in found:
                problems.add(f"missing from the {index} index", f"{name} is missing from the {index} index")
        for key, times in found.items():
            if key not in self.names and key not in self.others:
                problems.add(
                    f"removed but in the {index} index",
                    f"the {index} index holds a passage that was removed (key {key})",
                )
            elif times > 1:
                name = self.names.get(key, f"the passage with key {key}")
                problems.add(f"twice in the {index} index", f"{name} is {times} times in the {index} index")
        return len(found.keys() & self.names.keys())


def _verify_documents(catalogue: Catalogue, state: State, problems: _Problems) -> int:
    """Each passage is the slice of its document's text that it claims to be; returns how many documents."""
    sql = (
        "SELECT key, source, characters, passages FROM documents "
        "WHERE born <= :g AND (died IS NULL OR died > :g)"
    )
    passages_of = (
        'SELECT passage_id, ordinal, start, "end", text, context, digest FROM passages '
        "WHERE document = ? ORDER BY ordinal"
    )
    documents = catalogue.fetch(sql, {"g": state.published})
    for key, source, characters, count in documents:
        stored = catalogue.fetch("SELECT text FROM texts WHERE document = ?", (key,))
        if not stored:
            problems.add("no text", f"{source} has no stored text")
            continue
        text = stored[0][0]
        if len(text) != characters:
            problems.add("length", f"the text of {source} has {len(text)} characters instead of {characters}")
        passages = catalogue.fetch(passages_of, (key,))
        if len(passages) != count:
            problems.add("count", f"{source} has {len(passages)} passages instead of {count}")
        for place, (passage_id, ordinal, start, end, slice_, context, digest) in enumerate(passages):
            name = f"passage {passage_id} ({source}, {start}–{end})"
            if ordinal != place:
                problems.add("order", f"{name} is number {ordinal} instead of {place} of its document")
            if text[start:end] != slice_:
                problems.add("slice", f"{name} isn't that slice of its document's text")
            if digest_of(embedding_text(context, slice_)) != digest.hex():
                problems.add("digest", f"{name} points to the vector of another text")
    return len(documents)


def _verify_vectors(
    catalogue: Catalogue, state: State, living: _Living, problems: _Problems, progress: Progress | None
) -> int:
    """Each passage has a flawless vector; returns how many have."""
    dimension = catalogue.fingerprint(state.embedder).dimension
    sound = 0
    sql = (
        "SELECT p.key, v.vector FROM passages p "
        "LEFT JOIN vectors v ON v.digest = p.digest AND v.embedder = ? ORDER BY p.key"
    )
    cursor = catalogue.execute(sql, (state.embedder,))
    done = 0
    while batch := cursor.fetchmany(_STEP):
        for key, blob in batch:
            if key not in living.names:
                continue
            flaw = "is missing" if blob is None else _blob_flaw(blob, dimension)
            if flaw is None:
                sound += 1
            else:
                problems.add("vector", f"the vector of {living.names[key]} {flaw}")
            done += 1
        if progress is not None:
            progress(done, len(living.names))
    return sound


def _verify_questions(catalogue: Catalogue, state: State, problems: _Problems) -> int:
    """Each curated question is part of its passage and has a flawless vector of its own; returns how many."""
    dimension = catalogue.fingerprint(state.embedder).dimension
    sound = 0
    fingerprint = catalogue.fingerprint(state.embedder)
    reader = Reader(catalogue, state.published, state.embedder, fingerprint, EVERYTHING)
    for each in stored_questions(reader):
        name = f"question {each.ordinal + 1} of passage {each.passage_id}"
        if not each.inside:
            problems.add("question's place", f"{name} or its answer isn't part of the passage")
        elif question_digest(each.text) != each.digest.hex():
            problems.add("question's digest", f"{name} points to the vector of another text")
        elif flaw := "is missing" if each.vector is None else _blob_flaw(each.vector, dimension):
            problems.add("question's vector", f"the vector of {name} {flaw}")
        else:
            sound += 1
    return sound


def _blob_flaw(blob: bytes, dimension: int) -> str | None:
    if len(blob) != 2 * dimension:
        return f"has {len(blob)} bytes instead of {2 * dimension}"
    return describe_flaw(decode_vector(blob), dimension)


def _verify_index(
    index: DerivedIndex[Any, Any, Any],
    catalogue: Catalogue,
    state: State,
    living: _Living,
    problems: _Problems,
) -> int:
    """An index holds exactly the living passages, with their vectors if it has any; returns how many."""
    if state.published == 0:
        return 0
    name = f"{index.name} index"
    found = index.problems(catalogue, state)
    for line in found:
        problems.add(name, f"{name}: {line}")
    if found:
        return 0
    held: list[int] = []
    try:
        for keys, vectors in index.contents(catalogue, state):
            rows = {key: row for row, key in enumerate(keys.tolist())}
            held += keys.tolist()
            if vectors is None:
                continue
            for key, blob in _stored_vectors(catalogue, state, sorted(rows)):
                if key in living.names and not np.array_equal(vectors[rows[key]], decode_vector(blob)):
                    problems.add("other vector", f"the {name} has another vector for {living.names[key]}")
    except IndexProblem as problem:
        problems.add(name, f"{name}: {problem}")
    return living.compare(index.name, held, problems)


def _stored_vectors(catalogue: Catalogue, state: State, keys: list[int]) -> Iterable[tuple[int, bytes]]:
    if not keys:
        return []
    sql = (
        "SELECT p.key, v.vector FROM passages p JOIN vectors v ON v.digest = p.digest AND v.embedder = ? "
        "WHERE p.key BETWEEN ? AND ?"
    )
    wanted = set(keys)
    cursor = catalogue.execute(sql, (state.embedder, keys[0], keys[-1]))
    return ((key, blob) for key, blob in cursor if key in wanted)
