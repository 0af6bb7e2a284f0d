"""Where an answer was lost: the first stage of the pipeline after which it could no longer come right."""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from eval.datasets.records import EvalQuestion
from eval.measures.answers import contains_answer
from eval.runs.asking import Asked
from eval.selection import Corpus
from rag.errors import KnowledgeBaseError
from rag.knowledge_base import Contents, View
from rag.passage import embedding_text, metadata_of

STAGES = (
    "not in the corpus",
    "not extracted",
    "split",
    "not retrieved",
    "ranked below the cut",
    "not packed",
    "wrongly refused",
    "misread",
    "mis-cited",
)
ANSWERED_WITHOUT_EVIDENCE = "answered without evidence"
FAILED = "failed"
CONCLUDED = "multi"  # the kind of questions whose answer is worked out from several passages
_FIGURE = re.compile(r"\d")


def lost_at(
    question: EvalQuestion,
    asked: Asked,
    *,
    right: bool,
    cited: bool,
    corpus: Corpus,
    view: View,
) -> str | None:
    """The stage that lost an answer, None if it is right and rightly cited, rightly refused, or unjudged.

    Of a question of the kind "multi" any passage of a relevant document (or of parallel text) holds the
    evidence. Of others it is one that has one of the answers, word for word; where none of the documents'
    passages has one (the answer must be concluded, or the set has none), any passage. "not extracted" is said
    of files that gave no text, or whose text lacks an answer made of figures, which a document can't well put
    in other words.

    Args:
        question: what was asked.
        asked: what came of it.
        right: whether the answer is right.
        cited: whether it cites a relevant document.
        corpus: what it was asked of.
        view: of the corpus.
    """
    answer = asked.answer
    if answer is None:
        return FAILED
    if not question.answerable:
        return None if answer.abstained else ANSWERED_WITHOUT_EVIDENCE
    if not question.is_judged:
        return None
    if right:
        return None if cited else STAGES[8]
    gold = question.gold | corpus.parallel_of(question.gold)
    with view.contents() as contents:
        passages = [passage for each in gold for passage in contents.document_passages(each)]
        is_known = bool(passages) or _is_known(gold, contents)
    if not passages:
        return STAGES[1] if is_known else STAGES[0]
    holding = {each.id for each in passages if _holds(each, question)}
    if question.kind == CONCLUDED:  # what is worked out stands nowhere, but by chance
        holding = {each.id for each in passages}
    if not holding:
        with view.contents() as contents:
            if _text_has_answer(gold, question, contents):
                return STAGES[2]
    if not holding and corpus.has_files and _is_literal(question):
        return STAGES[1]
    holding = holding or {each.id for each in passages}
    if not holding & {each.id for each in asked.candidates}:
        return STAGES[3]
    if not holding & {each.id for each in asked.retrieved}:
        return STAGES[4]
    if not _was_read(answer.passages, answer.trace.evidence, holding, question):
        return STAGES[5]
    return STAGES[6] if answer.abstained else STAGES[7]


def _holds(passage: Document, question: EvalQuestion) -> bool:
    metadata = metadata_of(passage)
    text = embedding_text(metadata["context"], passage.page_content)
    return question.page in (None, metadata["page"]) and contains_answer(text, question.answers)


def _is_known(documents: frozenset[str], contents: Contents) -> bool:
    return any(each.source in documents for each in contents.documents())


def _is_literal(question: EvalQuestion) -> bool:
    """Whether the answers are figures or codes that one document must have as they are."""
    figures = bool(question.answers) and all(_FIGURE.search(each) for each in question.answers)
    return figures and question.kind != CONCLUDED


def _text_has_answer(documents: frozenset[str], question: EvalQuestion, contents: Contents) -> bool:
    for document in documents:
        try:
            if contains_answer(contents.text(document), question.answers):
                return True
        except KnowledgeBaseError:  # several roots have it, or it is gone meanwhile
            continue
    return False


def _was_read(
    passages: Sequence[Document], evidence: Sequence[str], holding: set[str | None], question: EvalQuestion
) -> bool:
    """Whether the generator read an answer, or, where passages have none word for word, of the passage."""
    for passage, text in zip(passages, evidence, strict=False):
        if passage.id in holding:
            has_answer = contains_answer(passage.page_content, question.answers)
            if not has_answer or contains_answer(text, question.answers):
                return True
    return False
