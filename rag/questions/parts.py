"""Questions that ask two things: taken apart into questions that stand alone.

Only by rules on what is plainly there (two question clauses; a "respectively" over coordinated subjects; a
comparison): a question taken apart wrongly is searched worse than one left whole, so doubt leaves it whole.
"""

from rag.questions.parts_en import split_english
from rag.questions.parts_zh import split_chinese
from rag.text.language import language_of

MOST_PARTS = 4
_LONGEST = 300  # characters; what is longer is a pasted text
_END = " \t\r\n?？。.!！;；,，、"


def split_question(question: str) -> tuple[str, ...]:
    """The parts of a question that asks two to four things, or () where it asks one.

    Each part stands alone: a subject or predicate that parts share is in each. Its words are the question's
    own, it is shorter than the question, and it has no parts itself. What has several lines is left whole: it
    is a follow-up below what it leans on, or a text.
    """
    text = " ".join(question.split())
    if not text or len(text) > _LONGEST or "\n" in question.strip():
        return ()
    rules = {"zh": split_chinese, "en": split_english}.get(language_of(text))
    if rules is None:
        return ()
    parts = [part.strip(_END) for part in rules(text)]
    if len(parts) < 2 or not all(part and len(part) < len(text) for part in parts):
        return ()
    smallest = [piece for part in parts for piece in split_question(part) or (part,)]
    distinct = tuple(dict.fromkeys(smallest))
    return distinct if 2 <= len(distinct) <= MOST_PARTS else ()
