"""Questions of fit halves as training sets: the sets' own, those across languages, and such as were written.

Only what training may use takes part (`eval.datasets.splits.for_training`): no document of a report half and
none that is kept for choosing. A set's answers have no places here; the first one in the text counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from eval.datasets import EvalQuestion, read_beir
from eval.datasets.records import EvalDocument
from eval.datasets.splits import for_training, split_halves
from ingest.document_text import DocumentText
from ingest.reading.document import split_text
from ingest.splitter import PassageSplitter
from training.generator.written import written_sets
from training.reader.sources import Asked, Passage, Source, Span

_ACROSS = "@"  # in the name of a set whose questions are in another language than its documents


def fit_sources(folders: Sequence[Path], written: Path | None = None) -> Iterator[Source]:
    """A source for each fit half of the sets, and for the questions ``written`` on its documents.

    Raises:
        EvalError: a folder holds no set.
        TrainingError: the written questions are about other documents.
    """
    sets = [each for folder in folders for each in read_beir(folder)]
    if written is not None:
        sets += written_sets(sets, written)
    halves = split_halves(sets)
    usable = for_training(halves)
    by_name = {each.name: each for each in halves.fit}
    for each in halves.fit:
        own = by_name.get(each.name.partition(_ACROSS)[0], each)
        answers = {question.id: question.answers for question in own.questions}
        documents = {document.id: document for document in each.documents}
        questions = [question for question in each.questions if question.id in usable[each.name]]
        asked = [
            _asked(each.name, question, documents, answers.get(question.id, ())) for question in questions
        ]
        if found := [one for one in asked if one is not None]:
            yield Source(
                each.name,
                {document.id: list(_passages(document)) for document in each.documents},
                {document.id: document.title for document in each.documents},
                found,
            )


def _asked(
    name: str, question: EvalQuestion, documents: Mapping[str, EvalDocument], answers: Sequence[str]
) -> Asked | None:
    """A question; None where its answer doesn't stand in one of its documents."""
    if not question.answerable:
        if question.near_document is None:
            return None
        near = (question.near_document,)
        return Asked(name, question.text, question.lang, "", near[0], (), (), frozenset(), near)
    for document in sorted(question.gold & documents.keys()):
        text = documents[document].text
        spans = {_place(text, answer) for answer in answers if answer and answer in text}
        if spans or not answers:
            kind = "span" if spans else "explanation"
            found = tuple(sorted(spans))
            return Asked(name, question.text, question.lang, kind, document, found, (), question.gold, ())
    return None


def _place(text: str, answer: str) -> Span:
    start = text.index(answer)
    return start, start + len(answer)


def _passages(document: EvalDocument) -> Iterator[Passage]:
    for each in split_text(PassageSplitter(), DocumentText(document.text, ()), document.title):
        yield Passage(document.id, each.start, each.context, each.text)
