"""Several sets pooled into one corpus, against which each set's questions are asked."""

import random
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from eval.datasets.beir import join_groups
from eval.datasets.near_duplicates import near_duplicates
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet, Parallel, fingerprint_of
from rag.errors import EvalError

QUESTIONS_PER_SET = 1000


@dataclass(frozen=True, slots=True)
class Pool:
    """One corpus and the question sets on it. ``merged`` maps a document's id to the one it was merged into.

    The sets' own ``documents`` are their parts of the pool, under the pool's ids.
    """

    documents: tuple[EvalDocument, ...]
    sets: tuple[EvalSet, ...]
    parallel: Parallel = ()
    merged: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hex) of the corpus, and of each set's questions and judgements on it."""
        questions = (
            replace(each, id=f"{eval_set.name}/{each.id}")
            for eval_set in self.sets
            for each in eval_set.questions
        )
        return fingerprint_of(self.documents, questions, self.parallel)

    def parallel_of(self, documents: Iterable[str]) -> frozenset[str]:
        """The other documents that are the same text as one of these, in another language."""
        wanted = set(documents)
        groups = (set(group) for group in self.parallel if not wanted.isdisjoint(group))
        return frozenset().union(*groups) - wanted


def pool_sets(
    sets: Sequence[EvalSet], *, limit: int | None = QUESTIONS_PER_SET, titles: bool = False
) -> Pool:
    """Pool sets: documents with word for word the same text become one, with both's judgements.

    Args:
        sets: sets with documents; of two that share a corpus (``SET`` and ``SET@from_zh``) it counts once.
        limit: the most questions of a set, its first ones; unjudged questions are left out before counting.
            Questions that can't be answered count apart, so that they don't crowd out the others.
        titles: keep the documents' titles. The convention is to drop them, as in some sets they are the
            questions.

    Raises:
        EvalError: a set is a folder of files, two sets have one name, or two documents one id.
    """
    names = [each.name for each in sets]
    if folders := [each.name for each in sets if each.folder is not None]:
        raise EvalError(f"{folders[0]} is a folder of files and can't be pooled; measure it alone")
    if len(set(names)) != len(names):
        raise EvalError(f"two sets to pool are named {max(names, key=names.count)}; rename one's folder")
    merged: dict[str, str] = {}
    by_id: dict[str, EvalDocument] = {}
    kept: dict[str, EvalDocument] = {}  # by text
    for document in (each for eval_set in sets for each in eval_set.documents):
        if by_id.setdefault(document.id, document) != document:
            raise EvalError(f"two different documents to pool have the id {document.id}")
        first = kept.setdefault(document.text, document)
        if first.id != document.id:
            merged[document.id] = first.id
    documents = tuple(each if titles else replace(each, title="") for each in kept.values())
    by_pool_id = {each.id: each for each in documents}
    parallel = _parallel(sets, merged, by_pool_id.keys())
    pooled = []
    for each in sets:
        own = dict.fromkeys(merged.get(document.id, document.id) for document in each.documents)
        pooled.append(
            replace(
                each,
                documents=tuple(by_pool_id[document] for document in own),
                questions=tuple(_renamed(question, merged) for question in _first(each.questions, limit)),
                parallel=parallel,
            )
        )
    return Pool(documents, tuple(pooled), parallel, merged)


def left_out(question: EvalQuestion, pool: Pool) -> frozenset[str]:
    """The documents to leave out of a question's ranking before it is scored.

    They are the relevant documents' parallel texts, which the judgements don't name: for a question in the
    documents' language the text in the other one, for a cross-language question the text in its own.
    """
    return pool.parallel_of(question.gold)


def without_documents(pool: Pool, removed: Set[str]) -> Pool:
    """The pool without some documents. A question all whose relevant documents are gone can't be answered.

    Such a question has no answers and no judgements, and is of the kind "removed".
    """
    sets = tuple(
        replace(
            each,
            documents=tuple(document for document in each.documents if document.id not in removed),
            questions=tuple(_without(question, removed) for question in each.questions),
        )
        for each in pool.sets
    )
    documents = tuple(each for each in pool.documents if each.id not in removed)
    kept = {each.id for each in documents}
    return Pool(documents, sets, _parallel(pool.sets, {}, kept), pool.merged)


def remove_gold(pool: Pool, name: str, *, share: float = 0.5, seed: int = 0) -> Pool:
    """Make part of a set's questions unanswerable by removing their documents from the pool.

    A seeded share of the set's documents goes, with their parallel texts and whatever in the pool is nearly
    the same text, so that what is gone can't be answered from a copy.

    Raises:
        EvalError: the pool has no such set, or the share isn't between 0 and 1.
    """
    if not 0 <= share <= 1:
        raise EvalError(f"a share between 0 and 1 is needed, not {share}")
    chosen = next((each for each in pool.sets if each.name == name), None)
    if chosen is None:
        raise EvalError(
            f"there is no set {name} in the pool; there are {', '.join(s.name for s in pool.sets)}"
        )
    gold = sorted({document for question in chosen.questions for document in question.gold})
    removed = set(random.Random(seed).sample(gold, round(share * len(gold))))
    removed |= pool.parallel_of(removed)
    texts = {each.id: each.text for each in pool.documents}
    copies = near_duplicates(texts, {each: texts[each] for each in removed})
    removed |= copies | pool.parallel_of(copies)
    return without_documents(pool, removed)


def _first(questions: Iterable[EvalQuestion], limit: int | None) -> list[EvalQuestion]:
    counts = {True: 0, False: 0}
    chosen = []
    for question in questions:
        judged = bool(question.gold) or not question.answerable
        if judged and (limit is None or counts[question.answerable] < limit):
            counts[question.answerable] += 1
            chosen.append(question)
    return chosen


def _renamed(question: EvalQuestion, merged: Mapping[str, str]) -> EvalQuestion:
    relevant: dict[str, int] = {}
    for document, gain in question.relevant.items():
        target = merged.get(document, document)
        relevant[target] = max(gain, relevant.get(target, gain))
    near = question.near_document
    return replace(question, relevant=relevant, near_document=near and merged.get(near, near))


def _without(question: EvalQuestion, removed: Set[str]) -> EvalQuestion:
    near = None if question.near_document in removed else question.near_document
    relevant = {each: gain for each, gain in question.relevant.items() if each not in removed}
    lost = bool(question.gold) and not question.gold <= relevant.keys()
    question = replace(question, relevant=relevant, near_document=near)
    if question.gold or not lost:
        return question
    return replace(question, answerable=False, answers=(), relevant={}, kind="removed")


def _parallel(sets: Iterable[EvalSet], merged: Mapping[str, str], kept: Set[str]) -> Parallel:
    groups = join_groups(
        [merged.get(each, each) for each in group] for eval_set in sets for group in eval_set.parallel
    )
    present = (tuple(each for each in group if each in kept) for group in groups)
    return tuple(group for group in present if len(group) > 1)
