"""Asking a whole set of questions and scoring the answers against gold data."""

import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tqdm import tqdm

from eval.questions import GoldQuestion, contains_answer
from rag.answer import Answer, Question
from rag.errors import RagError
from rag.passage import metadata_of


@dataclass(frozen=True, slots=True)
class Scored:
    """One question's outcome. A question that failed is not right, not cited and not declined."""

    id: str
    lang: str
    answerable: bool
    right: bool
    cited: bool  # a citation points into a gold source, on the gold page where one is given
    abstained: bool
    error: str | None
    first_token_ms: float | None
    total_ms: float
    answer: str
    citations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts over a set of questions; a failed one counts as neither right nor declined, never as absent."""

    questions: int
    answerable: int
    right: int
    cited: int
    right_and_cited: int
    refused_wrongly: int
    unanswerable: int
    declined_rightly: int
    failed: int
    first_token_ms_p50: float | None
    total_ms_p50: float
    peak_memory_gb: float
    seconds: float


def ask_all(
    questions: Sequence[GoldQuestion], answer: Callable[[Question], Answer]
) -> tuple[list[Scored], Summary]:
    """Ask every question and score the answers, with a progress bar on standard error."""
    start = time.perf_counter()
    scored = [_ask(question, answer) for question in tqdm(questions, unit="question", file=sys.stderr)]
    return scored, summarize(scored, time.perf_counter() - start)


def _ask(question: GoldQuestion, answer: Callable[[Question], Answer]) -> Scored:
    try:
        result = answer(Question(question.text))
    except RagError as error:
        return Scored(
            question.id,
            question.lang,
            question.answerable,
            False,
            False,
            False,
            str(error),
            None,
            0.0,
            "",
            (),
        )
    return score(question, result)


def score(question: GoldQuestion, answer: Answer) -> Scored:
    """Compare an answer with a question's gold data."""
    places = [
        (metadata_of(citation.passage)["source"], metadata_of(citation.passage)["page"])
        for citation in answer.citations
    ]
    cited = any(source in question.sources and question.page in (None, page) for source, page in places)
    return Scored(
        id=question.id,
        lang=question.lang,
        answerable=question.answerable,
        right=question.answerable and not answer.abstained and contains_answer(answer.text, question.answers),
        cited=cited,
        abstained=answer.abstained,
        error=None,
        first_token_ms=answer.trace.first_token_ms,
        total_ms=answer.trace.total_ms,
        answer=answer.text,
        citations=tuple(f"{source}:{page}" if page else source for source, page in places),
    )


def summarize(scored: Sequence[Scored], seconds: float) -> Summary:
    """Count the outcomes."""
    answerable = [each for each in scored if each.answerable]
    unanswerable = [each for each in scored if not each.answerable]
    first = [each.first_token_ms for each in scored if each.first_token_ms is not None]
    # Linux gives kilobytes, macOS bytes.
    unit = 1024**3 if sys.platform == "darwin" else 1024**2
    return Summary(
        questions=len(scored),
        answerable=len(answerable),
        right=sum(each.right for each in answerable),
        cited=sum(each.cited for each in answerable),
        right_and_cited=sum(each.right and each.cited for each in answerable),
        refused_wrongly=sum(each.abstained for each in answerable),
        unanswerable=len(unanswerable),
        declined_rightly=sum(each.abstained for each in unanswerable),
        failed=sum(each.error is not None for each in scored),
        first_token_ms_p50=statistics.median(first) if first else None,
        total_ms_p50=statistics.median(each.total_ms for each in scored),
        peak_memory_gb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit, 2),
        seconds=round(seconds, 1),
    )


def records(scored: Sequence[Scored]) -> list[dict[str, Any]]:
    """The outcomes as JSON-able records."""
    return [asdict(each) for each in scored]
