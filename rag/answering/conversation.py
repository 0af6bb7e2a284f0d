"""Questions that lean on the conversation."""

import re

from rag.answer import Question
from rag.language import language_of

_SHORT = {"zh": 8, "en": 24}  # characters; so short a question seldom stands alone
_LEANING = re.compile(
    r"^(?:那|那么|它|他|她|这|此|其|上述|前者|后者|为什么呢|还有)|(?:它|这个|那个|其中|呢[？?]?$)"
    r"|^(?:and|what about|how about|why|then)\b|\b(?:it|its|they|them|that one|this one|those|these|there)\b",
    re.IGNORECASE,
)


def retrieval_query(question: Question) -> str:
    """What to search for: a question that leans on the conversation is searched with the one before it.

    On a line of its own: that one is context and isn't asked again (``rag.retrievers.split_question``).
    """
    earlier = [turn.content for turn in question.history if turn.role == "user"]
    text = question.text.strip()
    if not earlier:
        return text
    short = len(text) <= _SHORT.get(language_of(text), 24)
    return f"{earlier[-1]}\n{text}" if short or _LEANING.search(text) else text
