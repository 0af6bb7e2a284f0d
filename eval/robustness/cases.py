"""Cases: a question and the documents that are given with it, made from a pool and a seed."""

import logging
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from langchain_core.documents import Document

from eval.datasets.near_duplicates import near_duplicates
from eval.datasets.pool import Pool
from eval.datasets.records import EvalQuestion
from eval.measures.answers import contains_answer
from eval.measures.robustness import Ability
from eval.robustness.counterfactual import false_answer, with_answer_replaced
from rag.errors import EvalError
from rag.knowledge_base import View
from rag.passage import embedding_text, metadata_of
from rag.text.similarity import text_key

logger = logging.getLogger(__name__)

NOISE_RATIOS = (0.0, 0.4, 0.8)
DOCUMENTS = 5  # given with a question
ABILITIES: tuple[Ability, ...] = ("noise", "rejection", "integration", "counterfactual")

Distractors = Callable[[EvalQuestion], Sequence[Document]]


@dataclass(frozen=True, slots=True)
class RobustnessCase:
    """A question with the documents to answer it from, in seeded order.

    ``question`` is as it is to be scored: of a rejection case it can't be answered. ``true_answers`` are the
    right answers all the same; ``false_answer`` is what the documents of a counterfactual case say.
    """

    id: str
    question: EvalQuestion
    ability: Ability
    documents: tuple[Document, ...]
    noise_ratio: float | None = None
    true_answers: tuple[str, ...] = ()
    false_answer: str | None = None


def robustness_cases(
    pool: Pool,
    set_name: str,
    view: View,
    distractors: Distractors,
    *,
    sample: int = 50,
    seed: int = 0,
) -> list[RobustnessCase]:
    """Make the cases of a set: of each ability, ``sample`` questions, or as many as the set is good for.

    - noise: a question with one gold document, once at each ratio in `NOISE_RATIOS`. The ratio is of
      `DOCUMENTS` places those that hold noise; the others hold the gold document's passages that have an
      answer, as far as there are so many. A higher ratio's noise contains a lower one's.
    - rejection: `DOCUMENTS` passages of noise.
    - integration: a question with two gold documents or more, of which not every one has an answer by
      itself; a passage of each, filled up with noise.
    - counterfactual: the gold passages of a noise case with the answer replaced (`with_answer_replaced`).

    Noise is what ranks best and is neither gold nor parallel text, nor nearly a gold passage, and has none of
    the answers.

    Args:
        pool: the corpus.
        set_name: the set in it.
        view: of the pool's knowledge base, in which a passage's source is its document's id.
        distractors: ranked passages for a question, best first; what isn't noise is left out here.
        sample: questions of each ability.
        seed: of the sample, the order of documents, and the false answers.

    Raises:
        EvalError: the pool has no such set.
    """
    chosen = next((each for each in pool.sets if each.name == set_name), None)
    if chosen is None:
        names = ", ".join(each.name for each in pool.sets)
        raise EvalError(f"there is no set {set_name} in the pool; there are {names}")
    questions = [each for each in chosen.questions if each.gold and each.answers]
    random.Random(seed).shuffle(questions)
    maker = _Maker(pool, view, distractors, questions, seed)
    cases: list[RobustnessCase] = []
    for ability in ABILITIES:
        count = 0
        for question in questions:
            if count == sample:
                break
            made = maker.make(question, ability)
            cases.extend(made)
            count += bool(made)
        if count < sample:
            logger.info("%s: %d of %d questions make %s cases", set_name, count, len(questions), ability)
    return cases


class _Maker:
    def __init__(
        self,
        pool: Pool,
        view: View,
        distractors: Distractors,
        questions: Sequence[EvalQuestion],
        seed: int,
    ) -> None:
        self._pool = pool
        self._view = view
        self._distractors = distractors
        self._questions = questions
        self._seed = seed
        self._noise_of: dict[str, list[Document]] = {}

    def make(self, question: EvalQuestion, ability: Ability) -> list[RobustnessCase]:
        """The cases of an ability, none where the question isn't good for it."""
        match ability:
            case "noise":
                return list(self._noise_cases(question))
            case "rejection":
                noise = self._noise(question)
                if len(noise) < DOCUMENTS:
                    return []
                refused = replace(question, answerable=False, answers=(), relevant={})
                return [self._case(question, ability, noise[:DOCUMENTS], asked=refused)]
            case "integration":
                gold = self._one_of_each(question)
                fill = DOCUMENTS - len(gold)
                return [self._case(question, ability, gold + self._noise(question)[:fill])] if gold else []
            case "counterfactual":
                return list(self._counterfactual_cases(question))

    def _noise_cases(self, question: EvalQuestion) -> Iterator[RobustnessCase]:
        gold = self._gold(question)
        counts = [round(ratio * DOCUMENTS) for ratio in NOISE_RATIOS]
        if not gold or len(self._noise(question)) < max(counts):
            return
        for ratio, count in zip(NOISE_RATIOS, counts, strict=True):
            documents = gold[: DOCUMENTS - count] + self._noise(question)[:count]
            yield self._case(question, "noise", documents, noise_ratio=ratio)

    def _counterfactual_cases(self, question: EvalQuestion) -> Iterator[RobustnessCase]:
        gold = self._gold(question)[:DOCUMENTS]
        false = gold and false_answer(question, self._questions, gold, f"{self._seed} {question.id}")
        if not false:
            return
        changed = [with_answer_replaced(each, question.answers, false) for each in gold]
        documents = [each for each in changed if each is not None]
        if len(documents) == len(gold):
            yield self._case(question, "counterfactual", documents, false_answer=false)

    def _case(
        self,
        question: EvalQuestion,
        ability: Ability,
        documents: Sequence[Document],
        *,
        asked: EvalQuestion | None = None,
        noise_ratio: float | None = None,
        false_answer: str | None = None,
    ) -> RobustnessCase:
        name = ability if noise_ratio is None else f"{ability}@{noise_ratio:g}"
        ordered = list(documents)
        random.Random(f"{self._seed} {question.id} {name}").shuffle(ordered)
        return RobustnessCase(
            id=f"{question.id}#{name}",
            question=asked or question,
            ability=ability,
            documents=tuple(ordered),
            noise_ratio=noise_ratio,
            true_answers=question.answers,
            false_answer=false_answer,
        )

    def _gold(self, question: EvalQuestion) -> list[Document]:
        """The passages that have an answer, of a question whose evidence is one document."""
        if len(question.gold) != 1:
            return []
        passages = self._passages_of(next(iter(question.gold)))
        return [each for each in passages if contains_answer(each.page_content, question.answers)]

    def _one_of_each(self, question: EvalQuestion) -> list[Document]:
        """A passage of each gold document where several are needed, else none."""
        if not 2 <= len(question.gold) <= DOCUMENTS:
            return []
        chosen, holding = [], 0
        for document in sorted(question.gold):
            passages = self._passages_of(document)
            if not passages:
                return []
            having = [each for each in passages if contains_answer(each.page_content, question.answers)]
            holding += bool(having)
            chosen.append((having or passages)[0])
        return chosen if holding < len(chosen) else []

    def _passages_of(self, document: str) -> list[Document]:
        with self._view.contents() as contents:
            return contents.document_passages(document)

    def _noise(self, question: EvalQuestion) -> list[Document]:
        if question.id not in self._noise_of:
            self._noise_of[question.id] = self._find_noise(question)
        return self._noise_of[question.id]

    def _find_noise(self, question: EvalQuestion) -> list[Document]:
        kept_out = question.gold | self._pool.parallel_of(question.gold)
        ranked = {
            str(each.id): each
            for each in self._distractors(question)
            if metadata_of(each)["source"] not in kept_out
            and not contains_answer(
                embedding_text(metadata_of(each)["context"], each.page_content), question.answers
            )
        }
        originals = {
            str(each.id): each.page_content for gold in question.gold for each in self._passages_of(gold)
        }
        copies = near_duplicates({key: each.page_content for key, each in ranked.items()}, originals)
        noise: list[Document] = []
        keys: set[int] = set()
        for name, each in ranked.items():
            key = text_key(each.page_content)
            if name not in copies and key not in keys:
                keys.add(key)
                noise.append(each)
        return noise[:DOCUMENTS]
