"""What a question would be saved as for evaluation, before anybody has corrected it."""

import re
from collections.abc import Iterable
from itertools import takewhile
from typing import TYPE_CHECKING

from rag.answer import Answer
from rag.passage import metadata_of
from rag.text.language import language_of
from ui.sentences import piece_of

if TYPE_CHECKING:
    from eval.benchmark_file import BenchmarkQuestion
    from ui.session import Exchange

_ENDS = " \t\n。．.！!？?；;，,：:、"
_LINKS = re.compile(r"^(?:[为是有]|(?:is|are|was|were|has|have)\b)\s*", re.IGNORECASE)


def suggested(exchange: "Exchange") -> "BenchmarkQuestion":
    """The question with the answer shown as the right one, or, if it was declined, as one without an answer.

    The conversation before it is kept where the search leant on it.
    """
    from eval.benchmark_file import BenchmarkQuestion

    answer = exchange.answer
    assert answer is not None
    leaning = leans(answer)
    text = exchange.question
    history = exchange.history if leaning else ()
    if answer.abstained:
        return BenchmarkQuestion(text, False, kind=kind_of(False, leaning), history=history)
    sources = dict.fromkeys(metadata_of(each.passage)["source"] for each in answer.citations)
    short = short_answer(answer)
    return BenchmarkQuestion(
        text, True, (short,) if short else (), tuple(sources), kind_of(True, leaning), history
    )


def kind_of(answerable: bool, leaning: bool) -> str:
    """The kind of question, in the words of the sample's benchmark."""
    if not answerable:
        return "unanswerable"
    return "follow-up" if leaning else "single"


def leans(answer: Answer) -> bool:
    """Whether the question was searched for together with what was said before it."""
    return bool(answer.trace.query) and answer.trace.query != answer.question.strip()


def documents_found(answer: Answer) -> tuple[str, ...]:
    """The documents that the search came upon, best first."""
    stages = [passage for stage in reversed(answer.trace.stages) for passage in stage.passages]
    return tuple(dict.fromkeys(metadata_of(each)["source"] for each in (*answer.passages, *stages)))


def short_answer(answer: Answer) -> str:
    """The first sentence, without marks and without the words of the question that it begins or ends with."""
    if not answer.sentences:
        return answer.text.strip()
    text = piece_of(answer.sentences[0]).words.strip(_ENDS).partition("\n")[0].strip(_ENDS)
    question = answer.question.strip(_ENDS)
    chinese = language_of(text) == "zh"
    said = list(text) if chinese else text.split()
    asked = list(question) if chinese else question.split()
    first = _common(said, asked)
    rest = said[first:]
    last = _common(reversed(rest), reversed(asked))
    rest = rest[: len(rest) - last]
    short = ("" if chinese else " ").join(rest).strip(_ENDS)
    if first:
        short = _LINKS.sub("", short)
    return short or text


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    """How many units both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0].casefold() == pair[1].casefold(), pairs))
