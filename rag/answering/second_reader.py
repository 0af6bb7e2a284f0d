"""A second reading of the evidence, apart from the generator's, and which of the two answers is given.

Two readers that were trained apart seldom make the same mistake. That the answer says what was found is a
sign of its being right that no score of one reader's own gives; where it doesn't, what was found takes its
place if the second reader is sure that the passages hold an answer. Cf. a verifier beside a reader: Hu et
al., "Read + Verify", AAAI 2019; agreement of answers: Wang et al., "Self-Consistency", ICLR 2023.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.answering.drafting import Draft, names_answers
from rag.answering.evidence import Evidence
from rag.answering.prompt import is_decline, messages_for, wording_for
from rag.errors import GenerationError, RagError
from rag.models.generator import Generator, Local
from rag.questions.inquiry import Inquiry
from rag.text.analysis import Analyzer
from rag.text.facts import numbers_of
from rag.text.marks import normalize_marks, without_marks
from rag.text.words import fold

REPLACE_BELOW = 0.3  # the second reader overrules the generator if it is less likely than that to decline
_MOST_TOKENS = 64
_CROSSING = 0.5  # how far two agree that can't be compared, in two languages
_ENDS = " \n。.，,；;：:！!？?“”\"'‘’「」『』《》"
_CJK = "\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_WORD = r"[^\W\u3400-\u9fff]"  # of a word that has spaces around it


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, "" if nothing, and the natural logarithm of each token's probability, if known."""

    text: str
    likelihoods: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """``declining``: how likely the passages are not to hold the answer, 0 to 1, as the reader sees it.

    ``find`` says what the answer is, when it is asked; None where the reader judges only.
    """

    declining: float
    find: Callable[[], Finding] | None = None


@dataclass(frozen=True, slots=True)
class AdapterReader:
    """The generator's weights with a second adapter, which was trained apart to find what is asked for."""

    generator: Generator
    local: Local  # the generator's, which can find

    def read(self, inquiry: Inquiry, evidence: Sequence[Evidence]) -> Reading:
        """What it makes of the question.

        Raises:
            GenerationError: the generator failed; ``find`` raises it, too.
        """
        start = wording_for(inquiry.language).decline_start
        messages = messages_for(inquiry, evidence, examples=False)

        def find() -> Finding:
            try:
                message = self.generator.invoke(messages, max_tokens=_MOST_TOKENS, avoid=start, finder=True)
            except RagError:
                raise
            except Exception as error:
                raise GenerationError(
                    f"the generator failed while finding: {error}; check the [generator] section of rag.toml"
                ) from error
            return Finding(str(message.text).strip(), message.response_metadata.get("likelihoods", ()))

        return Reading(self.local.first_token_probabilities(messages, [start], finder=True)[0], find)


def choose_answer(
    draft: Draft,
    finding: Finding,
    declining: float,
    inquiry: Inquiry,
    evidence: Sequence[Evidence],
    stands: Callable[[str], bool],
) -> Draft:
    """What goes on as the answer: the draft, or what was found in its place.

    A draft that is an answer gives way only if the second reader is sure, and what it found stands word for
    word in the evidence, isn't said by the draft, is in the draft's language and is no other figure in the
    place of one: a sentence that names row and column errs less. What was found is no whole answer where
    several things are asked, or where the question names what may be answered.

    Args:
        draft: the answer as the generator wrote it.
        finding: what the second reader found.
        declining: `Reading.declining`.
        inquiry: the question.
        evidence: what was read.
        stands: whether a text is an answer, once what no passage supports is removed.
    """
    found = finding.text
    draft = replace(draft, found=found, found_likelihoods=finding.likelihoods)
    if inquiry.parts or not found or is_decline(found) or not stands(found):
        return draft
    if draft.text.strip() and not is_decline(draft.text) and stands(draft.text):
        if declining >= REPLACE_BELOW or names_answers(inquiry.text):
            return draft
        if says(draft.text, found) or not any(says(each.text, found) for each in evidence):
            return draft
        if _crosses(draft.text, found) or _has_another_figure(draft.text, found, inquiry):
            return draft
    return replace(draft, text=found, first=draft.text)


def agreement(text: str, found: str, analyzer: Analyzer) -> float:
    """How far a text says what was found: 1 if in the same words, else half of the share of its words.

    What is in two languages can't be compared, which counts as a half.
    """
    if says(text, found):
        return 1.0
    if _crosses(text, found):
        return _CROSSING
    terms = set(analyzer.content_terms(without_marks(found)))
    shared = terms & set(analyzer.content_terms(without_marks(text)))
    return 0.5 * len(shared) / len(terms) if terms else 0.0


def says(text: str, found: str) -> bool:
    """Whether a text has what was found, as whole words and whole numbers; marks and case don't count."""
    needle, hay = _plain(found).strip(_ENDS), _plain(text)
    if not needle or not numbers_of(needle) <= numbers_of(hay):
        return False
    before = rf"(?<!{_WORD})" if re.match(_WORD, needle) else ""
    after = rf"(?!{_WORD})" if re.match(_WORD, needle[-1]) else ""
    return re.search(before + re.escape(needle) + after, hay) is not None


def _plain(text: str) -> str:
    folded = " ".join(fold(without_marks(normalize_marks(text))).split())
    return re.sub(rf"(?<=[{_CJK}])\s|\s(?=[{_CJK}])", "", folded)  # in Chinese a space is chance


def _crosses(text: str, found: str) -> bool:
    """Whether one is in Chinese and the other in words of another script; a number is in no language."""
    chinese = [re.search(f"[{_CJK}]", without_marks(each).strip(_ENDS)) is not None for each in (text, found)]
    return chinese[0] != chinese[1] and re.search(r"[a-z]{2}", text if chinese[1] else found) is not None


def _has_another_figure(text: str, found: str, inquiry: Inquiry) -> bool:
    """Whether both answer with figures, and these differ."""
    said, others = (numbers_of(fold(without_marks(each))) - inquiry.numbers for each in (text, found))
    return bool(others) and not said <= others
