"""Whether an answer is about what the question names: its product, code, person, place or year.

The plainest harm of a good search: asked for the P300, or for 2023, a generator answers with the P200's
figure, or that of 2025, and the sentence it writes names what was asked. What is cited shows it.
"""

import re
from collections.abc import Sequence

from langchain_core.documents import Document

from rag.answer import Citation
from rag.answering.citing import Resolved
from rag.curated.differences import missing_names
from rag.passage import embedding_text, metadata_of
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.facts import CODE, codes_of, numbers_of
from rag.text.language import language_of
from rag.text.words import fold

_YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
# A question says that it means a year: 1600 mL and 1800 rpm are none.
_ASKED_YEAR = re.compile(
    rf"({_YEAR.pattern})(?=\s*年)|\b(?:in|of|the|since|during|until|before|after|from|for|year|"
    rf"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?)\s({_YEAR.pattern})"
    r"(?!\s?(?:[mckµ]?[lgmvw]|k?hz|rpm|m?bar|°c|h|hours?|min|minutes?|days?|eur|euros?|yuan|people|pages?)\b)",
    re.IGNORECASE,
)
_QUANTITY = re.compile(r"\d+(?:st|nd|rd|th|[a-zµ]{1,2})")  # an ordinal, or a figure with its unit, is no name
_CUTS = re.compile(r"[,;，；、|]|\b(?:and|but|while)\b|[而但]")


def unnamed(
    inquiry: Inquiry, answer: Resolved, retrieved: Sequence[Document], analyzer: Analyzer
) -> tuple[str, ...]:
    """What the question names and no cited passage does, as the question writes it; empty if all is named.

    A year may stand anywhere in the cited documents, as far as they were retrieved: a notice says once from
    when it holds. It only counts where they have other years. A code that the quote has counts as missing
    where the quote gives the answer's figure to another code. Across languages only codes can be compared.
    """
    if not answer.citations:
        return ()
    cited = [each.passage for each in answer.citations]
    text = "\n".join(_told(each) for each in cited)
    codes = codes_of(fold(inquiry.text))
    names = {each for each in missing_names(inquiry.text, text, analyzer) if not _QUANTITY.fullmatch(each)}
    if any((language_of(each.page_content) == "zh") != (inquiry.language == "zh") for each in cited):
        names &= codes
    figures = numbers_of(fold(" ".join(each.text for each in answer.sentences))) - inquiry.numbers
    for citation in answer.citations:
        names |= _given_to_others(citation, figures, codes)
    sources = {metadata_of(each)["source"] for each in cited}
    around = [each for each in retrieved if metadata_of(each)["source"] in sources]
    years = set(_YEAR.findall("\n".join(_told(each) for each in (*cited, *around))))
    asked = {first or second for first, second in _ASKED_YEAR.findall(inquiry.text)}
    missing_years = asked - years if years else set()
    found = [*(_as_written(each, inquiry.text) for each in names), *missing_years]
    return tuple(sorted(found, key=inquiry.text.find))


def _told(passage: Document) -> str:
    """A passage's words and all that it stands under."""
    metadata = metadata_of(passage)
    told = embedding_text(metadata["context"], passage.page_content)
    return "\n".join((metadata["source"], *metadata["heading"], told))


def _given_to_others(citation: Citation, figures: set[str], codes: frozenset[str]) -> set[str]:
    """The codes asked about, where the quote's clause with the answer's figure names others alone."""
    quote = fold(citation.quote)
    for clause in _clauses(quote):
        there = codes_of(clause)
        if figures & _figures(clause) and there and not there & codes:
            return {each for each in codes if each in codes_of(quote)}
    return set()


def _clauses(folded: str) -> list[str]:
    """Cut where another figure is given: a piece without one belongs to the one before."""
    clauses: list[str] = []
    for piece in _CUTS.split(folded):
        if clauses and not (_figures(piece) and _figures(clauses[-1])):
            clauses[-1] += f" {piece}"
        else:
            clauses.append(piece)
    return clauses


def _figures(folded: str) -> set[str]:
    """The numbers of a text, but those of its codes."""
    return numbers_of(CODE.sub(" ", folded))


def _as_written(name: str, text: str) -> str:
    match = re.search(re.escape(name), text, re.IGNORECASE)
    return match.group() if match else name
