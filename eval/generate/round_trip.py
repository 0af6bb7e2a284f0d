"""Asking a generated question as the product would, over its own passage alone."""

from langchain_core.documents import Document

from eval.measures.answers import contains_answer
from eval.runs.evidence import GivenPassages
from rag.answering import AnswerChain
from rag.models.generator import Generator
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer


def round_trip(
    question: str,
    answer: str,
    passage: Document,
    generator: Generator,
    analyzer: Analyzer,
    evidence_tokens: int,
) -> str | None:
    """Why the generator doesn't come back to the answer when it is asked, or None where it does.

    What a generator can't answer from the very passage says more of the question than of a system. It also
    leaves out hard questions that are good, so a set is easier for the generator that made it.

    Raises:
        GenerationError: the generator failed.
    """
    settings = AnsweringSettings(evidence_tokens=evidence_tokens)
    chain = AnswerChain(GivenPassages([passage]), generator, analyzer, settings)
    given = chain.invoke(question)
    if given.abstained:
        return "asked over its own passage, it was declined"
    if not contains_answer(given.text, [answer]):
        return "asked over its own passage, it got another answer"
    return None
