"""What is fitted on and what is reported: two halves of every set that share no text."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.datasets.near_duplicates import near_duplicates
from eval.datasets.records import EvalDocument, EvalQuestion, EvalSet

_KEPT_SHARE = 0.25  # of a fit half's documents


@dataclass(frozen=True, slots=True)
class Halves:
    """The sets' halves, in the sets' order. The corpora are halves, too: the questions' own documents."""

    fit: tuple[EvalSet, ...]
    report: tuple[EvalSet, ...]


def split_halves(sets: Sequence[EvalSet]) -> Halves:
    """Split sets by their corpora's order: the first half is for fitting, the second for figures.

    A question goes where all its relevant documents are; one that straddles goes to neither half. A question
    without any goes with its near document, and without that by its place among its like. From the fit halves
    every document is dropped that occurs in any set's report half, word for word, nearly, or as parallel
    text, and the questions on it.
    """
    report_texts: dict[str, str] = {}
    fit_texts: dict[str, str] = {}
    halves = []
    for each in sets:
        middle = (len(each.documents) + 1) // 2
        first, second = each.documents[:middle], each.documents[middle:]
        fit_texts.update((document.id, document.text) for document in first)
        report_texts.update((document.id, document.text) for document in second)
        halves.append((first, second))
    dropped = near_duplicates(fit_texts, report_texts) | (fit_texts.keys() & report_texts.keys())
    groups = [set(group) for each in sets for group in each.parallel]
    while (
        more := {
            document
            for group in groups
            if not group.isdisjoint(report_texts.keys() | dropped)
            for document in group & fit_texts.keys()
        }
        - dropped
    ):
        dropped |= more
    fit, report = [], []
    for each, (first, second) in zip(sets, halves, strict=True):
        kept = tuple(document for document in first if document.id not in dropped)
        lone = [
            question.id for question in each.questions if not question.gold and not question.near_document
        ]
        early = set(lone[: (len(lone) + 1) // 2])
        fit.append(_part(each, kept, early))
        report.append(_part(each, second, set(lone) - early))
    return Halves(tuple(fit), tuple(report))


def _part(eval_set: EvalSet, documents: Sequence[EvalDocument], lone: set[str]) -> EvalSet:
    ids = {document.id for document in documents}

    def belongs(question: EvalQuestion) -> bool:
        if question.gold:
            return question.gold <= ids
        return question.near_document in ids or question.id in lone

    questions = tuple(question for question in eval_set.questions if belongs(question))
    return replace(eval_set, documents=tuple(documents), questions=questions)


def is_kept_from_training(document: str) -> bool:
    """Whether a document of a fit half, by its id, is left for choosing by what was trained on the others.

    One in four is, in all languages.
    """
    name = re.sub(r"\b(zh|en)-", "", document.rpartition("/")[2])  # one name in both languages
    return hashlib.sha256(name.encode()).digest()[0] < 256 * _KEPT_SHARE


def for_training(halves: Halves) -> dict[str, frozenset[str]]:
    """Of each fit half, the ids of the questions that may be trained on: no document of theirs is kept."""
    kept = {
        document.text
        for each in halves.fit
        for document in each.documents
        if is_kept_from_training(document.id)
    }
    texts = {document.id: document.text for each in halves.fit for document in each.documents}
    usable = {}
    for each in halves.fit:
        usable[each.name] = frozenset(
            question.id
            for question in each.questions
            if all(
                name in texts and texts[name] not in kept
                for name in question.gold or {question.near_document or ""}
            )
        )
    return usable


def kept_from_training(halves: Halves) -> dict[str, frozenset[str]]:
    """Of each fit half, the ids of the other questions: for choosing by what was trained."""
    usable = for_training(halves)
    return {
        each.name: frozenset(question.id for question in each.questions) - usable[each.name]
        for each in halves.fit
    }
