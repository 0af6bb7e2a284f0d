"""What to search for when a question leans on the conversation and couldn't be rewritten."""

from rag.answer import Question
from rag.questions.follow_ups import leans


def retrieval_query(question: Question) -> str:
    """What to search for: a question that leans on the conversation is searched with the one before it.

    On a line of its own: that one is context and isn't asked again (``rag.retrievers.split_question``).
    """
    earlier = [turn.content for turn in question.history if turn.role == "user"]
    text = question.text.strip()
    return f"{earlier[-1]}\n{text}" if earlier and leans(text) else text
