from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field

from rag.answer import Stage
from rag.answering import AnswerChain
from rag.answering.confidence import Calibration
from rag.curated import FaqMatcher
from rag.filter import Filter
from rag.models.generator import ChatGenerator, Generator
from rag.questions.inquiry import Inquiry
from rag.settings import AnsweringSettings
from rag.text.analysis import Analyzer
from rag.text.language import language_of

MakePassage = Callable[..., Document]
MakeChain = Callable[..., AnswerChain]

WARRANTY = "潮汐 P200 的保修期为两年。软管每运行 250 小时更换一次。"


@pytest.fixture(scope="session")
def make_passage() -> MakePassage:
    def make(text: str, *, source: str = "a.md", start: int = 0, **metadata: object) -> Document:
        return Document(
            id=f"{source}:{start}",
            page_content=text,
            metadata={
                "doc_id": source,
                "source": source,
                "page": None,
                "heading": (),
                "start": start,
                "end": start + len(text),
                "context": "",
                "kind": "prose",
                "lang": language_of(text),
                "modified": "2026-01-01",
                **metadata,
            },
        )

    return make


class FixedRetriever:
    """Finds the same passages for every question and remembers what it was asked; nothing where there is a
    filter."""

    def __init__(self, passages: list[Document]) -> None:
        self.passages = passages
        self.queries: list[str] = []
        self.filters: list[Filter | None] = []

    def search(
        self, inquiry: Inquiry, k: int | None = None, stages: list[Stage] | None = None
    ) -> list[Document]:
        self.queries.append(inquiry.query)
        self.filters.append(inquiry.filter)
        return [] if inquiry.filter else self.passages


class Scripted(GenericFakeChatModel):
    """Writes what it is given, and remembers the prompts and options that it was given."""

    seen: list[list[BaseMessage]] = Field(default_factory=list)
    options: list[dict[str, Any]] = Field(default_factory=list)

    @property
    def prompts(self) -> list[str]:
        """The last message of each prompt."""
        return [str(messages[-1].content) for messages in self.seen]

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        self.options.append(kwargs)
        return super()._stream(messages, *args, **kwargs)

    def _generate(self, messages: list[BaseMessage], *args: Any, **kwargs: Any) -> ChatResult:
        self.seen.append(messages)  # what it streams it generates first
        return super()._generate(messages, *args, **kwargs)


def scripted(*texts: str) -> Scripted:
    """A chat model that writes these texts, one after the other."""
    return Scripted(messages=iter([AIMessage(text) for text in texts]))


@pytest.fixture
def make_chain(analyzer: Analyzer, make_passage: Callable[..., Document]) -> MakeChain:
    """Makes chains over fixed passages: of a text to write, of a chat model, or of a generator."""

    def make(
        generator: str | BaseChatModel | Generator,
        texts: tuple[str, ...] = (WARRANTY,),
        *,
        matcher: FaqMatcher | None = None,
        calibration: Calibration | None = None,
        reader: Any = None,
        split_questions: bool = True,
        **settings: Any,
    ) -> AnswerChain:
        passages = [make_passage(text, source=f"{n}.md") for n, text in enumerate(texts, start=1)]
        if isinstance(generator, str):
            generator = scripted(*[generator] * 3)
        if isinstance(generator, BaseChatModel) and not hasattr(generator, "abilities"):
            generator = ChatGenerator(generator)
        return AnswerChain(
            FixedRetriever(passages=passages),
            cast(Generator, generator),
            analyzer,
            AnsweringSettings(**settings),
            matcher=matcher,
            calibration=calibration,
            reader=reader,
            split_questions=split_questions,
        )

    return make
