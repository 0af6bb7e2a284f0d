"""The generator writing its draft: text that grows, then what is known of the whole."""

import re
import time
from collections import abc
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.answer import Drafting
from rag.answering.prompt import Wording, is_decline
from rag.answering.support import asks_yes_or_no
from rag.errors import GenerationError, RagError
from rag.models.generator import Generator, Local
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.facts import numbers_of
from rag.text.marks import without_marks
from rag.text.words import fold

_RESTATED = 0.75  # of the question's words, said again; one of two things that it names is an answer
# Questions that name what may be answered.
_EITHER = re.compile(r"还是|還是|或者?|\bor\b|\bwhether\b", re.IGNORECASE)


class Clock:
    """Milliseconds since a question was asked."""

    def __init__(self) -> None:
        self._start = time.perf_counter()

    def elapsed_ms(self) -> float:
        """How many, to a thousandth."""
        return round((time.perf_counter() - self._start) * 1000, 3)


@dataclass(frozen=True, slots=True)
class Draft:
    """An answer as it was written, before anything of it is checked.

    ``likelihoods``: the natural logarithm of each token's probability, empty where the generator doesn't
    tell. ``first``: what was written at first, where this took its place. ``found``: what a second reader
    found, "" where that is nothing, None where there was no second reading.
    """

    text: str
    likelihoods: Sequence[float] = ()
    first: str | None = None
    found: str | None = None
    found_likelihoods: Sequence[float] = ()
    prompt_tokens: int = 0
    generated_tokens: int = 0
    first_token_ms: float | None = None

    def after(self, first: "Draft") -> "Draft":
        """This draft as the second one, in the place of the ``first``."""
        return replace(
            self,
            first=first.text,
            prompt_tokens=first.prompt_tokens + self.prompt_tokens,
            generated_tokens=first.generated_tokens + self.generated_tokens,
            first_token_ms=first.first_token_ms,
        )


def trained_for(generator: Generator, wording: Wording) -> Local | None:
    """The generator, if it was trained for these instructions: then it needn't be shown how to answer."""
    local = generator.abilities.local
    return local if local is not None and wording.instructions in local.trained_instructions else None


def write_draft(
    generator: Generator,
    messages: Sequence[BaseMessage],
    clock: Clock,
    config: RunnableConfig,
    avoid: str = "",
) -> abc.Generator[Drafting, None, Draft]:
    """Yield the draft as it grows; returns the whole. It doesn't begin with ``avoid``.

    Raises:
        GenerationError: the generator failed.
    """
    text = ""
    tokens = (0, 0)
    first_token_ms: float | None = None
    likelihoods: Sequence[float] = ()
    options: dict[str, Any] = {"avoid": avoid} if avoid else {}
    try:
        for chunk in generator.stream(list(messages), config, **options):
            piece = str(chunk.text)
            likelihoods = chunk.response_metadata.get("likelihoods", likelihoods)
            if usage := chunk.usage_metadata:
                tokens = (usage["input_tokens"] or tokens[0], usage["output_tokens"] or tokens[1])
            if not piece:
                continue
            text += piece
            if first_token_ms is None and text.strip():
                first_token_ms = clock.elapsed_ms()
            yield Drafting(text.strip())
        if text.strip():
            yield Drafting(text.strip(), complete=True)
    except RagError:
        raise
    except Exception as error:  # whatever a provider's client raises
        raise GenerationError(
            f"the generator {generator.model_name} failed: {error}; check the [generator] section of rag.toml"
        ) from error
    return Draft(
        text,
        likelihoods,
        prompt_tokens=tokens[0],
        generated_tokens=tokens[1],
        first_token_ms=first_token_ms,
    )


def names_answers(question: str) -> bool:
    """Whether a question names what may be answered: yes or no, this or that."""
    return _EITHER.search(question) is not None or asks_yes_or_no(question)


def only_restates(text: str, inquiry: Inquiry, analyzer: Analyzer) -> bool:
    """Whether a text says much of the question again and nothing besides: no word, no number of its own.

    A small model that begins a sentence with the question's words at times ends it without what was asked
    for: "They left by 1700", asked how many left.
    """
    if names_answers(inquiry.text) or is_decline(text):
        return False
    bare = without_marks(text)
    said, asked = set(analyzer.content_terms(bare)), set(analyzer.content_terms(inquiry.text))
    if not said or not said <= asked or len(said) < _RESTATED * len(asked):
        return False
    return numbers_of(fold(bare)) <= inquiry.numbers
