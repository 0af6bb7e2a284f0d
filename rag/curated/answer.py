"""A curated answer as it is given: word for word, cited as a whole, without the generator."""

from collections.abc import Callable, Sequence

from rag.answer import Answer, Citation, Curated, Sentence, Trace, Turn
from rag.curated import FaqMatch, FaqMatcher
from rag.curated.differences import same_words
from rag.questions.inquiry import Inquiry


def find_curated(
    matcher: FaqMatcher | None, inquiry: Inquiry, history: Sequence[Turn] = ()
) -> FaqMatch | None:
    """The entry that the question asks; none for one that leans on the conversation, for it isn't whole.

    What was the last answer in the ``history`` isn't suggested once more.
    """
    if matcher is None or not inquiry.stands_alone:
        return None
    match = matcher.match(inquiry.text, inquiry.filter)
    if match is None or match.verdict == "sure":
        return match
    last = next((each.content for each in reversed(history) if each.role == "assistant"), "")
    return None if same_words(last, match.entry.answer) else match


def curated_answer(inquiry: Inquiry, entry: Curated, elapsed_ms: Callable[[], float]) -> Answer:
    """The entry's answer: its text is exactly the documents', and so is the citation's quote."""
    elapsed = elapsed_ms()
    citation = Citation(1, entry.passage, entry.answer, entry.start, entry.end, support=1.0)
    text = entry.answer
    return Answer(
        question=inquiry.asked,
        text=text,
        passages=(entry.passage,),
        sentences=(Sentence(text, 0, len(text), (1,), 1.0),),
        citations=(citation,),
        origin="faq",
        confidence=entry.probability,
        filter=inquiry.filter,
        curated=entry,
        standalone=inquiry.rewritten,
        trace=Trace(
            retrieve_ms=elapsed,
            first_token_ms=elapsed,
            total_ms=elapsed,
            evidence=(entry.passage.page_content,),
        ),
    )
