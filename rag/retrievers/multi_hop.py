"""Questions that reach their answer over another document: "Who directed the film that starred X?"

The question doesn't name what links the two documents, the film; the passage found first mostly does. So
the search is made once more, for the question and the names in that passage (pseudo-relevance feedback,
Rocchio, 1971), and half of a passage's score there is added to its own. Questions in English only: there
names have capitals, and relative clauses are plain to see.
"""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from rag.passage import metadata_of, with_score
from rag.text.language import language_of

_NAMES = 6  # of the best passage, the first ones: they say what it is about
FOLLOWED = 40  # passages of each search, so that both know most of what either finds
_WEIGHT = 0.5  # of the second search; chosen on hotpotqa_200's fit half, as the number of names

_QUESTION_WORD = re.compile(  # "In which year" describes nothing
    r"^\W*(?:(?:in|on|at|for|to|by|from|of|with)\s+)?(?:what|whom?|whose|where|when|which|why|how)\b",
    re.IGNORECASE,
)
_DESCRIBES = re.compile(  # something that it doesn't name
    r"(?<=\w)[, ]+(?:whom?|whose|that|which|where)\b"
    r"|(?<=\w)[, ]+(?:starring|directed by|written by|named|born|based|featuring)\b"
    r"|\bof the \w+ (?:of|in|from|by|that)\b|\bof (?:a|the) (?:\w+ )+(?:of|in|by)\b",
    re.IGNORECASE,
)
_WORD = r"(?:[\w'’-]|\.(?=\w)|(?<=\b[A-Z])\.)*"  # with the dots of initials, not of sentences
_CAPITALS = re.compile(rf"[A-Z]{_WORD}(?:\s+(?:of\s+|the\s+|de\s+|von\s+|van\s+)?[A-Z0-9]{_WORD})*")
_SENTENCE_STARTS = frozenset(
    ["The", "He", "She", "It", "In", "His", "Her", "They", "This", "A", "An", "On", "After", "As", "At"]
)
_LEADING = re.compile(r"^(?:The|In|On|He|She|His|Her|After|As|At|It)\s+")


def describes_something(question: str) -> bool:
    """Whether an English question describes a thing by what another one is to it, instead of naming it."""
    question = question.strip()
    if "\n" in question or language_of(question) != "en":
        return False  # a follow-up below the question that it leans on describes nothing itself
    rest = _QUESTION_WORD.sub("", question)
    return (rest != question or question.endswith("?")) and _DESCRIBES.search(rest) is not None


def new_names(question: str, passage: Document) -> list[str]:
    """The first names in a passage, its title first, that the question doesn't have, each once."""
    asked = question.lower()
    title = metadata_of(passage)["context"].partition("\n")[0]
    found: dict[str, None] = {}
    for match in _CAPITALS.finditer(f"{title}. {passage.page_content}"):
        name = match[0].strip(".,' ")
        if len(name) < 3 or name in _SENTENCE_STARTS:
            continue
        name = _LEADING.sub("", name)
        if name and name.lower() not in asked:
            found.setdefault(name)
    return list(found)[:_NAMES]


def add_scores(found: Sequence[Document], more: Sequence[Document]) -> list[Document]:
    """All passages by their first score and half of their second, each counted from its search's best.

    What one search lacks has the score of the last that it has.
    """
    if not found or not more:
        return list(found)
    first, second = ({str(each.id): float(each.metadata["score"]) for each in one} for one in (found, more))
    best, last = max(second.values()), min(second.values())
    lowest = min(first.values())
    passages = {str(each.id): each for each in (*more, *found)}
    ranked = [
        with_score(passage, first.get(name, lowest) + _WEIGHT * (second.get(name, last) - best))
        for name, passage in passages.items()
    ]
    return sorted(ranked, key=lambda each: (-each.metadata["score"], str(each.id)))
