"""What happened on the way to an answer: what each stage found, what was read, how long it took."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from langchain_core.documents import Document


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of a search and the passages it left, best first, each carrying the score that it gave.

    ``query``: what was searched for, which may be a part of the question, or more than it.
    ``scores``: columns of other scores by name, each as long as ``passages``; None where there is none.
    """

    name: str
    passages: tuple[Document, ...]
    query: str = ""
    scores: Mapping[str, tuple[float | None, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trace:
    """What happened on the way to the answer. Milliseconds; token counts as the generator counts them.

    ``stages`` are of the search, in order; a question may be searched several times over. The last is what
    the search gave: what a stage has and that one lacks dropped out on the way.
    """

    retrieve_ms: float = 0.0
    first_token_ms: float | None = None  # from the question to the first word of the answer
    generate_ms: float = 0.0
    total_ms: float = 0.0
    prompt_tokens: int = 0
    generated_tokens: int = 0
    generator: str = ""
    dropped_citations: tuple[int, ...] = ()  # numbers the generator wrote that no passage has
    removed: tuple[str, ...] = ()  # sentences of the draft, or of the first one, that no passage supports
    evidence: tuple[str, ...] = ()  # what was read of each of `Answer.passages`
    withheld: tuple[str, ...] = ()  # sentences of the evidence that are orders to an assistant, not read
    query: str = ""  # what was searched for, which isn't the question where that leans on the conversation
    stages: tuple[Stage, ...] = ()
    draft: str = ""  # what the generator wrote, before citations were resolved
    first_draft: str = ""  # what it had written before, and what something else took the place of
    found: str | None = None  # what is asked for, as a second reader found it (`rag.answering.second_reader`)
    rewrite_ms: float = 0.0  # to make a question that leans on the conversation stand alone
    signals: Mapping[str, float] = field(default_factory=dict)  # `rag.answering.confidence`, of the draft
