"""Sets of questions and answers as curated entries, which are matched by their questions."""

from collections.abc import Sequence
from dataclasses import replace

from eval.datasets.records import EvalDocument, EvalSet, FaqDocument
from rag.errors import EvalError


def curated_document(
    document: EvalDocument, question: str, phrasings: Sequence[str], answer: str
) -> FaqDocument:
    """The document as an entry: its text is the question, other phrasings and the answer, in this order."""
    above = [line for each in (question, *phrasings) if (line := " ".join(each.split()))]
    text = "\n".join([*above, answer.strip()])
    return FaqDocument(document.id, "", text, document.lang, len(above) - 1)


def as_curated(sets: Sequence[EvalSet], names: Sequence[str]) -> list[EvalSet]:
    """The sets, those named as entries: a document's title is its question and its text the answer.

    Of a set that has no answers at all, the texts are phrasings, one a line, and the title, the label of them
    all, stands for the answer. ``SET`` names ``SET@from_zh``, too.

    Raises:
        EvalError: there is no set of a name, or a document of it has no title or no text.
    """
    known = {each.name.partition("@")[0] for each in sets}
    if missing := sorted(set(names) - known):
        raise EvalError(
            f"there is no set {missing[0]} to take as entries; there are {', '.join(sorted(known))}"
        )
    return [_curated(each) if each.name.partition("@")[0] in names else each for each in sets]


def _curated(eval_set: EvalSet) -> EvalSet:
    labels = not any(question.answers for question in eval_set.questions)
    entries: list[EvalDocument] = []
    for each in eval_set.documents:
        if not each.title.strip() or not each.text.strip():
            raise EvalError(f"{each.id} can't be an entry: it needs a title, its question, and a text")
        phrasings, answer = (each.text.splitlines(), each.title) if labels else ([], each.text)
        entries.append(curated_document(each, each.title, phrasings, answer))
    return replace(eval_set, documents=tuple(entries))
