"""An answer as text for people, as the command line prints it."""

from collections.abc import Iterator

from rag.answer import Answer
from rag.presenting.explanation import confidence_text, nearest
from rag.presenting.reasons import caution_text, reason_text
from rag.presenting.records import place
from rag.text.language import language_of


def answer_text(answer: Answer) -> str:
    """The answer, each citation with its place and quote, or why there is none.

    What is said of the answer is in the question's language.
    """
    return "\n".join(_lines(answer))


def _lines(answer: Answer) -> Iterator[str]:
    language = language_of(answer.question)
    if answer.standalone is not None:
        yield f"(understood as: {' '.join(answer.standalone.split())})\n"
    if answer.unnamed:
        yield f"({caution_text(answer.unnamed, language)})\n"
    yield answer.text
    if answer.citations:
        yield ""
    for citation in sorted(answer.citations, key=lambda each: each.number):
        quote = " ".join(citation.quote.split())
        yield f"  [{citation.number}] {place(citation.passage)} ({citation.start}–{citation.end}): {quote}"
    if answer.confidence is not None and not answer.abstained:
        yield f"\n  ({confidence_text(answer.confidence, language)})"
    if answer.abstained and answer.reason:
        yield f"\n  ({reason_text(answer.reason, language)})"
        for near in nearest(answer):
            yield f"  - {place(near.passage)}: {' › '.join(near.about)}"
    for order in answer.trace.withheld:
        yield f"\n  (left unread, since it gives orders to the assistant: {order})"
    if answer.curated is not None:
        entry = answer.curated
        question = " ".join(entry.question.split())
        if answer.origin == "faq":
            yield f"\n  (the curated answer to: {question})"
        else:
            yield f"\n  perhaps you ask: {question} ({place(entry.passage)})"
            yield f"    {' '.join(entry.answer.split())}"
