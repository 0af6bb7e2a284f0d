"""A question as it was understood, once: every station reads this and analyses nothing again."""

from dataclasses import dataclass, replace

from rag.answer import Question, Turn
from rag.errors import ConfigError
from rag.filter import Filter
from rag.questions.follow_ups import leans
from rag.questions.parts import split_question
from rag.questions.rewriting import Rewriter
from rag.questions.rewriting_prompt import last_question
from rag.text.facts import numbers_of
from rag.text.language import language_of
from rag.text.words import fold


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked, what to search for, and what the question states. ``understand`` makes one.

    A follow-up either was rewritten, so that ``text`` stands alone, or it leans on the question before it,
    which ``query`` then has on a line of its own above ``text``.
    """

    asked: str  # as it was asked, without space around it
    text: str  # what is asked of the documents: rewritten to stand alone where it leaned and that succeeded
    query: str  # what is searched for: the text, after the question before it where it still leans on that
    language: str  # of the text, as `language_of` has it: "zh", "en", or "ja" and "ko"
    parts: tuple[str, ...] = ()  # the questions that it asks, each standing alone; empty where it is one
    numbers: frozenset[str] = frozenset()  # of the text (`rag.text.facts`)
    history: tuple[Turn, ...] = ()  # what is to be read with the text; empty where that was rewritten
    filter: Filter | None = None  # None, or one that something doesn't pass

    @property
    def stands_alone(self) -> bool:
        """Whether the text can be understood without the question before it."""
        return self.query == self.text

    @property
    def rewritten(self) -> str | None:
        """The text, where it isn't what was asked."""
        return self.text if self.text != self.asked else None


def checked(question: str | Question, limit: int) -> Question:
    """The question, where it can be asked.

    Raises:
        ConfigError: it is empty, or longer than ``limit`` characters.
    """
    question = Question(question) if isinstance(question, str) else question
    text = question.text.strip()
    if not text:
        raise ConfigError("the question is empty; write one after 'ask' or 'search'")
    if len(text) > limit:
        raise ConfigError(
            f"the question has {len(text):,} characters and at most {limit:,} are read; shorten it, or put "
            "the long text into a document and run `python -m ingest` on its folder"
        )
    return question


def understand(question: str | Question, *, rewriter: Rewriter | None = None, split: bool = True) -> Inquiry:
    """Make out what a question asks.

    Args:
        question: with the conversation it was asked in, if there is one.
        rewriter: makes a question that leans on the conversation stand alone, where it can.
        split: whether a question that asks several things is taken apart.
    """
    question = Question(question) if isinstance(question, str) else question
    asked = question.text.strip()
    standalone = rewriter.standalone(replace(question, text=asked)) if rewriter is not None else None
    text = standalone or asked
    history = () if standalone else question.history
    before = last_question(history)
    query = f"{before}\n{text}" if before and leans(text) else text
    return Inquiry(
        asked=asked,
        text=text,
        query=query,
        language=language_of(text),
        parts=split_question(text) if split and query == text else (),
        numbers=frozenset(numbers_of(fold(text))),
        history=history,
        filter=question.filter if question.filter is not None and not question.filter.is_empty else None,
    )
