"""Writing an answer once more where what was read doesn't bear a sentence of it out.

A small model that reads several passages mixes them up: a year from one, a name from another. Over the
passage that it meant alone it has less to mix. What that gives with the default generator is next to nothing
(BENCHMARKS.md), so ``answering.check`` doesn't ask for it by default.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

from rag.answer import Answer
from rag.answering.agreement import TermAnalyzer
from rag.answering.citations import marked_sentences, place_marks
from rag.answering.citing import Resolved, resolve_answer
from rag.answering.drafting import Draft, Redrafting
from rag.answering.evidence import Evidence
from rag.answering.prompt import is_decline
from rag.text.language import language_of


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft, and what is left of it once it is checked."""

    draft: Draft
    resolved: Resolved


def repaired(
    checked: Checked, redrafting: Redrafting, analyzer: TermAnalyzer
) -> Generator[Answer, None, Checked]:
    """Write the answer once more, over what its unsupported sentences cite; yields it as it grows.

    Returns what was ``checked`` before where nothing was removed, where the same would be read again, or
    where what is written now isn't borne out as a whole either.

    Raises:
        GenerationError: the generator failed.
    """
    evidence, question = redrafting.evidence, redrafting.answer.question
    meant = _meant(checked, evidence)
    if not meant or len(meant) == len(evidence):
        return checked
    again = yield from redrafting.write(checked.draft, question, meant)
    if not again.text.strip() or is_decline(again.text):
        return checked
    text = _numbered_as_before(again.text, meant)
    passages = [each.passage for each in evidence]
    resolved = resolve_answer(text, passages, question, analyzer=analyzer)
    if resolved.removed or not resolved.sentences:
        return checked
    trace = replace(again.trace, draft=text, removed=checked.resolved.removed)
    return Checked(replace(again, text=text, trace=trace), resolved)


def _meant(checked: Checked, evidence: Sequence[Evidence]) -> list[Evidence]:
    """The passages that the removed sentences cite; the first where they cite none."""
    removed = set(checked.resolved.removed)
    if not removed or is_decline(checked.draft.text):
        return []
    sentences, _ = marked_sentences(checked.draft.text, len(evidence))
    numbers = {number for each in sentences if each.text in removed for number in each.numbers}
    return [each for each in evidence if each.number in (numbers or {1})]


def _numbered_as_before(text: str, meant: Sequence[Evidence]) -> str:
    """The text with the numbers that the passages had when all of them were read."""
    sentences, _ = marked_sentences(text, len(meant))
    space = "" if language_of(text) == "zh" else " "
    return space.join(
        place_marks(each.text, tuple(meant[number - 1].number for number in each.numbers))
        for each in sentences
    )
