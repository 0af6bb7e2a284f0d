"""The generator writing its draft, as it is streamed: text that grows, then what is known of the whole."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig

from rag.answer import Answer, Trace, Turn
from rag.answering.declining import Clock
from rag.answering.evidence import Evidence
from rag.answering.prompt import Wording, build_messages
from rag.errors import GenerationError, RagError
from rag.models.generator import TrainedGenerator


@dataclass(frozen=True, slots=True)
class Draft:
    """What was written, the trace with its times and tokens, and the natural logarithm of each token's
    probability, empty where the generator doesn't tell; the same of what a second reader found."""

    text: str
    trace: Trace
    likelihoods: Sequence[float]
    found_likelihoods: Sequence[float] = ()


def trained_for(generator: BaseChatModel, wording: Wording) -> TrainedGenerator | None:
    """The generator, if it was trained for these instructions: then it needn't be shown how to answer."""
    if isinstance(generator, TrainedGenerator) and wording.instructions in generator.trained_instructions:
        return generator
    return None


def chance_of_declining(
    generator: TrainedGenerator, messages: Sequence[BaseMessage], wording: Wording
) -> float:
    """How likely the generator is to say that the passages don't hold the answer, 0 to 1.

    What it would say otherwise, and how sure it is of that, is a question of its own: see `write_draft`.
    """
    return generator.first_token_probabilities(messages, [wording.decline_start])[0]


def write_draft(
    generator: BaseChatModel,
    messages: Sequence[BaseMessage],
    answer: Answer,
    clock: Clock,
    config: RunnableConfig,
    avoid: str = "",
) -> Generator[Answer, None, Draft]:
    """Yield the answer with the text as it grows; returns the draft.

    It doesn't begin with ``avoid``, where the generator is a `TrainedGenerator`.

    Raises:
        GenerationError: the generator failed.
    """
    text, trace = "", answer.trace
    tokens = (0, 0)
    likelihoods: list[float] = []
    try:
        options: dict[str, Any] = {"avoid": avoid} if avoid else {}
        for chunk in generator.stream(list(messages), config=config, **options):
            piece = _text_of(chunk.content)
            likelihoods = chunk.response_metadata.get("likelihoods", likelihoods)
            usage = getattr(chunk, "usage_metadata", None)
            if usage:
                tokens = (usage["input_tokens"] or tokens[0], usage["output_tokens"] or tokens[1])
            if not piece:
                continue
            text += piece
            if trace.first_token_ms is None and text.strip():
                trace = replace(trace, first_token_ms=clock.elapsed_ms())
            yield replace(answer, text=text.strip(), trace=trace)
    except RagError:
        raise
    except Exception as error:  # whatever a provider's client raises
        raise GenerationError(
            f"the generator {trace.generator or generator.get_name()} failed: {error}; "
            "check the [generator] section of rag.toml"
        ) from error
    trace = replace(
        trace,
        generate_ms=clock.elapsed_ms() - trace.retrieve_ms,
        prompt_tokens=tokens[0],
        generated_tokens=tokens[1],
        draft=text,
    )
    return Draft(text, trace, likelihoods)


@dataclass(frozen=True, slots=True)
class Redrafting:
    """What writing an answer once more needs: who writes, what was read, and how the question was asked."""

    generator: BaseChatModel
    evidence: Sequence[Evidence]
    answer: Answer
    wording: Wording
    clock: Clock
    config: RunnableConfig
    history: Sequence[Turn]
    avoid: str

    def write(
        self, before: Draft, question: str, evidence: Sequence[Evidence]
    ) -> Generator[Answer, None, Draft]:
        """Yield the answer as it grows anew; the draft that is returned knows of the one ``before``.

        Raises:
            GenerationError: the generator failed.
        """
        examples = trained_for(self.generator, self.wording) is None
        messages = build_messages(question, evidence, self.wording, self.history, examples=examples)
        answer = replace(self.answer, trace=before.trace)
        again = yield from write_draft(self.generator, messages, answer, self.clock, self.config, self.avoid)
        trace = replace(
            again.trace,
            prompt_tokens=before.trace.prompt_tokens + again.trace.prompt_tokens,
            generated_tokens=before.trace.generated_tokens + again.trace.generated_tokens,
            first_draft=before.trace.draft,
        )
        return replace(again, trace=trace)


def _text_of(content: str | list[str | dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(part if isinstance(part, str) else str(part.get("text", "")) for part in content)
