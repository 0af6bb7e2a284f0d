"""Entries that ask the same, nearly: said twice, or answered in two ways."""

from dataclasses import dataclass

import numpy as np

from rag.curated.differences import difference
from rag.curated.features import shared_words
from rag.knowledge_base import Contents
from rag.passage import metadata_of
from rag.text.analysis import Analyzer
from rag.text.facts import numbers_of
from rag.text.words import fold

_NEAR = 0.95  # cosine of questions that may be the same
_SHARED = 0.75  # and the least share of words in common
_SAME_ANSWER = 0.6  # likewise, of answers that say the same


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A curated entry: its questions, its answer, and where it stands."""

    passage_id: str
    source: str
    questions: tuple[str, ...]
    answer: str


@dataclass(frozen=True, slots=True)
class SameQuestion:
    """Two entries with nearly one question. ``contradiction``: what their answers differ in, or None."""

    first: StoredEntry
    second: StoredEntry
    similarity: float  # cosine of the two questions
    contradiction: str | None


def list_entries(contents: Contents) -> list[StoredEntry]:
    """All entries, in order of their documents."""
    questions = contents.questions()
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(questions.passage_ids):
        rows.setdefault(name, []).append(row)
    entries = []
    for passage in contents.passages(list(rows)):
        metadata, own = metadata_of(passage), rows[str(passage.id)]
        start, end = questions.answers[own[0]]
        answer = passage.page_content[start - metadata["start"] : end - metadata["start"]]
        phrasings = tuple(questions.texts[row] for row in own)
        entries.append(StoredEntry(str(passage.id), metadata["source"], phrasings, answer))
    return entries


def same_questions(contents: Contents) -> list[SameQuestion]:
    """Pairs of entries whose questions are nearly the same, most alike first.

    Questions that differ in a number, a code, a name or a negation aren't the same.
    """
    questions, analyzer = contents.questions(), contents.analyzer
    entries = {each.passage_id: each for each in list_entries(contents)}
    found: dict[frozenset[str], SameQuestion] = {}
    for row, vector in enumerate(questions.vectors):
        cosines = questions.vectors[row + 1 :] @ vector
        for near in np.flatnonzero(cosines >= _NEAR).tolist():
            other = row + 1 + near
            names = (questions.passage_ids[row], questions.passage_ids[other])
            texts = (questions.texts[row], questions.texts[other])
            key = frozenset(names)
            if len(key) < 2 or key in found or shared_words(*texts, analyzer) < _SHARED:
                continue
            if difference(*texts, analyzer) is not None:
                continue
            first, second = entries[names[0]], entries[names[1]]
            what = _contradiction(first.answer, second.answer, analyzer)
            found[key] = SameQuestion(first, second, round(float(cosines[near]), 3), what)
    return sorted(found.values(), key=lambda each: -each.similarity)


def _contradiction(first: str, second: str, analyzer: Analyzer) -> str | None:
    if numbers_of(fold(first)) != numbers_of(fold(second)):
        return "numbers"
    same = shared_words(first, second, analyzer) >= _SAME_ANSWER
    return None if same else "wording"
