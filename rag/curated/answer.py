"""A curated answer as it is given: word for word, cited as a whole, without the generator."""

from collections.abc import Callable

from rag.answer import Answer, Citation, Curated, Sentence
from rag.curated import FaqMatch, FaqMatcher
from rag.questions.inquiry import Inquiry
from rag.trace import Trace


def find_curated(matcher: FaqMatcher | None, inquiry: Inquiry) -> FaqMatch | None:
    """The entry that the question asks; none for one that leans on the conversation, for it isn't whole."""
    if matcher is None or not inquiry.stands_alone:
        return None
    return matcher.match(inquiry.text, inquiry.filter)


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
